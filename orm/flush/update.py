"""UPDATE: objects grouped by the columns they changed, each group one executemany.

Only columns whose value differs from the loaded one are written. The rows matched are
counted: an object whose row is gone, or has another version, raises StaleDataError.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.flush import emit
from orm.flush.gen_params import make_picker
from orm.flush.postfetch import Watch, fetch_stale
from orm.flush.processor import check_complete, ident_parts, set_key
from orm.flush.update_statement import (
    UpdateStatement,
    UpdateTable,
    explain_stale,
    former,
    statement_for,
    tables_of,
)
from orm.sql.dml import update
from orm.state.instance_state import instance_dict
from orm.state.markers import NO_VALUE

if TYPE_CHECKING:
    from orm.flush.unit_of_work import UnitOfWork

Pair = tuple[Any, Any]
Row = tuple[Any, ...]


def update_states(uow: UnitOfWork, mapper: Any, pairs: list[Pair]) -> None:
    """Write the changed columns of persistent objects.

    pairs: (state, object). Objects without a net change send nothing.
    Raises exc.StaleDataError naming the objects whose rows were not matched.
    """
    dispatch = mapper.dispatch
    if dispatch.before_update:
        connection = uow.session._connection_for(mapper=mapper)
        for state, _obj in pairs:
            for listener in dispatch.before_update:
                listener(mapper, connection, state)
    changed: dict[Any, tuple[str, ...]] = {}
    for state, obj in pairs:
        names = net_changes(uow, state, instance_dict(obj))
        if names:
            changed[state] = names
    if uow.left:
        for state, obj in pairs:
            check_complete(uow, state, obj)
    if changed:
        watch = None
        if mapper.class_manager.dispatch.refresh_flush:
            watch = Watch(mapper, [p for p in pairs if p[0] in changed], _updated(mapper))
        _write(uow, mapper, pairs, changed)
        fetch_stale(uow, mapper, pairs)
        if watch is not None:
            watch.tell(uow)
    if dispatch.after_update:
        connection = uow.session._connection_for(mapper=mapper)
        for state, _obj in pairs:
            for listener in dispatch.after_update:
                listener(mapper, connection, state)


def _updated(mapper: Any) -> list[str]:
    """Return the attributes that get a value by an UPDATE of others."""
    return [
        name
        for table in tables_of(mapper)
        for name in (*[plan.key for plan in table.onupdates], *table.made_by_server)
    ]


def net_changes(uow: UnitOfWork, state: Any, dict_: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of column attributes whose value differs from the row's."""
    impls = state.manager.impls
    columns = state.manager.column_names
    if state in uow.row_switches:
        pk_keys = state.manager.mapper.pk_keys
        return tuple(key for key in dict_ if key in columns and key not in pk_keys)
    found: list[str] = []
    for key, old in state.committed.items():
        if key not in columns:
            continue
        new = dict_.get(key, NO_VALUE)
        if new is NO_VALUE:
            dict_[key] = new = None  # deleted by the application
        if new is old:
            continue
        if old is NO_VALUE or emit.is_expression(new) or not impls[key].is_equal(new, old):
            found.append(key)
    return tuple(found)


def _write(
    uow: UnitOfWork, mapper: Any, pairs: Sequence[Pair], changed: dict[Any, tuple[str, ...]]
) -> None:
    connection = uow.session._connection_for(mapper=mapper)
    ordered = _sort_by_identity(mapper, [pair for pair in pairs if pair[0] in changed])
    for table in tables_of(mapper):
        if table.copies:
            _carry_keys(table, ordered, changed)
    for table in tables_of(mapper):
        groups: dict[tuple[str, ...], list[Pair]] = {}
        for pair in ordered:
            key = table.choose(changed[pair[0]])
            if table.inherited and mapper.passive_updates:
                key = tuple(name for name in key if name not in table.inherited)
            if key or table.version_key is not None:
                groups.setdefault(key, []).append(pair)
        for key, own in groups.items():
            _update_group(uow, connection, table, key, own)
    pk_keys = frozenset(mapper.pk_keys)
    for state, obj in ordered:
        if not pk_keys.isdisjoint(changed[state]):
            _note_new_identity(uow, mapper, state, obj)


def _carry_keys(
    table: UpdateTable, pairs: Sequence[Pair], changed: dict[Any, tuple[str, ...]]
) -> None:
    """Write a changed key of a parent's table where this table refers to it beside its own key."""
    for above, own in table.copies:
        for state, obj in pairs:
            if above in changed[state]:
                values = instance_dict(obj)
                for key, _column in table.key_columns:
                    former(state, values, key)  # cannot be loaded once the parent's row has changed
                set_key(state, values, own, values[above])
                changed[state] = (*changed[state], own)


