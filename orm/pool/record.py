"""One pooled connection: the record that the pool keeps, and the proxy that is lent out."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from orm import exc
from orm.util.record import Record

if TYPE_CHECKING:
    from traceback import StackSummary

    from orm.pool.base import Pool


class Process:
    """The process that this is: `pid` is asked for once, and again after a fork.

    Each checkout and each return compares it, and os.getpid() is a system call.
    """

    __slots__ = ("pid",)

    def __init__(self) -> None:
        self.ask()
        if hasattr(os, "register_at_fork"):  # Windows has no fork
            os.register_at_fork(after_in_child=self.ask)

    def ask(self) -> None:
        """Note the present process."""
        self.pid = os.getpid()


PROCESS: Final = Process()


class PoolResetState(Record):
    """What the `reset` event is told.

    transaction_was_reset: the transaction was ended already, so the pool sends nothing.
    terminate_only: the connection will be closed, not used again.
    """

    transaction_was_reset: bool = False
    terminate_only: bool = False
    asyncio_safe: bool = True


class ConnectionRecord:
    """A place in the pool. Its DBAPI connection may be replaced; `info` lives as long as that.

    generation: the pool's generation at the time of connecting; older ones are replaced at the
    next checkout. pid: the process that connected. holder: the thread which has it, 0 if idle.
    """

    __slots__ = (
        "_info",
        "_record_info",
        "dbapi_connection",
        "generation",
        "holder",
        "pid",
        "pool",
        "since",
        "stack",
        "started",
    )

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.dbapi_connection: Any = None
        self.generation = -1
        self.pid = 0
        self.started = 0.0
        self.holder = 0
        self.since = 0.0
        self.stack: StackSummary | None = None
        self._info: dict[Any, Any] | None = None
        self._record_info: dict[Any, Any] | None = None

    @property
    def driver_connection(self) -> Any:
        """The connection of the driver, for drivers wrapped by an adapter; else the DBAPI's."""
        return getattr(self.dbapi_connection, "driver_connection", self.dbapi_connection)

    @property
    def info(self) -> dict[Any, Any]:
        """A dict for the application's use, emptied when the connection is replaced."""
        if self._info is None:
            self._info = {}
        return self._info

    @property
    def record_info(self) -> dict[Any, Any]:
        """Like `info`, but kept when the connection is replaced."""
        if self._record_info is None:
            self._record_info = {}
        return self._record_info

    @property
    def in_use(self) -> bool:
        """Whether it is checked out."""
        return self.holder != 0

    def connect(self) -> None:
        """Open a new DBAPI connection in place of the present one, if any."""
        pool = self.pool
        self.dbapi_connection = None
        self._info = None
        generation = pool._generation
        self.started = time.time()
        self.dbapi_connection = connection = pool._creator()
        pool._open[id(connection)] = connection
        self.generation = generation
        self.pid = PROCESS.pid
        pool._log("Created new connection %r", connection)
        dispatch = pool.dispatch
        try:
            if not pool._first_connected:
                pool._first_connected = True
                for listener in dispatch.first_connect:
                    listener(connection, self)
            if dispatch.connect:
                for listener in dispatch.connect:
                    listener(connection, self)
        except BaseException:
            self.close()
            raise

    def close(self, terminate: bool = False) -> None:
        """Close the DBAPI connection; errors in doing so are logged, not raised.

        terminate: without taking leave of the server, which may be gone.
        """
        connection = self.dbapi_connection
        if connection is None:
            return
        try:
            for listener in self.pool.dispatch.close:
                listener(connection, self)
        finally:
            self.dbapi_connection = None
            self.pool._close_connection(connection, terminate)

    def invalidate(self, error: BaseException | None = None, soft: bool = False) -> None:
        """Throw the DBAPI connection away; the next checkout of this record opens another.

        soft: not now, but when it comes back.
        """
        connection = self.dbapi_connection
        if connection is None:
            return
        dispatch = self.pool.dispatch
        if soft:
            for listener in dispatch.soft_invalidate:
                listener(connection, self, error)
            self.generation = -1
            return
        self.pool._log("Invalidate connection %r (reason: %r)", connection, error)
        try:
            for listener in dispatch.invalidate:
                listener(connection, self, error)
        finally:
            self.close(terminate=True)

    def describe_holder(self, now: float, names: dict[int, str]) -> str:
        """Return who has it and for how long, with the stack if it was recorded."""
        kind = self.pool._borrower
        name = names.get(self.holder, f"a {kind} that has ended")
        text = f"{kind} {name!r} for {now - self.since:.1f} s"
        if self.stack is not None:
            text += ", checked out at:\n" + "".join(self.stack.format())
        return text


