"""DELETE: by IN lists, or by executemany where the key or a version needs more columns."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.flush import emit
from orm.flush.gen_params import row_processor
from orm.flush.update_statement import UpdateTable, explain_stale, former, tables_of
from orm.sql.dml import delete
from orm.sql.elements import BindParameter
from orm.state.instance_state import instance_dict

if TYPE_CHECKING:
    from orm.flush.unit_of_work import UnitOfWork

Pair = tuple[Any, Any]


def delete_states(uow: UnitOfWork, mapper: Any, pairs: list[Pair]) -> None:
    """Delete the rows of objects, from the most derived table to the base table.

    With the mapper's passive_deletes the database deletes those of the derived tables.

    Warns when fewer rows were there (unless confirm_deleted_rows is off), and raises
    exc.StaleDataError when the mapper has a version column.
    """
    connection = uow.session._connection_for(mapper=mapper)
    dispatch = mapper.dispatch
    if dispatch.before_delete:
        for state, _obj in pairs:
            for listener in dispatch.before_delete:
                listener(mapper, connection, state)
    tables = tables_of(mapper)
    for table in tables:
        if table.version_key is not None and len(tables) > 1:
            # read while the row is there in all tables, if it has to be loaded
            for state, obj in pairs:
                former(state, instance_dict(obj), table.version_key)
    if len(tables) > 1 and any(each.passive_deletes for each in mapper.iterate_to_root()):
        tables = tables[:1]
    for table in reversed(tables):
        _delete_from(uow, connection, table, pairs)
    if dispatch.after_delete:
        for state, _obj in pairs:
            for listener in dispatch.after_delete:
                listener(mapper, connection, state)


def _delete_from(
    uow: UnitOfWork, connection: Any, table: UpdateTable, pairs: Sequence[Pair]
) -> None:
    if len(table.key_columns) == 1 and table.version_key is None:
        matched = _delete_by_list(uow, connection, table, pairs)
    else:
        matched = _delete_by_row(uow, connection, table, pairs)
    if matched in (-1, len(pairs)):
        return
    text = f"A DELETE of {len(pairs)} row(s) of {table.table.description!r} found {matched}."
    if table.version_key is not None:
        raise exc.StaleDataError(f"{text} " + explain_stale(uow, connection, table, pairs))
    if getattr(table.mapper, "confirm_deleted_rows", True):
        warnings.warn(
            f"{text} If the database deletes them by itself (ON DELETE CASCADE), "
            'write __mapper_args__ = {"confirm_deleted_rows": False}.',
            exc.SAWarning,
            stacklevel=2,
        )


def _delete_by_list(
    uow: UnitOfWork, connection: Any, table: UpdateTable, pairs: Sequence[Pair]
) -> int:
    column = table.key_columns[0][1]
    compiled = _cached(connection, ("flush delete list", table), lambda: _list_statement(column))
    matched = 0
    for part in emit.chunks(pairs, emit.KEYS_PER_STATEMENT):
        if table.key_is_ident:
            keys = [pair[0].ident for pair in part]
        else:
            keys = [table.key_values(uow, s, instance_dict(o))[0] for s, o in part]
        sql, args = compiled.make_args(None, {"keys": keys})
        reason = emit.reason_for(table.mapper, len(part))
        cursor = emit.send(uow, connection, sql, args, compiled, reason)
        count = emit.matched_rows(connection, cursor, 1)
        cursor.close()
        matched = -1 if count < 0 or matched < 0 else matched + count
    return matched


def _list_statement(column: Any) -> Any:
    keys = BindParameter("keys", type_=column.type, expanding=True, required=True)
    return delete(column.table).where(column.in_(keys))


def _delete_by_row(
    uow: UnitOfWork, connection: Any, table: UpdateTable, pairs: Sequence[Pair]
) -> int:
    columns = table.where_columns
    compiled = _cached(connection, ("flush delete rows", table), lambda: _row_statement(columns))
    rows = []
    for state, obj in pairs:
        dict_ = instance_dict(obj)
        values = table.key_values(uow, state, dict_)
        if table.version_key is not None:
            values.append(former(state, dict_, table.version_key))
        rows.append(tuple(values))
    places = [int(bind.key[4:]) for bind in compiled.binds]
    args = row_processor(places, compiled.processors, len(columns))(rows)
    reason = emit.reason_for(table.mapper, len(args))
    return emit.send_rows(uow, connection, compiled.string, args, compiled, reason)


def _row_statement(columns: Sequence[Any]) -> Any:
    criteria = [
        column == BindParameter(f"row_{place}", type_=column.type, required=True)
        for place, column in enumerate(columns)
    ]
    return delete(columns[0].table).where(*criteria)


def _cached(connection: Any, key: Any, make: Any) -> Any:
    """Return the compiled statement under a key of the engine's cache."""
    cache = connection.plans
    found = cache.get(key)
    if found is None:
        found, _ = connection.compile(make())
        cache.put(key, found)
    return found
