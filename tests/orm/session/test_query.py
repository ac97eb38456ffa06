"""Query, the 1.x interface."""

from __future__ import annotations

from typing import Any

import pytest

from orm import Session, exc, scoped_session, sessionmaker


@pytest.fixture
def filled(session: Session, m: Any) -> Session:
    session.add_all([m.User(name=n, posts=[m.Post(title=n * 2)]) for n in "abcd"])
    session.commit()
    return session


def test_narrowing_and_fetching(filled: Session, m: Any) -> None:
    query = filled.query(m.User).filter(m.User.name > "a").order_by(m.User.name.desc())
    assert [user.name for user in query] == ["d", "c", "b"]
    assert query.count() == 3
    assert query.first().name == "d"
    assert query.limit(1).one().name == "d"
    assert [user.name for user in query[1:3]] == ["c", "b"]
    assert query[2].name == "b"
    assert filled.query(m.User).filter_by(name="x").first() is None
    assert filled.query(m.User).filter_by(name="x").one_or_none() is None
    with pytest.raises(exc.NoResultFound):
        filled.query(m.User).filter_by(name="x").one()
    with pytest.raises(exc.MultipleResultsFound):
        filled.query(m.User).one()
    with pytest.raises(IndexError):
        _ = query[-1]


def test_columns_and_joins(filled: Session, m: Any) -> None:
    rows = filled.query(m.User.name, m.Post.title).join(m.User.posts).order_by(m.User.id).all()
    assert rows[0] == ("a", "aa")
    query = filled.query(m.User).join(m.Post).filter(m.Post.title == "bb")
    assert [user.name for user in query.all()] == ["b"]
    assert filled.query(m.User).with_entities(m.User.id).filter_by(name="c").scalar() == 3
    assert filled.query(filled.query(m.User).filter_by(name="c").exists()).scalar()
    assert filled.query(m.User).get(1).name == "a"


def test_update_and_delete(filled: Session, m: Any) -> None:
    users = filled.query(m.User).order_by(m.User.id).all()
    assert filled.query(m.User).filter(m.User.name == "a").update({"name": "z"}) == 1
    assert users[0].name == "z"
    assert filled.query(m.Post).filter(m.Post.title == "aa").delete() == 1
    assert filled.query(m.Post).count() == 3


def test_query_property(memory: Any, m: Any) -> None:
    scope = scoped_session(sessionmaker(memory))
    m.User.query = scope.query_property()
    scope.add(m.User(name="a"))
    assert m.User.query.filter_by(name="a").one().name == "a"
    scope.remove()
