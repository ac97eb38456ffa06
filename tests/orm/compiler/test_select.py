"""SELECT: the clauses, correlation, labels, unions and common table expressions."""

from __future__ import annotations

import pytest

from orm import exc
from orm.sql.compound import intersect, union, union_all
from orm.sql.elements import ColumnClause
from orm.sql.expression import (
    cast,
    collate,
    desc,
    distinct,
    exists,
    lateral,
    literal,
    true,
    tuple_,
    values,
)
from orm.sql.functions import func
from orm.sql.select import select
from orm.sql.text import literal_column, text
from orm.types.scalar import Integer, String


def test_lines_are_broken_before_from_and_where(users):
    statement = select(users.c.id).where(users.c.id == 5)
    assert str(statement) == "SELECT users.id \nFROM users \nWHERE users.id = :id_1"


def test_all_clauses_in_order(users, sql):
    statement = (
        select(users.c.name, func.count().label("n"))
        .where(users.c.age > 3, users.c.active)
        .group_by(users.c.name)
        .having(func.count() > 1)
        .order_by(desc("n"), users.c.name)
        .limit(10)
        .offset(20)
        .distinct()
    )
    assert sql(statement) == (
        "SELECT DISTINCT users.name, count(*) AS n FROM users WHERE users.age > :age_1 AND users.active "
        "GROUP BY users.name HAVING count(*) > :count_1 ORDER BY n DESC, users.name LIMIT :param_1 OFFSET :param_2"
    )


def test_repeated_names_are_told_apart(users, posts, sql):
    statement = select(users.c.id, posts.c.id, users.c.name)
    assert sql(statement) == "SELECT users.id, posts.id AS id_1, users.name FROM users, posts"
    assert [c.key for c in statement.compile().result_columns] == ["id", "id_1", "name"]


def test_expressions_get_made_up_labels(users, sql):
    statement = select(users.c.age + 1, func.lower(users.c.name), literal_column("x"))
    assert sql(statement) == (
        "SELECT users.age + :age_1 AS anon_1, lower(users.name) AS lower_1, x FROM users"
    )


@pytest.mark.parametrize(
    ("options", "join"),
    [
        ({}, "JOIN posts"),
        ({"isouter": True}, "LEFT OUTER JOIN posts"),
        ({"full": True}, "FULL OUTER JOIN posts"),
    ],
)
def test_joins_by_foreign_key(users, posts, sql, options, join):
    statement = select(users.c.id).join(posts, **options)
    assert sql(statement) == f"SELECT users.id FROM users {join} ON users.id = posts.user_id"


def test_aliases_have_names_of_their_own(users, sql):
    one, two = users.alias(), users.alias("other")
    statement = select(one.c.id, two.c.id).where(one.c.id < two.c.id)
    assert sql(statement) == (
        "SELECT users_1.id, other.id AS id_1 FROM users AS users_1, users AS other WHERE users_1.id < other.id"
    )


def test_subqueries_in_from(users, posts, sql):
    counts = (
        select(posts.c.user_id, func.count().label("n")).group_by(posts.c.user_id).subquery("c")
    )
    statement = select(users.c.name, counts.c.n).join(counts, counts.c.user_id == users.c.id)
    assert (
        "FROM users JOIN (SELECT posts.user_id AS user_id, count(*) AS n FROM posts GROUP BY posts.user_id) AS c"
        in sql(statement)
    )


def test_subqueries_correlate_with_what_is_around(users, posts, sql):
    inner = select(func.max(posts.c.id)).where(posts.c.user_id == users.c.id).scalar_subquery()
    assert sql(select(users.c.id, inner.label("last"))) == (
        "SELECT users.id, (SELECT max(posts.id) AS max_1 FROM posts WHERE posts.user_id = users.id) AS last FROM users"
    )
    condition = exists().where(posts.c.user_id == users.c.id)
    assert sql(select(users.c.id).where(condition)).endswith(
        "WHERE EXISTS (SELECT * FROM posts WHERE posts.user_id = users.id)"
    )
    assert sql(select(users.c.id).where(~condition)).endswith(
        "WHERE NOT (EXISTS (SELECT * FROM posts WHERE posts.user_id = users.id))"
    )


