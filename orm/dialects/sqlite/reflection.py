"""SQLite's catalogue: tables, columns, keys and indexes, from PRAGMAs and sqlite_master."""

from __future__ import annotations

import re
from typing import Any, Final

from orm import exc
from orm.engine.catalogue import ReflectedColumns, parse_type_name, unquote
from orm.types.base import TypeEngine
from orm.types.scalar import (
    BIGINT,
    BLOB,
    BOOLEAN,
    CHAR,
    FLOAT,
    INTEGER,
    NUMERIC,
    REAL,
    SMALLINT,
    TEXT,
    VARCHAR,
)
from orm.types.structured import JSON
from orm.types.temporal import DATE, DATETIME, TIME, TIMESTAMP

_TYPES: Final[dict[str, type[TypeEngine]]] = {
    "BIGINT": BIGINT,
    "BLOB": BLOB,
    "BOOLEAN": BOOLEAN,
    "CHAR": CHAR,
    "DATE": DATE,
    "DATETIME": DATETIME,
    "DECIMAL": NUMERIC,
    "DOUBLE": FLOAT,
    "FLOAT": FLOAT,
    "INT": INTEGER,
    "INTEGER": INTEGER,
    "JSON": JSON,
    "NUMERIC": NUMERIC,
    "NVARCHAR": VARCHAR,
    "REAL": REAL,
    "SMALLINT": SMALLINT,
    "TEXT": TEXT,
    "TIME": TIME,
    "TIMESTAMP": TIMESTAMP,
    "VARCHAR": VARCHAR,
}

_NAME: Final = r"""(?:"(?:[^"]|"")+"|`(?:[^`]|``)+`|\[[^\]]+\]|\w+)"""
# texts, which `re` compiles and keeps when the first table is read: few applications read any
_UNIQUE: Final = rf"(?i)(?:CONSTRAINT\s+(?P<name>{_NAME})\s+)?UNIQUE\s*\((?P<columns>[^)]+)\)"
_PRIMARY: Final = rf"(?i)CONSTRAINT\s+(?P<name>{_NAME})\s+PRIMARY\s+KEY"
_FOREIGN: Final = (
    rf"(?i)(?:CONSTRAINT\s+(?P<name>{_NAME})\s+)?FOREIGN\s+KEY\s*\((?P<columns>[^)]+)\)\s*"
    rf"REFERENCES\s+(?P<table>{_NAME})(?P<rest>[^,]*)"
)
_CHECK: Final = rf"(?i)(?:CONSTRAINT\s+(?P<name>{_NAME})\s+)?CHECK\s*\("


