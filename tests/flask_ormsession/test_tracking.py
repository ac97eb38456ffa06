"""models_committed and before_models_committed: exactly what was changed, and only if somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flask_ormsession import signals
from flask_ormsession.changes import BulkChange
from orm import Mapped, delete, event, insert, mapped_column, text, update


@pytest.fixture
def heard(world: Any) -> Iterator[list[list[Any]]]:
    """What models_committed told, one list per commit."""
    told: list[list[Any]] = []

    def note(sender: Any, session: Any, changes: Any) -> None:
        assert sender is world.app
        assert not session.in_transaction()
        told.append(list(changes))

    with signals.models_committed.connected_to(note, world.app), world.app.app_context():
        yield told


def names(changes: list[Any]) -> list[tuple[str, str]]:
    return [(obj.name, operation) for obj, operation in changes]


def commit(world: Any) -> None:
    world.db.session.commit()


def test_inserts_updates_deletes(world: Any, heard: list[list[Any]]) -> None:
    kept, gone = world.add("kept"), world.add("gone")
    commit(world)
    assert names(heard.pop()) == [("kept", "insert"), ("gone", "insert")]
    kept.name = "changed"
    world.db.session.delete(gone)
    commit(world)
    (changes,) = heard
    assert {(obj is kept, operation) for obj, operation in changes} == {
        (True, "update"),
        (False, "delete"),
    }


def test_nothing_changed_nothing_told(world: Any, heard: list[list[Any]]) -> None:
    item = world.add("a")
    commit(world)
    heard.clear()
    assert item.name == "a"
    item.name = "a"
    commit(world)
    world.add("lost")
    world.db.session.flush()
    world.db.session.rollback()
    commit(world)
    assert heard == []


def test_several_flushes_of_one_object(world: Any, heard: list[list[Any]]) -> None:
    item = world.add("a")
    world.db.session.flush()
    item.name = "b"
    world.db.session.flush()
    short_lived = world.add("short")
    world.db.session.flush()
    world.db.session.delete(short_lived)
    commit(world)
    assert [(obj is item, operation) for obj, operation in heard[0]] == [(True, "insert")]


def test_a_savepoint_taken_back_is_not_told(world: Any, heard: list[list[Any]]) -> None:
    session = world.db.session()
    world.add("outer")
    with session.begin_nested():
        world.add("kept")
        with session.begin_nested():
            world.add("deep")
    savepoint = session.begin_nested()
    world.add("lost")
    session.flush()
    savepoint.rollback()
    commit(world)
    assert sorted(names(heard[0])) == [("deep", "insert"), ("kept", "insert"), ("outer", "insert")]


def test_a_rolled_back_outer_savepoint_takes_the_inner_along(
    world: Any, heard: list[list[Any]]
) -> None:
    session = world.db.session()
    outer = session.begin_nested()
    with session.begin_nested():
        world.add("inner")
    outer.rollback()
    world.add("after")
    commit(world)
    assert names(heard[0]) == [("after", "insert")]


def test_the_same_key_in_two_tables(world: Any, heard: list[list[Any]]) -> None:
    class Other(world.db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)

    world.db.create_all()
    item = world.Item(id=7, name="a")
    other = Other(id=7)
    world.db.session.add_all([item, other])
    commit(world)
    assert {type(obj).__name__ for obj, _operation in heard[0]} == {"Item", "Other"}


def test_another_object_with_the_key_of_a_deleted_one(world: Any, heard: list[list[Any]]) -> None:
    world.db.session.add(world.Item(id=7, name="first"))
    commit(world)
    heard.clear()
    first = world.db.session.get(world.Item, 7)
    world.db.session.delete(first)
    world.db.session.flush()
    second = world.Item(id=7, name="second")
    world.db.session.add(second)
    commit(world)
    assert [(obj is first, operation) for obj, operation in heard[0]] == [
        (True, "delete"),
        (False, "insert"),
    ]


def test_statements_over_many_rows(world: Any, heard: list[list[Any]]) -> None:
    session = world.db.session()
    session.execute(insert(world.Item), [{"name": "a"}, {"name": "b"}, {"name": "c"}])
    session.execute(delete(world.Item))
    session.rollback()
    session.execute(insert(world.Item), [{"name": "a"}, {"name": "b"}])
    session.execute(update(world.Item).where(world.Item.name == "a").values(name="z"))
    with session.begin_nested() as savepoint:
        session.execute(delete(world.Item))
        savepoint.rollback()
    session.execute(delete(world.Item).where(world.Item.name == "b"))
    session.execute(text("SELECT 1"))
    commit(world)
    (changes,) = heard
    told = [(obj.entity, obj.rowcount, operation) for obj, operation in changes]
    assert told[1:] == [(world.Item, 1, "update"), (world.Item, 1, "delete")]
    assert told[0][0] is world.Item
    assert told[0][2] == "insert"
    assert all(isinstance(obj, BulkChange) for obj, _operation in changes)


def test_a_statement_over_a_table(world: Any, heard: list[list[Any]]) -> None:
    table = world.Item.__table__
    world.db.session.execute(table.insert().values(name="a"))
    commit(world)
    ((change, operation),) = heard[0]
    assert (change.entity, operation) == (table, "insert")


def test_upserts(world: Any, heard: list[list[Any]]) -> None:
    world.db.session.upsert([world.Item(name="a")], on=[world.Item.name])
    commit(world)
    assert names(heard[0]) == [("a", "upsert")]


def test_before_the_commit(world: Any) -> None:
    seen: list[Any] = []

    def check(sender: Any, session: Any, changes: Any) -> None:
        seen.extend(names(changes))
        assert session.in_transaction()
        world.add("audit of " + changes[0].obj.name)

    with signals.before_models_committed.connected_to(check, world.app), world.app.app_context():
        world.add("a")
        commit(world)
    assert seen == [("a", "insert")]
    assert world.stored() == ["a", "audit of a"]


def test_what_a_receiver_adds_is_told_afterwards(world: Any, heard: list[list[Any]]) -> None:
    def audit(sender: Any, session: Any, changes: Any) -> None:
        world.add("audit")

    with signals.before_models_committed.connected_to(audit, world.app):
        world.add("a")
        commit(world)
    assert names(heard[0]) == [("a", "insert"), ("audit", "insert")]


def test_a_receiver_can_stop_the_commit(small: Any) -> None:
    def refuse(sender: Any, session: Any, changes: Any) -> None:
        raise ValueError("no")

    @small.route
    def view() -> str:
        small.add("a")
        return "ok"

    with signals.before_models_committed.connected_to(refuse, small.app):
        assert small.client.post("/").status_code == 500
    assert small.stored() == []


def test_sessions_are_left_alone_until_somebody_listens(small: Any) -> None:
    factory = small.app.extensions["ormsession"].session_factory

    def is_heard() -> bool:
        session = factory()
        return bool(session.dispatch.pending_to_persistent or session.dispatch.do_orm_execute)

    assert not is_heard()
    with signals.models_committed.connected_to(lambda sender, **rest: None, small.app):
        assert is_heard()


def test_it_can_be_switched_off(make_small: Any) -> None:
    world = make_small(ORM_TRACK_MODIFICATIONS=False)
    heard: list[Any] = []

    def note(sender: Any, **payload: Any) -> None:
        heard.append(payload)

    with signals.models_committed.connected_to(note, world.app), world.app.app_context():
        world.add("a")
        commit(world)
    assert heard == []
    assert (
        event.contains(world.app.extensions["ormsession"].session_factory, "after_flush", note)
        is False
    )
