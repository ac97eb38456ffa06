"""Pony's entities; its db_session is an identity map and a transaction, as a Session is.

Not here: what Pony does not have (savepoints, bulk statements, joined loading).
"""

from __future__ import annotations

import tracemalloc
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pony import orm as pony

from tests.benchmarks import checks, data, objects
from tests.benchmarks.cases import Steps
from tests.benchmarks.databases import Place


def define_entities(database: Any, on_server: bool) -> dict[str, Any]:
    """Define the entities on a database; returns them by name."""
    Required, Optional, Set = pony.Required, pony.Optional, pony.Set
    PrimaryKey = pony.PrimaryKey

    class Person(database.Entity):
        _table_ = "person"
        id = PrimaryKey(int, auto=True)
        name = Required(str)
        email = Required(str)
        age = Required(int)
        score = Required(float)
        city = Optional(str, nullable=True)
        active = Required(bool)
        joined = Required(datetime)

    class Wide(database.Entity):
        _table_ = "wide"
        id = PrimaryKey(int, auto=True)
        price = Required(Decimal, precision=10, scale=2)
        at = Required(datetime)
        status = Required(str)  # Pony has no enumerations
        payload = Required(pony.Json)
        # Pony keeps UUIDs of SQLite in a form of its own, which the others do not read
        token = Required(UUID) if on_server else Required(str)

    class Parent(database.Entity):
        _table_ = "parent"
        id = PrimaryKey(int, auto=True)
        name = Required(str)
        children = Set("Child")

    class Child(database.Entity):
        _table_ = "child"
        id = PrimaryKey(int, auto=True)
        name = Required(str)
        parent = Required(Parent, column="parent_id")

    class Article(database.Entity):
        _table_ = "article"
        id = PrimaryKey(int, auto=True)
        title = Required(str)
        tags = Set("Tag", table="article_tag", column="tag_id")

    class Tag(database.Entity):
        _table_ = "tag"
        id = PrimaryKey(int, auto=True)
        name = Required(str)
        articles = Set(Article, column="article_id")

    return dict(locals())


