"""The states of objects, and the functions which change them."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    Session,
    exc,
    inspect,
    make_transient,
    make_transient_to_detached,
    object_session,
    was_deleted,
)

STATES = ("transient", "pending", "persistent", "deleted", "detached")


def state_of(obj: Any) -> str:
    return " ".join(name for name in STATES if getattr(inspect(obj), name))


def test_every_state(session: Session, m: Any) -> None:
    user = m.User(name="a")
    assert state_of(user) == "transient"
    session.add(user)
    assert state_of(user) == "pending"
    assert object_session(user) is session
    session.flush()
    assert state_of(user) == "persistent"
    session.delete(user)
    assert state_of(user) == "persistent"
    session.flush()
    assert state_of(user) == "deleted"
    assert user not in session
    session.commit()
    assert state_of(user) == "detached"
    assert was_deleted(user)
    assert object_session(user) is None
    with pytest.raises(exc.InvalidRequestError, match="make_transient"):
        session.add(user)
    make_transient(user)
    session.add(user)
    session.commit()
    assert state_of(user) == "persistent"


def test_delete_of_what_has_no_row(session: Session, m: Any) -> None:
    user = m.User(name="a")
    with pytest.raises(exc.InvalidRequestError, match="has no row"):
        session.delete(user)
    session.add(user)
    with pytest.raises(exc.InvalidRequestError, match="expunge"):
        session.delete(user)


def test_add_takes_a_deletion_back(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    session.flush()
    session.delete(user)
    session.add(user)
    session.commit()
    assert state_of(user) == "persistent"


def test_make_transient_to_detached(session: Session, m: Any) -> None:
    session.add(m.User(id=3, name="a"))
    session.commit()
    session.expunge_all()
    user = m.User(id=3)
    make_transient_to_detached(user)
    assert state_of(user) == "detached"
    session.add(user)
    assert user.name == "a"
    with pytest.raises(exc.InvalidRequestError, match="is not new"):
        make_transient_to_detached(user)


def test_save_update_cascades_as_the_graph_grows(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    post = m.Post(title="p")
    user.posts.append(post)
    assert post in session
    other = m.Post(title="q")
    other.user = user
    assert other not in session


def test_delete_cascades_to_what_is_not_loaded(session: Session, m: Any) -> None:
    session.add(m.User(id=1, name="a", posts=[m.Post(title="p")]))
    session.commit()
    session.expunge_all()
    session.delete(session.get_one(m.User, 1))
    assert len(session.deleted) == 2
    session.commit()
    assert session.scalar("SELECT count(*) FROM posts") == 0


def test_objects_nobody_holds_go(session: Session, m: Any) -> None:
    import gc

    session.add(m.User(name="a"))
    session.commit()
    gc.collect()
    assert len(session.identity_map) == 0
    user = session.get_one(m.User, 1)
    user.name = "changed"
    del user
    gc.collect()
    assert len(session.dirty) == 1
    session.commit()
    assert session.scalar("SELECT name FROM users") == "changed"


def test_a_pending_object_that_moves_to_another_owner_stays(session: Session, m: Any) -> None:
    one, other, post = m.User(name="a"), m.User(name="b"), m.Post(title="t")
    one.posts.append(post)
    session.add_all([one, other])
    post.user = other
    assert post in session.new
    assert (one.posts, other.posts) == ([], [post])
    session.commit()
    assert post.user_id == other.id


def test_a_pending_object_without_owner_leaves(session: Session, m: Any) -> None:
    one, post = m.User(name="a"), m.Post(title="t")
    one.posts.append(post)
    session.add(one)
    post.user = None
    assert post not in session
    post = m.Post(title="t", user=one)
    session.add(post)
    post.user = m.User(name="in no session")
    assert post not in session


def test_relationship_loading_for_an_object_outside(filled: Session, m: Any) -> None:
    post = m.Post(user_id=2)
    assert post.user is None
    filled.enable_relationship_loading(post)
    assert post.user is filled.get(m.User, 2)
    assert post not in filled
    assert post not in filled.new
    filled.flush()
    assert inspect(post).identity is None
    filled.add(post)
    filled.flush()
    assert inspect(post).persistent
