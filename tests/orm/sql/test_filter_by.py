"""filter_by() of UPDATE and DELETE over several tables, USING, and values that refer to other values."""

from __future__ import annotations

import pytest

from orm import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    exc,
    from_dml_column,
    func,
    insert,
    select,
    update,
)
from orm.dialects import mysql, postgresql

metadata = MetaData()
users = Table(
    "users", metadata, Column("id", Integer, primary_key=True), Column("name", String(20))
)
posts = Table(
    "posts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id")),
    Column("title", String(20)),
    Column("seen", Integer, onupdate=7),
    Column("stamp", String(20), onupdate=func.upper("x")),
)


def shown(statement, dialect=None) -> str:
    return str(statement.compile(dialect=dialect)).replace("\n", "")


def test_names_are_found_in_all_tables():
    statement = update(users).values(name="x").where(users.c.id == posts.c.user_id)
    assert shown(statement.filter_by(name="a", title="b")).endswith(
        "WHERE users.id = posts.user_id AND users.name = :name_1 AND posts.title = :title_1"
    )
    removal = delete(users).where(users.c.id == posts.c.user_id).filter_by(title="b")
    assert "posts.title = :title_1" in shown(removal)


@pytest.mark.parametrize("make", [lambda: update(users).values(name="x"), lambda: delete(users)])
def test_names_of_several_tables_and_of_none(make):
    statement = make().where(users.c.id == posts.c.user_id)
    with pytest.raises(exc.AmbiguousColumnError, match=r"where\(table.c.id"):
        statement.filter_by(id=1)
    with pytest.raises(exc.InvalidRequestError, match="attribute 'nope'"):
        statement.filter_by(nope=1)


def test_using():
    statement = delete(users).using(posts).where(posts.c.title == "x")
    assert shown(statement, postgresql.dialect()) == (
        "DELETE FROM users USING posts WHERE posts.title = %s"
    )
    assert shown(statement, mysql.dialect()) == (
        "DELETE FROM users USING users, posts WHERE posts.title = %s"
    )


def test_using_a_join_that_contains_the_table():
    joined = users.outerjoin(posts, users.c.id == posts.c.user_id)
    statement = delete(users).using(joined).where(posts.c.id.is_(None))
    assert shown(statement, mysql.dialect()) == (
        "DELETE FROM users USING users LEFT OUTER JOIN posts ON users.id = posts.user_id "
        "WHERE posts.id IS NULL"
    )


def test_values_of_other_columns():
    statement = update(posts).values(title="a", user_id=5)
    both = statement.values(stamp=from_dml_column(posts.c.title) + "!")
    assert shown(both) == (
        "UPDATE posts SET user_id=:user_id, title=:title, seen=:seen, stamp=(:title || :param_1)"
    )
    assert both.compile().params["title"] == "a"


def test_a_column_that_is_not_written_stands_for_itself():
    assert shown(update(users).values(name=from_dml_column(users.c.id))) == (
        "UPDATE users SET name=users.id"
    )


def test_defaults_are_called_once_for_all_that_refer_to_them():
    statement = update(posts).values(title=from_dml_column(posts.c.stamp), user_id=1)
    assert shown(statement) == (
        "UPDATE posts SET user_id=:user_id, title=upper(:upper_1), seen=:seen, stamp=upper(:upper_1)"
    )


def test_values_of_other_columns_execute(sqlite_engine):
    metadata.create_all(sqlite_engine)
    with sqlite_engine.begin() as connection:
        connection.execute(insert(users).values(id=1, name="a"))
        connection.execute(
            insert(posts).values(id=3, user_id=1, title=from_dml_column(posts.c.user_id))
        )
        connection.execute(
            update(posts).values(user_id=1, title="t", seen=from_dml_column(posts.c.user_id) + 1)
        )
        assert connection.execute(select(posts.c.title, posts.c.seen, posts.c.stamp)).one() == (
            "t", 2, "X",
        )  # fmt: skip


def test_what_is_written_to():
    assert update(users).entity_description == {"name": "users", "table": users}


def test_names_of_a_select_are_the_last_table_s_first():
    statement = select(users).join(posts)
    assert shown(statement.filter_by(id=1)).endswith("WHERE posts.id = :id_1")
    assert shown(statement.filter_by(name="a")).endswith("WHERE users.name = :name_1")
    assert shown(select(users, posts).filter_by(title="b")).endswith("WHERE posts.title = :title_1")
    other = users.alias("other")
    several = select(posts).select_from(posts, users, other)
    with pytest.raises(exc.AmbiguousColumnError, match="name"):
        several.filter_by(name="a")
    with pytest.raises(exc.InvalidRequestError, match="no attribute 'nope'"):
        statement.filter_by(nope=1)
    with pytest.raises(
        exc.InvalidRequestError, match=r"no attribute 'titel'. Did you mean 'title'\?"
    ):
        statement.filter_by(titel="b")
