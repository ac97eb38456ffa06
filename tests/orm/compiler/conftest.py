"""Two tables, and the dialects for compiling by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from orm.dialects import mysql, postgresql, sqlite
from orm.engine.dialect import make_generic_dialect
from orm.schema import Column, ForeignKey, MetaData, Table
from orm.types.scalar import Boolean, Integer, Numeric, String
from orm.types.structured import JSON


@pytest.fixture
def tables():
    metadata = MetaData()
    users = Table(
        "users",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(50)),
        Column("age", Integer),
        Column("active", Boolean),
        Column("balance", Numeric(10, 2)),
        Column("doc", JSON),
    )
    posts = Table(
        "posts",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("user_id", ForeignKey("users.id")),
        Column("title", String(50)),
    )
    return SimpleNamespace(users=users, posts=posts, metadata=metadata)


@pytest.fixture
def users(tables):
    return tables.users


@pytest.fixture
def posts(tables):
    return tables.posts


@pytest.fixture(scope="session")
def dialects():
    maria = mysql.dialect()
    maria.is_mariadb = maria.insert_returning = maria.delete_returning = True
    maria.supports_sequences = True
    return {
        "default": make_generic_dialect(),
        "sqlite": sqlite.dialect(),
        "postgresql": postgresql.dialect(),
        "mysql": maria,
    }


@pytest.fixture
def sql(dialects):
    """The text of a statement on a dialect, line breaks folded into blanks."""

    def render(statement, dialect="default", **options):
        text = str(statement.compile(dialect=dialects[dialect], **options))
        return " ".join(text.split())

    return render
