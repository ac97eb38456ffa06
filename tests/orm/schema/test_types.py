"""Named types of columns: the schema and MetaData that they belong to."""

from __future__ import annotations

import pickle
from contextlib import nullcontext

import pytest

from orm import BLANK_SCHEMA, exc
from orm.schema import Column, MetaData, Sequence, Table
from orm.types.base import TypeEngine
from orm.types.decorator import TypeDecorator
from orm.types.scalar import Integer, SchemaType, String
from orm.types.structured import ARRAY, Enum


class Money(SchemaType, TypeEngine):
    """A named type of an application."""


def warned(options):
    """Expect the warning of an option that is on its way out."""
    if "inherit_schema" in options:
        return pytest.warns(exc.SADeprecationWarning, match="on its way out")
    return nullcontext()


class Wrapped(TypeDecorator):
    impl = Money
    cache_ok = True


@pytest.mark.parametrize(
    ("options", "schema"),
    [
        ({}, "m"),
        ({"schema": "own"}, "own"),
        ({"schema": None}, None),
        ({"inherit_schema": True}, "t"),
    ],
)
@pytest.mark.parametrize("kind", [Money, lambda **options: Enum("a", name="e", **options)])
def test_the_schema_of_a_type(kind, options, schema):
    with warned(options):
        type_ = kind(**options)
    table = Table("t", MetaData(schema="m"), Column("c", type_), schema="t")
    assert table.c.c.type.schema == schema
    assert type_.metadata is table.metadata


def test_a_type_of_a_metadata_has_its_schema_at_once():
    assert Enum("a", name="e", metadata=MetaData(schema="m")).schema == "m"


def test_schema_and_inherit_schema_exclude_each_other():
    with pytest.raises(exc.ArgumentError, match="exclude each other"):
        Enum("a", name="e", schema="x", inherit_schema=True)


@pytest.mark.parametrize(
    "make",
    [
        lambda e: ARRAY(e),
        lambda e: String().with_variant(e, "postgresql"),
        lambda e: ARRAY(e).with_variant(String(), "sqlite"),
    ],
)
def test_types_within_types(make):
    enum = Enum("a", name="e")
    Table("t", MetaData(schema="m"), Column("c", make(enum)))
    assert enum.schema == "m"


def test_a_decorated_type_keeps_its_schema_in_copies():
    table = Table("t", MetaData(), Column("c", Wrapped(schema="z")))
    assert table.to_metadata(MetaData()).c.c.type.schema == "z"


def test_a_copied_table_has_a_type_of_its_own():
    table = Table("t", MetaData(schema="m"), Column("c", Enum("a", name="e")))
    other = MetaData(schema="n")
    copy = table.to_metadata(other, schema=None)
    assert (copy.c.c.type.schema, table.c.c.type.schema) == ("n", "m")
    assert copy.c.c.type.metadata is other


def test_objects_of_a_metadata_by_class_schema_and_name():
    metadata = MetaData()
    used, sequence = Enum("a", name="used"), Sequence("s")
    unused = Enum("b", name="unused", schema="x", metadata=metadata)
    Table(
        "t", metadata, Column("c", used), Column("d", ARRAY(used)), Column("n", Integer, sequence)
    )
    assert metadata.get_schema_objects(Enum) == (used,)
    assert metadata.get_schema_objects(Enum, schema="x") == (unused,)
    assert metadata.get_schema_objects(Sequence) == (sequence,)
    assert metadata.get_schema_objects(Money) == ()
    assert metadata.get_schema_object_by_name(Enum, "used", schema=BLANK_SCHEMA) is used
    assert metadata.get_schema_object_by_name(Enum, "unused") is None
    assert metadata.get_schema_object_by_name(Enum, "unused", schema="x") is unused


def test_forms_of_a_type_for_a_dialect_are_no_objects_of_the_metadata():
    metadata = MetaData()
    enum = Enum("a", name="e", metadata=metadata)
    adapted = enum.adapt(Enum)
    assert adapted is not enum
    assert metadata.get_schema_objects(Enum) == (enum,)


def test_pickled_with_the_metadata():
    metadata = MetaData(schema="m")
    Table("t", metadata, Column("c", Enum("a", name="e")))
    again = pickle.loads(pickle.dumps(metadata))
    (enum,) = again.get_schema_objects(Enum)
    assert (enum.schema, enum.metadata) == ("m", again)


@pytest.mark.parametrize(
    ("options", "schema"),
    [({}, "new"), ({"inherit_schema": True}, "new"), ({"schema": "own"}, "own")],
)
def test_a_type_moves_with_its_table_unless_it_has_a_schema_of_its_own(options, schema):
    with warned(options):
        type_ = Enum("a", name="e", **options)
    table = Table("t", MetaData(), Column("c", type_))
    assert table.to_metadata(MetaData(), schema="new").c.c.type.schema == schema
