from __future__ import annotations

import decimal

import pytest

from orm import Column, ForeignKey, MetaData, Table, exc
from orm.dialects import sqlite
from orm.sql import (
    LABEL_STYLE_TABLENAME_PLUS_COL,
    ClauseList,
    OrderByList,
    and_,
    bindparam,
    case,
    cast,
    column,
    exists,
    func,
    lateral,
    literal,
    literal_column,
    null,
    or_,
    select,
    table,
    text,
    true,
    union,
    union_all,
    values,
)
from orm.sql.selectable import Join
from orm.types import Integer, String


def lines(statement):
    return [line.strip() for line in str(statement).splitlines()]


class TestImmutability:
    @pytest.mark.parametrize(
        "change",
        [
            lambda s, u: s.where(u.c.id == 1),
            lambda s, u: s.filter_by(id=1),
            lambda s, u: s.order_by(u.c.id),
            lambda s, u: s.group_by(u.c.id),
            lambda s, u: s.having(u.c.id == 1),
            lambda s, u: s.limit(1),
            lambda s, u: s.offset(1),
            lambda s, u: s.distinct(),
            lambda s, u: s.join(u.alias("x"), true()),
            lambda s, u: s.select_from(u.alias("x")),
            lambda s, u: s.add_columns(u.c.id),
            lambda s, u: s.with_only_columns(u.c.id),
            lambda s, u: s.with_for_update(),
            lambda s, u: s.correlate(u),
            lambda s, u: s.prefix_with("X"),
            lambda s, u: s.execution_options(a=1),
            lambda s, u: s.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL),
        ],
    )
    def test_methods_leave_the_statement_as_it_is(self, t, change):
        statement = select(t.users)
        before, state = str(statement), dict(statement.__dict__)
        changed = change(statement, t.users)
        assert changed is not statement
        assert type(changed) is type(statement)
        assert str(statement) == before
        assert {k: v for k, v in statement.__dict__.items() if k in state} == state

    def test_memos_do_not_travel(self, t):
        statement = select(t.users.c.id)
        assert statement.selected_columns.keys() == ["id"]
        assert statement.add_columns(t.users.c.age).selected_columns.keys() == ["id", "age"]


class TestBadInput:
    @pytest.mark.parametrize("bad", [2.7, "5", -1, True, decimal.Decimal(5), object(), [1]])
    @pytest.mark.parametrize("method", ["limit", "offset", "fetch"])
    def test_row_counts(self, t, method, bad):
        with pytest.raises(exc.ArgumentError, match=rf"{method}\(\) takes"):
            getattr(select(t.users), method)(bad)

    def test_row_counts_that_are_fine(self, t):
        assert select(t.users).limit(0)._limit == 0
        assert select(t.users).limit(None)._limit_clause is None
        assert select(t.users).limit(5).limit(None)._limit_clause is None
        assert select(t.users).limit(bindparam("n"))._limit_clause.key == "n"
        assert select(t.users).limit(func.length("a"))._limit is None

    @pytest.mark.parametrize(
        ("build", "message"),
        [
            (lambda u: select("id"), "literal"),
            (lambda u: select([u.c.id]), "separate arguments"),
            (lambda u: select(object()), "columns, tables and mapped classes"),
            (lambda u: select(dict), "mapped"),
            (lambda u: select(u).where("id = 1"), "text"),
            (lambda u: select(u).where(5), "SQL expression"),
            (lambda u: select(u).where(u), "SQL expression"),
            (lambda u: select(u).order_by(u), "whole table"),
            (lambda u: select(u).order_by(object()), "names of labels"),
            (lambda u: select(u).join("posts"), "table"),
            (lambda u: select(u).select_from(5), "table"),
            (lambda u: select(u).options(5), "selectinload"),
            (lambda u: select(u).with_only_columns([u.c.id]), "separate arguments"),
            (lambda u: union(select(u.c.id), select(u)), "same number of columns"),
            (lambda u: union(u), "SELECT statements"),
            (lambda u: case(1), "pairs"),
            (lambda u: values(column("a")).data([(1, 2)]), "1 values"),
            (lambda u: u.alias(5), "string"),
            (lambda u: func.sum(u.c.id).over(rows=(1, -1)), "begins before"),
            (lambda u: func.sum(u.c.id).over(rows=(None, 0), range_=(None, 0)), "one of"),
        ],
    )
    def test_refused_with_the_way_out(self, t, build, message):
        with pytest.raises(exc.ArgumentError, match=message):
            build(t.users)

    def test_select_has_no_columns_of_its_own(self, t):
        with pytest.raises(AttributeError, match="subquery"):
            select(t.users).c

    def test_unknown_column_names_the_known(self, t):
        with pytest.raises(AttributeError, match="user_id"):
            t.posts.c.nope
        with pytest.raises(KeyError, match="user_id"):
            t.posts.c["nope"]

    def test_filter_by_unknown_name(self, t):
        with pytest.raises(exc.InvalidRequestError, match="nope"):
            select(t.users).filter_by(nope=1)


