"""Names that a naming convention gives."""

from __future__ import annotations

import pytest

from orm import exc
from orm.schema import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
    UniqueConstraint,
    conv,
)
from orm.schema.naming import shorten_name
from orm.types.scalar import Integer

CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s_%(column_0_name)s",
}


def test_each_kind_gets_its_name():
    metadata = MetaData(naming_convention=CONVENTION)
    Table("users", metadata, Column("id", Integer, primary_key=True))
    table = Table(
        "posts",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("user_id", ForeignKey("users.id"), index=True),
        Column("a", Integer),
        UniqueConstraint("user_id", "a"),
        CheckConstraint("a > 0", name="positive"),
    )
    assert {str(c.name) for c in table.constraints} == {
        "pk_posts_id",
        "fk_posts_user_id_users",
        "uq_posts_user_id_a",
        "ck_posts_positive",
    }
    assert [i.name for i in table.indexes] == ["ix_posts_user_id"]


def test_given_names_stay():
    metadata = MetaData(naming_convention=CONVENTION)
    table = Table(
        "t",
        metadata,
        Column("a", Integer),
        UniqueConstraint("a", name="mine"),
        CheckConstraint("a > 0", name=conv("final")),
        Index("own", "a"),
    )
    names = {str(c.name) for c in table.constraints if c.name} | {i.name for i in table.indexes}
    assert {"mine", "final", "own"} <= names


def test_a_check_without_name_stays_unnamed():
    table = Table(
        "t",
        MetaData(naming_convention=CONVENTION),
        Column("a", Integer),
        CheckConstraint("a > 0"),
    )
    check = next(c for c in table.constraints if isinstance(c, CheckConstraint))
    assert check.name is None


def test_functions_may_be_tokens():
    convention = {"uq": "uq_%(short)s", "short": lambda constraint, table: table.name[:2]}
    table = Table(
        "things",
        MetaData(naming_convention=convention),
        Column("a", Integer, unique=True),
    )
    assert {c.name for c in table.constraints if c.name} == {"uq_th"}


def test_an_unknown_token_is_refused():
    with pytest.raises(exc.InvalidRequestError, match=r"%\(nonsense\)s"):
        Table(
            "t",
            MetaData(naming_convention={"uq": "%(nonsense)s"}),
            Column("a", Integer, unique=True),
        )


def test_long_generated_names_are_cut_and_stay_different():
    one, two = shorten_name("x" * 80 + "a", 63), shorten_name("x" * 80 + "b", 63)
    assert len(one) <= 63
    assert one != two
    assert shorten_name("short", 63) == "short"


def test_a_primary_key_is_named_after_all_its_columns():
    metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s_%(column_0_N_name)s"})
    table = Table(
        "t",
        metadata,
        Column("a", Integer, primary_key=True),
        Column("b", Integer, primary_key=True),
    )
    assert table.primary_key.name == "pk_t_a_b"


def test_referred_columns_are_named_as_the_database_does_or_by_key():
    convention = {"fk": "fk_%(referred_table_name)s_%(referred_column_0_N_name)s"}
    metadata = MetaData(naming_convention=convention)
    parent = [Column("Id", Integer, key="id", primary_key=True), Column("No", Integer, key="no")]
    Table("p", metadata, *parent)
    constraint = ForeignKeyConstraint(["x", "y"], ["p.id", "p.no"])
    Table("c", metadata, Column("x", Integer), Column("y", Integer), constraint)
    assert constraint.name == "fk_p_Id_No"
    later = ForeignKeyConstraint(["x"], ["not_yet.id"])
    Table("d", metadata, Column("x", Integer), later)
    assert later.name == "fk_not_yet_id"
