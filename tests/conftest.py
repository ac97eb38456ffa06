"""Fixtures for the whole suite: an empty database per test, on three kinds of server.

With CI=true a missing server or browser is a failure; elsewhere the tests that need it
are skipped, with the reason in one line.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from database_servers import NoServer, Server, find_mariadb, find_postgresql

from orm import Engine, create_engine

pytest_plugins = ["pytester"]

DATABASES = ("sqlite", "postgresql", "mariadb")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-exports",
        action="store_true",
        help="record the public names as they are now (tests/architecture/exports.txt)",
    )
    parser.addoption(
        "--load-seconds",
        default="1.5",
        help="how long the clients of tests/scenarios/test_under_load.py go on (the long run: 20)",
    )


class ServerDatabases:
    """Hands out one database per server and test process, emptied between tests."""

    def __init__(self) -> None:
        self._servers: dict[str, Server | NoServer] = {}
        self._name = f"ormsession_test_{os.getpid()}"
        self._find: dict[str, Callable[[], Server]] = {
            "postgresql": find_postgresql,
            "mariadb": find_mariadb,
        }

    def server(self, kind: str) -> Server:
        """Return the server, looked for once. Skips (fails in CI) when there is none."""
        found = self._servers.get(kind)
        if found is None:
            try:
                found = self._find[kind]()
                found.create_database(self._name)  # type: ignore[attr-defined]
            except NoServer as error:
                found = error
            self._servers[kind] = found
        if isinstance(found, NoServer):
            missing(f"{kind}: {found}")
        return found

    def url(self, kind: str) -> str:
        return self.server(kind).url(self._name)

    def empty(self, kind: str) -> None:
        self.server(kind).empty_database(self._name)  # type: ignore[attr-defined]

    def close(self) -> None:
        for server in self._servers.values():
            if isinstance(server, Server):
                server.drop_database(self._name)  # type: ignore[attr-defined]
                server.stop()


def missing(reason: str) -> Any:
    """Skip the test, or fail it where everything has to be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def server_databases() -> Iterator[ServerDatabases]:
    databases = ServerDatabases()
    yield databases
    databases.close()


@pytest.fixture(params=DATABASES)
def db_kind(request: pytest.FixtureRequest) -> str:
    """The kind of database: "sqlite", "postgresql" or "mariadb"."""
    return str(request.param)


@pytest.fixture
def db_url(db_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of each kind in turn."""
    if db_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    databases: ServerDatabases = request.getfixturevalue("server_databases")
    yield databases.url(db_kind)
    databases.empty(db_kind)


@pytest.fixture
def engine(db_url: str) -> Iterator[Engine]:
    """An engine on an empty database of each kind in turn."""
    made = create_engine(db_url)
    yield made
    made.dispose()


@pytest.fixture
def sqlite_engine() -> Iterator[Engine]:
    """An engine on an empty SQLite database in memory."""
    made = create_engine("sqlite://")
    yield made
    made.dispose()


@pytest.fixture(autouse=True)
def no_models_of_others(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hide what other test modules declared on `flask_ormsession.Model`, which is one for the process."""
    loaded = sys.modules.get("flask_ormsession.model")
    if loaded is None or hasattr(request.module, "Model"):
        yield
        return
    default = loaded.Model.metadata
    metadatas = (default, *default.info.get("by_bind_key", {}).values())
    tables = [dict(each._tables) for each in metadatas]
    for each in metadatas:
        each._tables.clear()
    yield
    for each, known in zip(metadatas, tables, strict=True):
        each._tables.clear()
        each._tables.update(known)
