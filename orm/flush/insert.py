"""INSERT: the rows of many objects in few statements, and the values the database made.

Objects of one shape go into `INSERT ... VALUES (...), (...) RETURNING`; where nothing has to
come back, or the database cannot return rows, into executemany, and one by one where a key
has to come back without RETURNING. No database promises the order of returned rows: they
are sorted by the generated key, which grows with the order of the VALUES list, or matched
by the key that the objects brought.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.compiler.defaults import DefaultContext
from orm.flush import emit
from orm.flush.gen_params import extractor_of
from orm.flush.insert_shape import InsertShape, shapes_of
from orm.flush.insert_statement import InsertStatement, statement_for
from orm.flush.postfetch import Watch, fetch_stale
from orm.sql.dml import insert
from orm.state.instance_state import instance_dict

if TYPE_CHECKING:
    from orm.flush.unit_of_work import UnitOfWork

Pair = tuple[Any, Any]


def insert_states(uow: UnitOfWork, mapper: Any, pairs: list[Pair]) -> None:
    """Insert the rows of new objects, into each table of the mapper, base table first.

    pairs: (state, object). Afterwards the objects have their keys and what the database
    made, and `uow.inserted` has them with `ident` still to be set.
    """
    connection = uow.session._connection_for(mapper=mapper)
    dispatch = mapper.dispatch
    if dispatch.before_insert:
        for state, _obj in pairs:
            for listener in dispatch.before_insert:
                listener(mapper, connection, state)
    watch = None
    if mapper.class_manager.dispatch.refresh_flush:
        watch = Watch(mapper, pairs, _defaulted(mapper))
    insert_rows(uow, connection, mapper, pairs)
    set_identities(uow, mapper, pairs)
    if uow.stale:
        fetch_stale(uow, mapper, pairs)
    if watch is not None:
        watch.tell(uow)
    if dispatch.after_insert:
        for state, _obj in pairs:
            for listener in dispatch.after_insert:
                listener(mapper, connection, state)


def _defaulted(mapper: Any) -> list[str]:
    """Return the attributes, other than keys, that get a value when the object has none."""
    return [
        plan.key
        for shape in shapes_of(mapper)
        for plan in (*shape.defaulted, *shape.optional, *shape.never)
        if not plan.column.primary_key
    ]


def insert_rows(uow: UnitOfWork, connection: Any, mapper: Any, pairs: list[Pair]) -> None:
    """Send the INSERTs for new objects, or for anything with their values in its `__dict__`."""
    for shape in shapes_of(mapper):
        if shape.inherited:
            _copy_inherited(shape, pairs)
        _insert_into(uow, connection, shape, pairs)


def _copy_inherited(shape: InsertShape, pairs: list[Pair]) -> None:
    """Give the objects the key of the parent's row under the name it has in this table."""
    for _state, obj in pairs:
        values = instance_dict(obj)
        for above, own in shape.inherited:
            values[own] = values.get(above)


def set_identities(uow: UnitOfWork, mapper: Any, pairs: Sequence[Pair]) -> None:
    """Note the identity of inserted objects; it becomes theirs when the flush succeeds.

    Raises exc.FlushError if a part of the primary key is still None.
    """
    keys = mapper.pk_keys
    if len(keys) == 1:
        key = keys[0]
        idents: list[Any] = [pair[1].__dict__.get(key) for pair in pairs]
    else:
        made = mapper.ident_from_values
        idents = [made([pair[1].__dict__.get(key) for key in keys]) for pair in pairs]
    if None in idents:
        state = pairs[idents.index(None)][0]
        raise exc.FlushError(
            f"{state!r} was inserted without a primary key. Set {mapper.class_.__name__}."
            f"{keys[0]} before the flush, or let the database number it "
            "(an Integer primary key without a foreign key)."
        )
    uow.idents.extend(idents)
    uow.inserted.extend([pair[0] for pair in pairs])


