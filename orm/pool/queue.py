"""QueuePool: up to a number of connections, kept open between uses; and AssertionPool."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.pool.base import Creator, Pool
from orm.pool.record import ConnectionRecord, take_stack

if TYPE_CHECKING:
    from traceback import StackSummary


class QueuePool(Pool):
    """Keeps up to `pool_size` connections open, and opens `max_overflow` more while needed.

    timeout: seconds to wait for one to come back, None for as long as it takes. use_lifo: lend
    the one returned last (which lets the others grow old and idle) instead of the one returned
    first. pool_size=0 and max_overflow=-1 mean no limit.

    The usual checkout takes no lock: `deque.pop` is atomic. A borrower who finds nothing adds
    itself to `_waiters` before it looks again, and whoever returns a record looks at
    `_waiters` after putting it down, so one of the two always sees the other.
    """

    _threads_only = True

    def __init__(
        self,
        creator: Creator,
        pool_size: int = 5,
        max_overflow: int = 10,
        timeout: float | None = 30.0,
        use_lifo: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(creator, **options)
        self._size = pool_size
        self._max_overflow = max_overflow
        self._timeout = timeout
        self._use_lifo = use_lifo
        self._limit = (
            float("inf") if pool_size == 0 or max_overflow < 0 else pool_size + max_overflow
        )
        self._keep = float("inf") if pool_size == 0 else pool_size
        self._forget()

    def _forget(self) -> None:
        self._idle: deque[ConnectionRecord] = deque()
        self._take = self._idle.pop if self._use_lifo else self._idle.popleft
        # reentrant, since the garbage collector may give back a forgotten connection at any line
        self._lock = threading.RLock()
        self._returned = self._make_condition(self._lock)
        self._waiters = 0
        self._records: dict[int, ConnectionRecord] = {}

    def _options(self) -> dict[str, Any]:
        return super()._options() | {
            "pool_size": self._size,
            "max_overflow": self._max_overflow,
            "timeout": self._timeout,
            "use_lifo": self._use_lifo,
        }

    def _get(self) -> ConnectionRecord:
        try:
            return self._take()
        except IndexError:
            record = self._make()
        if record is not None:
            return record
        try:
            return self._wait()
        except exc.TimeoutError as error:
            for listener in self.dispatch.exhausted:
                listener(self, error)
            raise

    def _make(self) -> ConnectionRecord | None:
        """Return a new record, still without a connection; None when the limit is reached."""
        record = ConnectionRecord(self)
        with self._lock:
            if len(self._records) >= self._limit:
                return None
            self._records[id(record)] = record
        return record

    def _wait(self) -> ConnectionRecord:
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        with self._returned:
            self._waiters += 1
            try:
                while True:
                    try:
                        return self._take()
                    except IndexError:
                        record = self._make()
                    if record is not None:
                        return record
                    left = None if deadline is None else deadline - time.monotonic()
                    if left is not None and left <= 0:
                        raise self._timeout_error()
                    self._returned.wait(left)
            finally:
                self._waiters -= 1

    def _put(self, record: ConnectionRecord) -> None:
        if id(record) not in self._records:  # lent before a fork
            return
        if len(self._records) > self._keep or record.dbapi_connection is None:
            self._put_or_drop(record)
        else:
            self._idle.append(record)
        if self._waiters:
            self._wake()

    def _wake(self) -> None:
        with self._returned:
            self._returned.notify()

    def _put_or_drop(self, record: ConnectionRecord) -> None:
        with self._lock:
            keep = (
                record.dbapi_connection is not None
                and len(self._idle) < self._keep
                and (self._waiters or len(self._idle) < self._keep)
            )
            if keep:
                self._idle.append(record)
            else:
                self._records.pop(id(record), None)
        if not keep:
            record.close()

    def _drain(self) -> list[ConnectionRecord]:
        drained = []
        with self._lock:
            while self._idle:
                record = self._idle.pop()
                self._records.pop(id(record), None)
                drained.append(record)
        return drained

    def _timeout_error(self) -> exc.TimeoutError:
        names, now = self._name_borrowers(), time.monotonic()
        held = [record for record in self._records.values() if record.in_use]
        held.sort(key=lambda record: record.since)
        holders = "; ".join(record.describe_holder(now, names) for record in held[:10])
        hint = (
            ""
            if self._debug
            else " create_engine(..., pool_debug=True) records where each was checked out."
        )
        return exc.TimeoutError(
            f"{type(self).__name__} limit of size {self._size} overflow {self._max_overflow} reached, "
            f"no connection came back within {self._timeout:g} s. Held by: {holders or 'nobody'}. "
            "Close sessions, connections and results when done (use `with`), or raise pool_size."
            + hint,
            code="3o7r",
        )

    def size(self) -> int:
        """Return the number of connections kept open."""
        return self._size

    def checkedin(self) -> int:
        """Return the number of idle connections."""
        return len(self._idle)

    def checkedout(self) -> int:
        """Return the number of connections lent out."""
        return len(self._records) - len(self._idle)

    def overflow(self) -> int:
        """Return how many connections there are above the size; negative while below; 0 if unlimited."""
        return len(self._records) - self._size if self._size else 0

    def timeout(self) -> float | None:
        """Return how many seconds a borrower waits, None for without end."""
        return self._timeout

    def status(self) -> str:
        """Return size, idle, overflow and lent out in one line."""
        return (
            f"Pool size: {self._size}  Connections in pool: {self.checkedin()} "
            f"Current Overflow: {self.overflow()} Current Checked out connections: {self.checkedout()}"
        )


class AssertionPool(Pool):
    """Lends one connection, and raises AssertionError if it is asked for a second at a time."""

    def __init__(self, creator: Creator, **options: Any) -> None:
        super().__init__(creator, **options)
        self._forget()

    def _forget(self) -> None:
        self._record = ConnectionRecord(self)
        self._taken_at: StackSummary | None = None

    def _get(self) -> ConnectionRecord:
        if self._taken_at is not None:
            raise AssertionError(
                "The connection is checked out already, at:\n" + "".join(self._taken_at.format())
            )
        self._taken_at = take_stack()
        return self._record

    def _put(self, record: ConnectionRecord) -> None:
        if record is self._record:
            self._taken_at = None

    def _drain(self) -> list[ConnectionRecord]:
        return [] if self._taken_at is not None else [self._record]

    def status(self) -> str:
        """Return whether the connection is lent out."""
        return f"AssertionPool, checked out: {self._taken_at is not None}"
