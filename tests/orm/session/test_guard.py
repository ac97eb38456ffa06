"""Two threads in one session are found, and both places named."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from orm import Session, event, exc


def test_two_threads_at_once(session: Session, m: Any, memory: Any) -> None:
    inside, done = threading.Event(), threading.Event()

    def wait(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "slow" in statement:
            inside.set()
            done.wait(5)

    event.listen(memory, "before_cursor_execute", wait)
    first = threading.Thread(
        target=lambda: session.execute("SELECT 'slow'"), name="the-first-thread"
    )
    first.start()
    inside.wait(5)
    try:
        with pytest.raises(exc.IllegalStateChangeError) as caught:
            session.execute("SELECT 1")
    finally:
        done.set()
        first.join()
    message = str(caught.value)
    assert "two threads" in message
    assert "the-first-thread" in message
    assert message.count("test_guard.py") == 2
    assert session.execute("SELECT 1").scalar() == 1


def test_one_after_the_other_is_allowed(session: Session, m: Any) -> None:
    session.add(m.User(name="a"))
    session.flush()
    found: list[Any] = []
    worker = threading.Thread(target=lambda: found.append(session.scalar("SELECT 2")))
    worker.start()
    worker.join()
    assert found == [2]


def test_listeners_may_use_the_session(session: Session, m: Any) -> None:
    event.listen(session, "after_flush", lambda session, context: session.execute("SELECT 1"))
    session.add(m.User(name="a"))
    session.commit()


def test_a_lazy_load_beside_a_query_is_found(filled: Session, m: Any, memory: Any) -> None:
    user = filled.get(m.User, 1)
    inside, done = threading.Event(), threading.Event()

    def wait(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "slow" in statement:
            inside.set()
            done.wait(5)

    event.listen(memory, "before_cursor_execute", wait)
    first = threading.Thread(target=lambda: filled.execute("SELECT 'slow'"))
    first.start()
    inside.wait(5)
    try:
        with pytest.raises(exc.IllegalStateChangeError, match="two threads"):
            user.posts
    finally:
        done.set()
        first.join()
    assert len(user.posts) == 1
