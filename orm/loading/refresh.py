"""Columns of objects that exist already: expired, deferred, refreshed; and get by identity.

All statements here select by primary key, and are compiled once per mapper, set of columns
and dialect.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from orm import exc
from orm.engine.execution import Reason, execute_cursor, raise_error
from orm.loading.batch import BATCH_SIZE, choose_mode, find_batch
from orm.loading.builder import EAGER, LoadPlan, PlanBuilder
from orm.loading.execution import fetch
from orm.loading.hydrate import Run
from orm.loading.path import PathNode, make_root
from orm.loading.polymorphic import columns_below, single_criterion
from orm.loading.raising import make_detached_error, make_raised_error, warn_of_load
from orm.loading.selectin import KEYS, load_after, make_key_in, make_value_bind
from orm.sql.select import select
from orm.state.markers import (
    ATTR_WAS_SET,
    NO_AUTOFLUSH,
    NO_RAISE,
    NO_VALUE,
    PASSIVE_NO_RESULT,
    PASSIVE_OFF,
    SQL_OK,
)


def get_columns_plan(
    connection: Any, mapper: Any, keys: frozenset[str], of_one: bool = False
) -> LoadPlan:
    """Return the plan which loads these column attributes for a list of identities, or for one."""
    name = ("columns", mapper, keys, of_one)
    cache = connection.plans
    plan: LoadPlan | None = cache.get(name)
    if plan is None:
        builder = PlanBuilder(cache.dialect, load_after)
        entity = builder.add_entity(mapper, _same, None, extra=tuple(keys))
        base = select().select_from(mapper.persist_selectable)
        binds: list[Any] = []
        if of_one:
            base, binds = _where_key(base, mapper.primary_key)
        else:
            base = base.where(make_key_in(mapper.primary_key))
        plan = builder.make_plan(
            base, [entity], "scalar", (mapper.class_.__name__,), extracted=binds
        )
        cache.put(name, plan)
    return plan


def _where_key(statement: Any, columns: Sequence[Any]) -> tuple[Any, list[Any]]:
    """Return the statement for one identity, and the parameters whose values execution brings."""
    binds = [make_value_bind(place, column) for place, column in enumerate(columns)]
    for column, bind in zip(columns, binds, strict=True):
        statement = statement.where(column == bind)
    return statement, binds


def get_identity_plan(
    connection: Any, mapper: Any, node: PathNode | None, lock: Any = None
) -> LoadPlan:
    """Return the plan which loads one object by identity; `lock` is a FOR UPDATE clause's key."""
    name = ("get", mapper, None if node is None else node.key(), lock)
    cache = connection.plans
    plan: LoadPlan | None = cache.get(name)
    if plan is None:
        builder = PlanBuilder(cache.dialect, load_after)
        entity = builder.add_entity(mapper, mapper.adapt, node)
        columns = [mapper.adapt(column) for column in mapper.primary_key]
        base, binds = _where_key(select().select_from(mapper.selectable), columns)
        criterion = single_criterion(mapper)
        if criterion is not None:
            base = base.where(criterion)
        if lock is not None:
            base = base.with_for_update(**dict(lock))
        plan = builder.make_plan(
            base, [entity], "scalar", (mapper.class_.__name__,), extracted=binds
        )
        cache.put(name, plan)
    return plan


def _same(column: Any) -> Any:
    return column


def get_entities_plan(connection: Any, mapper: Any, node: PathNode | None) -> LoadPlan:
    """Return the plan which loads whole objects for a list of identities, eager relationships included."""
    name = ("entities", mapper, None if node is None else node.key())
    cache = connection.plans
    plan: LoadPlan | None = cache.get(name)
    if plan is None:
        builder = PlanBuilder(cache.dialect, load_after)
        entity = builder.add_entity(mapper, mapper.adapt, node)
        columns = [mapper.adapt(column) for column in mapper.primary_key]
        base = select().select_from(mapper.selectable).where(make_key_in(columns))
        plan = builder.make_plan(base, [entity], "scalar", (mapper.class_.__name__,))
        cache.put(name, plan)
    return plan


def _node_of(state: Any) -> PathNode | None:
    """Return the options of the load that an object came from."""
    node: PathNode | None = None if state.load is None else state.load.options
    return node if node else None


