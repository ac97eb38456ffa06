"""Criteria evaluated in Python say what the database says."""

from __future__ import annotations

from typing import Any

import pytest

from orm import Session, and_, func, inspect, not_, or_, select
from orm.flush.evaluator import EXPIRED, UnevaluatableError, make_evaluator


def _criteria(m: Any) -> list[Any]:
    rank, name = m.User.rank, m.User.name
    return [
        rank == 1, rank != 1, rank > 1, rank <= 1, rank.is_(None), rank.is_not(None),
        rank.in_([1, 2]), rank.not_in([1]), name == "a", name + "x" == "ax", rank + 1 == 2,
        and_(rank == 1, name == "a"), or_(rank == 2, name == "a"), not_(rank == 1),
        and_(rank > 0, or_(name == "a", name == "b")), or_(rank.is_(None), rank == 2),
    ]  # fmt: skip


def test_as_the_database(session: Session, m: Any) -> None:
    users = [m.User(name=n, rank=r) for n, r in zip("abcd", (1, 2, 3, 4), strict=True)]
    session.add_all(users)
    session.flush()
    session.execute("UPDATE users SET rank = NULL WHERE name = 'd'")
    session.refresh(users[3])
    for criterion in _criteria(m):
        evaluate = make_evaluator(inspect(m.User), criterion)
        expected = set(session.scalars(select(m.User.name).where(criterion)))
        assert {user.name for user in users if evaluate(user) is True} == expected, str(criterion)


def test_what_only_the_database_can_tell(m: Any) -> None:
    mapper = inspect(m.User)
    for criterion in (func.lower(m.User.name) == "a", m.User.name.like("a%"), m.Post.title == "p"):
        with pytest.raises(UnevaluatableError):
            make_evaluator(mapper, criterion)


def test_values_not_loaded_are_unknown(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    session.commit()
    assert make_evaluator(inspect(m.User), m.User.name == "a")(user) is EXPIRED
