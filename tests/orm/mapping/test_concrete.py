"""Concrete inheritance: a table per class, and bases which select from all of them."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    configure_mappers,
    create_engine,
    declared_attr,
    inspect,
    mapped_column,
    polymorphic_union,
    registry,
    relationship,
    select,
)
from orm.ext.declarative import AbstractConcreteBase, ConcreteBase


class Base(DeclarativeBase):
    pass


class Animal(AbstractConcreteBase, Base):
    name: Mapped[str]


class Cat(Animal):
    __tablename__ = "cat"

    id: Mapped[int] = mapped_column(primary_key=True)
    lives: Mapped[int]

    __mapper_args__ = {"polymorphic_identity": "cat", "concrete": True}


class Dog(Animal):
    __tablename__ = "dog"

    id: Mapped[int] = mapped_column(primary_key=True)
    trick: Mapped[str]

    __mapper_args__ = {"polymorphic_identity": "dog", "concrete": True}


class Paper(ConcreteBase, Base):
    __tablename__ = "paper"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]

    __mapper_args__ = {"polymorphic_identity": "paper", "concrete": True}


class Thesis(Paper):
    __tablename__ = "thesis"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    school: Mapped[str]

    __mapper_args__ = {"polymorphic_identity": "thesis", "concrete": True}


@pytest.fixture
def session() -> Any:
    configure_mappers()
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(
            [
                Cat(name="tom", lives=9),
                Dog(name="rex", trick="sit"),
                Paper(title="one"),
                Thesis(title="two", school="x"),
            ]
        )
        session.commit()
        session.expunge_all()
        yield session


def test_an_abstract_base_finds_the_objects_of_all_tables(session: Any) -> None:
    found = session.scalars(select(Animal).order_by(Animal.name)).all()
    assert [(type(each), each.id, each.name) for each in found] == [
        (Dog, 1, "rex"),
        (Cat, 1, "tom"),
    ]
    assert (found[0].trick, found[1].lives) == ("sit", 9)
    assert "lives" not in found[0].__dict__


def test_classes_have_identities_of_their_own(session: Any) -> None:
    cat, dog = session.get(Cat, 1), session.get(Dog, 1)
    found = session.scalars(select(Animal).order_by(Animal.name)).all()
    assert found[0] is dog
    assert found[1] is cat


def test_a_base_with_a_table(session: Any) -> None:
    found = session.scalars(select(Paper).where(Paper.title != "").order_by(Paper.title)).all()
    assert [(type(each), each.title) for each in found] == [(Paper, "one"), (Thesis, "two")]
    assert found[1].school == "x"
    assert session.get(Paper, 1) is found[0]
    assert session.scalars(select(Thesis.school)).all() == ["x"]


def test_expired_attributes_come_from_the_own_table(session: Any) -> None:
    thesis, cat = session.get(Thesis, 1), session.get(Cat, 1)
    session.expire(thesis, ["title"])  # there is a paper of the same key
    assert thesis.title == "two"
    session.expire(cat, ["name"])
    assert cat.name == "tom"
    session.refresh(thesis, ["title"])
    assert thesis.title == "two"


def test_a_base_mapped_to_a_union(session: Any) -> None:
    union = polymorphic_union({"cat": Cat.__table__, "dog": Dog.__table__}, "kind", "every_pet")
    other: Any = registry()

    class Pet:
        pass

    class Tabby(Pet):
        pass

    other.map_imperatively(Pet, union, polymorphic_on=union.c.kind, primary_key=[union.c.id])
    other.map_imperatively(
        Tabby, Cat.__table__, inherits=Pet, concrete=True, polymorphic_identity="cat"
    )
    tabby = session.scalars(select(Tabby)).one()
    session.expire(tabby)
    assert tabby.name == "tom"
    other.dispose()


def test_changes_go_to_the_own_table(session: Any) -> None:
    for each in session.scalars(select(Animal)):
        each.name = each.name.upper()
    session.commit()
    assert session.scalars(select(Cat.name)).all() == ["TOM"]
    assert session.scalars(select(Dog.name)).all() == ["REX"]


class Staff(AbstractConcreteBase, Base):
    """An abstract base with a relationship and a column of its own."""

    name: Mapped[str]

    @declared_attr
    def firm_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("firm.id"))

    @declared_attr
    def firm(cls) -> Mapped[Firm]:
        return relationship("Firm")


class Firm(Base):
    __tablename__ = "firm"

    id: Mapped[int] = mapped_column(primary_key=True)


class Clerk(Staff):
    __tablename__ = "clerk"
    __mapper_args__ = {"polymorphic_identity": "clerk", "concrete": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    desk: Mapped[str | None]


class Driver(Staff):
    __tablename__ = "driver"
    __mapper_args__ = {"polymorphic_identity": "driver", "concrete": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    licence: Mapped[str | None]


def test_an_abstract_base_has_the_attributes_of_its_body_and_of_all_below(session: Any) -> None:
    # a statement that names the base has it mapped
    ordered = select(Staff).order_by(Staff.name)
    assert set(inspect(Staff).attrs.keys()) == {
        *("id", "name", "type", "firm_id", "firm", "desk", "licence")
    }
    firm = Firm()
    session.add_all([Clerk(name="Ann", desk="d1", firm=firm), Driver(name="Bob", licence="B")])
    session.commit()
    session.expunge_all()
    ann, bob = session.scalars(ordered).all()
    assert (type(ann), ann.desk, type(bob), bob.licence) == (Clerk, "d1", Driver, "B")
    assert session.scalars(select(Staff).where(Staff.licence == "B")).one() is bob
    assert session.scalars(select(Staff).join(Staff.firm)).one() is ann
    assert session.scalars(select(Staff).where(Staff.firm.has())).one() is ann


def test_a_concrete_class_has_none_of_the_columns_of_others() -> None:
    driver = Driver(name="Bob")
    with pytest.raises(AttributeError, match="Write it in Driver"):
        _ = driver.desk
    with pytest.raises(AttributeError, match="'desk' is not among them"):
        driver.desk = "d2"

    class Plain(Base):
        __tablename__ = "plain"

        id: Mapped[int] = mapped_column(primary_key=True)
        size: Mapped[int]

    class Small(Plain):
        __tablename__ = "small"
        __mapper_args__ = {"concrete": True}

        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(AttributeError, match="concrete=True"):
        _ = Small().size
    with pytest.raises(TypeError):
        Small(nothing=3)


def test_strict_attributes() -> None:
    class Strict(AbstractConcreteBase, Base):
        strict_attrs = True

        name: Mapped[str]

    class Below(Strict):
        __tablename__ = "strictly_below"
        __mapper_args__ = {"polymorphic_identity": "below", "concrete": True}

        id: Mapped[int] = mapped_column(primary_key=True)
        more: Mapped[str]

    assert set(inspect(Strict).attrs.keys()) == {"id", "name", "type"}
