"""Ours and SQLAlchemy: the same text for both, with the names of either library."""

from __future__ import annotations

import importlib
import tracemalloc
from datetime import datetime
from decimal import Decimal
from typing import Any, Optional
from uuid import UUID

from tests.benchmarks import checks, data, objects
from tests.benchmarks.cases import Steps
from tests.benchmarks.core_cases import CoreOfLibrary
from tests.benchmarks.databases import Place

NAMES = (
    "JSON",
    "Column",
    "DeclarativeBase",
    "Enum",
    "ForeignKey",
    "Mapped",
    "Numeric",
    "Session",
    "String",
    "Table",
    "Uuid",
    "bindparam",
    "create_engine",
    "func",
    "insert",
    "joinedload",
    "mapped_column",
    "relationship",
    "select",
    "selectinload",
)


class Names:
    """The public names of a library, and the classes mapped with them."""

    def __init__(self, library: str) -> None:
        modules = [importlib.import_module(library)]
        if library == "sqlalchemy":
            modules.insert(0, importlib.import_module("sqlalchemy.orm"))
        for name in NAMES:
            owner = next(module for module in modules if hasattr(module, name))
            setattr(self, name, getattr(owner, name))

    def __getattr__(self, name: str) -> Any:  # the names are not known to type checkers
        raise AttributeError(name)


def map_classes(lib: Any, base: Any) -> None:
    """Map the tables; what is mapped is set on `lib`. base: a declarative base."""
    _map_person(lib, base)
    _map_parents(lib, base)
    _map_articles(lib, base)


def _map_person(lib: Any, base: Any) -> None:
    Mapped, mapped_column = lib.Mapped, lib.mapped_column

    # Annotations as a dictionary, because Mapped is a variable here
    class Person(base):
        __tablename__ = "person"
        __annotations__ = {
            "id": Mapped[int],
            "name": Mapped[str],
            "email": Mapped[str],
            "age": Mapped[int],
            "score": Mapped[float],
            "city": Mapped[Optional[str]],
            "active": Mapped[bool],
            "joined": Mapped[datetime],
        }
        id = mapped_column(primary_key=True)
        name = mapped_column(lib.String(80))
        email = mapped_column(lib.String(120))
        city = mapped_column(lib.String(60))

    class Wide(base):
        __tablename__ = "wide"
        __annotations__ = {
            "id": Mapped[int],
            "price": Mapped[Decimal],
            "at": Mapped[datetime],
            "status": Mapped[data.Status],
            "payload": Mapped[dict[str, Any]],
            "token": Mapped[UUID],
        }
        id = mapped_column(primary_key=True)
        price = mapped_column(lib.Numeric(10, 2))
        status = mapped_column(lib.Enum(data.Status, native_enum=False))
        payload = mapped_column(lib.JSON)
        token = mapped_column(lib.Uuid)

    lib.Person, lib.Wide = Person, Wide


def _map_parents(lib: Any, base: Any) -> None:
    Mapped, mapped_column = lib.Mapped, lib.mapped_column

    class Parent(base):
        __tablename__ = "parent"
        __annotations__ = {"id": Mapped[int], "name": Mapped[str]}
        id = mapped_column(primary_key=True)
        name = mapped_column(lib.String(40))

    class Child(base):
        __tablename__ = "child"
        __annotations__ = {"id": Mapped[int], "name": Mapped[str], "parent_id": Mapped[int]}
        id = mapped_column(primary_key=True)
        name = mapped_column(lib.String(40))
        parent_id = mapped_column(lib.ForeignKey("parent.id"))
        parent = lib.relationship(Parent, back_populates="children")

    Parent.children = lib.relationship(Child, back_populates="parent", order_by=Child.id)
    lib.Parent, lib.Child = Parent, Child


