"""Texts, sets and enumerations of MariaDB, with character sets and collations."""

from __future__ import annotations

from typing import Any

import pytest

from orm import Column, Engine, Integer, MetaData, Table, exc, func, insert, inspect, select
from orm.dialects import mysql

HOSTILE = ("a", "it's", "back\\slash", "100%")


def test_names() -> None:
    dialect = mysql.dialect()
    kind: Any = mysql.VARCHAR(20, charset="latin1", collation="latin1_bin")
    assert kind.compile(dialect) == "VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin"
    assert mysql.LONGTEXT(charset="utf8mb4").compile(dialect) == "LONGTEXT CHARACTER SET utf8mb4"
    assert mysql.NVARCHAR(5).compile(dialect) == "NATIONAL VARCHAR(5)"
    with pytest.raises(exc.CompileError, match="no name of a collation"):
        mysql.TEXT(charset="x; DROP").compile(dialect)


@pytest.mark.parametrize("db_kind", ["mariadb"], indirect=True)
def test_sets(engine: Engine) -> None:
    table = Table(
        "t", MetaData(), Column("id", Integer, primary_key=True), Column("s", mysql.SET(*HOSTILE))
    )
    table.create(engine)
    values: list[Any] = [set(HOSTILE), {"a"}, set(), None]
    with engine.begin() as connection:
        connection.execute(insert(table), [{"s": value} for value in values])
        assert connection.scalars(select(table.c.s).order_by(table.c.id)).all() == values
        same = select(table.c.id).where(table.c.s == {"back\\slash", "a", "100%", "it's"})
        assert connection.scalars(same).all() == [1]
        having = select(table.c.id).where(func.find_in_set("it's", table.c.s) > 0)
        assert connection.scalars(having).all() == [1]
        reflected = inspect(connection).get_columns("t")[1]["type"]
        assert isinstance(reflected, mysql.SET)
        assert reflected.values == HOSTILE
        with pytest.raises(exc.StatementError, match=r"'x' is not in SET"):
            connection.execute(insert(table).values(s={"x"}))


@pytest.mark.parametrize("db_kind", ["mariadb"], indirect=True)
def test_enumerations_and_bytes(engine: Engine) -> None:
    table = Table(
        "t",
        MetaData(),
        Column("e", mysql.ENUM(*HOSTILE, collation="utf8mb4_bin")),
        Column("b", mysql.TINYBLOB),
        Column("ip", mysql.INET6),
    )
    table.create(engine)
    with engine.begin() as connection:
        row = {"e": "back\\slash", "b": b"\x00\xff", "ip": "::1"}
        connection.execute(insert(table), row)
        assert connection.execute(select(table)).one()._asdict() == row
        kinds = [column["type"] for column in inspect(connection).get_columns("t")]
    assert list(kinds[0].enums) == list(HOSTILE)
    assert isinstance(kinds[1], mysql.TINYBLOB)
    assert isinstance(kinds[2], mysql.INET6)


def test_values_of_sets_are_checked() -> None:
    with pytest.raises(exc.ArgumentError, match="none with a comma"):
        mysql.SET("a,b")
    with pytest.raises(exc.ArgumentError, match="SET takes"):
        mysql.SET()
