"""From objects to driver rows, for many at once: extraction, and generated conversion.

Extraction needs no generated code: `itemgetter` takes a row out of an object's values in one
call, and `map` walks the objects in C. Conversion of values by their types is generated as
one comprehension over all rows; `ORM_CODEGEN=0` uses its plain twin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from orm import codegen
from orm.codegen import Source
from orm.flush.insert_shape import InsertShape

Groups = dict[int, tuple[list[Any], list[tuple[Any, ...]]]]
Values = dict[str, Any]
Fill = Callable[[Values], None]


class Extractor:
    """Sorts objects by their mask of optional columns, and takes their rows.

    A row is a tuple of raw values in the order of `InsertShape.columns_of(mask)`.
    """

    __slots__ = ("checked", "needed", "optional", "pick")

    def __init__(self, shape: InsertShape) -> None:
        always = shape.always
        self.pick = make_picker([plan.key for plan in always])
        self.needed = frozenset(plan.key for plan in always)
        # None in these columns asks for the default
        self.checked = [
            place
            for place, plan in enumerate(always)
            if plan.fill is not None and not plan.keeps_none
        ]
        self.optional = [(1 << bit, plan.key) for bit, plan in enumerate(shape.optional)]

    def extract(self, pairs: list[Any], fill: Fill) -> Groups:
        """Return mask -> (pairs, rows) for (state, object) pairs.

        fill: gives a dictionary of values what it lacks.
        """
        dicts = [pair[1].__dict__ for pair in pairs]
        rows = self._take(dicts, fill)
        for _bit, key in self.optional:
            for values in dicts:
                if values.get(key) is not None:
                    return self._sort(pairs, dicts, rows)
        return {0: (pairs, rows)}

    def _take(self, dicts: list[Values], fill: Fill) -> list[tuple[Any, ...]]:
        try:
            rows = list(map(self.pick, dicts))
        except KeyError:
            needed = self.needed
            for values in dicts:
                if not needed <= values.keys():
                    fill(values)
            rows = list(map(self.pick, dicts))
        if self.checked and any(_has_none(place, rows) for place in self.checked):
            for values in dicts:
                fill(values)
            rows = list(map(self.pick, dicts))
        return rows

    def _sort(self, pairs: list[Any], dicts: list[Values], rows: list[tuple[Any, ...]]) -> Groups:
        groups: Groups = {}
        for pair, values, row in zip(pairs, dicts, rows, strict=True):
            mask = 0
            for bit, key in self.optional:
                value = values.get(key)
                if value is not None:
                    mask |= bit
                    row = (*row, value)
            group = groups.get(mask)
            if group is None:
                group = groups[mask] = ([], [])
            group[0].append(pair)
            group[1].append(row)
        return groups


def _has_none(place: int, rows: Sequence[Any]) -> bool:
    try:
        return None in map(itemgetter(place), rows)
    except TypeError:
        # SQL expressions among them, which compare to None as SQL
        return any(row[place] is None for row in rows)


def make_picker(keys: Sequence[str]) -> Callable[[Values], tuple[Any, ...]]:
    """Return a function from values to the tuple of those under `keys`."""
    if len(keys) > 1:
        return itemgetter(*keys)
    if keys:
        (key,) = keys
        return lambda values: (values[key],)
    return lambda values: ()


def extractor_of(shape: InsertShape) -> Extractor:
    """Return the extractor of a shape, made once."""
    found: Extractor | None = shape.extract
    if found is None:
        found = shape.extract = Extractor(shape)
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
    if not codegen.is_enabled():
        return make_plain_process(order, processors)
    made: Callable[[Rows], Rows] = gen_process(order, processors).build("driver values")
    return made


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


def make_plain_process(
    order: Sequence[int], processors: Sequence[Processor | None]
) -> Callable[[Rows], Rows]:
    """Return the twin of the generated function."""
    steps = list(zip(order, processors, strict=True))

    def process(rows: Rows) -> Rows:
        return [
            tuple([row[place] if step is None else step(row[place]) for place, step in steps])
            for row in rows
        ]

    return process
