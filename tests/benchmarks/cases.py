"""What is timed. Each case exists twice: for the bare driver, and for a library's names.

A case is a function that takes its context and returns a function to be timed; that one
returns a value which must be equal for every library (the check that all did the work).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.benchmarks import data
from tests.benchmarks.libraries import RawChild, RawParent, RawPerson

Timed = Callable[[], object]
PERSON = ("id", "name", "email", "age", "score", "city", "active", "joined")
NEW = 10_000


def _raw_people(cursor: sqlite3.Cursor) -> list[RawPerson]:
    parse = datetime.fromisoformat
    return [
        RawPerson(ident, name, email, age, score, city, bool(active), parse(joined))
        for ident, name, email, age, score, city, active, joined in cursor.fetchall()
    ]


def _check(people: list[Any]) -> object:
    last = people[-1]
    return len(people), last.name, last.active, last.joined.isoformat(), last.city


# -- reading ---------------------------------------------------------------------------------


def raw_load(connection: sqlite3.Connection) -> Timed:
    sql = f"SELECT {', '.join(PERSON)} FROM person"
    return lambda: _check(_raw_people(connection.execute(sql)))


def lib_load(lib: Any, engine: Any) -> Timed:
    def run() -> object:
        with lib.Session(engine) as session:
            return _check(session.scalars(lib.select(lib.Person)).all())

    return run


def raw_rows(connection: sqlite3.Connection) -> Timed:
    sql = "SELECT id, name, email, age, score FROM person"
    return lambda: tuple(connection.execute(sql).fetchall()[-1])


def lib_rows(lib: Any, engine: Any) -> Timed:
    P = lib.Person

    def run() -> object:
        with engine.connect() as connection:
            statement = lib.select(P.id, P.name, P.email, P.age, P.score)
            return tuple(connection.execute(statement).all()[-1])

    return run


def raw_get(connection: sqlite3.Connection) -> Timed:
    sql = f"SELECT {', '.join(PERSON)} FROM person WHERE id = ?"

    def run() -> object:
        return sum(_raw_people(connection.execute(sql, (n,)))[0].age for n in range(1, 301))

    return run


def lib_get(lib: Any, engine: Any) -> Timed:
    def run() -> object:
        total = 0
        for n in range(1, 301):
            with lib.Session(engine) as session:
                total += session.get(lib.Person, n).age
        return total

    return run


def raw_filter(connection: sqlite3.Connection) -> Timed:
    sql = f"SELECT {', '.join(PERSON)} FROM person WHERE age > ? ORDER BY id LIMIT ?"

    def run() -> object:
        return sum(
            _check(_raw_people(connection.execute(sql, (30 + n % 9, 20))))[0]  # type: ignore[index]
            for n in range(100)
        )

    return run


def lib_filter(lib: Any, engine: Any) -> Timed:
    P = lib.Person

    def run() -> object:
        total = 0
        for n in range(100):
            with lib.Session(engine) as session:
                statement = lib.select(P).where(P.age > 30 + n % 9).order_by(P.id).limit(20)
                total += _check(session.scalars(statement).all())[0]  # type: ignore[index]
        return total

    return run


def raw_children(connection: sqlite3.Connection) -> Timed:
    def run() -> object:
        rows = connection.execute("SELECT id, name FROM parent").fetchall()
        parents = {row[0]: RawParent(*row) for row in rows}
        for row in connection.execute("SELECT id, name, parent_id FROM child ORDER BY id"):
            parents[row[2]].children.append(RawChild(*row))
        return sum(len(parent.children) for parent in parents.values())

    return run


def _lib_children(lib: Any, engine: Any, option: Any) -> Timed:
    def run() -> object:
        with lib.Session(engine) as session:
            statement = lib.select(lib.Parent).options(option(lib.Parent.children))
            found = session.scalars(statement).unique().all()
            return sum(len(parent.children) for parent in found)

    return run


def lib_selectin(lib: Any, engine: Any) -> Timed:
    return _lib_children(lib, engine, lib.selectinload)


def lib_joined(lib: Any, engine: Any) -> Timed:
    return _lib_children(lib, engine, lib.joinedload)


def raw_lazy(connection: sqlite3.Connection) -> Timed:
    def run() -> object:
        total = 0
        sql = "SELECT id, name FROM parent ORDER BY id LIMIT 200"
        for ident, _name in connection.execute(sql).fetchall():
            sql = "SELECT id, name, parent_id FROM child WHERE parent_id = ? ORDER BY id"
            rows = connection.execute(sql, (ident,)).fetchall()
            total += len([RawChild(*row) for row in rows])
        return total

    return run


def lib_lazy(lib: Any, engine: Any) -> Timed:
    def run() -> object:
        with lib.Session(engine) as session:
            statement = lib.select(lib.Parent).order_by(lib.Parent.id).limit(200)
            return sum(len(parent.children) for parent in session.scalars(statement).all())

    return run


# -- writing: every run leaves the tables as they were -----------------------------------------


def raw_insert(connection: sqlite3.Connection) -> Timed:
    sql = f"INSERT INTO person ({', '.join(PERSON[1:])}) VALUES (?,?,?,?,?,?,?) RETURNING id"

    def run() -> object:
        connection.execute("BEGIN")
        made = []
        for n in range(NEW):
            person = RawPerson(None, *data.person_values(n)[1:])  # type: ignore[arg-type]
            values = (
                person.name,
                person.email,
                person.age,
                person.score,
                person.city,
                int(person.active),
                person.joined.isoformat(" ", "microseconds"),
            )
            (person.id,) = connection.execute(sql, values).fetchone()
            made.append(person)
        connection.rollback()
        return len({person.id for person in made})

    return run


def lib_insert(lib: Any, engine: Any) -> Timed:
    def run() -> object:
        with lib.Session(engine) as session:
            made = [
                lib.Person(**dict(zip(PERSON[1:], data.person_values(n)[1:], strict=True)))
                for n in range(NEW)
            ]
            session.add_all(made)
            session.flush()
            count = len({person.id for person in made})
            session.rollback()
            return count

    return run


def raw_update(connection: sqlite3.Connection) -> Timed:
    sql = f"SELECT {', '.join(PERSON)} FROM person ORDER BY id LIMIT 2000"

    def run() -> object:
        people = _raw_people(connection.execute(sql))
        connection.execute("BEGIN")
        for person in people:
            person.age += 1
            connection.execute(
                "UPDATE person SET age = ? WHERE id = ?",
                (person.age, person.id),
            )
        (total,) = connection.execute("SELECT sum(age) FROM person").fetchone()
        connection.rollback()
        return total

    return run


def lib_update(lib: Any, engine: Any) -> Timed:
    P = lib.Person

    def run() -> object:
        with lib.Session(engine) as session:
            for person in session.scalars(lib.select(P).order_by(P.id).limit(2000)).all():
                person.age += 1
            session.flush()
            total = session.scalar(lib.select(lib.func.sum(P.age)))
            session.rollback()
            return total

    return run


def raw_delete(connection: sqlite3.Connection) -> Timed:
    sql = f"SELECT {', '.join(PERSON)} FROM person ORDER BY id LIMIT 2000"

    def run() -> object:
        people = _raw_people(connection.execute(sql))
        connection.execute("BEGIN")
        for person in people:
            connection.execute("DELETE FROM person WHERE id = ?", (person.id,))
        (total,) = connection.execute("SELECT count(*) FROM person").fetchone()
        connection.rollback()
        return total

    return run


def lib_delete(lib: Any, engine: Any) -> Timed:
    P = lib.Person

    def run() -> object:
        with lib.Session(engine) as session:
            for person in session.scalars(lib.select(P).order_by(P.id).limit(2000)).all():
                session.delete(person)
            session.flush()
            total = session.scalar(lib.select(lib.func.count()).select_from(P))
            session.rollback()
            return total

    return run


# -- memory ------------------------------------------------------------------------------------


def raw_reads(connection: sqlite3.Connection) -> Timed:
    sql = f"SELECT {', '.join(PERSON)} FROM person LIMIT 1"
    (person,) = _raw_people(connection.execute(sql))
    return lambda: _read_many(person)


def lib_reads(lib: Any, engine: Any) -> Timed:
    session = lib.Session(engine)
    person = session.get(lib.Person, 1)

    def run() -> object:
        assert session is not None  # kept alive, so that the object stays attached
        return _read_many(person)

    return run


def _read_many(person: Any) -> object:
    total = 0
    for _ in range(200_000):
        total += person.age
    return total


CASES: dict[str, tuple[str, Any, Any]] = {
    "load": ("load 10,000 entities of 8 columns", raw_load, lib_load),
    "rows": ("10,000 rows of 5 columns", raw_rows, lib_rows),
    "get": ("get by key in a fresh session", raw_get, lib_get),
    "filter": ("build, filter, 20 entities", raw_filter, lib_filter),
    "selectin": ("1,000 parents x 10 children, selectin", raw_children, lib_selectin),
    "joined": ("1,000 parents x 10 children, joined", raw_children, lib_joined),
    "lazy": ("plain access over 200 parents", raw_lazy, lib_lazy),
    "insert": ("insert flush of 10,000, generated keys", raw_insert, lib_insert),
    "update": ("load 2,000, update flush", raw_update, lib_update),
    "delete": ("load 2,000, delete flush", raw_delete, lib_delete),
    "read": ("200,000 attribute reads", raw_reads, lib_reads),
}
