"""Query.update() and Query.delete()."""

from __future__ import annotations

from typing import Any

import pytest

from orm import Session, exc


def test_values_by_attribute_and_expression(filled: Session, m: Any) -> None:
    query = filled.query(m.User).filter(m.User.id == 1)
    assert query.update({m.User.name: m.User.name + "!"}) == 1
    assert query.one().name == "a!"


def test_values_in_order(filled: Session, m: Any) -> None:
    args = {"preserve_parameter_order": True}
    pairs = [(m.Post.title, "x"), (m.Post.user_id, 2)]
    assert filled.query(m.Post).filter_by(id=1).update(pairs, update_args=args) == 1
    assert filled.query(m.Post.title, m.Post.user_id).filter_by(id=1).one() == ("x", 2)


def test_objects_follow_as_asked(filled: Session, m: Any) -> None:
    user = filled.query(m.User).filter_by(name="a").one()
    query = filled.query(m.User).filter(m.User.id == 1)
    query.update({"name": "y"}, synchronize_session=False)
    assert user.name == "a"
    query.update({"name": "z"}, synchronize_session="fetch")
    assert user.name == "z"


def test_delete_takes_objects_out(filled: Session, m: Any) -> None:
    post = filled.query(m.Post).filter_by(title="aa").one()
    assert filled.query(m.Post).filter(m.Post.title == "aa").delete() == 1
    assert post not in filled


@pytest.mark.parametrize("clause", ["limit", "order_by", "join", "distinct"])
def test_only_conditions_are_taken_over(filled: Session, m: Any, clause: str) -> None:
    query: Any = filled.query(m.User)
    query = {
        "limit": lambda: query.limit(1),
        "order_by": lambda: query.order_by(m.User.id),
        "join": lambda: query.join(m.User.posts),
        "distinct": lambda: query.distinct(),
    }[clause]()
    for method in (lambda: query.update({"name": "x"}), query.delete):
        with pytest.raises(exc.InvalidRequestError, match=clause):
            method()
