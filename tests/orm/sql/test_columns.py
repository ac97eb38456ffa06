"""ColumnCollection: access, and what cannot be done to it."""

from __future__ import annotations

import pickle

import pytest

from orm import Column, Integer, MetaData, Table, exc


@pytest.fixture
def c():
    return Table("t", MetaData(), Column("a", Integer), Column("b", Integer, key="x")).c


def test_access(c):
    assert c.a is c["a"] is c[0]
    assert c.x is c["x"] is c[-1]
    assert c.keys() == ["a", "x"]
    assert [column.name for column in c.values()] == ["a", "b"]
    assert c["x", "a"].keys() == ["x", "a"]
    assert c[:1].keys() == ["a"]
    assert c.get("b") is None
    assert len(c) == 2


def test_names_and_objects_are_looked_for_in_their_own_way(c):
    assert "a" in c
    assert "b" not in c
    assert c.contains_column(c.x)
    with pytest.raises(exc.ArgumentError, match=r"use contains_column\(\)"):
        c.a in c  # noqa: B015 - raises


def test_what_is_missing_is_named_with_what_is_there(c):
    with pytest.raises(AttributeError, match="no column 'b'; the columns are: a, x"):
        c.b
    with pytest.raises(KeyError, match="the columns are: a, x"):
        c["b"]


def test_columns_are_not_set_by_hand(c):
    with pytest.raises(TypeError):
        c.z = Column("z")
    with pytest.raises(TypeError):
        c["z"] = Column("z")
    with pytest.raises(AttributeError):
        c.extend


def test_pickles(c):
    again = pickle.loads(pickle.dumps(c))
    assert again.keys() == ["a", "x"]
