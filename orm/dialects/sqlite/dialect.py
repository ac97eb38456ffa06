"""The SQLite dialect: what it can do, how it begins transactions, what its errors mean."""

from __future__ import annotations

import re
from typing import Any, Final

from orm.compiler.on_conflict import make_upsert
from orm.dialects.sqlite.compiler import SQLiteCompiler, SQLiteIdentifierPreparer
from orm.dialects.sqlite.ddl import SQLiteDDLCompiler
from orm.dialects.sqlite.reflection import SQLiteReflection
from orm.dialects.sqlite.types import COLSPECS, SQLiteTypeCompiler
from orm.engine.dialect import DefaultDialect
from orm.exc import IntegrityInfo

_FAILED: Final = re.compile(
    r"(UNIQUE|NOT NULL|CHECK|FOREIGN KEY) constraint failed(?:: (.*))?", re.S
)
_KINDS: Final = {
    "UNIQUE": "unique",
    "NOT NULL": "not_null",
    "CHECK": "check",
    "FOREIGN KEY": "foreign_key",
}


class SQLiteDialect(SQLiteReflection, DefaultDialect):
    """SQLite, whatever the driver."""

    name = "sqlite"
    paramstyle = "qmark"
    paramstyles = ("qmark",)
    statement_compiler = SQLiteCompiler
    ddl_compiler = SQLiteDDLCompiler
    type_compiler_cls = SQLiteTypeCompiler
    preparer = SQLiteIdentifierPreparer
    colspecs = COLSPECS

    insert_returning = True
    update_returning = True
    delete_returning = True
    insert_executemany_returning = True
    supports_default_metavalue = False
    supports_alter = False
    supports_native_boolean = False
    compares_json_keys_as_text = True
    supports_empty_insert = False
    max_parameters = 32766
    isolation_levels = ("SERIALIZABLE", "READ UNCOMMITTED", "AUTOCOMMIT")

    def do_defer_foreign_keys(self, dbapi_connection: Any) -> None:
        """Have foreign keys checked at COMMIT."""
        self._do_plain(dbapi_connection, "PRAGMA defer_foreign_keys = ON")

    def tells_key(self, column: Any) -> bool:
        """Only what is declared as INTEGER is the row's number itself."""
        return bool(column.type.compile(self) == "INTEGER")

    def make_upsert(self, table: Any, keys: Any, assign: Any) -> Any:
        """`INSERT ... ON CONFLICT (keys) DO UPDATE`."""
        return make_upsert(table, keys, assign)

    def initialize(self, dbapi_connection: Any) -> None:
        """Read the version: RETURNING came with 3.35."""
        text = self.fetch_scalar(dbapi_connection, "SELECT sqlite_version()")
        self.server_version_info = tuple(int(part) for part in text.split("."))
        has_returning = self.server_version_info >= (3, 35)
        self.insert_returning = self.update_returning = self.delete_returning = has_returning
        self.insert_executemany_returning = has_returning
        if self.server_version_info < (3, 32):
            self.max_parameters = 999
        super().initialize(dbapi_connection)

    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        """Set what SQLite has of levels; AUTOCOMMIT is kept by never sending BEGIN."""
        uncommitted = 1 if level == "READ UNCOMMITTED" else 0
        self._do_plain(dbapi_connection, f"PRAGMA read_uncommitted = {uncommitted}")

    def get_isolation_level(self, dbapi_connection: Any) -> str:
        """Return SERIALIZABLE or READ UNCOMMITTED."""
        value = self.fetch_scalar(dbapi_connection, "PRAGMA read_uncommitted")
        return "READ UNCOMMITTED" if value else "SERIALIZABLE"

    def classify_integrity_error(self, error: BaseException) -> IntegrityInfo:
        """Read SQLite's message, all that it tells."""
        match = _FAILED.search(str(error))
        if match is None:
            return IntegrityInfo()
        kind, subject = _KINDS[match[1]], match[2]
        if not subject:
            return IntegrityInfo(kind)
        if kind == "check":
            return IntegrityInfo(kind, constraint=subject)
        if subject.startswith("index '"):
            return IntegrityInfo(kind, constraint=subject[7:-1])
        columns = [part.rpartition(".") for part in subject.split(", ")]
        return IntegrityInfo(kind, columns[0][0], tuple(column for _, _, column in columns))
