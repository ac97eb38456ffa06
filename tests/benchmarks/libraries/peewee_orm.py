"""Peewee's models. It has no session: reads run in autocommit, as in its own documentation."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import peewee
from playhouse import postgres_ext

from tests.benchmarks import checks, data, objects
from tests.benchmarks.cases import Steps
from tests.benchmarks.databases import Place

CHUNK = 500


def make_database(place: Place) -> Any:
    """Return Peewee's database object; its PostgreSQL driver is psycopg2 or psycopg 3."""
    if place.kind == "sqlite":
        return peewee.SqliteDatabase(place.name)
    return peewee.PostgresqlDatabase(
        place.name, host=place.host, port=place.port, user=place.user, password=place.password
    )


class StatusField(peewee.CharField):  # type: ignore[misc]
    """An enumeration stored by name."""

    def db_value(self, value: Any) -> Any:
        return value.name

    def python_value(self, value: Any) -> Any:
        return data.Status[value]


class TextJSON(peewee.TextField):  # type: ignore[misc]
    """JSON in a text column."""

    def db_value(self, value: Any) -> Any:
        return json.dumps(value)

    def python_value(self, value: Any) -> Any:
        return json.loads(value)


class PlainUUID(peewee.UUIDField):  # type: ignore[misc]
    """UUIDs, which may come as such from the driver."""


def define_models(database: Any) -> Any:
    """Define the models on a database; returns a namespace of them."""
    on_server = not isinstance(database, peewee.SqliteDatabase)

    class Base(peewee.Model):  # type: ignore[misc]
        class Meta:
            pass

    Base._meta.database = database

    class Person(Base):
        name = peewee.CharField(80)
        email = peewee.CharField(120)
        age = peewee.IntegerField()
        score = peewee.DoubleField()
        city = peewee.CharField(60, null=True)
        active = peewee.BooleanField()
        joined = peewee.DateTimeField()

    class Wide(Base):
        price = peewee.DecimalField(10, 2)
        at = peewee.DateTimeField()
        status = StatusField(10)
        payload = postgres_ext.BinaryJSONField() if on_server else TextJSON()
        token = PlainUUID()

    class Parent(Base):
        name = peewee.CharField(40)

    class Child(Base):
        name = peewee.CharField(40)
        parent = peewee.ForeignKeyField(Parent, backref="children")

    class Tag(Base):
        name = peewee.CharField(40)

    class Article(Base):
        title = peewee.CharField(40)

    class ArticleTag(Base):
        article = peewee.ForeignKeyField(Article, backref="links")
        tag = peewee.ForeignKeyField(Tag, backref="links")

        class Meta:
            table_name = "article_tag"
            primary_key = peewee.CompositeKey("article", "tag")

    models = dict(locals())
    for model in (Person, Wide, Parent, Child, Tag, Article, ArticleTag):
        model._meta.set_database(database)
    return models


