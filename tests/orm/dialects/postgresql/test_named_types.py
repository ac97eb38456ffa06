"""Domains, and arrays of what the driver knows by name only."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum as PythonEnum
from typing import Any

import pytest

from orm import (
    Boolean,
    Column,
    Engine,
    Enum,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    exc,
    insert,
    inspect,
    literal_column,
    select,
    text,
)
from orm.dialects import postgresql
from orm.dialects.postgresql import (
    ARRAY,
    CITEXT,
    DOMAIN,
    ENUM,
    CreateDomainType,
    DropDomainType,
    NamedType,
)

pytestmark = pytest.mark.parametrize("db_kind", ["postgresql"], indirect=True)


def test_text(db_kind: str) -> None:
    domain = DOMAIN(
        "Age",
        Integer,
        default="7",
        not_null=True,
        check="VALUE >= 0",
        constraint_name="positive",
        schema="people",
    )
    dialect = postgresql.dialect()
    assert str(CreateDomainType(domain).compile(dialect=dialect)) == (
        """CREATE DOMAIN people."Age" AS INTEGER DEFAULT '7' NOT NULL """
        "CONSTRAINT positive CHECK (VALUE >= 0)"
    )
    assert str(DropDomainType(domain).compile(dialect=dialect)) == 'DROP DOMAIN people."Age"'
    name = DOMAIN("name", String(5), collation="C", default=text("upper('x')"))
    assert str(CreateDomainType(name).compile(dialect=dialect)) == (
        """CREATE DOMAIN name AS VARCHAR(5) COLLATE "C" DEFAULT upper('x')"""
    )
    assert isinstance(name, NamedType)
    assert isinstance(ENUM("a", name="e"), NamedType)


def test_a_domain_comes_and_goes_with_its_tables(engine: Engine) -> None:
    metadata = MetaData()
    age = DOMAIN("age", Integer, check="VALUE >= 0", constraint_name="positive", not_null=True)
    color = DOMAIN("color", ENUM("red", "green", name="plain_color"))
    people = Table(
        "people",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("age", age),
        Column("color", color),
    )
    Table("pets", metadata, Column("id", Integer, primary_key=True), Column("age", age))
    metadata.create_all(engine)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(people), {"id": 1, "age": 30, "color": "red"})
        older = select(people.c.age + 1, people.c.color).where(people.c.age.in_([30, 31]))
        assert connection.execute(older).all() == [(31, "red")]
        with pytest.raises(exc.IntegrityError) as caught, connection.begin_nested():
            connection.execute(insert(people), {"id": 2, "age": -1})
        assert caught.value.kind == "check"
    people.drop(engine)
    assert [domain["name"] for domain in inspect(engine).get_domains()] == ["age"]  # type: ignore[attr-defined]
    metadata.drop_all(engine)
    assert inspect(engine).get_domains() == []  # type: ignore[attr-defined]
    assert inspect(engine).get_enums() == []  # type: ignore[attr-defined]


def test_by_itself(engine: Engine) -> None:
    domain = DOMAIN("alone", Integer)
    domain.create(engine)
    domain.create(engine)
    with engine.connect() as connection:
        assert connection.scalar("SELECT 5::alone") == 5
    domain.drop(engine)
    domain.drop(engine)
    with pytest.raises(exc.ProgrammingError):
        domain.drop(engine, checkfirst=False)
    made_elsewhere = Table(
        "t", MetaData(), Column("x", DOMAIN("elsewhere", Integer, create_type=False))
    )
    with pytest.raises(exc.ProgrammingError, match="elsewhere"):
        made_elsewhere.create(engine)


def test_a_reflected_table_can_be_made_again(engine: Engine) -> None:
    metadata = MetaData()
    Table(
        "t",
        metadata,
        Column("age", DOMAIN("age", Integer, check="VALUE > 0", default="3", not_null=True)),
        Column("name", DOMAIN("nick", String(20), collation="C")),
        Column("names", ARRAY(DOMAIN("nick", String(20), collation="C"))),
        Column("colors", ARRAY(ENUM("red", name="color"))),
    )
    metadata.create_all(engine)
    for _ in range(2):
        found = MetaData()
        table = Table("t", found, autoload_with=engine)
        age: Any = table.c.age.type
        assert (age.name, age.not_null, str(age.default), age.check) == (
            "age",
            True,
            "3",
            "(VALUE > 0)",
        )
        name: Any = table.c.name.type
        assert (name.data_type.length, name.collation, name.default) == (20, "C", None)
        names, colors = table.c.names.type, table.c.colors.type
        assert isinstance(names, ARRAY)
        assert isinstance(names.item_type, DOMAIN)
        assert isinstance(colors, ARRAY)
        assert colors.item_type.enums == ["red"]
        found.drop_all(engine)
        found.create_all(engine)


class Color(PythonEnum):
    RED = 1
    DARK_BLUE = 2


def test_arrays(engine: Engine) -> None:
    odd = ENUM("a,b", 'say "x"', "{}", "null", "back\\slash", name="odd")
    table = Table(
        "t",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("colors", ARRAY(Enum(Color, name="color"))),
        Column("odd", ARRAY(odd)),
        Column("numbers", ARRAY(DOMAIN("number", Integer))),
        Column("prices", ARRAY(DOMAIN("price", Numeric(10, 2)))),
        Column("flags", ARRAY(DOMAIN("flag", Boolean), dimensions=2)),
    )
    with engine.begin() as connection:
        table.create(connection)
        row = {
            "id": 1,
            "colors": [Color.DARK_BLUE, None, Color.RED],
            "odd": list(odd.enums),
            "numbers": [1, -2],
            "prices": [Decimal("1.50")],
            "flags": [[True, False], [False, None]],
        }
        connection.execute(insert(table), row)
        connection.execute(insert(table), {"id": 2, "colors": [], "odd": None})
        first, second = connection.execute(select(table).order_by(table.c.id)).mappings()
        assert dict(first) == row
        assert (second["colors"], second["odd"]) == ([], None)
        found = connection.scalar(select(table.c.id).where(table.c.colors.contains([Color.RED])))
        assert found == 1
        bounds = literal_column("'[2:3]={7,8}'::number[]", table.c.numbers.type)
        assert connection.scalar(select(bounds)) == [7, 8]


def test_an_array_of_an_extension(engine: Engine) -> None:
    with engine.begin() as connection:
        available = "SELECT 1 FROM pg_available_extensions WHERE name = 'citext'"
        if not connection.scalar(text(available)):
            pytest.skip("the server has no citext")
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS citext"))
        table = Table("t", MetaData(), Column("x", ARRAY(CITEXT)))
        table.create(connection)
        connection.execute(insert(table), {"x": ["A b", None]})
        assert connection.scalar(select(table.c.x)) == ["A b", None]
        table.drop(connection)
        connection.execute(text("DROP EXTENSION citext"))
