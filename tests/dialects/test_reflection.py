"""inspect(engine) on every database."""

from __future__ import annotations

from typing import Any

import pytest

from orm import exc
from orm.engine import Engine
from orm.engine.reflection import Inspector
from orm.inspection import inspect
from orm.schema.column import Column
from orm.schema.constraints import CheckConstraint, UniqueConstraint
from orm.schema.foreign_key import ForeignKey, ForeignKeyConstraint
from orm.schema.index import Index
from orm.schema.metadata import MetaData
from orm.schema.table import Table
from orm.types.scalar import Integer, Numeric, String, Text
from orm.types.temporal import DateTime

metadata = MetaData()
Table(
    "authors",
    metadata,
    Column("first", String(20), primary_key=True),
    Column("last", String(30), primary_key=True),
    Column("email", String(50), nullable=False),
    UniqueConstraint("email", name="uq_authors_email"),
)
Table(
    "books",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("price", Numeric(10, 2), server_default="1.50"),
    Column("at", DateTime),
    Column("af", String(20)),
    Column("al", String(30)),
    Column("next_id", Integer, ForeignKey("books.id", name="fk_next", ondelete="CASCADE")),
    ForeignKeyConstraint(["af", "al"], ["authors.first", "authors.last"], name="fk_author"),
    CheckConstraint("price > 0", name="ck_price"),
    Index("ix_books_price", "price", "at"),
    Index("ix_books_at", "at", unique=True),
)


@pytest.fixture
def inspector(engine: Engine) -> Any:
    metadata.create_all(engine)
    return inspect(engine)


def test_tables(inspector: Inspector) -> None:
    assert inspector.get_table_names() == ["authors", "books"]
    assert inspector.has_table("books")
    assert not inspector.has_table("nothing")
    assert inspector.get_view_names() == []
    assert inspector.default_schema_name in inspector.get_schema_names()


def test_columns(inspector: Inspector) -> None:
    columns = inspector.get_columns("books")
    assert [column["name"] for column in columns] == [
        "id", "title", "price", "at", "af", "al", "next_id",
    ]  # fmt: skip
    by_name = {column["name"]: column for column in columns}
    assert [by_name[name]["nullable"] for name in ("id", "title", "price")] == [False, False, True]
    assert isinstance(by_name["id"]["type"], Integer)
    assert isinstance(by_name["title"]["type"], Text)
    assert isinstance(by_name["at"]["type"], DateTime)
    assert (by_name["price"]["type"].precision, by_name["price"]["type"].scale) == (10, 2)
    assert by_name["af"]["type"].length == 20
    assert "1.50" in by_name["price"]["default"]
    assert by_name["title"]["default"] is None


def test_primary_keys(inspector: Inspector) -> None:
    assert inspector.get_pk_constraint("authors")["constrained_columns"] == ["first", "last"]
    assert inspector.get_pk_constraint("books")["constrained_columns"] == ["id"]


def test_foreign_keys(inspector: Inspector) -> None:
    assert inspector.get_foreign_keys("authors") == []
    author, following = inspector.get_foreign_keys("books")
    assert author["name"] == "fk_author"
    assert author["constrained_columns"] == ["af", "al"]
    assert author["referred_table"] == "authors"
    assert author["referred_columns"] == ["first", "last"]
    assert author["referred_schema"] is None
    assert author["options"] == {}
    assert following["name"] == "fk_next"
    assert following["options"] == {"ondelete": "CASCADE"}


def test_indexes_and_unique_constraints(inspector: Inspector) -> None:
    indexes = {entry["name"]: entry for entry in inspector.get_indexes("books")}
    assert indexes["ix_books_price"]["column_names"] == ["price", "at"]
    assert not indexes["ix_books_price"]["unique"]
    assert indexes["ix_books_at"]["unique"]
    unique = {entry["name"]: entry for entry in inspector.get_unique_constraints("authors")}
    assert unique["uq_authors_email"]["column_names"] == ["email"]
    assert inspector.has_index("books", "ix_books_at")
    assert not inspector.has_index("books", "ix_nothing")


def test_checks(inspector: Inspector) -> None:
    (check,) = inspector.get_check_constraints("books")
    assert check["name"] == "ck_price"
    assert "price" in check["sqltext"]


@pytest.mark.parametrize(
    "question",
    [
        "get_columns",
        "get_pk_constraint",
        "get_foreign_keys",
        "get_indexes",
        "get_unique_constraints",
        "get_check_constraints",
    ],
)
def test_a_missing_table_is_an_error(inspector: Inspector, question: str) -> None:
    with pytest.raises(exc.NoSuchTableError, match="nothing"):
        getattr(inspector, question)("nothing")


def test_views(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute("CREATE TABLE t (id INTEGER)")
        connection.execute("CREATE VIEW v AS SELECT id FROM t")
        inspector = inspect(connection)
        assert inspector.get_view_names() == ["v"]
        assert inspector.has_table("v")
        assert "id" in inspector.get_view_definition("v")
        assert [column["name"] for column in inspector.get_columns("v")] == ["id"]
        connection.execute("DROP VIEW v")


def test_answers_are_kept_until_cleared(engine: Engine) -> None:
    inspector = inspect(engine)
    assert inspector.get_table_names() == []
    engine.execute("CREATE TABLE t (id INTEGER)")
    assert inspector.get_table_names() == []
    inspector.clear_cache()
    assert inspector.get_table_names() == ["t"]
