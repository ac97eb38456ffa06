"""Which engine a mapper or statement belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.inspection import inspect

if TYPE_CHECKING:
    from orm.session.session import Session


def add_bind(session: Session, key: Any, bind: Any) -> None:
    """Store a bind for a mapped class, a mapper, a base class or a table."""
    target = inspect(key, raiseerr=False)
    if target is not None and getattr(target, "is_mapper", False):
        session._binds[target.class_] = bind
    elif isinstance(key, type) or hasattr(key, "primary_key"):
        session._binds[key] = bind
    else:
        raise exc.ArgumentError(
            f"{key!r} cannot have a bind: give a mapped class, a base class or a Table."
        )
    session._has_one_bind = False


def choose_bind(
    session: Session, mapper: Any, clause: Any, arguments: Mapping[str, Any] | None
) -> Any:
    """Return the bind which the `bind_arguments` of an execution name, else what get_bind() says."""
    if mapper is None:
        mapper = entity_of(clause)
    named = {"mapper": mapper, "clause": clause, **(arguments or {})}
    bind = named.pop("bind", None)
    return session.get_bind(**named) if bind is None else bind


def find_bind(session: Session, mapper: Any, clause: Any) -> Any:
    """Return the Engine or Connection for a mapper or clause, by the session's binds.

    The mapper's class and bases are looked up first, then its tables and those of the
    clause, then the session's own bind. Raises exc.UnboundExecutionError if none fits.
    """
    if session._binds:
        found = _by_mapper(session, mapper if mapper is not None else entity_of(clause))
        if found is None and clause is not None:
            found = _by_tables(session, clause)
        if found is not None:
            return found
    if session.bind is not None:
        return session.bind
    what = mapper if mapper is not None else clause
    where = f" for {what!s:.200}" if what is not None else ""
    raise exc.UnboundExecutionError(
        f"This session has no engine{where}. Give it one: Session(engine), "
        "sessionmaker(engine), or Session(binds={SomeClass: engine})."
    )


def _by_mapper(session: Session, mapper: Any) -> Any:
    if mapper is None:
        return None
    mapper = inspect(mapper)
    mapper = getattr(mapper, "mapper", mapper)
    for base in mapper.class_.__mro__:
        if base in session._binds:
            return session._binds[base]
    for table in mapper.tables:
        if table in session._binds:
            return session._binds[table]
    return None


def _by_tables(session: Session, clause: Any) -> Any:
    from_table = getattr(clause, "table", None)
    if from_table is not None and from_table in session._binds:
        return session._binds[from_table]
    for element in _walk(clause):
        if element in session._binds:
            return session._binds[element]
    return None


def _walk(clause: Any) -> Any:
    stack = [clause]
    while stack:
        element = stack.pop()
        yield element
        children = getattr(element, "get_children", None)
        if children is not None:
            stack.extend(children())
        table = getattr(element, "table", None)
        if table is not None:
            yield table


def entity_of(clause: Any) -> Any:
    """Return the mapper of the first mapped entity that a statement names, or None."""
    if clause is None or not getattr(clause, "is_orm", False):
        return None
    for element in _walk(clause):
        annotations = getattr(element, "_annotations", None)
        entity = annotations.get("parententity") if annotations else None
        if entity is not None:
            return getattr(entity, "mapper", entity)
    entity = getattr(clause, "_entity", None)
    if entity is not None:
        found = entity._annotations.get("parententity")
        return getattr(found, "mapper", found)
    return None


def mappers_of(clause: Any) -> list[Any]:
    """Return the mappers of the entities that a statement names, each once, in its order."""
    found: dict[Any, None] = {}
    elements = [*getattr(clause, "_raw_columns", ()), getattr(clause, "_entity", None), clause]
    for element in elements:
        for part in _walk(element) if element is not None else ():
            annotations = getattr(part, "_annotations", None)
            entity = annotations.get("parententity") if annotations else None
            if entity is not None:
                found[getattr(entity, "mapper", entity)] = None
    return list(found)
