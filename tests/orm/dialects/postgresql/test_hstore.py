"""HSTORE on the server: hostile keys and values, operators, functions."""

from __future__ import annotations

from typing import Any

import pytest

from orm import Column, Engine, Integer, MetaData, Table, exc, insert, inspect, select, text
from orm.dialects.postgresql import HSTORE, hstore

pytestmark = pytest.mark.parametrize("db_kind", ["postgresql"], indirect=True)

HOSTILE = {
    "plain": "1",
    'q"\\ =>, x': 'va"l\\',
    "none": None,
    "": "",
    "NULL": "NULL",
    "\U0001f600\n": "100% :x {0} '",
}


@pytest.fixture
def table(engine: Engine) -> Table:
    made = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("h", HSTORE))
    with engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS hstore"))
        made.create(connection)
        connection.execute(insert(made), [{"h": HOSTILE}, {"h": {}}, {"h": None}])
    return made


def test_values_and_reflection(engine: Engine, table: Table) -> None:
    with engine.connect() as connection:
        found = connection.scalars(select(table.c.h).order_by(table.c.id)).all()
        assert found == [HOSTILE, {}, None]
        assert isinstance(inspect(connection).get_columns("t")[1]["type"], HSTORE)


def test_operators_and_functions(engine: Engine, table: Table) -> None:
    h: Any = table.c.h
    with engine.connect() as connection:

        def value(expression: Any) -> Any:
            return connection.scalar(select(expression).where(table.c.id == 1))

        for key, item in HOSTILE.items():
            assert value(h[key]) == item
            assert value(h.has_key(key))
        assert value(h["missing"]) is None
        assert value(h.has_all(["plain", "none"]))
        assert not value(h.has_all(["plain", "missing"]))
        assert value(h.has_any(["missing", "plain"]))
        assert value(h.contains({"plain": "1"}))
        assert value(h.contained_by(HOSTILE))
        assert not value(h.defined("none"))
        assert "plain" not in value(h.delete("plain"))
        assert set(value(h.delete(["plain", "none"]))) == set(HOSTILE) - {"plain", "none"}
        assert value(h.delete({"plain": "2"})) == HOSTILE
        assert value(h.slice(["plain", "missing"])) == {"plain": "1"}
        assert set(value(h.keys())) == set(HOSTILE)
        assert set(value(h.vals())) == set(HOSTILE.values())
        assert len(value(h.array())) == 2 * len(HOSTILE)
        assert ["plain", "1"] in value(h.matrix())
        assert value(hstore("a", "b")) == {"a": "b"}


def test_only_strings(engine: Engine, table: Table) -> None:
    with engine.connect() as connection, pytest.raises(exc.StatementError, match="keeps strings"):
        connection.execute(insert(table).values(h={"a": 1}))
