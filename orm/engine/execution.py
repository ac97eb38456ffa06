"""The choke point: every statement of every kind reaches the driver through `execute_cursor()`.

Events, echo, streaming cursors and the wrapping of errors happen here and nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.engine.schemas import place_schemas
from orm.log import shorten_parameters
from orm.util.collections import EMPTY_MAP
from orm.util.warn import find_caller

if TYPE_CHECKING:
    from orm.compiler.compiled import Compiled
    from orm.engine.connection import Connection


class Reason:
    """Why a statement is executed; equal if all of it is. Not to be changed.

    kind: "query", "lazy_load", "refresh", "flush", "ddl", "bulk", "driver" or "savepoint".
    subject: of what, e.g. "User.posts". count: for how many objects.
    """

    __slots__ = ("count", "kind", "subject")

    def __init__(self, kind: str, subject: str = "", count: int = 0) -> None:
        self.kind = kind
        self.subject = subject
        self.count = count

    def _key(self) -> tuple[str, str, int]:
        return self.kind, self.subject, self.count

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Reason) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"Reason(kind={self.kind!r}, subject={self.subject!r}, count={self.count!r})"


QUERY = Reason("query")
DDL = Reason("ddl")
DRIVER = Reason("driver")
SAVEPOINT = Reason("savepoint")


class ExecutionContext:
    """What listeners learn about an execution.

    owner: the Session, or None. compiled: None for exec_driver_sql. started: time.perf_counter()
    before the driver was called. options: the execution options in force.
    """

    __slots__ = (
        "compiled",
        "connection",
        "cursor",
        "executemany",
        "options",
        "owner",
        "parameters",
        "reason",
        "started",
        "statement",
    )

    def __init__(
        self,
        connection: Connection,
        statement: str,
        parameters: Any,
        executemany: bool,
        compiled: Compiled | None,
        reason: Reason,
        owner: Any,
        options: Mapping[str, Any],
    ) -> None:
        self.connection = connection
        self.statement = statement
        self.parameters = parameters
        self.executemany = executemany
        self.compiled = compiled
        self.reason = reason
        self.owner = owner
        self.options = options
        self.cursor: Any = None
        self.started = 0.0

    @property
    def execution_options(self) -> Mapping[str, Any]:
        """The same as `options`."""
        return self.options

    @property
    def code_line(self) -> str:
        """Where in the application's code this was caused, "file:line (function)"; for listeners, while they are called.

        For a lazy load that is the line which read the attribute.
        """
        return find_caller(of_listener=True)

    @property
    def dialect(self) -> Any:
        """The dialect."""
        return self.connection.dialect

    @property
    def engine(self) -> Any:
        """The engine."""
        return self.connection.engine

    @property
    def root_connection(self) -> Connection:
        """The connection."""
        return self.connection

    @property
    def isinsert(self) -> bool:
        """Whether this is an INSERT."""
        return self.compiled is not None and self.compiled.kind == "insert"

    @property
    def isupdate(self) -> bool:
        """Whether this is an UPDATE."""
        return self.compiled is not None and self.compiled.kind == "update"

    @property
    def isdelete(self) -> bool:
        """Whether this is a DELETE."""
        return self.compiled is not None and self.compiled.kind == "delete"

    @property
    def isddl(self) -> bool:
        """Whether this is DDL."""
        return self.compiled is not None and self.compiled.kind == "ddl"


class ExceptionContext:
    """What `handle_error` listeners are given. A listener may raise or return another error.

    connection: None if it could not be opened. execution_context: None for what is no statement, or
    was not sent since its values could not be converted.
    is_disconnect: may be changed by a listener; decides whether the connection is dropped.
    is_pre_ping: the pool asked for a sign of life, with pool_pre_ping; connection and engine are None.
    """

    __slots__ = (
        "chained_exception",
        "connection",
        "cursor",
        "dialect",
        "engine",
        "execution_context",
        "invalidate_pool_on_disconnect",
        "is_disconnect",
        "is_pre_ping",
        "original_exception",
        "parameters",
        "sqlalchemy_exception",
        "statement",
    )

    def __init__(
        self,
        connection: Connection | None,
        engine: Any,
        dialect: Any,
        cursor: Any,
        statement: str | None,
        parameters: Any,
        original_exception: BaseException,
        sqlalchemy_exception: exc.StatementError | None,
        execution_context: ExecutionContext | None,
        is_disconnect: bool,
        *,
        is_pre_ping: bool = False,
    ) -> None:
        self.connection = connection
        self.engine = engine
        self.dialect = dialect
        self.cursor = cursor
        self.statement = statement
        self.parameters = parameters
        self.original_exception = original_exception
        self.sqlalchemy_exception = sqlalchemy_exception
        self.execution_context = execution_context
        self.is_disconnect = is_disconnect
        self.invalidate_pool_on_disconnect = True
        self.is_pre_ping = is_pre_ping
        self.chained_exception: BaseException | None = None


def execute_cursor(
    connection: Connection,
    sql: str,
    args: Sequence[Any] | Mapping[str, Any] | None,
    *,
    many: bool = False,
    compiled: Compiled | None = None,
    reason: Reason = QUERY,
    owner: Any = None,
    options: Mapping[str, Any] = EMPTY_MAP,
) -> Any:
    """Execute SQL text on a connection and return the DBAPI cursor, which the caller closes.

    args: the driver's positional arguments; with `many`, a list of them; None sends the text
    untouched. Begins a transaction if there is none. Raises exc.DBAPIError and its kind.
    """
    if not connection._ready:
        connection._prepare()
    if (
        connection._watched
        or connection.dispatch.hears_cursor
        or (options and (options.get("stream_results") or options.get("yield_per")))
    ):
        return _execute_watched(connection, sql, args, many, compiled, reason, owner, options)
    cursor: Any = None
    try:
        cursor = connection._dbapi.cursor()
        if many:
            cursor.executemany(sql, args)
        elif args is None:
            cursor.execute(sql)
        else:
            cursor.execute(sql, args)
    except BaseException as error:
        context = None
        if connection.dispatch.handle_error:
            owner = connection.owner() if owner is None else owner
            context = ExecutionContext(
                connection, sql, args, many, compiled, reason, owner, options
            )
            context.cursor = cursor
        raise_error(connection, error, sql, args, many, cursor, compiled, context)
    return cursor


def execute_savepoint(connection: Connection, sql: str) -> None:
    """Set, release or roll back to a savepoint, whether or not a transaction has begun."""
    if connection.dispatch.hears_cursor:
        _execute_watched(
            connection, sql, None, False, None, SAVEPOINT, None, connection._options
        ).close()
        return
    if connection._echo:
        connection._log(sql)
    cursor: Any = None
    try:
        cursor = connection._dbapi.cursor()
        cursor.execute(sql)
        cursor.close()
    except BaseException as error:
        raise_error(connection, error, sql, None, cursor=cursor)


def _execute_watched(
    connection: Connection,
    sql: str,
    args: Any,
    many: bool,
    compiled: Compiled | None,
    reason: Reason,
    owner: Any,
    options: Mapping[str, Any],
) -> Any:
    """The same with listeners, echo, server-side cursors and translated schemas."""
    if connection._schemas:
        sql = place_schemas(connection, sql)
    owner = connection.owner() if owner is None else owner
    context = ExecutionContext(connection, sql, args, many, compiled, reason, owner, options)
    cursor = None
    try:
        stream = not many and _wants_stream(connection, sql, compiled, options)
        cursor = context.cursor = connection.dialect.make_cursor(connection._dbapi, stream)
        if stream:
            connection._streams = (*connection._streams, cursor)
        if connection._joined and reason is not SAVEPOINT and not _is_select(sql, compiled):
            connection._wrote = True
        for listener in connection.dispatch.before_cursor_execute:
            sql, args = listener(connection, cursor, sql, args, context, many)
        context.statement, context.parameters = sql, args
        if connection._echo:
            _log(connection, sql, args)
        context.started = time.perf_counter()
        _send(connection.dispatch, cursor, sql, args, many, context)
    except BaseException as error:
        raise_error(connection, error, sql, args, many, cursor, compiled, context)
    if connection.dispatch.after_cursor_execute:
        _tell_after(connection, cursor, context)
    return cursor


def _tell_after(connection: Connection, cursor: Any, context: ExecutionContext) -> None:
    """Call the after_cursor_execute listeners; interrupted ones leave a connection in doubt."""
    sql, args, many = context.statement, context.parameters, context.executemany
    try:
        for listener in connection.dispatch.after_cursor_execute:
            listener(connection, cursor, sql, args, context, many)
    except BaseException as error:
        if not isinstance(error, Exception):
            _close_quietly(cursor)
            connection.invalidate(error)
        raise


def _send(
    dispatch: Any, cursor: Any, sql: str, args: Any, many: bool, context: ExecutionContext
) -> None:
    """Call the driver, unless a `do_` listener returns True: it has done so itself."""
    if many:
        if not any(listener(cursor, sql, args, context) for listener in dispatch.do_executemany):
            cursor.executemany(sql, args)
    elif args is None:
        if not any(listener(cursor, sql, context) for listener in dispatch.do_execute_no_params):
            cursor.execute(sql)
    elif not any(listener(cursor, sql, args, context) for listener in dispatch.do_execute):
        cursor.execute(sql, args)


def _wants_stream(
    connection: Connection, sql: str, compiled: Compiled | None, options: Mapping[str, Any]
) -> bool:
    if not connection.dialect.supports_server_side_cursors:
        return False
    if not (options.get("stream_results") or options.get("yield_per")):
        return False
    return _is_select(sql, compiled)


def _is_select(sql: str, compiled: Compiled | None) -> bool:
    if compiled is not None and compiled.kind != "text":
        return compiled.kind == "select"
    return sql.lstrip()[:6].upper() in ("SELECT", "VALUES")


def _log(connection: Connection, sql: str, args: Any) -> None:
    connection._write_log("%s", sql)
    if args:
        hidden = connection.engine.hide_parameters
        connection._write_log("[parameters] %s", "hidden" if hidden else shorten_parameters(args))


def raise_error(
    connection: Connection,
    error: BaseException,
    sql: str | None,
    args: Any,
    many: bool = False,
    cursor: Any = None,
    compiled: Compiled | None = None,
    context: ExecutionContext | None = None,
) -> Any:
    """Raise what a failed call of the driver becomes: wrapped, classified, reported to listeners.

    A disconnect drops the connection and has the pool replace its others. An interruption
    (KeyboardInterrupt, GreenletExit) drops the connection too, whose protocol state is unknown,
    and goes on as it is.
    """
    dialect = connection.dialect
    dbapi = connection._dbapi
    if not isinstance(error, Exception):
        _close_quietly(cursor)
        connection.invalidate(error)
        raise error
    if isinstance(error, exc.SQLAlchemyError):
        _close_quietly(cursor)
        raise error
    is_dbapi = isinstance(error, dialect.dbapi.Error)
    lost = is_dbapi and dialect.is_disconnect(error, dbapi, cursor)
    wrapped = wrap_error(connection, error, sql, args, many, compiled, lost)
    raised: BaseException = wrapped
    if connection.dispatch.handle_error:
        told = ExceptionContext(
            connection if connection._pooled is not None else None,
            connection.engine,
            dialect,
            cursor,
            sql,
            args,
            error,
            wrapped,
            context,
            lost,
        )
        raised = _consult(connection.dispatch.handle_error, told, wrapped)
        if told.is_disconnect != lost:
            lost = told.is_disconnect
            if isinstance(wrapped, exc.DBAPIError):
                wrapped.connection_invalidated = lost
        drop_all = told.invalidate_pool_on_disconnect
    else:
        drop_all = True
    _close_quietly(cursor)
    if lost:
        if drop_all:
            connection.engine.pool._invalidate_all()
        connection.invalidate(error)
    if raised is wrapped:
        raise wrapped from error
    raise raised


def report_unsent(
    connection: Connection, error: Exception, made: exc.SQLAlchemyError, sql: str, params: Any
) -> BaseException:
    """Tell `handle_error` listeners of a statement whose values could not be converted.

    made: what is raised for the error. Returns it, or what a listener wants raised.
    """
    listeners = connection.dispatch.handle_error
    if not listeners:
        return made
    told = ExceptionContext(
        connection=connection,
        engine=connection.engine,
        dialect=connection.dialect,
        cursor=None,
        statement=sql,
        parameters=params,
        original_exception=error,
        sqlalchemy_exception=made if isinstance(made, exc.StatementError) else None,
        execution_context=None,
        is_disconnect=False,
    )
    return _consult(listeners, told, made)


def _consult(
    listeners: Sequence[Any], told: ExceptionContext, raised: BaseException
) -> BaseException:
    """Return the error that the listeners want raised."""
    for listener in listeners:
        told.chained_exception = raised
        try:
            replaced = listener(told)
        except Exception as own:
            return own
        if replaced is not None:
            raised = replaced
    return raised


def report_failed_ping(engine: Any, error: Exception) -> bool:
    """Tell `handle_error` listeners that a pooled connection did not answer before it was lent.

    Returns whether the pool's other connections are to be replaced, too. Raises the error that a
    listener wants, and the driver's, wrapped, if one says that it is no disconnect.
    """
    listeners = engine.dispatch.handle_error
    if not listeners:
        return True
    wrapped = exc.DBAPIError.instance(None, None, error, connection_invalidated=True)
    told = ExceptionContext(
        connection=None,
        engine=None,
        dialect=engine.dialect,
        cursor=None,
        statement=None,
        parameters=None,
        original_exception=error,
        sqlalchemy_exception=wrapped,
        execution_context=None,
        is_disconnect=True,
        is_pre_ping=True,
    )
    raised = _consult(listeners, told, wrapped)
    if raised is not wrapped:
        raise raised
    if not told.is_disconnect:
        raise wrapped from error
    return told.invalidate_pool_on_disconnect


def wrap_error(
    connection: Connection,
    error: Exception,
    sql: str | None,
    args: Any,
    many: bool,
    compiled: Compiled | None,
    lost: bool,
) -> exc.StatementError:
    """Return our exception for one of the driver's, or for one that Python raised within it."""
    dialect = connection.dialect
    hide = connection.engine.hide_parameters
    if isinstance(error, OverflowError):
        return exc.DataError(sql, args, error, hide, ismulti=many)
    if not isinstance(error, dialect.dbapi.Error):
        kind = type(error)
        return exc.StatementError(
            f"({kind.__module__}.{kind.__name__}) {error}", sql, args, error, hide, ismulti=many
        )
    if dialect.is_integrity_error(error):
        made: exc.DBAPIError = exc.IntegrityError(sql, args, error, hide, ismulti=many)
    else:
        made = exc.DBAPIError.instance(
            sql, args, error, hide_parameters=hide, connection_invalidated=lost, ismulti=many
        )
    if isinstance(made, exc.IntegrityError):
        from orm.engine.integrity import complete_info  # errors only

        made.info = complete_info(dialect.classify_integrity_error(error), compiled, dialect.name)
    return made


def _close_quietly(cursor: Any) -> None:
    if cursor is not None:
        try:
            cursor.close()
        except Exception:  # the connection may be gone
            pass
