"""Engine: a database, its pool of connections and its memory of compiled statements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, LiteralString

from orm.compiler.cache import CompiledCache
from orm.engine.connection import Connection
from orm.engine.cursor import CursorResult
from orm.engine.events import EngineDispatch
from orm.engine.url import URL
from orm.event.dispatch import Dispatch, own_dispatch
from orm.event.targets import register_target
from orm.exc import DBAPIError
from orm.inspection import inspects
from orm.log import EchoFlag, make_logger
from orm.pool.base import Pool
from orm.pool.events import PoolDispatch
from orm.sql.executable import Executable
from orm.util.collections import EMPTY_MAP

if TYPE_CHECKING:
    from orm.engine.reflection import Inspector


class Engine:
    """What create_engine() returns. Safe between threads; connects when first used."""

    dispatch: ClassVar[Any] = EngineDispatch()

    def __init__(
        self,
        pool: Pool,
        dialect: Any,
        url: URL,
        *,
        logging_name: str | None = None,
        echo: EchoFlag = None,
        query_cache_size: int = 500,
        execution_options: Mapping[str, Any] | None = None,
        hide_parameters: bool = False,
    ) -> None:
        self._shared_pool = [pool]
        self.dialect = dialect
        self.url = url
        self.hide_parameters = hide_parameters
        self.logging_name = logging_name
        self.logger = make_logger(Engine, logging_name, echo)
        self._echo = echo
        self._compiled_cache = CompiledCache(query_cache_size, dialect)
        #: names of schemas that are translated -> statements with marks in their places
        self._marked_caches: dict[frozenset[str | None], CompiledCache] = {}
        self._options: Mapping[str, Any] = EMPTY_MAP
        self.__dict__["dispatch"] = EngineDispatch(type(self).dispatch)
        if execution_options:
            self.update_execution_options(**execution_options)

    @property
    def pool(self) -> Pool:
        """The pool in use; dispose() replaces it."""
        return self._shared_pool[0]

    @property
    def name(self) -> str:
        """The dialect's name."""
        return str(self.dialect.name)

    @property
    def driver(self) -> str:
        """The driver's name."""
        return str(self.dialect.driver)

    @property
    def plans(self) -> CompiledCache:
        """The compiled statements and loading plans."""
        return self._compiled_cache

    @property
    def engine(self) -> Engine:
        """Itself, so that engines and connections can be used alike."""
        return self

    @property
    def echo(self) -> EchoFlag:
        """Whether statements are logged to standard output; may be set at any time."""
        return self._echo

    @echo.setter
    def echo(self, value: EchoFlag) -> None:
        self._echo = value
        self.logger = make_logger(Engine, self.logging_name, value)

    def __repr__(self) -> str:
        return f"Engine({self.url!r})"

    # -- options ---------------------------------------------------------------------------------

    def execution_options(self, **opt: Any) -> Engine:
        """Return an engine with these options that shares pool, cache and listeners with this."""
        made: Engine = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.__dict__["dispatch"] = EngineDispatch(self.__dict__["dispatch"])
        made.update_execution_options(**opt)
        return made

    def update_execution_options(self, **opt: Any) -> None:
        """Set options for connections of this engine made from now on."""
        for listener in self.__dict__["dispatch"].set_engine_execution_options:
            listener(self, opt)
        self._options = {**self._options, **opt}

    def get_execution_options(self) -> Mapping[str, Any]:
        """Return the options."""
        return self._options

    # -- connections -----------------------------------------------------------------------------

    def connect(self) -> Connection:
        """Return a connection; use it in a `with` block, which gives it back."""
        return Connection(self)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Give a connection with a transaction, committed at the end of the `with` block."""
        with self.connect() as connection, connection.begin():
            yield connection

    def execute(
        self, statement: Executable | LiteralString, parameters: Any = None
    ) -> CursorResult:
        """Execute one statement in a transaction of its own, committed, and return its result.

        The rows are read before this returns. For more than one statement use begin().
        """
        with self.begin() as connection:
            return connection.execute(statement, parameters)._detach_rows()

    def raw_connection(self) -> Any:
        """Return a DBAPI connection from the pool; its close() gives it back."""
        try:
            return self.pool.connect()
        except self.dialect.driver_error as error:
            raise DBAPIError.instance(None, None, error) from error

    def dispose(self, close: bool = True) -> None:
        """Close the idle connections; those in use are closed when they are given back.

        close: False leaves them open and forgets them, for a child process after a fork.
        """
        old = self.pool
        if close:
            old.dispose()
        else:
            old._invalidate_all()
        self._shared_pool[0] = old.recreate()
        if not close:
            self.pool._abandoned.append(old)
        for listener in self.__dict__["dispatch"].engine_disposed:
            listener(self)

    def _table_names(self, schema: str | None, views: bool) -> list[str]:
        """What MetaData.reflect() asks for."""
        from orm.engine.autoload import list_names

        return list_names(self, schema, views)

    def _reflect_table(
        self, table: Any, include_columns: Any, resolve_fks: bool, replace: bool = True
    ) -> None:
        """What Table(autoload_with=...) asks for."""
        from orm.engine.autoload import reflect_table

        reflect_table(self, table, include_columns, resolve_fks, replace)

    def swap_pool(self, pool: Pool) -> Pool:
        """Take connections from another pool from now on; returns the one used so far, untouched.

        For tests which run an application on one connection and undo everything at the end.
        """
        before, self._shared_pool[0] = self.pool, pool
        return before

    def clear_compiled_cache(self) -> None:
        """Forget compiled statements."""
        self._compiled_cache.clear()
        self._marked_caches.clear()


def _find_pool_dispatch(target: Any, name: str, options: dict[str, Any]) -> Dispatch:
    return own_dispatch(Pool if isinstance(target, type) else target.pool)


def _find_connection_dispatch(target: Any, name: str, options: dict[str, Any]) -> Dispatch:
    if isinstance(target, type):
        return own_dispatch(Engine)
    own = target.dispatch
    if own is target.engine.dispatch:
        own = target.dispatch = EngineDispatch(own)
    return own  # type: ignore[no-any-return]


register_target(Engine, EngineDispatch)
register_target(Engine, PoolDispatch, _find_pool_dispatch)
register_target(Connection, EngineDispatch, _find_connection_dispatch)


@inspects(Engine, Connection)
def _inspect(bind: Engine | Connection) -> Inspector:
    from orm.engine.reflection import (
        make_inspector,
    )  # imports engines, and few applications need it

    return make_inspector(bind)
