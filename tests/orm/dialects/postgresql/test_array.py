"""array([...]): arrays written out in statements."""

from __future__ import annotations

from typing import Any

import pytest

from orm import Column, Engine, Integer, MetaData, Table, column, func, insert, select
from orm.dialects import postgresql
from orm.dialects.postgresql import ARRAY, array


def text_of(expression: Any) -> str:
    return str(expression.compile(dialect=postgresql.dialect()))


def test_text() -> None:
    assert text_of(array([1, column("x", Integer)])) == "ARRAY[%s, x]"
    assert text_of(array([1, 2])) == "ARRAY[%s, %s]::INTEGER[]"
    assert text_of(array([], type_=Integer)) == "ARRAY[]::INTEGER[]"
    nested = array([[1], [2]])
    assert isinstance(nested.type, ARRAY)
    assert nested.type.dimensions == 2


@pytest.mark.parametrize("db_kind", ["postgresql"], indirect=True)
def test_on_the_server(engine: Engine) -> None:
    table = Table("t", MetaData(), Column("id", Integer), Column("a", ARRAY(Integer)))
    table.create(engine)
    with engine.begin() as connection:
        connection.execute(insert(table), [{"id": 1, "a": [1, 2]}, {"id": 2, "a": None}])

        def ids(condition: Any) -> list[int]:
            return list(connection.scalars(select(table.c.id).where(condition)).all())

        assert ids(table.c.a == array([1, 2])) == [1]
        assert ids(table.c.a.overlap(array([2, 5]))) == [1]
        assert ids(array([1, 2, 3]).contains(table.c.a)) == [1]
        assert ids(table.c.id == func.any(array([2, 7]))) == [2]
        made = select(array([[1, 2], [3, 4]]), array([table.c.id, 9]), array([], type_=Integer))
        assert tuple(connection.execute(made.where(table.c.id == 1)).one()) == (
            [[1, 2], [3, 4]],
            [1, 9],
            [],
        )
