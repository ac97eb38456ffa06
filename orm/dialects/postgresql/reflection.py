"""PostgreSQL's catalogue: tables, columns, keys and indexes, from pg_catalog."""

from __future__ import annotations

import re
from typing import Any, Final

from orm import exc
from orm.dialects.postgresql import types as pg
from orm.dialects.postgresql.hstore import HSTORE
from orm.dialects.postgresql.named_types import DOMAIN
from orm.dialects.postgresql.ranges import RANGE_TYPES
from orm.engine.catalogue import ReflectedColumns, parse_type_name
from orm.sql.text_clause import TextClause
from orm.types.base import NullType, TypeEngine
from orm.types.scalar import (
    BIGINT,
    BOOLEAN,
    CHAR,
    DOUBLE_PRECISION,
    INTEGER,
    NUMERIC,
    REAL,
    SMALLINT,
    TEXT,
    VARCHAR,
)
from orm.types.structured import UUID
from orm.types.temporal import DATE

_TYPES: Final[dict[str, Any]] = {
    "bigint": BIGINT,
    "boolean": BOOLEAN,
    "bytea": pg.BYTEA,
    "character": CHAR,
    "character varying": VARCHAR,
    "cidr": pg.CIDR,
    "citext": pg.CITEXT,
    "date": DATE,
    "double precision": DOUBLE_PRECISION,
    "inet": pg.INET,
    "integer": INTEGER,
    "interval": pg.INTERVAL,
    "json": pg.JSON,
    "jsonb": pg.JSONB,
    "macaddr": pg.MACADDR,
    "money": pg.MONEY,
    "numeric": NUMERIC,
    "oid": pg.OID,
    "real": REAL,
    "regclass": pg.REGCLASS,
    "smallint": SMALLINT,
    "text": TEXT,
    "tsquery": pg.TSQUERY,
    "tsvector": pg.TSVECTOR,
    "uuid": UUID,
    "hstore": HSTORE,
    "macaddr8": pg.MACADDR8,
    "regconfig": pg.REGCONFIG,
    "jsonpath": pg.JSONPATH,
    **{kind.__visit_name__.lower(): kind for kind in RANGE_TYPES},
}

_ACTIONS: Final = {"c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT", "r": "RESTRICT"}

# the oid of a table, by name and schema or search path
_OID = """
    SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = %(name)s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND CASE WHEN %(schema)s::text IS NULL THEN pg_catalog.pg_table_is_visible(c.oid)
               ELSE n.nspname = %(schema)s END
"""

_COLUMNS = """
    SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
           pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated,
           pg_catalog.col_description(a.attrelid, a.attnum), t.typtype, t.oid, t.typname
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
"""

# what the members of an array are
_ITEM_TYPE = """
    SELECT t.typtype, t.oid, t.typname
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_type a ON a.typelem = t.oid
    WHERE a.oid = %(oid)s
"""

_DOMAIN = """
    SELECT pg_catalog.format_type(d.typbasetype, d.typtypmod), b.typtype, b.oid, b.typname,
           d.typnotnull, d.typdefault,
           (SELECT c.collname::text FROM pg_catalog.pg_collation c
            WHERE c.oid = d.typcollation AND d.typcollation <> b.typcollation),
           ARRAY(SELECT k.conname::text FROM pg_catalog.pg_constraint k
                 WHERE k.contypid = d.oid AND k.contype = 'c' ORDER BY k.conname),
           ARRAY(SELECT pg_catalog.pg_get_expr(k.conbin, 0) FROM pg_catalog.pg_constraint k
                 WHERE k.contypid = d.oid AND k.contype = 'c' ORDER BY k.conname)
    FROM pg_catalog.pg_type d JOIN pg_catalog.pg_type b ON b.oid = d.typbasetype
    WHERE d.oid = %(oid)s
"""

