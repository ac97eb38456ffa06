"""Objects are made when a statement is executed; what the driver raises meanwhile arrives as ours."""

from __future__ import annotations

from typing import Any

import pytest

from orm import Session, String, TypeDecorator, event, exc, func, select, true
from orm.engine.parts import PART_SIZE


def failing(blog: Any) -> Any:
    """Return an expression which SQLite cannot evaluate for user 7."""
    return func.json(func.iif(blog.User.id == 7, "{", "{}"))


def test_an_error_of_the_driver_between_rows_is_wrapped(blog: Any, session: Session) -> None:
    by_id = [blog.User.id]
    for statement in (
        select(blog.User.id, failing(blog)).order_by(*by_id),
        select(blog.User, failing(blog)).order_by(*by_id),
    ):
        with pytest.raises(exc.OperationalError, match="malformed JSON") as caught:
            session.execute(statement)
        assert "iif" in str(caught.value.statement)


def test_with_yield_per_it_is_wrapped_when_its_part_is_read(blog: Any, session: Session) -> None:
    statement = select(blog.User, failing(blog)).order_by(blog.User.id)
    result = session.execute(statement, execution_options={"yield_per": 3})
    with pytest.raises(exc.OperationalError, match="malformed JSON"):
        result.all()


def test_a_converter_raises_its_own_error(blog: Any, session: Session) -> None:
    class Failing(TypeDecorator[Any]):
        impl = String
        cache_ok = True

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            return 1 / 0

    statement = select(blog.User, func.coalesce(blog.User.name, "", type_=Failing()))
    with pytest.raises(ZeroDivisionError):
        session.execute(statement)


def test_objects_are_made_by_execute(blog: Any, session: Session) -> None:
    made: list[Any] = []
    event.listen(blog.User, "load", lambda user, context: made.append(user.id))
    result = session.execute(select(blog.User).order_by(blog.User.id))
    assert made == list(range(1, 11))
    assert [user.id for user in result.scalars()] == made


def test_a_result_is_read_on_after_the_session_was_closed(blog: Any) -> None:
    with Session(blog.engine) as session:
        result = session.scalars(select(blog.User).order_by(blog.User.id))
        first = result.fetchmany(2)
    assert [user.id for user in [*first, *result.fetchmany(3), *result.all()]] == list(range(1, 11))
    assert result.all() == result.fetchmany(2) == []


def test_rows_of_many_parts_keep_their_order(blog: Any, session: Session) -> None:
    User, Post = blog.User, blog.Post
    statement = select(User, Post.id).join(Post, true()).order_by(User.id, Post.id)
    found = session.execute(statement).all()
    assert len(found) == 310 > PART_SIZE
    pairs = [(user.id, post) for user, post in found]
    assert pairs == sorted(pairs)
    assert len({id(user) for user, _ in found}) == 10
