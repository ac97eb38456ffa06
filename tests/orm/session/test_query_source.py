"""Queries over unions."""

from __future__ import annotations

from typing import Any

from orm import Session, aliased, joinedload, selectinload


def test_union_gives_the_entities(filled: Session, m: Any) -> None:
    first = filled.query(m.User).filter(m.User.name == "a")
    others = filled.query(m.User).filter(m.User.name.in_(["a", "c"]))
    both = first.union(others)
    assert {user.name for user in both} == {"a", "c"}
    assert both.count() == 2
    assert first.union_all(others).count() == 3
    assert first.intersect(others).one().name == "a"
    assert others.except_(first).one().name == "c"


def test_clauses_are_about_the_union(filled: Session, m: Any) -> None:
    query = filled.query(m.User).filter(m.User.id < 3).union(filled.query(m.User))
    narrowed = query.filter(m.User.name != "b").order_by(m.User.name.desc())
    assert [user.name for user in narrowed] == ["d", "c", "a"]
    assert query.filter_by(name="b").one().id == 2
    assert [user.name for user in query.order_by(m.User.id).limit(2)] == ["a", "b"]
    assert query.with_entities(m.User.name).order_by(m.User.name).first() == ("a",)


def test_joins_from_the_union(filled: Session, m: Any) -> None:
    query = filled.query(m.User).union(filled.query(m.User)).join(m.User.posts)
    assert query.filter(m.Post.title == "cc").one().name == "c"


def test_options_of_the_union(filled: Session, m: Any) -> None:
    for option in (joinedload(m.User.posts), selectinload(m.User.posts)):
        filled.expunge_all()
        query = filled.query(m.User).union(filled.query(m.User)).options(option)
        users = query.order_by(m.User.name).all()
        assert [user.__dict__["posts"][0].title for user in users] == ["aa", "bb", "cc", "dd"]


def test_columns(filled: Session, m: Any) -> None:
    first = filled.query(m.User.id, m.User.name.label("called")).filter(m.User.id == 1)
    second = filled.query(m.User.id, m.User.name.label("called")).filter(m.User.id == 2)
    rows = first.union(second).order_by("called").all()
    assert rows == [(1, "a"), (2, "b")]
    assert rows[0].called == "a"
    assert rows[0].id == 1


def test_union_of_a_union(filled: Session, m: Any) -> None:
    def of(name: str) -> Any:
        return filled.query(m.User).filter(m.User.name == name)

    query = of("a").union(of("b")).union(of("c"))
    assert [user.name for user in query.order_by(m.User.name)] == ["a", "b", "c"]


def test_union_of_two_entities_of_a_class(filled: Session, m: Any) -> None:
    other = aliased(m.User)
    pairs = filled.query(m.User, other).filter(m.User.id < other.id)
    rows = pairs.union(pairs).filter(other.name == "b").all()
    assert [(one.name, two.name) for one, two in rows] == [("a", "b")]


def test_a_subquery_joined_to_the_union_keeps_its_columns(filled: Session, m: Any) -> None:
    one = filled.query(m.User.id).filter(m.User.id == 1).subquery()
    union = filled.query(m.User).union(filled.query(m.User))
    assert [user.id for user in union.join(one, one.c.id == m.User.id)] == [1]
