"""Statements written as functions."""

from __future__ import annotations

import pytest

from orm import Column, Integer, MetaData, Table, create_engine, insert, lambda_stmt, select, update

table = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("x", Integer))


def test_a_statement_goes_on_from_functions() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(insert(table), [{"id": 1, "x": 5}, {"id": 2, "x": 6}])

        def find(low: int, high: int) -> list[int]:
            statement = lambda_stmt(lambda: select(table.c.id))
            statement += lambda s: s.where(table.c.x >= low)
            statement = statement + (lambda s: s.where(table.c.x <= high))
            return list(connection.scalars(statement.spoil()))

        assert [find(5, 6), find(6, 6), find(7, 6)] == [[1, 2], [2], []]
        change = lambda_stmt(lambda: update(table).values(x=0), enable_tracking=False)
        change = change.add_criteria(lambda s: s.where(table.c.id == 1), track_on=[1])
        assert connection.execute(change).rowcount == 1
    engine.dispose()


def test_nothing_else_is_added_to_a_statement() -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        select(table) + 5  # noqa: B018
