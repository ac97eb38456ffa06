"""Tables: their columns, primary keys, and what is refused."""

from __future__ import annotations

import pickle

import pytest

from orm import exc
from orm.schema import (
    Column,
    ForeignKey,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from orm.types.scalar import BigInteger, Integer, String


def test_columns_are_found_by_key_position_and_attribute():
    table = Table("t", MetaData(), Column("id", Integer), Column("userName", String, key="name"))
    assert table.c.keys() == ["id", "name"]
    assert table.c.name is table.c["name"] is table.c[1]
    assert table.c.name.name == "userName"


def test_a_table_is_one_object_per_metadata():
    metadata = MetaData()
    table = Table("t", metadata, Column("id", Integer))
    assert Table("t", metadata) is table
    assert metadata.tables["t"] is table
    assert "t" in metadata
    assert table in metadata


def test_a_second_definition_is_refused_and_changes_nothing():
    metadata = MetaData()
    table = Table("t", metadata, Column("id", Integer))
    with pytest.raises(exc.InvalidRequestError, match="already defined.*extend_existing=True"):
        Table("t", metadata, Column("other", Integer))
    assert table.c.keys() == ["id"]


def test_extend_existing_adds_and_replaces():
    metadata = MetaData()
    table = Table("t", metadata, Column("id", Integer), Column("a", Integer))
    Table("t", metadata, Column("a", String(5)), Column("b", Integer), extend_existing=True)
    assert table.c.keys() == ["id", "a", "b"] or table.c.keys() == ["id", "b", "a"]
    assert isinstance(table.c.a.type, String)


def test_keep_existing_ignores_the_new_columns():
    metadata = MetaData()
    table = Table("t", metadata, Column("id", Integer))
    assert Table("t", metadata, Column("b", Integer), keep_existing=True) is table
    assert table.c.keys() == ["id"]


def test_two_columns_of_one_key_are_refused():
    with pytest.raises(exc.DuplicateColumnError, match="already has a column 'id'"):
        Table("t", MetaData(), Column("id", Integer), Column("id", String))


def test_a_failed_table_is_not_left_in_the_metadata():
    metadata = MetaData()
    with pytest.raises(exc.ArgumentError):
        Table("t", metadata, Column("id", Integer), "no column")
    assert not metadata.tables


def test_primary_key_from_flags_and_from_a_constraint():
    by_flag = Table("a", MetaData(), Column("x", Integer, primary_key=True), Column("y", Integer))
    by_constraint = Table(
        "b", MetaData(), Column("x", Integer), Column("y", Integer), PrimaryKeyConstraint("x", "y")
    )
    assert [c.name for c in by_flag.primary_key] == ["x"]
    assert [c.name for c in by_constraint.primary_key.columns] == ["x", "y"]
    assert not by_constraint.c.y.nullable
    assert by_constraint.c.y.primary_key


def test_contradicting_primary_keys_are_refused():
    with pytest.raises(exc.ArgumentError, match="Say it in one place"):
        Table(
            "t",
            MetaData(),
            Column("x", Integer, primary_key=True),
            Column("y", Integer),
            PrimaryKeyConstraint("y"),
        )


def test_autoincrement_column_is_the_lone_integer_key():
    def found(*columns):
        return Table("t", MetaData(), Column("other", Integer), *columns).autoincrement_column

    metadata = MetaData()
    parent = Table("parent", metadata, Column("id", Integer, primary_key=True))
    child = Table("child", metadata, Column("id", ForeignKey("parent.id"), primary_key=True))
    assert parent.autoincrement_column is parent.c.id
    assert child.autoincrement_column is None
    assert found(Column("id", BigInteger, primary_key=True)).name == "id"
    assert found(Column("id", String, primary_key=True)) is None
    assert found(Column("id", Integer, primary_key=True, autoincrement=False)) is None
    assert found(Column("id", Integer, primary_key=True, default=5)) is None
    assert found(Column("id", Integer, primary_key=True, server_default="5")) is None
    composite = [Column("a", Integer, primary_key=True), Column("b", Integer, primary_key=True)]
    assert found(*composite) is None


def test_index_and_unique_flags_make_items():
    table = Table(
        "t",
        MetaData(),
        Column("a", Integer, index=True),
        Column("b", Integer, unique=True),
        Column("c", Integer, index=True, unique=True),
    )
    assert [(i.name, i.unique) for i in table.indexes] == [("ix_t_a", False), ("ix_t_c", True)]
    unique = [c for c in table.constraints if isinstance(c, UniqueConstraint)]
    assert [c.columns.keys() for c in unique] == [["b"]]


def test_an_index_made_afterwards_finds_its_table():
    table = Table("t", MetaData(), Column("a", Integer), Column("b", Integer))
    index = Index("ix", table.c.b, table.c.a)
    assert index in table.indexes
    assert [c.name for c in index.columns] == ["b", "a"]


def test_an_index_over_two_tables_is_refused():
    metadata = MetaData()
    one = Table("one", metadata, Column("a", Integer))
    two = Table("two", metadata, Column("a", Integer))
    with pytest.raises(exc.ArgumentError, match="an index covers one table"):
        Index("ix", one.c.a, two.c.a)


def test_a_constraint_over_a_missing_column_names_the_columns():
    with pytest.raises(exc.ArgumentError, match="'nope'.*Its columns are: a"):
        Table("t", MetaData(), Column("a", Integer), UniqueConstraint("nope"))


def test_to_metadata_copies_all_and_leaves_the_original():
    metadata, other = MetaData(), MetaData(schema="s2")
    Table("users", metadata, Column("id", Integer, primary_key=True))
    table = Table(
        "posts",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
        Column("slug", String(20), unique=True, default="x"),
        comment="c",
    )
    copy = table.to_metadata(other)
    assert copy.fullname == "s2.posts"
    assert copy.c.user_id is not table.c.user_id
    assert not copy.c.user_id.nullable
    assert [fk.target_fullname for fk in copy.foreign_keys] == ["s2.users.id"]
    assert copy.c.slug.default.arg == "x"
    assert [i.name for i in copy.indexes] == ["ix_s2_posts_user_id"]
    assert copy.comment == "c"
    assert len(copy.constraints) == len(table.constraints)


def test_schema_of_the_metadata_is_the_default():
    metadata = MetaData(schema="shop")
    assert Table("t", metadata).fullname == "shop.t"
    assert Table("u", metadata, schema="other").key == "other.u"
    assert Table("v", metadata, _no_default_schema=True).schema is None


def test_metadata_refuses_an_engine_in_place_of_a_schema():
    with pytest.raises(exc.ArgumentError, match=r"create_all\(\)"):
        MetaData(object())


def test_tables_are_pickled_with_their_metadata():
    metadata = MetaData()
    Table("t", metadata, Column("id", Integer, primary_key=True))
    again = pickle.loads(pickle.dumps(metadata))
    assert again.tables["t"].c.id.primary_key
    assert again.tables["t"].metadata is again


def test_info_is_kept():
    table = Table("t", MetaData(), Column("a", Integer, info={"x": 1}), info={"bind_key": "b"})
    assert table.info == {"bind_key": "b"}
    assert table.c.a.info == {"x": 1}


def make_abc():
    return Table("t", MetaData(), *[Column(name, Integer) for name in "abc"])


@pytest.mark.parametrize("index", [0, 1, 3, 9, -1, -2])
def test_a_column_is_inserted_as_into_a_list(index):
    table, expected = make_abc(), ["a", "b", "c"]
    table.insert_column(Column("new", Integer), index)
    expected.insert(index, "new")
    assert table.c.keys() == expected


@pytest.mark.parametrize("index", [0, 1, 2, 3, -1])
def test_a_column_is_replaced_at_another_position(index):
    table, expected = make_abc(), ["a", "old", "c"]
    new = Column("b", String(3))
    table.insert_column(new, index, replace_existing=True)
    expected.insert(index, "b")
    expected.remove("old")
    assert table.c.keys() == expected
    assert table.c.b is new


def test_a_replaced_column_keeps_its_place():
    table = make_abc()
    table.append_column(Column("b", String(3), key="other"), replace_existing=True)
    assert table.c.keys() == ["a", "other", "c"]


def test_two_columns_of_one_name_are_refused_whatever_their_keys():
    with pytest.raises(exc.DuplicateColumnError, match="already has a column 'b'"):
        Table("t", MetaData(), Column("b", Integer, key="b1"), Column("b", Integer, key="b2"))


def test_existing_tables_are_kept_or_extended_not_both():
    metadata = MetaData()
    Table("t", metadata, Column("a", Integer))
    with pytest.raises(exc.ArgumentError, match="exclude each other"):
        Table("t", metadata, keep_existing=True, extend_existing=True)
    with pytest.raises(exc.ArgumentError, match="quoted cannot change"):
        Table("t", metadata, quote=True, extend_existing=True)


def test_the_schemas_in_use():
    metadata = MetaData(schema="w")
    Table("t", metadata, schema="x")
    Table("u", metadata)
    assert metadata.schemas == ("w", "x")
    assert MetaData().schemas == ()


def test_constraints_and_indexes_follow_a_replaced_column():
    unique, index = UniqueConstraint("a"), Index("ix", "a", "b")
    table = Table("t", MetaData(), Column("a", Integer), Column("b", Integer), unique, index)
    new = Column("a", String(3))
    table.append_column(new, replace_existing=True)
    assert list(unique.columns) == [new]
    assert index.columns[0] is new
    assert index.expressions[0] is new
