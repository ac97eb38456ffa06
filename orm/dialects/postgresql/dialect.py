"""The PostgreSQL dialect: what it can do and what its errors mean, whatever the driver."""

from __future__ import annotations

import re
from typing import Any, Final

from orm.compiler.on_conflict import make_upsert
from orm.dialects.postgresql.compiler import PGCompiler, PGIdentifierPreparer
from orm.dialects.postgresql.ddl import PGDDLCompiler
from orm.dialects.postgresql.inspector import PGInspector
from orm.dialects.postgresql.reflection import PGReflection
from orm.dialects.postgresql.types import COLSPECS, PGTypeCompiler
from orm.engine.dialect import DefaultDialect
from orm.exc import IntegrityInfo

# SQLSTATEs of class 23 (https://www.postgresql.org/docs/current/errcodes-appendix.html)
_KINDS: Final = {
    "23502": "not_null",
    "23503": "foreign_key",
    "23505": "unique",
    "23514": "check",
    "23P01": "exclusion",
}
# "Key (a, b)=(1, 2) already exists.", in whatever language of the server
_KEY: Final = re.compile(r"\((?P<columns>.+?)\)=\(")


class PGDialect(PGReflection, DefaultDialect):
    """PostgreSQL."""

    name = "postgresql"
    statement_compiler = PGCompiler
    ddl_compiler = PGDDLCompiler
    type_compiler_cls = PGTypeCompiler
    preparer = PGIdentifierPreparer
    colspecs = COLSPECS

    insert_returning = True
    update_returning = True
    delete_returning = True
    insert_executemany_returning = True
    supports_default_metavalue = True
    supports_comments = True
    supports_sequences = True
    sequences_optional = True
    supports_identity_columns = True
    supports_native_enum = True
    inspector = PGInspector
    supports_native_decimal = True
    supports_native_uuid = True
    supports_native_interval = True
    supports_twophase = True
    postfetch_lastrowid = False
    max_identifier_length = 63
    max_parameters = 65535
    isolation_levels = (
        "SERIALIZABLE",
        "READ UNCOMMITTED",
        "READ COMMITTED",
        "REPEATABLE READ",
        "AUTOCOMMIT",
    )

    def do_defer_foreign_keys(self, dbapi_connection: Any) -> None:
        """Have foreign keys checked at COMMIT, those which are DEFERRABLE."""
        self._do_plain(dbapi_connection, "SET CONSTRAINTS ALL DEFERRED")

    def make_upsert(self, table: Any, keys: Any, assign: Any) -> Any:
        """`INSERT ... ON CONFLICT (keys) DO UPDATE`."""
        return make_upsert(table, keys, assign)

    def initialize(self, dbapi_connection: Any) -> None:
        """Read version and default schema."""
        number = int(self.fetch_scalar(dbapi_connection, "SHOW server_version_num"))
        self.server_version_info = (number // 10000, number % 10000)
        self.default_schema_name = self.fetch_scalar(dbapi_connection, "SELECT current_schema()")
        super().initialize(dbapi_connection)
        self.do_rollback(dbapi_connection)

    def do_begin_twophase(self, dbapi_connection: Any, xid: str) -> None:
        """Do nothing: any transaction can be prepared."""

    def do_prepare_twophase(self, dbapi_connection: Any, xid: str) -> None:
        """Prepare the transaction in progress."""
        self._do_plain(dbapi_connection, f"PREPARE TRANSACTION {_quote(xid)}")

    def do_commit_twophase(self, dbapi_connection: Any, xid: str, is_prepared: bool) -> None:
        """Commit a prepared one, or the transaction in progress."""
        if is_prepared:
            self.do_outside(dbapi_connection, f"COMMIT PREPARED {_quote(xid)}")
        else:
            self.do_commit(dbapi_connection)

    def do_rollback_twophase(self, dbapi_connection: Any, xid: str, is_prepared: bool) -> None:
        """Roll back a prepared one, or the transaction in progress."""
        if is_prepared:
            self.do_outside(dbapi_connection, f"ROLLBACK PREPARED {_quote(xid)}")
        else:
            self.do_rollback(dbapi_connection)

    def do_recover_twophase(self, dbapi_connection: Any) -> list[str]:
        """Return the ids of this database's prepared transactions."""
        cursor = dbapi_connection.cursor()
        try:
            cursor.execute(
                "SELECT gid FROM pg_catalog.pg_prepared_xacts WHERE database = current_database()"
            )
            return [gid for (gid,) in cursor.fetchall()]
        finally:
            cursor.close()

    def do_outside(self, dbapi_connection: Any, sql: str) -> None:
        """Run a command that the server refuses within a transaction."""
        raise NotImplementedError

    def classify_integrity_error(self, error: BaseException) -> IntegrityInfo:
        """Read the fields of the server's report."""
        diag = getattr(error, "diag", None)
        kind = _KINDS.get(getattr(error, "sqlstate", None) or "")
        if diag is None:
            return IntegrityInfo(kind)
        columns: tuple[str, ...] = (diag.column_name,) if diag.column_name else ()
        if not columns and kind in ("unique", "foreign_key"):
            columns = _columns_of(diag.message_detail or "", kind)
        return IntegrityInfo(kind, diag.table_name, columns, diag.constraint_name)


def _quote(xid: str) -> str:
    doubled = xid.replace("'", "''")
    return f"'{doubled}'"


def _columns_of(detail: str, kind: str) -> tuple[str, ...]:
    match = _KEY.search(detail)
    if match is None or "(" in match["columns"]:
        return ()
    if kind == "foreign_key" and "referenced" in detail:
        return ()  # the columns named are the referenced table's, while `table` is the referring one
    return tuple(part.strip().strip('"') for part in match["columns"].split(","))
