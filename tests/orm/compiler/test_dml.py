"""INSERT, UPDATE and DELETE as text, with their defaults and parameters."""

from __future__ import annotations

import pytest

from orm import exc
from orm.schema import Column, ForeignKey, MetaData, Sequence, Table
from orm.sql.cache_key import statement_key
from orm.sql.dml import delete, insert, update
from orm.sql.expression import bindparam
from orm.sql.functions import func
from orm.sql.select import select
from orm.types.scalar import Integer, String


def compile_for(dialect, statement, **options):
    return dialect.statement_compiler(dialect).compile(
        statement, extracted=statement_key(statement)[1], **options
    )


@pytest.fixture
def items():
    metadata = MetaData()
    calls = []

    def next_number():
        calls.append(1)
        return len(calls)

    Table("others", metadata, Column("id", Integer, primary_key=True), Column("n", Integer))
    return Table(
        "items",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(20)),
        Column("number", Integer, default=next_number),
        Column("state", String, default="new", onupdate="changed"),
        Column("stamp", Integer, default=func.lower("X"), onupdate=func.upper("x")),
        Column("other_id", ForeignKey("others.id"), server_default="7"),
    )


def test_insert_writes_values_and_defaults(items, dialects):
    compiled = compile_for(dialects["sqlite"], insert(items).values(name="x"))
    assert compiled.string == (
        "INSERT INTO items (name, number, state, stamp) VALUES (?, ?, ?, lower(?))"
    )
    assert compiled.make_args() == (compiled.string, ("x", 1, "new", "X"))
    assert compiled.make_args()[1] == ("x", 2, "new", "X")
    assert [c.name for c in compiled.prefetch] == ["number", "state"]
    assert [c.name for c in compiled.postfetch] == ["stamp", "other_id"]


def test_insert_takes_parameters_by_column_name(items, dialects):
    compiled = compile_for(
        dialects["sqlite"], insert(items), column_keys=["name", "number", "state"]
    )
    sql, args = compiled.make_args((), {"name": "a", "number": 5, "state": None})
    assert sql.startswith("INSERT INTO items (name, number, state, stamp)")
    assert args == ("a", 5, None, "X")


def test_parameters_are_stronger_than_values(items, dialects):
    compiled = compile_for(dialects["sqlite"], insert(items).values(name="x"), column_keys=["name"])
    assert compiled.make_args(None, {"name": "y"})[1][0] == "y"


def test_fill_defaults_calls_each_once(items, dialects):
    compiled = compile_for(dialects["sqlite"], insert(items), column_keys=["name"])
    params = compiled.fill_defaults({"name": "a"})
    assert params == {"name": "a", "number": 1, "state": "new"}
    assert compiled.make_args((), params)[1] == ("a", 1, "new", "X")
    assert compiled.make_args((), params)[1] == ("a", 1, "new", "X")


def test_default_functions_see_the_row(dialects):
    table = Table(
        "t",
        MetaData(),
        Column("a", Integer),
        Column("b", Integer, default=lambda context: context.get_current_parameters()["a"] * 2),
    )
    compiled = compile_for(dialects["sqlite"], insert(table), column_keys=["a"])
    assert compiled.make_args((), {"a": 21})[1] == (21, 42)
    assert compiled.make_many_args([{"a": 1}, {"a": 2}])[1] == [(1, 2), (2, 4)]


def test_many_rows_with_defaults(items, dialects):
    compiled = compile_for(
        dialects["sqlite"], insert(items), column_keys=["name"], for_executemany=True
    )
    _sql, rows = compiled.make_many_args([{"name": "a"}, {"name": "b"}])
    assert rows == [("a", 1, "new", "X"), ("b", 2, "new", "X")]


def test_one_statement_for_many_rows(users, dialects):
    compiled = compile_for(
        dialects["postgresql"], insert(users).returning(users.c.id), column_keys=["name", "age"]
    )
    sql, args = compiled.make_rows_args([{"name": "a", "age": 1}, {"name": "b", "age": 2}])
    assert sql == "INSERT INTO users (name, age) VALUES (%s, %s), (%s, %s) RETURNING users.id"
    assert args == ("a", 1, "b", 2)
    assert (
        compiled.rows_text(1) == "INSERT INTO users (name, age) VALUES (%s, %s) RETURNING users.id"
    )


