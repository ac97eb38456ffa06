"""do_orm_execute, and bulk statements through execute()."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    Integer,
    Session,
    String,
    UserDefinedOption,
    delete,
    event,
    exc,
    func,
    insert,
    inspect,
    mapped_column,
    select,
    selectinload,
    union_all,
    update,
)


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


def test_an_option_of_the_application_reaches_its_listeners(session: Session, m: Any) -> None:
    class FromCache(UserDefinedOption):
        pass

    seen: list[Any] = []

    def listener(state: Any) -> None:
        seen.extend(
            each.payload for each in state.user_defined_options if isinstance(each, FromCache)
        )

    event.listen(session, "do_orm_execute", listener)
    options = (selectinload(m.User.posts), FromCache("users"))
    session.scalars(select(m.User).options(*options)).all()
    size = len(session.connection().plans)
    session.scalars(select(m.User).options(selectinload(m.User.posts), FromCache("more"))).all()
    assert seen == ["users", "more"]
    assert len(session.connection().plans) == size
    assert repr(FromCache("x")) == "FromCache('x')"


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


def test_get_with_execution_options_and_bind_arguments(memory: Any, m: Any) -> None:
    seen: list[Any] = []

    class Routed(Session):
        def get_bind(self, mapper: Any = None, **arguments: Any) -> Any:
            seen.append((mapper, arguments.get("shard")))
            arguments.pop("shard", None)
            return super().get_bind(mapper, **arguments)

    with Routed(memory) as session:
        session.add(m.User(id=1, name="a"))
        session.flush()
        session.expunge_all()
        options: list[Any] = []
        event.listen(
            memory, "before_cursor_execute", lambda *args: options.append(args[4].execution_options)
        )
        found = session.get(
            m.User, 1, execution_options={"note": 5}, bind_arguments={"shard": "north"}
        )
    assert found.name == "a"
    assert options[-1]["note"] == 5
    assert (inspect(m.User), "north") in seen


def test_get_with_an_identity_token(filled: Session, m: Any) -> None:
    user = filled.get(m.User, 1)
    north = filled.get(m.User, 1, identity_token="north")
    assert north is not user
    assert filled.get(m.User, 1, identity_token="north") is north
    assert filled.get(m.User, 1) is user
    assert inspect(north).identity_token == "north"
    assert inspect(north).key == (m.User, (1,), "north")
    assert filled.identity_map[filled.identity_key(m.User, 1, identity_token="north")] is north
    filled.expire(north)
    assert north.name == "a"
    assert inspect(user).identity_token is None


def test_listeners_see_get(filled: Session, m: Any) -> None:
    filled.expunge_all()
    seen: list[str] = []
    event.listen(filled, "do_orm_execute", lambda state: seen.append(str(state.statement)))
    user = filled.get(m.User, 1)
    assert user.name == "a"
    assert len(seen) == 1
    filled.get(m.User, 1)
    assert len(seen) == 1


def test_a_key_may_be_partly_null(memory: Any, session: Session, m: Any) -> None:
    class Pair(m.Base):
        __tablename__ = "pairs"
        a = mapped_column(Integer)
        b = mapped_column(Integer)
        word = mapped_column(String(10))
        __mapper_args__ = {"primary_key": [a, b]}

    m.Base.metadata.create_all(memory)
    session.execute("INSERT INTO pairs VALUES (1, NULL, 'x')")
    assert session.get(Pair, (1, None)).word == "x"
    assert session.get(Pair, (None, None)) is None
    assert session.merge(Pair(a=1, b=None, word="y")) not in session.new


def test_statements_of_a_session_know_it(memory: Any, session: Session, m: Any) -> None:
    owners: list[Any] = []
    event.listen(memory, "before_cursor_execute", lambda *args: owners.append(args[4].owner))
    session.execute("SELECT 1")
    session.execute(m.User.__table__.select())
    session.connection().execute(m.User.__table__.select())
    session.scalars(select(m.User))
    session.add(m.User(name="a"))
    session.flush()
    session.execute(update(m.User).values(name="b"))
    assert owners == [session] * 6
    session.close()
    with memory.connect() as connection:
        connection.execute(m.User.__table__.select())
    assert owners[-1] is None


def test_execution_options_of_the_session(memory: Any, m: Any) -> None:
    seen: list[Any] = []
    event.listen(
        memory,
        "before_cursor_execute",
        lambda *args: seen.append(args[4].execution_options.get("note")),
    )
    with Session(memory, execution_options={"note": "session"}) as session:
        session.execute(select(m.User))
        session.execute("SELECT 1")
        session.execute(select(m.User).execution_options(note="statement"))
        session.execute(select(m.User), execution_options={"note": "call"})
        session.execute(update(m.User).values(name="x"))
        session.get(m.User, 1)
    assert seen == ["session", "session", "statement", "call", "session", "session"]


def test_listeners_know_the_mappers(session: Session, m: Any) -> None:
    seen: list[Any] = []
    event.listen(
        session,
        "do_orm_execute",
        lambda state: seen.append((state.all_mappers, state.is_from_statement)),
    )
    session.execute(select(m.User, m.Post.title).join(m.User.posts))
    session.execute(select(m.User).from_statement(select(m.User)))
    session.execute("SELECT 1")
    user, post = inspect(m.User), inspect(m.Post)
    assert seen == [([user, post], False), ([user], True), ([], False)]


def test_what_is_computed_of_a_class_goes_to_its_engine(filled: Session, m: Any) -> None:
    asked: list[Any] = []

    class Routed(Session):
        def get_bind(self, mapper: Any = None, **arguments: Any) -> Any:
            asked.append(mapper)
            return filled.get_bind()

    with Routed() as session:
        session.scalar(select(func.count(m.User.id)))
        session.execute(select(m.User.name + "!"))
    assert asked == [inspect(m.User), inspect(m.User)]
