"""`@db.transaction`: a function that is one transaction, run again when it lost against another.

    @db.transaction(retry=3, isolation_level="SERIALIZABLE")
    def transfer(source_id, target_id, amount): ...

A database that lets transactions run side by side refuses one of two that contradict each other, and
expects it to be tried again. Which errors mean that is known per database:

    PostgreSQL    SQLSTATE 40001 serialization failure, 40P01 deadlock, 55P03 lock not available
    MariaDB       1213 deadlock, 1205 lock wait timeout, 1020 row changed since it was read
    SQLite        SQLITE_BUSY, SQLITE_LOCKED
"""

from __future__ import annotations

import functools
import inspect
import random
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from flask import Response, has_request_context, request

from flask_ormsession import binds, read_first
from flask_ormsession.errors import NestedTransactionError, ReadOnlyError
from flask_ormsession.session import get_scope, has_unsaved_changes
from flask_ormsession.state import get_app
from orm import Session, event, exc

if TYPE_CHECKING:
    from flask_ormsession.extension import Database

P = ParamSpec("P")
T = TypeVar("T")

FIRST_DELAY_S = 0.05
LONGEST_DELAY_S = 2.0

SERIALIZATION = "serialization failure"
DEADLOCK = "deadlock"
LOCK_TIMEOUT = "lock timeout"
BUSY = "busy"

_SQLSTATES: Mapping[str, str] = {"40001": SERIALIZATION, "40P01": DEADLOCK, "55P03": LOCK_TIMEOUT}
_MYSQL_ERRORS: Mapping[int, str] = {
    1213: DEADLOCK,
    1205: LOCK_TIMEOUT,
    1020: SERIALIZATION,
    3572: LOCK_TIMEOUT,
}
_SQLITE_ERRORS: Mapping[int, str] = {5: BUSY, 6: BUSY}


def find_conflict(error: BaseException) -> str | None:
    """Return which conflict with another transaction an error reports, or None if it is no such.

    One of "serialization failure", "deadlock", "lock timeout" and "busy".
    """
    if isinstance(error, exc.PendingRollbackError) and error.__cause__ is not None:
        # A flush failed, somebody caught its error and went on with the session.
        return find_conflict(error.__cause__)
    if not isinstance(error, exc.DBAPIError):
        return None
    orig: Any = error.orig
    code = getattr(orig, "sqlite_errorcode", None)
    if code is not None:
        return _SQLITE_ERRORS.get(code & 0xFF)  # the upper bits tell variants apart
    number = orig.args[0] if getattr(orig, "args", None) else None
    if isinstance(number, int):
        return _MYSQL_ERRORS.get(number)
    return _SQLSTATES.get(getattr(orig, "sqlstate", None) or "")


def choose_delay(attempt: int) -> float:
    """Return how many seconds to wait before attempt 1, 2, ...: random, so that two that met
    once do not meet again, from a range that doubles each time."""
    return random.uniform(0.0, min(LONGEST_DELAY_S, FIRST_DELAY_S * 2**attempt))


