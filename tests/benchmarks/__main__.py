"""`make bench`: every library as a ratio to the bare driver, all in one run.

Without arguments it measures everything (some 10 minutes) and writes
docs/explanation/benchmarks.md with its charts. With arguments it prints, and writes nothing:

    make bench CASES="get filter web" ARGS="--rounds 5 --databases sqlite"
"""

from __future__ import annotations

import argparse
import tempfile
import time

from tests.benchmarks.cases import Case
from tests.benchmarks.databases import DATABASES, Database
from tests.benchmarks.libraries import LIBRARIES
from tests.benchmarks.report import write_report
from tests.benchmarks.runner import Measured, choose, measure

Results = dict[str, dict[str, Measured]]


def measure_database(
    database: Database, cases: list[Case], libraries: list[str], rounds: int
) -> Results:
    """Build the database, run the cases, remove it; prints a line per case."""
    results: Results = {}
    database.build()
    try:
        for case in cases:
            results[case.name] = measured = measure(case, database.place, libraries, rounds)
            print(_line(database.title, case, measured), flush=True)
    finally:
        database.remove()
    return results


def _line(title: str, case: Case, measured: dict[str, Measured]) -> str:
    raw = measured.get("raw")
    shown = [f"{title:10} {case.name:12}"]
    if raw is not None:
        shown.append(f"raw {_absolute(case, raw.cpu)}")
    for library, timing in measured.items():
        if raw is None:
            shown.append(f"{library} {_absolute(case, timing.cpu)}")
        elif library != "raw":
            shown.append(f"{library} {timing.cpu / raw.cpu:.2f} ({timing.wall / raw.wall:.2f})")
    return "  ".join(shown)


def _absolute(case: Case, value: float) -> str:
    return f"{value * 1000:.3f} ms" if case.unit == "s" else f"{value:.0f} {case.unit}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("cases", nargs="*", help="names of cases; default: all")
    parser.add_argument("--rounds", type=int, default=4, help="at least so many (default: 4)")
    parser.add_argument(
        "--databases", nargs="+", metavar="NAME", choices=DATABASES, default=list(DATABASES)
    )
    parser.add_argument("--libraries", nargs="+", choices=LIBRARIES, default=list(LIBRARIES))
    options = parser.parse_args()
    started = time.perf_counter()
    results: dict[str, Results] = {}
    versions: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as directory:
        for kind in options.databases:
            database = DATABASES[kind](directory)
            versions[kind] = f"{database.title} {database.server_version()}"
            results[kind] = measure_database(
                database, choose(options.cases), options.libraries, options.rounds
            )
    if not options.cases and len(results) == len(DATABASES):
        write_report(results, versions, options.rounds)
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