def test_correlation_is_explicit_where_asked(users, posts, sql):
    inner = (
        select(posts.c.id).where(posts.c.user_id == users.c.id).correlate(None).scalar_subquery()
    )
    assert "FROM posts, users" in sql(select(users.c.id).where(users.c.id == inner))


def test_a_subquery_in_from_sees_nothing_of_its_neighbours(users, posts, sql):
    inner = select(posts.c.id).where(posts.c.user_id == users.c.id).subquery("p")
    text_ = sql(select(users.c.id, inner.c.id))
    assert "(SELECT posts.id AS id FROM posts, users WHERE" in text_


def test_a_union_in_from_sees_nothing_of_its_neighbours(users, posts, sql):
    one = select(posts.c.id).where(posts.c.user_id == users.c.id)
    both = one.union(select(posts.c.id)).subquery("p")
    assert sql(select(users.c.id, both.c.id)) == (
        "SELECT users.id, p.id AS id_1 FROM users, "
        "(SELECT posts.id AS id FROM posts, users WHERE posts.user_id = users.id "
        "UNION SELECT posts.id AS id FROM posts) AS p"
    )


def test_only_what_is_selected_from_names_its_columns(users, posts, sql):
    one = select(posts.c.id).where(posts.c.user_id == users.c.id)
    assert "(SELECT posts.id FROM posts" in sql(select(users.c.id).where(one.exists()))
    assert "(SELECT posts.id FROM posts" in sql(select(one.scalar_subquery()))


def test_lateral_sees_its_neighbours(users, posts, sql):
    inner = lateral(select(posts.c.id).where(posts.c.user_id == users.c.id), name="p")
    assert sql(select(users.c.id, inner.c.id).join(inner, true()), "postgresql") == (
        "SELECT users.id, p.id AS id_1 FROM users JOIN LATERAL "
        "(SELECT posts.id AS id FROM posts WHERE posts.user_id = users.id) AS p ON true"
    )


def test_ctes_are_defined_once(users, sql):
    old = select(users.c.id).where(users.c.age > 60).cte("elders")
    statement = select(old.c.id).union_all(select(old.c.id))
    assert sql(statement) == (
        "WITH elders AS (SELECT users.id AS id FROM users WHERE users.age > :age_1) "
        "SELECT elders.id FROM elders UNION ALL SELECT elders.id FROM elders"
    )


def test_recursive_ctes(users, sql):
    tree = select(users.c.id, users.c.age).where(users.c.id == 1).cte("tree", recursive=True)
    tree = tree.union_all(select(users.c.id, users.c.age).where(users.c.age == tree.c.id))
    assert sql(select(tree)) == (
        "WITH RECURSIVE tree(id, age) AS (SELECT users.id AS id, users.age AS age FROM users "
        "WHERE users.id = :id_1 "
        "UNION ALL SELECT users.id AS id, users.age AS age FROM users, tree WHERE users.age = tree.id) "
        "SELECT tree.id, tree.age FROM tree"
    )


def test_two_ctes_of_one_name_are_refused(users, posts):
    one, two = select(users.c.id).cte("c"), select(posts.c.id).cte("c")
    with pytest.raises(exc.CompileError, match="are called 'c'"):
        str(select(one.c.id, two.c.id))


def test_unions_order_by_names(users, posts, sql):
    statement = union(select(users.c.id), select(posts.c.id)).order_by(users.c.id).limit(5)
    assert sql(statement) == (
        "SELECT users.id FROM users UNION SELECT posts.id FROM posts ORDER BY id LIMIT :param_1"
    )
    nested = union_all(select(users.c.id), intersect(select(posts.c.id), select(users.c.id)))
    assert sql(nested).endswith(
        "UNION ALL (SELECT posts.id FROM posts INTERSECT SELECT users.id FROM users)"
    )


