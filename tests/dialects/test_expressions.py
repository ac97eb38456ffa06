"""Expressions that every database must answer alike."""

from __future__ import annotations

import datetime as dt
import decimal
from types import SimpleNamespace
from typing import Any

import pytest

from orm import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    and_,
    bindparam,
    case,
    cast,
    exists,
    extract,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
    union_all,
)


@pytest.fixture
def things(engine: Any) -> Any:
    metadata = MetaData()
    table = Table(
        "things",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("parent_id", Integer),
        Column("name", String(50)),
        Column("price", Numeric(10, 2)),
        Column("active", Boolean),
        Column("born", DateTime),
        Column("doc", JSON),
    )
    metadata.create_all(engine)
    born = dt.datetime(2024, 2, 29, 12, 30)
    rows = [
        {"id": 1, "parent_id": None, "name": "50% off", "price": decimal.Decimal("9.99"),
         "active": True, "born": born, "doc": {"a.b": 1, "list": [10, {"x": "y"}], "n": None}},
        {"id": 2, "parent_id": 1, "name": "50 items", "price": decimal.Decimal("0.10"),
         "active": False, "born": None, "doc": None},
        {"id": 3, "parent_id": 2, "name": "under_score", "price": None,
         "active": None, "born": born, "doc": {"a.b": 2}},
    ]  # fmt: skip
    with engine.begin() as connection:
        connection.execute(table.insert(), rows)
    with engine.connect() as connection:
        yield SimpleNamespace(
            t=table,
            c=table.c,
            ids=lambda *where: [
                row[0]
                for row in connection.execute(select(table.c.id).where(*where).order_by(table.c.id))
            ],
            value=lambda expression: connection.execute(select(expression)).scalar(),
            rows=lambda statement, **params: [
                tuple(r) for r in connection.execute(statement, params)
            ],
        )


def test_conditions(things: Any) -> None:
    c, ids = things.c, things.ids
    assert ids(c.id == 2) == [2]
    assert ids(c.id != 2) == [1, 3]
    assert ids(c.parent_id == None) == [1]
    assert ids(c.active == True) == [1]
    assert ids(c.active.is_(None)) == [3]
    assert ids(c.active) == [1]
    assert ids(~c.active) == [2]
    assert ids(c.id.between(2, 3)) == [2, 3]
    assert ids(or_(c.id == 1, and_(c.id > 2, c.price == None))) == [1, 3]
    assert ids(c.parent_id.is_distinct_from(1)) == [1, 3]
    assert ids(c.price == decimal.Decimal("9.99")) == [1]
    assert ids(c.born == dt.datetime(2024, 2, 29, 12, 30)) == [1, 3]


def test_lists(things: Any) -> None:
    c, ids = things.c, things.ids
    assert ids(c.id.in_([1, 3])) == [1, 3]
    assert ids(c.id.in_([])) == []
    assert ids(c.id.not_in([])) == [1, 2, 3]
    assert ids(c.id.not_in([1])) == [2, 3]
    assert ids(tuple_(c.id, c.name).in_([(2, "50 items"), (3, "x")])) == [2]
    assert ids(c.id.in_(select(things.t.alias().c.parent_id))) == [1, 2]
    statement = select(c.id).where(c.id.in_(bindparam("ids"))).order_by(c.id)
    assert things.rows(statement, ids=[1, 2]) == [(1,), (2,)]
    assert things.rows(statement, ids=[]) == []


def test_patterns(things: Any) -> None:
    c, ids = things.c, things.ids
    assert ids(c.name.startswith("50%")) == [1, 2]
    assert ids(c.name.startswith("50%", autoescape=True)) == [1]
    assert ids(c.name.contains("_", autoescape=True)) == [3]
    assert ids(c.name.icontains("OFF")) == [1]
    assert ids(c.name.endswith("items")) == [2]
    assert ids(~c.name.contains("50")) == [3]
    assert ids(c.name.ilike("UNDER/_%", escape="/")) == [3]


def test_values(things: Any) -> None:
    c, value = things.c, things.value
    assert value(literal("it's 100% :x \\")) == "it's 100% :x \\"
    assert value(cast(literal("5"), Integer)) == 5
    assert value(literal(7) / 2) == decimal.Decimal("3.5")
    assert value(literal(7) // 2) == 3
    assert value(func.coalesce(None, 3)) == 3
    assert value(literal("a") + "b") == "ab"
    assert value(select(func.count()).select_from(things.t).scalar_subquery()) == 3
    assert value(select(extract("year", c.born)).where(c.id == 1).scalar_subquery()) == 2024
    assert things.rows(select(case((c.id == 1, "a"), (c.id == 2, "b"), else_="c")).order_by(c.id)) == [
        ("a",), ("b",), ("c",),
    ]  # fmt: skip


def test_documents(things: Any) -> None:
    c, ids = things.c, things.ids
    assert things.rows(select(c.doc["a.b"]).order_by(c.id)) == [(1,), (None,), (2,)]
    assert things.rows(select(c.doc[("list", 1, "x")]).where(c.id == 1)) == [("y",)]
    assert things.rows(select(c.doc["list"]).where(c.id == 1)) == [([10, {"x": "y"}],)]
    assert ids(c.doc["a.b"].as_integer() == 2) == [3]
    assert ids(c.doc[("list", 1, "x")].as_string() == "y") == [1]


def test_subqueries_and_unions(things: Any) -> None:
    t, c = things.t, things.c
    child = t.alias("child")
    has_child = exists().where(child.c.parent_id == c.id)
    assert things.ids(has_child) == [1, 2]
    assert things.ids(~has_child) == [3]
    tree = select(c.id).where(c.id == 2).cte("tree", recursive=True)
    tree = tree.union_all(select(child.c.id).where(child.c.parent_id == tree.c.id))
    assert sorted(things.rows(select(tree.c.id))) == [(2,), (3,)]
    both = union_all(select(c.id).where(c.id == 1), select(c.id).where(c.id > 1)).order_by("id")
    assert things.rows(both) == [(1,), (2,), (3,)]
    assert things.rows(both.limit(1).offset(1)) == [(2,)]
    sub = select(c.id, child.c.id).join(child, child.c.parent_id == c.id).subquery()
    assert things.rows(select(sub.c.id, sub.c.id_1).order_by(sub.c.id)) == [(1, 2), (2, 3)]


def test_order_groups_and_windows(things: Any) -> None:
    c = things.c
    ranked = select(c.id, func.row_number().over(order_by=c.id.desc())).order_by(c.id)
    assert things.rows(ranked) == [(1, 3), (2, 2), (3, 1)]
    grouped = select(c.active, func.count(c.id).label("n")).group_by(c.active).order_by("n")
    assert sum(row[1] for row in things.rows(grouped)) == 3
    assert things.rows(select(c.id).order_by(c.id.desc()).limit(1).offset(1)) == [(2,)]
    assert things.rows(select(c.id).order_by(c.id).offset(2)) == [(3,)]


def test_text(things: Any) -> None:
    typed = text("SELECT id, price FROM things WHERE id = :id").columns(things.c.id, things.c.price)
    assert things.rows(typed, id=1) == [(1, decimal.Decimal("9.99"))]
    assert things.rows(text("SELECT name FROM things WHERE name LIKE '50\\%' OR id = :id"), id=3)
