"""The FROM list of a SELECT: from its columns, conditions, select_from() and joins."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from orm import exc
from orm.sql.annotations import plain
from orm.sql.join_condition import has_join_condition, join_condition
from orm.sql.selectable import Join
from orm.sql.visitors import iterate


def compute_froms(select: Any) -> list[Any]:
    """The FROM objects of a SELECT in order, those contained in a join left out.

    Raises exc.InvalidRequestError for a join whose left side, or target, cannot be found.
    """
    explicit = list(select._from_obj)
    if select._setup_joins:
        explicit = apply_joins(select, explicit)
    candidates = dict.fromkeys(explicit)
    whole = [
        item
        for element in select._raw_columns
        if element._is_from_clause
        for item in element._from_objects
    ]
    for element in (*select._raw_columns, *select._where_criteria):
        for item in element._from_objects:
            if item not in candidates and not (
                item._is_join
                and not element._is_from_clause
                and _is_spare(item, element, (*candidates, *whole))
            ):
                candidates[item] = None
    return without_hidden(candidates)


def _is_spare(join: Any, element: Any, candidates: Iterable[Any]) -> bool:
    """Whether an expression needs of the join of an entity only tables that are there already.

    `select(Engineer).where(Person.name == ...)` means the rows of people which Engineer brings.
    """
    there = {plain(part) for item in candidates for part in _with_parts(item)}
    if not there:
        return False
    part: Any
    for part in iterate(element):
        if part.__visit_name__ == "column":
            entity = part._annotations.get("parententity")
            if entity is not None and entity.selectable is join and plain(part.table) not in there:
                return False
    return True


def display_froms(
    select: Any, enclosing: Collection[Any] = (), sibling_froms: Collection[Any] = ()
) -> list[Any]:
    """The FROM list of a SELECT inside others, what it correlates with left out.

    enclosing: the FROM objects of all statements around it; sibling_froms: those of the statement in whose FROM it stands, to which only a
    LATERAL may refer. Raises exc.InvalidRequestError if nothing would be left.
    """
    froms = compute_froms(select)
    if not enclosing and not sibling_froms:
        return froms
    outer = set(enclosing)
    visible = outer | set(sibling_froms)
    if select._correlate is not None:
        chosen = {f for item in select._correlate for f in _with_parts(item)}
        froms = [f for f in froms if not (f in chosen and f in visible)]
    if select._correlate_except is not None:
        kept = {f for item in select._correlate_except for f in _with_parts(item)}
        froms = [f for f in froms if f in kept or f not in visible]
    if select._auto_correlate and outer and len(froms) > 1:
        remaining = [f for f in froms if f not in outer]
        if not remaining:
            raise exc.InvalidRequestError(
                "A subquery would have no FROM, since all its tables are in the statement around it. Say which "
                "to take from there with .correlate(table), or none with .correlate(None)"
            )
        froms = remaining
    return froms


def _with_parts(item: Any) -> tuple[Any, ...]:
    return (item, *item._from_objects)


def without_hidden(candidates: Iterable[Any]) -> list[Any]:
    """The FROM objects without those that another one (a join) contains."""
    froms = list(candidates)
    if len(froms) < 2:
        return froms
    hidden = {inner for item in froms for inner in item._hide_froms}
    return [item for item in froms if item not in hidden] if hidden else froms


def apply_joins(select: Any, explicit: list[Any]) -> list[Any]:
    """The explicit FROM objects with the joins of `.join()` built on them."""
    froms = list(explicit)
    for entry in _core_entries(select._setup_joins):
        left = entry.left
        if left is None:
            left = _find_left(select, froms, entry)
        index = _index_of(froms, left)
        base, onclause = froms[index] if index is not None else left, entry.onclause
        if onclause is None and base is not left and has_join_condition(left, entry.target):
            onclause = join_condition(left, entry.target)
        joined = Join(base, entry.target, onclause, entry.isouter, entry.full)
        if index is None:
            froms.append(joined)
        else:
            froms[index] = joined
    return froms


def _core_entries(entries: Iterable[Any]) -> Iterable[Any]:
    """The joins with those over relationships replaced by the joins they stand for.

    The same relationship between the same two is joined once, however often it is said.
    """
    done: set[Any] = set()
    for entry in entries:
        target, onclause = entry.target, entry.onclause
        relation = target if _is_orm(target) else onclause if _is_orm(onclause) else None
        if relation is None:
            yield entry
        elif hasattr(relation, "resolve_join"):
            edge = relation.join_edge(entry)
            if edge in done:
                continue
            done.add(edge)
            yield from relation.resolve_join(entry)
        else:
            raise exc.InvalidRequestError(
                f"{relation!r} cannot be joined; join a mapped class, a table or a relationship"
            )


def _is_orm(element: Any) -> bool:
    return element is not None and element.__visit_name__.startswith("orm_")


def _index_of(froms: list[Any], left: Any) -> int | None:
    for index, item in enumerate(froms):
        if plain(item) is plain(left) or any(plain(f) is plain(left) for f in item._from_objects):
            return index
    return None


def _find_left(select: Any, froms: list[Any], entry: Any) -> Any:
    """The FROM object to join from: the one that the condition or a foreign key connects with the target."""
    roots = select._join_roots or select._raw_columns
    selected = without_hidden(dict.fromkeys(f for root in roots for f in root._from_objects))
    there = without_hidden(froms) if froms else selected
    candidates = [c for c in there if plain(c) is not plain(entry.target)]
    if not candidates:
        raise exc.InvalidRequestError(
            "join() found nothing to join from; name it: select_from(left).join(target, condition)"
        )
    if len(candidates) == 1 and there is selected:
        return candidates[0]
    if entry.onclause is not None:
        used = {plain(f) for f in entry.onclause._from_objects}
        used -= {plain(f) for f in (entry.target, *entry.target._from_objects)}
        for item in (*candidates, *selected):
            if any(plain(f) in used for f in (item, *item._from_objects)):
                return item
        return candidates[0]
    if len(candidates) == 1:
        return candidates[0]
    fitting = [c for c in candidates if has_join_condition(c, entry.target)]
    if len(fitting) == 1:
        return fitting[0]
    raise exc.InvalidRequestError(
        f"join(): more than one FROM object could be joined with {entry.target.description!r}, or none. Say which: "
        "join_from(left, target), or give the condition: join(target, onclause)"
    )
