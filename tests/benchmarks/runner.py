"""Running a case: a process per library, rounds interleaved, results compared, minima kept."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.cases import CASES, WEB, Case
from tests.benchmarks.databases import Place

ROOT = Path(__file__).resolve().parents[2]

#: A short case runs more often: what disturbs one round of milliseconds rarely disturbs all of many.
SECONDS = 4.0
MOST_ROUNDS = 40


@dataclass(frozen=True)
class Measured:
    """The minima of one library in one case: seconds, or what the case's unit says."""

    cpu: float
    wall: float


class Worker:
    """A process which runs one case with one library."""

    def __init__(self, library: str, case: str, place: Place) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.worker", library, case]
            + [json.dumps(asdict(place))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.runs: list[dict[str, Any]] = []

    def is_ready(self) -> bool:
        """Wait until all is imported and connected; False if the library has no such case."""
        return bool(self._read())

    def _read(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"a worker ended early: {self.process.args}")
        return json.loads(line)

    def run(self) -> dict[str, Any]:
        """Run once; return what was measured, and the value to be compared."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        ran: dict[str, Any] = self._read()
        return ran

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)

    def minima(self) -> Measured:
        return Measured(min(run["cpu"] for run in self.runs), min(run["wall"] for run in self.runs))


def measure(case: Case, place: Place, libraries: Sequence[str], rounds: int) -> dict[str, Measured]:
    """Run one case; return the minima of the libraries which have it.

    rounds: at least so many, or as many as the case allows; more while the case has not taken SECONDS.
    Raises SystemExit if their results differ.
    """
    workers = {
        library: Worker(library, case.name, place) for library in _participants(case, libraries)
    }
    try:
        workers = {library: worker for library, worker in workers.items() if worker.is_ready()}
        # The first runs are not counted: they warm caches and compiled statements, so that what
        # is measured is what a server's second request sees
        _compare(case, {library: worker.run()["check"] for library, worker in workers.items()})
        started = time.perf_counter()
        for number in range(min(MOST_ROUNDS, case.rounds)):
            if number >= rounds and time.perf_counter() - started > SECONDS:
                break
            for worker in workers.values():
                worker.runs.append(worker.run())
        return {library: worker.minima() for library, worker in workers.items()}
    finally:
        for worker in workers.values():
            worker.stop()


def _participants(case: Case, libraries: Sequence[str]) -> list[str]:
    if case in WEB:
        return ["blank", *(each for each in libraries if each in ("raw", "orm", "sqlalchemy"))]
    return [each for each in libraries if not case.only or each in case.only]


def _compare(case: Case, checks: dict[str, Any]) -> None:
    if len(set(checks.values())) > 1:
        lines = "\n".join(f"  {library}: {value}" for library, value in checks.items())
        raise SystemExit(f"{case.name}: the results differ:\n{lines}")


def choose(names: Sequence[str]) -> list[Case]:
    """Return the cases of these names, or whose names begin so; all without names."""
    found = [
        case
        for case in CASES.values()
        if not names or any(case.name == n or case.name.startswith(f"{n}_") for n in names)
    ]
    if names and not found:
        raise SystemExit(f"No case is called {' or '.join(names)}; there are {', '.join(CASES)}.")
    return found
