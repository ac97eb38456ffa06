"""Generated functions between objects and driver rows, with their plain twins.

`extract(pairs, groups, fill)` sorts (state, object) pairs by their mask of optional columns:
groups[mask] is (pairs, rows), a row being a tuple of raw values in the order of
`InsertShape.columns_of(mask)`. `fill(values)` gives a dictionary the values that it lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from orm import codegen
from orm.codegen import Source
from orm.flush.insert_shape import InsertShape

Groups = dict[int, tuple[list[Any], list[tuple[Any, ...]]]]
Extract = Callable[[list[Any], Groups, Callable[[dict[str, Any]], None]], None]


def gen_extract(shape: InsertShape) -> Source:
    """Return the source of `extract` for a shape.

    Attribute names enter as constants; the common case, no optional value, is inline.
    """
    source = Source("extract")
    names = [source.bind(plan.key, "k") for plan in shape.always]
    row = "(" + "".join(f"d[{name}], " for name in names) + ")"
    tests = [
        f"row[{place}] is None"
        for place, plan in enumerate(shape.always)
        if plan.fill is not None and not plan.keeps_none
    ]
    asked = [f"get({source.bind(plan.key, 'k')}) is None" for plan in shape.optional]
    source.constants["odd"] = make_odd(shape)
    with source.block("def extract(pairs, groups, fill):"):
        source.line("own, rows = groups[0]")
        source.line("keep, put = own.append, rows.append")
        with source.block("for pair in pairs:"):
            source.line("d = pair[1].__dict__")
            with source.block("try:"):
                source.line(f"row = {row}")
            with source.block("except KeyError:"):
                source.line("fill(d)")
                source.line(f"row = {row}")
            if tests:
                with source.block(f"if {' or '.join(tests)}:"):
                    source.line("fill(d)")
                    source.line(f"row = {row}")
            if asked:
                source.line("get = d.get")
                with source.block(f"if not ({' and '.join(asked)}):"):
                    source.line("odd(d, pair, row, groups)")
                    source.line("continue")
            source.line("keep(pair)")
            source.line("put(row)")
    return source


def make_odd(shape: InsertShape) -> Callable[..., None]:
    """Return the function for an object with values in optional columns."""
    keys = [(1 << bit, plan.key) for bit, plan in enumerate(shape.optional)]

    def odd(d: dict[str, Any], pair: Any, row: tuple[Any, ...], groups: Groups) -> None:
        mask = 0
        for bit, key in keys:
            value = d.get(key)
            if value is not None:
                mask |= bit
                row = (*row, value)
        group = groups.get(mask)
        if group is None:
            group = groups[mask] = ([], [])
        group[0].append(pair)
        group[1].append(row)

    return odd


def make_plain(shape: InsertShape) -> Extract:
    """Return the twin of the generated function."""
    odd = make_odd(shape)
    always = shape.always

    def extract(pairs: list[Any], groups: Groups, fill: Callable[[dict[str, Any]], None]) -> None:
        for pair in pairs:
            d = pair[1].__dict__
            if any(_lacks(d, plan) for plan in always):
                fill(d)
            odd(d, pair, tuple(d[plan.key] for plan in always), groups)

    return extract


def _lacks(d: dict[str, Any], plan: Any) -> bool:
    if plan.key not in d:
        return True
    return plan.fill is not None and not plan.keeps_none and d[plan.key] is None


def extractor_of(shape: InsertShape) -> Extract:
    """Return the function for a shape: generated, or the twin where code is switched off."""
    found: Extract | None = shape.extract
    if found is None:
        if codegen.is_enabled():
            found = gen_extract(shape).build(f"rows of {shape.mapper.class_.__name__}")
        else:
            found = make_plain(shape)
        shape.extract = found
    return found


# -- conversion of raw rows to driver values, column by column

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