_CONSTRAINTS = """
    SELECT k.conname, pg_catalog.pg_get_constraintdef(k.oid, true),
           ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(num, place)
                 JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num
                 ORDER BY u.place),
           f.relname, fn.nspname, pg_catalog.pg_table_is_visible(f.oid),
           ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(num, place)
                 JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num
                 ORDER BY u.place),
           k.confupdtype::text, k.confdeltype::text, k.condeferrable, k.condeferred,
           pg_catalog.obj_description(k.oid, 'pg_constraint'),
           pg_catalog.pg_get_expr(k.conbin, k.conrelid)
    FROM pg_catalog.pg_constraint k
    LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
    LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
    WHERE k.conrelid = %(oid)s AND k.contype = %(kind)s
    ORDER BY k.conname
"""

_INDEXES = """
    SELECT i.relname, x.indisunique, x.indnkeyatts, am.amname,
           pg_catalog.pg_get_expr(x.indpred, x.indrelid),
           ARRAY(SELECT pg_catalog.pg_get_indexdef(x.indexrelid, s.n, true)
                 FROM generate_series(1, x.indnatts) s(n) ORDER BY s.n),
           ARRAY(SELECT a.attname::text FROM generate_series(0, x.indnatts - 1) s(n)
                 LEFT JOIN pg_catalog.pg_attribute a
                   ON a.attrelid = x.indrelid AND a.attnum = x.indkey[s.n] AND x.indkey[s.n] <> 0
                 ORDER BY s.n),
           EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k
                   WHERE k.conindid = x.indexrelid AND k.contype IN ('u', 'x'))
    FROM pg_catalog.pg_index x
    JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
    JOIN pg_catalog.pg_am am ON am.oid = i.relam
    WHERE x.indrelid = %(oid)s AND NOT x.indisprimary
    ORDER BY i.relname
"""


