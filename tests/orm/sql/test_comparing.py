"""Comparisons with values: what a column remembers of them changes nothing but the time they take."""

from __future__ import annotations

import pickle
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import pytest

from orm import Column, Integer, MetaData, String, Table, column, select
from orm.sql.cache_key import make_key
from orm.sql.comparing import Comparing
from orm.sql.elements import BinaryExpression, BoundValue, Comparison
from orm.sql.operators import NEGATIONS
from orm.types.resolve import BOOLEANTYPE


def make_table(type_: Any = Integer) -> Any:
    return Table("t", MetaData(), Column("a", type_), Column("b", type_)).c


@pytest.mark.parametrize("op", [eq, ne, lt, le, gt, ge])
def test_the_second_comparison_is_the_same_as_the_first(op: Any) -> None:
    a = make_table().a
    first, second = op(a, 1), op(a, 2)
    assert type(first) is type(second) is Comparison
    assert str(first) == str(second)
    assert make_key(first)[0] == make_key(second)[0]
    assert [bind.value for bind in (*make_key(first)[1], *make_key(second)[1])] == [1, 2]
    assert str(~second) == str(NEGATIONS[op](a, 2))


def test_a_comparison_has_the_key_of_an_expression_put_together_by_hand() -> None:
    a = make_table().a
    bind = BoundValue("a", 2, a.type)
    by_hand = BinaryExpression(a, bind, gt, BOOLEANTYPE, le)
    assert (a > 1).compare(a > 1)
    assert (a > 2).compare(by_hand)
    assert not (a > 2).compare(a > 3)
    assert make_key(a > 1)[0] != make_key(a < 1)[0]


def test_columns_and_classes_of_values_are_told_apart() -> None:
    c = make_table(String)
    keys = {make_key(made)[0] for _ in range(2) for made in (c.a == "x", c.b == "x", c.a == 1)}
    assert len(keys) == 3


def test_another_type_of_the_column_counts_at_once() -> None:
    a = make_table().a
    assert isinstance((a == "x").right.type, String)
    assert isinstance((a == 1).right.type, Integer)
    a.type = String(7)
    assert (a == "x").right.type is a.type
    assert (a == "y").right.type is a.type


def test_a_comparator_of_the_application_is_always_asked() -> None:
    class Loud(String.Comparator):
        def __eq__(self, other: Any) -> Any:
            return self.operate(eq, other.upper())

    class LoudString(String):
        comparator_factory = Loud

    a = make_table(LoudString()).a
    assert [(a == "x").right.value, (a == "y").right.value] == ["X", "Y"]


def test_a_type_that_decides_by_the_value_is_always_asked() -> None:
    class Picky(Integer):
        def coerce_compared_value(self, op: Any, value: Any) -> Any:
            return self if value < 10 else String()

    a = make_table(Picky()).a
    assert isinstance((a == 1).right.type, Picky)
    assert isinstance((a == 11).right.type, String)


def test_columns_of_a_subquery_and_of_nothing_known_remember_nothing() -> None:
    t = make_table().a.table
    found = select(t).subquery().c.a
    plain = column("a", Integer)
    for each in (found, plain):
        assert [str(each == 1), str(each == 2)] == [str(each == 1)] * 2
        assert not each._comparisons


def test_a_copy_with_another_column_has_a_key_of_its_own() -> None:
    t = make_table().a.table
    made = t.c.a == 1
    made = t.c.a == 2
    alias = t.alias()
    moved = made._map_children(lambda part: alias.c.a if part is t.c.a else part)
    assert moved.left is alias.c.a
    assert make_key(moved)[0] != make_key(made)[0]
    assert make_key(moved)[1] == make_key(made)[1]


def test_a_bind_in_two_comparisons_stays_one_parameter() -> None:
    c = make_table()
    made = c.a == 1
    once, twice = select(c.a).where(made), select(c.a).where(made, made)
    other = select(c.a).where(c.a == 1, c.a == 1)
    assert len({make_key(each)[0] for each in (once, twice, other)}) == 3


def test_statements_with_remembered_comparisons_can_be_pickled() -> None:
    metadata = MetaData()
    t = Table("t", metadata, Column("a", Integer))
    select(t).where(t.c.a == 1)
    statement = select(t).where(t.c.a == 2)
    assert str(pickle.loads(pickle.dumps(statement))) == str(statement)
    assert str(pickle.loads(pickle.dumps(metadata)).tables["t"].c.a == 3) == "t.a = :a_1"


def test_without_a_comparison_of_its_own_nothing_is_built() -> None:
    with pytest.raises(NotImplementedError):
        _ = Comparing() == 1
