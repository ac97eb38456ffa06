"""Isolation for tests: everything that an app does to its databases happens within one transaction
per database, which is rolled back at the end.

While an `IsolatedEngine` is at work, its engine lends one connection to everybody. What the app takes
for BEGIN, COMMIT and ROLLBACK becomes SAVEPOINT, RELEASE SAVEPOINT and ROLLBACK TO SAVEPOINT, so the
app's own commits, rollbacks and savepoints mean what they always do, but nothing reaches other
connections, or outlives the test.

Threads take turns. A transaction of another thread keeps the connection until it ends, in whichever
thread; the thread of the test, which may have a transaction open while it waits for the others, waits for them in turn before
each statement. Statements which commit by themselves (DDL on MariaDB) end the isolation.
"""

from __future__ import annotations

import itertools
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import get_ident
from typing import Any

from flask_ormsession.errors import OrmSessionError
from orm import Engine, StaticPool, event, exc

PATIENCE_S = 30.0
_IN_ERROR = 3  # libpq's PQTRANS_INERROR


@dataclass(slots=True, eq=False)
class Point:
    """A savepoint that stands for a transaction of the app."""

    name: str
    connection: Any
    thread: int


class Turns:
    """Who may use the connection now."""

    def __init__(self) -> None:
        self.main = get_ident()
        self._changed = threading.Condition()
        self._owner = 0
        self._depth = 0
        self._busy = 0

    def take(self) -> None:
        """A transaction begins: another thread than the test's keeps the connection with it."""
        me = get_ident()
        if me == self.main:
            return
        with self._changed:
            self._wait(lambda: self._owner == me or (not self._owner and not self._busy))
            self._owner = me
            self._depth += 1

    def give(self, thread: int) -> None:
        """A transaction of a thread has ended."""
        if thread == self.main:
            return
        with self._changed:
            self._depth -= 1
            if not self._depth:
                self._owner = 0
                self._changed.notify_all()

    def enter(self, handed_over: bool = False) -> None:
        """The test's thread is about to execute something. handed_over: in the transaction which
        keeps the connection, so that there is nothing to wait for."""
        if get_ident() != self.main:
            return
        with self._changed:
            if not handed_over:
                self._wait(lambda: not self._owner)
            self._busy += 1

    def leave(self, *_event: Any) -> None:
        """It has executed it, or failed."""
        if get_ident() != self.main:
            return
        with self._changed:
            self._busy = max(0, self._busy - 1)
            self._changed.notify_all()

    @contextmanager
    def turn(self, handed_over: bool = False) -> Iterator[None]:
        """For what the test's thread executes within the block."""
        self.enter(handed_over)
        try:
            yield
        finally:
            self.leave()

    def _wait(self, ready: Any) -> None:
        if not self._changed.wait_for(ready, PATIENCE_S):
            raise OrmSessionError(
                f"The database of this test was not free within {PATIENCE_S:g} s: all threads share "
                "one connection, and another thread's transaction does not end. Let it commit, roll "
                "back or close its session."
            )


