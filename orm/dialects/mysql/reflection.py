"""The catalogue of MySQL and MariaDB, from information_schema."""

from __future__ import annotations

import re
from typing import Any, Final

from orm import exc
from orm.dialects.mysql import types as my
from orm.engine.catalogue import ReflectedColumns, parse_type_name
from orm.types.base import NullType, TypeEngine
from orm.types.scalar import (
    BIGINT,
    BINARY,
    BLOB,
    CHAR,
    DOUBLE,
    FLOAT,
    INTEGER,
    NUMERIC,
    SMALLINT,
    TEXT,
    VARBINARY,
    VARCHAR,
)
from orm.types.structured import JSON, UUID
from orm.types.temporal import DATE

_TYPES: Final[dict[str, Any]] = {
    "bigint": BIGINT,
    "binary": BINARY,
    "bit": my.BIT,
    "blob": BLOB,
    "char": CHAR,
    "date": DATE,
    "decimal": NUMERIC,
    "double": DOUBLE,
    "float": FLOAT,
    "inet4": my.INET4,
    "inet6": my.INET6,
    "int": INTEGER,
    "integer": INTEGER,
    "json": JSON,
    "longblob": my.LONGBLOB,
    "longtext": my.LONGTEXT,
    "mediumblob": my.MEDIUMBLOB,
    "mediumint": my.MEDIUMINT,
    "mediumtext": my.MEDIUMTEXT,
    "smallint": SMALLINT,
    "text": TEXT,
    "tinyblob": my.TINYBLOB,
    "tinyint": my.TINYINT,
    "tinytext": my.TINYTEXT,
    "uuid": UUID,
    "varbinary": VARBINARY,
    "varchar": VARCHAR,
    "year": my.YEAR,
}
_SIZED: Final = {"binary", "varbinary", "char", "varchar", "decimal", "bit"}
_UNSIGNED: Final[dict[str, Any]] = {
    "tinyint": my.TINYINT,
    "smallint": my.SMALLINT,
    "mediumint": my.MEDIUMINT,
    "int": my.INTEGER,
    "bigint": my.BIGINT,
    "decimal": my.DECIMAL,
    "float": my.FLOAT,
    "double": my.DOUBLE,
}

_COLUMNS = """
    SELECT column_name, column_type, is_nullable, column_default, extra, column_comment,
           generation_expression
    FROM information_schema.columns
    WHERE table_schema = COALESCE(%(schema)s, DATABASE()) AND table_name = %(name)s
    ORDER BY ordinal_position
"""

_KEYS = """
    SELECT c.constraint_name, k.column_name, k.referenced_table_schema, k.referenced_table_name,
           k.referenced_column_name, r.update_rule, r.delete_rule,
           k.referenced_table_schema = DATABASE()
    FROM information_schema.table_constraints c
    JOIN information_schema.key_column_usage k
      ON k.constraint_schema = c.constraint_schema AND k.table_name = c.table_name
     AND k.constraint_name = c.constraint_name
    LEFT JOIN information_schema.referential_constraints r
      ON r.constraint_schema = c.constraint_schema AND r.table_name = c.table_name
     AND r.constraint_name = c.constraint_name
    WHERE c.table_schema = COALESCE(%(schema)s, DATABASE()) AND c.table_name = %(name)s
      AND c.constraint_type = %(kind)s
    ORDER BY c.constraint_name, k.ordinal_position
"""

_INDEXES = """
    SELECT index_name, non_unique, column_name, sub_part, index_type
    FROM information_schema.statistics
    WHERE table_schema = COALESCE(%(schema)s, DATABASE()) AND table_name = %(name)s
      AND index_name <> 'PRIMARY'
    ORDER BY index_name, seq_in_index
"""


