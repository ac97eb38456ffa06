"""The page that `make bench` writes: a table per database, and what is missed with its reason."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

from tests.benchmarks.cases import ALONE, GROWTH, MAIN, WEB, Case
from tests.benchmarks.chart import draw_chart
from tests.benchmarks.libraries import LIBRARIES
from tests.benchmarks.notes import LEGEND, MISSED
from tests.benchmarks.runner import ROOT, Measured

REPORT = ROOT / "docs" / "explanation" / "benchmarks.md"

#: build + compile, at most so much of SQLAlchemy's time; import, at most so many milliseconds
COMPILE_GOAL = 0.5
IMPORT_GOAL_MS = 80.0

TOO_BUSY = "Wall times are left out: the processes had to wait for a core."

Timings = dict[str, Measured]
Results = dict[str, Timings]

PEERS = [name for name in LIBRARIES if name != "raw"]
TITLES = {name: title for name, (title, _distribution, _module) in LIBRARIES.items()}


def write_report(results: dict[str, Results], versions: dict[str, str], rounds: int) -> None:
    """Write the page and a chart per database. results: by kind of database and case."""
    parts = [_head(versions, rounds), LEGEND]
    for kind, measured in results.items():
        chart = REPORT.with_name(f"benchmarks-{kind}.svg")
        chart.write_text(draw_chart(versions[kind], measured))
        parts += _sections(versions[kind], measured, chart.name, with_goals=kind == "sqlite")
    parts.append(_missed(results["sqlite"]))
    REPORT.write_text("\n\n".join(part.strip() for part in parts) + "\n")
    print(f"written: {REPORT.relative_to(ROOT)}")


def _head(versions: dict[str, str], rounds: int) -> str:
    peers = ", ".join(
        f"{title} {version(distribution)}"
        for title, distribution, _module in LIBRARIES.values()
        if distribution and title != "ours"
    )
    return (
        "# Benchmarks\n\n"
        "Written by `make bench`, all in one run: one process per library and case, rounds "
        f"interleaved, the minimum of {rounds} rounds (more where they are short, for some seconds), "
        "results compared between the libraries before anything is timed. Every ratio is to code on the bare driver with hand-made "
        "objects; smaller is better, a dash says that the library has no such thing.\n\n"
        f"Python {platform.python_version()}, {', '.join(versions.values())}, {peers}, "
        f"Flask {version('flask')}, Flask-SQLAlchemy {version('flask-sqlalchemy')}, "
        f"psycopg {version('psycopg')}. SQLAlchemy runs with its compiled extensions.\n\n" + _load()
    )


def _load() -> str:
    """Return how busy the machine was: wall times are worth something on an idle one only."""
    load, cores = os.getloadavg()[2], os.cpu_count() or 1
    text = f"The machine's load was {load:.1f} on {cores} cores, of which the benchmarks are 1."
    return f"{text} {TOO_BUSY}" if is_busy() else text


def is_busy() -> bool:
    """Whether wall times mean nothing, because the processes had to wait for a core."""
    return os.getloadavg()[2] > (os.cpu_count() or 1)


def _sections(title: str, measured: Results, chart: str, with_goals: bool) -> list[str]:
    """Return the parts of the page about one database."""
    wall = [] if is_busy() else ["### Wall time\n\n" + _ratios(measured, "wall", False)]
    return [
        f"## {title}\n\n![CPU time as a multiple of the bare driver's]({chart})",
        "### CPU time\n\n" + _ratios(measured, "cpu", with_goals),
        *wall,
        "### Flask requests\n\n" + _web(measured, with_goals),
        "### Growth: microseconds of CPU per object\n\n" + _growth(measured),
        "### Without a counterpart on the driver\n\n" + _alone(measured),
    ]


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _ratios(measured: Results, clock: str, with_goals: bool) -> str:
    head = ["case", "bare driver"] + (["goal"] if with_goals else []) + [TITLES[p] for p in PEERS]
    rows = []
    for case in MAIN:
        timings = measured[case.name]
        raw = getattr(timings["raw"], clock)
        cells = [case.title, _absolute(case, raw)]
        if with_goals:
            cells.append("" if case.goal is None else f"{case.goal:g}")
        for peer in PEERS:
            timing = timings.get(peer)
            cells.append("–" if timing is None else f"{getattr(timing, clock) / raw:.2f}")
        rows.append(cells)
    return _table(head, rows)


def _absolute(case: Case, value: float) -> str:
    return f"{value * 1000:.1f} ms" if case.unit == "s" else f"{value:.0f} {case.unit}"


def _web(measured: Results, with_goals: bool) -> str:
    """Two ratios each: of the whole request, and of what the database adds to an empty view."""
    head = ["request", "empty view", "bare driver"] + (["goal"] if with_goals else [])
    head += ["ours", "Flask-SQLAlchemy", "ours, overhead", "Flask-SQLAlchemy, overhead"]
    rows = []
    for case in WEB:
        timings = {name: timing.cpu for name, timing in measured[case.name].items()}
        blank, raw = timings["blank"], timings["raw"]
        cells = [case.title, f"{blank * 1000:.1f} ms", f"{raw * 1000:.1f} ms"]
        if with_goals:
            cells.append(f"{case.goal:g}")
        cells += [f"{timings[name] / raw:.2f}" for name in ("orm", "sqlalchemy")]
        cells += [
            f"{(timings[name] - blank) / (raw - blank):.2f}" for name in ("orm", "sqlalchemy")
        ]
        rows.append(cells)
    return _table(head, rows)


def _growth(measured: Results) -> str:
    names = ("raw", "orm", "sqlalchemy")
    rows = []
    for case in GROWTH:
        assert case.argument is not None
        each = [measured[case.name][name].cpu / case.argument * 1e6 for name in names]
        rows.append([case.title, *(f"{value:.2f}" for value in each)])
    return _table(["", *(TITLES[name] for name in names)], rows)


def _alone(measured: Results) -> str:
    rows = []
    for case in ALONE:
        cells = [case.title]
        for name in LIBRARIES:
            timing = measured[case.name].get(name)
            cells.append("–" if timing is None else _absolute(case, timing.cpu))
        rows.append(cells)
    return _table(["", *TITLES.values()], rows)


def _missed(measured: Results) -> str:
    """Return the section on goals which this run missed, with the reason that we know."""
    lines = []
    for case in (*MAIN, *WEB):
        timings = measured[case.name]
        ratio = timings["orm"].cpu / timings["raw"].cpu
        if case.goal is not None and ratio > case.goal:
            reason = MISSED.get(case.name, "No reason is known yet.")
            lines.append(f"- **{case.title}**: {ratio:.2f}, the goal is {case.goal:g}. {reason}")
    compiled, imported = measured["compile"], measured["import"]
    ratio = compiled["orm"].cpu / compiled["sqlalchemy"].cpu
    if ratio > COMPILE_GOAL:
        lines.append(
            f"- **build + compile**: {ratio:.2f} of SQLAlchemy's time, the goal is {COMPILE_GOAL:g}. "
            f"{MISSED['compile']}"
        )
    if imported["orm"].cpu > IMPORT_GOAL_MS:
        lines.append(
            f"- **import**: {imported['orm'].cpu:.0f} ms, the goal is {IMPORT_GOAL_MS:.0f}. "
            f"{MISSED['import']}"
        )
    found = "\n".join(lines) or "None in this run."
    return "## Goals that are missed\n\n" + found