class IsolatedEngine:
    """One engine whose work is undone by `end()`. Made and ended in the thread of the test."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.raw = engine.raw_connection()
        self.dbapi: Any = self.raw.dbapi_connection
        self.turns = Turns()
        self._pid = os.getpid()
        self._points: list[Point] = []
        self._made = 0
        self._now = threading.local()
        self._kind = type(engine.dialect)
        self._listeners = {
            "begin": self._note,
            "commit": self._note,
            "rollback": self._note,
            "before_cursor_execute": self._enter,
            "after_cursor_execute": self.turns.leave,
            "handle_error": self._note_error,
        }
        # The transaction in which all happens begins as any other of this database.
        engine.dialect.do_begin(self.dbapi, False)
        self._pool = engine.swap_pool(self._make_pool())
        engine.dialect.isolation = self
        engine.dialect.__class__ = make_isolated_dialect(self._kind)
        for name, listener in self._listeners.items():
            event.listen(engine, name, listener)

    def _make_pool(self) -> StaticPool:
        pool = StaticPool(self._lend, reset_on_return=None, dialect=_HandsOff(self.engine.dialect))
        # What listeners for new connections have left there belongs to the connection.
        event.listen(pool, "connect", lambda dbapi, record: record.info.update(self.raw.info))
        return pool

    def _lend(self) -> Any:
        if os.getpid() != self._pid:
            raise OrmSessionError(
                "A process that was forked within an isolated test cannot use its connection. Test "
                "with threads, or request the fixture `live_server`, which db_session knows."
            )
        return self.dbapi

    def end(self) -> None:
        """Undo everything and put the engine back as it was."""
        for name, listener in self._listeners.items():
            event.remove(self.engine, name, listener)
        self.engine.dialect.__class__ = self._kind
        del self.engine.dialect.isolation
        self.engine.swap_pool(self._pool)
        try:
            self.engine.dialect.do_rollback(self.dbapi)
        finally:
            self.raw.close()

    # -- what the dialect is asked to do

    def _note(self, connection: Any) -> None:
        """The events of a Connection tell for whom the dialect is called next."""
        self._now.connection = connection

    def _enter(self, connection: Any, *_event: Any) -> None:
        self.turns.enter(self._is_handed_over(connection))

    def _is_handed_over(self, connection: Any) -> bool:
        """Whether another thread began a transaction in which the test's goes on, as that of an
        async view does with what its request commits."""
        main = self.turns.main
        return any(p.connection is connection and p.thread != main for p in self._points)

    def _note_error(self, context: Any) -> None:
        if context.cursor is not None or context.execution_context is not None:
            self.turns.leave()

    def begin(self) -> None:
        """BEGIN: set a savepoint."""
        self.turns.take()
        me = get_ident()
        self._made += 1
        point = Point(f"ormsession_test_{self._made}", self._now.connection, me)
        try:
            with self.turns.turn():
                self.execute(f"SAVEPOINT {point.name}")
        except BaseException:
            self.turns.give(me)
            raise
        self._points.append(point)

    def commit(self) -> None:
        """COMMIT: check what the database checks then, and release the savepoint."""
        point = self._find()
        if point is None:
            return
        with self.turns.turn(point.thread != self.turns.main):
            self._check_commit()
            # An inner savepoint that outlives its outer one would be released with it.
            if self._points[-1] is point:
                self.execute(f"RELEASE SAVEPOINT {point.name}")
        self._drop([point])

    def rollback(self) -> None:
        """ROLLBACK: back to the savepoint; those set after it are gone with it."""
        point = self._find()
        if point is None:
            return
        inner = self._points[self._points.index(point) :]
        try:
            with self.turns.turn(point.thread != self.turns.main):
                self.execute(f"ROLLBACK TO SAVEPOINT {point.name}")
                self.execute(f"RELEASE SAVEPOINT {point.name}")
        finally:
            self._drop(inner)

    def _find(self) -> Point | None:
        connection = getattr(self._now, "connection", None)
        found = (point for point in reversed(self._points) if point.connection is connection)
        return next(found, None)

    def _drop(self, points: list[Point]) -> None:
        for point in points:
            self._points.remove(point)
            self.turns.give(point.thread)

    def execute(self, sql: str) -> list[Any]:
        """Execute on the connection; returns the rows, if the statement has any."""
        cursor = self.dbapi.cursor()
        try:
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []
        finally:
            cursor.close()

    def _check_commit(self) -> None:
        """Raise what a COMMIT would: a transaction in error, a deferred constraint."""
        name = self.engine.dialect.name
        dbapi: Any = self.engine.dialect.dbapi
        if name == "postgresql":
            if self.dbapi.pgconn.transaction_status == _IN_ERROR:
                raise dbapi.errors.InFailedSqlTransaction(
                    "nothing was committed: an earlier error has aborted the transaction"
                )
            self.execute("SAVEPOINT ormsession_check")
            self.execute("SET CONSTRAINTS ALL IMMEDIATE")
            # With the savepoint, what was deferred is deferred again.
            self.execute("ROLLBACK TO SAVEPOINT ormsession_check")
            self.execute("RELEASE SAVEPOINT ormsession_check")
        elif name == "sqlite":
            deferred = "SELECT 1 FROM sqlite_master WHERE sql LIKE '%DEFERRABLE%' LIMIT 1"
            if self.execute(deferred) and self.execute("PRAGMA foreign_key_check"):
                raise dbapi.IntegrityError("FOREIGN KEY constraint failed")


class _HandsOff:
    """The dialect as the pool sees it, which neither ends the transaction nor closes."""

    def __init__(self, dialect: Any) -> None:
        self._dialect = dialect

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dialect, name)

    def do_rollback(self, dbapi_connection: Any) -> None: ...

    def do_commit(self, dbapi_connection: Any) -> None: ...

    def do_close(self, dbapi_connection: Any) -> None: ...

    def do_terminate(self, dbapi_connection: Any) -> None: ...

    def do_ping(self, dbapi_connection: Any) -> bool:
        return True

    def reset_isolation(self, record: Any) -> None: ...


class ReadWholeCursor(sqlite3.Cursor):
    """A cursor of SQLite that reads all rows when it executes."""

    _rows: Iterator[Any] = iter(())

    def execute(self, *args: Any) -> ReadWholeCursor:
        """Execute, and read the rows."""
        super().execute(*args)
        self._rows = iter(super().fetchall())
        return self

    def __next__(self) -> Any:
        return next(self._rows)

    def __iter__(self) -> ReadWholeCursor:
        return self

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        return next(self._rows, None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return the next rows."""
        return list(itertools.islice(self._rows, size or self.arraysize))

    def fetchall(self) -> list[Any]:
        """Return the other rows."""
        return list(self._rows)


def make_isolated_dialect(kind: type[Any]) -> type[Any]:
    """Return a subclass of a dialect class which asks its `isolation` for the ends of transactions.

    Isolation levels and read-only transactions are left out: they are set for a whole transaction,
    and this one is the test's.
    """

    class IsolatedDialect(kind):  # type: ignore[misc]  # its base is a parameter
        isolation: IsolatedEngine

        def do_begin(self, dbapi_connection: Any, read_only: bool = False) -> bool:
            self.isolation.begin()
            return False

        def do_commit(self, dbapi_connection: Any) -> None:
            self.isolation.commit()

        def do_rollback(self, dbapi_connection: Any) -> None:
            self.isolation.rollback()

        def name_savepoint(self, name: str) -> str:
            return _unique(name, self.isolation)

        def do_begin_twophase(self, dbapi_connection: Any, xid: str) -> None:
            raise exc.NotSupportedError(
                None, None, OrmSessionError("An isolated test has no two-phase transactions.")
            )

        def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
            pass

        def reset_isolation_level(self, dbapi_connection: Any) -> None:
            pass

        def make_cursor(self, dbapi_connection: Any, stream: bool = False) -> Any:
            # A server-side cursor would not survive the savepoints of others, nor do the rows that
            # SQLite has not read yet.
            if isinstance(dbapi_connection, sqlite3.Connection):
                return dbapi_connection.cursor(ReadWholeCursor)
            return super().make_cursor(dbapi_connection, False)

    return IsolatedDialect


def _unique(name: str, isolation: IsolatedEngine) -> str:
    """Two connections count their savepoints alike, and MariaDB forgets the first of a name."""
    point = isolation._find()
    return name if point is None else f"{name}_{point.name}"
