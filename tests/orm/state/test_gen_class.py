"""`__setattr__` of a mapped class: the short way of plain columns, and who must not take it."""

from __future__ import annotations

import pytest

from orm import codegen, event
from orm.codegen import dump
from orm.mapping import DeclarativeBase, Mapped, mapped_column, relationship, validates
from orm.schema import ForeignKey
from orm.state import NO_VALUE, flag_modified, get_history, instance_state
from orm.state.gen_class import gen_setattr
from orm.state.markers import UNCHANGED

generated = pytest.mark.skipif(not codegen.is_enabled(), reason="runs the plain twins")


@pytest.fixture
def models():
    class Base(DeclarativeBase):
        pass

    class Team(Base):
        __tablename__ = "teams"
        id: Mapped[int] = mapped_column(primary_key=True)
        members: Mapped[list[User]] = relationship(back_populates="team")

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
        team: Mapped[Team] = relationship(back_populates="members")

    Base.registry.configure()
    Base.Team, Base.User = Team, User
    return Base


def test_the_value_before_the_first_of_many_writes_is_kept(models):
    user = models.User()
    state = instance_state(user)
    assert state.committed is UNCHANGED
    user.name = "a"
    state.commit_all()
    user.name = "b"
    user.name = "c"
    assert state.committed == {"name": "a"}
    assert user.name == "c"


def test_a_relationship_set_twice_tells_the_other_side_twice(models):
    one, two, user = models.Team(), models.Team(), models.User()
    user.team = one
    user.team = two
    assert (one.members, two.members) == ([], [user])
    assert get_history(user, "team").added == [two]
    two.members = []
    two.members = [user]
    assert user.team is two


def test_a_relationship_is_not_noted_by_its_name(models):
    user = models.User()
    user.team = models.Team()
    assert list(instance_state(user).committed) == ["team()"]
    assert "team" not in instance_state(user).unmodified
    assert "team" not in instance_state(user).unloaded


def test_listeners_registered_after_a_change_hear_the_next_one(models):
    user = models.User(name="a")
    heard = []
    event.listen(models.User.name, "set", lambda *args: heard.append(args[1:3]))
    user.name = "b"
    user.name = "c"
    assert heard == [("b", "a"), ("c", "b")]


def test_active_history_asked_for_after_a_change(models):
    user = models.User(name="a")
    models.User.name.need_active_history()
    user.name = "b"
    assert instance_state(user).committed == {"name": NO_VALUE}
    assert models.User._sa_class_manager.careful


def test_a_validator_hears_every_write():
    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        age: Mapped[int]

        @validates("name")
        def _lower(self, key, value):
            return value.lower()

    user = User(name="A", age=1)
    user.name = "B"
    user.name = "C"
    user.age = 2
    assert (user.name, user.age) == ("c", 2)


def test_flagged_attributes_are_written_as_others(models):
    user = models.User(name="a")
    user.team = models.Team()
    instance_state(user).commit_all()
    flag_modified(user, "team")
    flag_modified(user, "name")
    other = models.Team()
    user.team, user.name = other, "b"
    assert other.members == [user]
    assert user.name == "b"


def test_names_which_are_not_mapped_make_no_state(models):
    user = models.User.__new__(models.User)
    user.note = 1
    assert user.__dict__ == {"note": 1}
    user.name = "a"
    assert instance_state(user).committed == {"name": NO_VALUE}


@generated
def test_the_class_asks_for_listeners_only_where_a_column_has_some(models):
    careful = "name in fast and name in values"
    assert careful not in dump(models.User.__setattr__)
    event.listen(models.User.team, "set", lambda *args: None)
    assert careful not in dump(models.User.__setattr__)
    event.listen(models.User.name, "set", lambda *args: None)
    assert careful in dump(models.User.__setattr__)
    assert careful not in dump(models.Team.__setattr__)


def test_source_of_a_dataclass_skips_what_was_not_given():
    assert "DONT_SET" in gen_setattr(is_dataclass=True).text
    assert "DONT_SET" not in gen_setattr().text
