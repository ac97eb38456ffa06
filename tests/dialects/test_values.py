"""Values of every everyday type, hostile ones among them, come back as they went in."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import uuid
from typing import Any

import pytest

from orm import exc, func
from orm.engine import Engine
from orm.schema import CreateTable
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


def stored(engine: Engine, kind: Any, value: Any) -> Any:
    """What comes back of a value, which is also found by comparing with it."""
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("v", kind))
    with engine.connect() as connection:
        table.create(connection)
        connection.execute(insert(table).values(id=1, v=value))
        assert connection.scalar(select(table.c.id).where(table.c.v == value)) == 1
        found = connection.scalar(select(table.c.v))
        table.drop(connection)
        connection.commit()
    return found


EXACT = [
    (DateTime(), dt.datetime(2024, 1, 2, 3, 4, 5, 678901)),
    (DateTime(), dt.datetime(9999, 12, 31, 23, 59, 59, 999999)),
    (Time(), dt.time(23, 59, 59, 999999)),
    (Date(), dt.date(1, 1, 1)),
    (Interval(), dt.timedelta(days=-400, microseconds=7)),
    (Float(), 0.1),
    (Float(), 5e-300),
    (Float(), 1.7976931348623157e308),
    (Numeric(), decimal.Decimal("1.5")),
    (Numeric(), decimal.Decimal("0.000000000001")),
    (Numeric(18, 0), decimal.Decimal("123456789012345678")),
    (Numeric(38, 18), decimal.Decimal("0.000000000000000001")),
    (Numeric(15, 2), decimal.Decimal("-9999999999999.99")),
    (BigInteger(), 2**63 - 1),
    (BigInteger(), -(2**63)),
]


@pytest.mark.parametrize(("kind", "value"), EXACT, ids=[f"{k}-{v}" for k, v in EXACT])
def test_all_digits_are_kept(engine: Engine, kind: Any, value: Any) -> None:
    found = stored(engine, kind, value)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("hours", [0, 5.5, -8])
def test_moments_with_an_offset(engine: Engine, hours: float) -> None:
    zone = dt.timezone(dt.timedelta(hours=hours))
    moment = dt.datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=zone)
    found = stored(engine, DateTime(timezone=True), moment)
    assert found == moment
    assert found.tzinfo is not None


def test_moments_with_an_offset_as_literals(engine: Engine) -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    moment = dt.datetime(2024, 2, 29, 1, 0, 0, 5, tzinfo=zone)
    table = Table("t", MetaData(), Column("v", DateTime(timezone=True)))
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(insert(table).values(v=moment))
        found = select(table.c.v).where(table.c.v == moment)
        text = str(found.compile(engine, compile_kwargs={"literal_binds": True}))
        assert connection.exec_driver_sql(text.replace("%", "%%")).one() is not None


def test_a_decimal_of_too_many_digits(engine: Engine) -> None:
    value = decimal.Decimal("12345678901234567.89")
    kind = Numeric(20, 2)
    if engine.name == "sqlite":
        with pytest.warns(exc.SAWarning, match="more digits than this database keeps"):
            stored(engine, kind, value)
        # rounded to the scale of the column, as other databases do it
        assert stored(engine, Numeric(10, 2), decimal.Decimal(10) / 3) == decimal.Decimal("3.33")
    else:
        assert stored(engine, kind, value) == value


def test_a_number_too_big_for_the_database(engine: Engine) -> None:
    table = Table("t", MetaData(), Column("v", BigInteger))
    with engine.connect() as connection:
        table.create(connection)
        with pytest.raises(exc.DBAPIError):
            connection.execute(insert(table).values(v=2**63))


def test_the_moment_of_the_server_has_fractions(engine: Engine) -> None:
    table = Table(
        "t",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("v", DateTime, server_default=func.now()),
    )
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(insert(table))
        assert isinstance(connection.scalar(select(table.c.v)), dt.datetime)
        if engine.name == "mysql":
            assert "CURRENT_TIMESTAMP(6)" in str(CreateTable(table).compile(engine))