class TransactionRun:
    """One call of a decorated function: its attempts, each a transaction of the session.

    retry: how often it may run again. isolation_level: of each attempt, on every database it
    uses. read_only: the database refuses to write, where it can; a flush is a ReadOnlyError.
    """

    def __init__(
        self,
        db: Database[Any],
        function: Callable[..., Any],
        retry: int,
        isolation_level: str | None,
        read_only: bool,
    ) -> None:
        self.session: Session = get_scope(db, "transaction()").open()
        self.function = function
        self.retry = retry
        self.isolation_level = isolation_level
        self.read_only = read_only
        self.attempt = 0
        self._begun = False
        self._read_only_before = self.session.read_only

    def begin(self) -> None:
        """Begin an attempt. Raises NestedTransactionError if the session is at work already."""
        session = self.session
        _refuse_nesting(session, self.function)
        self._begun = True
        if self.read_only:
            session.read_only = True
            event.listen(session, "before_flush", self._refuse_flush)
        else:
            read_first.write_at_once(session)
        session.begin()
        if self.isolation_level is not None:
            binds.choose_isolation(session, self.isolation_level)

    def _refuse_flush(self, session: Session, *_context: Any) -> None:
        changed = [*session.new, *session.dirty, *session.deleted]
        if changed:
            raise ReadOnlyError(
                f"{_name(self.function)} is a read-only transaction, but changed objects: "
                f"{changed[:3]!r}. Take read_only=True away, or do not change them."
            )

    def succeed(self, result: Any) -> None:
        """Commit, or roll back if the function is a view that answers with an error."""
        if _is_error_answer(self.function, result):
            self.session.rollback()
        else:
            self.session.commit()
        self._clear()

    def fail(self, error: BaseException) -> float | None:
        """Roll back. Returns the seconds to wait before the next attempt, None for no other."""
        try:
            self.session.rollback()
        finally:
            self._clear()
        if self.attempt >= self.retry or find_conflict(error) is None:
            return None
        self.attempt += 1
        return choose_delay(self.attempt)

    def _clear(self) -> None:
        if not self._begun:
            return
        self._begun = False
        binds.choose_isolation(self.session, None)
        if self.read_only:
            self.session.read_only = self._read_only_before
            event.remove(self.session, "before_flush", self._refuse_flush)


def make_transaction(
    db: Database[Any],
    function: Callable[P, T],
    *,
    retry: int,
    isolation_level: str | None,
    read_only: bool,
) -> Callable[P, T]:
    """Return the function as a transaction of its own; see `Database.transaction`."""
    if inspect.iscoroutinefunction(function):
        return _make_async(db, function, retry, isolation_level, read_only)

    @functools.wraps(function)
    def run(*args: P.args, **kw: P.kwargs) -> T:
        this = TransactionRun(db, run, retry, isolation_level, read_only)
        while True:
            try:
                this.begin()
                result = function(*args, **kw)
                this.succeed(result)
            except BaseException as error:
                delay = this.fail(error)
                if delay is None:
                    raise
            else:
                return result
            time.sleep(delay)

    return run


def _make_async(
    db: Database[Any],
    function: Callable[P, Any],
    retry: int,
    isolation_level: str | None,
    read_only: bool,
) -> Callable[P, Any]:
    @functools.wraps(function)
    async def run(*args: P.args, **kw: P.kwargs) -> Any:
        this = TransactionRun(db, run, retry, isolation_level, read_only)
        while True:
            try:
                this.begin()
                result = await function(*args, **kw)
                this.succeed(result)
            except BaseException as error:
                delay = this.fail(error)
                if delay is None:
                    raise
            else:
                return result
            from asyncio import sleep  # loaded by whoever runs coroutines

            await sleep(delay)

    return run


def _refuse_nesting(session: Session, function: Callable[..., Any]) -> None:
    if session.in_transaction():
        raise NestedTransactionError(
            f"{_name(function)} is a transaction of its own, but the session is in a transaction "
            "already (a query begins one). End that first with db.session.commit() or "
            "db.session.rollback(); or, to be part of it, call the function without the decorator, "
            "inside `with db.session.begin_nested():` if it may fail by itself."
        )
    if has_unsaved_changes(session):
        raise NestedTransactionError(
            f"{_name(function)} is a transaction of its own, but the session holds changes that are "
            "not saved, which it would commit, and lose when it is run again. Call "
            "db.session.commit() or db.session.rollback() first."
        )


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}()"


def _is_error_answer(function: Callable[..., Any], result: Any) -> bool:
    """Whether the function is the view of the request, and its answer means that it failed."""
    if not has_request_context() or request.endpoint is None:
        return False
    view: Any = get_app().view_functions.get(request.endpoint)
    while view is not None and view is not function:
        view = getattr(view, "__wrapped__", None)
    if view is None:
        return False
    status: Any = result.status_code if isinstance(result, Response) else None
    if isinstance(result, tuple) and len(result) > 1:
        status = result[1]
    return isinstance(status, int) and status >= 400
