"""MATCH ... AGAINST."""

from __future__ import annotations

import pytest

from orm import (
    Column,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    exc,
    insert,
    select,
)
from orm.dialects import mysql, sqlite
from orm.dialects.mysql import match

table = Table(
    "page",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("title", String(80)),
    Column("body", Text),
)
Index("words", table.c.title, table.c.body, mysql_prefix="FULLTEXT")


def text_of(element: match) -> str:
    return str(element.compile(dialect=mysql.dialect()))


def test_texts() -> None:
    found = match(table.c.title, table.c.body, against="orm")
    columns = "MATCH (page.title, page.body) AGAINST (%s"
    assert text_of(found) == f"{columns})"
    assert text_of(found.in_boolean_mode()) == f"{columns} IN BOOLEAN MODE)"
    natural = found.in_natural_language_mode()
    assert text_of(natural) == f"{columns} IN NATURAL LANGUAGE MODE)"
    assert (
        text_of(natural.with_query_expansion())
        == f"{columns} IN NATURAL LANGUAGE MODE WITH QUERY EXPANSION)"
    )
    assert text_of(found) == f"{columns})"
    assert found.cache_key()[0] != natural.cache_key()[0]


def test_what_is_refused() -> None:
    with pytest.raises(exc.ArgumentError, match="columns of a full text index"):
        match(against="x")
    with pytest.raises(exc.ArgumentError, match="columns of a full text index"):
        match(table.c.title)
    with pytest.raises(exc.ArgumentError, match="boolean mode cannot be expanded"):
        match(table.c.title, against="x").in_boolean_mode().with_query_expansion()
    with pytest.raises(exc.CompileError):
        match(table.c.title, against="x").compile(dialect=sqlite.dialect())


@pytest.mark.parametrize("db_kind", ["mariadb"], indirect=True)
def test_on_the_server(engine: Engine) -> None:
    table.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            insert(table),
            [
                {"id": 1, "title": "mapper", "body": "objects of a session"},
                {"id": 2, "title": "pool", "body": "connections of an engine"},
                {"id": 3, "title": "session", "body": "mapper and objects"},
            ],
        )
    with engine.connect() as connection:
        both = match(table.c.title, table.c.body, against="+session +objects")
        found = select(table.c.id).where(both.in_boolean_mode()).order_by(table.c.id)
        assert connection.scalars(found).all() == [1, 3]
        worth = match(table.c.title, table.c.body, against="engine")
        ranked = select(table.c.id, worth).order_by(worth.desc()).limit(1)
        ident, relevance = connection.execute(ranked).one()
        assert ident == 2
        assert relevance > 0
