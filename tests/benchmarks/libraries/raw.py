"""The bare driver, as a careful programmer would use it: what all others are compared with.

Connections come from a list and go back to it. Work that the libraries do in a session is done
in a transaction: BEGIN, the statements, ROLLBACK or COMMIT. Rows become plain objects with the
same converted values; where rows repeat an object, a dictionary by key keeps it unique.
"""

from __future__ import annotations

import json
import sqlite3
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.benchmarks import checks, data, objects
from tests.benchmarks.cases import Steps
from tests.benchmarks.core_cases import CoreOfDriver
from tests.benchmarks.databases import Place

PERSON = ", ".join(data.PERSON)
NEW = ", ".join(data.PERSON[1:])


class Person:
    """What code on the bare driver would make of a row of person."""

    def __init__(
        self,
        id: int | None,
        name: str,
        email: str,
        age: int,
        score: float,
        city: str | None,
        active: bool,
        joined: datetime,
    ) -> None:
        self.id = id
        self.name = name
        self.email = email
        self.age = age
        self.score = score
        self.city = city
        self.active = active
        self.joined = joined


class Wide:
    """The same for a row of wide."""

    def __init__(
        self,
        id: int,
        price: Decimal,
        at: datetime,
        status: data.Status,
        payload: dict[str, Any],
        token: UUID,
    ) -> None:
        self.id = id
        self.price = price
        self.at = at
        self.status = status
        self.payload = payload
        self.token = token


class Parent:
    """The same for a row of parent."""

    def __init__(self, id: int, name: str) -> None:
        self.id = id
        self.name = name
        self.children: list[Child] = []


class Child:
    """The same for a row of child."""

    def __init__(self, id: int, name: str, parent_id: int) -> None:
        self.id = id
        self.name = name
        self.parent_id = parent_id


class Article:
    """The same for a row of article."""

    def __init__(self, id: int, title: str) -> None:
        self.id = id
        self.title = title
        self.tags: list[Tag] = []


class Tag:
    """The same for a row of tag."""

    def __init__(self, id: int, name: str) -> None:
        self.id = id
        self.name = name


