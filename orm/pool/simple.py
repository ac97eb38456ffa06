"""Pools of other shapes: none kept, one for all, one per thread, one lent to a thread at a time."""

from __future__ import annotations

import threading
import time
from threading import get_ident
from typing import Any

from orm import exc
from orm.pool.base import Creator, Pool
from orm.pool.record import ConnectionRecord, name_threads


class NullPool(Pool):
    """Keeps nothing: each checkout connects, each return closes."""

    def _get(self) -> ConnectionRecord:
        return ConnectionRecord(self)

    def _put(self, record: ConnectionRecord) -> None:
        record.close()

    def _forget(self) -> None:
        pass

    def _drain(self) -> list[ConnectionRecord]:
        return []

    def status(self) -> str:
        """Return the name."""
        return "NullPool"


class StaticPool(Pool):
    """One connection, lent to everybody at once; for tests, or drivers that allow it."""

    def __init__(self, creator: Creator, **options: Any) -> None:
        super().__init__(creator, **options)
        self._forget()

    def _forget(self) -> None:
        self._lock: Any = getattr(self._dialect, "make_lock", threading.RLock)()
        self._record = ConnectionRecord(self)

    def _get(self) -> ConnectionRecord:
        with self._lock:
            if self._record.dbapi_connection is None:
                self._record.connect()
        return self._record

    def _put(self, record: ConnectionRecord) -> None:
        pass

    def _drain(self) -> list[ConnectionRecord]:
        drained, self._record = [self._record], ConnectionRecord(self)
        return drained

    def status(self) -> str:
        """Return the name."""
        return "StaticPool"


class SingletonThreadPool(Pool):
    """One connection per thread, lent to everybody in it at once; reset when the last returns it.

    pool_size: how many threads' connections are kept; above it those of ended threads are
    closed.
    """

    _threads_only = True

    def __init__(self, creator: Creator, pool_size: int = 5, **options: Any) -> None:
        super().__init__(creator, **options)
        self.size = pool_size
        self._forget()

    def _forget(self) -> None:
        self._lock = threading.RLock()
        self._by_thread: dict[int, ConnectionRecord] = {}
        self._borrowers: dict[ConnectionRecord, int] = {}

    def _options(self) -> dict[str, Any]:
        return super()._options() | {"pool_size": self.size}

    def _get(self) -> ConnectionRecord:
        ident = get_ident()
        record = self._by_thread.get(ident)
        if record is None:
            record = ConnectionRecord(self)
            with self._lock:
                if len(self._by_thread) >= self.size:
                    self._close_ended()
                self._by_thread[ident] = record
        with self._lock:
            self._borrowers[record] = self._borrowers.get(record, 0) + 1
        return record

    def _close_ended(self) -> None:
        alive = name_threads()
        for ident in [ident for ident in self._by_thread if ident not in alive]:
            self._by_thread.pop(ident).close()

    def _release(self, record: ConnectionRecord, transaction_was_reset: bool = False) -> None:
        # whoever ends early must not roll back what another borrower of the thread is doing
        shared = self._borrowers.get(record, 0) > 1
        super()._release(record, transaction_was_reset or shared)

    def _return(self, record: ConnectionRecord) -> None:
        if self._borrowers.get(record, 0) <= 1:
            super()._return(record)
        else:
            self._put(record)

    def _put(self, record: ConnectionRecord) -> None:
        with self._lock:
            left = self._borrowers.pop(record, 1) - 1
            if left > 0:
                self._borrowers[record] = left

    def _drain(self) -> list[ConnectionRecord]:
        with self._lock:
            drained = list(self._by_thread.values())
            self._by_thread.clear()
        return drained

    def status(self) -> str:
        """Return how many threads have a connection."""
        return f"SingletonThreadPool size: {self.size} threads: {len(self._by_thread)}"


class SharedConnectionPool(Pool):
    """One connection, lent to one thread at a time, in which it may be borrowed repeatedly.

    What a SQLite database in memory needs: it exists once, transactions of different threads
    must not mix, and a function that opens a second connection within the same thread must
    not wait for itself. The borrowers of one thread share its transaction.
    timeout: seconds another thread waits. pool_size, max_overflow and use_lifo are accepted and
    mean nothing, so that settings made for a server do for tests in memory.
    """

    _threads_only = True

    def __init__(
        self,
        creator: Creator,
        timeout: float = 30.0,
        pool_size: int = 1,
        max_overflow: int = 0,
        use_lifo: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(creator, **options)
        self._timeout = timeout
        self._forget()

    def _forget(self) -> None:
        self._returned = self._make_condition(threading.RLock())
        self._record = ConnectionRecord(self)
        self._owner = 0
        self._depth = 0

    def _options(self) -> dict[str, Any]:
        return super()._options() | {"timeout": self._timeout}

    def _get(self) -> ConnectionRecord:
        try:
            return self._take()
        except exc.TimeoutError as error:
            for listener in self.dispatch.exhausted:
                listener(self, error)
            raise

    def _take(self) -> ConnectionRecord:
        ident = self._identify_borrower()
        with self._returned:
            if self._owner != ident and self._depth:
                deadline = time.monotonic() + self._timeout
                while self._depth:
                    left = deadline - time.monotonic()
                    if left <= 0:
                        raise self._timeout_error()
                    self._returned.wait(left)
            self._owner = ident
            self._depth += 1
            return self._record

    def _release(self, record: ConnectionRecord, transaction_was_reset: bool = False) -> None:
        # whoever ends early must not roll back what an outer borrower of the thread has begun:
        # a Connection ends its own transaction itself, before it gives back
        with self._returned:
            shared = self._depth > 1
        super()._release(record, transaction_was_reset or shared)

    def _return(self, record: ConnectionRecord) -> None:
        with self._returned:
            if self._depth <= 1:
                super()._return(record)
            else:
                self._put(record)

    def _put(self, record: ConnectionRecord) -> None:
        with self._returned:
            if record is not self._record or not self._depth:
                return
            self._depth -= 1
            if not self._depth:
                self._owner = 0
                self._returned.notify()

    def _drain(self) -> list[ConnectionRecord]:
        with self._returned:
            drained, self._record = [self._record], ConnectionRecord(self)
        return drained

    def _timeout_error(self) -> exc.TimeoutError:
        holder = self._record.describe_holder(time.monotonic(), self._name_borrowers())
        return exc.TimeoutError(
            f"The only connection of this database was not free within {self._timeout:g} s. It is "
            f"held by {holder}. A database in memory serves one "
            f"{self._borrower} at a time: close sessions and connections before others need them, or use a file.",
            code="3o7r",
        )

    def checkedout(self) -> int:
        """Return how often the connection is lent out now."""
        return self._depth

    def status(self) -> str:
        """Return how often the connection is lent out."""
        return f"SharedConnectionPool, lent out: {self._depth}"
