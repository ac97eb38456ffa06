"""Functions that return rows, and rows as values."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    JSON,
    Column,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    column,
    func,
    insert,
    literal,
    literal_column,
    select,
)

metadata = MetaData()
items = Table(
    "items",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", Integer),
    Column("name", String(10)),
)
ROWS = [{"id": 1, "size": 2, "name": "a"}, {"id": 2, "size": 1, "name": "b"}]


@pytest.fixture
def connection(engine: Engine) -> Any:
    metadata.create_all(engine)
    with engine.connect() as connection:
        connection.execute(insert(items), ROWS)
        yield connection


@pytest.fixture
def postgresql(connection: Any) -> Any:
    if connection.dialect.name != "postgresql":
        pytest.skip("only PostgreSQL has these functions")
    return connection


def rows_of(connection: Any, statement: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(statement)]


def test_rows_are_numbered_with_ordinality(postgresql: Any) -> None:
    words = func.unnest(func.string_to_array("x,y", ","))
    table = words.table_valued("word", with_ordinality="place", name="w").render_derived()
    assert rows_of(postgresql, select(table).order_by(table.c.place)) == [("x", 1), ("y", 2)]
    lateral = words.table_valued("word", with_ordinality="place").render_derived().lateral()
    statement = select(items.c.name, lateral.c.place).join(lateral, lateral.c.place == items.c.id)
    assert sorted(rows_of(postgresql, statement)) == [("a", 1), ("b", 2)]


def test_a_function_stands_behind_the_tables_whose_columns_it_takes(postgresql: Any) -> None:
    numbers = func.generate_series(1, items.c.size).table_valued("n").render_derived()
    statement = select(items.c.name, numbers).order_by(items.c.name, numbers.c.n)
    assert rows_of(postgresql, statement) == [("a", 1), ("a", 2), ("b", 1)]


def test_column_types_of_a_record_are_written_out(postgresql: Any) -> None:
    record = func.json_to_recordset(literal([{"a": 1, "b": "x"}], JSON))
    table = record.table_valued(column("a", Integer), column("b", String)).render_derived(
        name="r", with_types=True
    )
    assert rows_of(postgresql, select(table)) == [(1, "x")]


def test_a_function_may_be_selected_from_as_it_is(postgresql: Any) -> None:
    series = func.generate_series(1, 3)
    assert rows_of(postgresql, select(literal_column("*")).select_from(series)) == [
        (1,),
        (2,),
        (3,),
    ]
    assert postgresql.scalar(select(func.count()).select_from(series)) == 3


def test_a_row_is_a_value(postgresql: Any) -> None:
    subquery = select(items.c.id, items.c.name).where(items.c.id == 1).subquery()
    alias = items.alias("i")
    cte = select(items.c.id).where(items.c.id == 2).cte("chosen")
    assert (
        postgresql.scalar(select(func.row_to_json(items.table_valued())).order_by(items.c.id))
        == ROWS[0]
    )
    assert postgresql.scalar(select(func.to_json(subquery.table_valued()))) == {
        "id": 1,
        "name": "a",
    }
    assert (
        postgresql.scalar(select(func.to_json(alias.table_valued())).where(alias.c.id == 2))
        == ROWS[1]
    )
    assert postgresql.scalar(select(func.to_json(cte.table_valued()))) == {"id": 2}


def test_values_of_a_json_array_on_sqlite(connection: Any) -> None:
    if connection.dialect.name != "sqlite":
        pytest.skip("json_each() is SQLite's")
    each = func.json_each('["x", "y"]').table_valued("key", "value")
    assert rows_of(connection, select(each).order_by(each.c.key)) == [(0, "x"), (1, "y")]
    taken = func.json_each(func.json_array(items.c.size, 7)).table_valued("value", name="j")
    statement = select(items.c.id, taken).order_by(items.c.id, taken.c.value)
    assert rows_of(connection, statement) == [(1, 2), (1, 7), (2, 1), (2, 7)]


def test_names_and_kinds_of_rows_as_values() -> None:
    value = items.table_valued()
    assert str(select(value)) == "SELECT items AS items \nFROM items"
    assert [element.name for element in value.type._elements] == ["id", "size", "name"]