def test_a_row_without_a_parameter_is_named(users, dialects):
    compiled = compile_for(dialects["sqlite"], insert(users), column_keys=["name", "age"])
    with pytest.raises(exc.StatementError, match="No value was given for the parameter 'age'"):
        compiled.make_many_args([{"name": "a", "age": 1}, {"name": "b"}])
    with pytest.raises(exc.StatementError, match="'name'"):
        compiled.make_args((), {"age": 1})


def test_a_list_of_rows_in_values(items, dialects):
    statement = insert(items).values([{"name": "a"}, {"name": "b"}])
    compiled = compile_for(dialects["sqlite"], statement)
    sql, args = compiled.make_args()
    assert sql == (
        "INSERT INTO items (name, number, state, stamp) VALUES (?, ?, ?, lower(?)), (?, ?, ?, lower(?))"
    )
    assert args == ("a", 1, "new", "X", "b", 2, "new", "X")
    other = insert(items).values([{"name": "c"}, {"name": "d"}])
    key, binds = statement_key(other)
    assert key == statement_key(statement)[0]
    assert [a for a in compiled.make_args(binds)[1] if a in ("c", "d")] == ["c", "d"]


def test_expressions_as_values(users, sql):
    newest = select(func.max(users.c.age)).scalar_subquery()
    assert sql(insert(users).values(name=func.lower("A"), age=newest)) == (
        "INSERT INTO users (name, age) VALUES (lower(:lower_1), (SELECT max(users.age) AS max_1 FROM users))"
    )


def test_an_unknown_column_is_refused_with_the_known_ones(users):
    for statement in (insert(users).values(nope=1), update(users).values(nope=1)):
        with pytest.raises(
            exc.CompileError, match="'nope', which is no column of table 'users'.*id, name"
        ):
            str(statement)


def test_an_unknown_parameter_is_refused(users, dialects):
    with pytest.raises(exc.CompileError, match="'nope'"):
        compile_for(dialects["sqlite"], insert(users), column_keys=["name", "nope"])


@pytest.mark.parametrize(
    ("dialect", "ending"),
    [
        ("sqlite", "DEFAULT VALUES"),
        ("postgresql", "DEFAULT VALUES RETURNING users.id"),
        ("mysql", "() VALUES ()"),
    ],
)
def test_a_row_of_defaults_only(users, dialects, dialect, ending):
    compiled = compile_for(dialects[dialect], insert(users))
    assert compiled.string == f"INSERT INTO users {ending}"


def test_the_key_of_a_new_row_is_returned_where_the_driver_does_not_tell(users, dialects):
    compiled = compile_for(dialects["postgresql"], insert(users).values(name="x"))
    assert compiled.string == "INSERT INTO users (name) VALUES (%s) RETURNING users.id"
    assert compiled.implicit_returning == (users.c.id,)
    assert not compiled.returning
    assert compiled.inserted_primary_key(None, None, None, (8,)) == (8,)
    lite = compile_for(dialects["sqlite"], insert(users).values(name="x"))
    assert lite.implicit_returning == ()
    assert lite.inserted_primary_key(None, None, 5) == (5,)
    given = compile_for(dialects["postgresql"], insert(users).values(id=3))
    assert given.implicit_returning == ()
    assert given.inserted_primary_key(None) == (3,)


def test_a_sequence_is_written_into_the_statement(dialects):
    table = Table("t", MetaData(), Column("id", Integer, Sequence("my seq"), primary_key=True))
    assert compile_for(dialects["postgresql"], insert(table)).string == (
        "INSERT INTO t (id) VALUES (nextval('\"my seq\"')) RETURNING t.id"
    )
    assert compile_for(dialects["sqlite"], insert(table)).string == "INSERT INTO t DEFAULT VALUES"


def test_insert_from_select(users, posts, items, sql):
    statement = insert(posts).from_select(["title"], select(users.c.name))
    assert sql(statement) == "INSERT INTO posts (title) SELECT users.name FROM users"
    with_defaults = insert(items).from_select(["name"], select(users.c.name))
    assert sql(with_defaults, "sqlite") == (
        "INSERT INTO items (name, number, state, stamp) SELECT users.name, ? AS anon_1, ? AS anon_2, "
        "lower(?) AS lower_1 FROM users"
    )


