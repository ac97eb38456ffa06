"""Inheritance: tables, keys, discriminators."""

from __future__ import annotations

from typing import Optional

import pytest

from orm import Session, String, create_engine, exc
from orm.inspection import inspect
from orm.mapping import DeclarativeBase, Mapped, mapped_column, relationship
from orm.schema import ForeignKey


@pytest.fixture
def Base():
    class Base(DeclarativeBase):
        pass

    return Base


@pytest.fixture
def staff(Base):
    class Person(Base):
        __tablename__ = "people"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        name: Mapped[str]
        boss_id: Mapped[Optional[int]] = mapped_column(ForeignKey("people.id"))
        boss: Mapped[Optional["Person"]] = relationship(
            remote_side="Person.id", back_populates="staff"
        )
        staff: Mapped[list["Person"]] = relationship(back_populates="boss")
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

    class Engineer(Person):
        __tablename__ = "engineers"
        id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
        tool: Mapped[str]
        __mapper_args__ = {"polymorphic_identity": "engineer"}

    class Guest(Person):
        until: Mapped[Optional[int]]
        __mapper_args__ = {"polymorphic_identity": "guest"}

    Base.registry.configure()
    return Person, Engineer, Guest


def test_joined(staff):
    Person, Engineer, _ = staff
    person, engineer = inspect(Person), inspect(Engineer)
    assert engineer.inherits is person
    assert engineer.base_mapper is person
    assert engineer.tables == (Person.__table__, Engineer.__table__)
    assert engineer.primary_key == person.primary_key
    assert engineer.pk_keys == ("id",)
    assert str(engineer.persist_selectable.onclause) == "people.id = engineers.id" or (
        engineer.inherit_condition is not None
    )
    assert [str(column) for column in engineer.props["id"].columns] == [
        "engineers.id",
        "people.id",
    ]
    assert engineer.column_key[Person.__table__.c.id] == "id"
    assert engineer.column_key[Engineer.__table__.c.id] == "id"
    assert list(engineer.column_attrs.keys()) == ["id", "kind", "name", "boss_id", "tool"] or set(
        engineer.column_attrs.keys()
    ) == {"id", "kind", "name", "boss_id", "tool"}
    assert engineer.polymorphic_on is Person.__table__.c.kind
    assert not engineer.single


def test_single(staff):
    Person, Engineer, Guest = staff
    guest = inspect(Guest)
    assert guest.single
    assert guest.local_table is Person.__table__
    assert "until" in Person.__table__.c
    assert "until" not in inspect(Person).column_attrs
    assert guest.polymorphic_identity == "guest"


def test_family(staff):
    Person, Engineer, Guest = staff
    person = inspect(Person)
    assert person.self_and_descendants == (person, inspect(Engineer), inspect(Guest))
    assert set(person.polymorphic_map) == {"person", "engineer", "guest"}
    assert list(inspect(Guest).iterate_to_root()) == [inspect(Guest), person]
    assert inspect(Guest).isa(person)
    assert not person.isa(inspect(Guest))


def test_discriminator_is_set_and_inherited_relationships_work(staff):
    Person, Engineer, Guest = staff
    boss, guest = Engineer(tool="x"), Guest()
    assert (boss.kind, guest.kind) == ("engineer", "guest")
    boss.staff.append(guest)
    assert guest.boss is boss
    assert Engineer.name.parent is inspect(Engineer)
    assert Person.name.parent is inspect(Person)


def test_deep_hierarchy(Base):
    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)

    class B(A):
        __tablename__ = "b"
        id: Mapped[int] = mapped_column(ForeignKey("a.id"), primary_key=True)

    class C(B):
        __tablename__ = "c"
        id: Mapped[int] = mapped_column(ForeignKey("b.id"), primary_key=True)
        note: Mapped[str]

    mapper = inspect(C)
    assert [table.name for table in mapper.tables] == ["a", "b", "c"]
    assert len(mapper.props["id"].columns) == 3


def test_concrete(Base):
    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)
        x: Mapped[str]

    class B(A):
        __tablename__ = "b"
        id: Mapped[int] = mapped_column(primary_key=True)
        __mapper_args__ = {"concrete": True}

    assert inspect(B).base_mapper is inspect(B)
    assert inspect(B).tables == (B.__table__,)
    assert "x" not in inspect(B).column_attrs


