"""Dynamic relationships: a query over the members, to which members are added."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from orm import (
    AppenderQuery,
    Column,
    DeclarativeBase,
    DynamicMapped,
    ForeignKey,
    Mapped,
    Query,
    Session,
    Table,
    create_engine,
    event,
    exc,
    mapped_column,
    relationship,
    select,
)


@pytest.fixture
def d() -> SimpleNamespace:
    class Base(DeclarativeBase):
        pass

    class Loud(Query[Any]):
        def shout(self) -> list[str]:
            return [each.text.upper() for each in self]

    links = Table(
        "links",
        Base.metadata,
        Column("note_id", ForeignKey("notes.id"), primary_key=True),
        Column("tag_id", ForeignKey("tags.id"), primary_key=True),
    )

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        notes: DynamicMapped[Note] = relationship(
            "Note", back_populates="user", order_by="Note.id", cascade="all, delete-orphan"
        )
        loud: DynamicMapped[Note] = relationship(
            "Note", viewonly=True, query_class=Loud, order_by="Note.id"
        )

    class Note(Base):
        __tablename__ = "notes"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str]
        user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
        user: Mapped[User | None] = relationship("User", back_populates="notes")
        tags: DynamicMapped[Tag] = relationship("Tag", secondary=links, back_populates="notes")

    class Tag(Base):
        __tablename__ = "tags"
        id: Mapped[int] = mapped_column(primary_key=True)
        notes: DynamicMapped[Note] = relationship("Note", secondary=links, back_populates="tags")

    return SimpleNamespace(Base=Base, User=User, Note=Note, Tag=Tag, links=links)


@pytest.fixture
def db(d: SimpleNamespace) -> Iterator[Session]:
    engine = create_engine("sqlite://")
    d.Base.metadata.create_all(engine)
    with Session(engine) as made:
        yield made
    engine.dispose()


def texts(notes: Any) -> list[str]:
    return [note.text for note in notes]


def test_members_of_a_new_object_are_what_was_put_in(d: SimpleNamespace) -> None:
    first, second = d.Note(text="a"), d.Note(text="b")
    user = d.User(notes=[first])
    user.notes.append(second)
    assert texts(user.notes) == ["a", "b"]
    assert (user.notes.count(), user.notes[1]) == (2, second)
    assert second.user is user
    user.notes.remove(first)
    assert texts(user.notes.all()) == ["b"]


def test_the_flush_writes_what_was_put_in_and_taken_out(db: Session, d: SimpleNamespace) -> None:
    user = d.User()
    user.notes.extend([d.Note(text="a"), d.Note(text="b")])
    db.add(user)
    assert len(db.new) == 3
    db.commit()
    assert texts(user.notes) == ["a", "b"]
    user.notes.add(d.Note(text="c"))
    user.notes.remove(user.notes[0])
    db.commit()
    assert texts(user.notes) == ["b", "c"]
    assert db.scalars(select(d.Note.text).order_by(d.Note.id)).all() == ["b", "c"]


def test_it_is_a_query(db: Session, d: SimpleNamespace) -> None:
    user = d.User(notes=[d.Note(text=text) for text in "abc"])
    db.add(user)
    assert isinstance(user.notes, AppenderQuery)
    narrowed = user.notes.filter(d.Note.text > "a")
    assert type(narrowed) is Query
    assert texts(narrowed.order_by(None).order_by(d.Note.text.desc())) == ["c", "b"]
    assert (user.notes.count(), narrowed.count()) == (3, 2)
    assert user.notes.first().text == "a"
    assert texts(user.notes[1:]) == ["b", "c"]
    assert user.notes.filter_by(text="c").one().text == "c"


def test_a_query_class_of_the_application(db: Session, d: SimpleNamespace) -> None:
    user = d.User(notes=[d.Note(text="a")])
    db.add(user)
    db.flush()
    assert user.loud.filter_by(text="a").shout() == ["A"]
    assert isinstance(user.loud, AppenderQuery)


def test_both_sides_of_many_to_many(db: Session, d: SimpleNamespace) -> None:
    note, tag = d.Note(text="a"), d.Tag()
    db.add_all([note, tag])
    note.tags.append(tag)
    db.commit()
    assert tag.notes.all() == [note]
    tag.notes.remove(note)
    db.commit()
    assert note.tags.all() == []
    note.tags.append(tag)
    db.flush()
    db.delete(tag)
    db.commit()
    assert db.execute(select(d.links)).all() == []


def test_assignment_replaces_the_members(db: Session, d: SimpleNamespace) -> None:
    user = d.User(notes=[d.Note(text="a"), d.Note(text="b")])
    db.add(user)
    db.commit()
    user.notes = [user.notes[1], d.Note(text="c")]
    db.commit()
    assert texts(user.notes) == ["b", "c"]
    assert db.scalars(select(d.Note.text).order_by(d.Note.id)).all() == ["b", "c"]


def test_deleting_the_parent_deletes_members_never_loaded(db: Session, d: SimpleNamespace) -> None:
    db.add(d.User(notes=[d.Note(text="a"), d.Note(text="b")]))
    db.commit()
    db.expunge_all()
    db.delete(db.scalars(select(d.User)).one())
    db.commit()
    assert db.scalars(select(d.Note)).all() == []


def test_adding_loads_nothing(db: Session, d: SimpleNamespace) -> None:
    user = d.User()
    db.add(user)
    db.flush()
    seen: list[str] = []
    event.listen(db.get_bind(), "before_cursor_execute", lambda *args: seen.append(args[2]))
    user.notes.append(d.Note(text="a"))
    assert seen == []
    db.flush()
    assert [statement.split()[0] for statement in seen] == ["INSERT"]


def test_a_rollback_forgets_what_was_put_in(db: Session, d: SimpleNamespace) -> None:
    user = d.User()
    db.add(user)
    db.commit()
    user.notes.append(d.Note(text="a"))
    db.rollback()
    assert user.notes.all() == []


def test_merge_takes_what_was_put_in(db: Session, d: SimpleNamespace) -> None:
    db.add(d.User(id=1, notes=[d.Note(text="a")]))
    db.commit()
    merged = db.merge(d.User(id=1, notes=[d.Note(text="b")]))
    db.commit()
    assert texts(merged.notes) == ["a", "b"]


def test_a_detached_object_says_so(db: Session, d: SimpleNamespace) -> None:
    user = d.User(notes=[d.Note(text="a")])
    db.add(user)
    db.commit()
    db.expunge(user)
    with pytest.warns(exc.SAWarning, match="detached"):
        assert list(user.notes) == []
    with pytest.raises(exc.DetachedInstanceError, match="expunged"):
        user.notes.filter_by(text="a")
