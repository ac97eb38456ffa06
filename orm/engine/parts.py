"""Taking rows from a driver in parts, so that what is made of them finds them in the processor's cache.

The tuples of one part are made in the memory of the part before. While the garbage collector
is paused, the young objects are looked through every thousand rows: one look at all of them at
the end, when most have left the cache, takes more than twice as long.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, TypeVar

from orm.util.collector import PAUSE_FROM

_T = TypeVar("_T")

#: how many rows are taken at a time
PART_SIZE = 200

#: after how many parts the young objects are looked through
PARTS_TO_LOOK = 5


def consume(function: Callable[[Iterable[Any]], _T], dialect: Any, cursor: Any) -> _T:
    """Return function(rows) of the rows that are left in a cursor, the collector paused if they are many.

    function: goes through the rows once. What the driver raises comes through.
    """
    in_parts = dialect.gives_parts(cursor)
    first = cursor.fetchmany(PART_SIZE) if in_parts else cursor.fetchall()
    if len(first) < PAUSE_FROM:
        return function(first)
    pauses = gc.isenabled()
    gc.disable()
    try:
        if len(first) < PART_SIZE:
            return function(first)
        parts: Iterable[Sequence[Any]]
        if in_parts:
            parts = chain((first,), iter(partial(cursor.fetchmany, PART_SIZE), []))
        else:
            starts = range(0, len(first), PART_SIZE)
            parts = (first[start : start + PART_SIZE] for start in starts)
        if pauses:
            parts = look_between(parts)
        return function(chain.from_iterable(parts))
    finally:
        if pauses:
            gc.enable()


def look_between(parts: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """Yield the parts, and look through the young objects that were made of them."""
    for number, part in enumerate(parts, 1):
        yield part
        if not number % PARTS_TO_LOOK:
            look_through_young()


def look_through_young() -> None:
    """Collect the youngest generation, unless it is nearly the turn of the next one too."""
    if gc.get_count()[1] < gc.get_threshold()[1] - 1:
        gc.collect(0)
