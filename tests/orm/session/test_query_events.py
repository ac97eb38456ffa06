"""The events of Query: what listeners make of queries, and of their UPDATE and DELETE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orm import Query, Session, event, exc, select


@pytest.fixture
def listen() -> Iterator[Callable[..., Any]]:
    """event.listen on Query, taken back at the end."""
    added: list[tuple[Any, str, Any]] = []

    def add(target: Any, name: str, fn: Any, **options: Any) -> None:
        event.listen(target, name, fn, **options)
        added.append((target, name, fn))

    yield add
    for each in added:
        if event.contains(*each):
            event.remove(*each)


def hide(m: Any, calls: list[Any]) -> Callable[[Any], Any]:
    """Return the usual listener: it leaves out some rows of a class."""

    def without_a(query: Any) -> Any:
        calls.append(query)
        for described in query.column_descriptions:
            if described["type"] is m.User:
                query = query.enable_assertions(False).filter(described["entity"].name != "a")
        return query

    return without_a


def test_every_use_of_a_query_passes_the_listener_once(
    filled: Session, m: Any, listen: Callable[..., Any]
) -> None:
    calls: list[Any] = []
    listen(Query, "before_compile", hide(m, calls), retval=True)
    query = filled.query(m.User).order_by(m.User.name)

    def taken() -> int:
        count = len(calls)
        calls.clear()
        return count

    assert [user.name for user in query] == ["b", "c", "d"]
    assert taken() == 1
    assert query.first().name == "b"
    assert taken() == 1
    assert query.limit(2).all()[0].name == "b"
    assert taken() == 1
    assert query.count() == 3
    assert taken() == 1
    assert filled.scalar(select(query.exists()))
    assert taken() == 1
    assert "name !=" in str(query.subquery().select())
    assert taken() == 1
    assert filled.scalars(query.statement).first().name == "b"
    assert taken() == 1
    assert filled.query(m.Post).count() == 4
    assert filled.scalars(select(m.User.name)).first() == "a"  # 2.0 statements have do_orm_execute


def test_what_a_listener_returns_counts_only_with_retval(
    filled: Session, m: Any, listen: Callable[..., Any]
) -> None:
    calls: list[Any] = []
    listen(Query, "before_compile", hide(m, calls))
    assert filled.query(m.User).count() == 4
    assert len(calls) == 1


def test_a_query_after_limit_is_refused_as_ever(
    filled: Session, m: Any, listen: Callable[..., Any]
) -> None:
    listen(Query, "before_compile", lambda query: query.filter(m.User.name != "a"), retval=True)
    with pytest.raises(exc.InvalidRequestError, match="has a limit"):
        filled.query(m.User).limit(2).all()


def test_a_subclass_alone_may_be_listened_to(
    filled: Session, m: Any, listen: Callable[..., Any]
) -> None:
    class Own(Query[Any]):
        pass

    listen(Own, "before_compile", lambda query: query.filter(m.User.name == "c"), retval=True)
    assert Own(m.User, filled).one().name == "c"
    assert filled.query(m.User).count() == 4


def test_update_and_delete_may_be_changed(
    filled: Session, m: Any, listen: Callable[..., Any]
) -> None:
    def protect(query: Any, context: Any) -> Any:
        if context.values is not None:
            context.values["title"] = "changed"
        return query.filter(m.Post.id != 1)

    listen(Query, "before_compile_update", protect, retval=True)
    listen(Query, "before_compile_delete", protect, retval=True)
    assert filled.query(m.Post).update({"title": "x"}) == 3
    pairs = [("title", "x")]
    assert filled.query(m.Post).update(pairs, update_args={"preserve_parameter_order": True}) == 3
    titles = filled.scalars(select(m.Post.title).order_by(m.Post.id)).all()
    assert titles[0] != "changed"
    assert titles[1:] == ["changed"] * 3
    assert filled.query(m.Post).delete() == 3
    assert filled.query(m.Post).one().id == 1


def test_nobody_listens_to_a_single_query(filled: Session, m: Any) -> None:
    with pytest.raises(exc.InvalidRequestError, match="no event 'compile'"):
        event.listen(Query, "compile", print)
