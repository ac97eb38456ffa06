"""WriteOnlyCollection: changes without loading, and statements about the members."""

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
    WriteOnlyMapped,
    configure_mappers,
    create_engine,
    event,
    exc,
    mapped_column,
    relationship,
    select,
    selectinload,
)


@pytest.fixture
def w() -> SimpleNamespace:
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
        id: Mapped[int] = mapped_column(primary_key=True)
        posts: WriteOnlyMapped[Post] = relationship(
            "Post",
            back_populates="user",
            order_by="Post.id",
            cascade="all, delete-orphan",
            passive_deletes=True,
        )
        kept: WriteOnlyMapped[Note] = relationship("Note")

    class Note(Base):
        __tablename__ = "notes"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    class Post(Base):
        __tablename__ = "posts"
        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str]
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
        user: Mapped[User] = relationship("User", back_populates="posts")
        tags: WriteOnlyMapped[Tag] = relationship("Tag", secondary=links, passive_deletes=True)

    class Tag(Base):
        __tablename__ = "tags"
        id: Mapped[int] = mapped_column(primary_key=True)
        label: Mapped[str]

    return SimpleNamespace(Base=Base, User=User, Note=Note, Post=Post, Tag=Tag, links=links)


@pytest.fixture
def db(w: SimpleNamespace) -> Iterator[Session]:
    engine = create_engine("sqlite://")
    w.Base.metadata.create_all(engine)
    with Session(engine) as made:
        yield made
    engine.dispose()


@pytest.fixture
def user(db: Session, w: SimpleNamespace) -> Any:
    made = w.User(posts=[w.Post(title=title) for title in "abc"])
    db.add(made)
    db.commit()
    return made


def titles(db: Session, user: Any) -> list[str]:
    return [post.title for post in db.scalars(user.posts.select())]


def test_select_is_in_the_order_of_the_relationship(db: Session, user: Any) -> None:
    assert titles(db, user) == ["a", "b", "c"]
    assert "ORDER BY posts.id" in str(user.posts.select())


def test_add_and_remove_load_nothing(db: Session, user: Any, w: SimpleNamespace) -> None:
    post = db.scalars(user.posts.select()).first()
    _ = user.id
    seen: list[str] = []
    event.listen(db.get_bind(), "before_cursor_execute", lambda *args: seen.append(args[2]))
    user.posts.add_all([w.Post(title="d"), w.Post(title="e")])
    user.posts.remove(post)
    assert seen == []
    db.flush()
    assert sorted(statement.split()[0] for statement in seen) == ["DELETE", "INSERT"]
    assert titles(db, user) == ["b", "c", "d", "e"]


def test_backrefs_both_ways(db: Session, user: Any, w: SimpleNamespace) -> None:
    post = w.Post(title="d")
    user.posts.add(post)
    assert post.user is user
    assert post in db
    db.add(w.Post(title="e", user=user))
    db.flush()
    assert titles(db, user) == ["a", "b", "c", "d", "e"]


def test_statements_about_the_members(db: Session, user: Any, w: SimpleNamespace) -> None:
    other = w.User(posts=[w.Post(title="other")])
    db.add(other)
    db.flush()
    db.execute(user.posts.insert(), [{"title": "k"}, {"title": "l"}])
    db.execute(user.posts.update().values(title=w.Post.title + "!").where(w.Post.title > "b"))
    assert titles(db, user) == ["a", "b", "c!", "k!", "l!"]
    db.execute(user.posts.delete().where(w.Post.title == "a"))
    assert titles(db, user) == ["b", "c!", "k!", "l!"]
    assert titles(db, other) == ["other"]


def test_many_to_many(db: Session, user: Any, w: SimpleNamespace) -> None:
    post = db.scalars(user.posts.select()).first()
    tag = w.Tag(label="t")
    post.tags.add(tag)
    db.commit()
    assert db.scalars(post.tags.select()).all() == [tag]
    with pytest.raises(exc.InvalidRequestError, match="links"):
        post.tags.insert()
    post.tags.remove(tag)
    db.commit()
    assert db.execute(select(w.links)).all() == []


def test_deletes_are_left_to_the_database(db: Session, user: Any, w: SimpleNamespace) -> None:
    db.delete(user)
    with pytest.raises(exc.InvalidRequestError, match=r"User\.kept is write-only.*passive_deletes"):
        db.flush()


def test_what_needs_all_members_is_refused(db: Session, user: Any, w: SimpleNamespace) -> None:
    with pytest.raises(TypeError, match=r"User\.posts is write-only"):
        list(user.posts)
    with pytest.raises(exc.InvalidRequestError, match="cannot be replaced"):
        user.posts = []
    with pytest.raises(exc.InvalidRequestError, match="never loaded"):
        db.scalars(select(w.User).options(selectinload(w.User.posts))).all()


def test_only_for_collections() -> None:
    class Base(DeclarativeBase):
        pass

    class Parent(Base):
        __tablename__ = "parents"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Child(Base):
        __tablename__ = "children"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"))
        parent = relationship("Parent", lazy="write_only")

    with pytest.raises(exc.InvalidRequestError, match=r"Child\.parent.*one\s*object"):
        configure_mappers()
    Base.registry.dispose()
