"""Tables that the tests of expressions share."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import orm.engine.dialect  # noqa: F401 - gives str(statement) its dialect
from orm.schema.column import Column
from orm.schema.foreign_key import ForeignKey
from orm.schema.metadata import MetaData
from orm.schema.table import Table
from orm.types import ARRAY, JSON, Boolean, DateTime, Integer, Numeric, String


@pytest.fixture
def t() -> SimpleNamespace:
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
        Column("tags", ARRAY(String)),
        Column("born", DateTime),
    )
    posts = Table(
        "posts",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("user_id", ForeignKey("users.id")),
        Column("title", String),
    )
    nodes = Table(
        "nodes",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("parent_id", ForeignKey("nodes.id")),
    )
    return SimpleNamespace(users=users, posts=posts, nodes=nodes, metadata=metadata)
