"""Completing what a driver tells of a violated constraint."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from orm.engine.integrity import complete_info
from orm.exc import IntegrityInfo
from orm.schema.column import Column
from orm.schema.constraints import UniqueConstraint
from orm.schema.foreign_key import ForeignKey
from orm.schema.index import Index
from orm.schema.metadata import MetaData
from orm.schema.table import Table
from orm.types.scalar import Integer

metadata = MetaData()
parents = Table("parents", metadata, Column("id", Integer, primary_key=True))
children = Table(
    "children",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", Integer),
    Column("b", Integer, unique=True),
    Column("parent_id", Integer, ForeignKey("parents.id", name="fk_parent")),
    UniqueConstraint("a", "b", name="uq_ab"),
    Index("ix_a", "a", unique=True),
)
COMPILED = SimpleNamespace(statement=SimpleNamespace(table=children))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            IntegrityInfo("unique", "children", ("a", "b")),
            IntegrityInfo("unique", "children", ("a", "b"), "uq_ab"),
        ),
        (
            IntegrityInfo("unique", None, (), "uq_ab"),
            IntegrityInfo("unique", "children", ("a", "b"), "uq_ab"),
        ),
        (
            IntegrityInfo("unique", None, (), "ix_a"),
            IntegrityInfo("unique", "children", ("a",), "ix_a"),
        ),
        (
            IntegrityInfo("unique", None, (), "b"),
            IntegrityInfo("unique", "children", ("b",), "b"),
        ),
        (
            IntegrityInfo("unique", None, (), "PRIMARY"),
            IntegrityInfo("unique", "children", ("id",), "PRIMARY"),
        ),
        (
            IntegrityInfo("foreign_key"),
            IntegrityInfo("foreign_key", "children", ("parent_id",), "fk_parent"),
        ),
        (
            IntegrityInfo("foreign_key", "elsewhere", (), "fk_other"),
            IntegrityInfo("foreign_key", "elsewhere", (), "fk_other"),
        ),
        (IntegrityInfo(), IntegrityInfo()),
    ],
)
def test_what_the_metadata_adds(told: IntegrityInfo, expected: IntegrityInfo) -> None:
    assert complete_info(told, COMPILED, "mysql") == expected


@pytest.mark.parametrize("compiled", [None, SimpleNamespace(statement=None)])
def test_without_a_table_nothing_is_added(compiled: Any) -> None:
    told = IntegrityInfo("unique", None, ("a",))
    assert complete_info(told, compiled, "sqlite") is told
