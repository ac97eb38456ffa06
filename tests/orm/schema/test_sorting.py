"""The order of tables."""

from __future__ import annotations

import pytest

from orm import exc
from orm.schema import Column, ForeignKey, MetaData, Table
from orm.schema.sorting import sort_tables_and_constraints
from orm.types.scalar import Integer


def make(metadata, name, *targets, **options):
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        *[Column(f"{t}_id", ForeignKey(f"{t}.id", **options)) for t in targets],
    )


def names(tables):
    return [table.name for table in tables]


def test_a_table_comes_after_what_it_refers_to():
    metadata = MetaData()
    make(metadata, "a", "b", "c")
    make(metadata, "b", "c")
    make(metadata, "c")
    assert names(metadata.sorted_tables) == ["c", "b", "a"]


def test_independent_tables_come_by_name():
    metadata = MetaData()
    for name in ("z", "m", "a"):
        make(metadata, name)
    assert names(metadata.sorted_tables) == ["a", "m", "z"]


def test_a_reference_to_the_own_table_is_no_cycle():
    metadata = MetaData()
    make(metadata, "tree", "tree")
    assert names(metadata.sorted_tables) == ["tree"]


def test_a_cycle_warns_and_its_keys_wait():
    metadata = MetaData()
    make(metadata, "a", "b")
    make(metadata, "b", "a")
    make(metadata, "c", "a")
    ordered, later = sort_tables_and_constraints(metadata.tables.values())
    assert names(ordered)[-1] == "c"
    assert {c.table.name for c in later} == {"a", "b"}
    with pytest.warns(exc.SAWarning, match="a, b refer to each other"):
        assert len(metadata.sorted_tables) == 3


def test_use_alter_breaks_a_cycle():
    metadata = MetaData()
    make(metadata, "a", "b", use_alter=True)
    make(metadata, "b", "a")
    ordered, later = sort_tables_and_constraints(metadata.tables.values())
    assert names(ordered) == ["a", "b"]
    assert [c.table.name for c in later] == ["a"]


def test_a_dependency_declared_by_hand():
    metadata = MetaData()
    a, b = make(metadata, "a"), make(metadata, "b")
    a.add_is_dependent_on(b)
    assert names(metadata.sorted_tables) == ["b", "a"]


def test_tables_come_in_rounds_each_in_order_of_their_names():
    metadata = MetaData()
    Table("a", metadata, Column("id", ForeignKey("b.id")))
    for name in "bcd":
        Table(name, metadata, Column("id", Integer, primary_key=True))
    Table("e", metadata, Column("id", ForeignKey("c.id")))
    assert [table.name for table in metadata.sorted_tables] == ["b", "c", "d", "a", "e"]
