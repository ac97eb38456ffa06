"""Template strings as SQL. Python 3.14 has them as a literal; a stand-in of their shape serves elsewhere."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import pytest

from orm import (
    Column,
    Integer,
    MetaData,
    Session,
    String,
    Table,
    bindparam,
    exc,
    insert,
    select,
    text,
    tstring,
)
from orm.sql.cache_key import statement_key


@dataclass
class Interpolation:
    value: Any
    expression: str = "value"
    conversion: str | None = None
    format_spec: str = ""


@dataclass
class Template:
    strings: tuple[str, ...]
    interpolations: tuple[Interpolation, ...]


def template(*parts):
    """A template of strings with (value) or (value, "expression") between."""
    made = [
        Interpolation(*part) if isinstance(part, tuple) else Interpolation(part)
        for part in parts[1::2]
    ]
    return Template(tuple(parts[::2]), tuple(made))


@pytest.fixture
def users():
    return Table("users", MetaData(), Column("id", Integer), Column("name", String))


def shown(statement):
    return " ".join(str(statement).split())


def test_values_are_bound():
    statement = tstring(
        template("SELECT * FROM t WHERE a = ", (5, "five"), " AND b = ", (None, "x + 1"), "")
    )
    assert shown(statement) == "SELECT * FROM t WHERE a = :five_1 AND b = :param_1"
    assert statement.compile().params == {"five_1": 5, "param_1": None}


def test_the_static_parts_are_sql_as_it_stands(sqlite_engine):
    statement = text(template("SELECT ':name', '\\:x', '100%', ", ("it's :a", "v"), " || '{}'"))
    with sqlite_engine.connect() as connection:
        assert connection.execute(statement).one() == (":name", "\\:x", "100%", "it's :a{}")


def test_a_value_is_never_text(sqlite_engine):
    hostile = "x'; DROP TABLE t; --"
    with sqlite_engine.connect() as connection:
        assert connection.scalar(template("SELECT ", (hostile,), "")) == hostile
        with Session(connection) as session:
            assert session.scalar(template("SELECT ", (hostile,), "")) == hostile


def test_a_list_is_for_in(sqlite_engine):
    def find(numbers):
        return template("SELECT 2 IN ", (numbers, "numbers"), "")

    with sqlite_engine.connect() as connection:
        assert connection.scalar(find([1, 2])) == 1
        assert connection.scalar(find((3,))) == 0
        assert connection.scalar(find([])) == 0


def test_expressions_and_tables_are_rendered(users):
    alias = users.alias("u")
    statement = tstring(
        template("SELECT ", alias.c.name, " FROM ", alias, " WHERE ", alias.c.id == 5, "")
    )
    assert shown(statement) == "SELECT u.name FROM users AS u WHERE u.id = :id_1"
    inner = select(users.c.id).where(users.c.name == "x")
    nested = tstring(template("SELECT 1 WHERE 2 IN ", inner, ""))
    assert shown(nested) == (
        "SELECT 1 WHERE 2 IN (SELECT users.id FROM users WHERE users.name = :name_1)"
    )


def test_templates_within_templates(users):
    condition = template("", users.c.id, " > ", (3, "least"), "")
    statement = tstring(template("SELECT * FROM ", users, " WHERE ", condition, ""))
    assert shown(statement) == "SELECT * FROM users WHERE users.id > :least_1"


def test_as_a_condition_and_with_columns(users, sqlite_engine):
    condition = template("users.id = ", (2, "n"), " OR users.id = ", (3, "m"), "")
    statement = select(users.c.name).where(users.c.name != "b", condition)
    assert shown(statement).endswith(
        "WHERE users.name != :name_1 AND (users.id = :n_1 OR users.id = :m_1)"
    )
    users.metadata.create_all(sqlite_engine)
    with sqlite_engine.connect() as connection:
        rows = [{"id": 2, "name": "b"}, {"id": 3, "name": "c"}]
        connection.execute(insert(users), rows)
        assert connection.scalars(statement).all() == ["c"]
        chosen = text(template("SELECT id FROM users WHERE name = ", ("b", "name"), ""))
        part = chosen.columns(users.c.id).subquery()
        assert connection.scalars(select(part.c.id)).all() == [2]


def test_templates_of_one_shape_share_what_is_compiled():
    def key(value):
        return statement_key(tstring(template("SELECT ", (value, "value"), "")))[0]

    assert key(1) == key(2)
    assert key(1) != key("x")


def test_what_is_refused():
    formatted = Template(("SELECT ", ""), (Interpolation(1.5, "price", None, ".2f"),))
    with pytest.raises(exc.ArgumentError, match="price.*compute the value outside"):
        tstring(formatted)
    converted = Template(("SELECT ", ""), (Interpolation("x", "name", "r"),))
    with pytest.raises(exc.ArgumentError, match="has a conversion or a format"):
        text(converted)
    with pytest.raises(exc.ArgumentError, match="takes a template string"):
        tstring("SELECT 1")
    with pytest.raises(exc.ArgumentError, match="no parameter :x"):
        tstring(template("SELECT :x")).bindparams(bindparam("x", 5))


@pytest.mark.skipif(sys.version_info < (3, 14), reason="template strings are new in Python 3.14")
def test_the_literal_of_python_314(sqlite_engine):
    scope = {"value": "it's"}
    real = eval("t'SELECT {value}'", scope)
    with sqlite_engine.connect() as connection:
        assert connection.scalar(real) == "it's"