class PonyORM:
    """The cases with Pony."""

    def __init__(self, place: Place) -> None:
        database = pony.Database()
        entities = define_entities(database, place.kind != "sqlite")
        if place.kind == "sqlite":
            database.bind("sqlite", place.name)
        else:
            database.bind(
                "postgres",
                host=place.host,
                port=place.port,
                user=place.user,
                password=place.password,
                database=place.name,
            )
        database.generate_mapping(create_tables=False, check_tables=False)
        self.database = database
        self.Person, self.Wide, self.Parent = (
            entities["Person"],
            entities["Wide"],
            entities["Parent"],
        )
        self.Article = entities["Article"]

    def load(self, limit: int = data.LOADED) -> Steps:
        yield
        with pony.db_session:
            people = self.Person.select().order_by(self.Person.id)[:limit][:]
        yield
        with pony.db_session:
            return checks.people(people)

    def wide(self) -> Steps:
        yield
        with pony.db_session:
            found = self.Wide.select().order_by(self.Wide.id)[:]
            yield
            last = found[-1]
            cents = sum(round(each.price * 100) for each in found)
            at, token = last.at.isoformat(), str(UUID(str(last.token)))
            return cents, at, last.status, last.payload["deep"]["x"], token

    def rows(self) -> Steps:
        P = self.Person
        yield
        with pony.db_session:
            query = pony.select((p.id, p.name, p.email, p.age, p.score) for p in P)
            found = query.order_by(1)[: data.LOADED][:]
        yield
        return len(found), tuple(found[-1])

    def get(self) -> Steps:
        Person = self.Person
        total = 0
        yield
        for n in range(1, 301):
            with pony.db_session:
                total += Person[n].age
        yield
        return total

    def identity(self) -> Steps:
        Person = self.Person
        total = 0
        with pony.db_session:
            Person.select()[:300][:]
            yield
            for _ in range(10):
                for n in range(1, 301):
                    total += Person[n].age
            yield
        return total

    def filter(self) -> Steps:
        P = self.Person
        total = 0
        yield
        for n in range(100):
            with pony.db_session:
                age = 30 + n % 9
                query = pony.select(p for p in P if p.age == age).order_by(P.id)
                total += query[:20][:][-1].age
        yield
        return total

    def lazy(self) -> Steps:
        Parent = self.Parent
        with pony.db_session:
            yield
            with pony.db_session:
                found = Parent.select().order_by(Parent.id)[:200][:]
                lists = [sorted(parent.children, key=_ident) for parent in found]
            yield
            return checks.parents([_View("children", each) for each in lists])

    def selectin(self) -> Steps:
        Parent = self.Parent
        with pony.db_session:
            yield
            with pony.db_session:
                found = Parent.select().prefetch(Parent.children)[:]
                lists = [sorted(parent.children, key=_ident) for parent in found]
            yield
            return checks.parents([_View("children", each) for each in lists])

    def m2m(self) -> Steps:
        Article = self.Article
        with pony.db_session:
            yield
            with pony.db_session:
                found = Article.select().prefetch(Article.tags)[:]
                lists = [sorted(article.tags, key=_ident) for article in found]
            yield
            return checks.articles([_View("tags", each) for each in lists])

    def insert(self, count: int = data.LOADED) -> Steps:
        with pony.db_session:
            people = [self.Person(**data.new_person(n)) for n in range(count)]
            yield
            pony.flush()
            yield
            found = len({person.id for person in people})
            pony.rollback()
        return found

    def commit(self) -> Steps:
        made = []
        yield
        for n in range(100):
            with pony.db_session:
                person = self.Person(**data.new_person(n))
                pony.commit()
                made.append(person.id)
        yield
        with pony.db_session:
            self.database.execute(f"DELETE FROM person WHERE id > {data.PEOPLE}")
        return len(set(made))

    def update(self) -> Steps:
        P = self.Person
        with pony.db_session:
            for person in P.select().order_by(P.id)[:2000]:
                person.age += 1
            yield
            pony.flush()
            yield
            total = pony.sum(p.age for p in P)
            pony.rollback()
        return total

    def delete(self) -> Steps:
        P = self.Person
        with pony.db_session:
            people = P.select().order_by(P.id)[:2000][:]
            yield
            for person in people:
                person.delete()
            pony.flush()
            yield
            total = pony.count(p for p in P)
            pony.rollback()
        return total

    def expire(self) -> Steps:
        Person = self.Person
        yield
        for n in range(100):
            with pony.db_session:
                Person[1].age = n
            with pony.db_session:
                assert Person[1].age == n
        yield
        return n

    def execute(self) -> Steps:
        P = self.Person
        total = 0
        with pony.db_session:
            yield
            for n in range(200):
                age = 20 + n % 40
                query = pony.select((p.id, p.name) for p in P if p.id > n and p.age == age)
                total += query.order_by(1)[:4][:][-1][0]
            yield
        return total

    def read(self) -> Steps:
        with pony.db_session:
            result = yield from objects.read_attributes(self.Person[1])
        return result

    def write(self) -> Steps:
        with pony.db_session:
            result = yield from objects.write_attributes(self.Person[1])
            pony.rollback()
        return result

    def memory(self) -> Steps:
        with pony.db_session:
            self.Person.select()[:1][:]
            tracemalloc.start()
            yield
            people = self.Person.select()[:]
            yield objects.bytes_in_use() / len(people)
            tracemalloc.stop()
        return len(people)


def _ident(entity: Any) -> int:
    return int(entity.id)


class _View:
    """A collection under the name that the checks read."""

    def __init__(self, name: str, members: list[Any]) -> None:
        setattr(self, name, members)


def open_library(place: Place) -> PonyORM:
    """Return the cases for a database."""
    return PonyORM(place)
