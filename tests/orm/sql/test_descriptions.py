"""What statements tell of themselves, and changes to the SELECT inside a scalar subquery or EXISTS."""

from __future__ import annotations

import pytest

from orm import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    case,
    column,
    exc,
    exists,
    func,
    insert,
    make_url,
    select,
    table,
)
from orm.dialects.postgresql import dialect as postgresql

users = Table(
    "users", MetaData(), Column("id", Integer, primary_key=True), Column("name", String(20))
)
a = table("a", column("x"), column("y"))
b = table("b", column("x"), column("y"))


def shown(statement) -> str:
    return str(statement).replace("\n", "")


def test_columns_of_a_select():
    assert select(users).column_descriptions == [
        {"name": "id", "type": users.c.id.type, "expr": users.c.id},
        {"name": "name", "type": users.c.name.type, "expr": users.c.name},
    ]
    found, other = select(func.count(users.c.id), func.count()).column_descriptions
    assert (found["name"], other["name"]) == ("count", "count_1")
    assert isinstance(found["type"], Integer)
    assert select(users.c.id.label("n")).column_descriptions[0]["name"] == "n"


def test_columns_of_returning():
    (found,) = insert(users).returning(func.count(users.c.id)).returning_column_descriptions
    assert found["name"] is None
    names = [d["name"] for d in insert(users).returning(users).returning_column_descriptions]
    assert names == ["id", "name"]
    assert insert(users).returning_column_descriptions == []


CHANGES = [
    lambda e: e.correlate(b),
    lambda e: e.correlate_except(b),
    lambda e: e.select_from(b),
    lambda e: e.with_hint(b, "hint"),
    lambda e: e.with_statement_hint("hint"),
    lambda e: e.where(b.c.y == 5),
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_select_inside_exists_can_be_changed(change):
    found = change(select(a.c.x).exists())
    assert found.element.compare(change(select(a.c.x)).scalar_subquery())
    assert found.element.compare(change(select(a.c.x).scalar_subquery()))


@pytest.mark.parametrize("change", CHANGES)
def test_a_union_inside_cannot(change):
    both = select(a.c.x).union(select(b.c.x))
    for element in (both.exists(), both.scalar_subquery()):
        with pytest.raises(exc.InvalidRequestError, match="union"):
            change(element)


def test_hints_inside_exists():
    found = exists(select(a.c.x)).with_statement_hint("careful")
    assert shown(select(b.c.x).where(found)).endswith("EXISTS (SELECT a.x FROM a careful)")


# -- CASE ----------------------------------------------------------------------------------------------


def test_case_of_a_value():
    text = "CASE a.x WHEN :param_1 THEN :param_2 WHEN :param_3 THEN :param_4 END"
    assert shown(case({1: "one", 2: "two"}, value=a.c.x)) == text
    assert shown(case([1, "one"], (2, "two"), value=a.c.x)) == text
    made = case({1: "one"}, value=users.c.id)
    assert isinstance(made.whens[0][0].type, Integer)


def test_the_type_of_case_is_that_of_the_last_result_which_has_one():
    assert isinstance(case((a.c.x, "s"), (a.c.y, users.c.id), else_=None).type, Integer)
    assert isinstance(case((a.c.x, 1), (a.c.y, None), else_=column("q", String)).type, Integer)
    assert isinstance(case((a.c.x, None), else_=column("q", String)).type, String)


# -- the same name in two schemas ------------------------------------------------------------------------


def test_tables_of_one_name_in_two_schemas_are_told_apart():
    metadata = MetaData()
    plain = Table("things", metadata, Column("id", Integer))
    other = Table("things", metadata, Column("id", Integer), schema="foo")
    assert shown(select(plain.c.id).join_from(plain, other, plain.c.id == other.c.id)) == (
        "SELECT things_1.id FROM things AS things_1 JOIN foo.things ON things_1.id = foo.things.id"
    )
    inner = select(plain.c.id).where(plain.c.id == other.c.id).subquery("s")
    assert shown(select(plain.c.id).join(inner, plain.c.id == inner.c.id)) == (
        "SELECT things.id FROM things JOIN (SELECT things_1.id AS id FROM things AS things_1, "
        "foo.things WHERE things_1.id = foo.things.id) AS s ON things.id = s.id"
    )


def test_the_dialect_of_a_url():
    assert make_url("postgresql://h/d").get_dialect() is postgresql
    with pytest.raises(exc.NoSuchModuleError, match="nodb"):
        make_url("nodb://h/d").get_dialect()


def test_a_list_given_to_bindparam_has_the_type_of_its_members_in_in():
    made = a.c.x.in_(bindparam("q", ["v"]))
    assert isinstance(made.right.type, String)
    assert shown(made.compile(compile_kwargs={"literal_binds": True})) == "a.x IN ('v')"


def test_none_stands_alone_in_correlate():
    for method in (select(a).correlate, select(a).correlate_except):
        with pytest.raises(exc.ArgumentError, match="stands alone"):
            method(None, b)


def test_a_table_that_only_a_condition_of_a_join_mentions_is_selected_from():
    c = table("c", column("x"))
    joined = a.join(b, a.c.x == c.c.x)
    assert shown(select(a.c.x, c.c.x.label("z")).select_from(joined)) == (
        "SELECT a.x, c.x AS z FROM a JOIN b ON a.x = c.x, c"
    )
