"""Which of some columns repeat others, by foreign key or by a condition that makes them equal."""

from __future__ import annotations

from collections.abc import Iterable
from operator import eq
from typing import Any

from orm import exc
from orm.sql.visitors import iterate


def reduce_columns(
    columns: Iterable[Any], clauses: Iterable[Any], only_synonyms: bool = False
) -> list[Any]:
    """The columns without those that repeat another of them.

    clauses: conditions and joins; an equality in them makes two columns the same, of which the first stays. only_synonyms:
    leave out columns only for others of the same name.
    """
    kept = list(dict.fromkeys(columns))
    repeated = {column for column in kept if _refers_to_one(column, kept, only_synonyms)}
    kept = [column for column in kept if column not in repeated]
    for clause in clauses:
        for element in iterate(clause):
            if element.__visit_name__ == "binary" and getattr(element, "operator", None) is eq:
                kept = _without_equal(kept, element, only_synonyms)
    return kept


def _refers_to_one(column: Any, columns: list[Any], only_synonyms: bool) -> bool:
    for fk in getattr(column, "foreign_keys", ()):
        try:
            target = fk.column
        except exc.NoReferenceError:
            continue
        if only_synonyms and target.name != column.name:
            continue
        if any(other is not column and other.shares_lineage(target) for other in columns):
            return True
    return False


def _without_equal(columns: list[Any], equality: Any, only_synonyms: bool) -> list[Any]:
    """The columns without the later of the two that the equality compares."""
    sides = [_position(columns, side) for side in (equality.left, equality.right)]
    if None in sides or sides[0] == sides[1]:
        return columns
    if only_synonyms and equality.left.name != equality.right.name:
        return columns
    last = max(side for side in sides if side is not None)
    return [column for place, column in enumerate(columns) if place != last]


def _position(columns: list[Any], element: Any) -> int | None:
    for place, column in enumerate(columns):
        if hash(column) == hash(element):
            return place
    return None
