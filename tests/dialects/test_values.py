"""Values of every everyday type, hostile ones among them, come back as they went in."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import uuid
from typing import Any

import pytest

from orm.dialects import mysql
from orm.engine import Engine
from orm.schema.column import Column
from orm.schema.metadata import MetaData
from orm.schema.table import Table
from orm.sql.dml import insert
from orm.sql.select import select
from orm.types.scalar import (
    BigInteger,
    Boolean,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
)
from orm.types.structured import JSON, Enum, PickleType, Uuid
from orm.types.temporal import Date, DateTime, Interval, Time


class Color(enum.Enum):
    RED = "r"
    GREEN = "g"


HOSTILE = [
    "",
    " ",
    "it's",
    '"quoted"',
    "`back`",
    "100%",
    "%s %(x)s %%",
    ":name :1 ::cast",
    "? ?? $1",
    "{0} {v} {{}}",
    "back\\slash \\' \\n",
    "line\nbreak\r\ttab",
    "; DROP TABLE t; --",
    "/* comment */",
    "\u00e4\u00f6\u00fc \u4e2d\u6587 \u0627",
    "\U0001f600 \U0001f469\u200d\U0001f4bb",
    "\x01\x02\x7f",
    "\u2028\ufeff",
    "null",
    "x" * 1_000_000,
]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_text(engine: Engine, value: str) -> None:
    metadata = MetaData()
    long = Text(4_000_000) if engine.name == "mysql" else Text()
    table = Table("t", metadata, Column("id", Integer, primary_key=True), Column("v", long))
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(table).values(v=value))
        connection.execute(insert(table), [{"v": value}, {"v": value}])
        connection.execute("INSERT INTO t (v) VALUES (:v)", {"v": value})
        assert connection.scalars(select(table.c.v)).all() == [value] * 4
        if len(value) < 1000:
            found = select(table.c.id).where(table.c.v == value)
            assert len(connection.execute(found).all()) == 4
            found = select(table.c.id).where(table.c.v.in_([value, "other"]))
            assert len(connection.execute(found).all()) == 4


VALUES: list[tuple[Any, list[Any]]] = [
    (Integer, [0, -1, 2**31 - 1, -(2**31)]),
    (BigInteger, [2**63 - 1, -(2**63)]),
    (SmallInteger, [32767, -32768]),
    (Boolean, [True, False]),
    (Float, [0.0, 1.5, -1e10]),
    (String(200), ["", "a", "\u00e9" * 200]),
    (
        Numeric(12, 4),
        [decimal.Decimal("0.0001"), decimal.Decimal("-99999999.9999"), decimal.Decimal("1.5000")],
    ),
    (Numeric(10, 2, asdecimal=False), [1.25, -3.5]),
    (Date, [dt.date(2024, 2, 29), dt.date(1000, 1, 1), dt.date(9999, 12, 31)]),
    (Time, [dt.time(0, 0), dt.time(23, 59, 59)]),
    (DateTime, [dt.datetime(2024, 2, 29, 12, 30, 59), dt.datetime(1971, 1, 1)]),
    (Interval, [dt.timedelta(days=3, seconds=5), dt.timedelta(0)]),
    (LargeBinary, [b"", b"\x00\xff'\\%s", bytes(range(256)) * 10]),
    (Enum(Color, name="color"), [Color.RED, Color.GREEN]),
    (Enum("small", "it's", name="size"), ["small", "it's"]),
    (JSON, [{"a": [1, 2.5, None, True, "x'y"]}, [], "text", 5, {"\u00e4": "\U0001f600"}]),
    (Uuid, [uuid.UUID(int=0), uuid.UUID("12345678-1234-5678-1234-567812345678")]),
    (PickleType, [{"a": (1, 2)}, None]),
]


@pytest.mark.parametrize("number", range(len(VALUES)), ids=[str(kind) for kind, _ in VALUES])
def test_types(engine: Engine, number: int) -> None:
    kind, values = VALUES[number]
    metadata = MetaData()
    table = Table(
        "t",
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("v", kind),
    )
    metadata.create_all(engine)
    with engine.begin() as connection:
        for place, value in enumerate(values):
            connection.execute(insert(table).values(id=place, v=value))
        rows = [{"id": 100 + place, "v": value} for place, value in enumerate(values)]
        connection.execute(insert(table), rows)
        found = connection.scalars(select(table.c.v).order_by(table.c.id)).all()
    assert found == values * 2
    assert [type(value) for value in found] == [type(value) for value in values * 2]


@pytest.mark.parametrize(
    "kind", [Integer, String(5), Numeric(5, 2), DateTime, Boolean, LargeBinary]
)
def test_null(engine: Engine, kind: Any) -> None:
    metadata = MetaData()
    table = Table("t", metadata, Column("id", Integer, primary_key=True), Column("v", kind))
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(table).values(v=None))
        assert connection.execute(select(table)).one() == (1, None)


NAMES = [
    "select",
    "Mixed Case",
    'quo"te',
    "back`tick",
    "per%cent",
    "colon:name",
    "umlaut\u00e4",
    "a.b",
    "br]ace",
]


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names(engine: Engine, name: str) -> None:
    metadata = MetaData()
    table = Table(name, metadata, Column("id", Integer, primary_key=True), Column(name, String(20)))
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(table), [{name: "x"}])
        assert connection.execute(insert(table).values({name: "y"})).inserted_primary_key[0] == 2
        row = connection.execute(select(table).where(table.c[name] == "x")).one()
        assert row._mapping[name] == "x"
        assert row._mapping[table.c[name]] == "x"
    metadata.drop_all(engine)


def test_microseconds(engine: Engine) -> None:
    # MySQL keeps whole seconds unless it is asked for their fractions
    moment = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
    clock = Time().with_variant(mysql.TIME(fsp=6), "mysql")
    metadata = MetaData()
    table = Table("t", metadata, Column("m", moment), Column("c", clock))
    metadata.create_all(engine)
    row = (dt.datetime(2024, 1, 2, 3, 4, 5, 678901), dt.time(23, 59, 59, 999999))
    with engine.begin() as connection:
        connection.execute(insert(table).values(row))
        assert connection.execute(select(table).where(table.c.m == row[0])).one() == row
