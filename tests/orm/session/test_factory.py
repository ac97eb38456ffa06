"""sessionmaker and scoped_session."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from orm import Session, event, exc, scoped_session, sessionmaker


def test_settings_and_overrides(memory: Any) -> None:
    factory = sessionmaker(memory, expire_on_commit=False, info={"a": 1})
    session = factory(autoflush=False, info={"b": 2})
    assert session.bind is memory
    assert (session.autoflush, session.expire_on_commit) == (False, False)
    assert session.info == {"a": 1, "b": 2}
    factory.configure(autoflush=False)
    assert factory().autoflush is False


def test_class(memory: Any) -> None:
    class Special(Session):
        pass

    assert isinstance(sessionmaker(memory, class_=Special)(), Special)


def test_begin_commits_or_rolls_back_and_closes(memory: Any, m: Any) -> None:
    factory = sessionmaker(memory)
    with factory.begin() as session:
        session.add(m.User(name="a"))
    assert not session.in_transaction()

    def fail() -> None:
        with factory.begin() as session:
            session.add(m.User(name="b"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with factory() as session:
        assert session.scalars("SELECT name FROM users").all() == ["a"]


def test_events_of_one_factory(memory: Any, m: Any) -> None:
    factory, other = sessionmaker(memory), sessionmaker(memory)
    seen: list[Any] = []
    event.listen(factory, "before_commit", seen.append)
    with factory() as session, other() as another:
        session.commit()
        another.commit()
        assert seen == [session]


def test_scoped_session_is_one_per_thread(memory: Any, m: Any) -> None:
    scope = scoped_session(sessionmaker(memory))
    assert scope() is scope()
    found: list[Any] = []
    worker = threading.Thread(target=lambda: found.append(scope()))
    worker.start()
    worker.join()
    assert found[0] is not scope()
    user = m.User(name="a")
    scope.add(user)
    assert user in scope
    scope.commit()
    assert scope.scalar("SELECT count(*) FROM users") == 1
    before = scope()
    scope.remove()
    assert scope() is not before
    with pytest.raises(exc.InvalidRequestError, match="has its session already"):
        scope(autoflush=False)
    scope.remove()


def test_scope_by_function(memory: Any) -> None:
    current = ["a"]
    scope = scoped_session(sessionmaker(memory), scopefunc=lambda: current[0])
    first = scope()
    current[0] = "b"
    assert scope() is not first
    current[0] = "a"
    assert scope() is first
    scope.autoflush = False
    assert first.autoflush is False


@pytest.mark.parametrize("factories", [sessionmaker, scoped_session])
def test_the_class_of_factories_has_no_events(factories: Any) -> None:
    with pytest.raises(exc.InvalidRequestError, match=r"event.listen\(Session"):
        event.listen(factories, "before_flush", print)
