"""`make bench`: ours and SQLAlchemy as ratios to the bare driver, all in one run.

One process per library and case; rounds interleaved (raw, ours, SQLAlchemy, raw, ...), so that
a machine whose speed drifts slows all alike; the minimum of each counts. Results are compared
before anything is timed. Writes docs/explanation/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import sqlite3
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.benchmarks import data
from tests.benchmarks.cases import CASES

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "explanation" / "benchmarks.md"
LIBRARIES = ("raw", "orm", "sqlalchemy")


class Worker:
    """A process which runs one case with one library."""

    def __init__(self, library: str, case: str, path: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.worker", library, case, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.check = self._read()["check"]
        self.cpu: list[float] = []
        self.wall: list[float] = []

    def _read(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"a worker ended early: {self.process.args}")
        return json.loads(line)

    def run(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        timing = self._read()
        self.cpu.append(timing["cpu"])
        self.wall.append(timing["wall"])

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


def measure(case: str, path: str, rounds: int) -> dict[str, tuple[float, float]]:
    """Return the minimum (cpu, wall) seconds of each library."""
    workers = {library: Worker(library, case, path) for library in LIBRARIES}
    try:
        checks = {worker.check for worker in workers.values()}
        if len(checks) != 1:
            raise SystemExit(f"{case}: the results differ: {checks}")
        for _ in range(rounds):
            for worker in workers.values():
                worker.run()
    finally:
        for worker in workers.values():
            worker.stop()
    return {name: (min(w.cpu), min(w.wall)) for name, w in workers.items()}


def table(results: dict[str, dict[str, tuple[float, float]]], rounds: int) -> str:
    """Return the report as Markdown."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Every figure is a ratio of CPU time to that of code on the bare",
        f"`sqlite3` driver with hand-made objects, in the same run; minimum of {rounds} interleaved",
        "rounds, one process per library and case, results compared before timing. Smaller is",
        "better.",
        "",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"SQLAlchemy {version('sqlalchemy')} (compiled extensions: {_compiled()}).",
        "",
        "| case | ours, x raw | SQLAlchemy, x raw | ours / SQLAlchemy |",
        "|---|---:|---:|---:|",
    ]
    for case, timing in results.items():
        raw, ours, peer = (timing[library][0] for library in LIBRARIES)
        lines.append(
            f"| {CASES[case][0]} | {ours / raw:.2f} | {peer / raw:.2f} | {ours / peer:.2f} |"
        )
    return "\n".join(lines) + "\n"


def _compiled() -> str:
    code = (
        "import sys, sqlalchemy.engine, sqlalchemy.orm; "
        "print(any(getattr(m, '__file__', '') and m.__file__.endswith('.so') "
        "for n, m in sys.modules.items() if n.startswith('sqlalchemy.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {"True": "on", "False": "off"}[done.stdout.strip()]


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], help="default: all")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as directory:
        path = str(Path(directory, "bench.db"))
        data.build(path)
        for case in options.cases or CASES:
            results[case] = measure(case, path, options.rounds)
            raw, ours, peer = (results[case][library][0] for library in LIBRARIES)
            title = CASES[case][0]
            print(f"{title:42} ours {ours / raw:6.2f}   SQLAlchemy {peer / raw:6.2f}", flush=True)
    if not options.cases:
        REPORT.write_text(table(results, options.rounds))
        print(f"written: {REPORT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
