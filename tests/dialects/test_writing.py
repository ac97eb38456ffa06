"""Inserting, updating and deleting on every database, with defaults, keys and upserts."""

from __future__ import annotations

import importlib

import pytest

from orm import exc
from orm.schema import Column, ForeignKey, MetaData, Table
from orm.sql.dml import delete, insert, update
from orm.sql.expression import bindparam, exists, tuple_
from orm.sql.functions import func
from orm.sql.select import select
from orm.sql.text import text
from orm.types.scalar import Integer, String


@pytest.fixture
def metadata(engine):
    metadata = MetaData()
    Table(
        "users",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(50), unique=True),
        Column("age", Integer, default=lambda: 7),
        Column("changes", Integer, default=0, onupdate=99),
    )
    Table(
        "posts",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("user_id", ForeignKey("users.id")),
        Column("title", String(50)),
    )
    metadata.create_all(engine)
    return metadata


@pytest.fixture
def users(metadata):
    return metadata.tables["users"]


@pytest.fixture
def posts(metadata):
    return metadata.tables["posts"]


@pytest.fixture
def connection(engine, metadata):
    with engine.connect() as connection:
        yield connection


def names(connection, users):
    return connection.execute(select(users.c.name).order_by(users.c.name)).scalars().all()


def test_the_key_of_a_new_row_is_known(connection, users):
    first = connection.execute(insert(users).values(name="a"))
    second = connection.execute(insert(users), {"name": "b"})
    given = connection.execute(insert(users), {"id": 70, "name": "c"})
    assert first.inserted_primary_key == (1,)
    assert second.inserted_primary_key.id == 2
    assert given.inserted_primary_key == (70,)
    assert first.last_inserted_params()["age"] == 7


def test_many_rows(connection, users):
    connection.execute(insert(users), [{"name": f"n{i}"} for i in range(5)])
    connection.execute(insert(users).values([{"name": "x"}, {"name": "y"}]))
    rows = connection.execute(select(users.c.name, users.c.age, users.c.changes)).all()
    assert len(rows) == 7
    assert {row.age for row in rows} == {7}


def test_rows_returned(connection, users, engine):
    if not engine.dialect.insert_returning:
        pytest.skip("no RETURNING on this server")
    statement = insert(users).returning(users.c.id, func.upper(users.c.name).label("upper"))
    rows = connection.execute(statement, [{"name": "a"}, {"name": "b"}]).all()
    assert sorted(rows) == [(1, "A"), (2, "B")]
    nobody = delete(users).where(users.c.id.in_([])).returning(users.c.id, users.c.name)
    for condition in (users.c.id == 1, users.c.name != ""):
        nothing = connection.execute(nobody.where(condition))
        assert (nothing.keys(), nothing.all()) == (["id", "name"], [])
    gone = connection.execute(delete(users).where(users.c.id == 1).returning(users.c.name))
    assert gone.scalars().all() == ["a"]


def test_update(connection, users):
    connection.execute(insert(users), [{"name": "a"}, {"name": "b"}])
    result = connection.execute(
        update(users).where(users.c.name == "a").values(age=users.c.age + 1)
    )
    assert result.rowcount == 1
    row = connection.execute(select(users.c.age, users.c.changes).where(users.c.name == "a")).one()
    assert row == (8, 99)


def test_update_for_many_parameters(connection, users):
    connection.execute(insert(users), [{"name": "a"}, {"name": "b"}])
    statement = update(users).where(users.c.name == bindparam("old")).values(name=bindparam("new"))
    connection.execute(statement, [{"old": "a", "new": "A1"}, {"old": "b", "new": "B1"}])
    assert names(connection, users) == ["A1", "B1"]


