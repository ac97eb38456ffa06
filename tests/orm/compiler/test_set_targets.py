"""UPDATE of joins, of several tables at once, and of parts of a value."""

from __future__ import annotations

import pytest

from orm import ARRAY, Column, Integer, MetaData, String, Table, exc, func, update
from orm.sql.cache_key import statement_key


def test_a_join_is_updated_where_the_database_can(sql, users, posts):
    joined = users.join(posts)
    statement = update(joined).values(name="x").where(posts.c.title == "t")
    assert sql(statement, "mysql") == (
        "UPDATE users INNER JOIN posts ON users.id = posts.user_id SET users.name=%s WHERE posts.title = %s"
    )
    copied = update(joined).values({users.c.name: posts.c.title})
    assert sql(copied, "mysql").endswith("SET users.name=posts.title")
    assert sql(copied).startswith("UPDATE users JOIN posts ON")
    for name in ("sqlite", "postgresql"):
        with pytest.raises(exc.CompileError, match="cannot UPDATE a join"):
            sql(statement, name)


def test_columns_of_several_tables(sql, dialects):
    metadata = MetaData()
    one = Table("one", metadata, Column("id", Integer), Column("name", String))
    two = Table(
        "two",
        metadata,
        Column("id", Integer),
        Column("name", String),
        Column("stamp", Integer, onupdate=7),
        Column("touched", Integer, onupdate=func.least(1, 2)),
    )
    statement = update(one).values(name="x").values({two.c.name: "y"}).where(one.c.id == two.c.id)
    compiled = statement.compile(dialect=dialects["mysql"])
    assert " ".join(str(compiled).split()) == (
        "UPDATE one, two SET two.name=%s, two.stamp=%s, two.touched=least(%s, %s), one.name=%s WHERE one.id = two.id"
    )
    assert compiled.make_args()[1] == ("y", 7, 1, 2, "x")
    with pytest.raises(exc.CompileError, match="'name', which is no column of table 'one'"):
        sql(update(one).values({two.c.name: "y"}), "mysql")
    with pytest.raises(exc.CompileError, match="no column of table"):
        sql(statement, "postgresql")


def test_the_table_itself_needs_no_name(sql, users):
    statement = update(users).values({users.c.name: "x"})
    assert sql(statement, "mysql") == "UPDATE users SET name=%s"
    ordered = update(users).ordered_values((users.c.name, "x"), (users.c.age, 1))
    assert sql(ordered, "mysql") == "UPDATE users SET name=%s, age=%s"


def test_the_original_of_an_alias(sql, users):
    other = users.alias("other")
    statement = update(other).values({users.c.name: "x"}).where(users.c.id == other.c.id)
    assert sql(statement, "mysql") == (
        "UPDATE users AS other, users SET users.name=%s WHERE users.id = other.id"
    )


def test_parts_of_a_value(sql, dialects):
    table = Table(
        "t", MetaData(), Column("id", Integer), Column("a", ARRAY(Integer)), Column("n", Integer)
    )
    statement = update(table).values({table.c.a[2]: 7})
    assert sql(statement, "postgresql") == "UPDATE t SET a[%s]=%s"
    assert statement.compile(dialect=dialects["postgresql"]).make_args()[1] == (2, 7)
    other = update(table).values({table.c.a[3]: 7})
    assert statement_key(statement)[0] == statement_key(other)[0]
    ordered = update(table).ordered_values((table.c.a[3], 1), ("n", 2), (table.c.a[1], 3))
    assert sql(ordered, "postgresql") == "UPDATE t SET a[%s]=%s, n=%s, a[%s]=%s"
    assert ordered.compile(dialect=dialects["postgresql"]).make_args()[1] == (3, 1, 2, 1, 3)