class SQLiteReflection:
    """The part of the dialect that reads the catalogue."""

    def _rows(self, connection: Any, sql: str, *args: Any) -> list[Any]:
        return list(connection.exec_driver_sql(sql, args or None).all())

    def _pragma(self, connection: Any, name: str, argument: str, schema: str | None) -> list[Any]:
        quote = connection.dialect.identifier_preparer.quote_identifier
        prefix = f"{quote(schema)}." if schema else ""
        return self._rows(connection, f"PRAGMA {prefix}{name}({quote(argument)})")

    def _master(self, connection: Any, schema: str | None) -> str:
        if not schema:
            return "sqlite_master"
        quoted = connection.dialect.identifier_preparer.quote_identifier(schema)
        return f"{quoted}.sqlite_master"

    def has_table(self, connection: Any, table_name: str, schema: str | None = None) -> bool:
        """Return whether there is a table or view of this name."""
        return bool(self._pragma(connection, "table_info", table_name, schema))

    def has_sequence(self, connection: Any, sequence_name: str, schema: str | None = None) -> bool:
        """Return False: SQLite has no sequences."""
        return False

    def get_schema_names(self, connection: Any) -> list[str]:
        """Return the attached databases."""
        rows = self._rows(connection, "PRAGMA database_list")
        return [row[1] for row in rows if row[1] != "temp"]

    def get_default_schema_name(self, connection: Any) -> str:
        """Return "main"."""
        return "main"

    def _names(self, connection: Any, kind: str, schema: str | None) -> list[str]:
        sql = (
            f"SELECT name FROM {self._master(connection, schema)} "
            "WHERE type = ? AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name"
        )
        return [row[0] for row in self._rows(connection, sql, kind)]

    def get_table_names(self, connection: Any, schema: str | None = None) -> list[str]:
        """Return the tables' names."""
        return self._names(connection, "table", schema)

    def get_view_names(self, connection: Any, schema: str | None = None) -> list[str]:
        """Return the views' names."""
        return self._names(connection, "view", schema)

    def get_temp_table_names(self, connection: Any) -> list[str]:
        """Return the names of the connection's temporary tables."""
        return self._names(connection, "table", "temp")

    def get_temp_view_names(self, connection: Any) -> list[str]:
        """Return the names of the connection's temporary views."""
        return self._names(connection, "view", "temp")

    def get_table_options(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> dict[str, Any]:
        """Return {"sqlite_with_rowid": False, "sqlite_strict": True} as far as they hold."""
        _, _, tail = self._table_sql(connection, table_name, schema).rpartition(")")
        words = tail.upper()
        found: dict[str, Any] = {}
        if "WITHOUT ROWID" in words:
            found["sqlite_with_rowid"] = False
        if "STRICT" in words:
            found["sqlite_strict"] = True
        return found

    def get_view_definition(
        self, connection: Any, view_name: str, schema: str | None = None
    ) -> str:
        """Return the CREATE VIEW statement. Raises exc.NoSuchTableError."""
        return self._table_sql(connection, view_name, schema)

    def _table_sql(self, connection: Any, table_name: str, schema: str | None) -> str:
        sql = f"SELECT sql FROM {self._master(connection, schema)} WHERE name = ?"
        rows = self._rows(connection, sql, table_name)
        if not rows:
            raise exc.NoSuchTableError(table_name)
        return rows[0][0] or ""

    def get_columns(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> ReflectedColumns:
        """Return the columns in order. Raises exc.NoSuchTableError."""
        rows = self._pragma(connection, "table_xinfo", table_name, schema)
        if not rows:
            raise exc.NoSuchTableError(table_name)
        made: ReflectedColumns = []
        for _cid, name, type_name, notnull, default, pk, hidden in rows:
            if hidden == 1:
                continue
            column: dict[str, Any] = {
                "name": name,
                "type": self._to_type(type_name),
                "nullable": not notnull,
                "default": default,
                "primary_key": pk,
            }
            if hidden in (2, 3):
                column["computed"] = {"sqltext": "", "persisted": hidden == 3}
            made.append(column)
        return made

    def _to_type(self, text: str) -> TypeEngine:
        name, numbers = parse_type_name(text)
        kind: Any = _TYPES.get(name)
        if kind is None:
            kind = _by_affinity(name)
        if kind in (VARCHAR, CHAR, NUMERIC) and numbers:
            return kind(*numbers)  # type: ignore[no-any-return]
        return kind()  # type: ignore[no-any-return]

    def get_pk_constraint(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> dict[str, Any]:
        """Return {"constrained_columns": [...], "name": ...}. Raises exc.NoSuchTableError."""
        columns = self.get_columns(connection, table_name, schema)
        ordered = sorted((c for c in columns if c["primary_key"]), key=lambda c: c["primary_key"])
        match = re.search(_PRIMARY, self._table_sql(connection, table_name, schema))
        return {
            "constrained_columns": [column["name"] for column in ordered],
            "name": unquote(match["name"]) if match else None,
        }

    def get_foreign_keys(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the foreign keys, by name and columns."""
        sql = self._table_sql(connection, table_name, schema)
        grouped: dict[int, dict[str, Any]] = {}
        for number, _seq, table, source, target, on_update, on_delete, _match in self._pragma(
            connection, "foreign_key_list", table_name, schema
        ):
            entry = grouped.setdefault(
                number,
                {
                    "name": None,
                    "constrained_columns": [],
                    "referred_schema": schema,
                    "referred_table": table,
                    "referred_columns": [],
                    "options": _actions(on_update, on_delete),
                },
            )
            entry["constrained_columns"].append(source)
            entry["referred_columns"].append(target)
        self._complete_foreign_keys(connection, sql, grouped, schema)
        made = list(grouped.values())
        made.sort(key=lambda entry: (entry["name"] or "", entry["constrained_columns"]))
        return made

    def _complete_foreign_keys(
        self, connection: Any, sql: str, grouped: dict[int, dict[str, Any]], schema: str | None
    ) -> None:
        names = {}
        for match in re.finditer(_FOREIGN, sql):
            columns = tuple(unquote(part) for part in match["columns"].split(","))
            names[(columns, unquote(match["table"]))] = match
        for entry in grouped.values():
            if entry["referred_columns"][0] is None:  # the target's primary key, not named
                key = self.get_pk_constraint(connection, entry["referred_table"], schema)
                entry["referred_columns"] = key["constrained_columns"]
            match_ = names.get((tuple(entry["constrained_columns"]), entry["referred_table"]))
            if match_ is not None:
                if match_["name"]:
                    entry["name"] = unquote(match_["name"])
                if re.search(r"(?<!NOT )DEFERRABLE", match_["rest"], re.I):
                    entry["options"]["deferrable"] = True
                    if re.search(r"INITIALLY\s+DEFERRED", match_["rest"], re.I):
                        entry["options"]["initially"] = "DEFERRED"

    def get_indexes(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the indexes made by CREATE INDEX, by name."""
        made = []
        for _seq, name, unique, origin, partial in self._index_list(connection, table_name, schema):
            if origin != "c":
                continue
            columns = [row[2] for row in self._pragma(connection, "index_info", name, schema)]
            entry: dict[str, Any] = {
                "name": name,
                "column_names": columns,
                "unique": bool(unique),
                "dialect_options": {},
            }
            if None in columns:
                entry["expressions"] = [column or "" for column in columns]
            if partial:
                sql = self._table_sql(connection, name, schema)
                where = re.split(r"\bWHERE\b", sql, maxsplit=1, flags=re.I)[-1].strip()
                entry["dialect_options"]["sqlite_where"] = where
            made.append(entry)
        return sorted(made, key=lambda entry: str(entry["name"]))

    def _index_list(self, connection: Any, table_name: str, schema: str | None) -> list[Any]:
        if not self.has_table(connection, table_name, schema):
            raise exc.NoSuchTableError(table_name)
        return self._pragma(connection, "index_list", table_name, schema)

    def get_unique_constraints(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the unique constraints, those on single columns included."""
        sql = self._table_sql(connection, table_name, schema)
        names = {}
        for match in re.finditer(_UNIQUE, sql):
            columns = tuple(unquote(part) for part in match["columns"].split(","))
            names[columns] = unquote(match["name"]) if match["name"] else None
        made = []
        for _seq, name, _unique, origin, _partial in self._index_list(
            connection, table_name, schema
        ):
            if origin == "u":
                columns = tuple(
                    row[2] for row in self._pragma(connection, "index_info", name, schema)
                )
                made.append({"name": names.get(columns), "column_names": list(columns)})
        return sorted(made, key=lambda entry: (entry["name"] or "", entry["column_names"]))

    def get_check_constraints(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the check constraints with their text."""
        sql = self._table_sql(connection, table_name, schema)
        made = []
        for match in re.finditer(_CHECK, sql):
            text = _balanced(sql, match.end())
            name = unquote(match["name"]) if match["name"] else None
            made.append({"name": name, "sqltext": text})
        return sorted(made, key=lambda entry: entry["name"] or "~")

    def get_table_comment(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> dict[str, Any]:
        """Return no comment: SQLite keeps none."""
        return {"text": None}


def _by_affinity(name: str) -> type[TypeEngine]:
    """Return the type by SQLite's rules for declared names (sqlite.org/datatype3.html)."""
    if "INT" in name:
        return INTEGER
    if "CHAR" in name or "CLOB" in name or "TEXT" in name:
        return TEXT
    if "BLOB" in name or not name:
        return BLOB
    if "REAL" in name or "FLOA" in name or "DOUB" in name:
        return REAL
    return NUMERIC


def _actions(on_update: str, on_delete: str) -> dict[str, Any]:
    made = {}
    if on_update and on_update != "NO ACTION":
        made["onupdate"] = on_update
    if on_delete and on_delete != "NO ACTION":
        made["ondelete"] = on_delete
    return made


def _balanced(sql: str, start: int) -> str:
    """Return the text from `start` to the parenthesis that closes the one before it."""
    depth, quote = 1, ""
    for position in range(start, len(sql)):
        char = sql[position]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"`":
            quote = char
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if not depth:
                return sql[start:position]
    return sql[start:]
