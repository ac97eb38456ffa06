"""SQLite: its types, its form of INSERT, and its dialect (`dialect()` for compiling by hand)."""

from __future__ import annotations

from orm.dialects.sqlite.dml import Insert, insert
from orm.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite as dialect
from orm.dialects.sqlite.types import (
    BIGINT,
    BLOB,
    BOOLEAN,
    CHAR,
    DATE,
    DATETIME,
    DECIMAL,
    FLOAT,
    INTEGER,
    JSON,
    NUMERIC,
    REAL,
    SMALLINT,
    TEXT,
    TIME,
    TIMESTAMP,
    VARCHAR,
)

__all__ = [
    "BIGINT",
    "BLOB",
    "BOOLEAN",
    "CHAR",
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
    "Insert",
    "insert",
    "dialect",
]
