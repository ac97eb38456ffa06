"""PostgreSQL through psycopg 3's own asynchronous connections, for asyncio."""

from __future__ import annotations

import asyncio
from typing import Any

from orm.dialects.postgresql.psycopg import IDLE, IN_TRANSACTION, PGDialect_psycopg
from orm.engine.awaited import AwaitedConnection, StreamingCursor
from orm.engine.url import URL
from orm.util.concurrency import AwaitedLock, await_only


class PGDialect_psycopg_async(PGDialect_psycopg):
    """PostgreSQL for create_async_engine(), which takes it for "postgresql+psycopg" by itself."""

    is_async = True
    install_hint = (
        'pip install "psycopg[binary]" greenlet  '
        '(or: pip install "flask-ormsession[postgresql,async]")'
    )

    @classmethod
    def get_async_dialect_cls(cls) -> type[Any]:
        """Return the class itself."""
        return cls

    def get_pool_class(self, url: URL) -> type[Any]:
        """Return a queue for tasks."""
        from orm.pool.asynchronous import AsyncAdaptedQueuePool

        return AsyncAdaptedQueuePool

    def make_lock(self) -> Any:
        """Return a lock to be waited for without stopping the event loop."""
        return AwaitedLock()

    def connect(self, *args: Any, **kwargs: Any) -> Any:
        """Open a connection."""
        assert self.dbapi is not None
        return self.wrap_connection(await_only(self.dbapi.AsyncConnection.connect(*args, **kwargs)))

    def wrap_connection(self, connection: Any) -> Any:
        """Return the adapter of a driver's connection."""
        return AwaitedPGConnection(connection)

    def do_terminate(self, dbapi_connection: Any) -> None:
        """Close without awaiting."""
        dbapi_connection.terminate()

    def make_cursor(self, dbapi_connection: Any, stream: bool = False) -> Any:
        """Return a cursor; a streaming one is declared on the server."""
        return dbapi_connection.cursor(stream)

    def _send_rollback(self, dbapi_connection: Any) -> bool:
        ended: bool = await_only(dbapi_connection.send_rollback())
        return ended


class NamedCursor(StreamingCursor):
    """A cursor declared on the server."""

    __slots__ = ()


class AwaitedPGConnection(AwaitedConnection):
    """An AsyncConnection of psycopg with the properties of a Connection."""

    __slots__ = ("_declared",)

    streaming_class = NamedCursor

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self._declared = 0

    async def _open_cursor(self, stream: bool) -> Any:
        if not stream:
            return self._connection.cursor()
        self._declared += 1
        hold = bool(self._connection.autocommit)
        return self._connection.cursor(name=f"orm_{self._declared}", withhold=hold)

    async def send_rollback(self) -> bool:
        """Send ROLLBACK as a plain command; return whether there is no transaction now."""
        pgconn = self._connection.pgconn
        async with self._mutex:
            if pgconn.pipeline_status or pgconn.transaction_status != IN_TRANSACTION:
                return False
            loop, answered = asyncio.get_running_loop(), asyncio.Event()
            pgconn.send_query(b"ROLLBACK")
            loop.add_reader(pgconn.socket, answered.set)
            try:
                while pgconn.is_busy():
                    await answered.wait()
                    answered.clear()
                    pgconn.consume_input()
            finally:
                loop.remove_reader(pgconn.socket)
            while pgconn.get_result() is not None:
                pass
            return bool(pgconn.transaction_status == IDLE)

    def terminate(self) -> None:
        """Close the socket."""
        self._connection.pgconn.finish()

    @property
    def autocommit(self) -> bool:
        """Whether every statement is a transaction of its own."""
        return bool(self._connection.autocommit)

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        await_only(self._connection.set_autocommit(value))

    @property
    def isolation_level(self) -> Any:
        """The level with which psycopg begins, None for the server's."""
        return self._connection.isolation_level

    @isolation_level.setter
    def isolation_level(self, value: Any) -> None:
        await_only(self._connection.set_isolation_level(value))

    @property
    def read_only(self) -> bool | None:
        """Whether psycopg begins transactions that cannot write; None for the server's default."""
        read_only: bool | None = self._connection.read_only
        return read_only

    @read_only.setter
    def read_only(self, value: bool | None) -> None:
        await_only(self._connection.set_read_only(value))

    @property
    def info(self) -> Any:
        """What libpq knows of the connection."""
        return self._connection.info

    @property
    def pgconn(self) -> Any:
        """The connection of libpq."""
        return self._connection.pgconn

    @property
    def cursor_factory(self) -> Any:
        """The class of cursors."""
        return self._connection.cursor_factory

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return bool(self._connection.closed)

    @property
    def broken(self) -> bool:
        """Whether it was lost."""
        return bool(self._connection.broken)
