"""Pools whose borrowers are tasks: waiting for a connection does not stop the event loop.

All of a pool's code runs below greenlet_spawn(), in the thread of the event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

from orm.pool.base import Pool
from orm.pool.queue import QueuePool
from orm.pool.record import ConnectionRecord, PooledConnection
from orm.pool.simple import SharedConnectionPool


class FutureQueue:
    """Tasks that wait for something to come back; each is woken once, first come first served."""

    def __init__(self) -> None:
        self._futures: deque[asyncio.Future[None]] = deque()

    def wait(self, left_s: float | None) -> None:
        """Wait to be woken, at most so many seconds; returns in either case."""
        from orm.util.concurrency import await_only

        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._futures.append(future)
        try:
            await_only(asyncio.wait_for(asyncio.shield(future), left_s))
        except TimeoutError:
            pass
        except BaseException:
            if future not in self._futures:
                self.wake()  # what was meant for us is for the next one
            raise
        finally:
            if future in self._futures:
                self._futures.remove(future)
            future.cancel()

    def wake(self) -> None:
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

    def connect(self) -> PooledConnection:
        """Lend a connection, noting the task that takes it. Raises exc.MissingGreenlet, too."""
        from orm.util.concurrency import require_greenlet

        require_greenlet()
        lent = super().connect()
        if lent._record is not None:
            lent._record.holder = id(asyncio.current_task())
        return lent

    def _name_borrowers(self) -> dict[int, str]:
        return {id(task): task.get_name() for task in asyncio.all_tasks()}


class AsyncAdaptedQueuePool(_ForTasks, QueuePool):
    """QueuePool for asynchronous engines; options as there."""

    def _forget(self) -> None:
        super()._forget()
        self._queue = FutureQueue()

    def _wait(self) -> ConnectionRecord:
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
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
                self._queue.wait(left)
        finally:
            self._waiters -= 1

    def _wake(self) -> None:
        self._queue.wake()


class AsyncSharedConnectionPool(_ForTasks, SharedConnectionPool):
    """One connection, lent to one task at a time, in which it may be borrowed repeatedly.

    What a SQLite database in memory needs, for tasks instead of threads.
    """

    def _forget(self) -> None:
        super()._forget()
        self._queue = FutureQueue()

    def _get(self) -> ConnectionRecord:
        task = asyncio.current_task()
        deadline = time.monotonic() + self._timeout
        while self._depth and self._owner != id(task):
            left = deadline - time.monotonic()
            if left <= 0:
                raise self._timeout_error()
            self._queue.wait(left)
        self._owner = id(task)
        self._depth += 1
        return self._record

    def _put(self, record: ConnectionRecord) -> None:
        super()._put(record)
        if not self._depth:
            self._queue.wake()