def _insert_into(uow: UnitOfWork, connection: Any, shape: InsertShape, pairs: list[Pair]) -> None:
    extractor = shape.extract or extractor_of(shape)
    groups = extractor.extract(pairs, partial(_fill, shape, connection))
    filled = {mask: group for mask, group in groups.items() if group[1]}
    is_numbered = shape.autokey is not None and uow.returns
    if len(filled) > 1 and (is_numbered or shape.refers_to_itself):
        batches = _in_order(filled, pairs)
    else:
        batches = ((mask, own, rows) for mask, (own, rows) in filled.items())
    for mask, own, rows in batches:
        if not emit.has_expressions(chain.from_iterable(rows)):
            _insert_plain(uow, connection, shape, mask, own, rows)
            continue
        together = zip(own, rows, strict=True)
        for is_sql, run in groupby(together, lambda each: emit.has_expressions(each[1])):
            members, values = zip(*run, strict=True)
            write = _insert_expressions if is_sql else _insert_plain
            write(uow, connection, shape, mask, list(members), list(values))


def _in_order(
    groups: dict[int, tuple[list[Pair], list[Any]]], pairs: list[Pair]
) -> Iterator[tuple[int, list[Pair], list[Any]]]:
    """Yield (mask, pairs, rows) of what is inserted together, in the order of the pairs.

    The database numbers them, or one may refer to another.
    """
    places = {
        pair[0]: (mask, row)
        for mask, (own, rows) in groups.items()
        for pair, row in zip(own, rows, strict=True)
    }
    for mask, run in groupby(pairs, lambda pair: places[pair[0]][0]):
        members = list(run)
        yield mask, members, [places[state][1] for state, _obj in members]


def _insert_plain(
    uow: UnitOfWork,
    connection: Any,
    shape: InsertShape,
    mask: int,
    pairs: list[Pair],
    rows: list[tuple[Any, ...]],
) -> None:
    returns = uow.returns or shape is not shapes_of(shape.mapper)[-1]
    _insert_rows(uow, connection, statement_for(connection, shape, mask, returns), pairs, rows)


def _fill(shape: InsertShape, connection: Any, values: dict[str, Any]) -> None:
    """Give an object the values it lacks: defaults, or None."""
    for plan in shape.always:
        key = plan.key
        if plan.fill is None:
            if key not in values:
                values[key] = None
        elif key not in values or (values[key] is None and not plan.keeps_none):
            context = FlushContext(connection, shape, values, plan.column)
            values[key] = plan.fill(context)


class FlushContext(DefaultContext):
    """What the default functions of a flush are given: the row is the object's values."""

    __slots__ = ()

    def __init__(self, connection: Any, shape: InsertShape, values: Any, column: Any) -> None:
        keys = {plan.key: plan.column.key for plan in shape.always}
        row = {keys[key]: value for key, value in values.items() if key in keys}
        super().__init__(None, connection, row, column)

    isinsert = property(lambda self: True)
    isupdate = property(lambda self: False)
    dialect = property(lambda self: self.connection.dialect)


def _insert_rows(
    uow: UnitOfWork,
    connection: Any,
    statement: InsertStatement,
    pairs: list[Pair],
    rows: list[tuple[Any, ...]],
) -> None:
    values, rows = rows, statement.process_rows(rows)
    reason = statement.reason
    if len(rows) != 1:
        reason = emit.reason_for(statement.shape.mapper, len(rows))
    compiled = statement.compiled
    if statement.mode == "many":
        _check_keys(statement, pairs, values)
        if len(rows) == 1:
            emit.send(uow, connection, compiled.string, rows[0], compiled, reason).close()
        else:
            emit.send(uow, connection, compiled.string, rows, compiled, reason, many=True).close()
        _expire_missing(uow, statement, pairs)
    elif statement.numbered is not None and len(rows) == 1:
        _insert_numbered(uow, connection, statement, pairs[0], rows[0])
    elif statement.mode == "rows":
        size = statement.rows_per_statement
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            sql = statement.text_for(len(part))
            args = part[0] if len(part) == 1 else list(chain.from_iterable(part))
            cursor = emit.send(uow, connection, sql, args, compiled, reason)
            fetched = cursor.fetchall()
            cursor.close()
            statement.take(uow, pairs[start : start + size], fetched)
    else:
        for pair, row in zip(pairs, rows, strict=True):
            cursor = emit.send(uow, connection, compiled.string, row, compiled, reason)
            _take_one(uow, statement, pair, cursor)


