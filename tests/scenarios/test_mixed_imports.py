"""An import of SQLAlchemy that was left behind by a move: wherever its objects arrive, the error says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import sqlalchemy.orm as sa_orm

import orm
from orm import Column, Integer, MetaData, Session, Table, create_engine, exc, literal, select


class Base(orm.DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


def declare(**body: Any) -> Any:
    """Declare a class with these members besides a key."""

    class FreshBase(orm.DeclarativeBase):
        pass

    body = {"__tablename__": "fresh", "id": Column(Integer, primary_key=True), **body}
    return type("Fresh", (FreshBase,), body)


def declare_annotated() -> Any:
    """Declare a class with the other Mapped alone."""
    return declare(__annotations__={"name": sa_orm.Mapped[str]})


def execute_in_session(statement: Any) -> Any:
    with Session(create_engine("sqlite://")) as session:
        return session.execute(statement)


def execute_on_connection(statement: Any) -> Any:
    with create_engine("sqlite://").connect() as connection:
        return connection.execute(statement)


MISTAKES: dict[str, Callable[[], Any]] = {
    "text in a session": lambda: execute_in_session(sa.text("SELECT 1")),
    "select in a session": lambda: execute_in_session(sa.select(sa.literal(1))),
    "text on a connection": lambda: execute_on_connection(sa.text("SELECT 1")),
    "function selected": lambda: select(sa.func.count()),
    "literal compared": lambda: literal(1) == sa.literal(1),
    "text as a condition": lambda: select(User).where(sa.text("1 = 1")),
    "and_ as a condition": lambda: select(User).where(sa.and_(sa.true())),
    "desc as an order": lambda: select(User).order_by(sa.desc("id")),
    "type of a column": lambda: Column("a", sa.Integer),
    "type of a mapped column": lambda: orm.mapped_column(sa.String(5)),
    "foreign key": lambda: Column("a", Integer, sa.ForeignKey("user.id")),
    "server default": lambda: Column("a", Integer, server_default=sa.func.now()),
    "metadata": lambda: Table("a", sa.MetaData()),
    "column of a table": lambda: Table("a", MetaData(), sa.Column("a", sa.Integer)),
    "column in a class": lambda: declare(name=sa.Column(sa.String(5))),
    "mapped column in a class": lambda: declare(name=sa_orm.mapped_column()),
    "relationship in a class": lambda: declare(friend=sa_orm.relationship("User")),
    "annotation in a class": declare_annotated,
    "constraint of a class": lambda: declare(__table_args__=(sa.UniqueConstraint("id"),)),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_it_is_named(name: str) -> None:
    with pytest.raises(exc.ArgumentError, match="from SQLAlchemy .* import it from orm instead"):
        MISTAKES[name]()


def test_what_is_not_mapped_may_be_anything() -> None:
    """An application may use both libraries, and keep what it likes on its classes."""
    engine = sa.create_engine("sqlite://")
    assert declare(other_database=engine).other_database is engine
