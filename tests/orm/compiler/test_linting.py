"""Warnings about tables of a statement that nothing connects."""

from __future__ import annotations

import warnings

import pytest

from orm import (
    and_,
    create_engine,
    delete,
    exc,
    exists,
    func,
    lateral,
    not_,
    or_,
    select,
    text,
    true,
    update,
)
from orm.compiler.linting import FROM_LINTING


def found(statement):
    """What the statement is warned of, one text each."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        statement.compile(linting=FROM_LINTING)
    return [str(warning.message).partition(" in this statement")[0] for warning in caught]


def test_tables_without_a_condition_between_them(users, posts):
    loose = ["Nothing connects users with posts"]
    assert found(select(users, posts)) == loose
    assert found(select(users, posts).where(users.c.id == 1, posts.c.id == 2)) == loose
    assert found(select(users, posts).where(or_(users.c.id == 1, posts.c.id == 2))) == loose
    assert found(select(users.c.id, users.alias().c.id)) == [
        "Nothing connects users with alias of users"
    ]


def test_what_connects(users, posts):
    joined = users.c.id == posts.c.user_id
    both = select(users, posts)
    for condition in (
        joined,
        and_(users.c.age > 3, joined),
        not_(joined),
        func.coalesce(users.c.id, posts.c.user_id) == 4,
        (users.c.id + posts.c.id).in_([3, 4]),
    ):
        assert found(both.where(condition)) == []
    assert found(select(users, posts).join(posts)) == []
    assert found(select(users, posts).join(posts, true())) == []


def test_three_tables_in_a_chain(users, posts):
    third = posts.alias("third")
    chain = select(users, posts, third).where(third.c.user_id == users.c.id)
    assert found(chain) == ["Nothing connects users with posts"]
    assert found(chain.where(posts.c.id == third.c.id)) == []


def test_subqueries_connect_and_are_looked_at_themselves(users, posts):
    other = users.alias("other")
    between = exists().where(posts.c.user_id == users.c.id, posts.c.id == other.c.id)
    assert found(select(users.c.id, other.c.id).where(between)) == []
    inner = select(users.c.id, posts.c.title).subquery()
    assert found(select(inner)) == ["Nothing connects users with posts"]


def test_lateral_refers_to_what_it_names(users, posts):
    own = lateral(select(posts.c.title).where(posts.c.user_id == users.c.id))
    assert found(select(users.c.id, own)) == []
    apart = lateral(select(posts.c.title))
    (warning,) = found(select(users.c.id, apart))
    assert "alias of anon" in warning


def test_text_cannot_be_read_so_nothing_is_said(users, posts):
    assert found(select(users, posts).where(text("users.id = posts.user_id"))) == []
    assert found(select(users.c.id).select_from(users, text("posts"))) == []


def test_functions_that_join_by_themselves(users):
    elements = func.json_each(users.c.doc).table_valued("value")
    assert found(select(users.c.id, elements.c.value)) == []
    numbers = func.generate_series(1, 3).table_valued("value")
    assert len(found(select(users.c.id, numbers.c.value))) == 1
    implied = func.generate_series(1, 3).table_valued("value", joins_implicitly=True)
    assert found(select(users.c.id, implied.c.value)) == []


def test_update_and_delete(users, posts):
    for statement in (update(users).values(age=1), delete(users)):
        assert found(statement.where(posts.c.id == 5)) == ["Nothing connects users with posts"]
        assert found(statement.where(posts.c.user_id == users.c.id)) == []


def test_execution_warns_unless_the_engine_was_made_not_to(tables):
    both = select(tables.users.c.id, tables.posts.c.id)
    engine = create_engine("sqlite://")
    tables.metadata.create_all(engine)
    with (
        engine.connect() as connection,
        pytest.warns(exc.SAWarning, match="Nothing connects users with posts"),
    ):
        connection.execute(both)
    quiet = create_engine("sqlite://", enable_from_linting=False)
    tables.metadata.create_all(quiet)
    with quiet.connect() as connection:
        assert connection.execute(both).all() == []
