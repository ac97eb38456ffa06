"""MySQL and MariaDB through aiomysql, which is PyMySQL with streams of asyncio."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from orm.dialects.mysql.pymysql import MySQLDialect_pymysql
from orm.engine.awaited import AwaitedConnection, AwaitedCursor
from orm.engine.dialect import ConnectArgs
from orm.engine.url import URL
from orm.util.concurrency import AwaitedLock, await_only


class MySQLDialect_aiomysql(MySQLDialect_pymysql):
    """MySQL and MariaDB for create_async_engine()."""

    driver = "aiomysql"
    is_async = True
    install_hint = 'pip install aiomysql greenlet  (or: pip install "flask-ormsession[async]")'

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """Import aiomysql, and return pymysql, whose errors it raises."""
        import aiomysql  # noqa: F401
        import pymysql

        return pymysql

    def create_connect_args(self, url: URL) -> ConnectArgs:
        """Return what aiomysql.connect() takes; options as for PyMySQL, as far as it has them."""
        positional, arguments = super().create_connect_args(url)
        if "database" in arguments:
            arguments["db"] = arguments.pop("database")
        del arguments["binary_prefix"]
        return positional, arguments

    def get_pool_class(self, url: URL) -> type[Any]:
        """Return a queue for tasks."""
        from orm.pool.asynchronous import AsyncAdaptedQueuePool

        return AsyncAdaptedQueuePool

    def make_lock(self) -> Any:
        """Return a lock to be waited for without stopping the event loop."""
        return AwaitedLock()

    def connect(self, *args: Any, **kwargs: Any) -> Any:
        """Open a connection."""
        import aiomysql

        return self.wrap_connection(await_only(aiomysql.connect(*args, **kwargs)))

    def wrap_connection(self, connection: Any) -> Any:
        """Return the adapter of a driver's connection."""
        return AwaitedMySQLConnection(connection)

    def do_terminate(self, dbapi_connection: Any) -> None:
        """Close without awaiting."""
        dbapi_connection.terminate()

    def make_cursor(self, dbapi_connection: Any, stream: bool = False) -> Any:
        """Return a cursor; a streaming one leaves the rows on the wire."""
        return dbapi_connection.cursor(stream)


class MySQLCursor(AwaitedCursor):
    """A cursor that takes sequences as values of an IN list, as PyMySQL does and aiomysql does not."""

    __slots__ = ()

    def execute(self, operation: Any, parameters: Any = None) -> AwaitedCursor:
        """Execute, and read the rows."""
        values = parameters.values() if isinstance(parameters, dict) else parameters or ()
        if not any(isinstance(value, (tuple, list)) for value in values):
            return super().execute(operation, parameters)
        if isinstance(parameters, dict):
            literals: Any = {name: self._literal(value) for name, value in parameters.items()}
        else:
            literals = tuple([self._literal(value) for value in parameters])
        return super().execute(operation % literals)

    def _literal(self, value: Any) -> str:
        """Return a value as the driver writes it into the text, quoted and escaped."""
        if isinstance(value, (tuple, list)):
            return f"({', '.join([self._literal(one) for one in value])})"
        return str(self._connection.driver_connection.escape(value))


class AwaitedMySQLConnection(AwaitedConnection):
    """An aiomysql connection with what the dialect uses of PyMySQL's."""

    __slots__ = ()

    cursor_class = MySQLCursor

    async def _open_cursor(self, stream: bool) -> Any:
        from aiomysql.cursors import Cursor, SSCursor

        return await self._connection.cursor(SSCursor if stream else Cursor)

    def cursor(self, stream: Any = False) -> AwaitedCursor:
        """Return a cursor."""
        return super().cursor(bool(stream))

    def autocommit(self, value: bool) -> None:
        """Switch autocommit."""
        await_only(self._connection.autocommit(value))

    def get_autocommit(self) -> bool:
        """Return whether autocommit is on."""
        return bool(self._connection.get_autocommit())

    def ping(self, reconnect: bool = False) -> None:
        """Ask the server for an answer. Raises the driver's error."""
        await_only(self._connection.ping(reconnect=reconnect))

    @property
    def open(self) -> bool:
        """Whether it is neither closed nor lost."""
        return not self._connection.closed

    def close(self) -> None:
        """Close, taking leave of the server."""
        await_only(self._connection.ensure_closed())

    def terminate(self) -> None:
        """Close the socket."""
        self._connection.close()
