"""The attribute behind write-only collections: what waits for the flush, and its history."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    WriteOnlyMapped,
    create_engine,
    event,
    exc,
    inspect,
    mapped_column,
    relationship,
)
from orm.state import set_committed_value


@pytest.fixture
def w() -> SimpleNamespace:
    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        posts: WriteOnlyMapped[Post] = relationship("Post")

    class Post(Base):
        __tablename__ = "posts"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    return SimpleNamespace(Base=Base, User=User, Post=Post)


@pytest.fixture
def db(w: SimpleNamespace) -> Iterator[Session]:
    engine = create_engine("sqlite://")
    w.Base.metadata.create_all(engine)
    with Session(engine) as made:
        yield made
    engine.dispose()


def test_history_is_what_changed_since_the_flush(db: Session, w: SimpleNamespace) -> None:
    post, other = w.Post(), w.Post()
    user = w.User(posts=[post])
    history = inspect(user).attrs.posts.history
    assert (history.added, list(history.unchanged), history.deleted) == ([post], [], [])
    db.add(user)
    db.flush()
    assert not inspect(user).attrs.posts.history.has_changes()
    user.posts.remove(post)
    user.posts.remove(post)
    user.posts.add(other)
    history = inspect(user).attrs.posts.history
    assert (history.added, history.deleted) == ([other], [post])
    assert db.is_modified(user)
    assert "posts" not in user.__dict__


def test_added_and_removed_again_is_no_change(db: Session, w: SimpleNamespace) -> None:
    user, post = w.User(), w.Post()
    db.add(user)
    db.flush()
    user.posts.add(post)
    user.posts.remove(post)
    assert not inspect(user).attrs.posts.history.has_changes()


def test_events_come_for_each_member(db: Session, w: SimpleNamespace) -> None:
    seen: list[tuple[str, object]] = []
    event.listen(w.User.posts, "append", lambda user, post, token: seen.append(("append", post)))
    event.listen(w.User.posts, "remove", lambda user, post, token: seen.append(("remove", post)))
    user, post = w.User(), w.Post()
    user.posts.add(post)
    user.posts.remove(post)
    assert seen == [("append", post), ("remove", post)]


def test_nothing_is_set_as_loaded(w: SimpleNamespace) -> None:
    with pytest.raises(exc.InvalidRequestError, match="never loaded"):
        set_committed_value(w.User(), "posts", [])
    with pytest.raises(AttributeError):
        del w.User().posts
