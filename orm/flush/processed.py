"""Conversion of raw rows to driver values, column by column, for many rows at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from orm.codegen import Source

Processor = Callable[[Any], Any]
Rows = list[tuple[Any, ...]]


def row_processor(
    order: Sequence[int], processors: Sequence[Processor | None], width: int
) -> Callable[[Rows], Rows]:
    """Return a function from raw rows to driver rows.

    order: for each placeholder, the place of its value in the raw row. processors: for each
    placeholder, the type's conversion or None. width: length of a raw row.
    """
    in_order = list(order) == list(range(width))
    if not any(processors):
        if in_order:
            return _unchanged
        if len(order) > 1:
            pick = itemgetter(*order)
            return lambda rows: list(map(pick, rows))
    return gen_process(order, processors).build("driver values")  # type: ignore[no-any-return]


def _unchanged(rows: Rows) -> Rows:
    return rows


def gen_process(order: Sequence[int], processors: Sequence[Processor | None]) -> Source:
    """Return the source of a function that converts rows with one comprehension."""
    source = Source("process")
    parts = []
    for place, process in zip(order, processors, strict=True):
        if process is None:
            parts.append(f"r[{place}]")
        else:
            parts.append(f"{source.bind(process, 'p')}(r[{place}])")
    with source.block("def process(rows):"):
        source.line(f"return [({''.join(part + ', ' for part in parts)}) for r in rows]")
    return source
