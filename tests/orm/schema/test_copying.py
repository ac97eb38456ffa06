"""Copies of tables: where they go, and where their foreign keys point."""

from __future__ import annotations

import pytest

from orm import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    exc,
)
from orm.schema import BLANK_SCHEMA, RETAIN_SCHEMA


def make_child(target, schema=None, metadata=None):
    return Table(
        "child",
        metadata if metadata is not None else MetaData(),
        Column("id", Integer, primary_key=True),
        Column("parent_id", Integer, ForeignKey(target)),
        schema=schema,
    )


def referred(table):
    return next(iter(table.foreign_keys)).target_fullname


@pytest.mark.parametrize(
    ("own", "target", "asked", "copied"),
    [
        (None, "parent.id", "z", "z.parent.id"),
        ("q", "q.parent.id", "z", "z.parent.id"),
        ("q", "p.parent.id", "z", "p.parent.id"),
        ("q", "q.parent.id", RETAIN_SCHEMA, "q.parent.id"),
        ("q", "q.parent.id", BLANK_SCHEMA, "parent.id"),
    ],
)
def test_foreign_keys_within_the_schema_move_with_the_table(own, target, asked, copied):
    copy = make_child(target, own).to_metadata(MetaData(), schema=asked)
    assert referred(copy) == copied


def test_a_function_may_choose_the_schema_referred_to():
    seen = []

    def choose(table, to_schema, constraint, referred_schema):
        seen.append((table, to_schema, constraint, referred_schema))
        return "h"

    table = make_child("p.parent.id", "q")
    copy = table.to_metadata(MetaData(), schema="z", referred_schema_fn=choose)
    assert referred(copy) == "h.parent.id"
    (constraint,) = table.foreign_key_constraints
    assert seen == [(table, "z", constraint, "p")]


@pytest.mark.parametrize(
    ("answer", "copied"),
    [
        (None, "p.parent.id"),
        (RETAIN_SCHEMA, "p.parent.id"),
        (BLANK_SCHEMA, "parent.id"),
    ],
)
def test_the_function_may_leave_or_clear_the_schema(answer, copied):
    copy = make_child("p.parent.id").to_metadata(
        MetaData(), referred_schema_fn=lambda *args: answer
    )
    assert referred(copy) == copied


def test_a_reference_to_the_own_table_follows_a_new_name():
    metadata = MetaData()
    tree = Table(
        "tree",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("up", ForeignKey("tree.id")),
    )
    copy = tree.to_metadata(metadata, name="tree_copy", schema="s")
    assert copy.c.up.references(copy.c.id)
    assert tree.c.up.references(tree.c.id)


def test_a_table_that_is_there_already_is_returned_with_a_warning():
    metadata = MetaData()
    there = Table("child", metadata, Column("other", Integer))
    with pytest.warns(exc.SAWarning, match="'child' is in the MetaData already"):
        assert make_child("parent.id").to_metadata(metadata) is there


def test_notes_go_along():
    table = make_child("parent.id")
    check = CheckConstraint("id > 0", info={"a": 1})
    table.append_constraint(check)
    key = next(iter(table.foreign_keys))
    key.info["b"] = 2
    copy = table.to_metadata(MetaData())
    assert next(iter(copy.foreign_keys)).info == {"b": 2}
    (copied,) = [c for c in copy.constraints if isinstance(c, CheckConstraint)]
    assert copied.info == {"a": 1}


def test_an_explicit_primary_key_keeps_its_order_and_name():
    table = Table(
        "t",
        MetaData(),
        Column("a", Integer),
        Column("b", Integer),
        PrimaryKeyConstraint("b", "a", name="pk_t"),
    )
    key = table.to_metadata(MetaData()).primary_key
    assert ([column.name for column in key], key.name) == (["b", "a"], "pk_t")


def test_a_target_without_a_table_cannot_be_copied():
    table = Table("t", MetaData(), Column("a", Integer))
    table.append_constraint(ForeignKeyConstraint(["a"], [Column("z", Integer)]))
    with pytest.raises(exc.InvalidRequestError, match="no table yet"):
        table.to_metadata(MetaData())


def test_notes_of_an_implicit_primary_key_go_along():
    table = make_child("parent.id")
    table.primary_key.info["a"] = 1
    assert table.to_metadata(MetaData()).primary_key.info == {"a": 1}


def test_notes_on_the_constraint_of_a_columns_foreign_key_go_along():
    metadata = MetaData()
    Table("parent", metadata, Column("id", Integer, primary_key=True))
    child = Table("child", metadata, Column("parent_id", ForeignKey("parent.id")))
    (constraint,) = child.foreign_key_constraints
    constraint.info["why"] = "because"
    (copied,) = child.to_metadata(MetaData()).foreign_key_constraints
    assert copied.info == {"why": "because"}
    constraint.info["why"] = "changed"
    assert copied.info == {"why": "because"}
