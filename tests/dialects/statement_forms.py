"""Every form of statement that people write, with what it gives on a small set of rows.

Used by test_statement_forms.py, which executes each on every database and compares its text with the recorded one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from orm import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    all_,
    and_,
    any_,
    bindparam,
    case,
    cast,
    column,
    delete,
    distinct,
    except_,
    exists,
    false,
    func,
    insert,
    intersect,
    lateral,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
    text,
    true,
    try_cast,
    tuple_,
    type_coerce,
    union,
    union_all,
    update,
    values,
)

metadata = MetaData()
teams = Table(
    "teams",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(20)),
)
people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("team_id", ForeignKey("teams.id")),
    Column("name", String(20)),
    Column("age", Integer),
)
TEAMS = [{"id": 1, "name": "red"}, {"id": 2, "name": "blue"}, {"id": 3, "name": "empty"}]
PEOPLE = [
    {"id": 1, "team_id": 1, "name": "ann", "age": 30},
    {"id": 2, "team_id": 1, "name": "bob", "age": None},
    {"id": 3, "team_id": 2, "name": "cid", "age": 20},
    {"id": 4, "team_id": None, "name": "d_%", "age": 20},
]

SQLITE, POSTGRESQL, MARIADB = "sqlite", "postgresql", "mysql"
p, t = people.c, teams.c
boss = people.alias("boss")
old = select(people).where(p.age > 25).subquery("old")
ages = select(p.team_id, func.count().label("n")).group_by(p.team_id).cte("ages")


def numbers() -> Any:
    start = select(literal(1).label("n")).cte("numbers", recursive=True)
    return start.union_all(select(start.c.n + 1).where(start.c.n < 4))


class Form(NamedTuple):
    """build: makes the statement. rows: what it gives, in any order; of one that writes without RETURNING, what
    `after` gives. lacking: the databases that do not have it, where it is refused."""

    build: Callable[[], Any]
    rows: list[tuple[Any, ...]]
    lacking: tuple[str, ...] = ()
    after: Any = None


names = select(p.name)
state = select(p.id, p.age)
of_teams = select(t.id, t.name)

FORMS: dict[str, Form] = {
    # -- FROM and joins
    "join by foreign key": Form(lambda: select(p.name, t.name).join(teams), [("ann", "red"), ("bob", "red"), ("cid", "blue")]),
    "join with condition": Form(lambda: select(p.name).join(teams, and_(t.id == p.team_id, t.name == "blue")), [("cid",)]),
    "left join": Form(lambda: select(t.name, p.name).select_from(teams.outerjoin(people)).where(t.id != 1), [("blue", "cid"), ("empty", None)]),
    "full join": Form(lambda: select(t.id, p.id).select_from(teams.join(people, full=True)).where(or_(t.id.is_(None), p.id.is_(None))), [(3, None), (None, 4)], (MARIADB,)),
    "join_from": Form(lambda: select(t.name).join_from(people, teams).where(p.id == 3), [("blue",)]),
    "chain of joins": Form(lambda: select(p.name, boss.c.name).select_from(people).join(teams).join(boss, and_(boss.c.team_id == t.id, boss.c.id < p.id)), [("bob", "ann")]),
    "nested join": Form(lambda: select(t.id, boss.c.id).select_from(teams.outerjoin(people.join(boss, boss.c.id == p.id), p.team_id == t.id)).where(t.id > 1), [(2, 3), (3, None)]),
    "lateral": Form(lambda: select(t.id, literal_column("last.name")).select_from(teams.join(lateral(select(p.name).where(p.team_id == t.id).order_by(p.id.desc()).limit(1), "last"), true())), [(1, "bob"), (2, "cid")], (SQLITE, MARIADB)),
    "subquery": Form(lambda: select(old.c.name), [("ann",)]),
    "alias": Form(lambda: select(boss.c.name).where(boss.c.id == 1), [("ann",)]),
    "values": Form(lambda: select(people.c.name).join(v := values(column("k", Integer), column("w", String(9)), name="v").data([(1, "x"), (3, "y")]), v.c.k == p.id), [("ann",), ("cid",)], (SQLITE, MARIADB)),
    # -- WITH
    "cte": Form(lambda: select(t.name, ages.c.n).join(ages, ages.c.team_id == t.id), [("red", 2), ("blue", 1)]),
    "recursive cte": Form(lambda: select(numbers().c.n), [(1,), (2,), (3,), (4,)]),
    "cte that writes": Form(lambda: select(update(people).where(p.id == 1).values(age=31).returning(p.id, p.age).cte("w")), [(1, 31)], (SQLITE, MARIADB)),
    "insert with cte": Form(lambda: insert(teams).from_select(["id", "name"], select(ages.c.team_id + 10, literal("new")).where(ages.c.team_id == 2)), [(1, "red"), (2, "blue"), (3, "empty"), (12, "new")], after=of_teams),
    # -- subqueries as values and conditions
    "scalar subquery": Form(lambda: select(t.id, select(func.count()).where(p.team_id == t.id).scalar_subquery()), [(1, 2), (2, 1), (3, 0)]),
    "exists": Form(lambda: select(t.id).where(~exists().where(p.team_id == t.id)), [(3,)]),
    "explicit correlation": Form(lambda: select(p.id).where(p.age == select(func.max(boss.c.age)).where(boss.c.team_id == p.team_id).correlate(people).scalar_subquery()), [(1,), (3,)]),
    "in subquery": Form(lambda: names.where(p.team_id.in_(select(t.id).where(t.name == "red"))), [("ann",), ("bob",)]),
    "any and all": Form(lambda: select(p.id).where(p.age >= all_(select(boss.c.age).where(boss.c.age.is_not(None)).scalar_subquery())).where(p.id == any_(select(boss.c.id).scalar_subquery())), [(1,)], (SQLITE,)),
    # -- set operations
    "union": Form(lambda: union(select(p.age), select(p.age)), [(30,), (None,), (20,)]),
    "union all": Form(lambda: union_all(select(t.id), select(t.id).where(t.id == 1)).order_by("id").limit(3), [(1,), (1,), (2,)]),
    "intersect": Form(lambda: intersect(select(t.id), select(p.team_id)), [(1,), (2,)]),
    "except": Form(lambda: except_(select(t.id), select(p.team_id).where(p.team_id.is_not(None))), [(3,)]),
    # -- clauses
    "distinct": Form(lambda: select(p.age).distinct(), [(30,), (None,), (20,)]),
    "distinct in aggregate": Form(lambda: select(func.count(distinct(p.age))), [(2,)]),
    "distinct on": Form(lambda: select(p.age, p.id).distinct(p.age).where(p.age > 1).order_by(p.age, p.id), [(20, 3), (30, 1)], (SQLITE, MARIADB)),
    "group by and having": Form(lambda: select(p.age, func.count()).group_by(p.age).having(func.count() > 1), [(20, 2)]),
    "order by": Form(lambda: select(p.id).order_by(p.age.desc(), p.id.desc()).where(p.age > 0), [(1,), (4,), (3,)]),
    "nulls last": Form(lambda: select(p.id).order_by(p.age.asc().nulls_last(), p.id).limit(3), [(3,), (4,), (1,)]),
    "nulls first": Form(lambda: select(p.id).order_by(p.age.desc().nulls_first()).limit(1), [(2,)]),
    "limit and offset": Form(lambda: select(p.id).order_by(p.id).limit(2).offset(1), [(2,), (3,)]),
    "offset alone": Form(lambda: select(p.id).order_by(p.id).offset(3), [(4,)]),
    "fetch": Form(lambda: select(p.id).order_by(p.id).fetch(1).offset(1), [(2,)]),
    "fetch with ties": Form(lambda: select(p.id).where(p.age > 0).order_by(p.age).fetch(1, with_ties=True), [(3,), (4,)], (SQLITE, MARIADB)),
    "for update": Form(lambda: select(p.id).where(p.id == 1).with_for_update(), [(1,)]),
    "for update skip locked": Form(lambda: select(p.id).where(p.id == 1).with_for_update(skip_locked=True), [(1,)]),
    "for update of": Form(lambda: select(p.id).join(teams).where(p.id == 1).with_for_update(of=people, nowait=True), [(1,)], ()),
    "for share": Form(lambda: select(p.id).where(p.id == 1).with_for_update(read=True), [(1,)]),
    "for key share": Form(lambda: select(p.id).where(p.id == 1).with_for_update(read=True, key_share=True), [(1,)]),
    "prefix and hint": Form(lambda: select(p.id).prefix_with("ALL").with_hint(people, "USE INDEX (PRIMARY)", "mysql").where(p.id == 1), [(1,)]),
    # -- conditions
    "and, or, not": Form(lambda: select(p.id).where(not_(or_(p.id == 1, and_(p.id > 1, p.age == 20)))), []),
    "in": Form(lambda: select(p.id).where(p.id.in_([1, 4])), [(1,), (4,)]),
    "in nothing": Form(lambda: select(p.id).where(p.id.in_([])), []),
    "not in nothing": Form(lambda: select(p.id).where(p.age.not_in([])), [(1,), (2,), (3,), (4,)]),
    "in with tuples": Form(lambda: select(p.id).where(tuple_(p.id, p.age).in_([(1, 30), (3, 5)])), [(1,)]),
    "in with parameter": Form(lambda: select(p.id).where(p.id.in_(bindparam("ids", [2, 3], expanding=True))), [(2,), (3,)]),
    "between": Form(lambda: select(p.id).where(p.age.between(25, 35)), [(1,)]),
    "like with autoescape": Form(lambda: select(p.id).where(p.name.contains("_%", autoescape=True)), [(4,)]),
    "startswith and endswith": Form(lambda: select(p.id).where(p.name.startswith("a"), p.name.endswith("n")), [(1,)]),
    "ilike": Form(lambda: select(p.id).where(p.name.ilike("AN%")), [(1,)]),
    "icontains": Form(lambda: select(p.id).where(p.name.icontains("NN")), [(1,)]),
    "is distinct from": Form(lambda: select(p.id).where(p.age.is_distinct_from(20)), [(1,), (2,)]),
    "is not distinct from": Form(lambda: select(p.id).where(p.age.is_not_distinct_from(None)), [(2,)]),
    "regular expression": Form(lambda: select(p.id).where(p.name.regexp_match("^[ab]")), [(1,), (2,)]),
    "true and false": Form(lambda: select(p.id).where(true(), or_(false(), p.id == 1)), [(1,)]),
    "is null": Form(lambda: select(p.id).where(p.age == null()), [(2,)]),
    # -- expressions
    "arithmetic": Form(lambda: select((p.id + 1) * 2 - p.id % 3, p.id // 2).where(p.id == 4), [(9, 2)]),
    "true division": Form(lambda: select(cast(p.id / 2, Numeric(5, 2))).where(p.id == 1), [(0.5,)]),
    "xor": Form(lambda: select(p.id.bitwise_xor(6) + 1).where(p.id == 3), [(6,)]),
    "power": Form(lambda: select(p.id**2, 2**p.id).where(p.id == 3), [(9, 8)]),
    "compared comparisons": Form(lambda: select(p.id).where((p.id == 3) == (p.id != 4), p.id == 3), [(3,)]),
    "bitwise": Form(lambda: select(p.id.bitwise_and(1), p.id.bitwise_or(8), p.id.bitwise_lshift(1)).where(p.id == 3), [(1, 11, 6)]),
    "concatenation": Form(lambda: select(p.name + "-" + p.name).where(p.id == 1), [("ann-ann",)]),
    "custom operator": Form(lambda: select(p.id.op("+")(5)).where(p.id == 1), [(6,)]),
    "case": Form(lambda: select(case((p.age > 25, "old"), (p.age.is_(None), "?"), else_="young")), [("old",), ("?",), ("young",), ("young",)]),
    "case of a value": Form(lambda: select(case({1: "one", 2: "two"}, value=p.id, else_="more")).where(p.id < 4), [("one",), ("two",), ("more",)]),
    "cast": Form(lambda: select(cast(p.id, String(5)) + "x").where(p.id == 1), [("1x",)]),
    "try_cast": Form(lambda: select(try_cast(p.name, Integer)), [], (SQLITE, POSTGRESQL, MARIADB)),
    "type_coerce": Form(lambda: select(type_coerce(p.name, Integer)).where(p.id == 1), [("ann",)]),
    "literal": Form(lambda: select(literal("it's"), literal_column("1 + 1").label("two")), [("it's", 2)]),
    "collation": Form(lambda: select(p.id).where(p.id == 1).order_by(p.name.collate("C")), [(1,)], (SQLITE, MARIADB)),
    "greatest of a row": Form(lambda: select(func.coalesce(p.age, -1)).where(p.id == 2), [(-1,)]),
    # -- functions
    "window": Form(lambda: select(p.id, func.row_number().over(partition_by=p.team_id, order_by=p.id.desc())).where(p.team_id == 1), [(2, 1), (1, 2)]),
    "window frame": Form(lambda: select(func.sum(p.id).over(order_by=p.id, rows=(-1, 0))), [(1,), (3,), (5,), (7,)]),
    "filter": Form(lambda: select(func.count().filter(p.age > 25)), [(1,)], (MARIADB,)),
    "within group": Form(lambda: select(func.percentile_disc(0.5).within_group(p.id)), [(2,)], (SQLITE, MARIADB)),
    "aggregate strings": Form(lambda: select(func.aggregate_strings(p.name, ", ")).where(p.id == 1), [("ann",)]),
    # -- INSERT
    "insert values": Form(lambda: insert(teams).values([{"id": 8, "name": "x"}, {"id": 9, "name": "y"}]), [(1, "red"), (2, "blue"), (3, "empty"), (8, "x"), (9, "y")], after=of_teams),
    "insert from select": Form(lambda: insert(teams).from_select([t.id, t.name], select(p.id + 10, p.name).where(p.id == 1)), [(1, "red"), (2, "blue"), (3, "empty"), (11, "ann")], after=of_teams),
    "insert returning": Form(lambda: insert(teams).values(id=9, name="new").returning(t.id, func.upper(t.name)), [(9, "NEW")]),
    # -- UPDATE
    "update": Form(lambda: update(people).where(p.age == 20).values(age=p.age + 1), [(1, 30), (2, None), (3, 21), (4, 21)], after=state),
    "update from": Form(lambda: update(people).where(p.team_id == t.id, t.name == "red").values(age=t.id), [(1, 1), (2, 1), (3, 20), (4, 20)], after=state),
    "update by subquery": Form(lambda: update(people).where(p.id == 1).values(age=select(func.max(t.id)).scalar_subquery()), [(1, 3), (2, None), (3, 20), (4, 20)], after=state),
    "ordered update": Form(lambda: update(people).where(p.id == 1).ordered_values((p.name, "x"), (p.age, 5)), [(1, 5), (2, None), (3, 20), (4, 20)], after=state),
    "update returning": Form(lambda: update(people).where(p.id == 1).values(age=7).returning(p.id, p.age), [(1, 7)], (MARIADB,)),
    # -- DELETE
    "delete": Form(lambda: delete(people).where(p.age == 20), [(1, 30), (2, None)], after=state),
    "delete using": Form(lambda: delete(people).where(p.team_id == t.id, t.name == "red"), [(3, 20), (4, 20)], (SQLITE,), state),
    "delete returning": Form(lambda: delete(people).where(p.id == 1).returning(p.name), [("ann",)]),
    # -- text
    "text": Form(lambda: text("SELECT name FROM people WHERE id = :id").bindparams(id=1), [("ann",)]),
    "text with columns": Form(lambda: select(text("SELECT id, age FROM people").columns(p.id, p.age).subquery("q").c.id).where(text("q.age > 25")), [(1,)]),
}  # fmt: skip
