"""The MySQL and MariaDB dialect: what they can do and what their errors mean."""

from __future__ import annotations

import re
from typing import Any, Final

from orm.dialects.mysql.compiler import MySQLCompiler, MySQLIdentifierPreparer
from orm.dialects.mysql.ddl import MySQLDDLCompiler
from orm.dialects.mysql.dml import make_upsert
from orm.dialects.mysql.reflection import MySQLReflection
from orm.dialects.mysql.types import COLSPECS, MySQLTypeCompiler
from orm.engine.dialect import DefaultDialect
from orm.exc import IntegrityInfo

# server error numbers (https://mariadb.com/kb/en/mariadb-error-codes/)
_DUPLICATE: Final = (1062, 1586)
_FOREIGN_KEY: Final = (1216, 1217, 1451, 1452)
_NOT_NULL: Final = (1048, 1364)
_CHECK: Final = (3819, 4025)
_OUTSIDE: Final = 1400  # XAER_OUTSIDE
_UNRAISED: Final = (*_CHECK, 1364)  # errors that drivers file under OperationalError

_KEY: Final = re.compile(r"for key '(?P<key>.+)'\Z")
_REFERENCE: Final = re.compile(
    r"\(`[^`]*`\.`(?P<table>[^`]*)`, CONSTRAINT `(?P<name>[^`]*)` FOREIGN KEY \((?P<columns>[^)]*)\)"
)
_FIELD: Final = re.compile(r"(?:Column|Field) '(?P<column>[^']*)'")
# MariaDB: CONSTRAINT `name` failed for `db`.`table`; MySQL: Check constraint 'name' is violated.
_CHECKED: Final = re.compile(
    r"(?:CONSTRAINT `|[Cc]heck constraint ')(?P<name>[^`']*)(?:` failed for `.*`\.`(?P<table>.*)`)?"
)


