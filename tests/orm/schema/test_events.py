"""Events of the parts of a schema: joining a parent, being created and dropped."""

from __future__ import annotations

import pickle

import pytest

from orm import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SchemaItem,
    Table,
    UniqueConstraint,
    event,
)


@pytest.fixture
def listening():
    """listen(target, event, function), undone at the end."""
    added = []

    def listen(target, name, function):
        event.listen(target, name, function)
        added.append((target, name, function))

    yield listen
    for entry in added:
        event.remove(*entry)


def test_all_items_tell_when_they_join_a_parent(listening):
    heard = []
    listening(
        SchemaItem,
        "before_parent_attach",
        lambda item, parent: heard.append((type(item).__name__, type(parent).__name__, "before")),
    )
    listening(
        SchemaItem,
        "after_parent_attach",
        lambda item, parent: heard.append((type(item).__name__, type(parent).__name__, "after")),
    )
    metadata = MetaData()
    Table("a", metadata, Column("id", Integer, primary_key=True), Column("b", ForeignKey("b.id")))
    assert heard == [
        ("ForeignKey", "Column", "before"),
        ("ForeignKey", "Column", "after"),
        ("Table", "MetaData", "before"),
        ("PrimaryKeyConstraint", "Table", "before"),
        ("PrimaryKeyConstraint", "Table", "after"),
        ("Column", "Table", "before"),
        ("Column", "Table", "after"),
        ("Column", "Table", "before"),
        ("ForeignKeyConstraint", "Table", "before"),
        ("ForeignKeyConstraint", "Table", "after"),
        ("Column", "Table", "after"),
        ("Table", "MetaData", "after"),
    ]


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        (PrimaryKeyConstraint, 1),
        (ForeignKeyConstraint, 1),
        (UniqueConstraint, 2),
        (CheckConstraint, 1),
        (Index, 1),
        (Column, 4),
        (Table, 1),
    ],
)
def test_one_kind_of_items(listening, kind, count):
    heard = []
    listening(kind, "after_parent_attach", lambda item, parent: heard.append(item))
    Table(
        "a",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("b", ForeignKey("b.id"), index=True),
        Column("c", Integer, unique=True),
        Column("d", Integer),
        UniqueConstraint("c", "d"),
        CheckConstraint("d > 1"),
    )
    assert len(heard) == count
    assert all(isinstance(item, kind) for item in heard)


def test_one_item(listening):
    heard = []
    column = Column("id", Integer)
    listening(column, "before_parent_attach", lambda item, parent: heard.append((item, parent)))
    table = Table("a", MetaData(), column, Column("other", Integer))
    assert heard == [(column, table)]


def test_a_listener_may_change_the_item(listening):
    def name(constraint, table):
        constraint.name = f"fk_of_{table.name}"

    listening(ForeignKeyConstraint, "after_parent_attach", name)
    table = Table("a", MetaData(), Column("b", ForeignKey("b.id")))
    assert [item.name for item in table.foreign_key_constraints] == ["fk_of_a"]


def test_indexes_and_sequences_are_created_and_dropped_with_events(listening, sqlite_engine):
    heard = []
    metadata = MetaData()
    table = Table("a", metadata, Column("id", Integer, index=True))
    (index,) = table.indexes
    for name in ("before_create", "after_create", "before_drop", "after_drop"):
        for item in (metadata, table, index):
            listening(
                item,
                name,
                lambda target, connection, name=name, **options: heard.append(
                    (type(target).__name__, name)
                ),
            )
    metadata.create_all(sqlite_engine)
    assert heard == [
        ("MetaData", "before_create"),
        ("Table", "before_create"),
        ("Index", "before_create"),
        ("Index", "after_create"),
        ("Table", "after_create"),
        ("MetaData", "after_create"),
    ]
    heard.clear()
    index.drop(sqlite_engine)
    index.create(sqlite_engine)
    assert [name for _, name in heard] == [
        "before_drop",
        "after_drop",
        "before_create",
        "after_create",
    ]


def test_listeners_are_not_pickled(listening):
    metadata = MetaData()
    table = Table("a", metadata, Column("id", Integer))
    for item in (metadata, table, table.c.id):
        listening(item, "before_create", lambda *args, **options: None)
    again = pickle.loads(pickle.dumps(metadata)).tables["a"]
    assert again.dispatch.before_create == ()
    assert again.c.id.dispatch.before_create == ()
