"""Session.get(): an object by its primary key, from the identity map or by one SELECT.

Without listeners and special options the SELECT is one that was compiled once for the mapper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final

from orm import exc
from orm.inspection import inspect
from orm.loading.refresh import find_present, load_absent, load_get, load_plain, lock_key
from orm.session.execution import execute_statement
from orm.sql.select import select
from orm.state.markers import MANAGER
from orm.util.collections import EMPTY_MAP
from orm.util.record import Record

if TYPE_CHECKING:
    from orm.session.session import Session

#: types of primary keys which are no collection of parts
PLAIN_KEYS: Final = frozenset({int, str})


class GetRoute(Record):
    """What Session.get() was given that needs a statement of its own."""

    identity_token: Any = None
    execution_options: Mapping[str, Any] = EMPTY_MAP
    bind_arguments: Mapping[str, Any] | None = None


def get_plain(session: Session, entity: Any, ident: Any) -> Any:
    """Session.get() of nothing but a class and a key, which is nearly always: in as few calls as can be.

    Cost: none if the object is here and not expired; else as get_object().
    """
    guard = session._guard
    if guard.who is not None:
        guard.check()
    manager = getattr(entity, MANAGER, None)
    if type(ident) in PLAIN_KEYS and manager is not None and manager.class_ is entity:
        known = session.identity_map.maps.get(manager.base_mapper)
        state: Any = None if known is None else known.get(ident)
        found = None if state is None else state()
        if found is None:
            mapper = manager.mapper
            if (
                mapper is not None
                and not (manager.composite_ident or session.dispatch.do_orm_execute)
                and not (session._new or session.identity_map.modified or session._deleted)
            ):
                guard.who = get_ident()
                guard.depth += 1
                try:  # what `with guard` does, without its calls
                    return load_absent(session, mapper, ident)
                finally:
                    guard.depth -= 1
                    if not guard.depth:
                        guard.who = None
        elif type(found) is entity and state.extra is None:
            return found
    with guard:
        return get_object(session, entity, ident)


def get_object(
    session: Session,
    entity: Any,
    ident: Any,
    options: Sequence[Any] | None = None,
    populate_existing: bool = False,
    with_for_update: Any = None,
    route: GetRoute | None = None,
) -> Any:
    """Return the object with a primary key, or None; see Session.get."""
    mapper = inspect(entity)
    if not getattr(mapper, "is_mapper", False):
        raise exc.ArgumentError(f"Session.get() needs a mapped class, not {entity!r}.")
    key = identity_from_argument(mapper, ident)
    if key is None:
        return None
    if not session._is_clean():
        _flush_before(session, mapper, key, populate_existing or bool(with_for_update), route)
    if route is None and not session.dispatch.do_orm_execute:
        if type(key) is not tuple or None not in key:
            if options or populate_existing or with_for_update is not None:
                return load_get(session, mapper, key, options, populate_existing, with_for_update)
            return load_plain(session, mapper, key)
    route = route or GetRoute()
    over = populate_existing or route.execution_options.get("populate_existing", False)
    if not over and not with_for_update:
        token = route.identity_token
        known, found = find_present(session, mapper, key if token is None else (key, token))
        if known:
            return found
    statement: Any = select(mapper.class_).options(*options or ())
    if with_for_update:
        statement = statement.with_for_update(**dict(lock_key(with_for_update)))
        over = True
    return _select_one(session, mapper, key, statement, route, over)


def _flush_before(
    session: Session, mapper: Any, key: Any, over: bool, route: GetRoute | None
) -> None:
    """Autoflush before a SELECT for this key: the row may be among what is pending."""
    over = over or route is not None
    if route is not None and not route.execution_options.get("autoflush", True):
        return
    if over or session.identity_map.find(mapper.base_mapper, key) is None:
        session._autoflush()


def _select_one(
    session: Session, mapper: Any, key: Any, statement: Any, route: GetRoute, over: bool
) -> Any:
    """get() by a statement to which listeners and options of all kinds apply."""
    parts = key if isinstance(key, tuple) else (key,)
    for name, value in zip(mapper.pk_keys, parts, strict=True):
        statement = statement.where(getattr(mapper.class_, name) == value)
    options = {"autoflush": False, **route.execution_options}
    if over:
        options["populate_existing"] = True
    if route.identity_token is not None:
        options["identity_token"] = route.identity_token
    arguments = {"mapper": mapper, **(route.bind_arguments or {})}
    result = execute_statement(session, statement, None, options, arguments)
    return result.scalars().unique().one_or_none()


def identity_from_argument(mapper: Any, ident: Any) -> Any:
    """Return the identity from what get() takes: a value, a tuple, or a dict by attribute.

    None if no row can have it: its parts are None, or one is and the mapper does not allow
    that. Raises exc.InvalidRequestError when the number or the names of the parts are wrong.
    """
    keys = mapper.pk_keys
    if len(keys) == 1 and type(ident) in PLAIN_KEYS:
        return ident
    if isinstance(ident, Mapping):
        if set(ident) != set(keys):
            raise exc.InvalidRequestError(
                f"The primary key of {mapper.class_.__name__} is {', '.join(keys)}, but session.get() "
                f"was given {', '.join(map(repr, ident))}."
            )
        values = [ident[key] for key in keys]
    elif isinstance(ident, (tuple, list)):
        values = list(ident)
    elif len(keys) > 1 and (composite := _composite_over(mapper, keys)) is not None:
        values = list(composite.parts_of(ident))
    else:
        values = [ident]
    if len(values) != len(keys):
        raise exc.InvalidRequestError(
            f"The primary key of {mapper.class_.__name__} is {', '.join(keys)}, but session.get() "
            f"was given {len(values)} values."
        )
    return complete_identity(mapper, values)


def _composite_over(mapper: Any, keys: Sequence[str]) -> Any:
    """Return the composite of just the primary key, None if there is none."""
    return next((each for each in mapper.composites if tuple(each.keys) == tuple(keys)), None)


def complete_identity(mapper: Any, values: Sequence[Any]) -> Any:
    """Return the identity, None if it lacks a part which it must have."""
    if None in values and not (mapper.allow_partial_pks and any(v is not None for v in values)):
        return None
    return mapper.ident_from_values(values)
