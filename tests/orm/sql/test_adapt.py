from __future__ import annotations

import pytest

from orm.schema import Column, MetaData, Table
from orm.sql import (
    and_,
    bindparam,
    exists,
    func,
    insert,
    select,
    text,
    union,
)
from orm.sql.adapt import (
    ClauseAdapter,
    ColumnAdapter,
    bind_values,
    cloned_traverse,
    criterion_as_pairs,
    find_columns,
    find_tables,
    flat_alias,
    iterate,
    join_condition,
    replacement_traverse,
)
from orm.sql.elements import BindParameter
from orm.types import Integer


class TestReplacement:
    def test_nothing_to_replace_gives_the_same_object(self, t):
        expression = (t.users.c.id == 5) & (t.users.c.name == "x")
        assert replacement_traverse(expression, lambda e: None) is expression

    def test_the_rest_is_shared(self, t):
        c = t.users.c
        left, right = c.id == 5, c.name == "x"
        new = replacement_traverse(left & right, lambda e: c.age if e is c.id else None)
        assert str(new) == "users.age = :id_1 AND users.name = :name_1"
        assert new.clauses[1] is right
        assert new.clauses[0].right is left.right
        assert str(left) == "users.id = :id_1"

    def test_statement(self, t):
        alias = t.users.alias("u")
        statement = select(t.users.c.id).where(t.users.c.id == 5).order_by(t.users.c.name)
        new = ClauseAdapter(alias).traverse(statement)
        assert str(new) == "SELECT u.id \nFROM users AS u \nWHERE u.id = :id_1 ORDER BY u.name"
        assert "FROM users \n" in str(statement)
        assert new.cache_key()[0] != statement.cache_key()[0]

    def test_columns_follow_their_subquery(self, t):
        sub = select(t.users.c.id).where(t.users.c.age == 5).subquery("s")
        statement = select(sub.c.id).where(sub.c.id > 1)

        def replace(element):
            if isinstance(element, BindParameter) and element.value == 5:
                return element._with_value(6)
            return None

        new = replacement_traverse(statement, replace)
        assert sorted(bind_values(new) + bind_values(new._raw_columns[0].table)) == [1, 6]
        assert len(new.get_final_froms()) == 1


class TestClauseAdapter:
    def test_by_lineage(self, t):
        sub = select(t.users.c.id, t.users.c.name.label("n")).subquery("s")
        adapter = ClauseAdapter(sub)
        assert str(adapter.traverse(t.users.c.name == t.posts.c.title)) == "s.n = posts.title"
        assert str(adapter.traverse(func.max(t.users.c.id))) == "max(s.id)"
        assert adapter.traverse(t.users.c.age) is t.users.c.age

    def test_annotations_stay(self, t):
        adapter = ClauseAdapter(t.users.alias("u"))
        found = adapter.traverse(t.users.c.id._annotate({"proxy_key": "x"}))
        assert found._annotations["proxy_key"] == "x"
        assert found.table.name == "u"

    def test_equivalents(self, t):
        alias = t.posts.alias("p")
        adapter = ClauseAdapter(alias, equivalents={t.users.c.id: [t.posts.c.user_id]})
        assert str(adapter.traverse(t.users.c.id)) == "p.user_id"

    def test_column_adapter_remembers(self, t):
        columns = ColumnAdapter(t.users.alias("u")).columns
        assert columns[t.users.c.id] is columns[t.users.c.id]


class TestQuestions:
    def test_find(self, t):
        expression = (t.users.c.id == t.posts.c.user_id) & (t.users.c.age > 5)
        assert find_columns(expression) == {t.users.c.id, t.posts.c.user_id, t.users.c.age}
        assert find_tables(expression, check_columns=True) == [t.users, t.posts]
        assert find_tables(t.users.join(t.posts)) == [t.users, t.posts]
        assert sum(1 for _ in iterate(expression)) == 7

    def test_join_condition(self, t):
        assert str(join_condition(t.users, t.posts)) == "users.id = posts.user_id"
        assert str(join_condition(t.posts, t.users.alias("u"))) == "u.id = posts.user_id"

    def test_pairs(self, t):
        condition = (t.users.c.id == t.posts.c.user_id) & (t.posts.c.title == "x")
        assert criterion_as_pairs(condition) == [(t.users.c.id, t.posts.c.user_id)]
        given = criterion_as_pairs(
            t.users.c.age == t.posts.c.id, consider_as_foreign_keys={t.posts.c.id}
        )
        assert given == [(t.users.c.age, t.posts.c.id)]


class TestCopies:
    def test_cloned_traverse(self, t):
        statement = select(t.users).where(t.users.c.id == 5)
        seen = []
        copy = cloned_traverse(statement, {}, {"bindparam": seen.append})
        assert copy is not statement
        assert len(seen) == 1
        assert str(copy) == str(statement)
        assert find_tables(copy) == [t.users]

    def test_flat_alias(self, t):
        made = flat_alias(t.users.join(t.posts), "x")
        assert str(made.onclause) == "x_users.id = x_posts.user_id"


def test_flat_aliases_of_anonymous_ones_stay_apart():
    metadata = MetaData()
    one = Table("one", metadata, Column("id", Integer)).alias()
    two = Table("two", metadata, Column("id", Integer)).alias()
    made = one.join(two, one.c.id == two.c.id).alias("x", flat=True)
    text = " ".join(str(select(made)).split())
    assert "FROM one AS anon_1 JOIN two AS anon_2 ON anon_1.id = anon_2.id" in text


class TestParams:
    """Values for named parameters, in a statement or an expression of any kind."""

    def test_of_every_kind(self, t):
        condition = t.users.c.age > bindparam("p", 1)
        selected = select(t.users.c.id).where(condition)
        for element in (
            condition,
            selected,
            union(selected, selected),
            select(selected.subquery()),
            selected.subquery(),
            exists().where(condition),
            func.abs(bindparam("p", 1)),
            text("SELECT :p").bindparams(p=1),
            text("SELECT :p").bindparams(p=1).columns(p=Integer),
        ):
            assert element.params(p=5).compile().params == {"p": 5}
            assert element.params({"p": 6}).compile().params == {"p": 6}
            assert element.params(other=7).compile().params == {"p": 1}
            assert element.compile().params == {"p": 1}

    def test_one_dict_wins_over_keywords(self, t):
        statement = select(t.users.c.id).where(t.users.c.age > bindparam("p"))
        assert statement.params({"p": 1}, p=2).compile().params == {"p": 1}
        with pytest.raises(TypeError):
            statement.params({"p": 1}, {"p": 2})

    def test_unique_ones_keep_apart(self, t):
        condition = t.users.c.age > bindparam("p", 1)
        both = and_(condition.unique_params(p=5), condition.unique_params(p=6))
        assert both.compile().params == {"p_1": 5, "p_2": 6}
        assert str(both) == "users.age > :p_1 AND users.age > :p_2"

    def test_writing_statements_have_values_instead(self, t):
        with pytest.raises(NotImplementedError, match="values"):
            insert(t.users).params(age=1)
