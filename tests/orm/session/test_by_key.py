"""Session.get(): the ways to an object by its key, and how many calls the usual ones take."""

from __future__ import annotations

import gc
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orm import (
    Integer,
    Session,
    Uuid,
    codegen,
    create_engine,
    event,
    exc,
    inspect,
    mapped_column,
)

needs_generated_code = pytest.mark.skipif(
    not codegen.is_enabled(), reason="the plain twins of generated code make more calls"
)


def count_calls(work: Callable[[], Any]) -> int:
    """Return how many Python functions `work` calls, after runs that fill every cache."""
    for _ in range(3):
        work()
    calls = 0

    def note(frame: Any, happening: str, _arg: Any) -> None:
        nonlocal calls
        calls += happening == "call"

    gc.disable()  # its callbacks and finalizers are none of this
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
        gc.enable()
    return calls - 1  # `work` itself


@pytest.fixture
def stored(m: Any, tmp_path: Path) -> Iterator[Any]:
    """An engine of a file with two users."""
    engine = create_engine(f"sqlite:///{tmp_path / 'users.db'}")
    m.Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([m.User(name="a"), m.User(name="b")])
        session.commit()
    yield engine
    engine.dispose()


@needs_generated_code
def test_get_in_a_session_of_its_own_takes_few_calls(stored: Any, m: Any) -> None:
    def read() -> None:
        with Session(stored) as session:
            assert session.get(m.User, 1).name == "a"

    assert count_calls(read) <= 50


@needs_generated_code
def test_get_in_an_open_session_takes_few_calls(stored: Any, m: Any) -> None:
    with Session(stored) as session:
        session.connection()
        assert count_calls(lambda: session.get(m.User, 2)) <= 15


def test_get_of_what_is_here_takes_two_calls(stored: Any, m: Any) -> None:
    with Session(stored) as session:
        user = session.get(m.User, 1)
        assert count_calls(lambda: session.get(m.User, 1)) <= 2
        assert session.get(m.User, 1) is user


def test_an_empty_session_is_opened_and_closed_in_few_calls(stored: Any) -> None:
    def use() -> None:
        with Session(stored):
            pass

    assert count_calls(use) <= 10


def test_get_of_what_is_expired_or_gone(stored: Any, m: Any) -> None:
    with Session(stored) as session:
        user = session.get(m.User, 1)
        session.expire(user)
        assert session.get(m.User, 1) is user
        assert user.__dict__["name"] == "a"
        session.expire(user)
        session.execute("DELETE FROM users WHERE id = 1")
        assert session.get(m.User, 1) is None
        assert session.get(m.User, 3) is None


def test_get_of_another_class_of_the_hierarchy(m: Any, memory: Any) -> None:
    class Guest(m.User):
        pass

    with Session(memory) as session:
        session.add_all([m.User(name="a")])
        session.commit()
        user = session.get(m.User, 1)
        assert session.get(Guest, 1) is None
        assert session.get(m.User, 1) is user


def test_a_key_that_the_type_converts(m: Any) -> None:
    class Token(m.Base):
        __tablename__ = "tokens"
        id = mapped_column(Uuid, primary_key=True)

    engine = create_engine("sqlite://")
    m.Base.metadata.create_all(engine)
    key = uuid.uuid4()
    with Session(engine) as session:
        session.add(Token(id=key))
        session.commit()
        session.expunge_all()
        assert session.get(Token, key).id == key
        with pytest.raises(exc.StatementError):
            session.get(Token, 7)
    engine.dispose()


def test_a_key_of_two_columns(m: Any) -> None:
    class Seat(m.Base):
        __tablename__ = "seats"
        row = mapped_column(Integer, primary_key=True)
        number = mapped_column(Integer, primary_key=True)

    engine = create_engine("sqlite://")
    m.Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Seat(row=1, number=2))
        session.commit()
        session.expunge_all()
        assert session.get(Seat, (1, 2)).number == 2
        assert session.get(Seat, {"number": 2, "row": 1}).row == 1
        with pytest.raises(exc.InvalidRequestError, match="row, number"):
            session.get(Seat, 1)
    engine.dispose()