def _key(name):
    return Column(f"{name}_id", ForeignKey(f"{name}.id"))


class TestFrom:
    def test_tables_come_from_columns_and_conditions(self, t):
        statement = select(t.users.c.id).where(t.posts.c.user_id == t.users.c.id)
        assert statement.get_final_froms() == [t.users, t.posts]

    def test_join_by_foreign_key(self, t):
        (join,) = select(t.users).join(t.posts).get_final_froms()
        assert isinstance(join, Join)
        assert str(join.onclause) == "users.id = posts.user_id"

    def test_join_from_and_outer(self, t):
        statement = select(t.posts.c.id).join_from(t.users, t.posts, isouter=True)
        assert "FROM users LEFT OUTER JOIN posts ON users.id = posts.user_id" in lines(statement)

    def test_join_from_goes_by_the_keys_of_its_left_side(self, t):
        metadata = MetaData()
        top = Table("top", metadata, Column("id", primary_key=True))
        middle = Table("middle", metadata, Column("id", primary_key=True), _key("top"))
        low = Table("low", metadata, _key("top"), _key("middle"))
        statement = select(top).join_from(top, middle).join_from(top, low)
        assert "JOIN low ON top.id = low.top_id" in str(statement)

    def test_join_picks_the_side_that_fits(self, t):
        other = table("other", column("x"))
        statement = select(other.c.x, t.users.c.id).join(t.posts)
        assert [type(f).__name__ for f in statement.get_final_froms()] == ["Join", "TableClause"]

    def test_no_foreign_key(self, t):
        with pytest.raises(exc.NoForeignKeysError, match="onclause"):
            select(t.users).join(t.nodes).get_final_froms()

    def test_ambiguous_left_side(self, t):
        with pytest.raises(exc.InvalidRequestError, match="join_from"):
            select(t.users.c.id, t.nodes.c.id).join(table("x")).get_final_froms()

    def test_two_foreign_keys_are_ambiguous(self, t):
        from orm.schema.column import Column
        from orm.schema.foreign_key import ForeignKey
        from orm.schema.table import Table

        pairs = Table(
            "pairs",
            t.metadata,
            Column("a", ForeignKey("users.id")),
            Column("b", ForeignKey("users.id")),
        )
        with pytest.raises(exc.AmbiguousForeignKeysError, match=r"pairs\.a"):
            t.users.join(pairs)
        assert t.users.join(pairs, pairs.c.a == t.users.c.id) is not None

    def test_join_to_alias_of_itself(self, t):
        parent = t.nodes.alias("parent")
        statement = select(t.nodes).join(parent, t.nodes.c.parent_id == parent.c.id)
        assert "JOIN nodes AS parent ON nodes.parent_id = parent.id" in str(statement)

    def test_joined_tables_are_not_repeated(self, t):
        joined = t.users.join(t.posts)
        statement = select(t.users.c.id, t.posts.c.id).select_from(joined)
        assert statement.get_final_froms() == [joined]


class TestNames:
    def test_equal_names_are_told_apart(self, t):
        statement = select(t.users.c.id, t.posts.c.id, t.nodes.c.id)
        assert statement.selected_columns.keys() == ["id", "id_1", "id_2"]
        assert statement.subquery().c.keys() == ["id", "id_1", "id_2"]
        assert "posts.id AS id_1" in str(statement)

    def test_made_up_names_avoid_real_ones(self, t):
        statement = select(t.users.c.id.label("id_1"), t.posts.c.id, t.nodes.c.id)
        names = [n.name for n in statement._named_columns()]
        assert len(set(names)) == 3

    def test_functions_and_expressions(self, t):
        statement = select(func.count(), func.count(t.users.c.id), t.users.c.id + 1)
        assert [n.name for n in statement._named_columns()] == ["count_1", "count_2", "anon_1"]
        assert statement.subquery().c.keys() == ["count", "count_1", "_no_label"]

    def test_table_name_style(self, t):
        statement = select(t.users.c.id).set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
        assert statement.selected_columns.keys() == ["users_id"]

    def test_text_has_no_name(self):
        assert [n.name for n in select(text("x"), literal(1))._named_columns()] == [None, "anon_1"]