def _loads_along(mapper: Any, node: PathNode | None) -> bool:
    """Whether a relationship of the class loads eagerly, as mapped or by these options."""
    if node is None:
        return any(prop.lazy in EAGER for prop in mapper.relationships)
    return any(node.strategy_for(prop.key, prop.lazy) in EAGER for prop in mapper.relationships)


def load_get(
    session: Any,
    mapper: Any,
    ident: Any,
    options: Sequence[Any] | None = None,
    populate_existing: bool = False,
    with_for_update: Any = None,
    execution_options: Any = None,
) -> Any:
    """Return the object with this identity, or None if there is no row.

    ident: the value of a one-column primary key, else a tuple in the mapper's order.
    with_for_update: True, or a dict of `with_for_update()`'s arguments.
    Cost: none if the session has the object, and it is not expired, and neither
    populate_existing nor a lock asks for more; else one SELECT, and those of eager loads.
    """
    lock = None if with_for_update is None else lock_key(with_for_update)
    if not populate_existing and lock is None:
        if not options and not execution_options:
            return load_plain(session, mapper, ident)
        known = session.identity_map.maps.get(mapper.base_mapper)
        state = None if known is None else known.get(ident)
        if state is not None and (obj := state()) is not None:
            return obj if _is_present(state, obj, mapper) else None
    directives = [each for option in options or () for each in option.directives]
    node = make_root(directives, mapper) if directives else None
    connection = session._connection_for(mapper)
    plan = get_identity_plan(connection, mapper, node, lock)
    over = populate_existing or lock is not None
    run = Run(plan.rows, session, over=over, mode=(execution_options or {}).get("lazy_loads"))
    return _fetch_one(session, plan, run, connection, ident)


def _fetch_one(session: Any, plan: LoadPlan, run: Run, connection: Any, ident: Any) -> Any:
    """Execute a plan of get() for an identity; return the object or None."""
    found = fetch(session, plan, run, connection, None, GET, key_values(ident))
    return found[0] if found else None


def load_plain(session: Any, mapper: Any, ident: Any) -> Any:
    """load_get() without options."""
    known = session.identity_map.maps.get(mapper.base_mapper)
    state = None if known is None else known.get(ident)
    if state is not None and (obj := state()) is not None:
        return obj if _is_present(state, obj, mapper) else None
    return load_absent(session, mapper, ident)


def load_absent(session: Any, mapper: Any, ident: Any) -> Any:
    """load_plain() of what the session does not have: in as few calls as can be.

    Cost: one SELECT, and those of eager loads.
    """
    connection = session._connection_for(mapper)
    key_plan = connection.plans.get(mapper)
    if key_plan is None:
        key_plan = KeyPlan(connection, mapper)
        connection.plans.put(mapper, key_plan)
    plan = key_plan.plan
    run = Run(plan.rows, session)
    if not key_plan.is_direct or connection.dispatch.hears_statement:
        return _fetch_one(session, plan, run, connection, ident)
    sql, args = key_plan.sql, (ident,)
    cursor = execute_cursor(
        connection, sql, args, compiled=plan.compiled, reason=GET, owner=session
    )
    try:
        rows = cursor.fetchall()
    except connection.dialect.driver_error as error:
        raise_error(connection, error, sql, args, False, cursor, plan.compiled)
    finally:
        cursor.close()
    found = plan.hydrate(rows, run)
    if run.news:
        run.announce()
    return found[0] if found else None


class KeyPlan:
    """What get() executes for a mapper where it has no options; made once for each engine.

    is_direct: the key is one value, sent to the driver as it is given, and the row makes the
    object and nothing else.
    """

    __slots__ = ("is_direct", "plan", "sql")

    def __init__(self, connection: Any, mapper: Any) -> None:
        plan = self.plan = get_identity_plan(connection, mapper, None)
        compiled = plan.compiled
        self.sql = compiled.string
        self.is_direct = (
            compiled.processors == (None,)
            and compiled.binds[0] is compiled.extracted[0]
            and plan.hydrate is not None
            and not (plan.has_collections or plan.has_after or compiled.has_expanding)
        )


