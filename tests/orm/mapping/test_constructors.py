"""The keyword constructor: what is noted of a new object, whichever way its values come in."""

from __future__ import annotations

import sys

import pytest

from orm import Column, Integer, Table, event
from orm.mapping import DeclarativeBase, Mapped, mapped_column
from orm.state import NO_VALUE, instance_state


@pytest.fixture
def User():
    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        age: Mapped[int]

        @property
        def label(self):
            return self.name

        @label.setter
        def label(self, value):
            self.name = value

    return User


def test_values_are_taken_in_with_the_note_that_there_were_none(User):
    user = User(name="a", age=1)
    assert (user.name, user.age) == ("a", 1)
    assert instance_state(user).committed == {"name": NO_VALUE, "age": NO_VALUE}


def test_an_object_without_values_is_unchanged(User):
    assert not instance_state(User()).modified


def test_properties_and_columns_together(User):
    user = User(age=1, label="b")
    assert user.name == "b"
    assert instance_state(user).committed == {"age": NO_VALUE, "name": NO_VALUE}


def test_what_a_listener_has_set_before_is_overwritten_and_stays_noted(User):
    event.listen(User, "init", lambda user, args, kwargs: setattr(user, "name", "default"))
    assert User(age=1).name == "default"
    user = User(name="a")
    assert user.name == "a"
    assert instance_state(user).committed == {"name": NO_VALUE}


def test_values_under_no_tracking_are_what_was_there_before(User):
    event.listen(User, "init", lambda user, args, kwargs: user.__dict__.update(name="hidden"))
    user = User(name="a")
    assert instance_state(user).committed == {"name": "hidden"}


def test_a_class_below_with_keywords_of_its_own(User):
    class Admin(User):
        def __init__(self, level, **kwargs):
            super().__init__(**kwargs)
            self.level = level

    admin = Admin(3, name="a")
    assert (admin.level, admin.name) == (3, "a")
    assert instance_state(admin).committed == {"name": NO_VALUE}


def test_unknown_keywords_are_refused(User):
    with pytest.raises(TypeError, match="Did you mean 'name'"):
        User(nam="a")


def test_values_are_found_by_the_very_names_that_code_uses():
    class Base(DeclarativeBase):
        pass

    # names as a reflected table has them: read from the database, not written in code
    name, key = "".join(["pla", "ce"]), "".join(["i", "d"])
    table = Table("places", Base.metadata, Column(key, Integer, primary_key=True), Column(name))

    class Place(Base):
        __table__ = table

    assert all(each is sys.intern(each) for each in Place.__mapper__.attrs.keys())
