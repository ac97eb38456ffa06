"""do_orm_execute of lazy loads, eager loads by key and refreshes."""

from __future__ import annotations

from typing import Any

import pytest

from orm import Session, defer, event, exc, inspect, select, selectinload, with_loader_criteria


@pytest.fixture
def heard(filled: Session) -> list[Any]:
    """What listeners of the session are told."""
    filled.expunge_all()
    states: list[Any] = []
    event.listen(filled, "do_orm_execute", states.append)
    return states


def kinds(states: list[Any]) -> list[tuple[Any, ...]]:
    return [
        (each.is_relationship_load, each.is_column_load, each.bind_mapper.class_.__name__)
        for each in states
    ]


def test_loads_say_what_they_are(filled: Session, m: Any, heard: list[Any]) -> None:
    statement = select(m.User).options(defer(m.User.name)).order_by(m.User.id)
    user = filled.scalars(statement).first()
    assert user is not None
    assert user.name == "a"
    assert len(user.posts) == 1
    filled.refresh(user)
    filled.expire(user)
    assert user.name == "a"
    filled.scalars(select(m.User).options(selectinload(m.User.posts))).all()
    assert kinds(heard) == [
        (False, False, "User"),
        (False, True, "User"),
        (True, False, "Post"),
        (False, True, "User"),
        (False, True, "User"),
        (False, False, "User"),
        (True, False, "Post"),
    ]
    load = heard[2]
    assert (load.is_select, load.is_orm_statement, load.all_mappers) == (
        True,
        True,
        [inspect(m.Post)],
    )
    assert (load.is_insert, load.lazy_loaded_from, load.user_defined_options) == (False, None, ())
    assert "FROM posts" in str(load.statement)


def test_a_listener_may_invoke_a_load_itself(filled: Session, m: Any) -> None:
    filled.query(m.Post).update({"user_id": 1})
    filled.expunge_all()
    seen: list[Any] = []

    @event.listens_for(filled, "do_orm_execute")
    def run(state: Any) -> Any:
        result = state.invoke_statement()
        if state.is_relationship_load:
            seen.extend(result.scalars())
        return result

    user = filled.get_one(m.User, 1)
    assert seen == []
    posts = list(user.posts)
    assert len(posts) == 4
    assert seen == posts


def test_a_load_has_no_other_result(filled: Session, m: Any) -> None:
    user = filled.scalars(select(m.User)).first()
    assert user is not None

    @event.listens_for(filled, "do_orm_execute")
    def answer(state: Any) -> Any:
        return filled.connection().execute("SELECT 1")

    with pytest.raises(
        exc.InvalidRequestError, match=r"the load of User.posts.*is_relationship_load"
    ):
        _ = user.posts


def test_conditions_and_criteria_narrow_a_relationship(filled: Session, m: Any) -> None:
    """Values of a condition are those of each execution, though it is compiled once."""
    filled.query(m.Post).update({"user_id": 1})
    for add in (
        lambda statement, number: statement.where(m.Post.id > number),
        lambda statement, number: statement.options(
            with_loader_criteria(m.Post, lambda cls: cls.id > number)
        ),
    ):
        for number in (1, 2):
            filled.expunge_all()
            user = filled.get_one(m.User, 1)

            def narrow(state: Any, add: Any = add, number: int = number) -> None:
                if not state.is_column_load:
                    state.statement = add(state.statement, number)

            event.listen(filled, "do_orm_execute", narrow)
            assert [post.id for post in user.posts] == [3, 4] if number == 2 else [2, 3, 4]
            event.remove(filled, "do_orm_execute", narrow)


def test_criteria_do_not_hide_columns_of_what_is_there(filled: Session, m: Any) -> None:
    user = filled.get_one(m.User, 1)
    filled.expire(user)

    @event.listens_for(filled, "do_orm_execute")
    def hide(state: Any) -> None:
        state.statement = state.statement.options(
            with_loader_criteria(m.User, lambda cls: cls.id > 1)
        )

    assert user.name == "a"
    assert filled.scalars(select(m.User.id)).all() == [2, 3, 4]


def test_options_and_columns(filled: Session, m: Any) -> None:
    user = filled.get_one(m.User, 1)
    engine, options = filled.get_bind(), []
    event.listen(
        engine,
        "before_cursor_execute",
        lambda conn, cursor, sql, args, context, many: options.append(context.options),
    )

    @event.listens_for(filled, "do_orm_execute")
    def mark(state: Any) -> None:
        state.update_execution_options(note="x", yield_per=1)

    assert len(user.posts) == 1
    assert options == [{"note": "x"}]

    @event.listens_for(filled, "do_orm_execute")
    def widen(state: Any) -> None:
        state.statement = state.statement.add_columns(m.Post.title)

    filled.expire(user, ["posts"])
    with pytest.raises(
        exc.InvalidRequestError, match="changed the columns of the load of User.posts"
    ):
        _ = user.posts