def _map_articles(lib: Any, base: Any) -> None:
    Mapped, mapped_column = lib.Mapped, lib.mapped_column
    links = lib.Table(
        "article_tag",
        base.metadata,
        lib.Column("article_id", lib.ForeignKey("article.id"), primary_key=True),
        lib.Column("tag_id", lib.ForeignKey("tag.id"), primary_key=True),
    )

    class Tag(base):
        __tablename__ = "tag"
        __annotations__ = {"id": Mapped[int], "name": Mapped[str]}
        id = mapped_column(primary_key=True)
        name = mapped_column(lib.String(40))

    class Article(base):
        __tablename__ = "article"
        __annotations__ = {"id": Mapped[int], "title": Mapped[str]}
        id = mapped_column(primary_key=True)
        title = mapped_column(lib.String(40))
        tags = lib.relationship(Tag, secondary=links, order_by=Tag.id)

    lib.Article, lib.Tag = Article, Tag


class MappedLibrary(CoreOfLibrary):
    """The cases with a Session."""

    def __init__(self, library: str, place: Place) -> None:
        self.lib: Any = Names(library)

        class Base(self.lib.DeclarativeBase):  # type: ignore[misc, name-defined]
            pass

        map_classes(self.lib, Base)
        self.engine = self.lib.create_engine(place.url)

    def session(self) -> Any:
        return self.lib.Session(self.engine)

    # -- reading

    def load(self, limit: int = data.LOADED) -> Steps:
        lib = self.lib
        yield
        with self.session() as session:
            people = session.scalars(
                lib.select(lib.Person).order_by(lib.Person.id).limit(limit)
            ).all()
        yield
        return checks.people(people)

    def wide(self) -> Steps:
        lib = self.lib
        yield
        with self.session() as session:
            found = session.scalars(lib.select(lib.Wide).order_by(lib.Wide.id)).all()
        yield
        return checks.wide(found)

    def rows(self) -> Steps:
        lib, P = self.lib, self.lib.Person
        yield
        with self.session() as session:
            statement = lib.select(P.id, P.name, P.email, P.age, P.score).order_by(P.id)
            found = session.execute(statement.limit(data.LOADED)).all()
        yield
        return len(found), tuple(found[-1])

    def get(self) -> Steps:
        Session, engine, Person = self.lib.Session, self.engine, self.lib.Person
        total = 0
        yield
        for n in range(1, 301):
            with Session(engine) as session:
                total += session.get(Person, n).age
        yield
        return total

    def identity(self) -> Steps:
        lib, Person = self.lib, self.lib.Person
        total = 0
        with self.session() as session:
            people = session.scalars(lib.select(Person).limit(300)).all()
            yield
            for _ in range(10):
                for n in range(1, 301):
                    total += session.get(Person, n).age
            yield
            assert len(people) == 300
        return total

    def filter(self) -> Steps:
        lib, P, Session, engine = self.lib, self.lib.Person, self.lib.Session, self.engine
        total = 0
        yield
        for n in range(100):
            with Session(engine) as session:
                statement = lib.select(P).where(P.age == 30 + n % 9).order_by(P.id).limit(20)
                total += session.scalars(statement).all()[-1].age
        yield
        return total

    # -- relationships

    def selectin(self) -> Steps:
        lib = self.lib
        yield
        with self.session() as session:
            statement = lib.select(lib.Parent).options(lib.selectinload(lib.Parent.children))
            found = session.scalars(statement).all()
        yield
        return checks.parents(found)

    def joined(self) -> Steps:
        lib = self.lib
        yield
        with self.session() as session:
            statement = lib.select(lib.Parent).options(lib.joinedload(lib.Parent.children))
            found = session.scalars(statement).unique().all()
        yield
        return checks.parents(found)

    def lazy(self) -> Steps:
        lib, Parent = self.lib, self.lib.Parent
        yield
        with self.session() as session:
            found = session.scalars(lib.select(Parent).order_by(Parent.id).limit(200)).all()
            for parent in found:
                parent.children
        yield
        return checks.parents(found)

    def m2m(self) -> Steps:
        lib = self.lib
        yield
        with self.session() as session:
            statement = lib.select(lib.Article).options(lib.selectinload(lib.Article.tags))
            found = session.scalars(statement).all()
        yield
        return checks.articles(found)

    # -- writing; the tables are left as they were

    def insert(self, count: int = data.LOADED) -> Steps:
        Person = self.lib.Person
        people = [Person(**data.new_person(n)) for n in range(count)]
        with self.session() as session:
            session.connection()
            session.add_all(people)
            yield
            session.flush()
            yield
            found = len({person.id for person in people})
            session.rollback()
        return found

    def commit(self) -> Steps:
        Person, Session, engine = self.lib.Person, self.lib.Session, self.engine
        made = []
        yield
        for n in range(100):
            with Session(engine, expire_on_commit=False) as session:
                person = Person(**data.new_person(n))
                session.add(person)
                session.commit()
                made.append(person.id)
        yield
        self._remove_made()
        return len(set(made))

    def _remove_made(self) -> None:
        P = self.lib.Person
        with self.session() as session:
            session.query(P).filter(P.id > data.PEOPLE).delete()
            session.commit()

    def bulk(self) -> Steps:
        lib, P = self.lib, self.lib.Person
        values = [data.new_person(n) for n in range(data.LOADED)]
        with self.session() as session:
            session.connection()
            yield
            session.execute(lib.insert(P), values)
            yield
            found = session.scalar(lib.select(lib.func.count()).select_from(P))
            session.rollback()
        return found

    def update(self) -> Steps:
        lib, P = self.lib, self.lib.Person
        with self.session() as session:
            for person in session.scalars(lib.select(P).order_by(P.id).limit(2000)).all():
                person.age += 1
            yield
            session.flush()
            yield
            total = session.scalar(lib.select(lib.func.sum(P.age)))
            session.rollback()
        return total

    def delete(self) -> Steps:
        lib, P = self.lib, self.lib.Person
        with self.session() as session:
            for person in session.scalars(lib.select(P).order_by(P.id).limit(2000)).all():
                session.delete(person)
            yield
            session.flush()
            yield
            total = session.scalar(lib.select(lib.func.count()).select_from(P))
            session.rollback()
        return total

    # -- transactions and statements

    def savepoint(self) -> Steps:
        with self.session() as session:
            session.connection()
            yield
            for _ in range(300):
                with session.begin_nested():
                    pass
            yield
            session.rollback()
        return 300

    def expire(self) -> Steps:
        with self.session() as session:
            person = session.get(self.lib.Person, 1)
            yield
            for n in range(100):
                person.age = n
                session.commit()
                assert person.age == n
            yield
        return n

    def execute(self) -> Steps:
        lib, P = self.lib, self.lib.Person
        total = 0
        with self.session() as session:
            yield
            for n in range(200):
                statement = (
                    lib.select(P.id, P.name)
                    .where(P.id > n, P.age == 20 + n % 40)
                    .order_by(P.id)
                    .limit(4)
                )
                total += session.execute(statement).all()[-1].id
            yield
        return total

    def compile(self) -> Steps:
        lib, P, C = self.lib, self.lib.Parent, self.lib.Child
        dialect = self.engine.dialect
        yield
        for n in range(100):
            statement = (
                lib.select(P, C.name)
                .join(C, C.parent_id == P.id)
                .where(P.name.like("Parent%"), C.id.in_([1, 2, n]), P.id > n)
                .order_by(P.name, C.id.desc())
                .limit(10)
            )
            text = str(statement.compile(dialect=dialect))
        yield
        return text.count("JOIN")

    # -- objects

    def read(self) -> Steps:
        with self.session() as session:
            result = yield from objects.read_attributes(session.get(self.lib.Person, 1))
        return result

    def write(self) -> Steps:
        with self.session() as session:
            result = yield from objects.write_attributes(session.get(self.lib.Person, 1))
            session.rollback()
        return result

    def memory(self) -> Steps:
        lib = self.lib
        with self.session() as session:
            session.scalars(lib.select(lib.Person).limit(1)).all()
            tracemalloc.start()
            yield
            people = session.scalars(lib.select(lib.Person)).all()
            yield objects.bytes_in_use() / len(people)
            tracemalloc.stop()
        return len(people)
