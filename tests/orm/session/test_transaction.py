"""Transactions, savepoints, and what becomes of the objects."""

from __future__ import annotations

from typing import Any

import pytest

from orm import Session, event, exc, inspect, select


def test_autobegin_and_its_end(session: Session, m: Any) -> None:
    assert not session.in_transaction()
    session.add(m.User(name="a"))
    assert session.in_transaction()
    session.commit()
    assert not session.in_transaction()
    session.execute("SELECT 1")
    with pytest.raises(exc.InvalidRequestError, match="in a transaction already"):
        session.begin()


def test_a_change_begins_the_transaction(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    session.commit()
    assert user.name == "a"
    session.commit()
    user.name = "b"
    assert session.in_transaction()
    session.rollback()
    assert user.name == "a"


def test_rollback_restores_every_state(session: Session, m: Any) -> None:
    old = m.User(name="old")
    session.add(old)
    session.commit()
    new, pending = m.User(name="new"), m.User(name="pending")
    session.add(new)
    session.delete(old)
    session.flush()
    session.add(pending)
    assert inspect(old).deleted
    session.rollback()
    assert inspect(new).transient
    assert new.id is not None
    assert new.name == "new"
    assert inspect(pending).transient
    assert inspect(old).persistent
    assert old in session
    assert old.name == "old"


def test_a_rolled_back_object_can_be_added_again(session: Session, m: Any) -> None:
    user = m.User(name="a", posts=[m.Post(title="p")])
    session.add(user)
    session.flush()
    session.rollback()
    session.add(user)
    session.commit()
    assert session.scalar("SELECT count(*) FROM posts") == 1


def test_savepoint_rollback_restores_what_changed_in_it(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    session.commit()
    other = m.User(name="before")
    session.add(other)
    nested = session.begin_nested()
    assert session.in_nested_transaction()
    assert session.get_nested_transaction() is nested
    user.name = "changed"
    inner = m.User(name="inner")
    session.add(inner)
    session.flush()
    nested.rollback()
    assert user.name == "a"
    assert inspect(inner).transient
    assert inspect(other).persistent
    assert session.in_transaction()
    assert not session.in_nested_transaction()
    session.commit()
    assert session.scalars("SELECT name FROM users ORDER BY id").all() == ["a", "before"]


def test_released_savepoint_follows_the_outer_rollback(session: Session, m: Any) -> None:
    user = m.User(name="a")
    with session.begin_nested():
        session.add(user)
    assert inspect(user).persistent
    session.rollback()
    assert inspect(user).transient


def test_deleted_in_a_savepoint(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    session.commit()
    with session.begin_nested():
        session.delete(user)
    assert inspect(user).deleted
    session.rollback()
    assert inspect(user).persistent


def test_a_failure_inside_a_savepoint_leaves_the_outer_work(session: Session, m: Any) -> None:
    session.add(m.User(name="a"))
    session.flush()
    with pytest.raises(exc.IntegrityError):
        with session.begin_nested():
            session.add(m.User(name="a"))
    session.add(m.User(name="b"))
    session.commit()
    assert session.scalars("SELECT name FROM users ORDER BY id").all() == ["a", "b"]


def test_pending_rollback_repeats_the_error(session: Session, m: Any) -> None:
    session.add(m.User(name="a"))
    session.commit()
    session.add(m.User(name="a"))
    with pytest.raises(exc.IntegrityError):
        session.flush()
    assert not session.is_active
    for work in (session.commit, session.flush, lambda: session.execute("SELECT 1")):
        if work == session.flush:
            session.add(m.User(name="c"))
        with pytest.raises(exc.PendingRollbackError) as caught:
            work()
        assert "UNIQUE constraint failed: users.name" in str(caught.value)
        assert "session.rollback()" in str(caught.value)
    with pytest.warns(exc.SAWarning, match="discarded"):
        session.rollback()
    assert session.is_active
    assert not session.new
    session.execute("SELECT 1")


def test_blocks(session: Session, m: Any) -> None:
    with session.begin():
        session.add(m.User(name="a"))
    assert not session.in_transaction()

    def fail() -> None:
        with session.begin():
            session.add(m.User(name="b"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert session.scalars("SELECT name FROM users").all() == ["a"]


def test_commit_within_the_block_is_fine(session: Session, m: Any) -> None:
    with session.begin() as transaction:
        session.add(m.User(name="a"))
        transaction.commit()
    assert session.scalar("SELECT count(*) FROM users") == 1


def test_expire_on_commit(memory: Any, m: Any) -> None:
    with Session(memory, expire_on_commit=False) as session:
        user = m.User(name="a")
        session.add(user)
        session.commit()
        assert user.__dict__["name"] == "a"
        session.rollback()
    with Session(memory) as session:
        found = session.get_one(m.User, user.id)
        session.commit()
        assert "name" not in found.__dict__


def test_events_in_their_order(session: Session, m: Any) -> None:
    seen: list[str] = []
    for name in ("before_commit", "after_commit", "after_rollback", "after_begin"):
        event.listen(session, name, lambda *args, name=name: seen.append(name))
    event.listen(session, "after_soft_rollback", lambda *args: seen.append("soft"))
    session.add(m.User(name="a"))
    session.commit()
    session.execute("SELECT 1")
    session.rollback()
    assert seen == [
        "before_commit", "after_begin", "after_commit", "after_begin", "after_rollback", "soft",
    ]  # fmt: skip


def test_state_events(session: Session, m: Any) -> None:
    seen: list[str] = []
    names = [
        "transient_to_pending", "pending_to_persistent", "persistent_to_deleted",
        "deleted_to_persistent", "deleted_to_detached", "persistent_to_transient",
        "persistent_to_detached", "pending_to_transient", "detached_to_persistent",
    ]  # fmt: skip
    for name in names:
        event.listen(session, name, lambda session, obj, name=name: seen.append(name))
    user = m.User(name="a")
    session.add(user)
    session.flush()
    session.rollback()
    session.add(user)
    session.commit()
    session.delete(user)
    session.flush()
    session.rollback()
    session.expunge(user)
    session.add(user)
    session.delete(user)
    session.commit()
    assert seen == [
        "transient_to_pending", "pending_to_persistent", "persistent_to_transient",
        "transient_to_pending", "pending_to_persistent", "persistent_to_deleted",
        "deleted_to_persistent", "persistent_to_detached", "detached_to_persistent",
        "persistent_to_deleted", "deleted_to_detached",
    ]  # fmt: skip


@pytest.mark.parametrize("mode", ["conditional_savepoint", "rollback_only", "create_savepoint"])
def test_joining_a_connection_leaves_the_commit_to_it(memory: Any, m: Any, mode: str) -> None:
    with memory.connect() as connection:
        outer = connection.begin()
        with Session(bind=connection, join_transaction_mode=mode) as session:
            session.add(m.User(name="a"))
            session.commit()
        assert connection.scalar("SELECT count(*) FROM users") == 1
        outer.rollback()
    with memory.connect() as connection:
        assert connection.scalar("SELECT count(*) FROM users") == 0


def test_joining_with_a_savepoint_survives_a_rollback(memory: Any, m: Any) -> None:
    with memory.connect() as connection:
        connection.execute("INSERT INTO users (name) VALUES ('outer')")
        with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
            session.add(m.User(name="a"))
            session.flush()
            session.rollback()
        assert connection.scalar("SELECT count(*) FROM users") == 1


def test_control_fully_commits(memory: Any, m: Any) -> None:
    with memory.connect() as connection:
        connection.begin()
        with Session(bind=connection, join_transaction_mode="control_fully") as session:
            session.add(m.User(name="a"))
            session.commit()
        assert not connection.in_transaction()
    with memory.connect() as connection:
        assert connection.scalar("SELECT count(*) FROM users") == 1


@pytest.mark.parametrize("flushed", [True, False])
@pytest.mark.parametrize("nested", [True, False])
def test_a_taken_back_removal_makes_no_orphan(
    session: Session, m: Any, flushed: bool, nested: bool
) -> None:
    user = m.User(name="a", posts=[m.Post(title="kept")])
    session.add(user)
    session.commit()
    (post,) = user.posts
    point = session.begin_nested() if nested else session
    user.posts.remove(post)
    if flushed:
        session.flush()
    point.rollback()
    post.title = "changed"
    session.flush()
    assert session.scalars("SELECT title FROM posts").all() == ["changed"]
    assert user.posts == [post]


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_nothing_can_be_done_after_the_end_within_a_block(
    session: Session, m: Any, end: str
) -> None:
    session.add(m.User(name="a"))
    session.commit()
    user = session.scalars(select(m.User)).one()
    session.rollback()
    with session.begin():
        assert user.name == "a"
        getattr(session, end)()
        for work in (
            lambda: session.execute("SELECT 1"),
            lambda: session.add(m.User(name="b")),
            lambda: session.delete(user),
            lambda: setattr(user, "name", "c"),
            session.begin,
            session.begin_nested,
            session.connection,
        ):
            with pytest.raises(exc.InvalidRequestError, match=r"Leave the block first"):
                work()
    session.add(m.User(name="b"))
    session.commit()
    assert sorted(session.scalars(select(m.User.name))) == ["a", "b"]


def test_the_same_within_a_savepoint(session: Session, m: Any) -> None:
    with session.begin():
        with session.begin_nested() as savepoint:
            session.add(m.User(name="a"))
            savepoint.rollback()
            with pytest.raises(exc.InvalidRequestError, match="Leave the block first"):
                session.execute("SELECT 1")
        session.add(m.User(name="b"))
    assert session.scalars(select(m.User.name)).all() == ["b"]


def test_a_flush_that_failed_is_named_within_its_block(session: Session, m: Any) -> None:
    session.add(m.User(name="a"))
    session.commit()
    with session.begin():
        session.add(m.User(name="a"))
        with pytest.raises(exc.IntegrityError):
            session.flush()
        with pytest.raises(exc.InvalidRequestError, match="UNIQUE constraint"):
            session.connection()


def test_an_ended_transaction_cannot_end_again(session: Session) -> None:
    transaction = session.begin()
    transaction.rollback()
    for work in (transaction.rollback, transaction.commit):
        with pytest.raises(exc.ResourceClosedError, match="closed"):
            work()
