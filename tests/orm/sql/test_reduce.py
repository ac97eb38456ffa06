"""Columns that say the same: in joins, in SELECTs, and across the members of a union."""

from __future__ import annotations

from orm import Column, ForeignKey, Integer, MetaData, Table, null, select, union

metadata = MetaData()
a = Table("a", metadata, Column("id", Integer, primary_key=True), Column("x", Integer))
b = Table(
    "b",
    metadata,
    Column("id", ForeignKey("a.id"), primary_key=True),
    Column("other", Integer),
)
c = Table("c", metadata, Column("id", ForeignKey("b.id"), primary_key=True), Column("z", Integer))
e = Table("e", metadata, Column("ref", ForeignKey("a.id")))
d = Table("d", metadata, Column("id", ForeignKey("gone.id"), primary_key=True))


def test_the_key_of_a_join_is_that_of_the_root():
    assert list(a.join(b).primary_key) == [a.c.id]
    assert list(a.join(b).join(c).primary_key) == [a.c.id]
    assert list(c.join(b).primary_key) == [b.c.id]


def test_a_condition_makes_keys_equal_too():
    one = a.alias()
    assert list(a.join(one, a.c.id == one.c.id).primary_key) == [a.c.id]
    assert list(a.join(one, a.c.id == one.c.x).primary_key) == [a.c.id, one.c.id]
    assert list(a.join(one, a.c.id > one.c.id).primary_key) == [a.c.id, one.c.id]


def test_a_foreign_key_to_nowhere_repeats_nothing():
    assert list(a.join(d, a.c.id < d.c.id).primary_key) == [a.c.id, d.c.id]


def test_reduce_columns_of_a_select():
    statement = select(a, b)
    assert list(statement.reduce_columns().selected_columns) == [a.c.id, a.c.x, b.c.other]
    other_name = select(a, e)
    assert list(other_name.reduce_columns().selected_columns) == [a.c.id, a.c.x, e.c.ref]
    every = other_name.reduce_columns(only_synonyms=False)
    assert list(every.selected_columns) == [a.c.id, a.c.x]


def test_reduce_columns_by_equality():
    inner = select(a).subquery()
    statement = select(a, inner).where(a.c.x == inner.c.x)
    assert list(statement.reduce_columns().selected_columns) == [a.c.id, a.c.x, inner.c.id]
    turned = select(inner, a).where(a.c.x == inner.c.x)
    assert list(turned.reduce_columns().selected_columns) == [inner.c.id, inner.c.x, a.c.id]


# -- unions ------------------------------------------------------------------------------------------


def test_columns_of_a_union_come_from_all_its_selects():
    both = select(a.c.id, null().label("z")).union(select(c.c.id, c.c.z))
    assert both.corresponding_column(c.c.z) is both.selected_columns.z
    assert both.corresponding_column(a.c.id) is both.selected_columns.id
    assert both.corresponding_column(b.c.other) is None
    inner = both.subquery()
    assert inner.corresponding_column(c.c.z) is inner.c.z
    assert inner.alias().corresponding_column(c.c.id).name == "id"


def test_the_first_select_decides():
    turned = union(select(a.c.id, a.c.x), select(a.c.x, a.c.id)).subquery()
    assert turned.corresponding_column(a.c.id) is turned.c.id
    assert turned.corresponding_column(a.c.x) is turned.c.x