def find_present(session: Any, mapper: Any, slot: Any) -> tuple[bool, Any]:
    """Return (whether the session has an object of this identity, the object).

    slot: the identity, with its token if it has one, as IdentityMap.slot_of() gives it. The object is None if it is of another class, or
    its row is gone. Cost: one SELECT if the object is expired.
    """
    state = session.identity_map.for_mapper(mapper.base_mapper).get(slot)
    obj = None if state is None else state()
    if obj is None:
        return False, None
    return True, obj if _is_present(state, obj, mapper) else None


def _is_present(state: Any, obj: Any, mapper: Any) -> bool:
    """Whether an object of the session is what get() looks for, and still has its row.

    One that turns out to have none counts as deleted in this transaction.
    """
    if not isinstance(obj, mapper.class_) or state.was_deleted:
        return False
    if state.expired is not None:
        try:
            load_columns(state, PASSIVE_OFF, state.expired)
        except exc.ObjectDeletedError:
            state.session._register_deleted([state])
            return False
    return True


GET = Reason("query", "get", 1)


class Value:
    """A value in the place of a bind of the statement that was compiled."""

    __slots__ = ("effective_value", "value")

    key = "pk"
    unique = True
    required = False
    callable = None

    def __init__(self, value: Any) -> None:
        self.value = self.effective_value = value


def key_values(ident: Any) -> tuple[Value, ...]:
    """Return what stands for the parts of an identity in a statement for one object."""
    return tuple(map(Value, ident)) if type(ident) is tuple else (Value(ident),)


def lock_key(with_for_update: Any) -> Any:
    """Return the arguments of FOR UPDATE as a hashable value, None for no lock."""
    if with_for_update is None or with_for_update is False:
        return None
    if with_for_update is True:
        return ()
    if isinstance(with_for_update, dict):
        return tuple(sorted(with_for_update.items()))
    names = ("nowait", "read", "of", "skip_locked", "key_share")
    pairs = ((name, getattr(with_for_update, name, None)) for name in names)
    return tuple((name, value) for name, value in pairs if value)


def load_columns(state: Any, passive: int, names: Iterable[str], wanted: str | None = None) -> Any:
    """Load column attributes of an object (expired, or deferred) and of its peers.

    This is `manager.expired_loader`. Returns ATTR_WAS_SET, or PASSIVE_NO_RESULT where `passive`
    forbids SQL. With an object that is expired as a whole come the relationships which load eagerly. wanted: the attribute that was read, for messages. Raises exc.DetachedInstanceError, and exc.ObjectDeletedError if the row is gone.
    Cost: one SELECT for the object and up to 499 peers that lack the same.
    """
    if state.ident is None:
        return NO_VALUE
    if not passive & SQL_OK:
        return PASSIVE_NO_RESULT
    names = frozenset(names)
    session = state.session
    if session is None:
        if passive & NO_RAISE:
            return PASSIVE_NO_RESULT
        raise make_detached_error(state, wanted or min(names))
    obj = state()
    mode = _check_columns(state, session, names, passive)
    if not passive & NO_AUTOFLUSH:
        session._autoflush()
    mapper = _owner_of(state.manager.mapper, names)

    def lacks(peer: Any, found: Any) -> bool:
        values, changed = found.__dict__, peer.committed
        if not peer.manager.mapper.isa(mapper) or peer.was_deleted:
            return False
        return any(key not in values and key not in changed for key in names)

    node = _node_of(state)
    along = bool(state.expired and names.issuperset(mapper.pk_keys) and _loads_along(mapper, node))
    batch = find_batch(state, obj, session.identity_map, lacks, mode, by_options=along)
    connection = session._connection_for(mapper=mapper)
    subject = mapper.class_.__name__ if state.expired else f"{mapper.class_.__name__}.{min(names)}"
    reason = Reason("refresh" if state.expired else "lazy_load", subject, len(batch))
    params = values = None
    if along:
        plan = get_entities_plan(connection, mapper, node)
        params = {KEYS: [each[0].ident for each in batch]}
    elif len(batch) == 1:
        plan = get_columns_plan(connection, mapper, names, of_one=True)
        values = key_values(state.ident)
    else:
        plan = get_columns_plan(connection, mapper, names)
        params = {KEYS: [each[0].ident for each in batch]}
    run = Run(plan.rows, session, keeps=True, token=state.identity_token)
    fetch(session, plan, run, connection, params, reason, values)
    if not names.issubset(obj.__dict__) and not names.issubset({**obj.__dict__, **state.committed}):
        raise exc.ObjectDeletedError(state)
    return ATTR_WAS_SET


