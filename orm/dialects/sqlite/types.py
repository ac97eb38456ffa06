"""SQLite's types: names in DDL, and the forms in which dates and times are stored."""

from __future__ import annotations

from typing import Any, Final

from orm.compiler.types import TypeCompiler
from orm.types.base import Processor, TypeDialect, TypeEngine
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


class _StoredJSON(JSON):
    """A column declared JSON has NUMERIC affinity: SQLite stores the document `5` as a number."""

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        import json  # not loaded by applications without JSON columns

        loads = getattr(dialect, "_json_deserializer", None) or json.loads
        return lambda value: loads(value) if isinstance(value, str) else value


COLSPECS: Final[dict[type[TypeEngine], type[TypeEngine]]] = {
    Date: TextDate,
    Time: TextTime,
    DateTime: TextDateTime,
    JSON: _StoredJSON,
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
