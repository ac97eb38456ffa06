"""One library and one case in a process of its own; runs once for every line it is sent."""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.benchmarks.cases import CASES, WEB, Steps
from tests.benchmarks.databases import Place
from tests.benchmarks.imports import import_steps, start_steps
from tests.benchmarks.libraries import open_library
from tests.benchmarks.web import open_app


def prepare(library: str, name: str, place: Place) -> Callable[[], Steps] | None:
    """Return the case of a library; None if the library does not take part."""
    case = CASES[name]
    if case.name == "import":
        return partial(import_steps, library, place)
    if case.name == "start":
        return partial(start_steps, library)
    if case in WEB:
        opened = open_app(library, place)
    else:
        opened = open_library(library, place)
    method = getattr(opened, case.method or case.name, None)
    if method is None or case.argument is None:
        return method
    return partial(method, case.argument)


def run(make_steps: Callable[[], Steps]) -> dict[str, Any]:
    """Run a case once; return what it measured, and the value to be compared."""
    steps = make_steps()
    next(steps)
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    measured = next(steps)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    if measured is not None:
        cpu = wall = measured
    try:
        next(steps)
    except StopIteration as end:
        return {"cpu": cpu, "wall": wall, "check": repr(end.value)}
    raise SystemExit("a case has more than two yields")


def main() -> None:
    library, case, place = sys.argv[1:]
    make_steps = prepare(library, case, Place(**json.loads(place)))
    print(json.dumps(make_steps is not None), flush=True)
    if make_steps is None:
        return
    for _line in sys.stdin:
        print(json.dumps(run(make_steps)), flush=True)


if __name__ == "__main__":
    main()
