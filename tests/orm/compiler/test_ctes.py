"""Where common table expressions are defined: before the whole, or right before the statement that nests them."""

from __future__ import annotations

import pytest

from orm import column, exc, insert, literal, quoted_name, select, table, text, update
from orm.dialects import mysql

goods = table("goods", column("id"), column("price"))


def shown(statement, dialect=None) -> str:
    return str(statement.compile(dialect=dialect)).replace("\n", "")


def one(label="n", value=1):
    return select(literal(value).label(label))


def test_a_nesting_cte_stands_in_the_statement_that_uses_it():
    inner = one().cte("inner_one", nesting=True)
    assert shown(select(select(inner.c.n).cte("outer_one"))) == (
        "WITH outer_one AS (WITH inner_one AS (SELECT :param_1 AS n) "
        "SELECT inner_one.n AS n FROM inner_one) SELECT outer_one.n FROM outer_one"
    )


def test_add_cte_can_nest_too():
    inner = one().cte("inner_one")
    outer = select(inner.c.n).add_cte(inner, nest_here=True).cte("outer_one")
    assert shown(select(outer)).startswith("WITH outer_one AS (WITH inner_one AS (SELECT")


def test_a_cte_is_nested_in_one_place_only():
    inner = one().cte("inner_one")
    a = select(inner.c.n).add_cte(inner, nest_here=True).cte("a")
    b = select(inner.c.n).add_cte(inner, nest_here=True).cte("b")
    with pytest.raises(exc.CompileError, match="nest_here=True to more than one"):
        shown(select(a, b))


def test_nesting_at_the_top_is_the_same_as_not_nesting():
    a, b = one().cte("a", nesting=True), one("m").cte("b")
    assert shown(select(a.c.n, b.c.m)) == (
        "WITH a AS (SELECT :param_1 AS n), b AS (SELECT :param_2 AS m) SELECT a.n, b.m FROM a, b"
    )


def test_a_nested_cte_may_have_the_name_of_an_outer_one():
    inner = one().cte("same", nesting=True)
    assert shown(select(select(inner.c.n.label("m")).cte("same"))) == (
        "WITH same AS (WITH same AS (SELECT :param_1 AS n) SELECT same.n AS m FROM same) "
        "SELECT same.m FROM same"
    )


def test_nested_ctes_see_those_before_them():
    a = one("x").cte("a", nesting=True)
    b = select((a.c.x + 1).label("y")).cte("b", nesting=True)
    assert shown(select(select(a, b).cte("c"))) == (
        "WITH c AS (WITH a AS (SELECT :param_1 AS x), b AS (SELECT a.x + :x_1 AS y FROM a) "
        "SELECT a.x AS x, b.y AS y FROM a, b) SELECT c.x, c.y FROM c"
    )


def test_the_members_of_a_union_share_one_with():
    a, b = one().cte("a", nesting=True), one().cte("b", nesting=True)
    both = select(a).union(select(b)).subquery("u")
    assert shown(select(both.c.n)) == (
        "SELECT u.n FROM (WITH a AS (SELECT :param_1 AS n), b AS (SELECT :param_2 AS n) "
        "SELECT a.n AS n FROM a UNION SELECT b.n AS n FROM b) AS u"
    )


def test_recursive_stands_where_the_recursive_cte_is():
    root = one().cte("numbers", recursive=True, nesting=True)
    numbers = root.union(select((root.c.n + 1).label("n")).where(root.c.n < 9))
    text_ = shown(select(select(numbers.c.n).cte("outer_one")))
    assert text_.startswith("WITH outer_one AS (WITH RECURSIVE numbers(n) AS (SELECT")


def test_an_alias_extended_by_a_union_is_one_cte():
    root = one().cte("numbers", recursive=True).alias("more")
    more = root.union(select(root.c.n).where(root.c.n < 9))
    assert shown(select(more.c.n)) == (
        "WITH RECURSIVE more(n) AS (SELECT :param_1 AS n UNION "
        "SELECT more.n AS n FROM more WHERE more.n < :n_1) SELECT more.n FROM more"
    )


def test_recursive_ctes_run(sqlite_engine):
    root = one().cte("numbers", recursive=True, nesting=True)
    numbers = root.union_all(select(root.c.n + 1).where(root.c.n < 5))
    outer = select(numbers.c.n).cte("outer_one")
    with sqlite_engine.connect() as connection:
        assert connection.scalars(select(outer.c.n)).all() == [1, 2, 3, 4, 5]


def test_what_add_cte_gave_comes_first_and_at_any_depth():
    change = update(goods).values(price=5).where(goods.c.price > 50).cte("change")
    statement = select(goods.c.id).where(goods.c.price < 45).add_cte(change)
    assert shown(statement) == (
        "WITH change AS (UPDATE goods SET price=:param_1 WHERE goods.price > :price_1) "
        "SELECT goods.id FROM goods WHERE goods.price < :price_2"
    )
    assert shown(select(statement.subquery("s"))).startswith("WITH change AS (UPDATE")
    assert shown(text("SELECT 1").columns(column("a")).add_cte(change)).startswith("WITH change")
    assert statement.compile().params == {"param_1": 5, "price_1": 50, "price_2": 45}


def test_values_inside_a_cte_do_not_share_names_with_those_outside():
    inner = update(goods).values(price=1).where(goods.c.id == 7).cte("inner_one")
    statement = update(goods).values(price=2).where(goods.c.id == 8).add_cte(inner)
    assert statement.compile().params == {"param_1": 1, "id_1": 7, "price": 2, "id_2": 8}
    rows = insert(goods).values([{"id": 1}, {"id": 2}]).cte("rows_")
    assert shown(insert(goods).values(id=3).add_cte(rows)) == (
        "WITH rows_ AS (INSERT INTO goods (id) VALUES (:param_1), (:param_2)) "
        "INSERT INTO goods (id) VALUES (:id)"
    )


def test_a_nested_cte_of_an_insert_from_select():
    generator = one("id").cte("generator", nesting=True)
    statement = insert(goods).from_select(["id"], select(generator.c.id))
    body = "INSERT INTO goods (id) SELECT generator.id FROM generator"
    assert shown(statement) == f"WITH generator AS (SELECT :param_1 AS id) {body}"
    assert shown(statement, mysql.dialect()) == (
        "INSERT INTO goods (id) WITH generator AS (SELECT %s AS id) SELECT generator.id FROM generator"
    )
    assert shown(select(statement.returning(goods.c.id).cte("made"))).startswith(
        "WITH made AS (WITH generator AS ("
    )


def test_a_cte_within_lateral_may_correlate():
    orders = table("orders", column("id"), column("good_id"))
    other = goods.alias("other")
    inner = select(other).where(other.c.id == goods.c.id).correlate(goods).cte("inner_one")
    part = select(inner.c.id, orders.c.id.label("order_id")).add_cte(inner, nest_here=True)
    part = part.where(orders.c.good_id == inner.c.id)
    statement = select(goods.c.id).outerjoin(part.lateral("l"), literal(1) == 1)
    assert (
        "LATERAL (WITH inner_one AS (SELECT other.id AS id, other.price AS price FROM goods AS other "
        "WHERE other.id = goods.id) SELECT"
    ) in shown(statement)


def test_the_name_of_a_cte_says_whether_it_is_quoted():
    part = one().cte(quoted_name("Plain", quote=False))
    assert shown(select(part)) == "WITH Plain AS (SELECT :param_1 AS n) SELECT Plain.n FROM Plain"
