"""Connection: one database connection, its transaction, and the execution of statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, LiteralString, Self, overload

from orm import exc
from orm.engine import schemas, statement as statements
from orm.engine.cursor import CursorResult
from orm.engine.execution import (
    DRIVER,
    QUERY,
    Reason,
    execute_cursor,
    execute_savepoint,
    raise_error,
)
from orm.engine.result import ScalarResult
from orm.engine.transaction import NestedTransaction, RootTransaction, Transaction
from orm.log import INFO
from orm.sql.executable import Executable
from orm.sql.subquery import TypedReturnsRows
from orm.sql.text_clause import TextClause
from orm.util.collections import EMPTY_MAP
from orm.util.typevars import T0, Rest, Ts

if TYPE_CHECKING:
    from orm.compiler.compiled import Compiled
    from orm.engine.engine import Engine
    from orm.engine.twophase import TwoPhaseTransaction


def _nobody() -> None:
    return None


class Connection:
    """A connection lent by the engine's pool.

    The first statement begins a transaction; `commit()` or `rollback()` end it, and `close()`
    rolls back what was not committed. Belongs to one thread at a time.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.dialect = dialect = engine.dialect
        self.dispatch: Any = engine.dispatch
        self._options: Mapping[str, Any] = EMPTY_MAP
        #: compiled statements and loading plans
        self.plans = engine._compiled_cache
        # (mark, text) of each schema that is translated
        self._schemas: tuple[tuple[str, str], ...] = ()
        self._echo = self._watched = engine.logger.isEnabledFor(INFO)
        # the transaction belongs to another borrower of the same DBAPI connection as well (SQLite
        # in memory); it is ended by us only if we wrote something
        self._joined = self._wrote = False
        self._transaction: RootTransaction | None = None
        self._nested: NestedTransaction | None = None
        self._block: Transaction | None = None
        #: returns the Session that works on this connection, or None
        self.owner: Callable[[], Any] = _nobody
        self._ready = False
        self._autocommit = dialect._isolation_on_connect == "AUTOCOMMIT"
        self._isolation_once = self._read_only = False
        self._savepoints = 0
        #: server-side cursors that are open
        self._streams: Sequence[Any] = ()
        self._invalid = False
        self._closed = self._clean = True
        self._pooled: Any = None
        self._dbapi: Any = None
        try:
            pooled = self._pooled = engine._shared_pool[0].connect()
        except dialect.driver_error as error:
            raise_error(self, error, None, None)
        self._dbapi = pooled.dbapi_connection
        self._closed = False
        if self.dispatch.engine_connect:
            for listener in self.dispatch.engine_connect:
                listener(self)
        if engine._options:
            self._apply_options(engine._options)

    # -- state -----------------------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._closed

    @property
    def invalidated(self) -> bool:
        """Whether the DBAPI connection was lost or thrown away; the next use gets another."""
        return self._invalid

    @property
    def connection(self) -> Any:
        """The pool's proxy of the DBAPI connection."""
        self._require_connection()
        return self._pooled

    @property
    def info(self) -> dict[Any, Any]:
        """A dict of the DBAPI connection, kept as long as that is open."""
        info: dict[Any, Any] = self.connection.info
        return info

    def _table_names(self, schema: str | None, views: bool) -> list[str]:
        """What MetaData.reflect() asks for."""
        from orm.engine.autoload import list_names

        return list_names(self, schema, views)

    def _reflect_table(
        self, table: Any, include_columns: Any, resolve_fks: bool, replace: bool = True
    ) -> None:
        """What Table(autoload_with=...) asks for."""
        from orm.engine.autoload import reflect_table

        reflect_table(self, table, include_columns, resolve_fks, replace)

    def in_transaction(self) -> bool:
        """Return whether a transaction is in progress."""
        return self._transaction is not None and self._transaction.is_active

    def in_nested_transaction(self) -> bool:
        """Return whether a savepoint is in progress."""
        return self._nested is not None and self._nested.is_active

    def get_transaction(self) -> RootTransaction | None:
        """Return the transaction in progress, or None."""
        return self._transaction

    def get_nested_transaction(self) -> NestedTransaction | None:
        """Return the innermost savepoint in progress, or None."""
        return self._nested

    def __repr__(self) -> str:
        state = "closed" if self._closed else "in transaction" if self._transaction else "idle"
        return f"<Connection {state} of {self.engine!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    # -- options ---------------------------------------------------------------------------------

    def execution_options(self, **opt: Any) -> Connection:
        """Set options for what this connection executes from now on; returns self.

        isolation_level, read_only: take effect at the next begin. logging_token: put before what
        echo logs of this connection. stream_results, yield_per, schema_translate_map: for what it
        executes. Any name of your own: for listeners.
        """
        for listener in self.dispatch.set_connection_execution_options:
            listener(self, opt)
        self._apply_options(opt)
        return self

    def get_execution_options(self) -> Mapping[str, Any]:
        """Return the options in force."""
        return self._options

    def _apply_options(self, opt: Mapping[str, Any]) -> None:
        self._options = {**self._options, **opt}
        if "isolation_level" in opt:
            self._set_isolation(opt["isolation_level"])
        if "read_only" in opt:
            self._read_only = bool(opt["read_only"])
        if schemas.OPTION in opt:
            schemas.translate_schemas(self, opt[schemas.OPTION])

    def _watch(self) -> None:
        """Note whether executions have to be looked at: logged, or not as they were compiled."""
        self._watched = bool(self._echo or self._joined or self._schemas)

    def _set_isolation(self, level: str) -> None:
        name = self.dialect.check_isolation_level(level)
        if self.in_transaction():
            raise exc.InvalidRequestError(
                f"The isolation level {name} was asked for while a transaction is in progress. "
                "Set it before the first statement, or after commit() or rollback()."
            )
        pooled = self.connection
        pooled.record_info["isolation_changed"] = True
        try:
            self.dialect.set_isolation_level(self._dbapi, name)
        except self.dialect.driver_error as error:
            raise_error(self, error, None, None)
        self._autocommit = name == "AUTOCOMMIT"

    def _set_isolation_once(self, level: str) -> None:
        """Begin a transaction of this level; the one after it has the former level again."""
        self._set_isolation(level)
        self._prepare()
        self._isolation_once = True

    def _restore_isolation(self) -> None:
        self._isolation_once = False
        if "isolation_level" in self._options:
            self._set_isolation(self._options["isolation_level"])
            return
        try:
            self.dialect.reset_isolation_level(self._dbapi)
        except self.dialect.driver_error as error:
            raise_error(self, error, None, None)
        self._autocommit = self.dialect._autocommit_on_connect

    def get_isolation_level(self) -> str | None:
        """Return the level in force. Cost: a statement, where the driver does not know it."""
        self._require_connection()
        if self._autocommit:
            return "AUTOCOMMIT"
        level: str | None = self.dialect.get_isolation_level(self._dbapi)
        return level

    @property
    def default_isolation_level(self) -> str | None:
        """The level that new connections of this engine have."""
        level: str | None = self.dialect.default_isolation_level
        return level

    # -- transactions ----------------------------------------------------------------------------

    def begin(self) -> RootTransaction:
        """Begin a transaction; it ends with the `with` block, or commit() or rollback().

        Raises exc.InvalidRequestError if one is in progress.
        """
        if self._transaction is not None:
            self._check_idle()
        return self._prepare()

    def _check_idle(self) -> None:
        if self._transaction is not None:
            raise exc.InvalidRequestError(
                "This connection has already begun a transaction, by begin() or by executing a "
                "statement. Call commit() or rollback() first, or begin_nested() for a savepoint."
            )

    def begin_twophase(self, xid: str | None = None) -> TwoPhaseTransaction:
        """Begin a transaction that can be prepared before it is committed.

        xid: its id, unique on the server; by default a random one.
        Raises exc.InvalidRequestError if a transaction is in progress, or the database has no
        two-phase transactions.
        """
        from orm.engine import twophase  # few databases are used in pairs

        self._check_idle()
        return twophase.begin(self, xid)

    def recover_twophase(self) -> list[str]:
        """Return the ids of prepared transactions that wait on the server, whoever left them."""
        from orm.engine import twophase  # see begin_twophase()

        return twophase.recover(self)

    def commit_prepared(self, xid: str, recover: bool = False) -> None:
        """Commit a prepared transaction by its id, which may come from recover_twophase().

        recover: accepted and not needed. Raises exc.InvalidRequestError within a transaction.
        """
        from orm.engine import twophase  # see begin_twophase()

        twophase.finish(self, self.dialect.do_commit_twophase, "COMMIT", xid)

    def rollback_prepared(self, xid: str, recover: bool = False) -> None:
        """Roll back a prepared transaction by its id; as commit_prepared()."""
        from orm.engine import twophase  # see begin_twophase()

        twophase.finish(self, self.dialect.do_rollback_twophase, "ROLLBACK", xid)

    def begin_nested(self) -> NestedTransaction:
        """Set a savepoint, beginning a transaction if there is none."""
        if not self._ready:
            self._prepare()
        return NestedTransaction(self)

    def commit(self) -> None:
        """Commit the transaction in progress, if any. After a failure it is rolled back."""
        if self._transaction is not None:
            self._transaction.commit()

    def rollback(self) -> None:
        """Roll back the transaction in progress, if any."""
        if self._transaction is not None:
            self._transaction.rollback()

    def _prepare(self) -> RootTransaction:
        """Make ready to execute: a connection, and a transaction, which is returned."""
        if self._block is not None and not self._block.is_active and not self._closed:
            raise exc.InvalidRequestError(
                "The transaction of this `with` block has ended, so nothing more can be executed "
                "inside it. Move the statement after the block, or commit later."
            )
        if self._transaction is not None:
            raise exc.PendingRollbackError(
                "The connection was lost within a transaction, whose statements are gone with it. "
                "Call rollback(); the next statement then gets another connection."
            )
        if self._closed or self._invalid or self._isolation_once:
            self._require_connection()
        if self.dispatch.begin:
            self._tell_begin()
        if self._echo:
            self._log("BEGIN (implicit)")
        if not self._autocommit:
            try:
                self._joined = self.dialect.do_begin(self._dbapi, self._read_only)
            except BaseException as error:
                raise_error(self, error, "BEGIN", None)
            self._wrote = False
            if self._joined or self._watched:
                self._watch()
        begun = self._transaction = RootTransaction(self)
        self._clean = False
        self._ready = True
        return begun

    def _tell_begin(self) -> None:
        """Tell the listeners; what they execute is the beginning of the transaction."""
        self._ready = True
        self._clean = False  # should one raise, what it has begun ends at the return to the pool
        try:
            for listener in self.dispatch.begin:
                listener(self)
        finally:
            self._ready = False

    def _start_transaction(self, begun: RootTransaction) -> None:
        self._transaction = begun
        self._clean = False
        self._ready = True

    def _require_connection(self) -> None:
        if self._closed:
            raise exc.ResourceClosedError(
                "This Connection is closed; get another with engine.connect()."
            )
        if self._isolation_once and self._transaction is None and not self._invalid:
            self._restore_isolation()
        if self._invalid:
            if self._transaction is not None:
                raise exc.PendingRollbackError(
                    "Can't reconnect until the transaction, lost with its connection, is rolled "
                    "back: call rollback() first."
                )
            try:
                self._pooled = self.engine.pool.connect()
            except self.dialect.driver_error as error:
                raise_error(self, error, None, None)
            self._dbapi = self._pooled.dbapi_connection
            self._invalid = self._isolation_once = False
            self._clean = True
            if "isolation_level" in self._options:
                self._set_isolation(self._options["isolation_level"])

    def _check_valid(self) -> None:
        if self._invalid:
            raise exc.PendingRollbackError(
                "The connection was lost within this transaction, so it cannot be committed. "
                "Call rollback(), and do its work again."
            )

    def _leave_block(self, outer: Transaction | None) -> None:
        self._block = outer
        self._ready = self.in_transaction() and not self._invalid

    def _close_streams(self) -> None:
        """Close server-side cursors, which do not outlive their transaction."""
        streams, self._streams = self._streams, ()
        for cursor in reversed(streams):
            try:
                cursor.close()
            except Exception:  # the transaction may have failed
                pass

    def _check_nested_ended(self) -> None:
        while self._nested is not None:
            self._nested.is_active = False
            self._nested = self._nested._outer

    def _roll_back_quietly(self) -> None:
        try:
            self.dialect.do_rollback(self._dbapi)
        except Exception:
            self.invalidate()

    def _defer_foreign_keys(self) -> None:
        """Have foreign keys checked when the transaction is committed, if the database can."""
        if not self._ready:
            self._prepare()
        try:
            self.dialect.do_defer_foreign_keys(self._dbapi)
        except BaseException as error:
            raise_error(self, error, "deferred foreign keys", None)

    def _do_savepoint(self) -> str:
        self._savepoints += 1
        name: str = self.dialect.name_savepoint(f"orm_savepoint_{self._savepoints}")
        for listener in self.dispatch.savepoint:
            listener(self, name)
        self._check_valid()
        execute_savepoint(self, f"SAVEPOINT {name}")
        return name

    def _do_release_savepoint(self, name: str) -> None:
        self._check_valid()
        execute_savepoint(self, f"RELEASE SAVEPOINT {name}")

    def _do_rollback_to_savepoint(self, name: str) -> None:
        if self._invalid:
            return
        execute_savepoint(self, f"ROLLBACK TO SAVEPOINT {name}")
        execute_savepoint(self, f"RELEASE SAVEPOINT {name}")

    def _log(self, message: str) -> None:
        self._write_log("%s%s", message, " (autocommit)" if self._autocommit else "")

    def _write_log(self, message: str, *args: Any) -> None:
        """Log for echo, with the option `logging_token` in front, so that connections differ."""
        token = self._options.get("logging_token")
        if token is not None:
            message, args = f"[%s] {message}", (token, *args)
        self.engine.logger.info(message, *args)

    # -- end -------------------------------------------------------------------------------------

    def close(self) -> None:
        """Roll back what was not committed and give the connection back to the pool."""
        if self._closed:
            return
        try:
            if self._transaction is not None:
                self._transaction.rollback()
        finally:
            self._closed = True
            self._ready = False
            pooled, self._pooled, self._dbapi = self._pooled, None, None
            if pooled is not None:
                pooled._checkin(self._clean)

    def invalidate(self, exception: BaseException | None = None) -> None:
        """Throw the DBAPI connection away; the next use gets another one.

        A transaction in progress is lost with it and has to be rolled back first.
        """
        if self._invalid or self._closed or self._pooled is None:
            return
        self._invalid = True
        self._ready = False
        pooled, self._pooled, self._dbapi = self._pooled, None, None
        pooled.invalidate(exception)

    def detach(self) -> None:
        """Take the DBAPI connection out of the pool: close() closes it for good."""
        self._require_connection()
        self._pooled.detach()

    # -- execution -------------------------------------------------------------------------------

    @overload
    def execute(
        self,
        statement: TypedReturnsRows[*Ts],
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[*Ts]: ...
    @overload
    def execute(
        self,
        statement: Executable | LiteralString,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult: ...
    def execute(
        self,
        statement: Executable | LiteralString,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Any:
        """Execute a statement and return its result.

        statement: select(), insert(), text(), DDL and so on, or a string of SQL with parameters
        written `:name`. parameters: values by name, or a list of such mappings to execute it
        for each. execution_options: as in execution_options(), for this statement only;
        isolation_level, for the transaction that it begins.
        """
        if isinstance(statement, str):
            statement = TextClause(statement)
        return statements.execute(self, statement, parameters, execution_options)

    @overload
    def scalar(
        self,
        statement: TypedReturnsRows[T0, *Rest],
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> T0 | None: ...
    @overload
    def scalar(
        self,
        statement: Executable | LiteralString,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Any: ...
    def scalar(
        self,
        statement: Executable | LiteralString,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Any:
        """Execute and return the first value of the first row, None without rows."""
        return self.execute(statement, parameters, execution_options=execution_options).scalar()

    @overload
    def scalars(
        self,
        statement: TypedReturnsRows[T0, *Rest],
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> ScalarResult[T0]: ...
    @overload
    def scalars(
        self,
        statement: Executable | LiteralString,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> ScalarResult[Any]: ...
    def scalars(
        self,
        statement: Executable | LiteralString,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Any:
        """Execute and return the values of the first column."""
        return self.execute(statement, parameters, execution_options=execution_options).scalars()

    def exec_driver_sql(
        self,
        statement: str,
        parameters: Any = None,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult:
        """Execute text as it is, with parameters in the driver's own style.

        parameters: a tuple or dict, or a list of them for executemany.
        """
        many = isinstance(parameters, list) and bool(parameters)
        if many and not isinstance(parameters[0], (tuple, list, dict)):
            raise exc.ArgumentError(
                "exec_driver_sql() takes a tuple or dict of parameters, or a list of those for "
                f"executemany; this list holds {parameters[0]!r:.80}. Write a tuple."
            )
        options = {**self._options, **execution_options} if execution_options else self._options
        cursor = execute_cursor(
            self, statement, parameters or None, many=many, reason=DRIVER, options=options
        )
        return CursorResult(self, cursor, None, options=options)

    def compile(
        self,
        statement: Any,
        column_keys: Sequence[str] | None = None,
        for_executemany: bool = False,
    ) -> tuple[Compiled, tuple[Any, ...]]:
        """Return the compiled statement, from the engine's cache, and the binds of this one."""
        return statements.compile_cached(self, statement, column_keys, for_executemany)

    def execute_rows(
        self,
        compiled: Compiled,
        extracted: Sequence[Any] | None,
        rows: Sequence[Mapping[str, Any]],
        *,
        reason: Reason = QUERY,
        owner: Any = None,
        options: Mapping[str, Any] = EMPTY_MAP,
        statement: Any = None,
    ) -> Any:
        """Execute a compiled INSERT of one row for many rows at once, as one statement.

        Returns the DBAPI cursor, which the caller closes. extracted, statement: as for execute_compiled().
        """
        return statements.execute_rows(
            self, compiled, extracted, rows, statement, reason, owner, options
        )

    def execute_compiled(
        self,
        compiled: Compiled,
        extracted: Sequence[Any] | None,
        params: Mapping[str, Any] | None = None,
        *,
        reason: Reason = QUERY,
        owner: Any = None,
        options: Mapping[str, Any] = EMPTY_MAP,
        statement: Any = None,
    ) -> Any:
        """Execute a compiled statement and return the DBAPI cursor, which the caller closes.

        extracted: the binds of the statement executed now, of the same structure.
        statement: what listeners are shown; by default the one that was compiled.
        """
        if self.dispatch.hears_statement:
            return statements.execute_told(
                self, compiled, extracted, params, statement, reason, owner, options
            )
        try:
            sql, args = compiled.make_args(extracted, params, self)
        except Exception as error:
            raise statements.argument_error(self, error, compiled, params) from error
        return execute_cursor(
            self, sql, args, compiled=compiled, reason=reason, owner=owner, options=options
        )
