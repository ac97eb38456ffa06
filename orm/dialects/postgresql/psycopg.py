"""PostgreSQL through psycopg 3."""

from __future__ import annotations

import itertools
import select
from types import ModuleType
from typing import Any, Final, cast

from orm.dialects.postgresql.dialect import PGDialect
from orm.engine.dialect import ConnectArgs
from orm.engine.url import URL

_LEVELS: Final = {
    "READ UNCOMMITTED": 1,
    "READ COMMITTED": 2,
    "REPEATABLE READ": 3,
    "SERIALIZABLE": 4,
}
# psycopg.pq.TransactionStatus
IDLE: Final = 0
IN_TRANSACTION: Final = 2
_IN_ERROR: Final = 3

_cursor_numbers = itertools.count(1)


class PGDialect_psycopg(PGDialect):
    """PostgreSQL through psycopg 3, which begins transactions by itself."""

    driver = "psycopg"
    paramstyle = "pyformat"
    paramstyles = ("pyformat", "format")
    distinguishes_parameters = True
    install_hint = 'pip install "psycopg[binary]"  (or: pip install "flask-ormsession[postgresql]")'
    supports_server_side_cursors = True

    @classmethod
    def get_async_dialect_cls(cls) -> type[Any]:
        """Return the dialect over psycopg's own asynchronous connections."""
        from orm.dialects.postgresql.psycopg_async import PGDialect_psycopg_async

        return PGDialect_psycopg_async

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """Import psycopg."""
        import psycopg

        return psycopg

    def create_connect_args(self, url: URL) -> ConnectArgs:
        """Return what psycopg.connect() takes; the query's options go to libpq as they are.

        `?host=a&host=b` gives several hosts, of which libpq tries one after the other.
        """
        arguments: dict[str, Any] = url.translate_connect_args(database="dbname", username="user")
        for name, value in url.query.items():
            arguments[name] = value if isinstance(value, str) else ",".join(value)
        if "prepare_threshold" in arguments:
            arguments["prepare_threshold"] = int(arguments["prepare_threshold"])
        return [], arguments

    def on_connect(self, dbapi_connection: Any) -> None:
        """Read JSON with the engine's function; have cursors renew outdated plans."""
        from orm.dialects.postgresql.psycopg_cursor import AsyncReplanningCursor, ReplanningCursor

        assert self.dbapi is not None
        connection = getattr(dbapi_connection, "driver_connection", dbapi_connection)
        if connection.cursor_factory is self.dbapi.Cursor:
            connection.cursor_factory = ReplanningCursor
        elif connection.cursor_factory is self.dbapi.AsyncCursor:
            connection.cursor_factory = AsyncReplanningCursor
        if self._json_deserializer is not None:
            from psycopg.types.json import set_json_loads

            set_json_loads(cast("Any", self._json_deserializer), connection)
        super().on_connect(dbapi_connection)

    def do_begin(self, dbapi_connection: Any, read_only: bool = False) -> bool:
        """Leave it to the driver, which is told if the server shall refuse to write."""
        if read_only:
            dbapi_connection.read_only = True
        return False

    def do_commit(self, dbapi_connection: Any) -> None:
        """Commit; without a transaction nothing is sent.

        Raises InFailedSqlTransaction after an error in the transaction: the server would answer
        COMMIT by rolling back, without calling it an error.
        """
        if dbapi_connection.pgconn.transaction_status == _IN_ERROR:
            assert self.dbapi is not None
            raise self.dbapi.errors.InFailedSqlTransaction(
                "nothing was committed: an earlier error has aborted the transaction. Roll back; "
                "put statements that may fail into connection.begin_nested()"
            )
        dbapi_connection.commit()
        if dbapi_connection.read_only:
            dbapi_connection.read_only = None

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Roll back; without a transaction nothing is sent.

        psycopg's rollback() forgets the statements that it has prepared, and has the server forget
        them. They stay good, though, where nothing failed and only rows were read and written: there
        ROLLBACK is sent as a plain command, so that the sessions of an application which mostly
        reads have their statements prepared.
        """
        pgconn = dbapi_connection.pgconn
        if not (
            pgconn.transaction_status == IN_TRANSACTION
            and getattr(dbapi_connection.cursor_factory, "keeps_plans", False)
            and self._send_rollback(dbapi_connection)
        ):
            dbapi_connection.rollback()
        if dbapi_connection.read_only:
            dbapi_connection.read_only = None

    def _send_rollback(self, dbapi_connection: Any) -> bool:
        """Send ROLLBACK by psycopg's connection of libpq; return whether there is no transaction now.

        Waits as psycopg does: signals are handled, and other greenlets run. Nothing is sent within a
        pipeline. Raises psycopg's OperationalError if the connection is lost.
        """
        pgconn = dbapi_connection.pgconn
        if pgconn.pipeline_status or not hasattr(select, "poll"):  # Windows has none
            return False
        poll = select.poll()
        poll.register(pgconn.socket, select.POLLIN)
        pgconn.send_query(b"ROLLBACK")
        while pgconn.is_busy():
            poll.poll()
            pgconn.consume_input()
        while pgconn.get_result() is not None:
            pass
        return bool(pgconn.transaction_status == IDLE)

    def do_recover_twophase(self, dbapi_connection: Any) -> list[str]:
        """Return the ids; a connection that has prepared its transaction stays outside of any."""
        idle = dbapi_connection.info.transaction_status == IDLE
        found = super().do_recover_twophase(dbapi_connection)
        if idle:
            dbapi_connection.rollback()
        return found

    def do_ping(self, dbapi_connection: Any) -> bool:
        """Send an empty query, outside of a transaction."""
        self.do_outside(dbapi_connection, "")
        return True

    def do_outside(self, dbapi_connection: Any, sql: str) -> None:
        """Run a command in autocommit. Raises ProgrammingError within a transaction."""
        before = dbapi_connection.autocommit
        if not before:
            dbapi_connection.autocommit = True
        try:
            dbapi_connection.execute(sql)
        finally:
            if not before and not dbapi_connection.closed:
                dbapi_connection.autocommit = before

    def make_cursor(self, dbapi_connection: Any, stream: bool = False) -> Any:
        """Return a cursor; a streaming one is declared on the server."""
        if not stream:
            return dbapi_connection.cursor()
        hold = bool(dbapi_connection.autocommit)
        return dbapi_connection.cursor(name=f"orm_{next(_cursor_numbers)}", withhold=hold)

    def gives_parts(self, cursor: Any) -> bool:
        """Return whether the result is here, so that fetching makes rows of it and asks no server."""
        assert self.dbapi is not None
        kind = self.dbapi.Cursor
        return isinstance(cursor, kind) and not isinstance(cursor, self.dbapi.ServerCursor)

    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        """Set autocommit, or the level with which psycopg begins."""
        from psycopg import IsolationLevel

        if dbapi_connection.info.transaction_status != IDLE:
            dbapi_connection.rollback()
        dbapi_connection.autocommit = level == "AUTOCOMMIT"
        number = _LEVELS.get(level)
        dbapi_connection.isolation_level = IsolationLevel(number) if number else None

    def reset_isolation_level(self, dbapi_connection: Any) -> None:
        """Set the level of the engine, or leave it to the server."""
        if self._isolation_on_connect is not None:
            self.set_isolation_level(dbapi_connection, self._isolation_on_connect)
        else:
            dbapi_connection.autocommit = False
            dbapi_connection.isolation_level = None

    def get_isolation_level(self, dbapi_connection: Any) -> str | None:
        """Return the level that the server has for this transaction."""
        if dbapi_connection.autocommit:
            return "AUTOCOMMIT"
        idle = dbapi_connection.info.transaction_status == IDLE
        level = self.fetch_scalar(dbapi_connection, "SHOW transaction_isolation")
        if idle:
            dbapi_connection.rollback()
        return str(level).upper()

    def is_disconnect(self, error: BaseException, connection: Any, cursor: Any) -> bool:
        """Return whether psycopg gave the connection up."""
        return connection is not None and bool(connection.closed or connection.broken)
