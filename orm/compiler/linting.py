"""Warnings about FROM objects that nothing connects, whose rows would all be combined with each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from orm import exc
from orm.sql.annotations import plain
from orm.sql.operators import inv
from orm.sql.visitors import iterate
from orm.util.warn import warn

#: `statement.compile(linting=FROM_LINTING)` warns without executing
FROM_LINTING: Final = True

# elements that only combine conditions, each of which connects by itself
_COMBINING: Final = frozenset({"clauselist", "boolean_clauselist", "grouping"})


def warn_of_cartesian_product(froms: Iterable[Any], criteria: Iterable[Any]) -> None:
    """Warn if the FROM objects fall into parts that no condition connects.

    froms: the FROM list of one statement; the sides of a join are connected whatever its condition. criteria: its WHERE.
    Where SQL as text takes part, nothing is said, since it cannot be read.
    """
    froms, criteria = tuple(froms), tuple(criteria)
    if len(froms) < 2 or any(map(_is_opaque, froms)) or any(map(_has_text, criteria)):
        return
    parts = [_members(item) for item in froms]
    names = [_describe(item) for item in froms]
    links = list(_links(criteria))
    # what is LATERAL, or a function in FROM, refers to the others by itself
    for item, part in zip(froms, parts, strict=True):
        if item._is_lateral or item.__visit_name__ == "table_valued_alias":
            links.append(_tables_in(item.element) | part)
        else:
            links += [_tables_in(side.element) | part for side in part if side._is_lateral]
    reached, first = set(parts[0]), names[0]
    loose = list(zip(names[1:], parts[1:], strict=True))
    while True:
        for link in [link for link in links if not link.isdisjoint(reached)]:
            reached |= link
            links.remove(link)
        found = [entry for entry in loose if not entry[1].isdisjoint(reached)]
        if not found:
            break
        for entry in found:
            reached |= entry[1]
            loose.remove(entry)
    if loose:
        others = ", ".join(name for name, _ in loose)
        warn(
            f"Nothing connects {first} with {others} in this statement, so that every row of one is combined with every "
            "row of the other. Add a condition that compares their columns, or join(other, true()) if that is meant.",
            exc.SAWarning,
        )


def _describe(item: Any) -> str:
    unnamed = item._is_derived and getattr(item, "name", None) is None
    return f"alias of {item.description}" if unnamed else str(item.description)


def _is_opaque(item: Any) -> bool:
    return item._is_text_clause or getattr(item, "joins_implicitly", False)


def _has_text(condition: Any) -> bool:
    return any(
        part._is_text_clause or getattr(part, "is_literal", False) for part in iterate(condition)
    )


def _members(item: Any) -> set[Any]:
    """A FROM object with the members of a join."""
    return {plain(part) for part in (item, *item._from_objects)}


def _links(criteria: Iterable[Any]) -> Iterator[set[Any]]:
    """The FROM objects that each single condition mentions, where these are several."""
    waiting = list(criteria)
    while waiting:
        condition = waiting.pop()
        negated = getattr(condition, "operator", None) is inv
        if negated or condition.__visit_name__ in _COMBINING:
            waiting += condition.get_children()
            continue
        tables = _tables_in(condition)
        if len(tables) > 1:
            yield tables


def _tables_in(element: Any) -> set[Any]:
    """What the columns inside an expression belong to, those of subqueries included."""
    found = set()
    for part in iterate(element):
        table = getattr(part, "table", None) if part.__visit_name__ == "column" else None
        if table is not None:
            found.add(plain(table))
    return found
