"""ORM_STATEMENT_TIMEOUT_MS: a statement that takes longer is stopped by its database.

    PostgreSQL   the setting statement_timeout of each connection
    MariaDB      max_statement_time (MySQL: max_execution_time, which knows SELECT only)
    SQLite       has no such setting: its progress handler interrupts the statement

The error is an `orm.exc.OperationalError`, which says so in a note. The time that a statement waits for
locks counts, except on SQLite, whose wait has a limit of its own (busy_timeout).
"""

from __future__ import annotations

import time
from typing import Any

from orm import Engine, event

_STEPS = 2000  # of SQLite's virtual machine between two calls of the handler: some 50 microseconds
_PAUSE_S = 0.1  # a longer gap between two calls was spent outside of the statement
_CANCELLED = ("57014", 1969, 3024, 9)  # PostgreSQL, MariaDB, MySQL, SQLite


def limit_statements(engine: Engine, timeout_ms: float) -> None:
    """Stop statements of an engine that take longer. Sets up connections as they are made."""
    if engine.dialect.name == "sqlite":
        _limit_sqlite(engine, timeout_ms)
    else:
        _limit_server(engine, timeout_ms)

    def explain(context: Any) -> None:
        if is_timeout(context.original_exception):
            context.sqlalchemy_exception.add_note(
                f"The statement took longer than ORM_STATEMENT_TIMEOUT_MS = {timeout_ms:g} and was "
                "stopped. See what it waits for or reads (EXPLAIN), or raise the limit."
            )

    event.listen(engine, "handle_error", explain)


def is_timeout(error: BaseException) -> bool:
    """Whether a driver's error says that a statement was stopped for its time."""
    number = error.args[0] if error.args else None
    marks = (getattr(error, "sqlstate", None), getattr(error, "sqlite_errorcode", None), number)
    return any(mark in _CANCELLED for mark in marks if mark is not None)


def _limit_server(engine: Engine, timeout_ms: float) -> None:
    def limit(connection: Any, record: Any) -> None:
        dialect = engine.dialect
        if dialect.name == "postgresql":
            sql = f"SET statement_timeout = {max(1, round(timeout_ms))}"
        elif getattr(dialect, "is_mariadb", False) or "MariaDB" in connection.get_server_info():
            sql = f"SET SESSION max_statement_time = {timeout_ms / 1000:.6f}"
        else:
            sql = f"SET SESSION max_execution_time = {max(1, round(timeout_ms))}"
        with connection.cursor() as cursor:
            cursor.execute(sql)
        connection.commit()  # a rollback would take the setting back on PostgreSQL

    event.listen(engine, "connect", limit)


class Stopwatch:
    """The time that one SQLite connection spent in its present statement."""

    __slots__ = ("_allowed_s", "_last", "_spent_s")

    def __init__(self, allowed_s: float) -> None:
        self._allowed_s = allowed_s
        self.restart()

    def restart(self) -> None:
        """A statement begins, or none runs any more."""
        self._spent_s = 0.0
        self._last = time.perf_counter()

    def check(self) -> bool:
        """Return whether to interrupt. Called by SQLite while it works, also when rows are
        fetched after execute() has returned; what the application does in between is a gap."""
        now = time.perf_counter()
        gap, self._last = now - self._last, now
        self._spent_s += min(gap, _PAUSE_S)
        return self._spent_s > self._allowed_s


def _limit_sqlite(engine: Engine, timeout_ms: float) -> None:
    def watch(connection: Any, record: Any) -> None:
        record.info["stopwatch"] = stopwatch = Stopwatch(timeout_ms / 1000)
        connection.set_progress_handler(stopwatch.check, _STEPS)

    def restart(connection: Any, *rest: Any) -> None:
        connection.info["stopwatch"].restart()

    event.listen(engine, "connect", watch)
    event.listen(engine, "before_cursor_execute", restart)
    event.listen(engine, "commit", restart)
    event.listen(engine, "rollback", restart)
