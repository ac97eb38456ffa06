"""SQLite's types: names in DDL, and the forms in which dates and times are stored."""

from __future__ import annotations

from typing import Any, Final

from orm.compiler.types import TypeCompiler
from orm.types.base import TypeEngine
from orm.types.scalar import (
    BIGINT,
    BLOB,
    BOOLEAN,
    CHAR,
    DECIMAL,
    FLOAT,
    INTEGER,
    NUMERIC,
    REAL,
    SMALLINT,
    TEXT,
    VARCHAR,
)
from orm.types.structured import JSON
from orm.types.temporal import (
    DATE,
    DATETIME,
    TIME,
    TIMESTAMP,
    Date,
    DateTime,
    TextDate,
    TextDateTime,
    TextTime,
    Time,
)

COLSPECS: Final[dict[type[TypeEngine], type[TypeEngine]]] = {
    Date: TextDate,
    Time: TextTime,
    DateTime: TextDateTime,
}


class SQLiteTypeCompiler(TypeCompiler):
    """Type names as SQLite's rules of affinity read them."""

    def visit_large_binary(self, type_: Any) -> str:
        return "BLOB"


__all__ = [
    "BIGINT",
    "BLOB",
    "BOOLEAN",
    "CHAR",
    "COLSPECS",
    "DATE",
    "DATETIME",
    "DECIMAL",
    "FLOAT",
    "INTEGER",
    "JSON",
    "NUMERIC",
    "REAL",
    "SMALLINT",
    "TEXT",
    "TIME",
    "TIMESTAMP",
    "VARCHAR",
    "SQLiteTypeCompiler",
]
