"""DefaultDialect: what a database and its driver can do, with defaults that most share.

A dialect is flags, the classes that write its SQL, and the few functions that talk to the
driver. Each engine has its own instance; what depends on the server's version is set by
`initialize()` at the first connection.
"""

from __future__ import annotations

import copy
import importlib
import threading
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, ClassVar, Self, TypeAlias

from orm import exc
from orm.compiler.ddl import DDLCompiler
from orm.compiler.display import StrSQLCompiler, StrTypeCompiler
from orm.compiler.identifiers import IdentifierPreparer
from orm.compiler.statement import SQLCompiler
from orm.compiler.types import TypeCompiler
from orm.engine.url import URL
from orm.exc import IntegrityInfo
from orm.util.printing import set_default_dialect

ConnectArgs = tuple[list[Any], dict[str, Any]]


class DefaultDialect:
    """Base of the dialects, and the generic one that `str(statement)` uses."""

    name: ClassVar[str] = "default"
    driver: ClassVar[str] = "default"
    paramstyle: str = "named"
    #: those with which its statements can be executed, from which an application may choose
    paramstyles: ClassVar[tuple[str, ...]] = ()
    # the distribution to install for the driver, and our extra that brings it
    install_hint: ClassVar[str] = ""

    statement_compiler: ClassVar[Any] = SQLCompiler
    ddl_compiler: ClassVar[Any] = DDLCompiler
    type_compiler_cls: ClassVar[Any] = TypeCompiler
    preparer: ClassVar[Any] = IdentifierPreparer
    colspecs: ClassVar[Mapping[type, type]] = {}

    #: two placeholders are two values to the server, even if they are equal: a repeated one gets a name
    distinguishes_parameters: ClassVar[bool] = False
    insert_returning: bool = False
    update_returning: bool = False
    delete_returning: bool = False
    #: DELETE ... RETURNING also where other tables are joined
    delete_returning_multifrom: bool = True
    insert_executemany_returning: bool = False
    supports_multivalues_insert: bool = True
    supports_default_values: bool = True
    supports_default_metavalue: bool = False
    supports_empty_insert: bool = True
    supports_twophase: bool = False
    #: the driver is awaited; such engines are made by create_async_engine()
    is_async: bool = False
    async_url_hint: ClassVar[str] = ""
    supports_alter: bool = True
    supports_comments: bool = False
    inline_comments: bool = False
    supports_sequences: bool = False
    sequences_optional: bool = False
    supports_identity_columns: bool = False
    supports_native_boolean: bool = True
    supports_native_enum: bool = False
    #: the class of what inspect(engine) returns, if it is more than Inspector
    inspector: Any = None
    supports_native_decimal: bool = False
    supports_native_uuid: bool = False
    supports_native_interval: bool = False
    #: JSON is kept as text, and a key of it found by the text that it was written with
    compares_json_keys_as_text: bool = False
    returns_native_bytes: bool = True
    supports_sane_rowcount: bool = True
    supports_sane_multi_rowcount: bool = True
    supports_server_side_cursors: bool = False
    #: other statements may run while a server-side cursor is being read
    supports_interleaved_cursors: bool = True
    postfetch_lastrowid: bool = True
    max_identifier_length: int = 9999
    #: of the names of selected columns, which statements make; at most max_identifier_length
    label_length: int
    max_parameters: int = 32000
    #: warn, when a statement is compiled to be executed, of FROM objects that nothing connects
    enable_from_linting: bool = True
    #: write many rows with RETURNING as one INSERT with many VALUES, where the database can
    use_insertmanyvalues: bool = True
    #: rows of one INSERT with RETURNING; the execution option of this name has precedence
    insertmanyvalues_page_size: int = 1000
    #: send no ROLLBACK on a connection that the driver says is in autocommit
    skip_autocommit_rollback: bool = False
    #: called with the error of a ping; raises, or returns whether the pool's other connections are suspect
    report_failed_ping: Callable[[Exception], bool] | None = None
    default_schema_name: str | None = None
    server_version_info: tuple[int, ...] = ()
    isolation_levels: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        paramstyle: str | None = None,
        *,
        isolation_level: str | None = None,
        json_serializer: Callable[[Any], str] | None = None,
        json_deserializer: Callable[[str], Any] | None = None,
        label_length: int | None = None,
        **flags: Any,
    ) -> None:
        """flags: class attributes that this instance has otherwise, e.g. `supports_native_boolean=False`.

        Raises TypeError for a name that is no attribute of the dialect.
        """
        for name, value in flags.items():
            if name.startswith("_") or not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} has no option {name!r}")
            setattr(self, name, value)
        if label_length is not None and not 6 <= label_length <= self.max_identifier_length:
            raise exc.ArgumentError(
                f"label_length={label_length} must be between 6 and max_identifier_length, which is "
                f"{self.max_identifier_length} for {self.name}."
            )
        self.label_length = label_length or self.max_identifier_length
        if not self.use_insertmanyvalues:
            self.supports_multivalues_insert = False
            self.insertmanyvalues_page_size = 1
        self.dbapi: ModuleType | None = None
        self.driver_error: type[Exception] = Exception
        self.identifier_preparer = self.preparer(self)
        self.type_compiler = self.type_compiler_cls(self)
        self.type_compiler_instance = self.type_compiler
        self._type_memo: dict[Any, Any] = {}
        self._json_serializer = json_serializer
        self._json_deserializer = json_deserializer
        self.default_isolation_level: str | None = None
        self._isolation_on_connect = (
            self.check_isolation_level(isolation_level) if isolation_level else None
        )
        if paramstyle is not None:
            self.paramstyle = paramstyle

    def set_driver(self, module: ModuleType) -> None:
        """Take the driver module; its Error becomes `driver_error`."""
        self.dbapi = module
        self.driver_error = module.Error

    def with_schemas(self, translate: Mapping[str | None, str | None]) -> Self:
        """Return a copy which writes other schemas in place of those that tables, sequences and types name."""
        made = copy.copy(self)
        made.identifier_preparer = self.identifier_preparer.with_schema_translate(translate)
        made.type_compiler = made.type_compiler_instance = self.type_compiler_cls(made)
        return made

    @property
    def _autocommit_on_connect(self) -> bool:
        return self._isolation_on_connect == "AUTOCOMMIT"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}+{self.driver}>"

    @property
    def dialect_description(self) -> str:
        """Return "name+driver"."""
        return f"{self.name}+{self.driver}"

    # -- connecting ----------------------------------------------------------------------------

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """Import and return the driver. Raises ImportError."""
        return importlib.import_module(cls.driver)

    def create_connect_args(self, url: URL) -> ConnectArgs:
        """Return positional and keyword arguments for the driver's connect()."""
        arguments: dict[str, Any] = url.translate_connect_args(username="user")
        arguments.update(url.query)
        return [], arguments

    def connect(self, *args: Any, **kwargs: Any) -> Any:
        """Open a DBAPI connection."""
        assert self.dbapi is not None
        return self.dbapi.connect(*args, **kwargs)

    @classmethod
    def get_async_dialect_cls(cls) -> type[DefaultDialect]:
        """Return the class that serves create_async_engine() for the same URL.

        Raises exc.InvalidRequestError if there is none.
        """
        if cls.is_async:
            return cls
        hint = cls.async_url_hint or "There is none for this database."
        raise exc.InvalidRequestError(
            f"create_async_engine() needs an asynchronous driver, and {cls.driver!r} is none. {hint}"
        )

    def make_lock(self) -> Any:
        """Return a lock that those who connect may wait for."""
        return threading.RLock()

    def wrap_connection(self, connection: Any) -> Any:
        """Return what a pool keeps for a driver's connection: an adapter, if the driver is awaited."""
        return connection

    def on_connect(self, dbapi_connection: Any) -> None:
        """Prepare a new connection; called before any listener sees it."""
        if self._isolation_on_connect is not None:
            self.set_isolation_level(dbapi_connection, self._isolation_on_connect)

    def initialize(self, dbapi_connection: Any) -> None:
        """Learn what depends on the server; called once, with the first connection."""
        self.default_isolation_level = self.get_isolation_level(dbapi_connection)

    def fetch_scalar(self, dbapi_connection: Any, sql: str) -> Any:
        """Run a query outside of any Connection and return its first value, None without rows."""
        cursor = dbapi_connection.cursor()
        try:
            cursor.execute(sql)
            row = cursor.fetchone()
        finally:
            cursor.close()
        return row[0] if row else None

    def get_pool_class(self, url: URL) -> type[Any]:
        """Return the kind of pool that suits this database."""
        from orm.pool.queue import QueuePool

        return QueuePool

    # -- transactions --------------------------------------------------------------------------

    def do_begin(self, dbapi_connection: Any, read_only: bool = False) -> bool:
        """Begin a transaction; nothing for drivers that begin by themselves.

        Returns True if another borrower of the same DBAPI connection has begun it already.
        """
        return False

    def do_leave(self, dbapi_connection: Any) -> None:
        """End the part of one who joined a transaction and wrote nothing."""

    def do_commit(self, dbapi_connection: Any) -> None:
        """Commit."""
        dbapi_connection.commit()

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Roll back; called when a connection returns to its pool, too."""
        dbapi_connection.rollback()

    def do_close(self, dbapi_connection: Any) -> None:
        """Close."""
        dbapi_connection.close()

    def do_terminate(self, dbapi_connection: Any) -> None:
        """Close what is broken or was forgotten; without awaiting, where the driver is awaited."""
        self.do_close(dbapi_connection)

    def name_savepoint(self, name: str) -> str:
        """Return the name that a savepoint gets on the server. name: unique in its connection."""
        return name

    def _do_plain(self, dbapi_connection: Any, sql: str) -> None:
        cursor = dbapi_connection.cursor()
        try:
            cursor.execute(sql)
        finally:
            cursor.close()

    def do_defer_foreign_keys(self, dbapi_connection: Any) -> None:
        """Have foreign keys checked at the end of the transaction, as far as the database can."""

    def do_ping(self, dbapi_connection: Any) -> bool:
        """Return whether the server still answers on this connection, or raise the driver's error."""
        self.fetch_scalar(dbapi_connection, "SELECT 1")
        self.do_rollback(dbapi_connection)
        return True

    def make_cursor(self, dbapi_connection: Any, stream: bool = False) -> Any:
        """Return a new cursor. stream: rows stay on the server until they are fetched."""
        return dbapi_connection.cursor()

    def gives_parts(self, cursor: Any) -> bool:
        """Return whether fetchmany() costs no more than fetchall(), as it asks nobody; it gives lists."""
        return False

    # -- statements ----------------------------------------------------------------------------

    def tells_key(self, column: Any) -> bool:
        """Return whether the driver's `cursor.lastrowid` is what the database numbers in a column."""
        return self.postfetch_lastrowid

    def make_upsert(
        self, table: Any, keys: Sequence[Any], assign: Callable[[Any], Mapping[Any, Any]]
    ) -> Any:
        """Return an INSERT which updates the row that has the same values in the columns `keys`.

        assign: called with the columns of the row that is to be inserted, for column -> value in
        the row that is there. Raises exc.CompileError where the database has no such statement.
        """
        raise exc.CompileError(
            f"{self.name} has no INSERT that updates the rows which are there already."
        )

    # -- isolation -----------------------------------------------------------------------------

    def check_isolation_level(self, level: str) -> str:
        """Return the level's canonical name. Raises exc.ArgumentError for an unknown one."""
        name = str(level).replace("_", " ").upper()
        if name not in self.isolation_levels:
            raise exc.ArgumentError(
                f"{self.name} has no isolation level {level!r}. "
                f"It has {exc.join_names(self.isolation_levels)}."
            )
        return name

    def get_isolation_level_values(self) -> Sequence[str]:
        """Return the names of the levels."""
        return self.isolation_levels

    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        """Set the level of a connection outside of a transaction."""
        raise NotImplementedError

    def get_isolation_level(self, dbapi_connection: Any) -> str | None:
        """Return the level of a connection, None if the database does not say."""
        return None

    def reset_isolation_level(self, dbapi_connection: Any) -> None:
        """Set the level that new connections have."""
        level = self._isolation_on_connect or self.default_isolation_level
        if level is not None:
            self.set_isolation_level(dbapi_connection, level)

    def reset_isolation(self, record: Any) -> None:
        """Undo a change of level when a connection returns to its pool."""
        if record.record_info.pop("isolation_changed", False):
            self.reset_isolation_level(record.dbapi_connection)

    # -- errors --------------------------------------------------------------------------------

    def is_disconnect(self, error: BaseException, connection: Any, cursor: Any) -> bool:
        """Return whether the error means that the connection is lost."""
        return False

    def is_integrity_error(self, error: BaseException) -> bool:
        """Return whether an error is about integrity though the driver files it elsewhere."""
        return False

    def classify_integrity_error(self, error: BaseException) -> IntegrityInfo:
        """Return what the driver tells of a violated constraint."""
        return IntegrityInfo()

    # -- catalogue -----------------------------------------------------------------------------

    def has_table(self, connection: Any, table_name: str, schema: str | None = None) -> bool:
        """Return whether there is a table or view of this name."""
        raise NotImplementedError(f"{self.name} cannot be asked for its tables")

    def has_sequence(self, connection: Any, sequence_name: str, schema: str | None = None) -> bool:
        """Return whether there is a sequence of this name."""
        return False

    def get_sequence_names(self, connection: Any, schema: str | None = None) -> list[str]:
        """Return the names of the sequences."""
        return []

    def get_materialized_view_names(self, connection: Any, schema: str | None = None) -> list[str]:
        """Return the names of the views that are stored."""
        return []

    def get_temp_table_names(self, connection: Any) -> list[str]:
        """Return the names of the connection's temporary tables."""
        raise NotImplementedError(f"{self.name} does not tell which temporary tables there are.")

    def get_temp_view_names(self, connection: Any) -> list[str]:
        """Return the names of the connection's temporary views."""
        raise NotImplementedError(f"{self.name} does not tell which temporary views there are.")

    def get_table_options(
        self, connection: Any, table_name: str, schema: str | None = None
    ) -> dict[str, Any]:
        """Return the options of a table, as Table() takes them. Raises exc.NoSuchTableError."""
        if not self.has_table(connection, table_name, schema):
            raise exc.NoSuchTableError(f"{schema}.{table_name}" if schema else table_name)
        return {}


#: for annotations: what engines have as `dialect`, and types are given
Dialect: TypeAlias = DefaultDialect


class StrCompileDialect(DefaultDialect):
    """The dialect of `str(statement)`: it has a readable form for every element."""

    statement_compiler = StrSQLCompiler
    type_compiler_cls = StrTypeCompiler
    supports_identity_columns = True
    supports_sequences = True


_generic: list[DefaultDialect] = []


def make_generic_dialect() -> DefaultDialect:
    """Return the dialect that `str(statement)` uses, always the same."""
    if not _generic:
        _generic.append(StrCompileDialect())
    return _generic[0]


set_default_dialect(make_generic_dialect)
