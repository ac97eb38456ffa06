"""Models and a statement log shared by the tests of the flush."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from orm import (
    Column,
    DeclarativeBase,
    ForeignKey,
    Integer,
    Mapped,
    Session,
    String,
    Table,
    create_engine,
    event,
    func,
    mapped_column,
    relationship,
    text,
)


def make_models() -> SimpleNamespace:
    """Return fresh classes, so that no test sees another's mappers."""

    class Base(DeclarativeBase):
        pass

    links = Table(
        "links",
        Base.metadata,
        Column("post_id", ForeignKey("posts.id"), primary_key=True),
        Column("tag_id", ForeignKey("tags.id"), primary_key=True),
    )

    class User(Base):
        __tablename__ = "users"
        id = mapped_column(Integer, primary_key=True)
        name = mapped_column(String(30), unique=True)
        rank = mapped_column(Integer, default=7)
        state = mapped_column(String(10), server_default="fresh")
        edits = mapped_column(Integer, onupdate=lambda: 99)
        posts: Mapped[list[Post]] = relationship("Post", back_populates="user", order_by="Post.id")
        notes: Mapped[list[Note]] = relationship(
            "Note", back_populates="user", cascade="all, delete-orphan"
        )

    class Note(Base):
        __tablename__ = "notes"
        id = mapped_column(Integer, primary_key=True)
        text = mapped_column(String(30))
        user_id = mapped_column(ForeignKey("users.id"))
        user: Mapped[User] = relationship("User", back_populates="notes")

    class Post(Base):
        __tablename__ = "posts"
        id = mapped_column(Integer, primary_key=True)
        title = mapped_column(String(30))
        user_id = mapped_column(ForeignKey("users.id"))
        user: Mapped[User] = relationship("User", back_populates="posts")
        tags: Mapped[list[Tag]] = relationship("Tag", secondary=links, back_populates="posts")

    class Tag(Base):
        __tablename__ = "tags"
        id = mapped_column(Integer, primary_key=True)
        label = mapped_column(String(30))
        posts: Mapped[list[Post]] = relationship("Post", secondary=links, back_populates="tags")

    class Node(Base):
        __tablename__ = "nodes"
        id = mapped_column(Integer, primary_key=True)
        name = mapped_column(String(30))
        parent_id = mapped_column(ForeignKey("nodes.id"))
        favourite_id = mapped_column(ForeignKey("nodes.id"))
        children: Mapped[list[Node]] = relationship(
            "Node",
            back_populates="parent",
            foreign_keys="Node.parent_id",
            cascade="all",
            order_by="Node.id",
        )
        parent: Mapped[Node] = relationship(
            "Node", back_populates="children", foreign_keys="Node.parent_id", remote_side=[id]
        )
        favourite: Mapped[Node] = relationship(
            "Node", foreign_keys="Node.favourite_id", remote_side=[id], post_update=True
        )

    class Paper(Base):
        __tablename__ = "papers"
        id = mapped_column(Integer, primary_key=True)
        title = mapped_column(String(30))
        version = mapped_column(Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}

    class Country(Base):
        __tablename__ = "countries"
        code = mapped_column(String(10), primary_key=True)
        name = mapped_column(String(30))
        cities: Mapped[list[City]] = relationship(
            "City", back_populates="country", passive_updates=False
        )

    class City(Base):
        __tablename__ = "cities"
        id = mapped_column(Integer, primary_key=True)
        country_code = mapped_column(ForeignKey("countries.code"))
        country: Mapped[Country] = relationship("Country", back_populates="cities")

    class Pair(Base):
        __tablename__ = "pairs"
        left = mapped_column(Integer, primary_key=True)
        right = mapped_column(Integer, primary_key=True)
        word = mapped_column(String(30), server_default=text("'w'"))

    models = [User, Note, Post, Tag, Node, Paper, Country, City, Pair]
    made = SimpleNamespace(**{model.__name__: model for model in models})
    made.Base, made.links, made.func = Base, links, func
    return made


@pytest.fixture
def m() -> SimpleNamespace:
    return make_models()


@pytest.fixture
def memory(m: SimpleNamespace) -> Iterator[Any]:
    """An engine on an SQLite database in memory, with the tables."""
    engine = create_engine("sqlite://")
    m.Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def session(memory: Any) -> Iterator[Session]:
    with Session(memory) as made:
        yield made


@pytest.fixture
def log(memory: Any) -> list[str]:
    """The statements sent so far, as "VERB table"; executemany counts once."""
    found: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        words = statement.split()
        place = {"INSERT": 2, "DELETE": 2, "UPDATE": 1}.get(words[0])
        if place is None:
            place = words.index("FROM") + 1 if "FROM" in words else 0
        found.append(f"{words[0]} {words[place]}")

    event.listen(memory, "before_cursor_execute", note)
    return found


@pytest.fixture
def rows(session: Session) -> Callable[[str], list[tuple[Any, ...]]]:
    """Return the rows of a query, past the ORM."""

    def fetch(query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in session.connection().exec_driver_sql(query)]

    return fetch