class MySQLDialect(MySQLReflection, DefaultDialect):
    """MySQL 8 and MariaDB 10.5 or newer. `is_mariadb` is known after the first connection."""

    name = "mysql"
    statement_compiler = MySQLCompiler
    ddl_compiler = MySQLDDLCompiler
    type_compiler_cls = MySQLTypeCompiler
    preparer = MySQLIdentifierPreparer
    colspecs = COLSPECS

    supports_default_values = False
    delete_returning_multifrom = False
    supports_default_metavalue = True
    supports_comments = True
    inline_comments = True
    supports_native_boolean = False
    compares_json_keys_as_text = True
    supports_native_enum = True
    supports_native_decimal = True
    supports_twophase = True
    max_identifier_length = 64
    max_parameters = 65535
    _backslash_escapes = True
    is_mariadb: bool = False
    isolation_levels = (
        "SERIALIZABLE",
        "READ UNCOMMITTED",
        "READ COMMITTED",
        "REPEATABLE READ",
        "AUTOCOMMIT",
    )

    def make_upsert(self, table: Any, keys: Any, assign: Any) -> Any:
        """`INSERT ... ON DUPLICATE KEY UPDATE`, of rows with the same keys only."""
        return make_upsert(table, keys, assign)

    def initialize(self, dbapi_connection: Any) -> None:
        """Read version, kind of server, default schema and SQL mode."""
        version = str(self.fetch_scalar(dbapi_connection, "SELECT VERSION()"))
        self.is_mariadb = "mariadb" in version.lower()
        numbers = re.findall(r"\d+", version.removeprefix("5.5.5-"))[:3]
        self.server_version_info = tuple(int(part) for part in numbers)
        # MariaDB has RETURNING for INSERT since 10.5 and for DELETE since 10.0, MySQL has none
        self.insert_returning = self.is_mariadb and self.server_version_info >= (10, 5)
        self.insert_executemany_returning = self.insert_returning
        self.delete_returning = self.is_mariadb
        self.supports_sequences = self.is_mariadb and self.server_version_info >= (10, 3)
        self.supports_native_uuid = False
        self.sequences_optional = True
        self.default_schema_name = self.fetch_scalar(dbapi_connection, "SELECT DATABASE()")
        mode = str(self.fetch_scalar(dbapi_connection, "SELECT @@sql_mode") or "")
        self._backslash_escapes = "NO_BACKSLASH_ESCAPES" not in mode
        super().initialize(dbapi_connection)
        self.do_rollback(dbapi_connection)

    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        """Set autocommit, or the session's level."""
        if level == "AUTOCOMMIT":
            dbapi_connection.autocommit(True)
            return
        dbapi_connection.autocommit(False)
        self._do_plain(dbapi_connection, f"SET SESSION TRANSACTION ISOLATION LEVEL {level}")
        dbapi_connection.commit()

    def reset_isolation_level(self, dbapi_connection: Any) -> None:
        """Set the level of the engine or the server's."""
        super().reset_isolation_level(dbapi_connection)
        if self._isolation_on_connect != "AUTOCOMMIT":
            dbapi_connection.autocommit(False)

    def get_isolation_level(self, dbapi_connection: Any) -> str | None:
        """Return the session's level."""
        if dbapi_connection.get_autocommit():
            return "AUTOCOMMIT"
        name = (
            "tx_isolation"
            if self.is_mariadb and self.server_version_info < (11, 1)
            else "transaction_isolation"
        )
        value = self.fetch_scalar(dbapi_connection, f"SELECT @@{name}")
        return str(value).replace("-", " ").upper()

    def do_begin(self, dbapi_connection: Any, read_only: bool = False) -> bool:
        """Leave it to the driver, except for a transaction that the server shall keep read-only."""
        if read_only:
            self._do_plain(dbapi_connection, "START TRANSACTION READ ONLY")
        return False

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Roll back; each costs a round trip, also without a transaction."""
        if not (self.skip_autocommit_rollback and dbapi_connection.get_autocommit()):
            dbapi_connection.rollback()

    def do_begin_twophase(self, dbapi_connection: Any, xid: str) -> None:
        """Begin an XA transaction."""
        self._run_xa(dbapi_connection, "XA START %s", xid)

    def do_prepare_twophase(self, dbapi_connection: Any, xid: str) -> None:
        """Prepare it."""
        self._run_xa(dbapi_connection, "XA END %s", xid)
        self._run_xa(dbapi_connection, "XA PREPARE %s", xid)

    def do_commit_twophase(self, dbapi_connection: Any, xid: str, is_prepared: bool) -> None:
        """Commit a prepared one, or an unprepared one of this connection."""
        if is_prepared:
            self._finish_xa(dbapi_connection, "XA COMMIT %s", xid)
        else:
            self._run_xa(dbapi_connection, "XA END %s", xid)
            self._run_xa(dbapi_connection, "XA COMMIT %s ONE PHASE", xid)

    def do_rollback_twophase(self, dbapi_connection: Any, xid: str, is_prepared: bool) -> None:
        """Roll back a prepared one, or an unprepared one of this connection."""
        if not is_prepared:
            try:
                self._run_xa(dbapi_connection, "XA END %s", xid)
            except self.driver_error:
                pass  # ended already, by a prepare that failed or by a deadlock
        self._finish_xa(dbapi_connection, "XA ROLLBACK %s", xid)

    def do_recover_twophase(self, dbapi_connection: Any) -> list[str]:
        """Return the ids of the prepared transactions."""
        cursor = dbapi_connection.cursor()
        try:
            cursor.execute("XA RECOVER")
            rows = cursor.fetchall()
        finally:
            cursor.close()
        return [
            data[:length].decode() if isinstance(data, bytes) else data[:length]
            for _, length, _, data in rows
        ]

    def _finish_xa(self, dbapi_connection: Any, sql: str, xid: str) -> None:
        try:
            self._run_xa(dbapi_connection, sql, xid)
        except self.driver_error as error:
            if _number(error) != _OUTSIDE:
                raise
            # another connection has prepared it: the server wants it done in autocommit
            dbapi_connection.autocommit(True)
            try:
                self._run_xa(dbapi_connection, sql, xid)
            finally:
                dbapi_connection.autocommit(False)

    def _run_xa(self, dbapi_connection: Any, sql: str, xid: str) -> None:
        cursor = dbapi_connection.cursor()
        try:
            cursor.execute(sql, (xid,))
        finally:
            cursor.close()

    def is_integrity_error(self, error: BaseException) -> bool:
        """Return True for violated checks and missing values, which drivers call operational."""
        return _number(error) in _UNRAISED

    def classify_integrity_error(self, error: BaseException) -> IntegrityInfo:
        """Read the server's message."""
        number = _number(error)
        text = str(error.args[1]) if len(error.args) > 1 else str(error)
        if number in _DUPLICATE:
            match = _KEY.search(text)
            if match is None:
                return IntegrityInfo("unique")
            # MySQL 8 writes 'table.key', MariaDB 'key'
            table, _, key = match["key"].rpartition(".")
            return IntegrityInfo("unique", table or None, (), key)
        if number in _FOREIGN_KEY:
            match = _REFERENCE.search(text)
            if match is None:
                return IntegrityInfo("foreign_key")
            columns = tuple(part.strip(" `") for part in match["columns"].split(","))
            return IntegrityInfo("foreign_key", match["table"], columns, match["name"])
        if number in _NOT_NULL:
            match = _FIELD.search(text)
            return IntegrityInfo("not_null", None, (match["column"],) if match else ())
        if number in _CHECK:
            match = _CHECKED.search(text)
            return (
                IntegrityInfo("check", match["table"], (), match["name"])
                if match
                else (IntegrityInfo("check"))
            )
        return IntegrityInfo()


def _number(error: BaseException) -> int | None:
    number = error.args[0] if error.args else None
    return number if isinstance(number, int) else None