def _sort_by_identity(mapper: Any, pairs: list[Pair]) -> list[Pair]:
    """Sort by primary key, so that concurrent transactions lock rows in the same order."""
    kinds = [column.type.sort_key_function for column in mapper.primary_key]
    if any(kinds):
        return sorted(pairs, key=lambda pair: _sort_key(pair[0].identity_tuple, kinds))
    try:
        return sorted(pairs, key=lambda pair: pair[0].ident)
    except TypeError:
        return pairs


def _sort_key(parts: Sequence[Any], kinds: Sequence[Any]) -> list[Any]:
    return [part if f is None else f(part) for part, f in zip(parts, kinds, strict=True)]


def _update_group(
    uow: UnitOfWork, connection: Any, table: UpdateTable, key: tuple[str, ...], pairs: list[Pair]
) -> None:
    for plan in table.onupdates:
        if plan.key not in key:
            _fill_onupdate(connection, plan, pairs)
    key = (*key, *[plan.key for plan in table.onupdates if plan.key not in key])
    pick = make_picker(key)
    values = [pick(instance_dict(pair[1])) for pair in pairs]
    plain = pairs
    if emit.has_expressions(chain.from_iterable(values)):
        plain, values = [], []
        for pair in pairs:
            row = pick(instance_dict(pair[1]))
            if emit.has_expressions(row):
                _update_one(uow, connection, table, key, pair, row)
            else:
                plain.append(pair)
                values.append(row)
    if plain:
        statement = statement_for(connection, table, key)
        _send_many(uow, connection, statement, plain, values)
    stale = [name for name in table.made_by_server if name not in key]
    if stale:
        for state, _obj in pairs:
            uow.stale.setdefault(state, []).extend(stale)


def _fill_onupdate(connection: Any, plan: Any, pairs: Sequence[Pair]) -> None:
    from orm.flush.insert import FlushContext
    from orm.flush.insert_shape import shapes_of

    for state, obj in pairs:
        dict_ = instance_dict(obj)
        shape = shapes_of(state.manager.mapper)[0]
        dict_[plan.key] = plan.fill(FlushContext(connection, shape, dict_, plan.column))


def _send_many(
    uow: UnitOfWork,
    connection: Any,
    statement: UpdateStatement,
    pairs: Sequence[Pair],
    values: Sequence[Row],
) -> None:
    table = statement.table
    rows: list[Row]
    if table.key_is_ident and table.version_key is None and not uow.has_switches:
        rows = [(*row, pair[0].ident) for pair, row in zip(pairs, values, strict=True)]
    else:
        rows = [
            (*row, *table.where_values(uow, state, instance_dict(obj)))
            for (state, obj), row in zip(pairs, values, strict=True)
        ]
    matched = _execute(uow, connection, statement, rows)
    if matched not in (-1, len(rows)):
        raise exc.StaleDataError(
            f"An UPDATE of {len(rows)} row(s) of {table.table.description!r} found {matched}. "
            + explain_stale(uow, connection, table, pairs)
        )
    _take_versions(uow, table, pairs, rows, len(statement.names))


def _execute(
    uow: UnitOfWork, connection: Any, statement: UpdateStatement, rows: Sequence[Row]
) -> int:
    args = statement.process_rows(list(rows))
    compiled = statement.compiled
    reason = emit.reason_for(statement.table.mapper, len(rows))
    return emit.send_rows(uow, connection, compiled.string, args, compiled, reason)


def _take_versions(
    uow: UnitOfWork, table: UpdateTable, pairs: Sequence[Pair], rows: Sequence[Row], place: int
) -> None:
    """Put the new versions, which stand after the values in each row, into the objects."""
    if table.version_key is None or not table.makes_versions:
        return
    for (state, obj), row in zip(pairs, rows, strict=True):
        instance_dict(obj)[table.version_key] = row[place]
        uow.counted.add(state)


def _update_one(
    uow: UnitOfWork,
    connection: Any,
    table: UpdateTable,
    key: tuple[str, ...],
    pair: Pair,
    row: Row,
) -> None:
    """Write one object with SQL among its values; those are loaded again on access."""
    state, obj = pair
    dict_ = instance_dict(obj)
    where = table.where_values(uow, state, dict_)
    values = {table.columns[name]: value for name, value in zip(key, row, strict=True)}
    if table.version_key is not None and table.makes_versions:
        dict_[table.version_key] = where[0]
        uow.counted.add(state)
        values[table.columns[table.version_key]] = where[0]
        where = where[1:]
    criteria = [column == value for column, value in zip(table.where_columns, where, strict=True)]
    statement = update(table.table).where(*criteria).values(values)
    new_keys = [
        name for name in key if name in table.mapper.pk_keys and emit.is_expression(dict_[name])
    ]
    if new_keys:
        matched = _update_key(uow, connection, statement, table, new_keys, dict_)
    else:
        matched = emit.run_one(uow, connection, statement)
    if matched not in (-1, 1):
        raise exc.StaleDataError(
            f"An UPDATE of 1 row(s) of {table.table.description!r} found {matched}. "
            + explain_stale(uow, connection, table, [pair])
        )
    names = [n for n, value in zip(key, row, strict=True) if emit.has_expressions((value,))]
    names = [name for name in names if name not in new_keys]
    uow.stale.setdefault(state, []).extend(names)


