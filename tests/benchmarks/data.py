"""The tables and rows of the benchmarks, written with the bare driver."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

PEOPLE = 10_000
PARENTS = 1_000
CHILDREN = 10

SCHEMA = """
CREATE TABLE person (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, email VARCHAR(120) NOT NULL,
  age INTEGER NOT NULL, score FLOAT NOT NULL, city VARCHAR(60), active BOOLEAN NOT NULL,
  joined DATETIME NOT NULL);
CREATE TABLE parent (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL);
CREATE TABLE child (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL,
  parent_id INTEGER NOT NULL REFERENCES parent (id));
CREATE INDEX ix_child_parent_id ON child (parent_id);
"""

FIRST_DAY = datetime(2020, 1, 1, 12, 30)


def person_values(number: int) -> tuple[object, ...]:
    """Return the eight values of person `number`, datetime as datetime."""
    return (
        number,
        f"Person {number}",
        f"person{number}@example.org",
        18 + number % 60,
        number / 7,
        None if number % 5 == 0 else f"City {number % 100}",
        number % 3 != 0,
        FIRST_DAY + timedelta(hours=number),
    )


def to_stored(values: tuple[object, ...]) -> tuple[object, ...]:
    """Return the values as SQLite keeps them (the text form both libraries use)."""
    *rest, active, joined = values
    assert isinstance(joined, datetime)
    return (*rest, int(bool(active)), joined.strftime("%Y-%m-%d %H:%M:%S.%f"))


def build(path: str) -> None:
    """Make the database file with all rows."""
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    connection.executemany(
        "INSERT INTO person VALUES (?,?,?,?,?,?,?,?)",
        (to_stored(person_values(n)) for n in range(1, PEOPLE + 1)),
    )
    connection.executemany(
        "INSERT INTO parent VALUES (?,?)", ((n, f"Parent {n}") for n in range(1, PARENTS + 1))
    )
    connection.executemany(
        "INSERT INTO child VALUES (?,?,?)",
        ((n, f"Child {n}", (n - 1) // CHILDREN + 1) for n in range(1, PARENTS * CHILDREN + 1)),
    )
    connection.commit()
    connection.close()