def test_update_and_delete_with_another_table(connection, users, posts, engine):
    connection.execute(insert(users), [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
    connection.execute(insert(posts), [{"user_id": 1, "title": "x"}, {"user_id": 2, "title": "y"}])
    joined = posts.c.user_id == users.c.id
    connection.execute(update(posts).where(joined).values(title=users.c.name))
    titles = select(posts.c.title).order_by(posts.c.title)
    assert connection.execute(titles).scalars().all() == ["a", "b"]
    if engine.dialect.name == "sqlite":
        with pytest.raises(exc.CompileError):
            connection.execute(delete(posts).where(joined))
    else:
        connection.execute(delete(posts).where(joined, users.c.name == "a"))
        assert connection.execute(titles).scalars().all() == ["b"]


def test_insert_from_select_with_a_cte(connection, users, posts):
    connection.execute(insert(users), [{"name": "a", "age": 1}, {"name": "b", "age": 9}])
    elders = select(users.c.id, users.c.name).where(users.c.age > 5).cte("elders")
    statement = insert(posts).from_select(["user_id", "title"], select(elders.c.id, elders.c.name))
    connection.execute(statement)
    assert connection.execute(select(posts.c.user_id, posts.c.title)).all() == [(2, "b")]


def test_upsert(connection, users, engine):
    module = importlib.import_module(f"orm.dialects.{engine.dialect.name}")
    connection.execute(insert(users).values(id=1, name="a", age=1))
    statement = module.insert(users).values(id=1, name="b", age=10)
    if engine.dialect.name == "mysql":
        statement = statement.on_duplicate_key_update(
            name=statement.inserted.name, age=users.c.age + statement.inserted.age
        )
    else:
        statement = statement.on_conflict_do_update(
            index_elements=["id"],
            set_={"name": statement.excluded.name, "age": users.c.age + statement.excluded.age},
        )
    connection.execute(statement)
    assert connection.execute(select(users.c.name, users.c.age)).all() == [("b", 11)]


def test_lists_in_conditions(connection, users):
    connection.execute(insert(users), [{"name": "a", "age": 1}, {"name": "b", "age": 2}])

    def count(condition):
        return connection.scalar(select(func.count()).select_from(users).where(condition))

    assert count(users.c.age.in_([])) == 0
    assert count(users.c.age.not_in([])) == 2
    assert count(users.c.age.in_([1, 2, 3])) == 2
    assert count(tuple_(users.c.name, users.c.age).in_([("a", 1), ("b", 1)])) == 1
    assert count(tuple_(users.c.name, users.c.age).in_([])) == 0
    assert count(users.c.age.in_(select(users.c.age).where(users.c.name == "a"))) == 1
    assert count(~users.c.age.in_([]) & (users.c.name == "a")) == 1


@pytest.mark.parametrize(
    "value", ["'; DROP TABLE users; --", "100%", "%s", ":x", "?", "\\", "a\nb", '"`']
)
def test_any_text_goes_in_and_comes_out(connection, users, value):
    connection.execute(insert(users).values(name=value))
    assert names(connection, users) == [value]
    assert connection.scalar(select(func.count()).where(users.c.name == value)) == 1
    literal = select(users.c.id).where(users.c.name == value)
    text = str(literal.compile(dialect=connection.dialect, literal_binds=True))
    if connection.dialect.paramstyle in ("format", "pyformat"):
        text = text.replace("%%", "%")
    assert connection.exec_driver_sql(text).scalar() == 1


def test_recursion_windows_and_unions(connection, users, posts):
    connection.execute(insert(users), [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
    number = select(users.c.id.label("n")).where(users.c.id == 1).cte("numbers", recursive=True)
    number = number.union_all(select(number.c.n + 1).where(number.c.n < 4))
    assert connection.execute(select(number.c.n).order_by(number.c.n)).scalars().all() == [
        1,
        2,
        3,
        4,
    ]
    ranked = select(users.c.name, func.row_number().over(order_by=users.c.name.desc()).label("r"))
    assert sorted(connection.execute(ranked).all()) == [("a", 2), ("b", 1)]
    first = select(users.c.name).order_by(users.c.name).limit(1)
    last = select(users.c.name).order_by(users.c.name.desc()).limit(1)
    assert sorted(connection.execute(first.union_all(last)).scalars().all()) == ["a", "b"]
    orphan = select(users.c.id).where(~exists().where(posts.c.user_id == users.c.id))
    assert len(connection.execute(orphan).all()) == 2


def test_paging_and_locks(connection, users):
    connection.execute(insert(users), [{"name": n} for n in "abcde"])
    page = select(users.c.name).order_by(users.c.name)
    assert connection.execute(page.limit(2).offset(1)).scalars().all() == ["b", "c"]
    assert connection.execute(page.offset(3)).scalars().all() == ["d", "e"]
    assert connection.execute(page.fetch(1)).scalars().all() == ["a"]
    locked = page.where(users.c.name == "a").with_for_update()
    assert connection.execute(locked).scalars().all() == ["a"]


def test_an_empty_list_in_text(connection, users):
    connection.execute(insert(users).values(name="a"))
    within = text("SELECT name FROM users WHERE id IN :ids").bindparams(
        bindparam("ids", expanding=True, type_=Integer())
    )
    outside = text("SELECT name FROM users WHERE id NOT IN :ids").bindparams(
        bindparam("ids", expanding=True, type_=Integer())
    )
    assert connection.execute(within, {"ids": []}).all() == []
    assert connection.execute(outside, {"ids": []}).all() == [("a",)]
    assert connection.execute(within, {"ids": [1, 2]}).all() == [("a",)]