class MySQLReflection:
    """The part of the dialect that reads the catalogue."""

    def _rows(self, connection: Any, sql: str, **params: Any) -> list[Any]:
        return list(connection.exec_driver_sql(sql, params or None).all())

    def _tables(
        self, connection: Any, schema: str | None, kinds: tuple[str, ...], name: str | None = None
    ) -> list[Any]:
        sql = """
            SELECT table_name, table_comment FROM information_schema.tables
            WHERE table_schema = COALESCE(%(schema)s, DATABASE()) AND table_type IN %(kinds)s
        """
        if name is not None:
            sql += " AND table_name = %(name)s"
        return self._rows(
            connection, sql + " ORDER BY table_name", schema=schema, kinds=kinds, name=name
        )

    def has_table(self, connection: Any, table_name: str, schema: str | None = None) -> bool:
        """Return whether there is a table or view of this name."""
        kinds = ("BASE TABLE", "VIEW", "SYSTEM VERSIONED")
        return bool(self._tables(connection, schema, kinds, table_name))

    def has_sequence(self, connection: Any, sequence_name: str, schema: str | None = None) -> bool:
        """Return whether there is a sequence of this name (MariaDB)."""
        return bool(self._tables(connection, schema, ("SEQUENCE",), sequence_name))

    def _require_table(self, connection: Any, name: str, schema: str | None) -> None:
        if not self.has_table(connection, name, schema):
            raise exc.NoSuchTableError(f"{schema}.{name}" if schema else name)

    def get_schema_names(self, connection: Any) -> list[str]:
        """Return the databases."""
        sql = "SELECT schema_name FROM information_schema.schemata ORDER BY 1"
        return [row[0] for row in self._rows(connection, sql)]

    def get_default_schema_name(self, connection: Any) -> str | None:
        """Return the current database."""
        name: str | None = connection.exec_driver_sql("SELECT DATABASE()").scalar()
        return name

    def get_table_names(self, connection: Any, schema: str | None = None) -> list[str]:
        """Return the tables' names."""
        return [
            row[0] for row in self._tables(connection, schema, ("BASE TABLE", "SYSTEM VERSIONED"))
        ]

    def get_view_names(self, connection: Any, schema: str | None = None) -> list[str]:
        """Return the views' names."""
        return [row[0] for row in self._tables(connection, schema, ("VIEW",))]

    def get_sequence_names(self, connection: Any, schema: str | None = None) -> list[str]:
        """Return the sequences' names (MariaDB)."""
        return [row[0] for row in self._tables(connection, schema, ("SEQUENCE",))]

    def get_table_options(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> dict[str, Any]:
        """Return mysql_engine, mysql_charset and mysql_collate. Raises exc.NoSuchTableError."""
        sql = """
            SELECT t.engine, c.character_set_name, t.table_collation
            FROM information_schema.tables t
            JOIN information_schema.collation_character_set_applicability c
              ON c.%(full)s = t.table_collation
            WHERE t.table_schema = COALESCE(%%(schema)s, DATABASE()) AND t.table_name = %%(name)s
        """
        full = "full_collation_name" if connection.dialect.is_mariadb else "collation_name"
        rows = self._rows(connection, sql % {"full": full}, schema=schema, name=table_name)
        if not rows:
            raise exc.NoSuchTableError(f"{schema}.{table_name}" if schema else table_name)
        return dict(zip(("mysql_engine", "mysql_charset", "mysql_collate"), rows[0], strict=True))

    def get_view_definition(
        self, connection: Any, view_name: str, schema: str | None = None
    ) -> str:
        """Return the view's query. Raises exc.NoSuchTableError."""
        sql = """
            SELECT view_definition FROM information_schema.views
            WHERE table_schema = COALESCE(%(schema)s, DATABASE()) AND table_name = %(name)s
        """
        rows = self._rows(connection, sql, schema=schema, name=view_name)
        if not rows:
            raise exc.NoSuchTableError(view_name)
        return str(rows[0][0])

    def get_columns(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> ReflectedColumns:
        """Return the columns in order. Raises exc.NoSuchTableError."""
        rows = self._rows(connection, _COLUMNS, schema=schema, name=table_name)
        if not rows:
            raise exc.NoSuchTableError(table_name)
        made: ReflectedColumns = []
        for name, type_text, nullable, default, extra, comment, generated in rows:
            if default == "NULL" and connection.dialect.is_mariadb:
                default = None
            column: dict[str, Any] = {
                "name": name,
                "type": self._to_type(type_text),
                "nullable": nullable == "YES",
                "default": default,
                "autoincrement": "auto_increment" in extra,
                "comment": comment or None,
            }
            if generated:
                column["default"] = None
                column["computed"] = {"sqltext": generated, "persisted": "STORED" in extra.upper()}
            made.append(column)
        return made

    def _to_type(self, text: str) -> TypeEngine:
        lowered = text.lower()
        signs = {word: True for word in ("unsigned", "zerofill") if word in lowered.split()}
        name, numbers = parse_type_name(lowered.replace(" unsigned", "").replace(" zerofill", ""))
        name = name.lower()
        if name in ("enum", "set"):
            values = [
                part.replace("''", "'").replace("\\\\", "\\")
                for part in re.findall(r"'((?:[^']|'')*)'", text)
            ]
            return my.ENUM(*values) if name == "enum" else my.SET(*values)
        if name == "datetime":
            return my.DATETIME(fsp=numbers[0] if numbers else None)
        if name == "timestamp":
            return my.TIMESTAMP(fsp=numbers[0] if numbers else None)
        if name == "time":
            return my.TIME(fsp=numbers[0] if numbers else None)
        if signs and name in _UNSIGNED:
            made: TypeEngine = _UNSIGNED[name](*(numbers if name == "decimal" else ()), **signs)
            return made
        if name == "tinyint" and numbers == [1]:
            return my.TINYINT(1)
        found = _TYPES.get(name)
        if found is None:
            return NullType()
        return found(*numbers) if name in _SIZED and numbers else found()  # type: ignore[no-any-return]

    def _keys(
        self, connection: Any, table: str, schema: str | None, kind: str
    ) -> dict[str, list[Any]]:
        self._require_table(connection, table, schema)
        grouped: dict[str, list[Any]] = {}
        for row in self._rows(connection, _KEYS, schema=schema, name=table, kind=kind):
            grouped.setdefault(row[0], []).append(row)
        return grouped

    def get_pk_constraint(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> dict[str, Any]:
        """Return {"constrained_columns": [...], "name": None}: MySQL calls them all PRIMARY."""
        grouped = self._keys(connection, table_name, schema, "PRIMARY KEY")
        columns = [row[1] for rows in grouped.values() for row in rows]
        return {"constrained_columns": columns, "name": None}

    def get_foreign_keys(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the foreign keys, by name."""
        made = []
        for name, rows in self._keys(connection, table_name, schema, "FOREIGN KEY").items():
            first = rows[0]
            options = {}
            # what the server reports for keys that were made without a rule
            default = ("NO ACTION", "RESTRICT")
            if first[5] not in default:
                options["onupdate"] = first[5]
            if first[6] not in default:
                options["ondelete"] = first[6]
            made.append(
                {
                    "name": name,
                    "constrained_columns": [row[1] for row in rows],
                    "referred_schema": None if first[7] and schema is None else first[2],
                    "referred_table": first[3],
                    "referred_columns": [row[4] for row in rows],
                    "options": options,
                }
            )
        return made

    def _index_rows(
        self, connection: Any, table_name: str, schema: str | None
    ) -> dict[str, list[Any]]:
        self._require_table(connection, table_name, schema)
        grouped: dict[str, list[Any]] = {}
        for row in self._rows(connection, _INDEXES, schema=schema, name=table_name):
            grouped.setdefault(row[0], []).append(row)
        return grouped

    def get_indexes(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the indexes but for the primary key's, by name.

        Indexes that serve a foreign key and those of unique constraints are among them.
        """
        made = []
        for name, rows in self._index_rows(connection, table_name, schema).items():
            options: dict[str, Any] = {}
            lengths = {row[2]: row[3] for row in rows if row[3]}
            if lengths:
                options["mysql_length"] = lengths
            if rows[0][4] in ("FULLTEXT", "SPATIAL"):
                options["mysql_prefix"] = rows[0][4]
            made.append(
                {
                    "name": name,
                    "column_names": [row[2] for row in rows],
                    "unique": not rows[0][1],
                    "dialect_options": options,
                }
            )
        return made

    def get_unique_constraints(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the unique indexes, which are all that a unique constraint is here."""
        return [
            {"name": name, "column_names": [row[2] for row in rows], "duplicates_index": name}
            for name, rows in self._index_rows(connection, table_name, schema).items()
            if not rows[0][1]
        ]

    def get_check_constraints(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the check constraints, by name."""
        self._require_table(connection, table_name, schema)
        table = "k.table_name" if connection.dialect.is_mariadb else "c.table_name"
        sql = f"""
            SELECT DISTINCT k.constraint_name, k.check_clause
            FROM information_schema.check_constraints k
            JOIN information_schema.table_constraints c
              ON c.constraint_schema = k.constraint_schema AND c.constraint_name = k.constraint_name
            WHERE k.constraint_schema = COALESCE(%(schema)s, DATABASE()) AND {table} = %(name)s
              AND c.table_name = %(name)s
            ORDER BY 1
        """
        rows = self._rows(connection, sql, schema=schema, name=table_name)
        return [{"name": row[0], "sqltext": row[1]} for row in rows]

    def get_table_comment(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> dict[str, Any]:
        """Return {"text": the comment or None}. Raises exc.NoSuchTableError."""
        rows = self._tables(connection, schema, ("BASE TABLE", "SYSTEM VERSIONED"), table_name)
        if not rows:
            raise exc.NoSuchTableError(table_name)
        return {"text": rows[0][1] or None}
