"""Pool: lends DBAPI connections. What all kinds of pools share; they differ in `_get` and `_put`."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from threading import get_ident
from time import monotonic
from typing import Any, ClassVar, Protocol

from orm import exc
from orm.event.dispatch import Dispatch
from orm.event.targets import register_target
from orm.log import DEBUG, INFO, EchoFlag, make_logger
from orm.pool.events import PoolDispatch
from orm.pool.record import (
    PROCESS,
    ConnectionRecord,
    PooledConnection,
    PoolResetState,
    name_threads,
    take_stack,
)

Creator = Callable[[], Any]
ResetStyle = bool | str | None

_MAX_ATTEMPTS = 3


class PoolDialect(Protocol):
    """What a pool asks of the dialect.

    do_ping() returns False or raises for a lost connection. It may have `make_lock()` and
    `do_terminate(connection)`, where the driver is awaited, and `report_failed_ping(error)`.
    """

    def do_rollback(self, dbapi_connection: Any) -> None: ...
    def do_commit(self, dbapi_connection: Any) -> None: ...
    def do_close(self, dbapi_connection: Any) -> None: ...
    def do_ping(self, dbapi_connection: Any) -> bool: ...
    def reset_isolation(self, record: ConnectionRecord) -> None: ...


class PlainDialect:
    """Talks to any PEP 249 connection; for pools made without an engine."""

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Roll back."""
        dbapi_connection.rollback()

    def do_commit(self, dbapi_connection: Any) -> None:
        """Commit."""
        dbapi_connection.commit()

    def do_close(self, dbapi_connection: Any) -> None:
        """Close."""
        dbapi_connection.close()

    def do_ping(self, dbapi_connection: Any) -> bool:
        """Return True if the server answers, or raise the driver's error."""
        cursor = dbapi_connection.cursor()
        cursor.execute("SELECT 1")
        cursor.fetchall()
        cursor.close()
        return True

    def reset_isolation(self, record: ConnectionRecord) -> None:
        """Do nothing: nobody changes isolation levels here."""


