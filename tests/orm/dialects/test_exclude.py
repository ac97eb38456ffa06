"""PostgreSQL's ExcludeConstraint."""

from __future__ import annotations

import pytest

from orm import exc
from orm.dialects.postgresql import ExcludeConstraint, dialect
from orm.schema import AddConstraint, Column, CreateTable, MetaData, Table
from orm.sql.functions import func
from orm.types.scalar import Integer


def text_of(statement):
    return " ".join(str(statement.compile(dialect=dialect())).split())


def make_bookings(*items, metadata=None):
    return Table(
        "bookings",
        MetaData() if metadata is None else metadata,
        Column("room", Integer),
        Column("low", Integer),
        Column("high", Integer),
        *items,
    )


def test_columns_expressions_and_options():
    table = make_bookings()
    constraint = ExcludeConstraint(
        (table.c.room, "="),
        (func.int4range(table.c.low, table.c.high), "&&"),
        where=table.c.room > 0,
        name="no overlap",
        ops={"room": "int4_ops"},
        deferrable=True,
        initially="deferred",
    )
    assert constraint in table.constraints
    assert [column.name for column in constraint.columns] == ["room", "low", "high"]
    assert text_of(AddConstraint(constraint)) == (
        'ALTER TABLE bookings ADD CONSTRAINT "no overlap" EXCLUDE USING gist '
        "(room int4_ops WITH =, int4range(low, high) WITH &&) WHERE (room > 0) "
        "DEFERRABLE INITIALLY DEFERRED"
    )


def test_columns_by_key_within_create_table():
    table = make_bookings(ExcludeConstraint(("room", "="), using="hash", where="room > 1"))
    assert "EXCLUDE USING hash (room WITH =) WHERE (room > 1)" in text_of(CreateTable(table))


def test_a_copy_is_over_the_columns_of_its_table():
    table = make_bookings()
    ExcludeConstraint((table.c.low + 1, "="), (table.c.room, "="), name="ex")
    copy = table.to_metadata(MetaData())
    (copied,) = [c for c in copy.constraints if isinstance(c, ExcludeConstraint)]
    assert [column.table for column in copied.columns] == [copy, copy]
    assert "EXCLUDE USING gist ((low + 1) WITH =, room WITH =)" in text_of(CreateTable(copy))


@pytest.mark.parametrize("operator", ["=) ; DROP", "", "like", None, 5])
def test_an_operator_is_symbols_only(operator):
    with pytest.raises(exc.ArgumentError, match="no operator"):
        ExcludeConstraint(("room", operator))


def test_other_elements_are_refused():
    with pytest.raises(exc.ArgumentError, match="takes pairs"):
        ExcludeConstraint("room")
    with pytest.raises(exc.ArgumentError, match="at least one"):
        ExcludeConstraint()


def test_other_databases_have_none():
    table = make_bookings(ExcludeConstraint(("room", "=")))
    with pytest.raises(exc.UnsupportedCompilationError):
        CreateTable(table).compile()
