"""One library and one case in a process of its own; times a run for every line it is sent."""

from __future__ import annotations

import gc
import json
import sqlite3
import sys
import time
from typing import Any

from tests.benchmarks.cases import CASES
from tests.benchmarks.libraries import load_names


def prepare(library: str, case: str, path: str) -> Any:
    """Return the function to be timed."""
    _title, raw, lib = CASES[case]
    if library == "raw":
        return raw(sqlite3.connect(path, isolation_level=None))
    names = load_names(library)
    return lib(names, names.create_engine(f"sqlite:///{path}"))


def main() -> None:
    library, case, path = sys.argv[1:]
    run = prepare(library, case, path)
    checked = run()  # warms caches and compiled statements: what a server's second request sees
    print(json.dumps({"check": repr(checked)}), flush=True)
    for _line in sys.stdin:
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        run()
        timing = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        print(json.dumps(timing), flush=True)


if __name__ == "__main__":
    main()
