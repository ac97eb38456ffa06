"""The servers that the suite talks to: found where they listen, started where they do not.

A server is looked for at the URL in an environment variable (TEST_POSTGRESQL_URL,
TEST_MARIADB_URL) or on its standard port of 127.0.0.1. Where none answers, a throw-away one is
started from the binaries on the machine: a free port, a temporary directory, gone at the end.
Raw drivers only: the code under test must not be what prepares its own test.
"""

from __future__ import annotations

import getpass
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

START_TIMEOUT_S = 60


class NoServer(Exception):
    """No server answers and none can be started; the message says why in one line."""


@dataclass
class Server:
    """One database server. What comes after the password is empty unless we started it.

    command, run_as: how its process is started, again after halt().
    """

    #: what makes it shut down at once, though clients are connected
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    driver_url: str
    host: str
    port: int
    user: str
    password: str
    process: subprocess.Popen[bytes] | None = None
    directory: str | None = None
    databases: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    run_as: str | None = None

    def url(self, database: str) -> str:
        """Return the URL of a database for create_engine()."""
        login = f"{self.user}:{self.password}" if self.password else self.user
        return f"{self.driver_url}://{login}@{self.host}:{self.port}/{database}"

    def connect(self, database: str | None = None) -> Any:
        raise NotImplementedError(type(self).__name__)

    def execute(self, *statements: str, database: str | None = None) -> None:
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            connection.close()

    def start(self) -> Server:
        """Start its process, and return when it answers. Raises NoServer."""
        assert self.directory is not None
        with open(os.path.join(self.directory, "server.log"), "ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=self.run_as,
                cwd=self.directory,
            )
        return _await(self)

    def halt(self) -> None:
        """End its process; start() brings it back on the same port, with its data."""
        assert self.process is not None
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """End it for good, if we started it."""
        if self.process is not None:
            self.halt()
        if self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)


class PostgreSQL(Server):
    """PostgreSQL over psycopg."""

    stop_signal = signal.SIGINT

    def connect(self, database: str | None = None) -> Any:
        import psycopg

        return psycopg.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password or None,
            dbname=database or "postgres",
            autocommit=True,
            connect_timeout=5,
        )

    def create_database(self, name: str) -> None:
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')

    def drop_database(self, name: str) -> None:
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def empty_database(self, name: str) -> None:
        """Drop every object, and whoever still holds a connection."""
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
            "SET client_min_messages = error",
            "SELECT lo_unlink(oid) FROM pg_largeobject_metadata",
            "DROP SCHEMA public CASCADE",
            "CREATE SCHEMA public",
            database=name,
        )


class MariaDB(Server):
    """MariaDB over PyMySQL."""

    def connect(self, database: str | None = None) -> Any:
        import pymysql

        return pymysql.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            database=database,
            autocommit=True,
            connect_timeout=5,
        )

    def create_database(self, name: str) -> None:
        self.execute(
            f"DROP DATABASE IF EXISTS `{name}`",
            f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4",
        )

    def drop_database(self, name: str) -> None:
        self.empty_connections(name)
        self.execute(f"DROP DATABASE IF EXISTS `{name}`")

    def empty_connections(self, name: str) -> None:
        """End whoever still holds a connection: an open transaction would block the DROP."""
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT id FROM information_schema.processlist WHERE db = %s", (name,)
                )
                for (ident,) in cursor.fetchall():
                    try:
                        cursor.execute(f"KILL CONNECTION {int(ident)}")
                    except Exception:
                        pass  # it ended by itself meanwhile
        finally:
            connection.close()

    def empty_database(self, name: str) -> None:
        """Make the database anew."""
        self.empty_connections(name)
        self.create_database(name)


def find_postgresql() -> Server:
    """Return a running PostgreSQL, started here if need be. Raises NoServer."""
    url = os.environ.get("TEST_POSTGRESQL_URL")
    if url:
        return _from_url(PostgreSQL, "postgresql+psycopg", url, 5432)
    users = dict.fromkeys([os.environ.get("PGUSER") or getpass.getuser(), "postgres"])
    for user in users:
        server = PostgreSQL("postgresql+psycopg", "127.0.0.1", 5432, user, "")
        if _answers(server):
            return server
    return start_postgresql()


