"""Configuration happens once, completely, whoever asks first."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

from orm import Session, column_property, create_engine, exc, func
from orm.inspection import inspect
from orm.mapping import DeclarativeBase, Mapped, mapped_column, on_configured, relationship
from orm.schema import ForeignKey
from orm.sql import select


def make_classes():
    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        posts: Mapped[list["Post"]] = relationship(back_populates="user")

    class Post(Base):
        __tablename__ = "posts"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
        user: Mapped[User] = relationship(back_populates="posts")

    return User, Post


def test_first_object_configures():
    User, Post = make_classes()
    assert not inspect(User).configured
    user = User()
    assert inspect(User).configured
    assert inspect(Post).configured
    assert user.posts == []


def test_callbacks_hear_of_every_mapper_once():
    heard = []

    def callback(mapper):
        heard.append(mapper.class_)

    from orm.mapping import configure

    on_configured(callback)
    try:
        heard.clear()
        User, Post = make_classes()
        User()
        Post()
        assert heard == [User, Post]
    finally:
        configure._callbacks.remove(callback)


def test_threads_wait_for_a_complete_mapping():
    for _ in range(5):
        User, Post = make_classes()
        barrier = threading.Barrier(8)
        results = []

        def use(User=User, Post=Post, barrier=barrier, results=results):
            barrier.wait()
            try:
                post = Post(user=User())
                results.append(post.user.posts == [post])
            except Exception as error:
                results.append(error)

        threads = [threading.Thread(target=use) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [True] * 8


def test_a_wrong_mapping_says_so_every_time():
    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        posts = relationship("Nothing")

    for _ in range(2):
        with pytest.raises(exc.InvalidRequestError, match=r"User\.posts: 'Nothing'"):
            User()


def test_classes_can_be_collected():
    def make():
        User, Post = make_classes()
        User(posts=[Post()])
        return weakref.ref(User)

    ref = make()
    gc.collect()
    assert ref() is None


def test_a_statement_of_a_class_configures():
    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Post(Base):
        __tablename__ = "posts"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id = mapped_column(ForeignKey("users.id"))
        user = relationship(User, backref="posts")

    statement = select(User)
    assert "JOIN posts" in str(statement.join(User.posts))


def test_classes_hear_of_their_configuration() -> None:
    told: list[str] = []

    class Registered(DeclarativeBase):
        pass

    class Telling:
        @classmethod
        def __declare_first__(cls) -> None:
            told.append(f"first {cls.__name__}")

        @classmethod
        def __declare_last__(cls) -> None:
            told.append(f"last {cls.__name__}")

    class Above(Telling, Registered):
        __tablename__ = "above"

        id: Mapped[int] = mapped_column(primary_key=True)

    class Below(Above):
        __tablename__ = "below"

        id: Mapped[int] = mapped_column(ForeignKey("above.id"), primary_key=True)

    Registered.registry.configure()
    assert told == ["first Above", "first Below", "last Above", "last Below"]
    Registered.registry.configure()
    assert len(told) == 4


def test_a_class_body_may_select_from_classes_whose_targets_come_later() -> None:
    class Registered(DeclarativeBase):
        pass

    class Store(Registered):
        __tablename__ = "store"

        id: Mapped[int] = mapped_column(primary_key=True)
        chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"))
        chain = relationship("Chain")

    class Chain(Registered):
        __tablename__ = "chain"

        id: Mapped[int] = mapped_column(primary_key=True)
        stores = column_property(
            select(func.count()).select_from(Store).where(Store.chain_id == id).scalar_subquery()
        )

    assert "count(*)" in str(select(Chain))
    Registered.registry.dispose()


def test_a_class_that_never_comes_is_an_error_of_the_execution() -> None:
    class Registered(DeclarativeBase):
        pass

    class Store(Registered):
        __tablename__ = "store"

        id: Mapped[int] = mapped_column(primary_key=True)
        chain = relationship("Chain")

    statement = select(Store)
    with Session(create_engine("sqlite://")) as session:
        with pytest.raises(exc.InvalidRequestError, match="'Chain'"):
            session.scalars(statement)
    Registered.registry.dispose()