def test_sqlite_takes_no_parentheses_in_unions(users, posts, sql):
    limited = select(posts.c.id).order_by(posts.c.id).limit(1)
    assert sql(union_all(select(users.c.id), limited), "sqlite") == (
        "SELECT users.id FROM users UNION ALL "
        "SELECT * FROM (SELECT posts.id FROM posts ORDER BY posts.id LIMIT ?)"
    )


def test_windows(users, sql):
    over = func.sum(users.c.age).over(
        partition_by=users.c.name, order_by=users.c.id.desc(), rows=(None, 2)
    )
    assert sql(select(over.label("w"))) == (
        "SELECT sum(users.age) OVER (PARTITION BY users.name ORDER BY users.id DESC "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND :param_1 FOLLOWING) AS w FROM users"
    )


def test_filter_and_within_group(users, sql):
    filtered = func.count(users.c.id).filter(users.c.age > 3)
    ordered = func.percentile_cont(0.5).within_group(users.c.age)
    assert "count(users.id) FILTER (WHERE users.age > :age_1)" in sql(select(filtered))
    assert "WITHIN GROUP (ORDER BY users.age)" in sql(select(ordered))


@pytest.mark.parametrize(
    ("options", "ending"),
    [
        ({}, " FOR UPDATE"),
        ({"read": True}, " FOR SHARE"),
        ({"key_share": True}, " FOR NO KEY UPDATE"),
        ({"nowait": True}, " FOR UPDATE NOWAIT"),
        ({"skip_locked": True}, " FOR UPDATE SKIP LOCKED"),
    ],
)
def test_row_locks(users, sql, options, ending):
    statement = select(users.c.id).with_for_update(**options)
    assert sql(statement, "postgresql").endswith(f"FROM users{ending}")
    assert sql(statement, "sqlite").endswith("FROM users")


def test_locks_of_single_tables(users, posts, sql):
    statement = select(users.c.id).join(posts).with_for_update(of=posts)
    assert sql(statement, "postgresql").endswith("FOR UPDATE OF posts")


@pytest.mark.parametrize(
    ("dialect", "both", "offset"),
    [
        ("default", "LIMIT :param_1 OFFSET :param_2", "LIMIT -1 OFFSET :param_1"),
        ("sqlite", "LIMIT ? OFFSET ?", "LIMIT -1 OFFSET ?"),
        ("postgresql", "LIMIT %s OFFSET %s", "OFFSET %s"),
        ("mysql", "LIMIT %s, %s", "LIMIT %s, 18446744073709551615"),
    ],
)
def test_limits(users, sql, dialect, both, offset):
    assert sql(select(users.c.id).limit(1).offset(2), dialect).endswith(f"FROM users {both}")
    assert sql(select(users.c.id).offset(2), dialect).endswith(f"FROM users {offset}")


def test_distinct_on_is_for_postgresql(users, sql):
    statement = select(users.c.id).distinct(users.c.name)
    assert sql(statement, "postgresql") == "SELECT DISTINCT ON (users.name) users.id FROM users"
    with pytest.raises(exc.CompileError, match="no DISTINCT ON"):
        sql(statement, "sqlite")


def test_full_join_is_refused_by_mysql(users, posts, sql):
    with pytest.raises(exc.CompileError, match="FULL OUTER JOIN"):
        sql(select(users.c.id).join(posts, full=True), "mysql")


def test_a_name_that_is_not_selected_is_refused(users):
    with pytest.raises(exc.CompileError, match="'nope', which is neither"):
        str(select(users.c.id).order_by("nope"))


def test_values_in_from(sql):
    rows = values(ColumnClause("a", Integer), ColumnClause("b", String), name="v").data(
        [(1, "x"), (2, "y")]
    )
    assert sql(select(rows)) == (
        "SELECT v.a, v.b FROM (VALUES (:param_1, :param_2), (:param_3, :param_4)) AS v (a, b)"
    )