class Pool:
    """Base of the pools.

    creator: a function that opens a DBAPI connection. recycle: seconds after which a
    connection is replaced at checkout, -1 for never. pre_ping: ask the server before lending.
    reset_on_return: "rollback" (True), "commit", or None (False). debug_checkouts: record the
    stack of each checkout, shown when the pool times out (costs some 10 microseconds each).
    """

    dispatch: ClassVar[Any] = PoolDispatch()
    #: made for tasks of an event loop
    _is_asyncio: ClassVar[bool] = False
    #: waits in a way that would stop an event loop, or tells threads apart
    _threads_only: ClassVar[bool] = False
    _borrower: ClassVar[str] = "thread"

    def __init__(
        self,
        creator: Creator,
        *,
        recycle: int = -1,
        echo: EchoFlag = None,
        logging_name: str | None = None,
        reset_on_return: ResetStyle = True,
        events: Any = None,
        dialect: PoolDialect | None = None,
        pre_ping: bool = False,
        debug_checkouts: bool = False,
        _dispatch: Dispatch | None = None,
    ) -> None:
        self._creator = creator
        self._recycle = recycle
        self._pre_ping = pre_ping
        self._checks_age_or_ping = recycle > -1 or pre_ping
        self._reset_on_return = _parse_reset(reset_on_return)
        self._dialect: PoolDialect = dialect or PlainDialect()
        self._debug = debug_checkouts
        self._generation = 0
        self._watch()
        self._first_connected = False
        self._abandoned: list[Any] = []
        self.echo = echo
        self.logging_name = logging_name
        self.logger = make_logger(type(self), logging_name, echo)
        self._notes_checkouts = debug_checkouts or self.logger.isEnabledFor(DEBUG)
        own: Any = _dispatch if _dispatch is not None else PoolDispatch(type(self).dispatch)
        self.__dict__["dispatch"] = own
        for listener, name in events or ():
            own.add_listener(name, listener, {})

    # -- what kinds of pools differ in ---------------------------------------------------------

    def _get(self) -> ConnectionRecord:
        """Return a record nobody else has, waiting or making one as the kind of pool does."""
        raise NotImplementedError

    def _put(self, record: ConnectionRecord) -> None:
        """Take a record back."""
        raise NotImplementedError

    def _forget(self) -> None:
        """Start empty, keeping nothing: this process is a fork of the one that had records."""
        raise NotImplementedError

    def _drain(self) -> list[ConnectionRecord]:
        """Return all idle records, no longer in the pool."""
        raise NotImplementedError

    def status(self) -> str:
        """Return one line for humans."""
        raise NotImplementedError

    def _options(self) -> dict[str, Any]:
        """Return the keyword arguments which make a pool like this one."""
        return {
            "recycle": self._recycle,
            "echo": self.echo,
            "logging_name": self.logging_name,
            "reset_on_return": self._reset_on_return,
            "dialect": self._dialect,
            "pre_ping": self._pre_ping,
            "debug_checkouts": self._debug,
        }

    def recreate(self) -> Pool:
        """Return a new, empty pool of the same kind, options and listeners."""
        return type(self)(self._creator, _dispatch=self.__dict__["dispatch"], **self._options())

    # -- lending -------------------------------------------------------------------------------

    def connect(self) -> PooledConnection:
        """Lend a connection. Raises exc.TimeoutError, or what the driver raises."""
        if self._pid != PROCESS.pid:
            self._after_fork()
        record = self._get()
        if (
            record.generation != self._generation
            or record.dbapi_connection is None
            or self._checks_age_or_ping
        ):
            self._ready(record)
        record.holder = get_ident()
        record.since = monotonic()
        if self._notes_checkouts:
            self._note_checkout(record)
        lent = PooledConnection(self, record)
        if self.dispatch.checkout:
            self._fire_checkout(lent, record)
        return lent

    def _note_checkout(self, record: ConnectionRecord) -> None:
        self.logger.debug("Connection %r checked out", record.dbapi_connection)
        if self._debug:
            record.stack = take_stack()

    def _ready(self, record: ConnectionRecord) -> None:
        """Make sure that the record has a live connection; gives the place back on failure."""
        try:
            if record.dbapi_connection is not None:
                if record.generation != self._generation or record.pid != self._pid:
                    record.close()
                elif self._recycle > -1 and time.time() - record.started > self._recycle:
                    self._log("Connection %r exceeded its time, recycled", record.dbapi_connection)
                    record.close()
                elif self._pre_ping and not self._ping(record.dbapi_connection):
                    self._log("Connection %r did not answer the ping", record.dbapi_connection)
                    record.invalidate()
            if record.dbapi_connection is None:
                record.connect()
        except BaseException:
            record.close()
            self._put(record)
            raise

    def _ping(self, connection: Any) -> bool:
        """Return whether the server answers; raises what a listener makes of its silence."""
        # the idle siblings of a lost connection went through the same outage
        suspect = True
        try:
            if self._dialect.do_ping(connection):
                return True
        except Exception as error:
            report = getattr(self._dialect, "report_failed_ping", None)
            if report is not None:
                suspect = report(error)
        self._generation += suspect
        return False

    def _fire_checkout(self, lent: PooledConnection, record: ConnectionRecord) -> None:
        for attempt in range(_MAX_ATTEMPTS):
            try:
                for listener in self.dispatch.checkout:
                    listener(record.dbapi_connection, record, lent)
                return
            except exc.DisconnectionError as error:
                if error.invalidate_pool:
                    self._generation += 1
                record.invalidate(error)
                if attempt == _MAX_ATTEMPTS - 1:
                    lent._checkin(True)
                    raise exc.InvalidRequestError(
                        f"A checkout listener refused {_MAX_ATTEMPTS} connections in a row."
                    ) from error
                try:
                    record.connect()
                except BaseException:
                    lent._checkin(True)
                    raise
                lent.dbapi_connection = record.dbapi_connection
            except BaseException:
                lent._checkin(False)
                raise

    def _release(self, record: ConnectionRecord, transaction_was_reset: bool = False) -> None:
        """Take a record back, with its connection reset. Never raises for a broken one."""
        connection = record.dbapi_connection
        if connection is not None and record.pid != PROCESS.pid:
            self._abandon(record)
            return
        dispatch = self.dispatch
        if (
            transaction_was_reset
            and connection is not None
            and record._record_info is None
            and not (self._notes_checkouts or dispatch.reset or dispatch.checkin)
        ):  # nearly always: a clean connection that nobody watches has only to lie down
            record.holder = 0
            self._put(record)
            return
        if self._notes_checkouts:
            self.logger.debug("Connection %r comes back", connection)
        try:
            try:
                if connection is not None:
                    self._reset(record, connection, transaction_was_reset)
            except BaseException as error:
                self._throw_away(record, error)
            record.holder = 0
            for listener in dispatch.checkin:
                listener(record.dbapi_connection, record)
        except Exception as error:
            self._throw_away(record, error)
        finally:
            self._return(record)

    def _throw_away(self, record: ConnectionRecord, error: BaseException) -> None:
        self.logger.warning("Reset failed, connection thrown away: %r", error)
        record.invalidate(error)
        if not isinstance(error, Exception):
            raise error

    def _return(self, record: ConnectionRecord) -> None:
        record.holder = 0
        record.stack = None
        self._put(record)

    def _reset(self, record: ConnectionRecord, connection: Any, was_reset: bool) -> None:
        if self.dispatch.reset:
            state = PoolResetState(transaction_was_reset=was_reset)
            for listener in self.dispatch.reset:
                listener(connection, record, state)
        if not was_reset and self._reset_on_return is not None:
            if self._reset_on_return == "commit":
                self._dialect.do_commit(connection)
            else:
                self._dialect.do_rollback(connection)
        if record._record_info is not None:
            self._dialect.reset_isolation(record)

    def _release_forgotten(self, record: ConnectionRecord) -> None:
        """Take back what its borrower forgot; called by the garbage collector, so nothing escapes."""
        try:
            self.logger.debug("A forgotten connection came back: %r", record.dbapi_connection)
            if getattr(self._dialect, "is_async", False):
                self._release_unreachable(record)
            else:
                self._release(record, False)
        except Exception:
            self.logger.error("A forgotten connection could not be taken back", exc_info=True)

    def _release_unreachable(self, record: ConnectionRecord) -> None:
        """Nobody can await for the garbage collector: close the connection, keep the place."""
        self.logger.error(
            "The connection %r was not given back, and cannot be reset outside of the event loop; it is "
            "closed. Use `async with engine.connect()`, or close sessions and connections.",
            record.dbapi_connection,
        )
        try:
            record.invalidate()
        finally:
            self._return(record)

    # -- life of connections -------------------------------------------------------------------

    def _close_connection(self, connection: Any, terminate: bool = False) -> None:
        self._log("Closing connection %r", connection)
        self._open.pop(id(connection), None)
        try:
            if terminate:
                _terminate(self._dialect, connection)
            else:
                self._dialect.do_close(connection)
        except Exception:
            self.logger.info("Error while closing %r", connection, exc_info=True)

    def _end_detached(self, connection: Any, was_reset: bool) -> None:
        """Close a connection that was taken out of the pool, after its listeners were told."""
        dispatch = self.dispatch
        if dispatch.reset:
            state = PoolResetState(transaction_was_reset=was_reset, terminate_only=True)
            for listener in dispatch.reset:
                listener(connection, None, state)
        for listener in dispatch.close_detached:
            listener(connection)
        self._close_connection(connection)

    def _abandon(self, record: ConnectionRecord) -> None:
        # Closing what a parent process opened would end the parent's session, and letting it be
        # collected may do the same: it is kept, unused, as long as this pool.
        self._abandoned.append(record.dbapi_connection)
        record.dbapi_connection = None

    def _watch(self) -> None:
        """Have what is still open closed when the pool itself is collected, in this process."""
        self._pid = PROCESS.pid
        self._open: dict[int, Any] = {}
        finalizer = weakref.finalize(self, _close_all, self._open, self._dialect, self._pid)
        finalizer.atexit = False  # the end of the process closes more gently than we could

    def _after_fork(self) -> None:
        self._watch()
        for record in self._drain():
            if record.dbapi_connection is not None:
                self._abandon(record)
        self._forget()

    def _invalidate_all(self) -> None:
        """Have every present connection replaced at its next checkout."""
        self._generation += 1

    def dispose(self) -> None:
        """Close the idle connections; those lent out are closed when they come back."""
        self._generation += 1
        for record in self._drain():
            if record.pid == PROCESS.pid:
                record.close()
            elif record.dbapi_connection is not None:
                self._abandon(record)
        self._log("Pool disposed. %s", self.status())

    def _log(self, message: str, *args: Any) -> None:
        if self.logger.isEnabledFor(INFO):
            self.logger.info(message, *args)

    def _make_condition(self, lock: threading.RLock) -> Any:
        """Return a threading.Condition, or what is one for tasks, around a lock."""
        return threading.Condition(lock)

    def _identify_borrower(self) -> int:
        """Return what `holder` says of a connection that is lent now."""
        return get_ident()

    def _name_borrowers(self) -> dict[int, str]:
        """Return the names of those who may hold connections, by what `holder` says."""
        return name_threads()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status()}>"


def _terminate(dialect: PoolDialect, connection: Any) -> None:
    """Close what is broken, without awaiting the server's answer."""
    getattr(dialect, "do_terminate", dialect.do_close)(connection)


def _close_all(connections: dict[int, Any], dialect: PoolDialect, pid: int) -> None:
    if PROCESS.pid != pid:  # a child process must not end the sessions of its parent
        return
    for connection in connections.values():
        try:
            _terminate(dialect, connection)
        except Exception:
            from logging import getLogger

            getLogger(__name__).debug("Error while closing %r", connection, exc_info=True)


def _parse_reset(style: ResetStyle) -> str | None:
    if style in (True, "rollback"):
        return "rollback"
    if style in (False, None, "none"):
        return None
    if style == "commit":
        return "commit"
    raise exc.ArgumentError(
        f"reset_on_return must be 'rollback' (True), 'commit' or None (False), not {style!r}."
    )


register_target(Pool, PoolDispatch)
