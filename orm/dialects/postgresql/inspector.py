"""PGInspector: what only PostgreSQL can be asked for."""

from __future__ import annotations

from typing import Any

from orm import exc
from orm.engine.reflection import Inspector

# {visible} and {schema} are conditions of ours, never text of the caller
_ENUMS = """
    SELECT t.typname, n.nspname, pg_catalog.pg_type_is_visible(t.oid),
           ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e
                 WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype = 'e' AND {where}
    ORDER BY 2, 1
"""

_DOMAINS = """
    SELECT t.typname, n.nspname, pg_catalog.pg_type_is_visible(t.oid),
           pg_catalog.format_type(t.typbasetype, t.typtypmod), NOT t.typnotnull, t.typdefault,
           ARRAY(SELECT pg_catalog.pg_get_constraintdef(k.oid, true)
                 FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid ORDER BY k.conname),
           ARRAY(SELECT k.conname::text
                 FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid ORDER BY k.conname)
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype = 'd' AND {where}
    ORDER BY 2, 1
"""

_ONE_SCHEMA = "n.nspname = coalesce(%(schema)s::text, current_schema())"
_EVERY_SCHEMA = "n.nspname NOT IN ('pg_catalog', 'information_schema')"


class PGInspector(Inspector):
    """An Inspector of PostgreSQL: enumerations, domains, foreign tables, oids."""

    def get_enums(self, schema: str | None = None) -> list[dict[str, Any]]:
        """Return the enumerations: name, schema, visible, labels.

        schema: by default the current one; "*" for all but the system's.
        """
        return [
            {"name": name, "schema": where, "visible": visible, "labels": labels}
            for name, where, visible, labels in self._ask_types(_ENUMS, schema)
        ]

    def get_domains(self, schema: str | None = None) -> list[dict[str, Any]]:
        """Return the domains: name, schema, visible, type, nullable, default, constraints.

        schema: by default the current one; "*" for all but the system's.
        """
        return [
            {
                "name": name,
                "schema": where,
                "visible": visible,
                "type": base,
                "nullable": nullable,
                "default": default,
                "constraints": [
                    {"name": key, "check": text.removeprefix("CHECK ").strip()}
                    for text, key in zip(checks, names, strict=True)
                ],
            }
            for name, where, visible, base, nullable, default, checks, names in self._ask_types(
                _DOMAINS, schema
            )
        ]

    def _ask_types(self, sql: str, schema: str | None) -> list[Any]:
        where = _EVERY_SCHEMA if schema == "*" else _ONE_SCHEMA
        with self._connect() as connection:
            rows = connection.exec_driver_sql(sql.format(where=where), {"schema": schema})
            return list(rows.all())

    def get_foreign_table_names(self, schema: str | None = None) -> list[str]:
        """Return the names of the tables that are on other servers, sorted."""
        with self._connect() as connection:
            return self.dialect._names(connection, ["f"], schema)  # type: ignore[no-any-return]

    def get_table_oid(self, table_name: str, schema: str | None = None) -> int:
        """Return the number of a table in the catalogue. Raises exc.NoSuchTableError."""
        with self._connect() as connection:
            oid: int | None = self.dialect._find_oid(connection, table_name, schema)
        if oid is None:
            raise exc.NoSuchTableError(f"{schema}.{table_name}" if schema else table_name)
        return oid

    def has_type(self, type_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Return whether there is a type of this name: an enumeration, a domain, or another."""
        with self._connect() as connection:
            return bool(self.dialect.has_type(connection, type_name, schema))


__all__ = ["PGInspector"]