def find_mariadb() -> Server:
    """Return a running MariaDB, started here if need be. Raises NoServer."""
    url = os.environ.get("TEST_MARIADB_URL")
    if url:
        return _from_url(MariaDB, "mysql+pymysql", url, 3306)
    server = MariaDB("mysql+pymysql", "127.0.0.1", 3306, "root", "")
    return server if _answers(server) else start_mariadb()


def _from_url(kind: type[Server], driver_url: str, url: str, port: int) -> Server:
    parts = urlsplit(url)
    server = kind(
        driver_url,
        parts.hostname or "127.0.0.1",
        parts.port or port,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )
    if not _answers(server):
        raise NoServer(
            f"nothing usable at {server.host}:{server.port}, which the environment names"
        )
    return server


def _answers(server: Server) -> bool:
    try:
        server.connect().close()
    except ImportError as error:
        raise NoServer(f"the driver is not installed: {error}") from None
    except Exception:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _binary(name: str, *places: str) -> str | None:
    for place in [p for pattern in places for p in sorted(glob.glob(pattern), reverse=True)]:
        candidate = os.path.join(place, name)
        if os.access(candidate, os.X_OK):
            return candidate
    return shutil.which(name)


def _unprivileged(*names: str) -> str | None:
    """Return a user to run a server as when we are root (servers refuse root), else None."""
    if os.getuid() != 0:
        return None
    for name in (*names, "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    return None


def _workplace(user: str | None) -> str:
    directory = tempfile.mkdtemp(prefix="ormsession-server-", dir="/tmp")
    if user is not None:
        shutil.chown(directory, user)
    return directory


def _await(server: Server) -> Server:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if server.process is not None and server.process.poll() is not None:
            log = Path(server.directory or "", "server.log").read_text(errors="replace")[-400:]
            server.stop()
            raise NoServer(f"the server ended while starting: {' '.join(log.split())}")
        if _answers(server):
            return server
        time.sleep(0.1)
    server.stop()
    raise NoServer(f"the server did not answer within {START_TIMEOUT_S} s")


def start_postgresql() -> Server:
    """Start a PostgreSQL of our own, which allows prepared transactions. Raises NoServer."""
    initdb = _binary("initdb", "/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin")
    postgres = _binary("postgres", "/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin")
    if initdb is None or postgres is None:
        raise NoServer("no initdb and postgres on this machine to start a PostgreSQL with")
    user = _unprivileged("postgres")
    directory = _workplace(user)
    data = os.path.join(directory, "data")
    subprocess.run(
        [initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True,
        capture_output=True,
        user=user,
        cwd=directory,
    )
    port = _free_port()
    server = PostgreSQL("postgresql+psycopg", "127.0.0.1", port, "postgres", "")
    server.directory, server.run_as = directory, user
    server.command = [postgres, "-D", data, "-p", str(port), "-k", directory, "-h", "127.0.0.1"]
    server.command += ["-F", "-c", "max_prepared_transactions=10"]
    return server.start()


def start_mariadb() -> Server:
    """Start a MariaDB of our own. Raises NoServer."""
    install = _binary("mariadb-install-db", "/usr/bin") or _binary("mysql_install_db", "/usr/bin")
    mariadbd = _binary("mariadbd", "/usr/sbin") or _binary("mysqld", "/usr/sbin")
    if install is None or mariadbd is None:
        raise NoServer("no mariadb-install-db and mariadbd on this machine to start a MariaDB with")
    user = _unprivileged("mysql")
    directory = _workplace(user)
    data = os.path.join(directory, "data")
    as_user = [f"--user={user}"] if user else []
    subprocess.run(
        [
            install,
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            *as_user,
        ],
        check=True,
        capture_output=True,
    )
    port = _free_port()
    server = MariaDB("mysql+pymysql", "127.0.0.1", port, "root", "")
    server.directory = directory
    server.command = [
        mariadbd,
        "--no-defaults",
        f"--datadir={data}",
        f"--socket={directory}/mysqld.sock",
        f"--pid-file={directory}/mysqld.pid",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        "--innodb-flush-log-at-trx-commit=0",
        *as_user,
    ]
    return server.start()
