"""Constraints and indexes attach themselves to the table of their columns."""

from __future__ import annotations

import pytest

from orm import column, exc, table
from orm.schema import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    UniqueConstraint,
)
from orm.sql.text_clause import TextClause
from orm.types.scalar import Integer


def make_ab(name="t", metadata=None):
    metadata = MetaData() if metadata is None else metadata
    return Table(name, metadata, Column("a", Integer), Column("b", Integer))


@pytest.mark.parametrize(
    "make",
    [
        lambda t: UniqueConstraint(t.c.a, t.c.b),
        lambda t: UniqueConstraint(t.c.a, "b"),
        lambda t: CheckConstraint(t.c.a > t.c.b),
        lambda t: PrimaryKeyConstraint(t.c.a),
        lambda t: ForeignKeyConstraint([t.c.a], ["other.id"]),
    ],
)
def test_a_constraint_over_columns_of_a_table_is_the_tables(make):
    made = make_ab()
    constraint = make(made)
    assert constraint in made.constraints
    made.append_constraint(constraint)
    assert len([c for c in made.constraints if c is constraint]) == 1


@pytest.mark.parametrize(
    "make", [lambda a, b: UniqueConstraint(a, b), lambda a, b: CheckConstraint(a > b)]
)
def test_it_waits_for_the_last_of_its_columns(make):
    a, b = Column("a", Integer), Column("b", Integer)
    constraint = make(a, b)
    made = Table("t", MetaData(), a)
    assert constraint not in made.constraints
    made.append_column(b)
    assert constraint in made.constraints


def test_a_condition_over_two_tables_attaches_to_neither():
    metadata = MetaData()
    one, two = make_ab("one", metadata), make_ab("two", metadata)
    constraint = CheckConstraint(one.c.a > two.c.b)
    assert constraint not in one.constraints
    assert constraint not in two.constraints


def test_a_unique_constraint_over_two_tables_is_refused():
    metadata = MetaData()
    one, two = make_ab("one", metadata), make_ab("two", metadata)
    with pytest.raises(exc.ArgumentError, match="belong to others"):
        UniqueConstraint(one.c.a, two.c.b)


def test_a_copied_condition_leaves_the_original_table_alone():
    made = make_ab()
    CheckConstraint(made.c.a > 5, name="ck")
    before = set(made.constraints)
    copy = made.to_metadata(MetaData())
    assert set(made.constraints) == before
    assert [c.name for c in copy.constraints if isinstance(c, CheckConstraint)] == ["ck"]


def test_text_and_plain_tables_attach_nothing():
    plain = table("t", column("a"))
    for constraint in (CheckConstraint(TextClause("a > 5")), CheckConstraint(plain.c.a > 5)):
        assert not hasattr(constraint, "table")
    UniqueConstraint(plain.c.a)


def test_a_name_that_the_table_lacks():
    with pytest.raises(exc.ConstraintColumnNotFoundError, match="'nope'"):
        Table("t", MetaData(), Column("a", Integer), Index("ix", "nope"))


@pytest.mark.parametrize("item", [5, None, make_ab(), object()])
def test_an_index_is_over_columns_and_expressions(item):
    with pytest.raises(exc.ArgumentError, match="An Index is over"):
        Index("ix", item)


def test_an_index_over_a_column_without_a_table():
    index = Index("ix", Column("x", Integer))
    with pytest.raises(exc.ArgumentError, match="of no table"):
        make_ab().append_constraint(index)


@pytest.mark.parametrize("items", [(Identity(), Sequence("s")), (Sequence("s"), Identity())])
def test_a_column_is_numbered_in_one_way(items):
    with pytest.raises(exc.ArgumentError, match="keep one"):
        Column("a", Integer, *items)
    with pytest.raises(exc.ArgumentError, match="server_onupdate"):
        Column("a", Integer, Identity(), server_onupdate="x")
