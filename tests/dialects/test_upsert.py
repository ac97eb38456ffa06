"""Session.upsert() and Session.get_or_create() on every database, also under a race."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    Engine,
    ForeignKey,
    Mapped,
    Session,
    String,
    UniqueConstraint,
    event,
    exc,
    func,
    inspect,
    mapped_column,
    relationship,
    select,
)


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)


class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(40), unique=True)
    nick: Mapped[str | None] = mapped_column(String(20), unique=True)
    name: Mapped[str | None] = mapped_column(String(20))
    age: Mapped[int | None]
    grade: Mapped[str | None] = mapped_column(String(20), default="new")
    edited: Mapped[str | None] = mapped_column(String(20), onupdate="yes")
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    team: Mapped[Team | None] = relationship()


class Seat(Base):
    __tablename__ = "seats"
    __table_args__ = (UniqueConstraint("row", "place"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    row_: Mapped[int] = mapped_column("row")
    place: Mapped[int]
    word: Mapped[str | None] = mapped_column(String(20))
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


@pytest.fixture
def tables(engine: Engine) -> Engine:
    Base.metadata.create_all(engine)
    return engine


@pytest.fixture
def session(tables: Engine) -> Iterator[Session]:
    with Session(tables) as made:
        yield made


def test_new_rows_and_rows_that_are_there(session: Session) -> None:
    old = Person(email="a", name="A", age=1)
    session.add(old)
    session.commit()
    key = old.id
    given = [Person(email="b", name="B"), Person(email="a", name="AA"), Person(email="c")]
    found = session.upsert(given, on=Person.email)
    assert [(p.email, p.name, p.age) for p in found] == [
        ("b", "B", None),
        ("a", "AA", 1),
        ("c", None, None),
    ]
    assert found[1] is old
    assert old.id == key
    assert all(inspect(p).persistent for p in found)
    assert all(inspect(p).transient for p in given)
    assert (found[0].grade, found[0].edited, old.edited) == ("new", None, "yes")
    session.commit()
    assert session.scalar(select(func.count()).select_from(Person)) == 3


def test_by_primary_key(session: Session) -> None:
    session.upsert([Team(id=5, name="x")])
    found = session.upsert([Team(id=5, name="y"), Team(id=6, name="z")])
    assert [(t.id, t.name) for t in found] == [(5, "y"), (6, "z")]


def test_only_some_attributes_are_updated(session: Session) -> None:
    session.add(Person(email="a", name="A", age=1))
    session.commit()
    (found,) = session.upsert([Person(email="a", name="B", age=2)], on="email", update=["age"])
    assert (found.name, found.age) == ("A", 2)
    (found,) = session.upsert([Person(email="a", name="B", age=3)], on="email", update=())
    assert (found.name, found.age) == ("A", 2)


def test_several_columns_and_a_version(session: Session) -> None:
    on = (Seat.row_, Seat.place)
    session.upsert([Seat(row_=1, place=n, word="w") for n in range(3)], on=on)
    found = session.upsert([Seat(row_=1, place=n, word="v") for n in range(1, 4)], on=on)
    assert [(s.place, s.word, s.version) for s in found] == [(1, "v", 2), (2, "v", 2), (3, "v", 1)]
    found[0].word = "u"
    session.commit()
    assert found[0].version == 3


def test_a_key_that_comes_twice_is_written_twice(session: Session) -> None:
    found = session.upsert([Person(email="a", age=1), Person(email="a", age=2)], on="email")
    assert found[0] is found[1]
    assert found[0].age == 2


def test_many_objects_in_few_statements(session: Session, tables: Engine) -> None:
    seen: list[str] = []
    event.listen(tables, "before_cursor_execute", lambda *args: seen.append(args[2].split()[0]))
    found = session.upsert([Person(email=str(n), age=n) for n in range(1200)], on="email")
    assert [p.age for p in found] == list(range(1200))
    assert seen.count("INSERT") == 3
    assert len(seen) <= 6


def test_pending_changes_are_flushed_first(session: Session) -> None:
    session.add(Person(email="a", name="A"))
    (found,) = session.upsert([Person(email="a", age=4)], on="email")
    assert (found.name, found.age) == ("A", 4)
    assert not session.new


def test_related_objects_give_their_keys(session: Session) -> None:
    team = Team(name="t")
    session.add(team)
    session.flush()
    (found,) = session.upsert([Person(email="a", team=team)], on="email")
    assert found.team is team
    with pytest.raises(exc.InvalidRequestError, match=r"Person\.team"):
        session.upsert([Person(email="b", team=Team(name="n"))], on="email")


def test_a_conflict_at_another_key_changes_no_row(session: Session) -> None:
    session.add(Person(email="a", nick="n", name="A"))
    session.commit()
    with pytest.raises((exc.IntegrityError, exc.InvalidRequestError)):
        session.upsert([Person(email="b", nick="n", name="B")], on="email")
    session.rollback()
    assert session.execute(select(Person.email, Person.name)).all() == [("a", "A")]


def test_what_cannot_be_upserted(session: Session) -> None:
    with pytest.raises(exc.ArgumentError, match=r"no unique key over 'name'.*UniqueConstraint"):
        session.upsert([Person(name="a")], on="name")
    with pytest.raises(exc.ArgumentError, match="no column attribute 'other'"):
        session.upsert([Person(name="a")], on="other")
    with pytest.raises(exc.InvalidRequestError, match="no value for 'email'"):
        session.upsert([Person(name="a")], on="email")
    pending = Person(email="a")
    session.add(pending)
    with pytest.raises(exc.InvalidRequestError, match="is not new"):
        session.upsert([pending], on="email")


def test_get_or_create(session: Session) -> None:
    made, created = session.get_or_create(Person, {"name": "A"}, email="a")
    assert (made.name, created) == ("A", True)
    assert inspect(made).persistent
    again, created = session.get_or_create(Person, {"name": "B"}, email="a")
    assert (again is made, again.name, created) == (True, "A", False)
    with pytest.raises(exc.ArgumentError, match="no unique key over 'name'"):
        session.get_or_create(Person, name="A")


def test_get_or_create_keeps_what_was_done_before(session: Session) -> None:
    session.add(Person(email="z", nick="n"))
    with pytest.raises(exc.IntegrityError):
        session.get_or_create(Person, {"nick": "n"}, email="a")
    session.commit()
    assert session.scalars(select(Person.email)).all() == ["z"]


def test_get_or_create_under_a_race(tables: Engine) -> None:
    """The other transaction has inserted the row, and commits while we wait for it."""
    found: list[Any] = []
    started = threading.Event()

    def other() -> None:
        with Session(tables) as mine:
            started.set()
            person, created = mine.get_or_create(Person, email="a")
            found.append((person.id, created))
            mine.commit()

    with Session(tables) as first:
        first.add(Person(email="a"))
        first.flush()
        thread = threading.Thread(target=other)
        thread.start()
        started.wait(5)
        thread.join(0.3)
        first.commit()
        thread.join(20)
        assert found == [(first.scalar(select(Person.id)), False)]