def test_where_a_cte_of_an_insert_stands(users, posts, sql):
    names = select(users.c.name).cte("names")
    statement = insert(posts).from_select(["title"], select(names.c.name))
    cte = "WITH names AS (SELECT users.name AS name FROM users)"
    assert sql(statement, "postgresql") == (
        f"{cte} INSERT INTO posts (title) SELECT names.name FROM names"
    )
    assert (
        sql(statement, "mysql") == f"INSERT INTO posts (title) {cte} SELECT names.name FROM names"
    )


def test_update(users, sql):
    statement = update(users).where(users.c.id == 5).values(name="x", age=users.c.age + 1)
    assert sql(statement) == (
        "UPDATE users SET name=:name, age=(users.age + :age_1) WHERE users.id = :id_1"
    )


def test_update_sets_onupdate_defaults(items, dialects):
    compiled = compile_for(dialects["sqlite"], update(items).values(name="x"))
    assert compiled.string == "UPDATE items SET name=?, state=?, stamp=upper(?)"
    assert compiled.make_args()[1] == ("x", "changed", "x")
    given = compile_for(dialects["sqlite"], update(items).values(state="kept"))
    assert given.make_args()[1][0] == "kept"


def test_update_in_the_order_given(users, sql):
    statement = update(users).ordered_values((users.c.age, 1), (users.c.name, "x"))
    assert sql(statement) == "UPDATE users SET age=:age, name=:name"


def test_update_of_nothing_is_refused(users, dialects):
    with pytest.raises(exc.CompileError, match="sets no column"):
        compile_for(dialects["sqlite"], update(users))


def test_a_parameter_named_after_a_written_column_is_refused(users):
    statement = update(users).where(users.c.name == bindparam("name")).values(name="x")
    with pytest.raises(exc.CompileError, match="Give the parameter another name"):
        str(statement)


def test_update_with_other_tables(users, posts, sql):
    statement = update(posts).where(posts.c.user_id == users.c.id).values(title=users.c.name)
    condition = "WHERE posts.user_id = users.id"
    for dialect in ("sqlite", "postgresql"):
        assert sql(statement, dialect) == (
            f"UPDATE posts SET title=users.name FROM users {condition}"
        )
    assert sql(statement, "mysql") == f"UPDATE posts, users SET posts.title=users.name {condition}"


def test_delete_with_other_tables(users, posts, sql):
    statement = delete(posts).where(posts.c.user_id == users.c.id)
    assert sql(statement, "postgresql") == (
        "DELETE FROM posts USING users WHERE posts.user_id = users.id"
    )
    assert sql(statement, "mysql") == (
        "DELETE FROM posts USING posts, users WHERE posts.user_id = users.id"
    )
    with pytest.raises(exc.CompileError, match="cannot delete from a table joined"):
        sql(statement, "sqlite")


def test_returning(users, sql, dialects):
    statement = insert(users).values(name="x").returning(users.c.id, func.lower(users.c.name))
    assert sql(statement, "postgresql") == (
        "INSERT INTO users (name) VALUES (%s) RETURNING users.id, lower(users.name) AS lower_1"
    )
    assert sql(statement, "sqlite").endswith("RETURNING id, lower(name) AS lower_1")
    compiled = compile_for(dialects["postgresql"], statement)
    assert compiled.returning
    assert [c.key for c in compiled.result_columns] == ["id", "lower_1"]
    with pytest.raises(exc.CompileError, match="no UPDATE ... RETURNING"):
        compile_for(dialects["mysql"], update(users).values(name="x").returning(users.c.id))


def test_a_cte_that_writes(users, posts, sql):
    gone = delete(posts).where(posts.c.id > 5).returning(posts.c.user_id).cte("gone")
    statement = select(users.c.name).where(users.c.id.in_(select(gone.c.user_id)))
    assert sql(statement, "postgresql") == (
        "WITH gone AS (DELETE FROM posts WHERE posts.id > %s RETURNING posts.user_id) "
        "SELECT users.name FROM users WHERE users.id IN (SELECT gone.user_id FROM gone)"
    )
