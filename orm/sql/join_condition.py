"""The condition of a join that nobody wrote: found by the foreign keys between the two sides."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orm import exc
from orm.sql.lists import BooleanClauseList
from orm.sql.operators import and_


def join_condition(
    a: Any, b: Any, a_subset: Any = None, consider_as_foreign_keys: Any = None
) -> Any:
    """`a.x = b.y` for the foreign key between FROM objects `a` and `b`, AND-ed if it has several columns.

    a_subset: the part of `a` (the side joined last) whose keys are preferred; consider_as_foreign_keys: the
    only columns to be looked at. Raises exc.NoForeignKeysError if there is none, exc.AmbiguousForeignKeysError
    if there is more than one.
    """
    constraints = _find_constraints(a, b, a_subset, consider_as_foreign_keys)
    if not constraints:
        hint = ""
        if getattr(b, "_is_join", False) or type(b).__name__ == "FromGrouping":
            hint = " A join on the right may need a condition that names its tables."
        raise exc.NoForeignKeysError(
            f"There is no foreign key between {a.description!r} and {b.description!r}. Give the condition: "
            f"join(target, onclause), or declare a ForeignKey.{hint}"
        )
    if len(constraints) > 1:
        names = "; ".join(
            ", ".join(f"{left} = {right}" for left, right in pairs) for pairs in constraints
        )
        raise exc.AmbiguousForeignKeysError(
            f"There is more than one foreign key between {a.description!r} and {b.description!r} ({names}). "
            "Say which by giving the condition: join(target, onclause)"
        )
    pairs = constraints[0]
    return BooleanClauseList.construct(and_, [left == right for left, right in pairs])


def has_join_condition(a: Any, b: Any) -> bool:
    """True if exactly one foreign key joins the two."""
    return len(_find_constraints(a, b, None, None)) == 1


def _find_constraints(a: Any, b: Any, a_subset: Any, only: Any) -> list[list[tuple[Any, Any]]]:
    sides = [a] if a_subset is None or a_subset is a else [a_subset, a]
    for left in sides:
        found: dict[Any, list[tuple[Any, Any]]] = {}
        _collect(left, b, only, found)
        if left is not b:
            _collect(b, left, only, found)
        if found:
            return list(found.values())
    return []


def _collect(target: Any, source: Any, only: Any, found: dict[Any, list[tuple[Any, Any]]]) -> None:
    """Add the pairs of the foreign keys of `source` that refer to `target`, grouped by constraint."""
    for fk in _sorted_keys(source):
        if only is not None and fk.parent not in only:
            continue
        try:
            referred = target.corresponding_column(fk.column)
        except exc.NoReferenceError as error:
            # A key to a table that is not there says nothing about this one, unless it is this one.
            if getattr(error, "table_name", None) == getattr(target, "name", None):
                raise
            continue
        if referred is None:
            continue
        own = source.corresponding_column(fk.parent)
        if own is None or (own is referred and not _is_shared_part(fk)):
            continue
        found.setdefault(getattr(fk, "constraint", None) or fk, []).append((referred, own))


def _is_shared_part(fk: Any) -> bool:
    """True for a column of a composite key that refers to itself, in another row: the tenant in (tenant, parent)."""
    return fk.column is fk.parent and len(getattr(fk.constraint, "elements", ())) > 1


def _sorted_keys(source: Any) -> Iterable[Any]:
    return sorted(source.foreign_keys, key=lambda fk: getattr(fk.parent, "_creation_order", 0))
