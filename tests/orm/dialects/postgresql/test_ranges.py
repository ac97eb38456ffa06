"""Range types on the server: values, operators, casts, reflection."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from orm import Column, Engine, Integer, MetaData, Table, exc, func, insert, inspect, select
from orm.dialects import postgresql
from orm.dialects.postgresql import (
    DATERANGE,
    INT4MULTIRANGE,
    INT4RANGE,
    INT8RANGE,
    NUMRANGE,
    TSRANGE,
    TSTZRANGE,
    MultiRange,
    Range,
)

pytestmark = pytest.mark.parametrize("db_kind", ["postgresql"], indirect=True)

UTC = dt.UTC
VALUES: list[tuple[Any, list[Any]]] = [
    (INT4RANGE, [Range(1, 5), Range(None, 3), Range(empty=True), Range(None, None)]),
    (INT8RANGE, [Range(2**40, 2**41, "(]")]),
    (NUMRANGE, [Range(Decimal("1.5"), Decimal("2.25"), "[]")]),
    (
        DATERANGE,
        [Range(dt.date(2024, 2, 28), dt.date(2024, 3, 1)), Range(dt.date(2024, 1, 1), None)],
    ),
    (TSRANGE, [Range(dt.datetime(2024, 1, 1, 12, 30, 1, 5), dt.datetime(2025, 1, 1))]),
    (TSTZRANGE, [Range(dt.datetime(2024, 1, 1, tzinfo=UTC), dt.datetime(2024, 1, 2, tzinfo=UTC))]),
    (INT4MULTIRANGE, [MultiRange([Range(1, 3), Range(7, None)]), MultiRange()]),
]


@pytest.mark.parametrize(("kind", "values"), VALUES, ids=[k.__name__ for k, _ in VALUES])
def test_values_and_reflection(engine: Engine, kind: Any, values: list[Any]) -> None:
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("r", kind))
    table.create(engine)
    with engine.begin() as connection:
        connection.execute(insert(table), [{"r": value} for value in [*values, None]])
        found = connection.scalars(select(table.c.r).order_by(table.c.id)).all()
        assert found == [*values, None]
        for number, value in enumerate(values, 1):
            same = select(table.c.id).where(table.c.r == value)
            assert number in connection.scalars(same).all()
        assert isinstance(inspect(connection).get_columns("t")[1]["type"], kind)


def test_operators(engine: Engine) -> None:
    metadata = MetaData()
    table = Table("t", metadata, Column("r", INT4RANGE), Column("m", INT4MULTIRANGE))
    metadata.create_all(engine)
    r, m = table.c.r, table.c.m
    with engine.begin() as connection:
        connection.execute(insert(table).values(r=Range(1, 5), m=[Range(1, 3), Range(7, 9)]))

        def holds(condition: Any) -> bool:
            return bool(connection.scalar(select(func.count()).select_from(table).where(condition)))

        assert holds(r.contains(3))
        assert not holds(r.contains(5))
        assert holds(r.contains(Range(2, 3)))
        assert holds(r.contained_by(Range(0, 9)))
        assert holds(r.overlaps(Range(4, 9)))
        assert holds(r << Range(7, 9))
        assert not holds(r >> Range(7, 9))
        assert holds(r.adjacent_to(Range(5, 6)))
        assert holds(r.not_extend_right_of(Range(0, 5)))
        assert holds(r.not_extend_left_of(Range(1, 9)))
        assert holds(m.contains(7))
        assert holds(m.contains(r) == False)
        assert holds(r.in_([Range(1, 5), Range(8, 9)]))
        assert holds(func.lower(r) == 1)
        made = select(r + Range(5, 8), r * Range(2, 9), r - Range(3, 9))
        assert tuple(connection.execute(made).one()) == (Range(1, 8), Range(2, 5), Range(1, 3))


def test_literals(db_kind: str) -> None:
    table = Table("t", MetaData(), Column("r", INT4RANGE))
    statement = select(table.c.r).where(table.c.r.overlaps(Range(1, 2)))
    text = str(
        statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    )
    assert text.endswith("""WHERE t.r && '["1","2")'::INT4RANGE""")


def test_other_values_are_refused(engine: Engine) -> None:
    table = Table("t", MetaData(), Column("r", INT4RANGE), Column("m", INT4MULTIRANGE))
    table.create(engine)
    with engine.connect() as connection:
        with pytest.raises(exc.StatementError, match="takes a Range"):
            connection.execute(insert(table).values(r=5))
        with pytest.raises(exc.StatementError, match="sequence of Range"):
            connection.execute(insert(table).values(m=5))
