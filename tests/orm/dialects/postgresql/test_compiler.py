"""What PostgreSQL has to be told about parameters, on a real server."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orm import Column, Integer, MetaData, Numeric, Table, case, func, literal, select
from orm.dialects.postgresql import dialect

TABLE = Table("t", MetaData(), Column("n", Integer))

# the driver sends small numbers as SMALLINT
CASES = [
    (literal(30000) + literal(30000), 60000),
    (literal(30000) * func.abs(30000), 900_000_000),
    (-literal(30000) - literal(30000), -60000),
    (case((literal(True), 30000), else_=1) + 30000, 60000),
    (func.round(literal(2.567, Numeric), 2), Decimal("2.57")),
    (func.greatest(1, 2**40), 2**40),
]


@pytest.mark.parametrize("db_kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("expression", "value"), CASES, ids=[str(i) for i in range(len(CASES))])
def test_numbers(engine, expression, value):
    with engine.connect() as connection:
        assert connection.scalar(select(expression)) == value


@pytest.mark.parametrize("db_kind", ["postgresql"], indirect=True)
def test_a_function_of_many_signatures(engine):
    with engine.connect() as connection:
        assert connection.scalars(select(func.generate_series(1, 3))).all() == [1, 2, 3]


def test_numbers_beside_columns_need_no_cast():
    text = str(select(TABLE.c.n + 1).where(TABLE.c.n > 5).compile(dialect=dialect()))
    assert "::" not in text
