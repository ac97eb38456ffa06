"""Names, keys and conditions which an application did not think of, on every database: nothing of them becomes SQL."""

from __future__ import annotations

import pytest

from orm import (
    JSON,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    delete,
    exc,
    extract,
    func,
    insert,
    inspect,
    literal,
    select,
    update,
)
from orm.engine import Engine

NAMES = [
    "line\nbreak",
    "tab\there",
    "per%cent",
    "per%(x)s",
    "%s",
    ":name",
    "a::b",
    "back\\slash",
    "it's",
    'quo"te',
    "back`tick",
    "{0}",
    "(round)",
    "[square]",
    "?",
    "$1",
    "a,b",
    "a.b",
    "1st",
    "__[POSTCOMPILE_x]",
    "\u00e4\u4e2d",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_in_every_kind_of_statement(engine: Engine, name: str) -> None:
    table = Table(
        f"t{name}",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column(name, String(20)),
        comment=name,
    )
    column = table.c[name]
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(insert(table), [{name: "x"}, {name: "y"}])
        connection.execute(insert(table).values({name: "z"}))
        connection.execute(update(table).values({name: "w"}).where(column == "z"))
        changed = (
            update(table).where(table.c.id == bindparam("wanted")).values({name: bindparam("v")})
        )
        connection.execute(changed, [{"wanted": 1, "v": "q"}])
        connection.execute(delete(table).where(column.in_(["y"])))
        found = select(column.label(f"{name} label"), column).order_by(column)
        assert connection.execute(found).all() == [("q", "q"), ("w", "w")]
        assert connection.execute(found).mappings().first()[f"{name} label"] == "q"
        aliased = table.alias(name)
        part = select(aliased).where(aliased.c[name] == "q").cte(f"cte {name}")
        assert connection.scalars(select(part.c[name])).all() == ["q"]
        read = Table(table.name, MetaData(), autoload_with=connection)
        assert read.c.keys() == ["id", name]
        assert [entry["name"] for entry in inspect(connection).get_columns(table.name)] == [
            "id",
            name,
        ]
        table.drop(connection)


KEYS = [
    'priv"."token',
    "a.b",
    "$",
    "[0]",
    "*",
    "{0}",
    "{a,b}",
    "\u043a\u043b\u044e\u0447 \U0001f600",
    "back\\slash",
    "\\\\",
    '\\"',
    "\x01\n\t",
    "it's",
    '"',
    "",
    "a,b",
    "%s %",
    ":x",
    '{"a": 1}',
]


@pytest.fixture
def documents(engine: Engine):
    table = Table(
        "documents", MetaData(), Column("id", Integer, primary_key=True), Column("j", JSON)
    )
    content = {key: {key: place} for place, key in enumerate(KEYS)}
    content["priv"] = {"token": "secret"}
    content["a"] = {"priv,token": "found", "b": ["x", {"c": None}]}
    with engine.connect() as connection:
        table.create(connection)
        connection.execute(insert(table).values(id=1, j=content))
        yield connection, table.c.j
        table.drop(connection)
        connection.commit()


@pytest.mark.parametrize("place", range(len(KEYS)), ids=KEYS)
def test_a_key_of_a_document_is_a_key(documents, place: int) -> None:
    connection, j = documents
    key = KEYS[place]
    assert connection.scalar(select(j[key])) == {key: place}
    assert connection.scalar(select(j[key][key].as_integer())) == place
    assert connection.scalar(select(j[(key, key)].as_integer())) == place
    assert connection.scalar(select(j).where(j[(key, key)].as_integer() == place)) is not None


def test_a_key_leads_nowhere_else(documents) -> None:
    connection, j = documents
    assert connection.scalar(select(j[("a", "priv,token")].as_string())) == "found"
    assert connection.scalar(select(j["a"]["b"][0].as_string())) == "x"
    assert connection.scalar(select(j[("a", "b", 1)])) == {"c": None}
    for stranger in ("priv.token", 'priv"."toke', "a.b[0]", "priv,token"):
        assert connection.scalar(select(j[stranger].as_string())) is None


def test_a_document_comes_back_as_it_was(documents) -> None:
    connection, j = documents
    found = connection.scalar(select(j))
    assert found["priv"] == {"token": "secret"}
    assert {key: found[key] for key in KEYS} == {key: {key: n} for n, key in enumerate(KEYS)}


def test_a_zero_byte(engine: Engine) -> None:
    table = Table("t", MetaData(), Column("v", Text))
    with engine.connect() as connection:
        table.create(connection)
        statement = insert(table).values(v="a\x00b")
        if engine.name == "postgresql":
            with pytest.raises(exc.DBAPIError, match="NUL"):
                connection.execute(statement)
            return
        connection.execute(statement)
        assert connection.scalar(select(table.c.v)) == "a\x00b"


def test_whole_numbers_beyond_all_types(engine: Engine) -> None:
    with engine.connect() as connection:
        if engine.name == "sqlite":
            with pytest.raises(exc.DataError, match="too large"):
                connection.scalar(select(literal(2**64)))
        else:
            assert int(connection.scalar(select(literal(2**64)))) == 2**64


@pytest.mark.parametrize("field", ["year; drop", "year FROM x", "", "ye'ar", "year)"])
def test_the_field_of_extract_is_a_word(field: str) -> None:
    with pytest.raises(exc.ArgumentError, match="name of a field"):
        extract(field, func.now())


def test_hundreds_of_alternating_conditions(engine: Engine) -> None:
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True))

    def nested(first: int, levels: int):
        condition = table.c.id == first
        for number in range(levels):
            other = table.c.id > number
            condition = condition & other if number % 2 else condition | (table.c.id < -number)
        return condition

    # SQLite's own parser allows fewer than a hundred brackets within each other
    levels = 80 if engine.name == "sqlite" else 500
    with engine.connect() as connection:
        table.create(connection)
        connection.execute(insert(table), [{"id": 1}, {"id": 1000}])
        for first in (1000, 1):
            statement = select(table.c.id).where(nested(first, levels))
            expected = [1000] if first == 1000 else []
            assert connection.scalars(statement).all() == expected
        assert str(select(table).where(~nested(1, 1000))).count("AND") == 500
