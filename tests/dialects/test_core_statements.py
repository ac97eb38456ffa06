"""Statements over windows, nested WITH, subqueries and several tables, on every database."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    ARRAY,
    LABEL_STYLE_TABLENAME_PLUS_COL,
    Column,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    Session,
    String,
    Table,
    create_engine,
    delete,
    from_dml_column,
    func,
    insert,
    literal,
    registry,
    select,
    update,
)

metadata = MetaData()
groups = Table("cs_groups", metadata, Column("id", Integer, primary_key=True))
items = Table(
    "cs_items",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("group_id", ForeignKey("cs_groups.id")),
    Column("number", Integer),
    Column("twice", Integer),
    Column("name", String(20)),
)


@pytest.fixture
def connection(engine):
    metadata.create_all(engine)
    with engine.connect() as connection:
        connection.execute(insert(groups), [{"id": 1}, {"id": 2}])
        rows = [{"id": n, "group_id": 1 + n % 2, "number": n * 10} for n in range(1, 6)]
        connection.execute(insert(items), rows)
        yield connection
        connection.rollback()


def test_frames_with_bound_offsets(connection):
    for before, expected in ((1, [10, 30, 50, 70, 90]), (2, [10, 30, 60, 90, 120])):
        sums = func.sum(items.c.number).over(order_by=items.c.id, rows=(-before, 0))
        found = connection.scalars(select(sums).order_by(items.c.id)).all()
        assert [int(value) for value in found] == expected


def test_nested_and_recursive_ctes(connection):
    root = select(literal(1).label("n")).cte("numbers", recursive=True, nesting=True)
    numbers = root.union_all(select(root.c.n + 1).where(root.c.n < 3))
    outer = select(numbers.c.n).cte("outer_one")
    statement = select(items.c.number).join(outer, outer.c.n == items.c.id).order_by(items.c.id)
    assert connection.scalars(statement).all() == [10, 20, 30]


def test_unions_in_from(connection):
    small = select(items.c.id).where(items.c.id < 2)
    large = select(items.c.id).where(items.c.id > 4)
    both = small.union(large).subquery("both_ends")
    statement = select(items.c.number).join(both, both.c.id == items.c.id).order_by(items.c.id)
    assert connection.scalars(statement).all() == [10, 50]


def test_values_that_refer_to_other_values(connection):
    statement = (
        update(items)
        .where(items.c.id == 2)
        .values(name="x", twice=from_dml_column(items.c.number) * 2)
    )
    connection.execute(statement)
    found = connection.execute(select(items.c.twice, items.c.name).where(items.c.id == 2)).one()
    assert found == (40, "x")


def test_update_and_delete_by_names_of_another_table(connection):
    joined = items.c.group_id == groups.c.id
    changed = update(items).values(name="y").where(joined, groups.c.id == 1)
    assert connection.execute(changed.filter_by(number=20)).rowcount == 1
    if connection.dialect.name == "sqlite":
        return
    gone = delete(items).using(groups).where(joined, groups.c.id == 2)
    assert connection.execute(gone.filter_by(number=30)).rowcount == 1
    assert connection.scalar(select(func.count()).select_from(items)) == 4


def needs(connection, name):
    if connection.dialect.name not in (name, {"mysql": "mariadb"}.get(name)):
        pytest.skip(f"only {name} has it")


def test_update_of_a_join(connection):
    needs(connection, "mysql")
    joined = items.join(groups, groups.c.id == items.c.group_id)
    connection.execute(update(joined).values(name=groups.c.id).where(groups.c.id == 2))
    names = connection.scalars(select(items.c.name).order_by(items.c.id)).all()
    assert names == ["2", None, "2", None, "2"]


def test_update_of_two_tables_at_once(connection):
    needs(connection, "mysql")
    other = items.alias("other")
    statement = (
        update(items)
        .values({items.c.twice: 5, other.c.number: other.c.number + 1})
        .where(items.c.id == 1, other.c.id == items.c.id + 1)
    )
    assert connection.execute(statement).rowcount == 2
    rows = connection.execute(select(items.c.number, items.c.twice).order_by(items.c.id)).all()
    assert rows[:3] == [(10, 5), (21, None), (30, None)]


def test_one_element_of_an_array(connection):
    needs(connection, "postgresql")
    table = Table("cs_arrays", MetaData(), Column("id", Integer), Column("numbers", ARRAY(Integer)))
    table.create(connection)
    connection.execute(insert(table).values(id=1, numbers=[1, 2, 3]))
    connection.execute(update(table).values({table.c.numbers[2]: 20}))
    connection.execute(update(table).values({table.c.numbers[3]: 30}))
    assert connection.scalar(select(table.c.numbers)) == [1, 20, 30]


def test_long_labels_stay_apart(engine: Engine) -> None:
    long = "a_table_whose_name_is_rather_long_for_a_table"
    table = Table(
        long,
        MetaData(),
        Column("a_column_with_a_long_name_one", Integer, primary_key=True, autoincrement=False),
        Column("a_column_with_a_long_name_two", Integer),
    )
    one, two = table.c
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(insert(table), {one.name: 1, two.name: 2})
        inner = select(table).set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
        for part in (inner.subquery(), inner.cte()):
            first, second = part.c
            row = connection.execute(select(part).order_by(second).where(first < second)).one()
            assert row._mapping == {f"{long}_{one.name}": 1, f"{long}_{two.name}": 2}
        named = select(one.label("x" * 90)).order_by("x" * 90)
        assert connection.execute(named).mappings().one() == {"x" * 90: 1}
        left, right = table.alias(), table.alias()
        joined = select(left, right).join(right, left.c[0] == right.c[0])
        assert connection.execute(joined).all() == [(1, 2, 1, 2)]


def test_no_rollback_in_autocommit(db_kind: str, db_url: str, monkeypatch: Any) -> None:
    for skip, expected in ((False, db_kind == "mariadb"), (True, False)):
        engine = create_engine(db_url, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=skip)
        with engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            sent: list[str] = []
            if db_kind == "mariadb":
                monkeypatch.setattr(raw, "rollback", lambda sent=sent: sent.append("rollback"))
            connection.execute("SELECT 1")
            connection.rollback()
            engine.dialect.do_rollback(raw)
            assert connection.scalar(select(literal(1))) == 1
        assert bool(sent) is expected
        engine.dispose()


def test_what_the_database_made_in_an_update_with_criteria(engine: Engine) -> None:
    metadata = MetaData()
    table = Table(
        "rd_items",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(9)),
        Column("state", String(9), onupdate=literal("changed")),
    )

    class Item:
        pass

    mapped = registry()
    mapped.map_imperatively(Item, table)
    metadata.create_all(engine)
    with Session(engine) as session:
        item: Any = Item()
        item.name, item.state = "a", "new"
        session.add(item)
        session.flush()
        for mode in ("auto", "evaluate", "fetch"):
            statement = (
                update(Item).where(table.c.id == item.id).values(name=mode).return_defaults()
            )
            result = session.execute(statement, execution_options={"synchronize_session": mode})
            if engine.dialect.update_returning:
                assert result.returned_defaults.state == "changed"
            else:
                assert result.returned_defaults is None
            assert (item.name, item.state) == (mode, "changed")
    mapped.dispose()
