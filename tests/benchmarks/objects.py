"""The cases about one object: attribute access, unrolled so that the loop costs nothing; memory."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

from tests.benchmarks.cases import Steps

TIMES = 1_000_000
UNROLLED = 100


def _repeat(line: str) -> Any:
    """Return a function of one object which runs a line TIMES times."""
    body = "\n        ".join([line] * UNROLLED)
    source = f"def repeat(o):\n    for _ in range({TIMES // UNROLLED}):\n        {body}\n"
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    return namespace["repeat"]


def read_attributes(person: Any) -> Steps:
    """Read one attribute a million times."""
    run = _repeat("x = o.age")
    yield
    run(person)
    yield
    return person.id


def write_attributes(person: Any) -> Steps:
    """Write one attribute a million times."""
    run = _repeat("o.age = 7")
    yield
    run(person)
    yield
    return person.age


def bytes_in_use() -> int:
    """Return what was allocated since tracemalloc.start() and is still held."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