def test_text_with_parameters_and_escaped_colons(dialects):
    statement = text("SELECT :a, '\\:x', x::int FROM t WHERE y = :a AND z LIKE '100%'")
    assert str(statement.compile(dialect=dialects["postgresql"])) == (
        "SELECT %s, ':x', x::int FROM t WHERE y = %s AND z LIKE '100%%'"
    )


def test_a_select_without_tables(sql):
    assert sql(select(literal(1).label("one"))) == "SELECT :param_1 AS one"


def test_a_subquery_made_lateral_is_not_wrapped_again(sql, users, posts):
    own = select(posts.c.title).where(posts.c.user_id == users.c.id).subquery("own")
    statement = select(users.c.id, own.lateral().c.title).select_from(users)
    assert sql(select(users.c.id).join(lateral(own), true())) == (
        "SELECT users.id FROM users JOIN LATERAL (SELECT posts.title AS title FROM posts "
        "WHERE posts.user_id = users.id) AS own ON true"
    )
    assert "LATERAL (SELECT posts.title AS title FROM posts WHERE" in sql(statement)
    assert sql(lateral(select(users.c.id))) == "LATERAL (SELECT users.id FROM users)"
    renamed = lateral(own, "other").alias("third")
    assert sql(select(renamed)).endswith("AS third")


def test_a_function_as_lateral(sql, users):
    numbers = lateral(func.generate_series(1, users.c.age), "n")
    assert sql(select(users.c.id).join(numbers, true())) == (
        "SELECT users.id FROM users JOIN LATERAL generate_series(:generate_series_1, users.age) AS n ON true"
    )


def test_text_beside_a_table_in_from(sql, users):
    statement = select(users.c.id).select_from(users, text("posts p"))
    assert sql(statement) == "SELECT users.id FROM users, posts p"


def test_collations_stand_behind_a_cast_and_within_their_schema(sql, users):
    type_ = String(10, collation="C", collation_schema="pg_catalog")
    assert sql(select(cast(users.c.name, type_)), "postgresql") == (
        'SELECT CAST(users.name AS VARCHAR(10)) COLLATE "pg_catalog"."C" AS name FROM users'
    )
    assert sql(users.c.name.collate("C", collation_schema="Odd"), "postgresql") == (
        'users.name COLLATE "Odd"."C"'
    )
    assert sql(collate(users.c.name, "NOCASE"), "sqlite") == 'users.name COLLATE "NOCASE"'


def test_groups_by_all_columns_of_a_table(users, posts, sql):
    inner = select(posts.c.user_id, posts.c.title).subquery("s")
    assert sql(select(func.count()).select_from(posts).group_by(posts)) == (
        "SELECT count(*) AS count_1 FROM posts GROUP BY posts.id, posts.user_id, posts.title"
    )
    assert sql(select(func.count()).select_from(inner).group_by(inner)).endswith(
        " GROUP BY s.user_id, s.title"
    )
    with pytest.raises(exc.ArgumentError, match="whole table"):
        select(users).order_by(users)


def test_grouping_sets(posts, sql):
    sets = func.grouping_sets(tuple_(posts.c.user_id, posts.c.title), tuple_(posts.c.user_id))
    assert sql(select(func.count()).select_from(posts).group_by(sets)) == (
        "SELECT count(*) AS count_1 FROM posts "
        "GROUP BY GROUPING SETS((posts.user_id, posts.title), (posts.user_id))"
    )
    assert sql(select(posts.c.id).group_by(func.rollup(posts.c.id))).endswith("rollup(posts.id)")


def test_distinct_columns_keep_their_names(posts, sql):
    statement = select(distinct(posts.c.id), func.count(posts.c.title.distinct()))
    assert sql(statement) == (
        "SELECT DISTINCT posts.id AS id, count(DISTINCT posts.title) AS count_1 FROM posts"
    )
    assert [column.key for column in statement.subquery().c] == ["id", "count"]
    assert sql(select(distinct(posts.c.id + 1))).startswith(
        "SELECT DISTINCT posts.id + :id_1 AS anon_1"
    )