class Raw(CoreOfDriver):
    """The cases on a DB-API driver; what differs between drivers is in the subclasses."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.idle = [self.connect()]
        self.made = 0

    # -- what a driver needs

    def connect(self) -> Any:
        raise NotImplementedError

    def sql(self, text: str) -> str:
        """Return the text with the driver's placeholders."""
        return text

    def make_people(self, rows: list[Any]) -> list[Person]:
        raise NotImplementedError

    def make_wide(self, rows: list[Any]) -> list[Wide]:
        raise NotImplementedError

    def store(self, person: Person) -> tuple[Any, ...]:
        """Return the values of a new person as the driver takes them."""
        raise NotImplementedError

    @contextmanager
    def transaction(self, writing: bool = False) -> Iterator[Any]:
        """Lend a connection for a transaction; what is not committed within is rolled back."""
        connection = self.idle.pop()
        try:
            self.begin(connection, writing)
            yield connection
        finally:
            connection.rollback()
            self.idle.append(connection)

    def begin(self, connection: Any, writing: bool) -> None:
        raise NotImplementedError

    # -- reading

    def load(self, limit: int = data.LOADED) -> Steps:
        sql = self.sql(f"SELECT {PERSON} FROM person ORDER BY id LIMIT {limit}")
        yield
        with self.transaction() as connection:
            people = self.make_people(connection.execute(sql).fetchall())
        yield
        return checks.people(people)

    def wide(self) -> Steps:
        sql = "SELECT id, price, at, status, payload, token FROM wide ORDER BY id"
        yield
        with self.transaction() as connection:
            found = self.make_wide(connection.execute(sql).fetchall())
        yield
        return checks.wide(found)

    def rows(self) -> Steps:
        sql = f"SELECT id, name, email, age, score FROM person ORDER BY id LIMIT {data.LOADED}"
        yield
        with self.transaction() as connection:
            found = connection.execute(sql).fetchall()
        yield
        return len(found), tuple(found[-1])

    def get(self) -> Steps:
        sql = self.sql(f"SELECT {PERSON} FROM person WHERE id = ?")
        total = 0
        yield
        for n in range(1, 301):
            with self.transaction() as connection:
                (person,) = self.make_people([connection.execute(sql, (n,)).fetchone()])
                total += person.age
        yield
        return total

    def identity(self) -> Steps:
        sql = self.sql(f"SELECT {PERSON} FROM person LIMIT 300")
        with self.transaction() as connection:
            people = {p.id: p for p in self.make_people(connection.execute(sql).fetchall())}
        total = 0
        yield
        for _ in range(10):
            for n in range(1, 301):
                total += people[n].age
        yield
        return total

    def filter(self) -> Steps:
        sql = self.sql(f"SELECT {PERSON} FROM person WHERE age = ? ORDER BY id LIMIT ?")
        total = 0
        yield
        for n in range(100):
            with self.transaction() as connection:
                rows = connection.execute(sql, (30 + n % 9, 20)).fetchall()
                total += self.make_people(rows)[-1].age
        yield
        return total

    # -- relationships

    def selectin(self) -> Steps:
        yield
        with self.transaction() as connection:
            rows = connection.execute("SELECT id, name FROM parent").fetchall()
            parents = {row[0]: Parent(*row) for row in rows}
            marks = ",".join([self.sql("?")] * len(parents))
            sql = f"SELECT id, name, parent_id FROM child WHERE parent_id IN ({marks}) ORDER BY id"
            for row in connection.execute(sql, tuple(parents)).fetchall():
                parents[row[2]].children.append(Child(*row))
        yield
        return checks.parents(list(parents.values()))

    def joined(self) -> Steps:
        sql = (
            "SELECT parent.id, parent.name, child.id, child.name, child.parent_id FROM parent "
            "LEFT OUTER JOIN child ON child.parent_id = parent.id ORDER BY child.id"
        )
        parents: dict[int, Parent] = {}
        yield
        with self.transaction() as connection:
            for ident, name, child, child_name, parent_id in connection.execute(sql).fetchall():
                parent = parents.get(ident)
                if parent is None:
                    parent = parents[ident] = Parent(ident, name)
                if child is not None:
                    parent.children.append(Child(child, child_name, parent_id))
        yield
        return checks.parents(list(parents.values()))

    def lazy(self) -> Steps:
        sql = self.sql("SELECT id, name, parent_id FROM child WHERE parent_id = ? ORDER BY id")
        yield
        with self.transaction() as connection:
            rows = connection.execute("SELECT id, name FROM parent ORDER BY id LIMIT 200")
            parents = {row[0]: Parent(*row) for row in rows.fetchall()}
            children: dict[int, Child] = {}
            for parent in parents.values():
                for row in connection.execute(sql, (parent.id,)).fetchall():
                    child = children.get(row[0])
                    if child is None:
                        child = children[row[0]] = Child(*row)
                    parent.children.append(child)
        yield
        return checks.parents(list(parents.values()))

    def m2m(self) -> Steps:
        yield
        with self.transaction() as connection:
            rows = connection.execute("SELECT id, title FROM article").fetchall()
            articles = {row[0]: Article(*row) for row in rows}
            marks = ",".join([self.sql("?")] * len(articles))
            sql = (
                "SELECT article_tag.article_id, tag.id, tag.name FROM article_tag "
                "JOIN tag ON tag.id = article_tag.tag_id "
                f"WHERE article_tag.article_id IN ({marks}) ORDER BY tag.id"
            )
            tags: dict[int, Tag] = {}
            for article_id, ident, name in connection.execute(sql, tuple(articles)).fetchall():
                tag = tags.get(ident)
                if tag is None:
                    tag = tags[ident] = Tag(ident, name)
                articles[article_id].tags.append(tag)
        yield
        return checks.articles(list(articles.values()))

    # -- writing; the tables are left as they were

    def insert(self, count: int = data.LOADED) -> Steps:
        """Rows by the hundred in one INSERT; keys are matched in ascending order."""
        people = [Person(None, **data.new_person(n)) for n in range(count)]
        size = 100
        marks = f"({','.join('?' * 7)})"
        sql = self.sql(f"INSERT INTO person ({NEW}) VALUES {','.join([marks] * size)} RETURNING id")
        with self.transaction() as connection:
            yield
            store = self.store
            for start in range(0, count, size):
                part = people[start : start + size]
                values = [value for person in part for value in store(person)]
                found = sorted(connection.execute(sql, values).fetchall())
                for person, (ident,) in zip(part, found, strict=True):
                    person.id = ident
            yield
        return len({person.id for person in people})

    def commit(self) -> Steps:
        sql = self.sql(f"INSERT INTO person ({NEW}) VALUES ({','.join('?' * 7)}) RETURNING id")
        made = []
        yield
        for n in range(100):
            with self.transaction(writing=True) as connection:
                person = Person(None, **data.new_person(n))
                (person.id,) = connection.execute(sql, self.store(person)).fetchone()
                connection.commit()
                made.append(person.id)
        yield
        self.remove_made()
        return len(set(made))

    def remove_made(self) -> None:
        """Delete what was committed, untimed."""
        with self.transaction() as connection:
            connection.execute(f"DELETE FROM person WHERE id > {data.PEOPLE}")
            connection.commit()

    def bulk(self) -> Steps:
        sql = self.sql(f"INSERT INTO person ({NEW}) VALUES ({','.join('?' * 7)})")
        values = [data.new_person(n) for n in range(data.LOADED)]
        with self.transaction() as connection:
            yield
            store = self.store_mapping
            connection.cursor().executemany(sql, [store(each) for each in values])
            yield
            (found,) = connection.execute("SELECT count(*) FROM person").fetchone()
        return found

    def store_mapping(self, values: dict[str, Any]) -> Any:
        """Return the values of a dictionary as the driver takes them."""
        raise NotImplementedError

    def update(self) -> Steps:
        query = f"SELECT {PERSON} FROM person ORDER BY id LIMIT 2000"
        with self.transaction() as connection:
            people = self.make_people(connection.execute(query).fetchall())
            for person in people:
                person.age += 1
            yield
            connection.cursor().executemany(
                self.sql("UPDATE person SET age = ? WHERE id = ?"),
                [(person.age, person.id) for person in people],
            )
            yield
            (total,) = connection.execute("SELECT sum(age) FROM person").fetchone()
        return total

    def delete(self) -> Steps:
        query = f"SELECT {PERSON} FROM person ORDER BY id LIMIT 2000"
        with self.transaction() as connection:
            people = self.make_people(connection.execute(query).fetchall())
            yield
            for start in range(0, len(people), 500):
                idents = [person.id for person in people[start : start + 500]]
                marks = ",".join([self.sql("?")] * len(idents))
                connection.execute(f"DELETE FROM person WHERE id IN ({marks})", idents)
            yield
            (total,) = connection.execute("SELECT count(*) FROM person").fetchone()
        return total

    # -- transactions and statements

    def savepoint(self) -> Steps:
        with self.transaction() as connection:
            yield
            for _ in range(300):
                connection.execute("SAVEPOINT s")
                connection.execute("RELEASE SAVEPOINT s")
            yield
        return 300

    def expire(self) -> Steps:
        update = self.sql("UPDATE person SET age = ? WHERE id = ?")
        select = self.sql(f"SELECT {PERSON} FROM person WHERE id = ?")
        person = Person(1, **data.new_person(1))
        yield
        for n in range(100):
            with self.transaction(writing=True) as connection:
                person.age = n
                connection.execute(update, (person.age, person.id))
                connection.commit()
            with self.transaction() as connection:
                rows = [connection.execute(select, (person.id,)).fetchone()]
                (found,) = self.make_people(rows)
                person.__dict__.update(found.__dict__)
        yield
        return person.age

    def execute(self) -> Steps:
        sql = self.sql("SELECT id, name FROM person WHERE id > ? AND age = ? ORDER BY id LIMIT ?")
        total = 0
        with self.transaction() as connection:
            yield
            for n in range(200):
                rows = connection.execute(sql, (n, 20 + n % 40, 4)).fetchall()
                total += rows[-1][0]
            yield
        return total

    # -- objects

    def read(self) -> Steps:
        return objects.read_attributes(Person(*data.person(1)))

    def write(self) -> Steps:
        return objects.write_attributes(Person(*data.person(1)))

    def memory(self) -> Steps:
        sql = f"SELECT {PERSON} FROM person"
        with self.transaction() as connection:
            tracemalloc.start()
            yield
            people = self.make_people(connection.execute(sql).fetchall())
            yield objects.bytes_in_use() / len(people)
            tracemalloc.stop()
        return len(people)


