"""Foreign keys: how their targets are found, and what is said when there is none."""

from __future__ import annotations

import pytest

from orm import DeclarativeBase, Mapped, exc, mapped_column
from orm.schema import Column, ForeignKey, ForeignKeyConstraint, ForeignKeyTarget, MetaData, Table
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


def test_a_mapped_attribute_is_the_column_of_its_table():
    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)

    key = ForeignKey(User.id)
    Table("posts", Base.metadata, Column("user_id", key))
    assert key.column is User.__table__.c.id
    assert key.references(User.__table__)


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


def test_a_table_alone_means_its_column_of_the_same_name():
    metadata = MetaData()
    users = make_users(metadata)
    profiles = Table("profiles", metadata, Column("id", ForeignKey("users")))
    assert profiles.c.id.references(users.c.id)


def test_a_table_alone_without_such_a_column_says_how_to_name_one():
    metadata = MetaData()
    make_users(metadata)
    posts = Table("posts", metadata, Column("user_id", ForeignKey("users")))
    with pytest.raises(exc.NoReferencedColumnError, match=r"ForeignKey\('users\.id'\)"):
        _ = next(iter(posts.foreign_keys)).column


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("users.id", (None, "users", "id")),
        ("shop.users.id", ("shop", "users", "id")),
        ("server.dbo.users.id", ("server.dbo", "users", "id")),
        (("my.users", "the.id"), (None, "my.users", "the.id")),
        (("shop", "users", "id"), ("shop", "users", "id")),
    ],
)
def test_the_names_of_a_target(given, names):
    key = ForeignKey(given)
    assert key.target_tokens == ForeignKeyTarget(*names)
    assert key.target_column is None


def test_names_with_dots_refer_to_their_table():
    metadata = MetaData()
    users = Table("my.users", metadata, Column("id", Integer, primary_key=True))
    posts = Table("posts", metadata, Column("user_id", ForeignKey(("my.users", "id"))))
    key = next(iter(posts.foreign_keys))
    assert key.column is users.c.id
    assert key.target_table_key == users.key
    with pytest.raises(exc.InvalidRequestError, match="contains a dot"):
        _ = key.target_fullname


@pytest.mark.parametrize("given", [("users",), ("a", "b", "c", "d"), (1, 2), (None, None)])
def test_tuples_of_other_shapes_are_no_target(given):
    with pytest.raises(exc.ArgumentError, match="a tuple is"):
        ForeignKey(given)


def test_a_column_of_an_alias_is_no_target():
    users = make_users(MetaData())
    with pytest.raises(exc.ArgumentError, match="no Table"):
        ForeignKey(users.alias().c.id)


def test_the_key_of_the_target_table_follows_the_schema_of_the_metadata():
    table = Table("posts", MetaData(schema="shop"), Column("user_id", ForeignKey("users.id")))
    assert next(iter(table.foreign_keys)).target_table_key == "shop.users"
    assert ForeignKey(Column("x", Integer)).target_table_key is None


def test_one_column_may_refer_twice():
    metadata = MetaData()
    b = Table("b", metadata, Column("x", Integer), Column("y", Integer))
    constraint = ForeignKeyConstraint(["n", "n"], ["b.x", "b.y"])
    a = Table("a", metadata, Column("n", Integer), constraint)
    assert [(key.parent, key.column) for key in constraint.elements] == [
        (a.c.n, b.c.x),
        (a.c.n, b.c.y),
    ]


def test_a_constraint_refers_to_one_table():
    with pytest.raises(exc.ArgumentError, match="several tables: b, c"):
        Table(
            "a",
            MetaData(),
            Column("x", Integer),
            Column("y", Integer),
            ForeignKeyConstraint(["x", "y"], ["b.x", "c.y"]),
        )


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
    with pytest.raises(exc.ArgumentError, match="as many columns"):
        ForeignKeyConstraint(["x"], ["p.a", "p.b"])


def test_the_schema_of_the_metadata_holds_for_targets():
    metadata = MetaData(schema="shop")
    users = make_users(metadata)
    posts = Table("posts", metadata, Column("user_id", ForeignKey("users.id")))
    explicit = Table("likes", metadata, Column("user_id", ForeignKey("shop.users.id")))
    assert next(iter(posts.foreign_keys)).column is users.c.id
    assert next(iter(explicit.foreign_keys)).column is users.c.id
