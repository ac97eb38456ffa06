"""Foreign keys: how their targets are found, and what is said when there is none."""

from __future__ import annotations

import pytest

from orm import exc
from orm.schema import Column, ForeignKey, ForeignKeyConstraint, MetaData, Table
from orm.types.base import NullType
from orm.types.scalar import Integer, String


def make_users(metadata):
    return Table("users", metadata, Column("id", Integer, primary_key=True))


def test_string_targets_are_found_whatever_the_order():
    metadata = MetaData()
    posts = Table("posts", metadata, Column("user_id", ForeignKey("users.id")))
    assert isinstance(posts.c.user_id.type, NullType)
    users = make_users(metadata)
    (fk,) = posts.foreign_keys
    assert isinstance(posts.c.user_id.type, Integer)
    assert fk.column is users.c.id
    assert fk.references(users)
    assert fk.get_referent(users) is users.c.id
    assert fk.parent is posts.c.user_id


def test_types_go_through_a_chain_of_keys():
    metadata = MetaData()
    c = Table("c", metadata, Column("b_id", ForeignKey("b.a_id")))
    b = Table("b", metadata, Column("a_id", ForeignKey("a.id"), primary_key=True))
    Table("a", metadata, Column("id", String(7), primary_key=True))
    assert isinstance(b.c.a_id.type, String)
    assert isinstance(c.c.b_id.type, String)


def test_a_missing_table_is_named_with_the_known_ones():
    metadata = MetaData()
    table = Table("posts", metadata, Column("user_id", ForeignKey("user.id")))
    make_users(metadata)
    (fk,) = table.foreign_keys
    with pytest.raises(exc.NoReferencedTableError) as caught:
        _ = fk.column
    assert caught.value.table_name == "user"
    assert "'posts.user_id'" in str(caught.value)
    assert "posts, users" in str(caught.value)


def test_a_missing_column_is_named():
    metadata = MetaData()
    make_users(metadata)
    table = Table("posts", metadata, Column("user_id", ForeignKey("users.pk")))
    with pytest.raises(exc.NoReferencedColumnError, match="no such column. Its columns are: id"):
        _ = next(iter(table.foreign_keys)).column


def test_a_target_without_a_table_is_refused():
    with pytest.raises(exc.ArgumentError, match=r"'table\.column'"):
        Table("posts", MetaData(), Column("user_id", ForeignKey("users")))


def test_a_target_may_be_a_column():
    users = make_users(MetaData())
    posts = Table("posts", users.metadata, Column("user_id", ForeignKey(users.c.id)))
    assert isinstance(posts.c.user_id.type, Integer)
    assert next(iter(posts.foreign_keys)).target_fullname == "users.id"


def test_something_else_is_no_target():
    with pytest.raises(exc.ArgumentError, match="needs a string"):
        ForeignKey(5)


def test_composite_keys():
    metadata = MetaData()
    Table(
        "parent",
        metadata,
        Column("a", Integer, primary_key=True),
        Column("b", Integer, primary_key=True),
    )
    child = Table(
        "child",
        metadata,
        Column("x", Integer),
        Column("y", Integer),
        ForeignKeyConstraint(["x", "y"], ["parent.a", "parent.b"], ondelete="CASCADE"),
    )
    (constraint,) = child.foreign_key_constraints
    assert constraint.column_keys == ["x", "y"]
    assert [e.column.name for e in constraint.elements] == ["a", "b"]
    assert constraint.referred_table is metadata.tables["parent"]
    assert len(child.foreign_keys) == 2
    assert next(iter(child.c.x.foreign_keys)).constraint is constraint


def test_composite_keys_of_differing_length_are_refused():
    with pytest.raises(exc.ArgumentError, match="as many different columns"):
        ForeignKeyConstraint(["x"], ["p.a", "p.b"])


def test_the_schema_of_the_metadata_holds_for_targets():
    metadata = MetaData(schema="shop")
    users = make_users(metadata)
    posts = Table("posts", metadata, Column("user_id", ForeignKey("users.id")))
    explicit = Table("likes", metadata, Column("user_id", ForeignKey("shop.users.id")))
    assert next(iter(posts.foreign_keys)).column is users.c.id
    assert next(iter(explicit.foreign_keys)).column is users.c.id
