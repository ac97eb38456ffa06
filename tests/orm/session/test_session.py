"""The Session's public methods."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from orm import Session, close_all_sessions, create_engine, exc, inspect, select, text


def test_execute_takes_statements_text_and_strings(session: Session, m: Any) -> None:
    session.add(m.User(name="a"))
    assert session.execute(select(m.User.name)).all() == [("a",)]
    assert (
        session.execute(text("SELECT name FROM users WHERE name = :n"), {"n": "a"}).scalar() == "a"
    )
    assert session.scalars("SELECT name FROM users").all() == ["a"]
    assert session.scalar("SELECT count(*) FROM users WHERE name = :n", {"n": "b"}) == 0
    with pytest.raises(exc.ObjectNotExecutableError):
        session.execute(42)  # type: ignore[arg-type]


def test_get(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    session.flush()
    assert session.get(m.User, user.id) is user
    assert session.get(m.User, (user.id,)) is user
    assert session.get(m.User, {"id": user.id}) is user
    assert session.get(m.User, 99) is None
    with pytest.raises(exc.NoResultFound, match="User with primary key 99"):
        session.get_one(m.User, 99)
    with pytest.raises(exc.InvalidRequestError, match="was given 2 values"):
        session.get(m.User, (1, 2))
    with pytest.raises(exc.InvalidRequestError, match="was given .key."):
        session.get(m.User, {"key": 1})


def test_new_dirty_deleted(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    assert list(session.new) == [user]
    session.flush()
    assert (list(session.new), list(session.dirty)) == ([], [])
    user.name = "b"
    assert list(session.dirty) == [user]
    session.delete(user)
    assert (list(session.dirty), list(session.deleted)) == ([], [user])


def test_is_modified(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    session.flush()
    assert not session.is_modified(user)
    user.name = "b"
    assert session.is_modified(user)
    user.name = "a"
    assert not session.is_modified(user)
    user.posts.append(m.Post(title="p"))
    assert session.is_modified(user)
    assert not session.is_modified(user, include_collections=False)


def test_contains_and_iteration(session: Session, m: Any) -> None:
    one, other = m.User(name="a"), m.User(name="b")
    session.add(one)
    session.flush()
    session.add(other)
    assert one in session
    assert other in session
    assert {user.name for user in session} == {"a", "b"}
    assert m.User() not in session
    with pytest.raises(exc.UnmappedInstanceError):
        _ = "text" in session


def test_adding_what_is_not_mapped(session: Session, m: Any) -> None:
    with pytest.raises(exc.UnmappedInstanceError, match="builtins.str"):
        session.add("text")
    with pytest.raises(exc.UnmappedInstanceError):
        session.add(m.User)


def test_refresh_and_expire(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    session.commit()
    assert user.name == "a"
    session.execute("UPDATE users SET name = 'b'")
    session.refresh(user)
    assert user.name == "b"
    user.name = "lost"
    session.expire(user)
    assert user not in session.dirty
    assert user.name == "b"
    user.name = "lost"
    session.expire(user, ["name"])
    assert user.name == "b"
    session.expire_all()
    assert "name" not in user.__dict__


def test_refresh_gives_up_changes_of_its_object_and_writes_those_of_others(
    session: Session, m: Any
) -> None:
    user = m.User(name="a")
    session.add(user)
    session.commit()
    user.name = "lost"
    other = m.User(name="b")
    session.add(other)
    session.refresh(user)
    assert user.name == "a"
    assert other not in session.new
    user.name = "lost"
    session.refresh(user, ["name"])
    assert user.name == "a"


def test_names_to_refresh_and_expire(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    session.commit()
    assert user.name == "a"
    session.expire(user, [m.User.name])
    assert "name" not in user.__dict__
    session.refresh(user, [m.User.name, "posts"])
    assert {"name", "posts"} <= set(user.__dict__)
    for call in (session.expire, session.refresh):
        with pytest.raises(exc.InvalidRequestError, match="no mapped attribute 'nmae'"):
            call(user, ["name", "nmae"])
        with pytest.raises(exc.ArgumentError, match=r"list of names: \['name'\]"):
            call(user, "name")


def test_refresh_of_a_row_that_is_gone(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    session.commit()
    session.execute("DELETE FROM users")
    with pytest.raises(exc.InvalidRequestError, match="cannot be refreshed"):
        session.refresh(user)


def test_expunge_cascades(session: Session, m: Any) -> None:
    user = m.User(name="a", posts=[m.Post(title="p")])
    session.add(user)
    post = user.posts[0]
    session.flush()
    session.expunge(user)
    assert inspect(user).detached
    assert inspect(post).detached
    with pytest.raises(exc.InvalidRequestError, match="is not in this session"):
        session.expunge(user)
    session.add(user)
    session.expunge_all()
    assert not list(session)


def test_a_detached_object_says_when_and_why(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    session.commit()
    session.close()
    with pytest.raises(
        exc.DetachedInstanceError, match=r"closed at .*test_session\.py:\d+ in test_a"
    ):
        _ = user.name


def test_a_detached_object_tells_what_a_framework_said(filled: Session, m: Any) -> None:
    user = filled.get(m.User, 1)
    filled.close_reason = "its job is done"
    filled.close()
    with pytest.raises(exc.DetachedInstanceError, match=r"no session \(its job is done\), so"):
        user.posts


def test_an_expunged_object_says_so(filled: Session, m: Any) -> None:
    user = filled.get_one(m.User, 1)
    filled.expunge(user)
    with pytest.raises(exc.DetachedInstanceError, match=r"expunged .* at .*test_session\.py"):
        _ = user.posts


def test_an_object_whose_session_is_gone_says_so(memory: Any, m: Any) -> None:
    with Session(memory) as session:
        session.add(m.User(name="a"))
        session.commit()
    user = Session(memory).scalars(select(m.User)).one()
    gc.collect()
    with pytest.raises(exc.DetachedInstanceError, match="garbage collected"):
        _ = user.posts


def test_no_autoflush(session: Session, m: Any) -> None:
    session.add(m.User(name="a"))
    with session.no_autoflush:
        assert session.scalars(select(m.User)).all() == []
    assert len(session.scalars(select(m.User)).all()) == 1


def test_an_object_of_another_session(memory: Any, session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    with Session(memory) as other:
        with pytest.raises(exc.InvalidRequestError, match="belongs to another session"):
            other.add(user)


def test_two_objects_of_one_row(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    session.commit()
    assert user.id == 1
    session.expunge(user)
    kept = session.get(m.User, 1)
    assert kept is not None
    with pytest.raises(exc.InvalidRequestError, match="already in this session"):
        session.add(user)


def test_binds_by_class_and_by_table(m: Any) -> None:
    users, posts = create_engine("sqlite://"), create_engine("sqlite://")
    m.Base.metadata.create_all(users)
    m.Base.metadata.create_all(posts)
    with Session(binds={m.User: users, m.Post.__table__: posts}) as session:
        assert session.get_bind(m.User) is users
        assert session.get_bind(m.Post) is posts
        session.add_all([m.User(name="u"), m.Post(title="p")])
        session.commit()
        assert session.scalar(select(m.User.name)) == "u"
    with users.connect() as connection:
        assert connection.scalar("SELECT count(*) FROM users") == 1
        assert connection.scalar("SELECT count(*) FROM posts") == 0
    users.dispose()
    posts.dispose()


def test_bind_mapper_and_overridden_get_bind(memory: Any, m: Any) -> None:
    session = Session()
    with pytest.raises(exc.UnboundExecutionError, match="has no engine"):
        session.get_bind(m.User)
    session.bind_mapper(m.User, memory)
    assert session.get_bind(m.User) is memory
    session.bind_table(m.Post.__table__, memory)
    assert session.get_bind(m.Post) is memory

    class Routing(Session):
        def get_bind(self, mapper: Any = None, **rest: Any) -> Any:
            return memory

    with Routing() as routed:
        routed.add(m.User(name="x"))
        routed.commit()
        assert routed.scalar(select(m.User.name)) == "x"


def test_close_keeps_the_session_usable(session: Session, m: Any, memory: Any) -> None:
    session.close()
    session.add(m.User(name="a"))
    session.commit()
    final = Session(memory, close_resets_only=False)
    final.close()
    with pytest.raises(exc.InvalidRequestError, match="closed for good"):
        final.execute("SELECT 1")
    final.reset()


def test_close_all_sessions(memory: Any, m: Any) -> None:
    session = Session(memory)
    user = m.User(name="a")
    session.add(user)
    close_all_sessions()
    assert user not in session
    assert not session.in_transaction()


def test_wrong_arguments() -> None:
    with pytest.raises(exc.ArgumentError, match="join_transaction_mode"):
        Session(join_transaction_mode="sometimes")
    with pytest.raises(exc.ArgumentError, match="autocommit"):
        Session(autocommit=True)


def test_lazy_loads_setting(memory: Any) -> None:
    assert Session(memory).lazy_loads == "peers"
    assert Session(memory, lazy_loads="raise").lazy_loads == "raise"


def test_objects_flushed_together_are_reloaded_together(
    session: Session, m: Any, memory: Any
) -> None:
    from orm import event

    users = [m.User(name=str(i)) for i in range(30)]
    session.add_all(users)
    session.commit()
    seen: list[str] = []
    event.listen(memory, "before_cursor_execute", lambda *args: seen.append(args[2]))
    assert [user.name for user in users] == [str(i) for i in range(30)]
    assert len(seen) == 1
