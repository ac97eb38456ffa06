from __future__ import annotations

import sys

import pytest

from orm.schema import Column, MetaData, Table
from orm.sql import (
    bindparam,
    case,
    cast,
    column,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    table,
    text,
    tuple_,
    union,
    update,
    values,
)
from orm.sql.cache_key import make_key, statement_key
from orm.types import Integer, String, TypeDecorator, UserDefinedType


def key(element):
    return statement_key(element)[0]


def sample_statements(t, x):
    """Statements of many shapes; `x` is the value they are built with."""
    u, p = t.users, t.posts
    alias = u.alias()
    sub = select(u.c.id, u.c.name).where(u.c.id > x).subquery()
    cte = select(u.c.id).where(u.c.id == x).cte("c", recursive=True)
    cte = cte.union_all(select(cte.c.id + x))
    return [
        select(u).where(u.c.id == x),
        select(u.c.id, func.count(p.c.id)).join(p).group_by(u.c.id).having(func.count() > x),
        select(u).join(p, p.c.user_id == u.c.id, isouter=True).order_by(u.c.name.desc()).limit(x),
        select(alias.c.id, u.c.id).where(alias.c.id == u.c.id, u.c.age == x),
        select(sub).where(sub.c.id == x),
        select(cte),
        select(u).where(exists().where(p.c.user_id == u.c.id, p.c.id == x)),
        select(u).where(u.c.id.in_([x, x + 1])),
        select(u).where(tuple_(u.c.id, u.c.age).in_([(x, x)])),
        select(case((u.c.id == x, "a"), else_="b"), cast(u.c.id, String), literal(x)),
        select(func.max(u.c.id).over(partition_by=u.c.age, order_by=u.c.id)),
        select(u).where(or_(u.c.id == x, u.c.name.contains("a"))),
        select(u).with_for_update(of=u, nowait=True),
        union(select(u.c.id).where(u.c.id == x), select(p.c.id)).order_by("id"),
        text("select :a").bindparams(a=x),
        select(text("x")).select_from(text("y")).where(text("z = :z").bindparams(z=x)),
        insert(u).values(id=x, name="n"),
        insert(u).values([{"id": x}, {"id": x}]),
        insert(u).from_select(["id"], select(p.c.id).where(p.c.id == x)),
        update(u).where(u.c.id == x).values(age=u.c.age + x).returning(u.c.id),
        delete(u).where(u.c.id == x),
        select(values(column("a", Integer), name="v").data([(x,)])),
        select(func.json_each(x).table_valued("key", "value")),
        select(u.tablesample(x)),
        select(p.c.id).where(p.c.user_id == u.c.id).correlate(u).scalar_subquery(),
    ]


class TestStructure:
    def test_same_shape_same_key_whatever_the_values(self, t):
        first, second = sample_statements(t, 1), sample_statements(t, 2)
        for a, b in zip(first, second, strict=True):
            assert key(a) is not None
            assert key(a) == key(b)
            assert hash(key(a)) == hash(key(b))
            assert len(statement_key(a)[1]) == len(statement_key(b)[1])

    def test_different_shapes_have_different_keys(self, t):
        statements = sample_statements(t, 1)
        assert len({key(s) for s in statements}) == len(statements)

    def test_binds_come_in_order_with_the_values_of_this_statement(self, t):
        u = t.users
        binds = statement_key(select(u).where(u.c.id == 7, u.c.name == "x").limit(3))[1]
        assert [b.value for b in binds] == [7, "x", 3]

    @pytest.mark.parametrize(
        ("a", "b"),
        [
            (lambda u: select(u.c.id), lambda u: select(u.c.age)),
            (lambda u: select(u).where(u.c.id == 1), lambda u: select(u).where(u.c.id != 1)),
            (lambda u: select(u).where(u.c.id == 1), lambda u: select(u).where(u.c.id == "1")),
            (lambda u: select(u).where(u.c.id == 1), lambda u: select(u).having(u.c.id == 1)),
            (lambda u: select(u), lambda u: select(u).distinct()),
            (lambda u: select(u).limit(1), lambda u: select(u).offset(1)),
            (
                lambda u: select(u).join(u.alias("a"), isouter=True),
                lambda u: select(u).join(u.alias("a")),
            ),
            (lambda u: select(u.alias("a")), lambda u: select(u.alias("b"))),
            (lambda u: select(u.c.id.label("a")), lambda u: select(u.c.id.label("b"))),
            (lambda u: select(func.max(u.c.id)), lambda u: select(func.min(u.c.id))),
            (lambda u: select(cast(u.c.id, String(5))), lambda u: select(cast(u.c.id, String(6)))),
            (lambda u: select(u.c.id.op("+")(1)), lambda u: select(u.c.id.op("-")(1))),
            (lambda u: select(u).with_for_update(), lambda u: select(u).with_for_update(read=True)),
            (lambda u: text("a"), lambda u: text("b")),
            (
                lambda u: select(u).where(u.c.id == bindparam("a")),
                lambda u: select(u).where(u.c.id == bindparam("b")),
            ),
            (lambda u: insert(u).values(id=1), lambda u: insert(u).values(age=1)),
            (
                lambda u: select(u).where(u.c.name.like("a", escape="/")),
                lambda u: select(u).where(u.c.name.like("a", escape="#")),
            ),
        ],
    )
    def test_what_makes_a_difference(self, t, a, b):
        assert key(a(t.users)) != key(b(t.users))

    def test_length_of_a_list_makes_no_difference(self, t):
        u = t.users
        assert key(select(u).where(u.c.id.in_([1]))) == key(select(u).where(u.c.id.in_([1, 2, 3])))

    def test_lightweight_tables_are_keyed_by_structure(self):
        def make():
            return table("x", column("a", Integer))

        first, second = make(), make()
        assert key(select(first).where(first.c.a == 1)) == key(
            select(second).where(second.c.a == 2)
        )
        assert key(select(first)) != key(select(table("x", column("b", Integer))))

    def test_computed_once(self, t):
        statement = select(t.users)
        assert statement_key(statement) is statement_key(statement)
        assert statement.cache_key() is statement_key(statement)

    def test_a_copy_has_a_key_of_its_own(self, t):
        statement = select(t.users)
        before = key(statement)
        assert key(statement.limit(1)) != before
        assert key(statement) == before


