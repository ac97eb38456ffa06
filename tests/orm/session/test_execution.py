"""do_orm_execute, and bulk statements through execute()."""

from __future__ import annotations

from typing import Any

import pytest

from orm import Session, delete, event, exc, func, insert, inspect, select, union_all, update


def test_listeners_see_and_change_statements(session: Session, m: Any) -> None:
    session.add_all([m.User(name="a"), m.User(name="b")])
    session.commit()
    seen: list[Any] = []

    def only_a(state: Any) -> None:
        seen.append((state.is_select, state.is_orm_statement, state.bind_mapper))
        if state.is_select:
            state.statement = state.statement.where(m.User.name == "a")

    event.listen(session, "do_orm_execute", only_a)
    assert [user.name for user in session.scalars(select(m.User))] == ["a"]
    assert seen == [(True, True, inspect(m.User))]


def test_a_listener_may_answer(session: Session, m: Any) -> None:
    session.add(m.User(name="a"))
    session.commit()

    def answer(state: Any) -> Any:
        return state.invoke_statement(select(m.User.id))

    event.listen(session, "do_orm_execute", answer)
    assert session.execute(select(m.User)).all() == [(1,)]


def test_insert_rows(session: Session, m: Any) -> None:
    session.execute(insert(m.User), [{"name": "a"}, {"name": "b"}, {"id": 9, "name": "c"}])
    assert session.execute("SELECT id, name FROM users ORDER BY id").all() == [
        (1, "a"), (2, "b"), (9, "c"),
    ]  # fmt: skip
    session.execute(insert(m.User).values(name="d"))
    assert session.scalar(select(func.count()).select_from(m.User)) == 4


def test_insert_returning_objects(session: Session, m: Any) -> None:
    users = session.scalars(insert(m.User).returning(m.User), [{"name": "a"}, {"name": "b"}]).all()
    assert [user.name for user in users] == ["a", "b"]
    assert all(inspect(user).persistent for user in users)
    rows = session.execute(insert(m.User).returning(m.User.id, m.User.name), [{"name": "c"}])
    assert rows.all() == [(3, "c")]


def test_update_evaluates_in_python(session: Session, m: Any, memory: Any) -> None:
    users = [m.User(name=name) for name in "abc"]
    session.add_all(users)
    session.flush()
    sent: list[str] = []
    event.listen(memory, "before_cursor_execute", lambda *args: sent.append(args[2]))
    wanted = m.User.name.in_(["a", "b"])
    result = session.execute(update(m.User).where(wanted).values(name=m.User.name + "!"))
    assert result.rowcount == 2
    assert [user.name for user in users] == ["a!", "b!", "c"]
    assert len(sent) == 1


def test_update_by_fetch(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    session.flush()
    statement = update(m.User).where(func.upper(m.User.name) == "A").values(name="b")
    session.execute(statement)
    assert user.name == "b"
    with pytest.raises(exc.InvalidRequestError, match="cannot be tested"):
        session.execute(statement.execution_options(synchronize_session="evaluate"))


def test_update_without_synchronization(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    session.flush()
    session.execute(
        update(m.User).values(name="b"), execution_options={"synchronize_session": False}
    )
    assert user.name == "a"
    session.refresh(user)
    assert user.name == "b"
    with pytest.raises(exc.ArgumentError, match="synchronize_session='maybe'"):
        session.execute(
            update(m.User).values(name="b"), execution_options={"synchronize_session": "maybe"}
        )


def test_update_by_primary_key(session: Session, m: Any) -> None:
    users = [m.User(name=name) for name in "ab"]
    session.add_all(users)
    session.flush()
    session.execute(update(m.User), [{"id": user.id, "name": user.name * 2} for user in users])
    assert [user.name for user in users] == ["aa", "bb"]
    with pytest.raises(exc.InvalidRequestError, match="lacks 'id'"):
        session.execute(update(m.User), [{"name": "x"}])
    with pytest.raises(exc.StaleDataError):
        session.execute(update(m.User), [{"id": 99, "name": "x"}])


def test_delete_removes_the_objects(session: Session, m: Any) -> None:
    users = [m.User(name=name) for name in "ab"]
    session.add_all(users)
    session.commit()
    assert [user.name for user in users] == ["a", "b"]
    assert session.execute(delete(m.User).where(m.User.name == "a")).rowcount == 1
    assert users[0] not in session
    assert users[1] in session
    session.rollback()
    assert users[0] in session
    assert users[0].name == "a"


def test_returning_of_update_and_delete(session: Session, m: Any) -> None:
    session.execute(insert(m.User), [{"name": "a"}, {"name": "b"}])
    statement = update(m.User).where(m.User.name == "a").values(name="c").returning(m.User)
    assert [user.name for user in session.scalars(statement)] == ["c"]
    gone = session.scalars(delete(m.User).where(m.User.name == "b").returning(m.User.id))
    assert gone.all() == [2]


def test_a_union_of_entities_gives_rows(session: Session, m: Any) -> None:
    session.add(m.User(name="a", posts=[m.Post(title="p")]))
    session.commit()
    names = union_all(select(m.User.name), select(m.Post.title))
    assert session.scalars(names).all() == ["a", "p"]
    whole = union_all(select(m.User), select(m.User))
    assert session.execute(whole).all() == [(1, "a"), (1, "a")]


def test_an_isolation_level_with_the_first_statement(session: Session, m: Any) -> None:
    for statement in (select(m.User), select(func.now())):
        session.execute(statement, execution_options={"isolation_level": "AUTOCOMMIT"})
        assert session.connection().get_isolation_level() == "AUTOCOMMIT"
        session.commit()
        assert session.connection().get_isolation_level() == "SERIALIZABLE"
        with pytest.raises(exc.InvalidRequestError, match="has begun before"):
            session.execute(statement, execution_options={"isolation_level": "AUTOCOMMIT"})
        session.rollback()
