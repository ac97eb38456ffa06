"""Rows of hierarchies: single-table and joined inheritance."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    String,
    aliased,
    create_engine,
    event,
    exc,
    joinedload,
    mapped_column,
    relationship,
    select,
    selectinload,
    text,
    with_loader_criteria,
)


class Base(DeclarativeBase):
    pass


class Company(Base):
    __tablename__ = "companies"
    id: Mapped[int] = mapped_column(primary_key=True)
    people: Mapped[list[Person]] = relationship(back_populates="company", order_by="Person.id")


class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(20))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("companies.id"))
    company: Mapped[Company | None] = relationship(back_populates="people")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}


class Engineer(Person):
    __tablename__ = "engineers"
    id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(20))
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Desk(Base):
    __tablename__ = "desks"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("engineers.id"))
    owner: Mapped[Engineer | None] = relationship()


class Animal(Base):
    __tablename__ = "animals"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(20))
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}


class Dog(Animal):
    tricks: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "dog"}


class Cat(Animal):
    lives: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "cat"}


@pytest.fixture
def zoo() -> Iterator[tuple[Session, list[str]]]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        company = Company(id=1)
        session.add_all(
            [
                Dog(id=1, name="rex", tricks=3),
                Cat(id=2, name="tom", lives=9),
                Animal(id=3, name="it"),
                Dog(id=4, name="bello", tricks=1),
                Person(id=1, name="ann", company=company),
                Engineer(id=2, name="bob", language="python", company=company),
                Engineer(id=3, name="cid", language="c", company=company),
            ]
        )
        session.commit()
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda conn, cur, sql, *rest: seen.append(sql))
    with Session(engine) as session:
        yield session, seen
    engine.dispose()


def test_from_statement_keeps_to_the_rows_of_a_class(zoo: Any) -> None:
    session, seen = zoo
    inner = select(Dog).where(Dog.name > "a").order_by(Dog.id)
    dogs = session.scalars(select(Dog).from_statement(inner)).all()
    assert [dog.tricks for dog in dogs] == [3, 1]
    everyone = (
        select(Animal)
        .from_statement(select(Animal))
        .options(with_loader_criteria(Animal, Animal.id > 2))
    )
    assert len(session.scalars(everyone).all()) == 2
    assert len(seen) == 2


def test_single_table(zoo: Any) -> None:
    session, seen = zoo
    animals = session.scalars(select(Animal).order_by(Animal.id)).all()
    assert [type(a).__name__ for a in animals] == ["Dog", "Cat", "Animal", "Dog"]
    assert [a.tricks for a in animals if isinstance(a, Dog)] == [3, 1]
    assert len(seen) == 2
    assert animals[1].lives == 9
    session.expunge_all()
    dogs = session.scalars(select(Dog).where(Dog.name != "x").order_by(Dog.id)).all()
    assert [(d.name, d.tricks) for d in dogs] == [("rex", 3), ("bello", 1)]
    assert session.get(Dog, 2) is None
    assert session.get(Animal, 2).lives == 9
    assert session.get(Cat, 1) is None


def test_joined_tables(zoo: Any) -> None:
    session, seen = zoo
    people = session.scalars(select(Person).order_by(Person.id)).all()
    assert [type(p).__name__ for p in people] == ["Person", "Engineer", "Engineer"]
    assert "engineers" not in seen[0]
    assert [p.language for p in people[1:]] == ["python", "c"]
    assert len(seen) == 2
    session.expunge_all()
    engineers = session.scalars(
        select(Engineer).where(Engineer.name == "bob", Engineer.language == "python")
    ).all()
    assert [(e.id, e.name, e.language) for e in engineers] == [(2, "bob", "python")]
    assert session.get(Engineer, 3).name == "cid"
    assert session.get(Person, 2).language == "python"


def test_relationships_to_a_hierarchy(zoo: Any) -> None:
    session, seen = zoo
    company = session.scalars(select(Company).options(selectinload(Company.people))).one()
    assert [type(p).__name__ for p in company.people] == ["Person", "Engineer", "Engineer"]
    assert company.people[1].company is company
    assert len(seen) == 2
    session.expunge_all()
    engineers = session.scalars(select(Engineer)).all()
    assert {e.company.id for e in engineers} == {1}


def test_expired_objects_of_several_classes(zoo: Any) -> None:
    session, seen = zoo
    people = session.scalars(select(Person).order_by(Person.id)).all()
    session.commit()
    seen.clear()
    assert [p.name for p in people] == ["ann", "bob", "cid"]
    assert [p.language for p in people[1:]] == ["python", "c"]
    assert len(seen) <= 3


def test_an_unknown_discriminator_says_so(zoo: Any) -> None:
    session, _ = zoo
    session.execute(text("INSERT INTO animals (id, kind, name) VALUES (9, 'fox', 'f')"))
    with pytest.raises(exc.InvalidRequestError, match="polymorphic_identity='fox'"):
        session.scalars(select(Animal)).all()


def test_joined_eager_load_of_a_joined_subclass(zoo: Any) -> None:
    session, seen = zoo
    session.execute(
        Desk.__table__.insert(), [{"id": 1, "owner_id": 2}, {"id": 2, "owner_id": None}]
    )
    seen.clear()
    statement = select(Desk).options(joinedload(Desk.owner)).order_by(Desk.id)
    desks = session.scalars(statement).all()
    assert [d.owner and (d.owner.name, d.owner.language) for d in desks] == [
        ("bob", "python"),
        None,
    ]
    assert len(seen) == 1


def test_alias_of_a_joined_subclass(zoo: Any) -> None:
    session, _ = zoo
    Other = aliased(Engineer)
    found = session.scalars(select(Other).where(Other.name == "cid")).one()
    assert (found.id, found.language) == (3, "c")
    names = select(Desk.id, Other.name).outerjoin(Desk.owner.of_type(Other))
    assert session.execute(names).all() == []


@pytest.mark.parametrize("load", ["inline", "selectin"])
def test_columns_of_subclasses_are_of_any_type(load: str) -> None:
    class Own(DeclarativeBase):
        pass

    class Thing(Own):
        __tablename__ = "things"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "thing"}

    class Tagged(Thing):
        __tablename__ = "tagged"
        id: Mapped[int] = mapped_column(ForeignKey("things.id"), primary_key=True)
        tag: Mapped[uuid.UUID]
        made: Mapped[datetime.date]
        __mapper_args__ = {"polymorphic_identity": "tagged", "polymorphic_load": load}

    engine = create_engine("sqlite://")
    Own.metadata.create_all(engine)
    tag, day = uuid.UUID(int=7), datetime.date(2024, 1, 2)
    with Session(engine) as session:
        session.add_all([Thing(), Tagged(tag=tag, made=day)])
        session.commit()
        session.expunge_all()
        _thing, tagged = session.scalars(select(Thing).order_by(Thing.id))
        assert (tagged.__dict__["tag"], tagged.__dict__["made"]) == (tag, day)
    engine.dispose()