def _update_key(
    uow: UnitOfWork,
    connection: Any,
    statement: Any,
    table: UpdateTable,
    names: Sequence[str],
    dict_: dict[str, Any],
) -> int:
    """Send an UPDATE which computes a primary key, and put the key into the object.

    Returns the rows matched. Raises exc.FlushError where the database cannot return the key.
    """
    if not connection.dialect.update_returning:
        raise exc.FlushError(
            f"The primary key of a {table.mapper.class_.__name__} is to be set by an SQL expression, and "
            f"{connection.dialect.name} does not return it from the UPDATE. Compute it in Python."
        )
    statement = statement.returning(*[table.columns[name] for name in names])
    found = connection.execute(statement).all()
    for name, value in zip(names, found[0] if found else (), strict=False):
        dict_[name] = value
    return len(found)


def _note_new_identity(uow: UnitOfWork, mapper: Any, state: Any, obj: Any) -> None:
    if state.ident is None:
        return
    dict_ = instance_dict(obj)
    former = ident_parts(state)
    made = mapper.ident_from_values([dict_.get(key, former[key]) for key in mapper.pk_keys])
    if made != state.ident:
        uow.new_idents[state] = made


def update_columns(
    uow: UnitOfWork, mapper: Any, pairs: Sequence[Pair], names: Sequence[str]
) -> None:
    """Write just these attributes of the objects, new ones included (post_update).

    As with every UPDATE, `onupdate` follows, and the version of an object whose row was there
    before, unless the flush has counted it up already.
    """
    if not pairs:
        return
    connection = uow.session._connection_for(mapper=mapper)
    for table in tables_of(mapper):
        key = tuple([name for name in table.names if name in names])
        if not key:
            continue
        fills = [plan for plan in table.onupdates if plan.key not in key]
        for plan in fills:
            _fill_onupdate(connection, plan, pairs)
        key = (*key, *[plan.key for plan in fills])
        counted = [pair for pair in pairs if _counts(uow, table, pair[0])]
        done = {state for state, _obj in counted}
        if counted:
            values = [tuple(map(instance_dict(obj).get, key)) for _state, obj in counted]
            statement = statement_for(connection, table, key)
            _send_many(uow, connection, statement, counted, values)
        rows = []
        for state, obj in pairs:
            if state in done:
                continue
            dict_ = instance_dict(obj)
            where = table.key_values(uow, state, dict_)
            rows.append((*map(dict_.get, key), *where))
        if rows:
            _execute(uow, connection, statement_for(connection, table, key, versioned=False), rows)
        stale = [name for name in table.made_by_server if name not in key]
        if stale:
            for state, _obj in pairs:
                uow.stale.setdefault(state, []).extend(stale)


def _counts(uow: UnitOfWork, table: UpdateTable, state: Any) -> bool:
    """Return whether an UPDATE of the object's row counts up its version."""
    if table.version_key is None or not table.makes_versions or state.ident is None:
        return False
    return state not in uow.counted and not uow.is_delete(state)


def switch_rows(uow: UnitOfWork, mapper: Any, pairs: Sequence[tuple[Any, Any]]) -> None:
    """Find among new objects those which take over the row of a deleted one.

    Warns of one that has the key of an object which stays.
    They go into `uow.row_switches`, and the deleted ones into `uow.replaced`: deleted as
    objects, while their row stays.
    """
    identities = uow.session.identity_map.for_mapper(mapper.base_mapper)
    for state, obj in pairs:
        dict_ = instance_dict(obj)
        values = [dict_.get(key) for key in mapper.pk_keys]
        if any(value is None for value in values):
            continue
        old = identities.get(mapper.ident_from_values(values))
        if old is None or old() is None:
            continue
        if not uow.is_delete(old):
            warnings.warn(
                f"A new {mapper.class_.__name__} has the primary key of {old!r}, which the "
                "session holds: its INSERT fails unless that row is gone. To write the row "
                "that is there, use session.merge().",
                exc.SAWarning,
                stacklevel=2,
            )
            continue
        if old.manager.mapper is not mapper:
            continue
        uow.row_switches[state] = old
        uow.replaced.append(old)
        uow.kept_alive.append(uow.deletes[mapper].pop(old))
