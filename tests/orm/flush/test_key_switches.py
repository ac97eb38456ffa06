"""Primary keys that change, and what refers to them: by the database, or by the flush."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from orm import (
    Column,
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    Table,
    create_engine,
    event,
    exc,
    func,
    inspect,
    mapped_column,
    relationship,
    select,
)


def make_models(passive: bool) -> SimpleNamespace:
    """Return classes whose keys the database cascades (passive), or the flush."""
    rule: dict[str, Any] = {"onupdate": "CASCADE"} if passive else {}

    class Base(DeclarativeBase):
        pass

    links = Table(
        "links",
        Base.metadata,
        Column("user_name", ForeignKey("users.name", **rule), primary_key=True),
        Column("tag_id", ForeignKey("tags.id"), primary_key=True),
    )

    class User(Base):
        __tablename__ = "users"
        name: Mapped[str] = mapped_column(primary_key=True)
        posts: Mapped[list[Post]] = relationship("Post", passive_updates=passive)
        tags: Mapped[list[Tag]] = relationship("Tag", secondary=links, passive_updates=passive)

    class Tag(Base):
        __tablename__ = "tags"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Post(Base):
        __tablename__ = "posts"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_name: Mapped[str | None] = mapped_column(ForeignKey("users.name", **rule))

    class Note(Base):
        __tablename__ = "notes"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_name: Mapped[str | None] = mapped_column(ForeignKey("users.name", **rule))
        user: Mapped[User | None] = relationship("User", passive_updates=passive)

    class Mail(Base):
        __tablename__ = "mails"
        user_name: Mapped[str] = mapped_column(ForeignKey("users.name", **rule), primary_key=True)
        number: Mapped[int] = mapped_column(primary_key=True)

    class Box(Base):
        __tablename__ = "boxes"
        user_name: Mapped[str] = mapped_column(ForeignKey("users.name"), primary_key=True)
        mails: Mapped[list[Mail]] = relationship(
            "Mail",
            primaryjoin="foreign(Mail.user_name) == Box.user_name",
            order_by="Mail.number",
        )

    class Person(Base):
        __tablename__ = "people"
        name: Mapped[str] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "passive_updates": passive}

    class Boss(Person):
        __tablename__ = "bosses"
        name: Mapped[str] = mapped_column(ForeignKey("people.name", **rule), primary_key=True)
        car: Mapped[str | None]
        __mapper_args__ = {"polymorphic_identity": "boss"}

    models = [User, Post, Note, Mail, Box, Boss, Tag]
    return SimpleNamespace(Base=Base, links=links, **{each.__name__: each for each in models})


@pytest.fixture(params=[True, False], ids=["passive", "written"])
def m(request: pytest.FixtureRequest) -> SimpleNamespace:
    return make_models(request.param)


@pytest.fixture
def db(m: SimpleNamespace) -> Iterator[Session]:
    engine = create_engine("sqlite://")
    m.Base.metadata.create_all(engine)
    with Session(engine) as made:
        yield made
    engine.dispose()


def test_a_collection_follows(db: Session, m: SimpleNamespace) -> None:
    user = m.User(name="a", posts=[m.Post(), m.Post()])
    db.add(user)
    db.commit()
    user.name = "b"
    db.commit()
    assert inspect(user).identity == ("b",)
    assert [post.user_name for post in user.posts] == ["b", "b"]
    assert db.get(m.User, "b") is user


def test_what_refers_by_many_to_one_follows(db: Session, m: SimpleNamespace) -> None:
    user = m.User(name="a")
    note, other = m.Note(user=user), m.Note(user=m.User(name="other"))
    db.add_all([note, other])
    db.commit()
    user.name = "b"
    db.commit()
    assert (note.user_name, note.user, other.user_name) == ("b", user, "other")


def test_association_rows_follow(db: Session, m: SimpleNamespace) -> None:
    user = m.User(name="a", tags=[m.Tag(id=1), m.Tag(id=2)])
    db.add(user)
    db.commit()
    user.name = "b"
    db.commit()
    assert db.execute(select(m.links).order_by("tag_id")).all() == [("b", 1), ("b", 2)]


def test_the_tables_of_subclasses_follow(db: Session, m: SimpleNamespace) -> None:
    boss = m.Boss(name="a", car="x")
    db.add(boss)
    db.commit()
    boss.name, boss.car = "b", "y"
    db.commit()
    assert db.execute("SELECT name, car FROM bosses").all() == [("b", "y")]
    boss.name = "c"
    db.commit()
    assert (boss.name, boss.car) == ("c", "y")
    db.delete(boss)
    db.commit()
    assert db.execute("SELECT * FROM people").all() == []


def test_a_part_of_the_key_moves_to_another_owner(db: Session, m: SimpleNamespace) -> None:
    db.add_all([m.User(name=name) for name in "ab"])
    db.flush()
    first, second = m.Box(user_name="a", mails=[m.Mail(number=1)]), m.Box(user_name="b")
    db.add_all([first, second])
    db.commit()
    mail = first.mails[0]
    first.mails.remove(mail)
    second.mails.append(mail)
    db.commit()
    assert inspect(mail).identity == ("b", 1)
    assert (first.mails, second.mails) == ([], [mail])


def test_a_part_of_the_key_cannot_be_blank(db: Session, m: SimpleNamespace) -> None:
    db.add(m.User(name="a"))
    db.flush()
    box = m.Box(user_name="a", mails=[m.Mail(number=1)])
    db.add(box)
    db.commit()
    box.mails = []
    with pytest.raises(AssertionError, match=r"Box\.mails.*Mail\.user_name.*delete-orphan"):
        db.flush()


def test_keys_that_are_handed_on(db: Session, m: SimpleNamespace) -> None:
    db.add(m.User(name="u"))
    db.flush()
    first, second = m.Mail(user_name="u", number=1), m.Mail(user_name="u", number=2)
    db.add_all([first, second])
    db.commit()
    first.number, second.number = 3, 1
    db.commit()
    assert db.get(m.Mail, ("u", 1)) is second
    assert db.get(m.Mail, ("u", 3)) is first


def test_a_key_computed_by_the_database(db: Session, m: SimpleNamespace) -> None:
    user = m.User(name="a")
    db.add(user)
    db.commit()
    user.name = func.upper(m.User.name)
    db.commit()
    assert inspect(user).identity == ("A",)
    assert user.name == "A"


def test_a_key_computed_by_the_database_which_it_cannot_return(
    db: Session, m: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = m.User(name="a")
    db.add(user)
    db.commit()
    monkeypatch.setattr(db.get_bind().dialect, "update_returning", False)
    user.name = func.upper(m.User.name)
    with pytest.raises(exc.FlushError, match="primary key of a User"):
        db.flush()


def test_statements_are_few(db: Session, m: SimpleNamespace) -> None:
    user = m.User(name="a", posts=[m.Post() for _ in range(50)])
    db.add(user)
    db.commit()
    assert len(user.posts) == 50
    seen: list[str] = []
    event.listen(db.get_bind(), "before_cursor_execute", lambda *args: seen.append(args[2]))
    user.name = "b"
    db.flush()
    assert len([statement for statement in seen if statement.startswith("UPDATE")]) <= 3


def test_a_subclass_that_refers_to_its_base_beside_its_key_follows() -> None:
    class Base(DeclarativeBase):
        pass

    class Person(Base):
        __tablename__ = "people"
        name: Mapped[str] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

    class Engineer(Person):
        __tablename__ = "engineers"
        id: Mapped[int] = mapped_column(primary_key=True)
        person_name: Mapped[str] = mapped_column(ForeignKey("people.name", onupdate="CASCADE"))
        language: Mapped[str]
        __mapper_args__ = {"polymorphic_identity": "engineer"}

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        engineer = Engineer(name="a", language="x")
        session.add(engineer)
        session.commit()
        engineer.name, engineer.language = "b", "y"
        session.flush()
        assert engineer.person_name == "b"
        session.expire_all()
        assert engineer.language == "y"
        engineer.name = "c"
        session.commit()
        assert (engineer.person_name, engineer.language) == ("c", "y")
    engine.dispose()
