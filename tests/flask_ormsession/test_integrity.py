"""Integrity errors as attributes, form fields and sentences, the same on every database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from wtforms import Form, IntegerField, StringField

from flask_ormsession import integrity
from orm import (
    CheckConstraint,
    ForeignKey,
    Mapped,
    String,
    UniqueConstraint,
    exc,
    mapped_column,
    relationship,
    text,
)


@pytest.fixture
def people(world: Any) -> Iterator[Any]:
    """A world with Person, whose e-mail is an attribute of another name than its column."""

    class Person(world.db.Model):
        __table_args__ = (
            UniqueConstraint("first", "last", name="uq_whole_name"),
            CheckConstraint("age >= 0", name="age_positive"),
        )
        id: Mapped[int] = mapped_column(primary_key=True)
        email: Mapped[str] = mapped_column("mail_address", String(50), unique=True)
        first: Mapped[str | None] = mapped_column(String(20))
        last: Mapped[str | None] = mapped_column(String(20))
        age: Mapped[int | None]
        item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
        item: Mapped[Any] = relationship("Item")

    world.Person = Person
    with world.app.app_context():
        world.db.create_all()
        world.db.session.add(Person(email="taken", first="a", last="b"))
        world.db.session.commit()
        yield world
        world.db.session.rollback()


class PersonForm(Form):
    email = StringField()
    first = StringField()
    last = StringField()
    age = IntegerField()
    item = IntegerField()


def refuse(people: Any, **values: Any) -> exc.IntegrityError:
    """Return the error of an object that cannot be stored."""
    people.db.session.add(people.Person(**{"email": "new", **values}))
    with pytest.raises(exc.IntegrityError) as caught:
        people.db.session.flush()
    people.db.session.rollback()
    return caught.value


CASES: dict[str, tuple[dict[str, Any], str, tuple[str, ...], str]] = {
    "unique": ({"email": "taken"}, "unique", ("email",), integrity.MESSAGES["unique"]),
    "together": (
        {"first": "a", "last": "b"},
        "unique",
        ("first", "last"),
        integrity.UNIQUE_TOGETHER,
    ),
    "required": ({"email": None}, "not_null", ("email",), integrity.MESSAGES["not_null"]),
    "reference": ({"item_id": 99}, "foreign_key", ("item_id",), integrity.MESSAGES["foreign_key"]),
}


@pytest.mark.parametrize("case", CASES)
def test_attributes(people: Any, case: str) -> None:
    values, kind, attributes, message = CASES[case]
    error = refuse(people, **values)
    assert error.kind == kind
    assert error.entity is people.Person
    assert error.attributes == attributes
    assert error.attribute == (attributes[0] if len(attributes) == 1 else None)
    assert integrity.describe(error) == message


def test_a_form(people: Any) -> None:
    form = PersonForm()
    assert people.db.form_errors(form, refuse(people, email="taken"))
    assert form.errors == {"email": [integrity.MESSAGES["unique"]]}
    form = PersonForm()
    assert people.db.form_errors(form, refuse(people, first="a", last="b"))
    assert set(form.errors) == {"first", "last"}


def test_a_form_with_the_relationship_as_field(people: Any) -> None:
    form = PersonForm()
    assert people.db.form_errors(form, refuse(people, item_id=99))
    assert list(form.errors) == ["item"]


def test_a_form_without_the_field(people: Any) -> None:
    class AgeForm(Form):
        age = IntegerField()

    form = AgeForm()
    assert not people.db.form_errors(form, refuse(people, email="taken"))
    assert form.form_errors == [integrity.MESSAGES["unique"]]


def test_sentences_of_ones_own(people: Any) -> None:
    error = refuse(people, email="taken")
    describe: Callable[..., str] = integrity.describe
    assert describe(error, {"email": "We know you."}) == "We know you."
    assert describe(error, {"unique": "Twice."}) == "Twice."
    together = refuse(people, first="a", last="b")
    if together.constraint is not None:
        assert describe(together, {"uq_whole_name": "Namesake."}) == "Namesake."


def test_a_check(people: Any) -> None:
    error = refuse(people, age=-1)
    assert error.kind == "check"
    assert integrity.describe(error) == integrity.MESSAGES["check"]


def test_tables_that_are_not_mapped(world: Any) -> None:
    with world.app.app_context():
        world.db.session.execute(text("CREATE TABLE plain (id INTEGER PRIMARY KEY)"))
        world.db.session.execute(text("INSERT INTO plain (id) VALUES (1)"))
        with pytest.raises(exc.IntegrityError) as caught:
            world.db.session.execute(text("INSERT INTO plain (id) VALUES (1)"))
        assert (caught.value.entity, caught.value.attribute) == (None, None)
        world.db.session.rollback()
        world.db.session.execute(text("DROP TABLE IF EXISTS plain"))
        world.db.session.commit()


def test_inherited_tables_belong_to_the_class_that_has_them(small: Any) -> None:
    class Special(small.Item):
        __mapper_args__ = {"polymorphic_identity": "special"}

    assert integrity.find_mapper(small.db.Model, "item").class_ is small.Item


@pytest.fixture
def owners(world: Any) -> Iterator[Any]:
    """A world with Owner.pets, of which nothing is said that becomes of them."""

    class Owner(world.db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        pets: Mapped[list[Any]] = relationship("Pet", back_populates="owner")

    class Pet(world.db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str | None] = mapped_column(String(20))
        owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))
        owner: Mapped[Owner] = relationship(back_populates="pets")

    world.Owner, world.Pet = Owner, Pet
    with world.app.app_context():
        world.db.create_all()
        world.db.session.add(Owner(id=1, pets=[Pet(id=1)]))
        world.db.session.commit()
        yield world
        world.db.session.rollback()


@pytest.mark.parametrize("way", ["delete", "take away"])
def test_a_member_that_lost_its_owner(owners: Any, way: str) -> None:
    session = owners.db.session
    owner = session.get(owners.Owner, 1)
    if way == "delete":
        session.delete(owner)
    else:
        owner.pets.clear()
    with pytest.raises(exc.IntegrityError) as caught:
        session.flush()
    (note,) = caught.value.__notes__
    assert note.startswith("A Pet lost its Owner")
    assert 'pets = relationship(cascade="all, delete-orphan", ...) in Owner' in note


def test_a_member_that_never_had_one(owners: Any) -> None:
    owners.db.session.add(owners.Pet(name="stray"))
    with pytest.raises(exc.IntegrityError) as caught:
        owners.db.session.flush()
    assert not hasattr(caught.value, "__notes__")