def test_a_row_that_the_driver_cannot_read(stored: Any, m: Any) -> None:
    with Session(stored) as session:
        session.execute("INSERT INTO users (id, name) VALUES (9, CAST(x'ff' AS TEXT))")
        with pytest.raises(exc.OperationalError, match="UTF-8") as caught:
            session.get(m.User, 9)
        assert caught.value.params == (9,)
        assert session.get(m.User, 1).name == "a"


def test_what_is_not_mapped(stored: Any, m: Any) -> None:
    class Unmapped(m.User):
        __abstract__ = True

    with Session(stored) as session:
        for nothing in (Unmapped, int, None, m.User()):
            with pytest.raises(exc.SQLAlchemyError):
                session.get(nothing, 1)


def test_listeners_of_statements_hear_get(stored: Any, m: Any) -> None:
    heard: list[Any] = []
    with Session(stored) as session:
        session.get(m.User, 1)
        session.expunge_all()
        event.listen(stored, "before_execute", lambda *args: heard.append(args[1]))
        event.listen(stored, "after_execute", lambda *args: heard.append(args[1]))
        session.get(m.User, 1)
        assert len(heard) == 2
        assert "users" in str(heard[0])


def test_listeners_of_cursors_hear_why_and_for_whom(stored: Any, m: Any) -> None:
    heard: list[Any] = []

    def note(conn: Any, cursor: Any, sql: str, args: Any, context: Any, many: bool) -> None:
        heard.append((args, context.reason.kind, context.reason.subject, context.owner))

    with Session(stored) as session:
        event.listen(stored, "before_cursor_execute", note)
        session.get(m.User, 2)
        assert heard == [((2,), "query", "get", session)]


def test_listeners_of_objects_hear_get(stored: Any, m: Any) -> None:
    born: list[Any] = []
    event.listen(m.User, "load", lambda obj, context: born.append(obj))
    with Session(stored) as session:
        event.listen(session, "loaded_as_persistent", lambda session, obj: born.append(obj))
        user = session.get(m.User, 1)
        assert born == [user, user]


def test_what_is_here_is_not_for_another_thread_meanwhile(stored: Any, m: Any) -> None:
    inside, done = threading.Event(), threading.Event()

    def wait(conn: Any, cursor: Any, sql: str, *rest: Any) -> None:
        if "slow" in sql:
            inside.set()
            done.wait(5)

    event.listen(stored, "before_cursor_execute", wait)
    session = Session(stored)
    user = session.get(m.User, 1)
    first = threading.Thread(target=lambda: session.execute("SELECT 'slow'").close())
    first.start()
    inside.wait(5)
    try:
        with pytest.raises(exc.IllegalStateChangeError, match="two threads"):
            session.get(m.User, 1)
    finally:
        done.set()
        first.join()
    assert session.get(m.User, 1) is user
    session.close()


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"populate_existing": True},
        {"with_for_update": True},
        {"options": []},
        {"execution_options": {"x": 1}},
    ],
)
def test_what_is_pending_is_flushed_before_the_select(stored: Any, m: Any, how: Any) -> None:
    with Session(stored) as session:
        changed, new = session.get_one(m.User, 1), m.User(id=7, name="new")
        changed.name = "changed"
        session.add(new)
        assert session.get(m.User, 7, **how) is new
        assert session.get(m.User, 1, **how) is changed
        assert changed.name == "changed"


@pytest.mark.parametrize("how", [{}, {"with_for_update": True}])
def test_nothing_is_flushed_without_autoflush(stored: Any, m: Any, how: Any) -> None:
    with Session(stored) as session:
        new = m.User(id=7, name="new")
        session.add(new)
        with session.no_autoflush:
            assert session.get(m.User, 7, **how) is None
        known = session.get_one(m.User, 7)
        assert known is new
        session.add(m.User(id=8, name="next"))
        assert session.get(m.User, 7) is new  # which needs no SELECT
        assert len(session.new) == 1


def test_an_object_whose_row_is_gone_counts_as_deleted(stored: Any, m: Any) -> None:
    with Session(stored) as session:
        user = session.get_one(m.User, 1)
        session.expire(user)
        session.connection().exec_driver_sql("DELETE FROM users WHERE id = 1")
        assert session.get(m.User, 1) is None
        assert inspect(user).deleted
        assert user not in session
        session.rollback()
        assert inspect(user).persistent
        assert session.get(m.User, 1) is user