def test_missing_key_to_the_parent(Base):
    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(exc.NoForeignKeysError, match=r'ForeignKey\("a\.id"\)'):

        class B(A):
            __tablename__ = "b"
            id: Mapped[int] = mapped_column(primary_key=True)


def test_unknown_discriminator(Base):
    with pytest.raises(exc.ArgumentError, match=r"kind: Mapped\[str\]"):

        class A(Base):
            __tablename__ = "a"
            id: Mapped[int] = mapped_column(primary_key=True)
            __mapper_args__ = {"polymorphic_on": "kind"}


def test_column_of_a_sibling_can_be_shared(Base):
    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind"}

    class B(A):
        extra: Mapped[Optional[str]]
        __mapper_args__ = {"polymorphic_identity": "b"}

    with pytest.raises(exc.ArgumentError, match="use_existing_column=True"):

        class C(A):
            extra: Mapped[Optional[str]]

    class D(A):
        extra: Mapped[Optional[str]] = mapped_column(use_existing_column=True)
        __mapper_args__ = {"polymorphic_identity": "d"}

    assert inspect(D).props["extra"].columns == inspect(B).props["extra"].columns


def test_columns_of_a_sibling_are_no_attributes(Base):
    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind"}

    class B(A):
        extra: Mapped[Optional[str]]
        __mapper_args__ = {"polymorphic_identity": "b"}

    class C(A):
        other: Mapped[Optional[str]]
        __mapper_args__ = {"polymorphic_identity": "c"}

    class D(C):
        __mapper_args__ = {"polymorphic_identity": "d"}

    class E(A):
        again = A.__table__.c.extra
        __mapper_args__ = {"polymorphic_identity": "e"}

    class F(A):
        __mapper_args__ = {"polymorphic_identity": "f", "exclude_properties": ["other"]}

    keys = [sorted(inspect(each).column_attrs.keys()) for each in (B, C, D, E, F)]
    assert keys == [
        ["extra", "id", "kind"],
        ["id", "kind", "other"],
        ["id", "kind", "other"],
        ["again", "id", "kind"],
        ["extra", "id", "kind"],
    ]
    with pytest.raises(TypeError, match="extra"):
        C(extra="x")


def test_polymorphic_abstract_classes_have_no_objects() -> None:
    class Own(DeclarativeBase):
        pass

    class Thing(Own):
        __tablename__ = "thing"

        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]

        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_abstract": True}

    class Box(Thing):
        __mapper_args__ = {"polymorphic_identity": "box"}

    assert Box().kind == "box"
    with pytest.raises(exc.InvalidRequestError, match="object of one of its subclasses: Box"):
        Thing(kind="box")

    class Plain(Own):
        __tablename__ = "plain"

        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(exc.InvalidRequestError, match="Write polymorphic_on"):

        class Wrong(Plain):
            __mapper_args__ = {"polymorphic_abstract": True}


def test_an_attribute_that_comes_later_reaches_all_classes_below(Base) -> None:
    class Owner(Base):
        __tablename__ = "owner"
        id: Mapped[int] = mapped_column(primary_key=True)
        pets: Mapped[list["Pet"]] = relationship(backref="owner")

    class Pet(Base):
        __tablename__ = "pet"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        owner_id: Mapped[Optional[int]] = mapped_column(ForeignKey("owner.id"))
        __mapper_args__ = {"polymorphic_on": "kind"}

    class Dog(Pet):
        __mapper_args__ = {"polymorphic_identity": "dog"}

    class Puppy(Dog):
        __mapper_args__ = {"polymorphic_identity": "puppy"}

    engine = create_engine("sqlite://")
    Pet.extra = mapped_column(String(5))
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        puppy = Puppy(owner=Owner(), extra="x")
        session.add(puppy)
        session.commit()
        assert (puppy.owner_id, puppy.extra) == (1, "x")
        assert puppy.owner.pets == [puppy]
    for each in (Dog, Puppy):
        assert inspect(each).relationships.keys() == {"owner"}
        assert "extra" in inspect(each).column_attrs
