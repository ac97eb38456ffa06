"""What type checkers know of models, sessions and pages of the Flask extension."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_type

import pytest
from flask import Flask

from flask_ormsession import Database, KeysetPage, Model, Pagination
from flask_ormsession.query import ModelQuery
from orm import (
    ColumnElement,
    DeclarativeBase,
    ForeignKey,
    Mapped,
    MappedAsDataclass,
    ScalarResult,
    mapped_column,
    relationship,
    select,
)


class Base(Model, DeclarativeBase):
    pass


class User(Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class DataBase(Model, MappedAsDataclass, DeclarativeBase):
    pass


class Point(DataBase):
    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    x: Mapped[int]
    y: Mapped[int] = mapped_column(default=0)


class Note(Model):
    """Below Model itself: what has a right-hand side may be left out of the constructor."""

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    title: Mapped[str | None] = mapped_column()
    tags: Mapped[list[NoteTag]] = relationship()


class Stamped(Model):
    __abstract__ = True
    stamp: Mapped[int] = mapped_column(default=0)


class NoteTag(Stamped):
    __tablename__ = "note_tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int | None] = mapped_column(ForeignKey("note.id"))


class Pair(MappedAsDataclass, Model):
    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    left: Mapped[int]
    right: Mapped[int] = mapped_column(default=0)


db = Database(model_class=Base)
notes = Database(model_class=Model)


# pyright takes the attribute of an object for a base class, mypy does not.
class Group(db.Model):  # type: ignore[name-defined, misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


class Remark(notes.Model):  # type: ignore[name-defined, misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = Flask("typed", instance_path=str(tmp_path), root_path=str(tmp_path))
    app.secret_key = "test"
    db.init_app(app)
    with app.app_context():
        db.create_all()
        db.session.add(User(id=1, name="ada"))
        db.session.commit()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.mark.usefixtures("app")
def test_models_and_the_session() -> None:
    user = db.get_or_404(User, 1)
    assert_type(user, User)
    assert_type(user.name, str)
    assert_type(db.session.get(User, 1), User | None)
    assert_type(db.session.scalars(select(User)), ScalarResult[User])
    assert_type(User.query, ModelQuery[User])
    assert_type(User.query.first_or_404(), User)
    assert_type(User.query.get_or_404("1").name, str)
    assert_type(db.session().get_one(User, 1), User)


@pytest.mark.usefixtures("app")
def test_pages() -> None:
    statement = select(User).order_by(User.id)
    page = db.paginate(statement)
    assert_type(page, Pagination[User])
    assert_type(page.items[0].name, str)
    assert_type([user.id for user in page], list[int])
    keyset = db.paginate(statement, by="keyset")
    assert_type(keyset, KeysetPage[User])
    assert_type(keyset.next_cursor, str | None)
    assert_type(User.query.paginate(), Pagination[User])


@pytest.mark.usefixtures("app")
def test_lookups() -> None:
    assert_type(db.first_or_404(select(User)), User)
    assert_type(db.one_or_404(select(User.name)), str)


def test_constructors() -> None:
    assert_type(User(name="ada"), User)
    point = Point(x=1)
    assert_type(point, Point)
    assert_type(point.x, int)
    assert (point.x, point.y) == (1, 0)
    with pytest.raises(TypeError):
        Point(z=1)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


def test_constructors_of_models() -> None:
    note = Note(text="a", tags=[NoteTag(stamp=3)])
    assert_type(note, Note)
    assert_type(note.title, str | None)
    assert_type(Note.text == "a", ColumnElement[bool])
    if TYPE_CHECKING:
        assert_type(Note.query.first_or_404(), Note)
    assert (note.text, note.tags[0].stamp) == ("a", 3)
    assert (Pair(1).right, Pair(1, 2).right) == (0, 2)
    assert Note().text is None  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    assert Note(text=3).text == 3  # type: ignore[arg-type, comparison-overlap] # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError):
        Note(txet="a")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError):
        Remark(txet="a")  # pyright: ignore[reportCallIssue]


def test_decorators_keep_signatures() -> None:
    @db.transaction
    def plain(number: int) -> str:
        return str(number)

    @db.transaction(retry=1, isolation_level="SERIALIZABLE")
    def configured(number: int, *, text: str = "") -> list[str]:
        return [text] * number

    @db.manual_commit
    def view(name: str) -> Any:
        return name

    if TYPE_CHECKING:
        assert_type(plain(1), str)
        assert_type(configured(1, text="a"), list[str])
        plain("a")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
        view(1)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert plain.__name__ == "plain"
    assert configured.__name__ == "configured"
    assert view("a") == "a"