class TestSubqueries:
    def test_columns_come_from_their_originals(self, t):
        sub = select(t.users.c.id, t.users.c.name.label("n")).subquery()
        assert sub.corresponding_column(t.users.c.id) is sub.c.id
        assert sub.corresponding_column(t.users.c.name) is sub.c.n
        assert sub.corresponding_column(t.users.c.age) is None
        assert sub.alias().corresponding_column(t.users.c.id).key == "id"
        assert sub.c.id.primary_key
        assert sub.is_derived_from(t.users)

    def test_correlation(self, t):
        inner = select(func.count(t.posts.c.id)).where(t.posts.c.user_id == t.users.c.id)
        assert "FROM posts" in lines(select(t.users.c.id, inner.scalar_subquery()))[1]
        assert "FROM posts, users" in str(inner)

    def test_correlate_none(self, t):
        inner = select(t.posts.c.id).where(t.posts.c.user_id == t.users.c.id).correlate(None)
        assert "FROM posts, users" in str(select(t.users).where(inner.exists()))

    def test_nothing_left_after_correlation(self, t):
        inner = select(t.users.c.id, t.posts.c.id).scalar_subquery()
        with pytest.raises(exc.InvalidRequestError, match="correlate"):
            str(select(t.users, t.posts).where(t.users.c.id == inner))

    def test_exists(self, t):
        statement = select(t.users).where(~exists().where(t.posts.c.user_id == t.users.c.id))
        assert "NOT (EXISTS (SELECT *" in str(statement)

    def test_recursive_cte(self, t):
        tree = select(t.nodes.c.id).where(t.nodes.c.id == 1).cte("tree", recursive=True)
        tree = tree.union_all(select(t.nodes.c.id).where(t.nodes.c.parent_id == tree.c.id))
        assert str(select(tree.c.id)).startswith("WITH RECURSIVE tree(id) AS")

    def test_lateral(self, t):
        inner = select(t.posts.c.title).where(t.posts.c.user_id == t.users.c.id)
        statement = select(t.users.c.id, lateral(inner, "p").c.title)
        assert "LATERAL (SELECT" in str(statement)

    def test_values(self):
        v = values(column("a", Integer), column("b", String), name="v").data([(1, "x"), (2, "y")])
        assert v.c.keys() == ["a", "b"]
        assert "VALUES" in str(select(v))

    def test_union_members_with_limits_stand_in_parentheses(self, t):
        first = select(t.users.c.id).limit(1)
        statement = union_all(first, select(t.posts.c.id)).order_by("id")
        assert str(statement).startswith("(SELECT")
        assert statement.selected_columns.keys() == ["id"]

    def test_table_valued_function(self):
        f = func.json_each("[1]").table_valued("key", "value")
        assert f.c.keys() == ["key", "value"]
        assert "json_each(" in str(select(f.c.value))


class TestText:
    def test_parameters_are_found(self):
        statement = text("select :a, ':x' , b::int, \\:c, 12:30 where x = :d")
        assert set(statement._bindparams) == {"a", "x", "d"}

    def test_unknown_parameter(self):
        with pytest.raises(exc.ArgumentError, match="no parameter :b"):
            text("x = :a").bindparams(b=1)

    def test_bindparams_copies(self):
        statement = text("x = :a")
        bound = statement.bindparams(a=5)
        assert bound._bindparams["a"].value == 5
        assert isinstance(bound._bindparams["a"].type, Integer)
        assert statement._bindparams["a"].required

    def test_columns_make_it_selectable(self):
        statement = text("select a, b from x").columns(column("a", Integer), b=String)
        assert statement.selected_columns.keys() == ["a", "b"]
        assert statement.subquery("s").c.a.type._type_affinity is Integer

    def test_conditions_within_text_stay_together(self):
        condition = text("a = 1 or b = 2") & (column("c") == 3)
        assert str(condition) == "(a = 1 or b = 2) AND c = :c_1"

    def test_literal_column_and_constants(self):
        assert str(select(literal_column("now()"), null(), true())) == (
            "SELECT now(), NULL AS anon_1, true AS anon_2"
        )


