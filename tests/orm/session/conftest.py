"""Models shared by the tests of the session."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Integer,
    Mapped,
    Session,
    String,
    create_engine,
    mapped_column,
    relationship,
)


@pytest.fixture
def m() -> SimpleNamespace:
    """Fresh classes, so that no test sees another's mappers and listeners."""

    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"
        id = mapped_column(Integer, primary_key=True)
        name = mapped_column(String(30), unique=True)
        posts: Mapped[list[Post]] = relationship(
            "Post", back_populates="user", cascade="all, delete-orphan", order_by="Post.id"
        )

    class Post(Base):
        __tablename__ = "posts"
        id = mapped_column(Integer, primary_key=True)
        title = mapped_column(String(30))
        user_id = mapped_column(ForeignKey("users.id"))
        user: Mapped[User] = relationship("User", back_populates="posts")

    return SimpleNamespace(Base=Base, User=User, Post=Post)


@pytest.fixture
def memory(m: SimpleNamespace) -> Iterator[Any]:
    engine = create_engine("sqlite://")
    m.Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def session(memory: Any) -> Iterator[Session]:
    with Session(memory) as made:
        yield made


@pytest.fixture
def filled(session: Session, m: SimpleNamespace) -> Session:
    """A session over four users, `a` to `d`, each with one post whose title is the name twice."""
    session.add_all([m.User(name=n, posts=[m.Post(title=n * 2)]) for n in "abcd"])
    session.commit()
    return session
