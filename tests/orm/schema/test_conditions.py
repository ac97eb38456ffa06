"""Constraints, indexes and statements that are executed on some databases only."""

from __future__ import annotations

import pytest

from orm import (
    DDL,
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    create_engine,
    event,
    inspect,
)
from orm.dialects import postgresql, sqlite
from orm.schema import CreateTable


@pytest.fixture
def engine():
    made = create_engine("sqlite://")
    yield made
    made.dispose()


def make_table(**check):
    return Table(
        "t",
        MetaData(),
        Column("n", Integer),
        CheckConstraint("n > 0", name="positive").ddl_if(**check),
    )


def text(table, dialect):
    return str(CreateTable(table).compile(dialect=dialect.dialect()))


def test_a_constraint_is_part_of_the_table_on_its_dialects_only():
    table = make_table(dialect="postgresql")
    assert "CONSTRAINT positive" in text(table, postgresql)
    assert "CONSTRAINT positive" not in text(table, sqlite)


def test_several_dialects():
    table = make_table(dialect=["sqlite", "postgresql"])
    assert "positive" in text(table, postgresql)
    assert "positive" in text(table, sqlite)


def test_a_function_decides_with_statement_item_and_state():
    seen = []

    def decide(ddl, item, bind, dialect, state):
        seen.append((type(ddl).__name__, item.name, bind, dialect.name, state))
        return False

    assert "positive" not in text(make_table(callable_=decide, state="kept"), sqlite)
    assert seen == [("CreateTable", "positive", None, "sqlite", "kept")]


@pytest.mark.parametrize(("dialect", "there"), [("sqlite", ["ix"]), ("postgresql", [])])
def test_an_index_is_created_on_its_dialects_only(engine, dialect, there):
    table = make_table()
    Index("ix", table.c.n).ddl_if(dialect=dialect)
    table.metadata.create_all(engine)
    assert [index["name"] for index in inspect(engine).get_indexes("t")] == there


def test_the_function_of_an_index_gets_the_connection(engine):
    binds = []

    def decide(ddl, item, bind, **options):
        binds.append(bind.dialect.name)
        return True

    table = make_table()
    Index("ix", table.c.n).ddl_if(callable_=decide)
    table.metadata.create_all(engine)
    assert binds == ["sqlite"]


def test_copies_keep_the_condition():
    table = make_table(dialect="postgresql")
    Index("ix", table.c.n, info={"note": 1}).ddl_if(dialect="postgresql")
    copied = table.to_metadata(MetaData())
    assert "positive" not in text(copied, sqlite)
    (index,) = copied.indexes
    assert not index._is_wanted(None, None, sqlite.dialect())
    assert index.info == {"note": 1}


def test_statements_as_listeners(engine):
    table = make_table()
    for dialect in ("sqlite", "postgresql"):
        made = DDL(f"CREATE VIEW for_{dialect} AS SELECT 1").execute_if(dialect=dialect)
        event.listen(table, "after_create", made)
    table.metadata.create_all(engine)
    assert inspect(engine).get_view_names() == ["for_sqlite"]
