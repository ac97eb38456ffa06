"""Joins over relationships: `join(User.posts)`, `join(Post, User.posts)`, `of_type`, `and_`.

The core's SELECT keeps such joins as they were written. `resolve_joins()` rewrites them as
joins between tables with conditions, which is what the compiler knows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orm.loading.joined import adapt_all, is_remote, make_adapter


def resolve_joins(statement: Any) -> Any:
    """Return the Select with its joins over relationships made explicit; itself if it has none."""
    entries = statement._setup_joins
    if not any(is_relationship(e.target) or is_relationship(e.onclause) for e in entries):
        return statement
    resolved: list[Any] = []
    for entry in entries:
        resolved += resolve_entry(entry)
    clone = statement._clone()
    clone._setup_joins = tuple(resolved)
    return clone


def is_relationship(element: Any) -> bool:
    """Whether a join's target or condition is a relationship attribute."""
    return getattr(element, "__visit_name__", "") == "orm_relationship"


def resolve_entry(entry: Any) -> list[Any]:
    """Return the core joins which one join over a relationship stands for."""
    if is_relationship(entry.target):
        relation, target = entry.target, None
    elif is_relationship(entry.onclause):
        relation, target = entry.onclause, entry.target
    else:
        return [entry]
    prop = relation.property
    if target is None:
        of_type = getattr(relation, "_of_type", None) or getattr(relation, "of_type_entity", None)
        target = (of_type or prop.entity).__clause_element__()
    left = relation.parententity.__clause_element__()
    of_left = choose_adapter(left, prop.parent)
    of_target = choose_adapter(target, prop.mapper)
    criteria = tuple(getattr(relation, "_extra_criteria", ()) or ())
    second = None
    if prop.secondary is not None:
        second = _adapt_side(prop.secondaryjoin, prop, of_target, of_target, prop.secondary)
        first = _adapt_side(prop.primaryjoin, prop, of_left, of_left, prop.secondary)
        for each in criteria:
            second = second & adapt_all(each, of_target)
        if entry.isouter or entry.full:
            pair = prop.secondary.join(target, second)
            return [entry._replace(target=pair, onclause=first, left=left)]
        return [
            entry._replace(target=prop.secondary, onclause=first, left=left),
            entry._replace(target=target, onclause=second, left=prop.secondary),
        ]
    onclause = _adapt_side(prop.primaryjoin, prop, of_left, of_target, None)
    for each in criteria:
        onclause = onclause & adapt_all(each, of_target)
    return [entry._replace(target=target, onclause=onclause, left=left)]


def choose_adapter(selectable: Any, mapper: Any) -> Callable[[Any], Any]:
    """Return the adapter to an alias; for the mapper's own table nothing is to be done."""
    if hash(selectable) == hash(mapper.selectable):
        return lambda column: column
    return make_adapter(selectable)


def _adapt_side(
    condition: Any,
    prop: Any,
    of_left: Callable[[Any], Any],
    of_target: Callable[[Any], Any],
    secondary: Any,
) -> Any:
    """Return a relationship's condition with either side's columns on what is joined."""
    remote = set(prop.remote_side)

    def find(column: Any) -> Any:
        if secondary is not None and secondary.c.contains_column(column):
            return None
        if secondary is None and is_remote(column, remote):
            found = of_target(column)
        else:
            found = of_left(column)
            if found is None or found is column:
                found = of_target(column)
        return None if found is column else found

    return adapt_all(condition, find)
