"""create_mock_engine(): DDL as text, without a driver or server."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    Column,
    Enum,
    Integer,
    MetaData,
    Sequence,
    String,
    Table,
    create_mock_engine,
    exc,
)


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("sqlite://", "id INTEGER NOT NULL"),
        ("postgresql+psycopg://", "id SERIAL NOT NULL"),
        ("mysql+pymysql://", "id INTEGER NOT NULL AUTO_INCREMENT"),
    ],
)
def test_ddl_is_handed_to_the_function(url: str, number: str) -> None:
    printed: list[str] = []

    def dump(statement: Any, *parameters: Any) -> None:
        printed.append(str(statement.compile(dialect=mock.dialect)).strip())

    mock = create_mock_engine(url, dump)
    metadata = MetaData()
    Table(
        "t", metadata, Column("id", Integer, primary_key=True), Column("x", String(5), index=True)
    )
    metadata.create_all(mock, checkfirst=False)
    metadata.drop_all(mock, checkfirst=False)
    assert number in printed[0]
    assert printed[1] == "CREATE INDEX ix_t_x ON t (x)"
    assert printed[-1] == "DROP TABLE t"


def test_engine_and_connection_are_one() -> None:
    mock = create_mock_engine("sqlite://", lambda statement, parameters: (statement, parameters))
    with mock.begin() as connection:
        assert connection.execution_options(x=1).execute("a", {"b": 1}) == ("a", {"b": 1})
    assert (mock.connect(), mock.engine, mock.name) == (mock, mock, "sqlite")
    with pytest.raises(exc.NoSuchModuleError):
        create_mock_engine("nothing://", print)


def test_nothing_is_asked_of_a_database_that_is_not_there() -> None:
    printed: list[str] = []

    def dump(statement: Any, *parameters: Any) -> None:
        printed.append(" ".join(str(statement.compile(dialect=mock.dialect)).split()))

    mock = create_mock_engine("postgresql+psycopg://", dump)
    metadata = MetaData()
    Table(
        "t",
        metadata,
        Column("id", Integer, Sequence("numbers")),
        Column("size", Enum("s", "m", name="size")),
    )
    metadata.create_all(mock)
    metadata.drop_all(mock)
    assert printed == [
        "CREATE SEQUENCE numbers",
        "CREATE TYPE size AS ENUM ('s', 'm')",
        "CREATE TABLE t ( id INTEGER, size size )",
        "DROP TABLE t",
        "DROP TYPE size",
        "DROP SEQUENCE numbers",
    ]