class RawSQLite(Raw):
    """sqlite3, which has neither booleans nor dates."""

    def connect(self) -> Any:
        connection = sqlite3.connect(self.place.name, isolation_level=None)
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def make_people(self, rows: list[Any]) -> list[Person]:
        parse = datetime.fromisoformat
        return [
            Person(ident, name, email, age, score, city, bool(active), parse(joined))
            for ident, name, email, age, score, city, active, joined in rows
        ]

    def make_wide(self, rows: list[Any]) -> list[Wide]:
        parse, loads, status_of = datetime.fromisoformat, json.loads, data.Status.__members__
        return [
            Wide(
                ident, Decimal(f"{price:.2f}"), parse(at), status_of[status], loads(raw), UUID(key)
            )
            for ident, price, at, status, raw, key in rows
        ]

    def store(self, person: Person) -> tuple[Any, ...]:
        return (
            person.name,
            person.email,
            person.age,
            person.score,
            person.city,
            int(person.active),
            person.joined.isoformat(" ", "microseconds"),
        )

    def store_mapping(self, values: dict[str, Any]) -> Any:
        *rest, active, joined = values.values()
        return (*rest, int(active), joined.isoformat(" ", "microseconds"))

    def begin(self, connection: Any, writing: bool) -> None:
        connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")


class RawPostgreSQL(Raw):
    """psycopg 3, whose connections begin a transaction by themselves."""

    def connect(self) -> Any:
        import psycopg

        place = self.place
        return psycopg.connect(
            host=place.host,
            port=place.port,
            user=place.user,
            password=place.password or None,
            dbname=place.name,
        )

    def begin(self, connection: Any, writing: bool) -> None:
        pass

    def sql(self, text: str) -> str:
        return text.replace("?", "%s")

    def make_people(self, rows: list[Any]) -> list[Person]:
        return [Person(*row) for row in rows]

    def make_wide(self, rows: list[Any]) -> list[Wide]:
        status_of = data.Status.__members__
        return [
            Wide(ident, price, at, status_of[status], payload, token)
            for ident, price, at, status, payload, token in rows
        ]

    def store(self, person: Person) -> tuple[Any, ...]:
        return (
            person.name,
            person.email,
            person.age,
            person.score,
            person.city,
            person.active,
            person.joined,
        )

    def store_mapping(self, values: dict[str, Any]) -> Any:
        return tuple(values.values())


def open_library(place: Place) -> Raw:
    """Return the cases for a database."""
    return RawSQLite(place) if place.kind == "sqlite" else RawPostgreSQL(place)