class TestSharing:
    def test_one_bind_twice_is_not_two_binds(self, t):
        u = t.users
        one, other = literal(5, Integer()), literal(5, Integer())
        shared = select(u).where(u.c.id == one, u.c.age == one)
        apart = select(u).where(u.c.id == one, u.c.age == other)
        again = literal(6, Integer())
        assert key(shared) != key(apart)
        assert key(shared) == key(select(u).where(u.c.id == again, u.c.age == again))

    def test_two_aliases_are_told_apart(self, t):
        a, b = t.nodes.alias(), t.nodes.alias()
        assert key(select(a.c.id, b.c.id)) == key(select(b.c.id, a.c.id))
        assert key(select(a.c.id, b.c.id)) != key(select(a.c.id, a.c.id))

    def test_which_alias_a_condition_names(self, t):
        def make(pick):
            a, b = t.nodes.alias(), t.nodes.alias()
            return select(a.c.id, b.c.id).where((a if pick else b).c.parent_id == 1)

        assert key(make(True)) == key(make(True))
        assert key(make(True)) != key(make(False))

    def test_a_subquery_is_keyed_once_however_many_columns_name_it(self, t):
        sub = select(t.users).where(t.users.c.id == 5).subquery()
        binds = statement_key(select(sub.c.id, sub.c.name, sub.c.age).where(sub.c.id == 7))[1]
        assert sorted(b.value for b in binds) == [5, 7]


class TestTypesAndOptions:
    def test_decorator_without_cache_ok_is_keyed_by_itself(self):
        class Plain(TypeDecorator):
            impl = String

        class Cached(TypeDecorator):
            impl = String
            cache_ok = True

        one, two = Plain(), Plain()
        assert key(column("x", one)) == key(column("x", one))
        assert key(column("x", one)) != key(column("x", two))
        assert key(column("x", Cached(5))) == key(column("x", Cached(5)))
        assert key(column("x", Cached(5))) != key(column("x", Cached(6)))

    def test_user_defined_type_with_parameters(self):
        class Point(UserDefinedType):
            cache_ok = True

            def __init__(self, srid):
                self.srid = srid

        assert Point(1)._key() == Point(1)._key()
        assert Point(1)._key() != Point(2)._key()

    def test_options_take_part(self, t):
        class Option:
            def __init__(self, key, binds=()):
                self.parts = (key, binds)

            def cache_key(self):
                return self.parts

        base = select(t.users)
        bind = literal(5)
        assert key(base.options(Option("a"))) == key(base.options(Option("a")))
        assert key(base.options(Option("a"))) != key(base.options(Option("b")))
        assert key(base.options(Option(None))) is None
        assert statement_key(base.options(Option("a", (bind,))))[1] == (bind,)

    def test_execution_options_do_not(self, t):
        base = select(t.users)
        assert key(base) == key(base.execution_options(a=1))


class TestAnnotations:
    def test_entities_are_part_of_the_key(self, t):
        first, second = object(), object()
        u = t.users

        def make(entity):
            return select(u.c.id._annotate({"parententity": entity, "proxy_key": "id"}))

        assert key(make(first)) == key(make(first))
        assert key(make(first)) != key(make(second))
        assert key(make(first)) != key(select(u.c.id))

    def test_other_annotations_are_not(self, t):
        u = t.users
        assert key(u.c.id._annotate({"note": []})) == key(u.c.id._annotate({"note": {}}))


def test_building_and_keying_a_statement_takes_few_calls():
    a, b = Table("t", MetaData(), Column("a", Integer), Column("b", Integer)).c

    def build():
        return select(a, b).where(a > 1, b == 2).order_by(a).limit(3)

    def count_calls(work):
        calls = []
        sys.setprofile(lambda frame, event, _: calls.append(frame) if event == "call" else None)
        try:
            work()
        finally:
            sys.setprofile(None)
        return len(calls) - 1

    make_key(build())  # columns and types remember what is the same each time
    statement = build()
    assert count_calls(build) <= 35
    assert count_calls(lambda: make_key(statement)) <= 9
