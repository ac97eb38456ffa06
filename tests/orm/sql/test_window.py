"""Frames of windows: pairs of numbers, FrameClause, and rows left out."""

from __future__ import annotations

import pytest

from orm import FrameClause, FrameClauseType, column, exc, func, over, select, table
from orm.sql.cache_key import statement_key

P, F = FrameClauseType.PRECEDING, FrameClauseType.FOLLOWING


def frame(**options) -> str:
    text = str(select(func.sum(column("x")).over(order_by=column("x"), **options)))
    return text.partition("ORDER BY x ")[2].partition(")")[0]


def test_pairs():
    assert frame(rows=(None, 0)) == "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    assert frame(range_=(0, None)) == "RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING"
    assert frame(groups=(-3, 2)) == "GROUPS BETWEEN :param_1 PRECEDING AND :param_2 FOLLOWING"
    assert frame(rows=(-3, -1)) == "ROWS BETWEEN :param_1 PRECEDING AND :param_2 PRECEDING"


def test_offsets_are_parameters_so_that_frames_of_one_shape_share_their_sql():
    one, two = [select(func.sum(column("x")).over(rows=(-n, n))) for n in (1, 2)]
    assert statement_key(one)[0] == statement_key(two)[0]
    assert two.compile().params == {"param_1": 2, "param_2": 2}


def test_frame_clause_takes_other_values_than_numbers():
    assert frame(range_=FrameClause("a", "z", P, F)) == (
        "RANGE BETWEEN :param_1 PRECEDING AND :param_2 FOLLOWING"
    )
    assert frame(rows=FrameClause(None, 2, FrameClauseType.UNBOUNDED, P)) == (
        "ROWS BETWEEN UNBOUNDED PRECEDING AND :param_1 PRECEDING"
    )


@pytest.mark.parametrize("bad", [(1,), "x", (1, 2, 3), ("a", 1), (True, 2), (5, 2)])
def test_bad_pairs(bad):
    with pytest.raises(exc.ArgumentError, match="frame"):
        func.sum(column("x")).over(rows=bad)


def test_values_and_kinds_must_fit():
    with pytest.raises(exc.ArgumentError, match="takes None"):
        FrameClause(1, 2, FrameClauseType.CURRENT, F)
    with pytest.raises(exc.ArgumentError, match="needs a value"):
        FrameClause(None, 2, P, F)


def test_one_frame_only():
    with pytest.raises(exc.ArgumentError, match="one of range_, rows and groups"):
        over(func.sum(column("x")), rows=(1, 2), groups=(1, 2))


def test_rows_left_out():
    assert frame(rows=(None, 0), exclude="ties").endswith("CURRENT ROW EXCLUDE ties")
    assert frame(groups=(None, None), exclude="NO OTHERS").endswith("EXCLUDE NO OTHERS")
    with pytest.raises(exc.ArgumentError, match="give one of range_, rows and groups"):
        func.sum(column("x")).over(exclude="TIES")
    with pytest.raises(exc.CompileError, match="is one of"):
        frame(rows=(None, 0), exclude="TIES; DROP TABLE x")


def test_frames_execute(sqlite_engine):
    x = column("x")
    sums = func.sum(x).over(order_by=x, rows=(-1, 1), exclude="CURRENT ROW")
    with sqlite_engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE n (x INTEGER)")
        connection.exec_driver_sql("INSERT INTO n VALUES (1), (2), (3), (4)")
        statement = select(sums).select_from(table("n", x)).order_by(x)
        assert connection.scalars(statement).all() == [2, 4, 6, 3]