class PGReflection:
    """The part of the dialect that reads the catalogue."""

    def _rows(self, connection: Any, sql: str, **params: Any) -> list[Any]:
        return list(connection.exec_driver_sql(sql, params or None).all())

    def _find_oid(self, connection: Any, name: str, schema: str | None) -> int | None:
        rows = self._rows(connection, _OID, name=name, schema=schema)
        return rows[0][0] if rows else None

    def _oid(self, connection: Any, name: str, schema: str | None) -> int:
        oid = self._find_oid(connection, name, schema)
        if oid is None:
            raise exc.NoSuchTableError(f"{schema}.{name}" if schema else name)
        return oid

    def has_table(self, connection: Any, table_name: str, schema: str | None = None) -> bool:
        """Return whether there is a table or view of this name, in the schema or search path."""
        return self._find_oid(connection, table_name, schema) is not None

    def has_sequence(self, connection: Any, sequence_name: str, schema: str | None = None) -> bool:
        """Return whether there is a sequence of this name."""
        sql = _OID.replace("('r', 'p', 'v', 'm', 'f')", "('S')")
        return bool(self._rows(connection, sql, name=sequence_name, schema=schema))

    def has_type(self, connection: Any, type_name: str, schema: str | None = None) -> bool:
        """Return whether there is a type of this name."""
        sql = """
            SELECT 1 FROM pg_catalog.pg_type t
            JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
            WHERE t.typname = %(name)s
              AND CASE WHEN %(schema)s::text IS NULL THEN pg_catalog.pg_type_is_visible(t.oid)
                       ELSE n.nspname = %(schema)s END
        """
        return bool(self._rows(connection, sql, name=type_name, schema=schema))

    def get_schema_names(self, connection: Any) -> list[str]:
        """Return the schemas that are not the system's."""
        sql = "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname NOT LIKE 'pg~_%' ESCAPE '~' ORDER BY 1"
        return [row[0] for row in self._rows(connection, sql)]

    def get_default_schema_name(self, connection: Any) -> str | None:
        """Return the current schema."""
        name: str | None = connection.exec_driver_sql("SELECT current_schema()").scalar()
        return name

    def _names(self, connection: Any, kinds: list[str], schema: str | None) -> list[str]:
        sql = """
            SELECT c.relname FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind::text = ANY(%(kinds)s)
              AND n.nspname = coalesce(%(schema)s::text, current_schema())
            ORDER BY 1
        """
        return [row[0] for row in self._rows(connection, sql, kinds=kinds, schema=schema)]

    def get_table_names(self, connection: Any, schema: str | None = None) -> list[str]:
        """Return the tables' names."""
        return self._names(connection, ["r", "p"], schema)

    def get_view_names(self, connection: Any, schema: str | None = None) -> list[str]:
        """Return the views' names."""
        return self._names(connection, ["v"], schema)

    def get_materialized_view_names(self, connection: Any, schema: str | None = None) -> list[str]:
        """Return the materialized views' names."""
        return self._names(connection, ["m"], schema)

    def get_sequence_names(self, connection: Any, schema: str | None = None) -> list[str]:
        """Return the sequences' names."""
        return self._names(connection, ["S"], schema)

    def get_temp_table_names(self, connection: Any) -> list[str]:
        """Return the names of the connection's temporary tables."""
        return self._temp_names(connection, ["r"])

    def get_temp_view_names(self, connection: Any) -> list[str]:
        """Return the names of the connection's temporary views."""
        return self._temp_names(connection, ["v"])

    def _temp_names(self, connection: Any, kinds: list[str]) -> list[str]:
        sql = """
            SELECT c.relname FROM pg_catalog.pg_class c
            WHERE c.relkind::text = ANY(%(kinds)s) AND c.relpersistence = 't'
              AND c.relnamespace = pg_catalog.pg_my_temp_schema()
            ORDER BY 1
        """
        return [row[0] for row in self._rows(connection, sql, kinds=kinds)]

    def get_view_definition(
        self, connection: Any, view_name: str, schema: str | None = None
    ) -> str:
        """Return the view's query. Raises exc.NoSuchTableError."""
        oid = self._oid(connection, view_name, schema)
        rows = self._rows(connection, "SELECT pg_catalog.pg_get_viewdef(%(oid)s, true)", oid=oid)
        return str(rows[0][0])

    def get_columns(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> ReflectedColumns:
        """Return the columns in order. Raises exc.NoSuchTableError."""
        oid = self._oid(connection, table_name, schema)
        made: ReflectedColumns = []
        for (
            name, type_text, notnull, default, identity, generated, comment, kind, type_oid, type_name,
        ) in self._rows(connection, _COLUMNS, oid=oid):  # fmt: skip
            column: dict[str, Any] = {
                "name": name,
                "type": self._to_type(connection, type_text, kind, type_oid, type_name),
                "nullable": not notnull,
                "default": None if generated or identity else default,
                "autoincrement": bool(identity) or str(default or "").startswith("nextval("),
                "comment": comment,
            }
            if identity:
                column["identity"] = {"always": identity in ("a", b"a")}
            if generated:
                column["computed"] = {"sqltext": default, "persisted": True}
            made.append(column)
        return made

    def _to_type(
        self, connection: Any, text: str, kind: Any, type_oid: int, type_name: str
    ) -> TypeEngine:
        if text.endswith("[]"):
            item = self._rows(connection, _ITEM_TYPE, oid=type_oid)
            return pg.ARRAY(self._to_type(connection, text[:-2], *item[0]))
        if kind in ("d", b"d"):
            return self._to_domain(connection, type_oid, type_name, _schema_of(text))
        if kind in ("e", b"e"):
            sql = "SELECT enumlabel FROM pg_catalog.pg_enum WHERE enumtypid = %(oid)s ORDER BY enumsortorder"
            labels = [row[0] for row in self._rows(connection, sql, oid=type_oid)]
            return pg.ENUM(*labels, name=type_name, schema=_schema_of(text))
        zoned = text.endswith("with time zone")
        base = re.sub(r" with(out)? time zone$", "", text)
        name, numbers = parse_type_name(base)
        if name in ("BIT", "BIT VARYING"):
            return pg.BIT(numbers[0] if numbers else None, varying=name != "BIT")
        if name in ("TIMESTAMP", "TIME"):
            made = pg.TIMESTAMP if name == "TIMESTAMP" else pg.TIME
            return made(timezone=zoned, precision=numbers[0] if numbers else None)
        found = _TYPES.get(name.lower())
        if found is None:
            return NullType()
        if found in (VARCHAR, CHAR, NUMERIC) and numbers:
            return found(*numbers)  # type: ignore[no-any-return]
        return found()  # type: ignore[no-any-return]

    def _to_domain(self, connection: Any, oid: int, name: str, schema: str | None) -> DOMAIN:
        base, kind, base_oid, base_name, not_null, default, collation, names, checks = self._rows(
            connection, _DOMAIN, oid=oid
        )[0]
        return DOMAIN(
            name,
            self._to_type(connection, base, kind, base_oid, base_name),
            collation=collation,
            default=None if default is None else TextClause(default),
            not_null=not_null,
            check=" AND ".join(checks) or None,
            constraint_name=names[0] if len(names) == 1 else None,
            schema=schema,
        )

    def _constraints(
        self, connection: Any, table_name: str, schema: str | None, kind: str
    ) -> list[Any]:
        oid = self._oid(connection, table_name, schema)
        return self._rows(connection, _CONSTRAINTS, oid=oid, kind=kind)

    def get_pk_constraint(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> dict[str, Any]:
        """Return {"constrained_columns": [...], "name": ...}. Raises exc.NoSuchTableError."""
        rows = self._constraints(connection, table_name, schema, "p")
        if not rows:
            return {"constrained_columns": [], "name": None}
        return {
            "constrained_columns": list(rows[0][2]),
            "name": rows[0][0],
            "comment": rows[0][11],
        }

    def get_foreign_keys(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the foreign keys, by name."""
        made = []
        for row in self._constraints(connection, table_name, schema, "f"):
            options: dict[str, Any] = {}
            if row[7] in _ACTIONS:
                options["onupdate"] = _ACTIONS[row[7]]
            if row[8] in _ACTIONS:
                options["ondelete"] = _ACTIONS[row[8]]
            if row[9]:
                options["deferrable"] = True
                if row[10]:
                    options["initially"] = "DEFERRED"
            made.append(
                {
                    "name": row[0],
                    "constrained_columns": list(row[2]),
                    "referred_schema": None if row[5] and schema is None else row[4],
                    "referred_table": row[3],
                    "referred_columns": list(row[6]),
                    "options": options,
                    "comment": row[11],
                }
            )
        return made

    def get_unique_constraints(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the unique constraints, by name."""
        return [
            {"name": row[0], "column_names": list(row[2]), "comment": row[11]}
            for row in self._constraints(connection, table_name, schema, "u")
        ]

    def get_check_constraints(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the check constraints, by name."""
        return [
            {
                "name": row[0],
                "sqltext": row[12].removeprefix("(").removesuffix(")"),
                "comment": row[11],
            }
            for row in self._constraints(connection, table_name, schema, "c")
        ]

    def get_indexes(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the indexes but for the primary key's, by name.

        That of a unique constraint is among them, marked with `duplicates_constraint`.
        """
        oid = self._oid(connection, table_name, schema)
        made = []
        for name, unique, keys, method, where, parts, columns, constraint in self._rows(
            connection, _INDEXES, oid=oid
        ):
            options: dict[str, Any] = {}
            if method != "btree":
                options["postgresql_using"] = method
            if where:
                options["postgresql_where"] = where
            options["postgresql_include"] = list(columns[keys:])
            entry: dict[str, Any] = {
                "name": name,
                "unique": bool(unique),
                "column_names": list(columns[:keys]),
                "include_columns": list(columns[keys:]),
                "dialect_options": options,
            }
            if None in columns[:keys]:
                entry["expressions"] = [
                    column or part
                    for column, part in zip(columns[:keys], parts[:keys], strict=True)
                ]
            if constraint:
                entry["duplicates_constraint"] = name
            made.append(entry)
        return made

    def get_table_comment(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> dict[str, Any]:
        """Return {"text": the comment or None}. Raises exc.NoSuchTableError."""
        oid = self._oid(connection, table_name, schema)
        sql = "SELECT pg_catalog.obj_description(%(oid)s, 'pg_class')"
        return {"text": self._rows(connection, sql, oid=oid)[0][0]}


def _schema_of(type_text: str) -> str | None:
    """The schema that stands before a type's name; None if the search path leads to the type."""
    quoted = re.match(r'"((?:[^"]|"")*)"\.', type_text)
    if quoted:
        return quoted[1].replace('""', '"')
    plain = re.match(r'([^".]+)\.', type_text)
    return plain[1] if plain else None
