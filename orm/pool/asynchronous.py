"""Pools whose borrowers are tasks: waiting for a connection does not stop the event loop.

All of a pool's code runs below greenlet_spawn(), in the thread of the event loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque

from orm.pool.base import Pool
from orm.pool.queue import QueuePool
from orm.pool.record import PooledConnection
from orm.pool.simple import SharedConnectionPool


class TaskCondition:
    """What threading.Condition is for threads, for tasks: each is woken once, first come first served.

    Its lock is for other threads only, in which the garbage collector gives connections back.
    """

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._futures: deque[asyncio.Future[None]] = deque()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *error: object) -> None:
        self._lock.release()

    def wait(self, timeout: float | None = None) -> None:
        """Wait to be woken, at most so many seconds, without the lock; returns in either case."""
        from orm.util.concurrency import await_only

        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._futures.append(future)
        self._lock.release()
        try:
            await_only(asyncio.wait_for(asyncio.shield(future), timeout))
        except TimeoutError:
            pass
        except BaseException:
            if future not in self._futures:
                self.notify()  # what was meant for us is for the next one
            raise
        finally:
            self._lock.acquire()
            if future in self._futures:
                self._futures.remove(future)
            future.cancel()

    def notify(self) -> None:
        """Wake the one who has waited longest."""
        while self._futures:
            future = self._futures.popleft()
            if future.done():
                continue
            try:
                # the garbage collector gives connections back in any thread
                future.get_loop().call_soon_threadsafe(_finish, future)
            except RuntimeError:  # its loop has ended
                continue
            return


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class _ForTasks(Pool):
    """What pools have in common whose borrowers are tasks."""

    _is_asyncio = True
    _threads_only = False
    _borrower = "task"

    def _make_condition(self, lock: threading.RLock) -> TaskCondition:
        return TaskCondition(lock)

    def _identify_borrower(self) -> int:
        return id(asyncio.current_task())

    def connect(self) -> PooledConnection:
        """Lend a connection, noting the task that takes it. Raises exc.MissingGreenlet, too."""
        from orm.util.concurrency import require_greenlet

        require_greenlet()
        lent = super().connect()
        if lent._record is not None:
            lent._record.holder = self._identify_borrower()
        return lent

    def _name_borrowers(self) -> dict[int, str]:
        return {id(task): task.get_name() for task in asyncio.all_tasks()}


class AsyncAdaptedQueuePool(_ForTasks, QueuePool):
    """QueuePool for asynchronous engines; options as there."""


class AsyncSharedConnectionPool(_ForTasks, SharedConnectionPool):
    """One connection, lent to one task at a time, in which it may be borrowed repeatedly.

    What a SQLite database in memory needs, for tasks instead of threads.
    """