class TestConstructs:
    def test_case_forms(self, t):
        c = t.users.c
        assert str(case((c.id == 1, "a"), else_="b")).startswith("CASE WHEN")
        assert str(case({1: "a", 2: "b"}, value=c.id)).startswith("CASE users.id WHEN")
        assert case((c.id == 1, c.name)).type is c.name.type

    def test_cast_types_its_value(self):
        made = cast("5", Integer)
        assert isinstance(made.clause.type, Integer)
        assert isinstance(made.type, Integer)

    def test_windows(self, t):
        made = func.sum(t.users.c.id).over(order_by=t.users.c.id, rows=(-1, None))
        assert "ROWS BETWEEN :param_1 PRECEDING AND UNBOUNDED FOLLOWING" in str(made)

    def test_function_names_and_packages(self):
        assert str(func.pkg.sub.f(1)) == "pkg.sub.f(:f_1)"
        assert str(func.current_date()) == "CURRENT_DATE"
        with pytest.raises(exc.ArgumentError, match="Name the SQL function"):
            func()

    def test_params(self, t):
        statement = select(t.users).where(t.users.c.id == bindparam("x"))
        filled = statement.params(x=5)
        assert [b.value for b in filled.cache_key()[1]] == [5]
        assert statement.cache_key()[1][0].required

    def test_slice(self, t):
        statement = select(t.users).slice(10, 15)
        assert (statement._limit, statement._offset) == (5, 10)


class TestWhatUsersDo:
    def test_several_members_of_order_by_get_their_direction_together(self, t):
        both = OrderByList([t.users.c.name, t.users.c.age])
        ordered = select(t.users.c.id).order_by(both.desc().nulls_last())
        assert lines(ordered)[-1] == (
            "FROM users ORDER BY users.name DESC NULLS LAST, users.age DESC NULLS LAST"
        )
        assert "users.name ASC, users.age ASC" in str(select(t.users.c.id).order_by(both.asc()))
        assert "users.name NULLS FIRST" in str(select(t.users.c.id).order_by(both.nulls_first()))
        assert str(select(t.users.c.id).order_by(both)).endswith("BY users.name, users.age")

    def test_casts_and_fields_by_func(self, t):
        assert str(func.cast(t.users.c.age, String)) == "CAST(users.age AS VARCHAR)"
        assert str(func.extract("year", t.users.c.born)) == "EXTRACT(year FROM users.born)"

    def test_a_list_of_columns_is_all_of_them(self, t):
        chosen = select(t.users.c.id, ClauseList(t.users.c.name, t.users.c.age))
        assert chosen.selected_columns.keys() == ["id", "name", "age"]

    def test_conditions_from_a_generator(self, t):
        joined = or_(t.users.c.id == n for n in (1, 2))
        assert str(joined) == "users.id = :id_1 OR users.id = :id_2"
        assert str(and_(c for c in [t.users.c.id == 1])) == "users.id = :id_1"

    def test_a_join_of_joins_takes_the_keys_of_the_side_joined_last(self, t):
        third = Table(
            "third",
            t.metadata,
            Column("id", Integer, primary_key=True),
            Column("post_id", ForeignKey("posts.id")),
            Column("user_id", ForeignKey("users.id")),
        )
        joined = t.users.join(t.posts).join(third)
        assert str(joined.onclause) == "posts.id = third.post_id"

    def test_columns_may_be_named_like_methods(self):
        named = Table("n", MetaData(), *[Column(name) for name in ("add", "remove", "insert")])
        assert str(select(named.c.add, named.c.remove)).startswith("SELECT n.add, n.remove")
        with pytest.raises(TypeError, match=r"use table.append_column\(\)"):
            named.c.other = Column("other")

    def test_a_column_without_a_name_cannot_be_selected_from(self):
        inner = select(Column(String))
        with pytest.raises(exc.InvalidRequestError, match="Column that has no name yet"):
            inner.subquery().c
        with pytest.raises(exc.CompileError, match="no name yet"):
            select(func.lower(Column(String))).compile(dialect=sqlite.dialect())

    def test_correlation_reaches_past_the_from_list(self):
        one, two = table("one", column("a")), table("two", column("a"), column("b"))
        inner = select(two.c.b).where(one.c.a == two.c.a).correlate_except(two).alias("s")
        value = select(func.foo(inner.c.b)).scalar_subquery()
        assert " ".join(str(select(one).order_by(value)).split()) == (
            "SELECT one.a FROM one ORDER BY (SELECT foo(s.b) AS foo_1 FROM "
            "(SELECT two.b AS b FROM two WHERE one.a = two.a) AS s)"
        )


def test_what_a_join_contains_is_no_left_side_beside_it():
    metadata = MetaData()
    left = Table("a", metadata, Column("id", primary_key=True))
    middle = Table("b", metadata, Column("id", primary_key=True), _key("a"))
    right = Table("c", metadata, _key("b"))
    statement = select(left).select_from(middle, left).join(middle, middle.c.a_id == left.c.id)
    assert lines(statement.join(right))[1:] == [
        "FROM a JOIN b ON b.a_id = a.id JOIN c ON b.id = c.b_id"
    ]