class PooledConnection:
    """What a pool lends out: the DBAPI connection, whose `close()` gives it back.

    If it is forgotten instead, it is given back when it is garbage collected.
    """

    __slots__ = ("_info", "_pool", "_record", "dbapi_connection")

    def __init__(self, pool: Pool, record: ConnectionRecord) -> None:
        self._pool = pool
        self._record: ConnectionRecord | None = record
        self.dbapi_connection: Any = record.dbapi_connection

    def close(self) -> None:
        """Reset the connection and give it back; calling it again does nothing."""
        self._checkin(False)

    def _checkin(self, transaction_was_reset: bool) -> None:
        record, self._record = self._record, None
        if record is not None:
            self.dbapi_connection = None
            self._pool._release(record, transaction_was_reset)
        elif self.dbapi_connection is not None:  # detached
            connection, self.dbapi_connection = self.dbapi_connection, None
            self._pool._end_detached(connection, transaction_was_reset)

    def invalidate(self, e: BaseException | None = None, soft: bool = False) -> None:
        """Throw the DBAPI connection away, now or (soft) at return, and give the place back."""
        record = self._record
        if record is None:
            if self.dbapi_connection is not None:
                self._checkin(False)
            return
        try:
            record.invalidate(e, soft=soft)
        finally:
            if not soft:
                self._checkin(True)

    def detach(self) -> None:
        """Take the connection out of the pool, which may open another in its place."""
        record, self._record = self._record, None
        if record is None:
            return
        self._pool._open.pop(id(self.dbapi_connection), None)
        record.dbapi_connection = None
        self._info, record._info = record.info, None
        self._pool._return(record)
        for listener in self._pool.dispatch.detach:
            listener(self.dbapi_connection, record)

    @property
    def is_valid(self) -> bool:
        """Whether there is a connection: not given back and not invalidated."""
        return self.dbapi_connection is not None

    @property
    def is_detached(self) -> bool:
        """Whether detach() was called."""
        return self._record is None and self.dbapi_connection is not None

    @property
    def driver_connection(self) -> Any:
        """The driver's own connection object."""
        return getattr(self.dbapi_connection, "driver_connection", self.dbapi_connection)

    @property
    def info(self) -> dict[Any, Any]:
        """The record's `info`, which goes along when the connection is detached."""
        return self._info if self.is_detached else self._require_record().info

    @property
    def record_info(self) -> dict[Any, Any]:
        """The record's `record_info`."""
        return self._require_record().record_info

    def _require_record(self) -> ConnectionRecord:
        if self._record is None:
            raise exc.InvalidRequestError(
                "This connection was given back to the pool or detached from it, so it has no record."
            )
        return self._record

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        """Return a new DBAPI cursor."""
        return self._require_connection().cursor(*args, **kwargs)

    def _require_connection(self) -> Any:
        if self.dbapi_connection is None:
            raise exc.InvalidRequestError("This connection was given back to the pool.")
        return self.dbapi_connection

    def commit(self) -> None:
        """Commit, as the DBAPI connection does."""
        self._pool._dialect.do_commit(self._require_connection())

    def rollback(self) -> None:
        """Roll back, as the DBAPI connection does."""
        self._pool._dialect.do_rollback(self._require_connection())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._require_connection(), name)

    def __enter__(self) -> PooledConnection:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __del__(self) -> None:
        record = self._record
        if record is not None and not sys.is_finalizing():
            self._record = None
            self._pool._release_forgotten(record)


def name_threads() -> dict[int, str]:
    """Return the names of the running threads by ident."""
    return {thread.ident: thread.name for thread in threading.enumerate() if thread.ident}


def take_stack() -> StackSummary:
    """Return where the caller stands, 20 frames of it."""
    from traceback import extract_stack  # for those who search a connection that does not come back

    return extract_stack(sys._getframe(1), limit=20)
