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


def test_reading_again_adds_nothing_and_own_columns_win(engine: Any, made: MetaData) -> None:
    metadata = MetaData()
    metadata.reflect(engine)
    child = metadata.tables["child"]
    before = (len(child.constraints), len(child.indexes), child.c.keys())
    metadata.reflect(engine, extend_existing=True)
    assert (len(child.constraints), len(child.indexes), child.c.keys()) == before
    own: Column[Any] = Column("price", orm.Text)
    again = Table("child", metadata, own, autoload_with=engine, extend_existing=True)
    assert again is child
    assert child.c.price is own
    over = {id(column) for item in (*child.constraints, *child.indexes) for column in item.columns}
    assert over <= {id(column) for column in child.c}


def test_columns_that_are_there_may_be_left_alone(engine: Any, made: MetaData) -> None:
    metadata = MetaData()
    own: Column[Any] = Column("price", orm.Text, nullable=False)
    child = Table("child", metadata, own)
    Table("child", metadata, autoload_with=engine, extend_existing=True, autoload_replace=False)
    assert child.c.price is own
    assert "a" in child.c
    (index,) = [index for index in child.indexes if index.name == "ix_price_count"]
    assert next(iter(index.columns)) is own


def test_partial_indexes_keep_their_condition(engine: Any) -> None:
    if engine.name == "mysql":
        pytest.skip("MariaDB has no partial indexes")
    metadata = MetaData()
    table = Table("part", metadata, Column("a", orm.Integer), Column("b", orm.Integer))
    where = {f"{engine.name}_where": table.c.b > 5}
    orm.Index("ix_part", table.c.a, unique=True, **where)
    metadata.create_all(engine)
    found = Table("part", MetaData(), autoload_with=engine)
    metadata.drop_all(engine)
    found.create(engine)
    with engine.begin() as connection:
        connection.execute(found.insert(), [{"a": 1, "b": 1}, {"a": 1, "b": 2}])
    with engine.connect() as connection, pytest.raises(orm.exc.IntegrityError):
        connection.execute(found.insert(), [{"a": 1, "b": 6}, {"a": 1, "b": 7}])
