from __future__ import annotations

import functools
import operator

import pytest

from orm import exc
from orm.sql import (
    and_,
    any_,
    bindparam,
    func,
    literal,
    not_,
    operators as ops,
    or_,
    select,
    tuple_,
)
from orm.sql.elements import BinaryExpression, BindParameter
from orm.sql.lists import BooleanClauseList
from orm.types import Boolean, DateTime, Float, Integer, Interval, Numeric, String, TypeDecorator


def text_of(expression):
    return str(expression)


class TestComparison:
    @pytest.mark.parametrize(
        ("build", "expected"),
        [
            (lambda c: c == 5, "users.age = :age_1"),
            (lambda c: c != 5, "users.age != :age_1"),
            (lambda c: c < 5, "users.age < :age_1"),
            (lambda c: c >= 5, "users.age >= :age_1"),
            (lambda c: 5 > c, "users.age < :age_1"),
            (lambda c: c == None, "users.age IS NULL"),
            (lambda c: c != None, "users.age IS NOT NULL"),
            (lambda c: c.is_(None), "users.age IS NULL"),
            (lambda c: c.is_not(None), "users.age IS NOT NULL"),
            (lambda c: c.is_distinct_from(5), "users.age IS DISTINCT FROM :age_1"),
            (lambda c: ~(c == 5), "users.age != :age_1"),
            (lambda c: c.between(1, 2), "users.age BETWEEN :age_1 AND :age_2"),
            (lambda c: ~c.between(1, 2), "users.age NOT BETWEEN :age_1 AND :age_2"),
            (lambda c: c.op("&")(3), "users.age & :age_1"),
            (lambda c: c.desc().nulls_last(), "users.age DESC NULLS LAST"),
            (lambda c: -c, "-users.age"),
            (lambda c: (c + 1) * 2, "(users.age + :age_1) * :param_1"),
            (lambda c: 1 - c, ":age_1 - users.age"),
            (lambda c: c % 2, "users.age % :age_1"),
        ],
    )
    def test_renders(self, t, build, expected):
        assert text_of(build(t.users.c.age)) == expected

    def test_value_takes_the_type_and_name_of_the_column(self, t):
        expression = t.users.c.name == "ed"
        assert isinstance(expression, BinaryExpression)
        assert expression.right.value == "ed"
        assert expression.right.key == "name"
        assert expression.right.type is t.users.c.name.type
        assert isinstance(expression.type, Boolean)

    def test_value_of_another_kind_keeps_its_own_type(self, t):
        assert isinstance((t.users.c.age == 2.5).right.type, Float)
        assert isinstance((t.users.c.name == 5).right.type, Integer)

    def test_order_with_none_is_refused(self, t):
        with pytest.raises(exc.ArgumentError, match="is_not"):
            t.users.c.age < None

    def test_class_as_value_is_refused(self, t):
        with pytest.raises(exc.ArgumentError, match="class cannot be a value"):
            t.users.c.age.__eq__(int)

    def test_select_as_value_is_a_scalar_subquery(self, t):
        expression = t.users.c.id == select(t.posts.c.user_id)
        assert text_of(expression) == "users.id = (SELECT posts.user_id \nFROM posts)"

    def test_any_stands_on_the_right(self, t):
        assert ":param_1 = ANY (" in text_of(5 == any_(select(t.users.c.id)))
        assert ":param_1 < ANY (" in text_of(any_(select(t.users.c.id)) > 5)
        with pytest.raises(exc.ArgumentError, match="only be compared"):
            any_(t.users.c.id) + 1

    def test_tuple(self, t):
        pair = tuple_(t.users.c.id, t.users.c.name)
        right = pair.in_([(1, "a"), (2, "b")]).right
        assert right.expanding
        assert [type(x) for x in right.type.types] == [Integer, String]
        assert text_of(pair == (1, "a")) == "(users.id, users.name) = (:id_1, :name_1)"