def load_subclass(run: Run, entity: Any, mapper: Any) -> None:
    """Load the columns which a subclass adds, for all objects of it that a run has met.

    Cost: one SELECT per 500 objects which lack one of them.
    """
    session = run.session
    columns = columns_below(entity.mapper, mapper, entity.options)
    names = frozenset(prop.key for prop in columns)
    idents = [
        obj.__dict__["_sa_instance_state"].ident
        for obj in run.objects_of(entity.number)
        if isinstance(obj, mapper.class_) and not names.issubset(obj.__dict__)
    ]
    if not idents or not names:
        return
    connection = session._connection_for(mapper=mapper)
    plan = get_columns_plan(connection, mapper, names)
    reason = Reason("query", mapper.class_.__name__, len(idents))
    for start in range(0, len(idents), BATCH_SIZE):
        part = idents[start : start + BATCH_SIZE]
        loaded = Run(plan.rows, session, keeps=True)
        fetch(session, plan, loaded, connection, {KEYS: part}, reason)


def _check_columns(state: Any, session: Any, names: frozenset[str], passive: int) -> str:
    """Return the mode of a column load; raise or warn where options or the mode say so."""
    mode = choose_mode(state, session)
    if state.expired is not None and not state.expired.isdisjoint(names):
        return "one" if mode == "one" else "peers"
    options = None if state.load is None else state.load.options
    name = f"{state.class_.__name__}.{min(names)}"
    if passive & NO_RAISE:
        return "peers"
    if mode == "raise" or any(_raises(state.manager.mapper, options, key) for key in names):
        raise make_raised_error(state, name, "raise")
    if mode == "warn":
        warn_of_load(state, name)
    return mode


def _raises(mapper: Any, options: PathNode | None, key: str) -> bool:
    is_mapped_so = mapper.props[key].raiseload
    return options.raises_for_column(key, is_mapped_so) if options else is_mapped_so


def _owner_of(mapper: Any, names: frozenset[str]) -> Any:
    """Return the mapper nearest to the root which has all these columns, for larger batches."""
    found = mapper
    for each in mapper.iterate_to_root():
        if not names.issubset(each.class_manager.column_names):
            break
        found = each
        if each.concrete:  # the rows of those above are others
            break
    return found


def refresh_state(
    session: Any,
    state: Any,
    names: Iterable[str] | None = None,
    with_for_update: Any = None,
) -> bool:
    """Load the object's values from the database over those it has; False if the row is gone.

    names: attributes; by default all columns, and relationships that load eagerly, as mapped or by the options of
    the query that the object came from.
    Cost: one SELECT, and those of eager loads.
    """
    mapper = state.manager.mapper
    connection = session._connection_for(mapper=mapper)
    obj = state()
    if names is not None:
        return _refresh_names(session, connection, state, obj, list(names))
    plan = get_identity_plan(connection, mapper, _node_of(state), lock_key(with_for_update))
    run = Run(plan.rows, session, over=True, keeps=True, token=state.identity_token)
    reason = Reason("refresh", mapper.class_.__name__, 1)
    return bool(fetch(session, plan, run, connection, None, reason, key_values(state.ident)))


def _refresh_names(session: Any, connection: Any, state: Any, obj: Any, names: list[str]) -> bool:
    """Refresh some attributes: columns with one statement, relationships as lazy loads do."""
    mapper = state.manager.mapper
    state.expire(names)
    columns = state.manager.column_names.intersection(names)
    if columns:
        plan = get_columns_plan(connection, mapper, frozenset(columns), of_one=True)
        run = Run(plan.rows, session, keeps=True, token=state.identity_token)
        reason = Reason("refresh", mapper.class_.__name__, 1)
        if not fetch(session, plan, run, connection, None, reason, key_values(state.ident)):
            return False
    for name in names:
        if name not in columns:
            getattr(obj, name)
    return True
