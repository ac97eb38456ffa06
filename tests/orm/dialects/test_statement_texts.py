"""What the databases write differently in statements: operators, functions, documents, upserts."""

from __future__ import annotations

import pytest

from orm import exc
from orm.dialects import mysql, postgresql, sqlite
from orm.schema import Column, MetaData, Table
from orm.sql.expression import case, cast, extract, literal
from orm.sql.functions import func
from orm.sql.select import select
from orm.types.scalar import Boolean, Integer, Numeric, String
from orm.types.structured import ARRAY, JSON
from orm.types.temporal import DateTime


def make_maria():
    dialect = mysql.dialect()
    dialect.is_mariadb = True
    return dialect


DIALECTS = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect(), "mysql": make_maria()}

T = Table(
    "t",
    MetaData(),
    Column("i", Integer, primary_key=True),
    Column("s", String(20)),
    Column("b", Boolean),
    Column("d", DateTime),
    Column("j", JSON),
)


def sql(statement, dialect):
    return " ".join(str(statement.compile(dialect=DIALECTS[dialect])).split())


def expr(element, dialect):
    return sql(select(element.label("x")), dialect).removeprefix("SELECT ").partition(" AS x")[0]


@pytest.mark.parametrize(
    ("element", "lite", "postgres", "maria"),
    [
        (T.c.s + "x", "t.s || ?", "t.s || %s", "concat(t.s, %s)"),
        (T.c.s + T.c.s + "x", "t.s || t.s || ?", "t.s || t.s || %s", "concat(t.s, t.s, %s)"),
        (T.c.i / T.c.i, "t.i / (t.i + 0.0)", "t.i / CAST(t.i AS NUMERIC)", "t.i / t.i"),
        (T.c.i // T.c.i, "t.i / t.i", "t.i / t.i", "FLOOR(t.i / t.i)"),
        (T.c.i % T.c.i, "t.i % t.i", "t.i %% t.i", "t.i %% t.i"),
        (T.c.s.ilike("a"), "lower(t.s) LIKE lower(?)", "t.s ILIKE %s", "lower(t.s) LIKE lower(%s)"),
        (
            T.c.s.contains("a"),
            "t.s LIKE '%' || ? || '%'",
            "t.s LIKE '%%' || %s || '%%'",
            "t.s LIKE concat('%%', %s, '%%')",
        ),
        (
            T.c.s.startswith("a/", autoescape=True),
            "t.s LIKE ? || '%' ESCAPE '/'",
            "t.s LIKE %s || '%%' ESCAPE '/'",
            "t.s LIKE concat(%s, '%%') ESCAPE '/'",
        ),
        (
            T.c.s.like("a", escape="\\"),
            "t.s LIKE ? ESCAPE '\\'",
            "t.s LIKE %s ESCAPE '\\'",
            "t.s LIKE %s ESCAPE '\\\\'",
        ),
        (
            T.c.s.is_distinct_from(None),
            "t.s IS NOT NULL",
            "t.s IS DISTINCT FROM NULL",
            "NOT (t.s <=> NULL)",
        ),
        (T.c.s.regexp_match("a"), "t.s REGEXP ?", "t.s ~ %s", "t.s REGEXP %s"),
        (~T.c.s.regexp_match("a"), "t.s NOT REGEXP ?", "t.s !~ %s", "t.s NOT REGEXP %s"),
        (T.c.b == True, "t.b = 1", "t.b = true", "t.b = true"),
        (
            T.c.i.between(1, 2),
            "t.i BETWEEN ? AND ?",
            "t.i BETWEEN %s AND %s",
            "t.i BETWEEN %s AND %s",
        ),
        (
            extract("year", T.c.d),
            "CAST(STRFTIME('%Y', t.d) AS INTEGER)",
            "EXTRACT(year FROM t.d)",
            "EXTRACT(year FROM t.d)",
        ),
        (
            cast(T.c.s, Integer),
            "CAST(t.s AS INTEGER)",
            "CAST(t.s AS INTEGER)",
            "CAST(t.s AS SIGNED INTEGER)",
        ),
        (cast(T.c.i, String), "CAST(t.i AS VARCHAR)", "CAST(t.i AS VARCHAR)", "CAST(t.i AS CHAR)"),
        (
            cast(T.c.i, Numeric(5, 1)),
            "CAST(t.i AS NUMERIC(5, 1))",
            "CAST(t.i AS NUMERIC(5, 1))",
            "CAST(t.i AS DECIMAL(5, 1))",
        ),
        (func.now(), "CURRENT_TIMESTAMP", "now()", "now()"),
        (func.current_date(), "CURRENT_DATE", "CURRENT_DATE", "CURRENT_DATE"),
        (func.my_schema.fn(T.c.i), "my_schema.fn(t.i)", "my_schema.fn(t.i)", "my_schema.fn(t.i)"),
        (
            case((T.c.i > 5, "a"), else_="b"),
            "CASE WHEN (t.i > ?) THEN ? ELSE ? END",
            "CASE WHEN (t.i > %s) THEN %s ELSE %s END",
            "CASE WHEN (t.i > %s) THEN %s ELSE %s END",
        ),
        (
            T.c.s.collate("de_DE"),
            't.s COLLATE "de_DE"',
            't.s COLLATE "de_DE"',
            "t.s COLLATE `de_DE`",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_expressions(element, lite, postgres, maria):
    assert expr(element, "sqlite") == lite
    assert expr(element, "postgresql") == postgres
    assert expr(element, "mysql") == maria


def test_documents():
    item, text, number = T.c.j["a"], T.c.j["a"].as_string(), T.c.j[("a", 1)].as_integer()
    assert expr(item, "sqlite") == "JSON_QUOTE(JSON_EXTRACT(t.j, ?))"
    assert expr(text, "sqlite") == "JSON_EXTRACT(t.j, ?)"
    assert expr(item, "postgresql") == "t.j -> %s::TEXT"
    assert expr(text, "postgresql") == "t.j ->> %s::TEXT"
    assert expr(number, "postgresql") == "CAST((t.j #>> %s::TEXT[]) AS INTEGER)"
    assert expr(item, "mysql") == "JSON_EXTRACT(t.j, %s)"
    assert "JSON_UNQUOTE(JSON_EXTRACT(t.j, %s))" in expr(text, "mysql")


def test_casts_of_parameters():
    statement = select(func.json_build_object("k", T.c.i))
    assert "json_build_object(%s::VARCHAR, t.i)" in sql(statement, "postgresql")
    assert expr(literal([1, 2], ARRAY(Integer)), "postgresql") == "%s::INTEGER[]"


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_on_conflict(dialect):
    module = {"sqlite": sqlite, "postgresql": postgresql}[dialect]
    mark = {"sqlite": "?", "postgresql": "%s"}[dialect]
    statement = module.insert(T).values(i=1, s="x")
    nothing = statement.on_conflict_do_nothing()
    base = f"INSERT INTO t (i, s) VALUES ({mark}, {mark})"
    assert sql(nothing, dialect) == f"{base} ON CONFLICT DO NOTHING"
    update = statement.on_conflict_do_update(
        index_elements=[T.c.i],
        index_where=T.c.s > "m",
        set_={"s": statement.excluded.s, T.c.b: True},
        where=T.c.i < 5,
    )
    assert sql(update, dialect) == (
        f"{base} ON CONFLICT (i) WHERE s > 'm' DO UPDATE SET s = excluded.s, b = {mark} WHERE t.i < {mark}"
    )


def test_on_conflict_by_constraint():
    statement = postgresql.insert(T).values(i=1).on_conflict_do_nothing(constraint="my pk")
    assert sql(statement, "postgresql").endswith('ON CONFLICT ON CONSTRAINT "my pk" DO NOTHING')
    lite = sqlite.insert(T).values(i=1).on_conflict_do_nothing(constraint="pk")
    with pytest.raises(exc.CompileError, match="index_elements"):
        sql(lite, "sqlite")
    with pytest.raises(exc.CompileError, match="needs index_elements"):
        sql(postgresql.insert(T).values(i=1).on_conflict_do_update(set_={"s": 1}), "postgresql")


def test_on_conflict_mistakes():
    with pytest.raises(exc.ArgumentError, match="at least one column"):
        sqlite.insert(T).on_conflict_do_update(index_elements=["i"])
    wrong = sqlite.insert(T).on_conflict_do_update(index_elements=["i"], set_={"nope": 1})
    with pytest.raises(exc.CompileError, match="sets nope"):
        sql(wrong.values(i=1), "sqlite")


def test_on_duplicate_key():
    statement = mysql.insert(T).values(i=1, s="x")
    statement = statement.on_duplicate_key_update(s=statement.inserted.s, b=True)
    assert sql(statement, "mysql") == (
        "INSERT INTO t (i, s) VALUES (%s, %s) ON DUPLICATE KEY UPDATE s = VALUES(s), b = %s"
    )


def test_the_values_of_an_upsert_are_bound_anew():
    def make(value):
        return (
            sqlite.insert(T)
            .values(i=value)
            .on_conflict_do_update(index_elements=["i"], set_={"s": f"v{value}"})
        )

    from orm.sql.cache_key import statement_key

    statement = make(1)
    key, binds = statement_key(statement)
    other_key, other_binds = statement_key(make(2))
    assert key == other_key
    dialect = DIALECTS["sqlite"]
    compiled = dialect.statement_compiler(dialect).compile(statement, extracted=binds)
    assert compiled.make_args(binds)[1] == (1, "v1")
    assert compiled.make_args(other_binds)[1] == (2, "v2")


def test_jsonb_and_array_operators():
    table = Table(
        "p",
        MetaData(),
        Column("j", postgresql.JSONB),
        Column("a", postgresql.ARRAY(String(5))),
    )

    def where(condition):
        return sql(select(table.c.a).where(condition), "postgresql").partition(" WHERE ")[2]

    assert where(table.c.j.contains({"k": 1})) == "p.j @> %s::JSONB"
    assert where(table.c.j.has_key("k")) == "p.j ? %s"
    assert where(table.c.j.has_any(["k"])) == "p.j ?| %s::TEXT[]"
    assert where(table.c.a.contains(["x"])) == "p.a @> %s::VARCHAR(5)[]"
    assert where(table.c.a.any("x")) == "%s = ANY (p.a)"