class PeeweeORM:
    """The cases with Peewee."""

    def __init__(self, place: Place) -> None:
        self.database = make_database(place)
        models = define_models(self.database)
        self.Person, self.Wide, self.Parent = models["Person"], models["Wide"], models["Parent"]
        self.Child, self.Article, self.Tag = models["Child"], models["Article"], models["Tag"]
        self.ArticleTag = models["ArticleTag"]
        self.database.connect()

    def load(self, limit: int = data.LOADED) -> Steps:
        yield
        people = list(self.Person.select().order_by(self.Person.id).limit(limit))
        yield
        return checks.people(people)

    def wide(self) -> Steps:
        yield
        found = list(self.Wide.select().order_by(self.Wide.id))
        yield
        return checks.wide(found)

    def rows(self) -> Steps:
        P = self.Person
        yield
        query = P.select(P.id, P.name, P.email, P.age, P.score).order_by(P.id)
        found = list(query.limit(data.LOADED).tuples())
        yield
        return len(found), tuple(found[-1])

    def get(self) -> Steps:
        Person = self.Person
        total = 0
        yield
        for n in range(1, 301):
            total += Person.get_by_id(n).age
        yield
        return total

    def filter(self) -> Steps:
        P = self.Person
        total = 0
        yield
        for n in range(100):
            query = P.select().where(P.age == 30 + n % 9).order_by(P.id).limit(20)
            total += list(query)[-1].age
        yield
        return total

    def selectin(self) -> Steps:
        yield
        query = self.Parent.select()
        found = peewee.prefetch(query, self.Child.select().order_by(self.Child.id))
        yield
        return checks.parents(found)

    def joined(self) -> Steps:
        """Peewee joins from the child; the collections are made by hand, as its page on N+1 says."""
        P, C = self.Parent, self.Child
        yield
        collections: dict[Any, list[Any]] = {}
        for child in C.select(C, P).join(P).order_by(C.id):
            collections.setdefault(child.parent.id, []).append(child)
        yield
        return checks.parents([_View("children", each) for each in collections.values()])

    def lazy(self) -> Steps:
        Parent, Child = self.Parent, self.Child
        yield
        collections = [
            list(parent.children.order_by(Child.id))
            for parent in Parent.select().order_by(Parent.id).limit(200)
        ]
        yield
        return checks.parents([_View("children", each) for each in collections])

    def m2m(self) -> Steps:
        yield
        found = peewee.prefetch(self.Article.select(), self.ArticleTag.select(), self.Tag.select())
        lists = [[link.tag for link in article.links] for article in found]
        yield
        return checks.articles([_View("tags", each) for each in lists])

    def insert(self, count: int = data.LOADED) -> Steps:
        people = [self.Person(**data.new_person(n)) for n in range(count)]
        with self.database.atomic() as transaction:
            yield
            if self.database.server_version and not self._is_sqlite:
                self.Person.bulk_create(people, CHUNK)
            else:  # bulk_create() learns no keys on SQLite
                for person in people:
                    person.save()
            yield
            found = len({person.id for person in people})
            transaction.rollback()
        return found

    @property
    def _is_sqlite(self) -> bool:
        return isinstance(self.database, peewee.SqliteDatabase)

    def commit(self) -> Steps:
        made = []
        yield
        for n in range(100):
            with self.database.atomic():
                person = self.Person.create(**data.new_person(n))
            made.append(person.id)
        yield
        self.Person.delete().where(self.Person.id > data.PEOPLE).execute()
        return len(set(made))

    def bulk(self) -> Steps:
        values = [data.new_person(n) for n in range(data.LOADED)]
        with self.database.atomic() as transaction:
            yield
            for part in peewee.chunked(values, CHUNK):
                self.Person.insert_many(part).execute()
            yield
            found = self.Person.select().count()
            transaction.rollback()
        return found

    def update(self) -> Steps:
        P = self.Person
        with self.database.atomic() as transaction:
            people = list(P.select().order_by(P.id).limit(2000))
            for person in people:
                person.age += 1
            yield
            P.bulk_update(people, [P.age], batch_size=CHUNK)
            yield
            total = P.select(peewee.fn.SUM(P.age)).scalar()
            transaction.rollback()
        return total

    def delete(self) -> Steps:
        P = self.Person
        with self.database.atomic() as transaction:
            people = list(P.select().order_by(P.id).limit(2000))
            yield
            for part in peewee.chunked(people, CHUNK):
                P.delete().where(P.id.in_([person.id for person in part])).execute()
            yield
            total = P.select().count()
            transaction.rollback()
        return total

    def savepoint(self) -> Steps:
        with self.database.atomic():
            yield
            for _ in range(300):
                with self.database.atomic():
                    pass
            yield
        return 300

    def expire(self) -> Steps:
        Person = self.Person
        person = Person.get_by_id(1)
        yield
        for n in range(100):
            with self.database.atomic():
                person.age = n
                person.save(only=[Person.age])
            person = Person.get_by_id(1)
            assert person.age == n
        yield
        return n

    def execute(self) -> Steps:
        P = self.Person
        total = 0
        yield
        for n in range(200):
            query = P.select(P.id, P.name).where(P.id > n, P.age == 20 + n % 40)
            total += list(query.order_by(P.id).limit(4).tuples())[-1][0]
        yield
        return total

    def compile(self) -> Steps:
        P, C = self.Parent, self.Child
        yield
        for n in range(100):
            query = (
                P.select(P, C.name)
                .join(C, on=(C.parent == P.id))
                .where(P.name.startswith("Parent"), C.id.in_([1, 2, n]), P.id > n)
                .order_by(P.name, C.id.desc())
                .limit(10)
            )
            text, _parameters = query.sql()
        yield
        return text.count("JOIN")

    def read(self) -> Steps:
        return objects.read_attributes(self.Person.get_by_id(1))

    def write(self) -> Steps:
        return objects.write_attributes(self.Person.get_by_id(1))

    def memory(self) -> Steps:
        list(self.Person.select().limit(1))
        tracemalloc.start()
        yield
        people = list(self.Person.select())
        yield objects.bytes_in_use() / len(people)
        tracemalloc.stop()
        return len(people)


class _View:
    """A collection under the name that the checks read."""

    def __init__(self, name: str, members: list[Any]) -> None:
        setattr(self, name, members)


def open_library(place: Place) -> PeeweeORM:
    """Return the cases for a database."""
    return PeeweeORM(place)
