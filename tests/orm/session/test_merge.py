"""merge(): values copied onto this session's object."""

from __future__ import annotations

from typing import Any

import pytest

from orm import Session, event, exc, inspect


def test_merge_onto_a_row(session: Session, m: Any) -> None:
    session.add(m.User(id=1, name="a", posts=[m.Post(title="old")]))
    session.commit()
    given = m.User(id=1, name="b", posts=[m.Post(title="new")])
    merged = session.merge(given)
    assert merged is not given
    assert inspect(given).transient
    session.commit()
    assert (merged.name, [post.title for post in merged.posts]) == ("b", ["new"])
    assert session.scalars("SELECT title FROM posts").all() == ["new"]


def test_merge_without_a_row_makes_one(session: Session, m: Any) -> None:
    merged = session.merge(m.User(id=5, name="n"))
    assert inspect(merged).pending
    session.commit()
    assert merged.id == 5
    other = session.merge(m.User(name="without key"))
    session.commit()
    assert other.id == 6


def test_attributes_not_set_are_left_alone(session: Session, m: Any) -> None:
    session.add(m.User(id=1, name="a", posts=[m.Post(title="kept")]))
    session.commit()
    merged = session.merge(m.User(id=1))
    session.commit()
    assert merged.name == "a"
    assert len(merged.posts) == 1


def test_merge_of_what_is_here_returns_it(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    assert session.merge(user) is user
    session.flush()
    assert session.merge(user) is user


def test_merge_without_load(memory: Any, session: Session, m: Any) -> None:
    with Session(memory) as other:
        user = m.User(id=1, name="a")
        other.add(user)
        other.commit()
        assert user.name == "a"
        merged = session.merge(user, load=False)
        assert inspect(merged).persistent
        assert merged.name == "a"
        assert merged not in session.dirty
        user.name = "b"
        session.expunge_all()
        with pytest.raises(exc.InvalidRequestError, match="without changes"):
            session.merge(user, load=False)


def test_cycles_end(session: Session, m: Any) -> None:
    user = m.User(id=1, name="a")
    post = m.Post(id=1, title="p", user=user)
    merged = session.merge(post)
    assert merged.user.posts == [merged]
    session.commit()
    assert session.merge_all([user])[0] is merged.user


def test_reading_a_collection_is_no_change(filled: Session, m: Any) -> None:
    given = m.User(id=1, name="a")
    assert given.posts == []
    merged = filled.merge(given)
    assert len(merged.posts) == 1
    merged = filled.merge(m.User(id=1, name="a", posts=[]))
    assert merged.posts == []


def test_new_objects_are_loaded_ones_for_listeners(memory: Any, session: Session, m: Any) -> None:
    seen: list[Any] = []
    event.listen(m.User, "load", lambda user, context: seen.append(user))
    merged = session.merge(m.User(name="a"))
    assert seen == [merged]
    session.commit()
    session.merge(m.User(id=merged.id, name="b"))
    assert seen == [merged]


def test_a_new_object_cannot_be_taken_as_loaded(session: Session, m: Any) -> None:
    with pytest.raises(exc.InvalidRequestError, match="is new"):
        session.merge(m.User(id=1), load=False)
