"""Tables read back from the database: `MetaData.reflect()`, `Table(autoload_with=...)`."""

from __future__ import annotations

from typing import Any

import pytest

import orm
from orm import Column, ForeignKey, MetaData, Table, exc, select


@pytest.fixture
def made(engine: Any) -> MetaData:
    """The tables parent and child (which refers to parent and to itself), created."""
    metadata = MetaData()
    Table(
        "parent",
        metadata,
        Column("id", orm.Integer, primary_key=True),
        Column("name", orm.String(30), nullable=False, unique=True),
    )
    child = Table(
        "child",
        metadata,
        Column("a", orm.Integer, primary_key=True, autoincrement=False),
        Column("b", orm.Integer, primary_key=True, autoincrement=False),
        Column("count", orm.Integer, nullable=False, server_default="7"),
        Column("price", orm.Numeric(10, 2)),
        Column("parent_id", ForeignKey("parent.id", ondelete="CASCADE"), nullable=False),
        Column("other_a", orm.Integer),
        Column("other_b", orm.Integer),
        orm.ForeignKeyConstraint(["other_a", "other_b"], ["child.a", "child.b"], name="fk_other"),
    )
    orm.Index("ix_price_count", child.c.price, child.c.count)
    metadata.create_all(engine)
    return metadata


def test_reflect_everything(engine: Any, made: MetaData) -> None:
    read = MetaData()
    read.reflect(engine)
    assert set(read.tables) == {"parent", "child"}
    child = read.tables["child"]
    assert [column.name for column in child.columns] == list(made.tables["child"].c.keys())
    assert [column.name for column in child.primary_key.columns] == ["a", "b"]
    assert child.c.count.nullable is False
    assert "7" in str(child.c.count.server_default.arg)
    assert (child.c.price.type.precision, child.c.price.type.scale) == (10, 2)
    keys = {
        tuple(column.name for column in key.columns): key for key in child.foreign_key_constraints
    }
    assert set(keys) == {("parent_id",), ("other_a", "other_b")}
    assert keys["parent_id",].ondelete == "CASCADE"
    assert keys["parent_id",].elements[0].column is read.tables["parent"].c.id
    assert keys["other_a", "other_b"].name in ("fk_other", None)
    index = next(index for index in child.indexes if index.name == "ix_price_count")
    assert [column.name for column in index.columns] == ["price", "count"]


def test_what_was_read_works(engine: Any, made: MetaData) -> None:
    parent = Table("parent", MetaData(), autoload_with=engine)
    with engine.begin() as connection:
        connection.execute(parent.insert().values(name="x"))
        assert connection.execute(select(parent.c.name)).scalar() == "x"
        key = connection.execute(select(parent.c.id)).scalar()
        assert isinstance(key, int)


def test_a_foreign_key_brings_its_table(engine: Any, made: MetaData) -> None:
    read = MetaData()
    with engine.connect() as connection:
        Table("child", read, autoload_with=connection)
    assert set(read.tables) == {"child", "parent"}
    alone = MetaData()
    Table("child", alone, autoload_with=engine, resolve_fks=False)
    assert set(alone.tables) == {"child"}


def test_columns_given_and_columns_left_out(engine: Any, made: MetaData) -> None:
    table = Table(
        "parent",
        MetaData(),
        Column("name", orm.Text),
        autoload_with=engine,
        include_columns=["id", "name"],
    )
    assert isinstance(table.c.name.type, orm.Text)
    few = Table("child", MetaData(), autoload_with=engine, include_columns=["a", "b"])
    assert list(few.c.keys()) == ["a", "b"]
    assert not few.foreign_key_constraints


def test_only_some_tables(engine: Any, made: MetaData) -> None:
    read = MetaData()
    read.reflect(engine, only=["parent"])
    assert set(read.tables) == {"parent"}
    with pytest.raises(exc.InvalidRequestError, match="nothing"):
        read.reflect(engine, only=["nothing"])


def test_a_table_that_is_not_there(engine: Any) -> None:
    metadata = MetaData()
    with pytest.raises(exc.NoSuchTableError):
        Table("nothing", metadata, autoload_with=engine)
    assert dict(metadata.tables) == {}
