"""PEP 249 connections and cursors over asynchronous drivers, for code below greenlet_spawn().

What a driver wants awaited is awaited by the coroutine above. Rows are fetched with the execution,
in one go, and then handed out without awaiting; a streaming cursor leaves them on the server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar

from orm.util.concurrency import await_only


class AwaitedCursor:
    """A cursor that has read all its rows when execute() returns."""

    __slots__ = ("_connection", "_cursor", "_position", "_rows", "arraysize", "description", "lastrowid", "rowcount")  # fmt: skip

    def __init__(self, connection: AwaitedConnection) -> None:
        self._connection = connection
        self._cursor: Any = None
        self._rows: Sequence[Any] = ()
        self._position = 0
        self.arraysize = 1
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: Any = None

    def execute(self, operation: Any, parameters: Any = None) -> AwaitedCursor:
        """Execute, and read the rows."""
        await_only(self._run(operation, parameters, False))
        return self

    def executemany(self, operation: Any, parameters: Any) -> AwaitedCursor:
        """Execute for each set of parameters."""
        await_only(self._run(operation, parameters, True))
        return self

    async def _run(self, operation: Any, parameters: Any, many: bool) -> None:
        connection = self._connection
        async with connection._mutex:
            cursor = self._cursor = await connection._open_cursor(False)
            if many:
                await cursor.executemany(operation, parameters)
            elif parameters is None:
                await cursor.execute(operation)
            else:
                await cursor.execute(operation, parameters)
            self.description = cursor.description
            if self.description is not None and not many:
                self._rows = await cursor.fetchall()
            self._position = 0
            self.rowcount = cursor.rowcount
            self.lastrowid = getattr(cursor, "lastrowid", None)
            await connection._close_cursor(cursor)

    def fetchone(self) -> Any:
        """Return the next row, None after the last."""
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        """Return the next rows."""
        start = self._position
        self._position = start + (self.arraysize if size is None else size)
        return self._rows[start : self._position]

    def fetchall(self) -> Sequence[Any]:
        """Return the rows that are left."""
        rows = self._rows[self._position :] if self._position else self._rows
        self._rows, self._position = (), 0
        return rows

    def __iter__(self) -> Any:
        return iter(self.fetchall())

    def close(self) -> None:
        """Forget the rows; the driver's cursor is closed already."""
        self._rows, self._position = (), 0


class StreamingCursor(AwaitedCursor):
    """A cursor that reads rows as they are asked for."""

    __slots__ = ()

    async def _run(self, operation: Any, parameters: Any, many: bool) -> None:
        connection = self._connection
        async with connection._mutex:
            cursor = self._cursor = await connection._open_cursor(True)
            if parameters is None:
                await cursor.execute(operation)
            else:
                await cursor.execute(operation, parameters)
            self.description = cursor.description
            self.rowcount = cursor.rowcount

    def _fetch(self, call: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        async def run() -> Any:
            async with self._connection._mutex:
                return await call(*args)

        return await_only(run())

    def fetchone(self) -> Any:
        """Return the next row, None after the last."""
        return self._fetch(self._cursor.fetchone)

    def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        """Return the next rows."""
        rows: Sequence[Any] = self._fetch(self._cursor.fetchmany, size or self.arraysize)
        return rows

    def fetchall(self) -> Sequence[Any]:
        """Return the rows that are left."""
        rows: Sequence[Any] = self._fetch(self._cursor.fetchall)
        return rows

    def close(self) -> None:
        """Close the server's side."""
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            self._fetch(self._connection._close_cursor, cursor)


class AwaitedConnection:
    """A connection of an asynchronous driver, used like one of PEP 249."""

    __slots__ = ("__weakref__", "_connection", "_mutex")

    cursor_class: ClassVar[type[AwaitedCursor]] = AwaitedCursor
    streaming_class: ClassVar[type[AwaitedCursor]] = StreamingCursor

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        # drivers do not expect a second statement before the first has its answer
        self._mutex = asyncio.Lock()

    @property
    def driver_connection(self) -> Any:
        """The driver's own connection."""
        return self._connection

    def run_async(self, function: Callable[[Any], Awaitable[Any]]) -> Any:
        """Return what a coroutine function gives for the driver's own connection.

        For listeners: `dbapi_connection.run_async(lambda c: c.set_type_codec(...))`.
        """
        return await_only(function(self._connection))

    async def _open_cursor(self, stream: bool) -> Any:
        raise NotImplementedError

    async def _close_cursor(self, cursor: Any) -> None:
        await cursor.close()

    def cursor(self, stream: bool = False) -> AwaitedCursor:
        """Return a cursor; opened when it executes."""
        return (self.streaming_class if stream else self.cursor_class)(self)

    def execute(self, operation: Any, parameters: Any = None) -> AwaitedCursor:
        """Execute on a new cursor, and return that."""
        return self.cursor().execute(operation, parameters)

    def commit(self) -> None:
        """Commit."""
        await_only(self._connection.commit())

    def rollback(self) -> None:
        """Roll back."""
        await_only(self._connection.rollback())

    def close(self) -> None:
        """Close, taking leave of the server."""
        await_only(self._connection.close())

    def terminate(self) -> None:
        """Close at once, without awaiting anything."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._connection!r}>"