def _insert_numbered(
    uow: UnitOfWork, connection: Any, statement: InsertStatement, pair: Pair, row: Any
) -> None:
    """Insert one row; its key is what the driver tells, unless the database refused the row."""
    compiled, autokey = statement.numbered, statement.shape.autokey
    assert compiled is not None
    assert autokey is not None
    cursor = emit.send(uow, connection, compiled.string, row, compiled, statement.reason)
    if cursor.rowcount == 1:
        pair[1].__dict__[autokey.key] = cursor.lastrowid
    cursor.close()
    _expire_missing(uow, statement, [pair])


def _take_one(uow: UnitOfWork, statement: InsertStatement, pair: Pair, cursor: Any) -> None:
    if statement.fetch:
        statement.take(uow, [pair], cursor.fetchall())
    elif statement.shape.autokey is not None and statement.numbers_key:
        instance_dict(pair[1])[statement.shape.autokey.key] = cursor.lastrowid
        _expire_missing(uow, statement, [pair])
    cursor.close()


def _expire_missing(uow: UnitOfWork, statement: InsertStatement, pairs: Sequence[Pair]) -> None:
    """What the database made, and did not return, is loaded when it is asked for."""
    names = statement.expire
    if names:
        for state, _obj in pairs:
            uow.stale.setdefault(state, []).extend(names)


def _check_keys(statement: InsertStatement, pairs: Sequence[Pair], rows: Sequence[Any]) -> None:
    """Refuse rows without a key before the database meets them."""
    shape = statement.shape
    for place, plan in enumerate(statement.columns):
        required = plan.column.primary_key and not plan.column.nullable
        if required and None in map(itemgetter(place), rows):
            if shape.table.primary_key is None:
                continue
            warnings.warn(
                f"Column {plan.column!s} is part of the primary key of "
                f"{shape.mapper.class_.__name__}, has no default, and got no value.",
                exc.SAWarning,
                stacklevel=2,
            )
            return


def _insert_expressions(
    uow: UnitOfWork,
    connection: Any,
    shape: InsertShape,
    mask: int,
    pairs: list[Pair],
    rows: list[tuple[Any, ...]],
) -> None:
    """Insert rows with SQL among their values, one by one."""
    columns = shape.columns_of(mask)
    for pair, row in zip(pairs, rows, strict=True):
        sql_plans = [p for p, v in zip(columns, row, strict=True) if emit.has_expressions((v,))]
        values = {p.column: v for p, v in zip(columns, row, strict=True)}
        _insert_one(uow, connection, shape, pair, values, [*shape.missing_of(mask), *sql_plans])


def _insert_one(
    uow: UnitOfWork, connection: Any, shape: InsertShape, pair: Pair, values: Any, fetch: Any
) -> None:
    state, obj = pair
    dict_ = instance_dict(obj)
    statement = insert(shape.table).values(values)
    returning = connection.dialect.insert_returning and fetch
    if returning:
        statement = statement.returning(*[plan.column for plan in fetch])
    compiled, extracted = connection.compile(statement)
    reason = emit.reason_for(shape.mapper, 1)
    cursor = connection.execute_compiled(
        compiled, extracted, None, reason=reason, owner=uow.session
    )
    if returning:
        row = cursor.fetchone()
        for plan, value, column in zip(fetch, row, compiled.result_columns, strict=True):
            process = column.type.result_processor(connection.dialect, None)
            dict_[plan.key] = value if process is None else process(value)
    else:
        key = shape.autokey
        if key is not None and dict_.get(key.key) is None:
            dict_[key.key] = cursor.lastrowid
        names = [plan.key for plan in fetch if plan is not key]
        uow.stale.setdefault(state, []).extend(names)
    cursor.close()
