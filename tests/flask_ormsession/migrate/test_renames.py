"""Which pairs look like a rename, and what options say of them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from flask_ormsession import MigrationError
from flask_ormsession.migrate.renames import (
    Answers,
    Pair,
    find_renamed,
    has_same_kind,
    rank_columns,
    rank_tables,
)

DIALECT: Any = sa.create_engine("sqlite://").dialect


@pytest.mark.parametrize(
    ("spec", "meant"),
    [
        ("old:new", True),
        ("item.old:new", True),
        ("item.old:item.new", True),
        ("shop.item.old:new", True),
        ("other.old:new", False),
        ("old:older", False),
        ("new:old", False),
    ],
)
def test_what_an_option_names(spec: str, meant: bool) -> None:
    assert Pair("shop.item", "old", "new").is_meant_by(spec) is meant


def test_tables_by_name() -> None:
    pair = Pair(None, "shop.item", "shop.product")
    assert pair.is_meant_by("item:product")
    assert pair.is_meant_by("shop.item:shop.product")
    assert not pair.is_meant_by("product:item")


@pytest.mark.parametrize("spec", ["one", ":one", "one:", "a:b:c", ""])
def test_options_without_two_names(spec: str) -> None:
    with pytest.raises(MigrationError, match="no old and new name"):
        Answers.read([spec], refuse_others=False)


def test_columns_of_one_kind_the_most_alike_first() -> None:
    old = [sa.Column("titel", sa.String(20)), sa.Column("amount", sa.Integer)]
    new = [
        sa.Column("count", sa.SmallInteger),
        sa.Column("body", sa.Text),
        sa.Column("title", sa.Text),
    ]
    pairs = rank_columns("item", old, new, DIALECT)
    assert [pair.spec for pair in pairs] == [
        "item.titel:title",
        "item.amount:count",
        "item.titel:body",
    ]


def test_kinds_of_types() -> None:
    assert has_same_kind(sa.Boolean(), sa.SmallInteger(), DIALECT)
    assert has_same_kind(sa.Numeric(10, 2), sa.Float(), DIALECT)
    assert not has_same_kind(sa.Integer(), sa.String(5), DIALECT)
    assert has_same_kind(sa.types.NullType(), sa.types.NullType(), DIALECT)


def test_tables_that_share_half_their_columns() -> None:
    def table(name: str, *columns: str, schema: str | None = None) -> Any:
        made = [sa.Column(column, sa.Integer) for column in columns]
        return sa.Table(name, sa.MetaData(), *made, schema=schema)

    old = [table("item", "id", "a", "b")]
    new = [
        table("product", "id", "a", "b", "c"),
        table("goods", "id", "a", "b"),
        table("bill", "id", "x", "y", "z"),
        table("elsewhere", "id", "a", "b", schema="other"),
    ]
    assert [pair.spec for pair in rank_tables(old, new)] == ["item:goods", "item:product"]


def test_each_name_is_in_one_rename() -> None:
    pairs = [Pair("t", old, new) for old in "ab" for new in "xy"]
    answers = Answers.read(["a:x", "b:x"], refuse_others=False)
    assert [pair.spec for pair in find_renamed(answers, pairs, [])] == ["t.a:x"]


def test_options_name_pairs_that_nobody_would_ask_for() -> None:
    answers = Answers.read(["a:x"], refuse_others=True)
    every = [Pair("t", "a", "x"), Pair("t", "b", "y")]
    assert find_renamed(answers, every, every[1:]) == every[:1]
    assert answers.unanswered == []
    answers.finish()
