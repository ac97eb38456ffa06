"""What type checkers know of statements and results. `make check` has mypy and pyright read this file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, assert_type

import pytest

import orm
from orm import (
    DeclarativeBase,
    ForeignKey,
    Integer,
    Mapped,
    Result,
    Row,
    ScalarResult,
    Select,
    Session,
    aliased,
    cast,
    create_engine,
    delete,
    func,
    insert,
    mapped_column,
    relationship,
    select,
    text,
    update,
)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    nickname: Mapped[str | None]
    posts: Mapped[list[Post]] = relationship(back_populates="author")


class Post(Base):
    __tablename__ = "post"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    author: Mapped[User] = relationship(back_populates="posts")


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        ada = User(name="ada", posts=[Post(title="a"), Post(title="b")])
        session.add(ada)
        session.commit()
        yield session
    engine.dispose()


def test_attributes_of_objects(session: Session) -> None:
    user = session.get_one(User, 1)
    assert_type(user, User)
    assert_type(user.id, int)
    assert_type(user.nickname, str | None)
    assert_type(user.posts, list[Post])
    assert_type(user.posts[0].author.name, str)
    assert_type(session.get(User, 5), User | None)
    user.name = "grace"
    assert user.posts[0].author is user


def test_select_of_one_class(session: Session) -> None:
    statement = select(User).where(User.name == "ada").order_by(User.id.desc()).limit(5)
    assert_type(statement, Select[User])
    assert_type(session.scalars(statement), ScalarResult[User])
    assert_type(session.scalars(statement).all(), Sequence[User])
    assert_type(session.scalars(statement).one(), User)
    assert_type(session.scalars(statement).first(), User | None)
    assert_type(session.scalar(statement), User | None)
    assert_type(session.execute(statement).scalars().all(), Sequence[User])
    assert_type(session.execute(statement).scalar_one(), User)
    for user in session.scalars(statement):
        assert_type(user, User)
        assert isinstance(user, User)


def test_select_of_columns(session: Session) -> None:
    statement = select(User.id, User.nickname)
    assert_type(statement, Select[int, str | None])
    result = session.execute(statement)
    assert_type(result, Result[int, str | None])
    row = result.one()
    assert_type(row, Row[int, str | None])
    number, nickname = row
    assert_type(number, int)
    assert_type(nickname, str | None)
    assert_type(row[0], int)
    assert_type(row.t, tuple[int, str | None])
    assert_type(row.nickname, Any)
    assert (number, nickname) == (1, None)
    assert_type(session.scalars(select(User.name)).all(), Sequence[str])


def test_mixtures_and_joins(session: Session) -> None:
    statement = select(User, Post.title).join(User.posts).where(Post.title.in_(["a", "b"]))
    assert_type(statement, Select[User, str])
    assert_type(session.scalars(statement).all(), Sequence[User])
    titles = [(user.name, title) for user, title in session.execute(statement)]
    assert_type(titles, list[tuple[str, str]])
    assert titles == [("ada", "a"), ("ada", "b")]
    other = aliased(User)
    assert_type(session.scalars(select(other).where(other.id == 1)).all(), Sequence[User])


def test_functions_and_casts(session: Session) -> None:
    assert_type(select(func.count(User.id)), Select[int])
    assert_type(session.scalar(select(func.count()).select_from(User)), int | None)
    assert_type(session.scalars(select(func.max(User.id))).one(), int)
    assert_type(select(cast(User.name, Integer)), Select[int])
    assert_type(select(User.name.label("n")), Select[str])
    assert_type(select(func.coalesce(User.nickname, "none")), Select[str])
    assert_type(select(func.lower(User.name), func.length(User.name)), Select[str, int])
    rows = session.execute(select(User.name, func.count(Post.id)).join(Post).group_by(User.name))
    for name, count in rows:
        assert_type(name, str)
        assert_type(count, int)
        assert (name, count) == ("ada", 2)


def test_statements_of_unknown_columns(session: Session) -> None:
    for a, b in session.execute(text("SELECT id, name FROM user")):
        assert_type(a, Any)
        assert (a, b) == (1, "ada")
    assert session.execute("SELECT count(*) FROM post WHERE id > :low", {"low": 1}).scalar() == 1


def test_insert_update_delete(session: Session) -> None:
    made = session.scalars(insert(User).returning(User), [{"name": "grace"}])
    assert_type(made.all(), Sequence[User])
    changed = session.execute(update(User).where(User.id > 1).values(nickname="g"))
    assert changed.rowcount == 1
    gone = session.execute(delete(User).where(User.name == "grace").returning(User.id, User.name))
    assert_type(gone.all(), Sequence[Row[int, str]])


def test_the_interface_of_1x(session: Session) -> None:
    assert_type(session.query(User).filter(User.name == "ada").all(), list[User])
    assert_type(session.query(User).first(), User | None)
    assert_type(session.query(User).filter_by(name="ada").one(), User)


def test_text_is_never_made_of_values(session: Session) -> None:
    name = "ada"
    # mypy takes every str for a literal; pyright refuses the f-string
    session.execute(f"SELECT '{name}'")  # pyright: ignore[reportCallIssue, reportArgumentType]


def test_wrong_types_are_found(session: Session) -> None:
    user = session.get_one(User, 1)
    user.name = 5  # type: ignore[assignment] # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(AttributeError):
        user.missing  # type: ignore[attr-defined] # noqa: B018 # pyright: ignore[reportAttributeAccessIssue]


def test_names_that_are_loaded_late() -> None:
    with create_engine("sqlite://").connect() as connection:
        assert_type(orm.Inspector(connection).get_table_names(), list[str])
    with pytest.raises(AttributeError):
        orm.Insepctor  # type: ignore[attr-defined] # noqa: B018 # pyright: ignore[reportAttributeAccessIssue]
