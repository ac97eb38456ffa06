"""SQLite through aiosqlite, which runs sqlite3 in a thread per connection, for asyncio."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

from orm.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite, is_memory
from orm.engine.awaited import AwaitedConnection
from orm.engine.url import URL
from orm.util.concurrency import AwaitedLock, await_only


class SQLiteDialect_aiosqlite(SQLiteDialect_pysqlite):
    """SQLite for create_async_engine(). Options and defaults are those of the synchronous one."""

    driver = "aiosqlite"
    is_async = True
    install_hint = 'pip install aiosqlite greenlet  (or: pip install "flask-ormsession[async]")'
    supports_server_side_cursors = True

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """Import aiosqlite, and return sqlite3, whose errors it raises."""
        import sqlite3

        import aiosqlite  # noqa: F401

        return sqlite3

    def get_pool_class(self, url: URL) -> type[Any]:
        """Return a shared connection for databases in memory, a queue for files."""
        from orm.pool.asynchronous import AsyncAdaptedQueuePool, AsyncSharedConnectionPool

        return AsyncSharedConnectionPool if is_memory(url) else AsyncAdaptedQueuePool

    def make_lock(self) -> Any:
        """Return a lock to be waited for without stopping the event loop."""
        return AwaitedLock()

    def open_connection(self, *args: Any, **kwargs: Any) -> Any:
        """Open the database."""
        import aiosqlite

        connection = aiosqlite.connect(*args, **kwargs)
        thread = getattr(connection, "_thread", None)
        if thread is not None:
            # an engine that nobody disposes of must not keep the process from ending
            thread.daemon = True
        return self.wrap_connection(await_only(connection))

    def do_begin(self, dbapi_connection: Any, read_only: bool = False) -> bool:
        """Send BEGIN; where a StaticPool lends the connection to several tasks, they share it."""
        try:
            return super().do_begin(dbapi_connection, read_only)
        except self.driver_error:
            # another task has begun while this one waited for its turn
            if not dbapi_connection.in_transaction:
                raise
            return False

    def wrap_connection(self, connection: Any) -> Any:
        """Return the adapter of a driver's connection."""
        return AwaitedSQLiteConnection(connection)

    def make_cursor(self, dbapi_connection: Any, stream: bool = False) -> Any:
        """Return a cursor; a streaming one reads the file as rows are asked for."""
        return dbapi_connection.cursor(stream)

    def do_terminate(self, dbapi_connection: Any) -> None:
        """Close without awaiting."""
        self._borrowers.pop(id(dbapi_connection), None)
        dbapi_connection.terminate()

    def is_disconnect(self, error: BaseException, connection: Any, cursor: Any) -> bool:
        """Return whether the connection was closed under us."""
        return super().is_disconnect(error, connection, cursor) or (
            isinstance(error, ValueError) and "no active connection" in str(error).lower()
        )


class AwaitedSQLiteConnection(AwaitedConnection):
    """An aiosqlite connection with what the dialect uses of sqlite3's."""

    __slots__ = ()

    async def _open_cursor(self, stream: bool) -> Any:
        return await self._connection.cursor()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is in progress."""
        return bool(self._connection.in_transaction)

    @property
    def isolation_level(self) -> Any:
        """None: transactions are begun by the dialect."""
        return self._connection.isolation_level

    def create_function(
        self, name: str, arguments: int, function: Callable[..., Any], **options: Any
    ) -> None:
        """Make a Python function known to SQL."""
        await_only(self._connection.create_function(name, arguments, function, **options))

    def terminate(self) -> None:
        """Have the thread close the file and end, with no report to an event loop that may end first."""
        # stop() reports to the loop of the thread which calls it: a new thread has none
        caller = threading.Thread(target=self._connection.stop, daemon=True)
        caller.start()
        caller.join()
