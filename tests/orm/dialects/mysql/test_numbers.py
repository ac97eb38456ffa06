"""Numbers of MariaDB: sizes, signs, bits; what is created is what is reflected."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from orm import Column, Engine, MetaData, Table, insert, inspect, select
from orm.dialects import mysql

pytestmark = pytest.mark.parametrize("db_kind", ["mariadb"], indirect=True)

KINDS: list[tuple[Any, str, list[Any]]] = [
    (mysql.TINYINT(unsigned=True), "TINYINT UNSIGNED", [0, 255]),
    (mysql.SMALLINT(unsigned=True), "SMALLINT UNSIGNED", [0, 65535]),
    (mysql.MEDIUMINT(), "MEDIUMINT", [-8388608, 8388607]),
    (mysql.INTEGER(unsigned=True), "INTEGER UNSIGNED", [0, 2**32 - 1]),
    (mysql.BIGINT(unsigned=True), "BIGINT UNSIGNED", [0, 2**64 - 1]),
    (mysql.INTEGER(unsigned=True, zerofill=True), "INTEGER UNSIGNED ZEROFILL", [7]),
    (mysql.DECIMAL(10, 3, unsigned=True), "DECIMAL(10, 3) UNSIGNED", [Decimal("1.234")]),
    (mysql.DOUBLE(unsigned=True), "DOUBLE UNSIGNED", [1.5]),
    (mysql.BIT(12), "BIT(12)", [0, 4095]),
    (mysql.YEAR(), "YEAR", [2024]),
]


@pytest.mark.parametrize(("kind", "name", "values"), KINDS, ids=[k[1] for k in KINDS])
def test_round_trip(engine: Engine, kind: Any, name: str, values: list[Any]) -> None:
    table = Table("t", MetaData(), Column("v", kind))
    table.create(engine)
    with engine.begin() as connection:
        connection.execute(insert(table), [{"v": value} for value in [*values, None]])
        assert connection.scalars(select(table.c.v)).all() == [*values, None]
        for value in values:
            assert connection.scalars(select(table.c.v).where(table.c.v == value)).all() == [value]
        reflected = inspect(connection).get_columns("t")[0]["type"]
    assert reflected.compile(dialect=engine.dialect) == name


def test_names(db_kind: str) -> None:
    dialect = mysql.dialect()
    assert mysql.INTEGER(11).compile(dialect) == "INTEGER(11)"
    assert mysql.DOUBLE(10, 2).compile(dialect) == "DOUBLE(10, 2)"
    assert mysql.FLOAT(7, 3).compile(dialect) == "FLOAT(7, 3)"
    assert mysql.REAL().compile(dialect) == "REAL"
