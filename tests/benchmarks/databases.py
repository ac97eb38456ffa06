"""The databases that are measured: made and filled with the bare drivers, before anything else."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks import data

TABLES = """
CREATE TABLE person (id {serial}, name VARCHAR(80) NOT NULL, email VARCHAR(120) NOT NULL,
  age INTEGER NOT NULL, score {double} NOT NULL, city VARCHAR(60), active BOOLEAN NOT NULL,
  joined {timestamp} NOT NULL);
CREATE TABLE wide (id {serial}, price NUMERIC(10, 2) NOT NULL, at {timestamp} NOT NULL,
  status VARCHAR(10) NOT NULL, payload {json} NOT NULL, token {uuid} NOT NULL);
CREATE TABLE parent (id {serial}, name VARCHAR(40) NOT NULL);
CREATE TABLE child (id {serial}, name VARCHAR(40) NOT NULL,
  parent_id INTEGER NOT NULL REFERENCES parent (id));
CREATE INDEX ix_child_parent_id ON child (parent_id);
CREATE TABLE article (id {serial}, title VARCHAR(40) NOT NULL);
CREATE TABLE tag (id {serial}, name VARCHAR(40) NOT NULL);
CREATE TABLE article_tag (article_id INTEGER NOT NULL REFERENCES article (id),
  tag_id INTEGER NOT NULL REFERENCES tag (id), PRIMARY KEY (article_id, tag_id));
"""


@dataclass(frozen=True)
class Place:
    """Where a database is: what a library needs to connect.

    kind: "sqlite" or "postgresql". name: the path of the file, or the database's name.
    """

    kind: str
    name: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""

    @property
    def url(self) -> str:
        """The URL, for the libraries that take one."""
        if self.kind == "sqlite":
            return f"sqlite:///{self.name}"
        login = f"{self.user}:{self.password}" if self.password else self.user
        return f"postgresql+psycopg://{login}@{self.host}:{self.port}/{self.name}"


class Database:
    """One database of the benchmarks, to be built and removed."""

    title: str
    place: Place
    column_types: dict[str, str]

    def build(self) -> None:
        """Make the tables and rows, in an empty database."""
        raise NotImplementedError

    def remove(self) -> None:
        """Drop what build() made."""

    def server_version(self) -> str:
        """Return the version of the database."""
        raise NotImplementedError

    def rows(self) -> Iterable[tuple[str, Iterable[tuple[Any, ...]]]]:
        """Yield (table, rows) as the driver takes them."""
        yield "person", (self.store_person(data.person(n)) for n in range(1, data.PEOPLE + 1))
        yield "wide", (self.store_wide(data.wide(n)) for n in range(1, data.WIDE + 1))
        yield "parent", ((n, f"Parent {n}") for n in range(1, data.PARENTS + 1))
        yield "child", data.children()
        yield "article", ((n, f"Article {n}") for n in range(1, data.ARTICLES + 1))
        yield "tag", ((n, f"Tag {n}") for n in range(1, data.TAGS + 1))
        yield "article_tag", data.article_tags()

    def store_person(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        return values

    def store_wide(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        raise NotImplementedError


class SQLite(Database):
    """A file in WAL mode. Values are stored as SQLAlchemy, Django, Peewee and we all read them."""

    title = "SQLite"
    column_types = {
        "serial": "INTEGER PRIMARY KEY",
        "double": "FLOAT",
        "timestamp": "DATETIME",
        "json": "JSON",
        "uuid": "CHAR(32)",
    }

    def __init__(self, directory: str) -> None:
        self.place = Place("sqlite", os.path.join(directory, "bench.db"))

    def build(self) -> None:
        connection = sqlite3.connect(self.place.name)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(TABLES.format_map(self.column_types))
        for table, rows in self.rows():
            first, *others = rows
            marks = ",".join("?" * len(first))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", [first, *others])
        connection.execute("ANALYZE")
        connection.commit()
        connection.close()

    def store_person(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        *rest, active, joined = values
        return (*rest, int(active), joined.isoformat(" ", "microseconds"))

    def store_wide(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        number, price, at, status, payload, token = values
        stored_at = at.isoformat(" ", "microseconds")
        return number, float(price), stored_at, status.name, json.dumps(payload), token.hex

    def server_version(self) -> str:
        return sqlite3.sqlite_version


class PostgreSQL(Database):
    """A database of its own on the server that the suite uses, dropped at the end."""

    title = "PostgreSQL"
    column_types = {
        "serial": "SERIAL PRIMARY KEY",
        "double": "DOUBLE PRECISION",
        "timestamp": "TIMESTAMP",
        "json": "JSONB",
        "uuid": "UUID",
    }

    def __init__(self, directory: str) -> None:
        support = str(Path(__file__).parents[1] / "support")
        if support not in sys.path:
            sys.path.append(support)
        from database_servers import find_postgresql

        self.server = server = find_postgresql()
        self.place = Place(
            "postgresql",
            f"ormsession_bench_{os.getpid()}",
            server.host,
            server.port,
            server.user,
            server.password,
        )

    def build(self) -> None:
        self.server.create_database(self.place.name)
        connection = self.server.connect(self.place.name)
        connection.execute(TABLES.format_map(self.column_types))
        for table, rows in self.rows():
            with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            if table != "article_tag":
                connection.execute(
                    f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"
                )
        connection.execute("VACUUM ANALYZE")
        connection.close()

    def remove(self) -> None:
        self.server.drop_database(self.place.name)
        self.server.stop()

    def store_wide(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        number, price, at, status, payload, token = values
        return number, price, at, status.name, json.dumps(payload), token

    def server_version(self) -> str:
        connection = self.server.connect()
        try:
            (version,) = connection.execute("SHOW server_version").fetchone()
        finally:
            connection.close()
        return str(version).split()[0]


#: directory -> Database
DATABASES: dict[str, Callable[[str], Database]] = {"sqlite": SQLite, "postgresql": PostgreSQL}
