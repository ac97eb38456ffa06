"""MySQL and MariaDB through PyMySQL."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Final

from orm.dialects.mysql.dialect import MySQLDialect, _number
from orm.engine.dialect import ConnectArgs
from orm.engine.url import URL

# client error numbers: server gone, lost, out of sync; killed or shut down by the server
_LOST: Final = (2006, 2013, 2014, 2045, 2055, 1927, 1053, 4031)

_INTEGERS: Final = ("connect_timeout", "read_timeout", "write_timeout", "client_flag")
_FLAGS: Final = ("local_infile", "binary_prefix", "ssl_disabled", "ssl_verify_identity")


class MySQLDialect_pymysql(MySQLDialect):
    """MySQL and MariaDB through PyMySQL, which begins transactions by itself."""

    driver = "pymysql"
    paramstyle = "format"
    paramstyles = ("format", "pyformat")
    async_url_hint = "Write 'mysql+aiomysql://...' or 'mariadb+aiomysql://...'."
    install_hint = 'pip install PyMySQL  (or: pip install "flask-ormsession[mysql]")'
    supports_server_side_cursors = True
    supports_interleaved_cursors = False

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """Import pymysql."""
        import pymysql

        return pymysql

    def create_connect_args(self, url: URL) -> ConnectArgs:
        """Return what pymysql.connect() takes.

        Rows matched count, not rows changed, so that an UPDATE which changes nothing is known
        to have found its row. Characters are utf8mb4 unless `?charset=` says otherwise.
        """
        from pymysql.constants import CLIENT

        arguments: dict[str, Any] = url.translate_connect_args(username="user")
        arguments["charset"] = "utf8mb4"
        arguments["binary_prefix"] = True
        ssl: dict[str, Any] = {}
        for name, value in url.query.items():
            text = value if isinstance(value, str) else value[-1]
            if name.startswith("ssl_") and name not in _FLAGS:
                ssl[name.removeprefix("ssl_")] = text
            elif name in _INTEGERS:
                arguments[name] = int(text)
            elif name in _FLAGS:
                arguments[name] = text.lower() in ("1", "true", "yes")
            else:
                arguments[name] = text
        if ssl:
            arguments["ssl"] = ssl
        arguments["client_flag"] = arguments.get("client_flag", 0) | CLIENT.FOUND_ROWS
        return [], arguments

    def make_cursor(self, dbapi_connection: Any, stream: bool = False) -> Any:
        """Return a cursor; a streaming one leaves the rows on the wire."""
        if not stream:
            return dbapi_connection.cursor()
        from pymysql.cursors import SSCursor

        return dbapi_connection.cursor(SSCursor)

    def do_ping(self, dbapi_connection: Any) -> bool:
        """Send the protocol's ping."""
        dbapi_connection.ping(reconnect=False)
        return True

    def is_disconnect(self, error: BaseException, connection: Any, cursor: Any) -> bool:
        """Return whether the connection is lost."""
        if connection is not None and not connection.open:
            return True
        assert self.dbapi is not None
        if isinstance(error, self.dbapi.InterfaceError):
            return _number(error) == 0
        return _number(error) in _LOST