class TestIn:
    def test_list_is_one_expanding_parameter(self, t):
        right = t.users.c.id.in_([1, 2, 3]).right
        assert isinstance(right, BindParameter)
        assert right.expanding
        assert right.value == [1, 2, 3]
        assert right.type is t.users.c.id.type

    def test_any_iterable(self, t):
        assert t.users.c.id.in_({1}).right.value == [1]
        assert t.users.c.id.in_(i for i in (1, 2)).right.value == [1, 2]
        assert t.users.c.id.in_({"a": 1}.values()).right.value == [1]

    def test_empty_list(self, t):
        assert t.users.c.id.in_([]).right.value == []

    def test_negation(self, t):
        assert (~t.users.c.id.in_([1])).operator is ops.not_in_op
        assert t.users.c.id.not_in([1]).operator is ops.not_in_op

    def test_expressions_among_the_values(self, t):
        expression = t.users.c.id.in_([1, t.users.c.age])
        assert text_of(expression) == "users.id IN (:id_1, users.age)"

    def test_select_and_subquery(self, t):
        inner = select(t.posts.c.user_id)
        assert text_of(t.users.c.id.in_(inner)) == "users.id IN (SELECT posts.user_id \nFROM posts)"
        assert "IN (SELECT" in text_of(t.users.c.id.in_(inner.subquery()))

    def test_bindparam_becomes_expanding(self, t):
        given = bindparam("ids")
        right = t.users.c.id.in_(given).right
        assert right.expanding
        assert right.key == "ids"
        assert right.required
        assert not given.expanding

    @pytest.mark.parametrize("bad", [5, "abc", b"abc", None])
    def test_single_value_is_refused(self, t, bad):
        with pytest.raises(exc.ArgumentError, match="list of values"):
            t.users.c.id.in_(bad)


class TestText:
    @pytest.mark.parametrize(
        ("build", "expected"),
        [
            (lambda c: c.like("a%"), "users.name LIKE :name_1"),
            (lambda c: c.like("a%", escape="/"), "users.name LIKE :name_1 ESCAPE '/'"),
            (lambda c: c.ilike("a%"), "lower(users.name) LIKE lower(:name_1)"),
            (lambda c: c.not_like("a%"), "users.name NOT LIKE :name_1"),
            (lambda c: c.startswith("a"), "users.name LIKE :name_1 || '%'"),
            (lambda c: c.endswith("a"), "users.name LIKE '%' || :name_1"),
            (lambda c: c.contains("a"), "users.name LIKE '%' || :name_1 || '%'"),
            (lambda c: ~c.contains("a"), "users.name NOT LIKE '%' || :name_1 || '%'"),
            (
                lambda c: c.icontains("a"),
                "lower(users.name) LIKE '%' || lower(:name_1) || '%'",
            ),
            (lambda c: c + "x", "users.name || :name_1"),
            (lambda c: "x" + c, ":name_1 || users.name"),
            (lambda c: c.collate("nocase"), "users.name COLLATE nocase"),
        ],
    )
    def test_renders(self, t, build, expected):
        assert text_of(build(t.users.c.name)) == expected

    def test_autoescape(self, t):
        expression = t.users.c.name.contains("50%_a/b", autoescape=True)
        assert expression.modifiers == {"escape": "/"}
        assert expression.right.left.right.value == "50/%/_a//b"

    def test_autoescape_needs_plain_text(self, t):
        with pytest.raises(exc.ArgumentError, match="plain string"):
            t.users.c.name.contains(t.users.c.age, autoescape=True)

    def test_escape_is_one_character(self, t):
        with pytest.raises(exc.ArgumentError, match="single character"):
            t.users.c.name.like("a", escape="//")

    def test_regexp(self, t):
        expression = t.users.c.name.regexp_match("^a", flags="i")
        assert expression.operator is ops.regexp_match_op
        assert expression.modifiers == {"flags": "i"}
        assert (~expression).operator is ops.not_regexp_match_op


