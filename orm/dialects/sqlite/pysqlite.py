"""SQLite through the standard library's sqlite3.

Transactions are begun here, not by the driver (isolation_level=None), so that SAVEPOINT and
transactional DDL work. On files, a transaction that may write begins with BEGIN IMMEDIATE: it
waits for its turn at once, instead of failing when it first writes.
"""

from __future__ import annotations

import os
import time
from types import ModuleType
from typing import Any

from orm import exc
from orm.dialects.sqlite.dialect import SQLiteDialect
from orm.engine.dialect import ConnectArgs
from orm.engine.url import URL

BUSY_TIMEOUT_S = 30.0

_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class SQLiteDialect_pysqlite(SQLiteDialect):
    """SQLite through sqlite3. Files get WAL, foreign keys are checked, locks are waited for."""

    driver = "pysqlite"
    async_url_hint = "Write 'sqlite+aiosqlite:///...'."
    install_hint = "it is part of Python; this Python was built without SQLite"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._in_memory = True
        # id of a DBAPI connection to a database in memory -> how many borrowers of it are in its
        # transaction; more than one only where a pool lends it repeatedly
        self._borrowers: dict[int, int] = {}
        self._timeout_s = BUSY_TIMEOUT_S

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """Import sqlite3."""
        import sqlite3

        return sqlite3

    def get_pool_class(self, url: URL) -> type[Any]:
        """Return a shared connection for databases in memory, a queue for files."""
        from orm.pool.queue import QueuePool
        from orm.pool.simple import SharedConnectionPool

        return SharedConnectionPool if is_memory(url) else QueuePool

    def create_connect_args(self, url: URL) -> ConnectArgs:
        """Return what sqlite3.connect() takes. Options: timeout, and those of SQLite URIs.

        Raises exc.ArgumentError for a URL with host or user.
        """
        if url.host or url.username or url.password or url.port:
            raise exc.ArgumentError(
                f"{url} is no SQLite URL: it names a host or user. Write three slashes for a "
                "relative path (sqlite:///app.db), four for an absolute one (sqlite:////srv/app.db), "
                "and sqlite:// for a database in memory."
            )
        self._in_memory = is_memory(url)
        options: dict[str, Any] = {
            "timeout": BUSY_TIMEOUT_S,
            "isolation_level": None,
            "check_same_thread": False,
        }
        uri_options = []
        for name, value in url.query.items():
            text = value if isinstance(value, str) else value[-1]
            if name == "timeout":
                options["timeout"] = float(text)
            elif name in ("uri", "check_same_thread"):
                options[name] = _FLAGS.get(text.lower(), True)
            elif name in ("detect_types", "cached_statements"):
                options[name] = int(text)
            else:
                uri_options.append(f"{name}={text}")
        self._timeout_s = options["timeout"]
        path = url.database or ":memory:"
        if options.get("uri") or path.startswith("file:"):
            options["uri"] = True
            if uri_options:
                path += ("&" if "?" in path else "?") + "&".join(uri_options)
        elif uri_options:
            raise exc.ArgumentError(
                f"The option {uri_options[0]!r} in {url} is unknown. Options of SQLite itself go "
                "with a file URI: sqlite:///file:app.db?mode=ro&uri=true."
            )
        elif path != ":memory:":
            path = os.path.abspath(path)
        return [path], options

    def connect(self, *args: Any, **kwargs: Any) -> Any:
        """Open the database. A missing folder is named in the error."""
        assert self.dbapi is not None
        self._timeout_s = kwargs.get("timeout", self._timeout_s)
        kwargs["isolation_level"] = None
        try:
            return self.open_connection(*args, **kwargs)
        except self.dbapi.OperationalError as error:
            folder = os.path.dirname(args[0])
            if not kwargs.get("uri") and folder and not os.path.isdir(folder):
                raise self.dbapi.OperationalError(
                    f"{error}: the folder {folder} does not exist"
                ) from error
            raise

    def open_connection(self, *args: Any, **kwargs: Any) -> Any:
        """Call the driver."""
        assert self.dbapi is not None
        return self.dbapi.connect(*args, **kwargs)

    def on_connect(self, dbapi_connection: Any) -> None:
        """Check foreign keys; files get write-ahead logging."""
        dbapi_connection.execute("PRAGMA foreign_keys = ON")
        dbapi_connection.create_function("regexp", 2, _regexp, deterministic=True)
        if not self._in_memory:
            self._use_wal(dbapi_connection)
        super().on_connect(dbapi_connection)

    def _use_wal(self, dbapi_connection: Any) -> None:
        """Switch the file to WAL, where it is not; a file that is read-only stays as it is.

        The switch needs the file for itself and is not covered by SQLite's own waiting.
        """
        assert self.dbapi is not None
        deadline = time.monotonic() + self._timeout_s
        while True:
            try:
                if dbapi_connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                    return
                dbapi_connection.execute("PRAGMA journal_mode = WAL").fetchone()
                return
            except self.dbapi.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    if "readonly" in str(error) or "unable to open" in str(error):
                        return
                    raise
                time.sleep(0.01)

    def do_begin(self, dbapi_connection: Any, read_only: bool = False) -> bool:
        """Send BEGIN, unless a listener of the begin event has done so.

        In memory, borrowers of one thread join the transaction in progress.
        """
        begun = dbapi_connection.in_transaction
        if not self._in_memory:
            if not begun:
                dbapi_connection.execute("BEGIN" if read_only else "BEGIN IMMEDIATE")
            return False
        key = id(dbapi_connection)
        others = self._borrowers.get(key, 0)
        if begun and others:
            self._borrowers[key] = others + 1
            return True
        self._borrowers[key] = 1
        if not begun:
            dbapi_connection.execute("BEGIN")
        return False

    def do_commit(self, dbapi_connection: Any) -> None:
        """Commit; in memory, those who joined go on in a new transaction."""
        dbapi_connection.commit()
        if self._borrowers:
            self._begin_for_others(dbapi_connection)

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Roll back; in memory, those who joined go on in a new transaction."""
        dbapi_connection.rollback()
        if self._borrowers:
            self._begin_for_others(dbapi_connection)

    def do_leave(self, dbapi_connection: Any) -> None:
        """Leave the transaction to the others, or end it as the last one."""
        if not self._count_down(dbapi_connection):
            dbapi_connection.rollback()

    def do_close(self, dbapi_connection: Any) -> None:
        """Close."""
        self._borrowers.pop(id(dbapi_connection), None)
        dbapi_connection.close()

    def _begin_for_others(self, dbapi_connection: Any) -> None:
        if self._count_down(dbapi_connection):
            dbapi_connection.execute("BEGIN")

    def _count_down(self, dbapi_connection: Any) -> int:
        """Return how many borrowers are left in the transaction after one has gone."""
        left = self._borrowers.pop(id(dbapi_connection), 1) - 1
        if left > 0:
            self._borrowers[id(dbapi_connection)] = left
        return left

    def gives_parts(self, cursor: Any) -> bool:
        """Return whether the rows are read here, as they are fetched, and not in another thread."""
        assert self.dbapi is not None
        return type(cursor) is self.dbapi.Cursor

    def do_ping(self, dbapi_connection: Any) -> bool:
        """Return True: there is no server to lose."""
        return True

    def is_disconnect(self, error: BaseException, connection: Any, cursor: Any) -> bool:
        """Return whether the connection was closed under us."""
        assert self.dbapi is not None
        return isinstance(
            error, self.dbapi.ProgrammingError
        ) and "Cannot operate on a closed database" in str(error)


def is_memory(url: URL) -> bool:
    """Return whether a URL names a database in memory (or a temporary one)."""
    database = url.database
    if not database or database == ":memory:":
        return True
    return "mode=memory" in database or url.query.get("mode") == "memory" or ":memory:" in database


def _regexp(pattern: str, value: str | None) -> bool | None:
    import re

    return None if value is None else re.search(pattern, value) is not None
