"""AsyncConnection and AsyncTransaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, LiteralString, Self, TypeVar, overload

from orm.asyncio.exc import AsyncContextAlreadyStarted, AsyncContextNotStarted
from orm.asyncio.proxies import Face
from orm.asyncio.result import AsyncResult, AsyncScalarResult, ensure_buffered
from orm.asyncio.starting import Opening, Startable
from orm.engine.connection import Connection
from orm.engine.cursor import CursorResult
from orm.engine.fetching import ScalarResult
from orm.engine.transaction import Transaction
from orm.exc import InvalidRequestError, NoInspectionAvailable
from orm.inspection import inspects
from orm.util.collections import EMPTY_MAP
from orm.util.concurrency import greenlet_spawn
from orm.util.typevars import T0, Rest, Ts

if TYPE_CHECKING:
    from orm.asyncio.engine import AsyncEngine
    from orm.engine.engine import Engine
    from orm.sql.executable import Executable
    from orm.sql.subquery import TypedReturnsRows

_T = TypeVar("_T")


class AsyncConnection(Startable, Face[Connection], root=True):
    """A connection of an AsyncEngine: `async with engine.connect() as connection:`.

    sync_connection: the Connection behind it, None before it is started. sync_engine: its engine.
    """

    __slots__ = ("engine", "sync_connection", "sync_engine")

    def __init__(
        self, async_engine: AsyncEngine, sync_connection: Connection | None = None
    ) -> None:
        self.engine = async_engine
        self.sync_engine: Engine = async_engine.sync_engine
        self.sync_connection = sync_connection
        if sync_connection is not None:
            self._remember(sync_connection)

    def _target(self) -> Connection | None:
        return self.sync_connection

    @classmethod
    def _make_face(cls, target: Connection) -> AsyncConnection:
        from orm.asyncio.engine import AsyncEngine

        engine = AsyncEngine._face_of(target.engine)
        assert engine is not None
        return cls(engine, target)

    @property
    def _sync(self) -> Connection:
        if self.sync_connection is None:
            raise AsyncContextNotStarted(
                "This connection has not begun: write `async with engine.connect() as connection:` or "
                "`connection = await engine.connect()`."
            )
        return self.sync_connection

    # -- begin and end ---------------------------------------------------------------------------

    async def start(self, is_ctxmanager: bool = False) -> Self:
        """Take a connection from the pool; what awaiting or entering does."""
        if self.sync_connection is not None:
            raise AsyncContextAlreadyStarted("This connection has begun already.")
        self.sync_connection = self._remember(await greenlet_spawn(self.sync_engine.connect))
        return self

    async def _leave(self, kind: Any, error: Any, trace: Any) -> None:
        await self.close()

    async def close(self) -> None:
        """Roll back what was not committed and give the connection back."""
        await greenlet_spawn(self._sync.close)

    async def aclose(self) -> None:
        """The same as close()."""
        await self.close()

    async def invalidate(self, exception: BaseException | None = None) -> None:
        """Throw the DBAPI connection away; the next use gets another one."""
        await greenlet_spawn(self._sync.invalidate, exception)

    async def get_raw_connection(self) -> Any:
        """Return the pool's proxy of the DBAPI connection; `.driver_connection` is the driver's own."""
        connection = self._sync
        return await greenlet_spawn(lambda: connection.connection)

    @property
    def connection(self) -> Any:
        """Refused: taking a connection is I/O, to be awaited."""
        raise InvalidRequestError(
            "AsyncConnection has no .connection: write `await connection.get_raw_connection()`."
        )

    # -- transactions ----------------------------------------------------------------------------

    def begin(self) -> AsyncTransaction:
        """Begin a transaction, when awaited or entered."""
        self._sync  # noqa: B018 -- it has to have begun
        return AsyncTransaction(self)

    def begin_nested(self) -> AsyncTransaction:
        """Set a savepoint, when awaited or entered."""
        self._sync  # noqa: B018
        return AsyncTransaction(self, nested=True)

    def in_transaction(self) -> bool:
        """Return whether a transaction is in progress."""
        return self._sync.in_transaction()

    def in_nested_transaction(self) -> bool:
        """Return whether a savepoint is in progress."""
        return self._sync.in_nested_transaction()

    def get_transaction(self) -> AsyncTransaction | None:
        """Return the transaction in progress, or None."""
        found = self._sync.get_transaction()
        return None if found is None else AsyncTransaction._face_of(found)

    def get_nested_transaction(self) -> AsyncTransaction | None:
        """Return the innermost savepoint in progress, or None."""
        found = self._sync.get_nested_transaction()
        return None if found is None else AsyncTransaction._face_of(found)

    async def commit(self) -> None:
        """Commit the transaction in progress, if any."""
        await greenlet_spawn(self._sync.commit)

    async def rollback(self) -> None:
        """Roll back the transaction in progress, if any."""
        await greenlet_spawn(self._sync.rollback)

    # -- options and state -----------------------------------------------------------------------

    async def execution_options(self, **opt: Any) -> AsyncConnection:
        """Set options for what this connection executes from now on; returns self."""
        await greenlet_spawn(self._sync.execution_options, **opt)
        return self

    def get_execution_options(self) -> Mapping[str, Any]:
        """Return the options in force."""
        return self._sync.get_execution_options()

    async def get_isolation_level(self) -> str | None:
        """Return the level in force."""
        return await greenlet_spawn(self._sync.get_isolation_level)

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._sync.closed

    @property
    def invalidated(self) -> bool:
        """Whether the DBAPI connection was lost or thrown away."""
        return self._sync.invalidated

    @property
    def dialect(self) -> Any:
        """The dialect."""
        return self._sync.dialect

    @property
    def default_isolation_level(self) -> str | None:
        """The level that new connections of this engine have."""
        return self._sync.default_isolation_level

    @property
    def info(self) -> dict[Any, Any]:
        """A dict of the DBAPI connection, kept as long as that is open."""
        return self._sync.info

    # -- execution -------------------------------------------------------------------------------

    @overload
    async def execute(
        self,
        statement: TypedReturnsRows[*Ts],
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[*Ts]: ...
    @overload
    async def execute(
        self,
        statement: Executable | LiteralString,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult: ...
    async def execute(
        self,
        statement: Executable | LiteralString,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Any:
        """Execute a statement and return its result, whose rows are in memory.

        Arguments as for Connection.execute(). Raises AsyncMethodRequired with stream_results.
        """
        result = await greenlet_spawn(
            self._sync.execute, statement, parameters, execution_options=execution_options
        )
        return await ensure_buffered(result, "AsyncConnection.execute")

    async def exec_driver_sql(
        self,
        statement: str,
        parameters: Any = None,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[Any]:
        """Execute text as it is; see Connection.exec_driver_sql()."""
        result = await greenlet_spawn(
            self._sync.exec_driver_sql, statement, parameters, execution_options
        )
        made: CursorResult[Any] = await ensure_buffered(result, "AsyncConnection.exec_driver_sql")
        return made

    @overload
    async def scalar(
        self,
        statement: TypedReturnsRows[T0, *Rest],
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> T0 | None: ...
    @overload
    async def scalar(
        self,
        statement: Executable | LiteralString,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Any: ...
    async def scalar(
        self,
        statement: Executable | LiteralString,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Any:
        """Execute and return the first value of the first row, None without rows."""
        result = await self.execute(statement, parameters, execution_options=execution_options)
        return result.scalar()

    @overload
    async def scalars(
        self,
        statement: TypedReturnsRows[T0, *Rest],
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> ScalarResult[T0]: ...
    @overload
    async def scalars(
        self,
        statement: Executable | LiteralString,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> ScalarResult[Any]: ...
    async def scalars(
        self,
        statement: Executable | LiteralString,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Any:
        """Execute and return the values of the first column."""
        result = await self.execute(statement, parameters, execution_options=execution_options)
        return result.scalars()

    @overload
    def stream(
        self,
        statement: TypedReturnsRows[*Ts],
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Opening[AsyncResult[*Ts]]: ...
    @overload
    def stream(
        self,
        statement: Executable | LiteralString,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Opening[AsyncResult]: ...
    def stream(
        self,
        statement: Executable | LiteralString,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Any:
        """Execute with a server-side cursor, and return an AsyncResult when awaited or entered."""
        if not self.dialect.supports_server_side_cursors:
            raise InvalidRequestError(
                f"The driver {self.dialect.driver!r} cannot keep rows on the server: use execute()."
            )
        options = {**(execution_options or EMPTY_MAP), "stream_results": True}

        async def run() -> AsyncResult:
            result = await greenlet_spawn(
                self._sync.execute, statement, parameters, execution_options=options
            )
            return AsyncResult(result)

        return Opening(run)

    @overload
    def stream_scalars(
        self,
        statement: TypedReturnsRows[T0, *Rest],
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Opening[AsyncScalarResult[T0]]: ...
    @overload
    def stream_scalars(
        self,
        statement: Executable | LiteralString,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Opening[AsyncScalarResult[Any]]: ...
    def stream_scalars(
        self,
        statement: Executable | LiteralString,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Any:
        """Execute with a server-side cursor, and return the values of the first column."""
        opening = self.stream(statement, parameters, execution_options=execution_options)

        async def run() -> AsyncScalarResult[Any]:
            return (await opening).scalars()

        return Opening(run)

    async def run_sync(self, fn: Callable[..., _T], *arg: Any, **kw: Any) -> _T:
        """Run `fn(connection, ...)` with the synchronous Connection, and return its result.

        Within it everything synchronous works: `await connection.run_sync(metadata.create_all)`.
        """
        return await greenlet_spawn(fn, self._sync, *arg, **kw)


class AsyncTransaction(Startable, Face[Transaction], root=True):
    """A transaction or savepoint of an AsyncConnection; commits at the end of its block.

    sync_transaction: the Transaction behind it, None before it is started.
    """

    __slots__ = ("connection", "nested", "sync_transaction")

    def __init__(self, connection: AsyncConnection, nested: bool = False) -> None:
        self.connection = connection
        self.nested = nested
        self.sync_transaction: Transaction | None = None

    def _target(self) -> Transaction | None:
        return self.sync_transaction

    @classmethod
    def _make_face(cls, target: Transaction) -> AsyncTransaction:
        from orm.engine.transaction import NestedTransaction

        connection = AsyncConnection._face_of(target.connection)
        assert connection is not None
        made = cls(connection, isinstance(target, NestedTransaction))
        made.sync_transaction = made._remember(target)
        return made

    @property
    def _sync(self) -> Transaction:
        if self.sync_transaction is None:
            raise AsyncContextNotStarted(
                "This transaction has not begun: write `async with connection.begin():` or "
                "`transaction = await connection.begin()`."
            )
        return self.sync_transaction

    async def start(self, is_ctxmanager: bool = False) -> Self:
        """Begin; what awaiting or entering does."""
        connection = self.connection._sync
        begin: Callable[[], Transaction] = (
            connection.begin_nested if self.nested else connection.begin
        )
        self.sync_transaction = self._remember(await greenlet_spawn(begin))
        if is_ctxmanager:
            self.sync_transaction.__enter__()
        return self

    async def _leave(self, kind: Any, error: Any, trace: Any) -> None:
        await greenlet_spawn(self._sync.__exit__, kind, error, trace)

    @property
    def is_valid(self) -> bool:
        """Whether it may still be committed."""
        return self._sync.is_valid

    @property
    def is_active(self) -> bool:
        """Whether it has neither been committed nor rolled back."""
        return self._sync.is_active

    async def commit(self) -> None:
        """Commit."""
        await greenlet_spawn(self._sync.commit)

    async def rollback(self) -> None:
        """Roll back."""
        await greenlet_spawn(self._sync.rollback)

    async def close(self) -> None:
        """Roll back if it is still active."""
        await greenlet_spawn(self._sync.close)


@inspects(AsyncConnection)
def _inspect_connection(connection: AsyncConnection) -> Any:
    raise NoInspectionAvailable(
        "An AsyncConnection cannot be inspected without awaiting. Write "
        "`await connection.run_sync(lambda sync: inspect(sync).get_table_names())`."
    )