class TestBoolean:
    def test_chain_of_hundreds_stays_flat(self, t):
        parts = [t.users.c.id == i for i in range(1500)]
        for sign in (operator.and_, operator.or_):
            chain = functools.reduce(sign, parts)
            assert isinstance(chain, BooleanClauseList)
            assert len(chain.clauses) == 1500
            assert len(select(t.users).where(chain).cache_key()[1]) == 1500

    def test_parentheses_between_kinds(self, t):
        c = t.users.c
        mixed = (c.id == 1) & ((c.age == 2) | (c.age == 3))
        assert text_of(mixed) == "users.id = :id_1 AND (users.age = :age_1 OR users.age = :age_2)"
        assert text_of(~mixed).startswith("NOT (")

    def test_constants_disappear_or_win(self, t):
        condition = t.users.c.id == 1
        assert and_(condition, True) is condition
        assert text_of(and_(condition, False)) == "false"
        assert text_of(or_(condition, True)) == "true"
        assert or_(condition, False) is condition
        assert text_of(and_()) == "true"

    def test_not(self, t):
        assert text_of(not_(t.users.c.active)) == "NOT users.active"
        assert text_of(not_(not_(t.users.c.active))) == "users.active"

    @pytest.mark.parametrize(
        "misuse",
        [
            lambda c: bool(c.id > 5),
            lambda c: c.id == 1 and c.age == 2,
            lambda c: c.id == 1 or c.age == 2,
            lambda c: not c.id,
            lambda c: 1 < c.id < 5,
        ],
    )
    def test_truth_value_is_refused(self, t, misuse):
        with pytest.raises(TypeError, match="and_"):
            misuse(t.users.c)

    def test_equality_of_column_objects_is_identity(self, t):
        c = t.users.c
        assert bool(c.id == c.id)
        assert not bool(c.id == c.name)
        assert c.id in [c.name, c.id]
        assert c.id not in [c.name]
        assert {c.id: 1}[c.id] == 1

    def test_membership_in_a_column_is_refused(self, t):
        with pytest.raises(NotImplementedError, match="in_"):
            1 in t.users.c.id
        with pytest.raises(TypeError, match="iterated"):
            list(t.users.c.id)


class TestResultTypes:
    @pytest.mark.parametrize(
        ("build", "expected"),
        [
            (lambda c: c.age + 1, Integer),
            (lambda c: c.age / 2, Numeric),
            (lambda c: c.age + c.balance, Numeric),
            (lambda c: c.balance * 2, Numeric),
            (lambda c: c.name + "x", String),
            (lambda c: c.born - c.born, Interval),
            (lambda c: c.born + literal(None, Interval()), DateTime),
            (lambda c: c.id == 1, Boolean),
            (lambda c: func.count(c.id), Integer),
            (lambda c: func.max(c.balance), Numeric),
            (lambda c: func.coalesce(c.name, "x"), String),
        ],
    )
    def test_type(self, t, build, expected):
        assert isinstance(build(t.users.c).type, expected)


class TestJSON:
    def test_key_position_and_path(self, t):
        doc = t.users.c.doc
        assert doc["a"].operator is ops.json_getitem_op
        assert doc["a"].right.value == "a"
        assert doc[3].right.value == 3
        assert doc[("a", 1)].operator is ops.json_path_getitem_op
        assert doc["a"]["b"].left.operator is ops.json_getitem_op

    def test_reading_as(self, t):
        item = t.users.c.doc["a"]
        assert isinstance(item.as_string().type, String)
        assert isinstance(item.as_integer().type, Integer)
        assert isinstance(item.as_boolean().type, Boolean)
        with pytest.raises(exc.InvalidRequestError, match="item of a document"):
            t.users.c.doc.as_string()

    def test_bad_index(self, t):
        with pytest.raises(exc.ArgumentError, match="key, a position"):
            t.users.c.doc[1.5]
        with pytest.raises(NotImplementedError, match="JSON and ARRAY"):
            t.users.c.age["a"]


class TestArray:
    def test_item_and_slice(self, t):
        tags = t.users.c.tags
        assert isinstance(tags[1].type, String)
        assert tags[1:2].type is tags.type

    def test_any_and_contains(self, t):
        tags = t.users.c.tags
        assert text_of(tags.any("x")) == ":param_1 = ANY (users.tags)"
        assert tags.contains(["x"]).operator.opstring == "@>"


class TestCustom:
    def test_comparator_factory(self):
        from orm.sql import column

        class Loud(String):
            class comparator_factory(String.Comparator):
                def __add__(self, other):
                    return self.op("SHOUT")(other)

                def quiet(self):
                    return func.lower(self.expr)

        c = column("x", Loud())
        assert text_of(c + "a") == "x SHOUT :x_1"
        assert text_of(c.quiet()) == "lower(x)"
        assert text_of(c == "a") == "x = :x_1"

    def test_decorator_converts_compared_values(self):
        from orm.sql import column

        class Upper(TypeDecorator):
            impl = String
            cache_ok = True

            def process_bind_param(self, value, dialect):
                return value.upper()

        type_ = Upper()
        assert (column("x", type_) == "a").right.type is type_

    def test_unknown_attribute_names_the_type(self, t):
        with pytest.raises(AttributeError, match="Integer"):
            t.users.c.age.frobnicate
