"""The lock that lets one process at a time change a database's schema.

A second `flask db upgrade` waits for the first, then finds what is left to do, which is usually nothing.

    PostgreSQL   pg_try_advisory_lock, held by the connection that migrates
    MariaDB      GET_LOCK, held by the connection that migrates
    SQLite       a lock on a file beside the database

The waiting side asks again and again instead of blocking in the server, because a blocked statement
holds a snapshot, and CREATE INDEX CONCURRENTLY in the other process would wait for that snapshot: a
deadlock.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import click

from flask_ormsession.errors import MigrationError

DEFAULT_WAIT_S = 600.0
POLL_S = 0.2
_NAME = "flask_ormsession.migrate"


class MigrationLock(Protocol):
    """A lock in or beside a database."""

    def try_acquire(self) -> bool:
        """Take the lock if it is free; returns whether it is ours now."""

    def describe_holder(self) -> str:
        """Say who has the lock, for the one who waits."""

    def release(self) -> None:
        """Let the lock go, if it is ours."""


@contextmanager
def hold_lock(connection: Any, wait_s: float) -> Iterator[None]:
    """Hold the lock of a database for a block; the connection is in no transaction then.

    connection: of SQLAlchemy. wait_s: how long to wait for another process.
    Raises MigrationError if it takes longer.
    """
    lock = make_lock(connection)
    if lock is None:
        yield
        return
    acquire(lock, wait_s)
    try:
        yield
    finally:
        lock.release()


def make_lock(connection: Any) -> MigrationLock | None:
    """Return the lock for a connection; None for a kind of database which has none."""
    name = connection.dialect.name
    if name == "postgresql":
        return AdvisoryLock(connection)
    if name in ("mysql", "mariadb"):
        return NamedLock(connection)
    if name == "sqlite":
        return FileLock(find_lock_file(connection.engine.url.database))
    return None


def acquire(lock: MigrationLock, wait_s: float) -> None:
    """Take a lock, waiting for it. Raises MigrationError after `wait_s` seconds."""
    deadline = time.monotonic() + wait_s
    said = False
    while not lock.try_acquire():
        if time.monotonic() >= deadline:
            raise MigrationError(
                f"Another process is migrating this database ({lock.describe_holder()}) and was not "
                f"done within {wait_s:g} s. Wait longer with `--lock-timeout SECONDS`; if it hangs, "
                "end it, which frees the lock."
            )
        if not said:
            said = True
            click.echo(
                f"Another process is migrating this database ({lock.describe_holder()}); waiting "
                f"for it, at most {wait_s:g} s."
            )
        time.sleep(POLL_S)
    if said:
        click.echo("The other process is done; going on with what it left.")


class AdvisoryLock:
    """An advisory lock of PostgreSQL; it goes with the connection, whatever happens to that."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        # 63 bits, since the parameter is a signed bigint.
        self.key = int.from_bytes(hashlib.sha256(_NAME.encode()).digest()[:8], "big") >> 1

    def try_acquire(self) -> bool:
        """Take the lock if it is free."""
        return bool(_ask(self.connection, f"SELECT pg_try_advisory_lock({self.key})"))

    def describe_holder(self) -> str:
        """Name the server process."""
        high, low = self.key >> 32, self.key & 0xFFFFFFFF
        holder = _ask(
            self.connection,
            "SELECT format('PostgreSQL process %s, connected since %s', a.pid, "
            "date_trunc('second', a.backend_start)) FROM pg_locks l JOIN pg_stat_activity a "
            "ON a.pid = l.pid AND a.datname = current_database() WHERE l.locktype = 'advisory' "
            f"AND l.granted AND l.classid = {high} AND l.objid = {low}",
        )
        return str(holder or "it just ended")

    def release(self) -> None:
        """Nothing: closing the connection frees it, also one that is broken."""


class NamedLock:
    """A lock by name of MariaDB and MySQL; names are of the whole server, so ours has the database."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        database = str(connection.engine.url.database)
        self.name = f"{_NAME}.{hashlib.sha256(database.encode()).hexdigest()[:32]}"

    def try_acquire(self) -> bool:
        """Take the lock if it is free."""
        return bool(_ask(self.connection, f"SELECT GET_LOCK('{self.name}', 0)"))

    def describe_holder(self) -> str:
        """Name the connection."""
        holder = _ask(self.connection, f"SELECT IS_USED_LOCK('{self.name}')")
        return f"connection {holder} of the server" if holder else "it just ended"

    def release(self) -> None:
        """Nothing: closing the connection frees it."""


def _ask(connection: Any, statement: str) -> Any:
    """Return one value, leaving no transaction behind."""
    value = connection.exec_driver_sql(statement).scalar()
    connection.commit()
    return value


def find_lock_file(database: str) -> Path:
    """Return the lock file of a SQLite database, from the path or `file:` URI of it."""
    path = database.removeprefix("file:").split("?")[0]
    return Path(f"{path}-migrating")


class FileLock:
    """A lock on a file, which the operating system takes back when its process ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def try_acquire(self) -> bool:
        """Take the lock if it is free; the file says the process id."""
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        if not _lock_handle(handle) or not self._is_at_path(handle):
            os.close(handle)
            return False
        os.truncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        self._handle = handle
        return True

    def _is_at_path(self, handle: int) -> bool:
        """Whether the file is still the one in the folder: who held it before removes it."""
        try:
            return os.path.samestat(os.fstat(handle), os.stat(self.path))
        except FileNotFoundError:
            return False

    def describe_holder(self) -> str:
        """Name the process."""
        try:
            return f"process {self.path.read_text() or 'unknown'}"
        except OSError:
            return "it just ended"

    def release(self) -> None:
        """Remove the file and let it go."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        if sys.platform != "win32":  # there an open file cannot be removed, and may stay
            self.path.unlink(missing_ok=True)
        os.close(handle)


def _lock_handle(handle: int) -> bool:
    """Lock an open file without waiting; returns whether it worked."""
    try:
        if sys.platform == "win32":
            import msvcrt

            # Far behind the process id, which others read meanwhile.
            os.lseek(handle, 1 << 20, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            os.lseek(handle, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
