"""The order of an aggregate's rows."""

from __future__ import annotations

import pytest

from orm import Column, Engine, Integer, MetaData, String, Table, exc, func, insert, literal, select
from orm.dialects import postgresql
from orm.dialects.postgresql import aggregate_order_by, array_agg

table = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("name", String(9)))


def test_text() -> None:
    ordered = aggregate_order_by(table.c.name, table.c.id.desc(), "name")
    text = str(select(func.array_agg(ordered)).compile(dialect=postgresql.dialect()))
    assert text == "SELECT array_agg(t.name ORDER BY t.id DESC, t.name) AS array_agg_1 \nFROM t"
    with pytest.raises(exc.ArgumentError, match="at least one"):
        aggregate_order_by(table.c.name)


@pytest.mark.parametrize("db_kind", ["postgresql"], indirect=True)
def test_on_the_server(engine: Engine) -> None:
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(insert(table), [{"id": i, "name": f"n{i}"} for i in (1, 2, 3)])
        down = aggregate_order_by(table.c.name, table.c.id.desc())
        assert connection.scalar(select(func.array_agg(down))) == ["n3", "n2", "n1"]
        joined = func.string_agg(
            table.c.name, aggregate_order_by(literal("-"), table.c.id.desc())
        ).filter(table.c.id > 1)
        other = table.alias()
        assert connection.scalar(select(joined)) == "n3-n2"
        aliased = aggregate_order_by(other.c.name, other.c.id)
        assert connection.scalar(select(func.array_agg(aliased)[1])) == "n1"


@pytest.mark.parametrize("db_kind", ["postgresql"], indirect=True)
def test_an_aggregated_array_has_the_operators_of_arrays(engine: Engine) -> None:
    names = array_agg(table.c.name)
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(insert(table), [{"id": i, "name": f"n{i}"} for i in (1, 2, 3)])
        assert connection.scalar(select(names.contains(["n2"]))) is True
        grouped = select(table.c.id).group_by(table.c.id).having(names.overlap(["n3", "x"]))
        assert connection.scalars(grouped).all() == [3]
