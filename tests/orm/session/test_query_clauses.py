"""What narrows a Query."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    Query,
    Session,
    aliased,
    bindparam,
    contains_eager,
    exc,
    func,
    join,
    joinedload,
    outerjoin,
    selectinload,
    text,
)


def names(query: Query[Any]) -> list[str]:
    return [user.name for user in query]


def test_a_query_is_not_changed(filled: Session, m: Any) -> None:
    base = filled.query(m.User)
    base.filter_by(name="a").limit(1)
    assert base.count() == 4


def test_joins(filled: Session, m: Any) -> None:
    rows = filled.query(m.User.name, m.Post.title).join(m.User.posts).order_by(m.User.id).all()
    assert rows[0] == ("a", "aa")
    by_class = filled.query(m.User).join(m.Post).filter(m.Post.title == "bb")
    assert names(by_class) == ["b"]
    by_condition = filled.query(m.User).join(m.Post, m.Post.user_id == m.User.id)
    assert by_condition.filter_by(title="cc").one().name == "c"
    post = aliased(m.Post)
    assert names(filled.query(m.User).join(m.User.posts.of_type(post)).filter_by(title="dd")) == [
        "d"
    ]
    assert names(filled.query(m.User).join(post, m.User.posts).filter(post.title == "dd")) == ["d"]
    filled.add(m.User(name="e"))
    assert names(filled.query(m.User).outerjoin(m.User.posts).filter(m.Post.id.is_(None))) == ["e"]
    from_post = filled.query(m.User.name).select_from(m.Post).join(m.Post.user)
    assert from_post.filter(m.Post.title == "aa").all() == [("a",)]


def test_filter_by_is_about_the_last_join(filled: Session, m: Any) -> None:
    joined = filled.query(m.User).join(m.User.posts)
    assert names(joined.filter_by(title="aa")) == ["a"]
    assert names(joined.reset_joinpoint().filter_by(name="b")) == ["b"]
    with pytest.raises(exc.InvalidRequestError, match="nothing"):
        joined.filter_by(nothing=1)


def test_with_parent(filled: Session, m: Any) -> None:
    user = filled.query(m.User).filter_by(name="b").one()
    assert filled.query(m.Post).with_parent(user, m.User.posts).one().title == "bb"
    assert filled.query(m.Post).with_parent(user).one().title == "bb"
    with pytest.raises(exc.InvalidRequestError, match="no relationship to User"):
        filled.query(m.User).with_parent(user)


def test_order_groups_and_limits(filled: Session, m: Any) -> None:
    query = filled.query(m.User).order_by(m.User.name.desc())
    assert names(query.limit(2).offset(1)) == ["c", "b"]
    assert names(query.order_by(None).order_by(m.User.name)) == ["a", "b", "c", "d"]
    assert names(query.order_by(False).order_by(m.User.name)) == ["a", "b", "c", "d"]
    assert names(query.slice(1, 3)) == ["c", "b"]
    grouped = filled.query(m.Post.user_id, func.count()).group_by(m.Post.user_id)
    assert grouped.having(func.count() > 1).all() == []
    assert filled.query(m.User.id > 0).distinct().all() == [(True,)]


def test_entities(filled: Session, m: Any) -> None:
    query = filled.query(m.User).filter_by(name="a")
    assert query.with_entities(m.User.id, m.User.name).all() == [(1, "a")]
    assert query.add_columns(m.User.name).one() == (query.one(), "a")
    assert query.join(m.User.posts).add_entity(m.Post).one()[1].title == "aa"


def test_options(filled: Session, m: Any) -> None:
    filled.expunge_all()
    user = filled.query(m.User).options(selectinload(m.User.posts)).first()
    assert user is not None
    assert "posts" in user.__dict__
    filled.expunge_all()
    plain = filled.query(m.User).options(joinedload(m.User.posts)).enable_eagerloads(False).first()
    assert plain is not None
    assert "posts" not in plain.__dict__


def test_execution(filled: Session, m: Any) -> None:
    user = filled.query(m.User).filter_by(name="a").one()
    user.name = "z"
    assert filled.query(m.User).autoflush(False).filter_by(name="a").count() == 1
    again = filled.query(m.User).autoflush(False).populate_existing().filter_by(name="a").one()
    assert again is user
    assert user.name == "a"
    assert len(list(filled.query(m.User).yield_per(2))) == 4
    assert filled.query(m.User).execution_options(x=1).get_execution_options()["x"] == 1
    assert "FOR UPDATE" in str(Query(m.User).with_for_update())


def test_parameters(filled: Session, m: Any) -> None:
    query = filled.query(m.User).filter(m.User.name == bindparam("wanted"))
    assert query.params(wanted="c").one().name == "c"
    assert query.params({"wanted": "d"}).one().name == "d"


def test_texts_around(m: Any) -> None:
    query: Query[Any] = Query(m.User.id).prefix_with("/* first */").suffix_with("/* last */")
    assert str(query).startswith("SELECT /* first */ users.id")
    assert str(query).endswith("/* last */")


def test_correlate(filled: Session, m: Any) -> None:
    inner = filled.query(func.count(m.Post.id)).filter(m.Post.user_id == m.User.id)
    value = inner.correlate(m.User).scalar_subquery()
    assert filled.query(m.User.name, value).order_by(m.User.id).first() == ("a", 1)


def test_from_statement(filled: Session, m: Any) -> None:
    query = filled.query(m.User).from_statement(text("SELECT * FROM users WHERE name = :n"))
    assert query.params(n="b").one().name == "b"
    other = filled.query(m.User).filter_by(name="c")
    assert filled.query(m.User).from_statement(other).one().name == "c"
    with pytest.raises(exc.InvalidRequestError, match="from_statement"):
        query.filter_by(name="a")


def test_joins_made_beforehand(filled: Session, m: Any) -> None:
    both = join(m.User, m.Post, m.User.posts)
    assert names(filled.query(m.User).select_from(both).filter(m.Post.title == "cc")) == ["c"]
    post = aliased(m.Post)
    both = outerjoin(m.User, post, m.User.posts)
    assert names(filled.query(m.User).select_from(both).filter(post.title == "cc")) == ["c"]


def test_groups_of_a_class(filled: Session, m: Any) -> None:
    query = filled.query(m.User, func.count(m.Post.id)).join(m.User.posts).group_by(m.User)
    assert [(user.name, number) for user, number in query.order_by(m.User.id)][0] == ("a", 1)


def test_contained_in_a_statement(filled: Session, m: Any) -> None:
    filled.expunge_all()
    rows = filled.query(m.User, m.Post).join(m.User.posts).order_by(m.User.id).statement
    query = filled.query(m.User).from_statement(rows).options(contains_eager(m.User.posts))
    users = query.all()
    assert [user.__dict__["posts"][0].title for user in users] == ["aa", "bb", "cc", "dd"]


def test_contained_under_an_alias_of_the_table(filled: Session, m: Any) -> None:
    filled.expunge_all()
    alias = m.Post.__table__.alias()
    query = filled.query(m.User).join(alias, alias.c.user_id == m.User.id)
    users = query.options(contains_eager(m.User.posts, alias=alias)).order_by(m.User.id).all()
    assert [user.__dict__["posts"][0].title for user in users] == ["aa", "bb", "cc", "dd"]


@pytest.mark.parametrize(
    "add",
    [
        lambda query, m: query.filter(m.User.id == 1),
        lambda query, m: query.filter_by(id=1),
        lambda query, m: query.order_by(m.User.id),
        lambda query, m: query.group_by(m.User.id),
        lambda query, m: query.having(m.User.id > 1),
        lambda query, m: query.join(m.User.posts),
        lambda query, m: query.select_from(m.User),
    ],
)
def test_what_would_apply_before_a_limit_is_refused_after_it(
    filled: Session, m: Any, add: Any
) -> None:
    with pytest.raises(exc.InvalidRequestError, match=r"Call limit\(\) and offset\(\) last"):
        add(filled.query(m.User).limit(1), m)
    add(filled.query(m.User), m).limit(1)


def test_an_entity_under_an_alias_of_its_table(filled: Session, m: Any) -> None:
    other = m.Post.__table__.alias()
    query = filled.query(m.User).join(other, other.c.user_id == m.User.id)
    rows = query.add_entity(m.Post, alias=other).order_by(m.User.id).all()
    assert [(user.name, post.title) for user, post in rows][:2] == [("a", "aa"), ("b", "bb")]
