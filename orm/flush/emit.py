"""Sending the flush's statements: every one goes through the engine's choke point from here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from orm.engine.execution import Reason, execute_cursor
from orm.engine.statement import execute_args_told
from orm.sql.visitors import ClauseElement

if TYPE_CHECKING:
    from orm.flush.unit_of_work import UnitOfWork

_T = TypeVar("_T")

#: rows per statement, where the database's limit of parameters allows as many
ROWS_PER_STATEMENT = 1000
#: keys per IN list
KEYS_PER_STATEMENT = 500


def chunks(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """Yield slices of at most `size` items."""
    if len(items) <= size:
        yield items
        return
    for start in range(0, len(items), size):
        yield items[start : start + size]


def reason_for(mapper: Any, count: int) -> Reason:
    """Return the reason shown for statements over objects of a mapper."""
    return Reason("flush", mapper.class_.__name__, count)


def send(
    uow: UnitOfWork,
    connection: Any,
    sql: str,
    args: Any,
    compiled: Any,
    reason: Reason,
    many: bool = False,
) -> Any:
    """Execute SQL text with driver arguments; returns the cursor, which the caller closes."""
    execute = execute_args_told if connection.dispatch.hears_statement else execute_cursor
    return execute(
        connection,
        sql,
        args,
        many=many,
        compiled=compiled,
        reason=reason,
        owner=uow.session,
        options=connection._options,
    )


def send_rows(
    uow: UnitOfWork,
    connection: Any,
    sql: str,
    rows: Sequence[Any],
    compiled: Any,
    reason: Reason,
) -> int:
    """Execute an UPDATE or DELETE once per row of driver arguments; returns the rows matched, or -1."""
    if len(rows) == 1:
        cursor = send(uow, connection, sql, rows[0], compiled, reason)
    else:
        cursor = send(uow, connection, sql, rows, compiled, reason, many=True)
    matched = matched_rows(connection, cursor, len(rows))
    cursor.close()
    return matched


def run_many(
    uow: UnitOfWork, connection: Any, statement: Any, rows: Sequence[Mapping[str, Any]]
) -> int:
    """Execute a core statement once per row of parameters; returns the rows matched, or -1."""
    keys = list(rows[0])
    compiled, extracted = connection.compile(statement, column_keys=keys, for_executemany=True)
    sql, args = compiled.make_many_args(rows, extracted)
    return send_rows(uow, connection, sql, args, compiled, Reason("flush", "", len(rows)))


def run_one(uow: UnitOfWork, connection: Any, statement: Any) -> int:
    """Execute a core statement that carries its values; returns the rows matched, or -1."""
    compiled, extracted = connection.compile(statement)
    cursor = connection.execute_compiled(
        compiled, extracted, None, reason=Reason("flush"), owner=uow.session
    )
    matched: int = cursor.rowcount
    cursor.close()
    return matched


def place_binds(compiled: Any, names: Sequence[str]) -> tuple[list[int], tuple[Any, ...]]:
    """Return, for each placeholder, the place of its value in a row, and values to add to rows.

    names: the binds whose values a row has, in its order. The others come with the SQL of
    defaults, and are the same for every row.
    """
    order: list[int] = []
    constants: list[Any] = []
    for bind in compiled.binds:
        if bind.unique:
            order.append(len(names) + len(constants))
            constants.append(bind.effective_value)
        else:
            order.append(names.index(bind.key))
    return order, tuple(constants)


def defer_foreign_keys(uow: UnitOfWork, mapper: Any) -> None:
    """Have foreign keys checked at the end of the transaction, once per flush and connection.

    While a key and what refers to it change one after the other, there is a moment at which
    they do not agree.
    """
    connection = uow.session._connection_for(mapper=mapper)
    if connection not in uow.deferring:
        uow.deferring.add(connection)
        connection._defer_foreign_keys()


def matched_rows(connection: Any, cursor: Any, executions: int) -> int:
    """Return how many rows an UPDATE or DELETE matched; -1 where the driver cannot tell."""
    dialect = connection.dialect
    sane = dialect.supports_sane_rowcount
    if executions > 1:
        sane = sane and dialect.supports_sane_multi_rowcount
    return int(cursor.rowcount) if sane else -1


#: types whose values are data and never SQL, which are most
_PLAIN_TYPES: frozenset[type] = frozenset(
    (type(None), int, str, float, bool, bytes, list, dict, Decimal)
    + (date, datetime, time, timedelta)
)


def is_expression(value: Any) -> bool:
    """Return whether a value is SQL to be written into the statement."""
    return _is_sql(type(value))


def has_expressions(values: Iterable[Any]) -> bool:
    """Return whether any of the values is SQL; one pass over their types."""
    kinds = {*map(type, values)}
    return not kinds <= _PLAIN_TYPES and any(map(_is_sql, kinds - _PLAIN_TYPES))


def _is_sql(kind: type) -> bool:
    return issubclass(kind, ClauseElement) or hasattr(kind, "__clause_element__")
