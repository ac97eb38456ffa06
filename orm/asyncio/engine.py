"""create_async_engine() and AsyncEngine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from orm import exc
from orm.asyncio.connection import AsyncConnection
from orm.asyncio.exc import AsyncMethodRequired
from orm.asyncio.proxies import Face
from orm.engine.assembly import make_engine
from orm.engine.create import create_pool_from_url, read_settings
from orm.engine.engine import Engine
from orm.engine.events import EngineDispatch
from orm.engine.url import URL
from orm.event.targets import register_target
from orm.inspection import inspects
from orm.log import EchoFlag
from orm.pool.base import Pool
from orm.pool.events import PoolDispatch
from orm.util.concurrency import greenlet_spawn


class AsyncEngine(Face[Engine], root=True):
    """What create_async_engine() returns: an Engine whose connections are awaited.

    sync_engine: the Engine behind it, for events: `event.listen(engine.sync_engine, "connect", ...)`.
    Used by the tasks of one event loop; dispose() before another loop takes over.
    """

    __slots__ = ("sync_engine",)

    _connection_cls: ClassVar[type[AsyncConnection]] = AsyncConnection

    def __init__(self, sync_engine: Engine) -> None:
        if not sync_engine.dialect.is_async:
            sync_engine.dialect.get_async_dialect_cls()
            raise exc.InvalidRequestError(
                f"{sync_engine!r} is an engine for threads: make another with create_async_engine()."
            )
        self.sync_engine = self._remember(sync_engine)

    def _target(self) -> Engine:
        return self.sync_engine

    @classmethod
    def _make_face(cls, target: Engine) -> AsyncEngine:
        return cls(target)

    def __repr__(self) -> str:
        return f"AsyncEngine({self.sync_engine.url!r})"

    # -- connections -----------------------------------------------------------------------------

    def connect(self) -> AsyncConnection:
        """Return a connection, which begins when it is awaited or entered with `async with`."""
        return self._connection_cls(self)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection with a transaction, committed at the end of the block."""
        async with self.connect() as connection, connection.begin():
            yield connection

    async def raw_connection(self) -> Any:
        """Return a DBAPI connection from the pool, adapted; its close() gives it back."""
        return await greenlet_spawn(self.sync_engine.raw_connection)

    async def dispose(self, close: bool = True) -> None:
        """Close the idle connections; those in use are closed when they are given back.

        close: False forgets them, for the child after a fork or another event loop.
        """
        await greenlet_spawn(self.sync_engine.dispose, close=close)

    async def aclose(self) -> None:
        """The same as dispose()."""
        await self.dispose()

    async def __aenter__(self) -> AsyncEngine:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.dispose()

    # -- options and state -----------------------------------------------------------------------

    def execution_options(self, **opt: Any) -> AsyncEngine:
        """Return an engine with these options that shares pool, cache and listeners with this."""
        return AsyncEngine(self.sync_engine.execution_options(**opt))

    def update_execution_options(self, **opt: Any) -> None:
        """Set options for connections of this engine made from now on."""
        self.sync_engine.update_execution_options(**opt)

    def get_execution_options(self) -> Mapping[str, Any]:
        """Return the options."""
        return self.sync_engine.get_execution_options()

    def clear_compiled_cache(self) -> None:
        """Forget compiled statements."""
        self.sync_engine.clear_compiled_cache()

    @property
    def engine(self) -> Engine:
        """The synchronous engine."""
        return self.sync_engine

    @property
    def url(self) -> URL:
        """The URL."""
        return self.sync_engine.url

    @property
    def pool(self) -> Pool:
        """The pool in use."""
        return self.sync_engine.pool

    @property
    def dialect(self) -> Any:
        """The dialect."""
        return self.sync_engine.dialect

    @property
    def name(self) -> str:
        """The dialect's name."""
        return self.sync_engine.name

    @property
    def driver(self) -> str:
        """The driver's name."""
        return self.sync_engine.driver

    @property
    def echo(self) -> EchoFlag:
        """Whether statements are logged."""
        return self.sync_engine.echo

    @echo.setter
    def echo(self, value: EchoFlag) -> None:
        self.sync_engine.echo = value


def create_async_engine(url: str | URL, **kw: Any) -> AsyncEngine:
    """Return an AsyncEngine for a database URL; options as for create_engine().

    url: with an asynchronous driver: "sqlite+aiosqlite", "postgresql+psycopg", "mysql+aiomysql".
    async_creator: a coroutine function that returns a connection of the driver.
    Raises exc.InvalidRequestError for a driver that cannot be awaited, and as create_engine().
    """
    if kw.get("server_side_cursors"):
        raise AsyncMethodRequired(
            "server_side_cursors is no option of an asynchronous engine: use connection.stream()."
        )
    if "async_creator" in kw and kw.get("creator") is not None:
        raise exc.ArgumentError("Give async_creator or creator, not both.")
    return AsyncEngine(make_engine(url, True, kw))


def async_engine_from_config(
    configuration: Mapping[str, Any], prefix: str = "sqlalchemy.", **kwargs: Any
) -> AsyncEngine:
    """Return an AsyncEngine of settings, as engine_from_config() does."""
    options = read_settings(configuration, prefix, kwargs)
    return create_async_engine(options.pop("url"), **options)


def create_async_pool_from_url(url: str | URL, **kwargs: Any) -> Pool:
    """Return a pool for tasks, without an engine; options as for create_pool_from_url()."""

    def make(target: str | URL, **options: Any) -> Engine:
        return make_engine(target, True, options)

    return create_pool_from_url(url, _make=make, **kwargs)


def refuse_events(target: Any, name: str, options: dict[str, Any]) -> Any:
    """Raise: listeners are synchronous functions, and belong to the synchronous object."""
    raise NotImplementedError(
        "Asynchronous objects have no events of their own. Listen to the synchronous one behind: "
        "event.listen(engine.sync_engine, ...), connection.sync_connection, session.sync_session."
    )


for _kind in (AsyncEngine, AsyncConnection):
    for _family in (EngineDispatch, PoolDispatch):
        register_target(_kind, _family, refuse_events)


@inspects(AsyncEngine)
def _inspect_engine(engine: AsyncEngine) -> Any:
    raise exc.NoInspectionAvailable(
        "An AsyncEngine cannot be inspected without awaiting. Take a connection and write "
        "`await connection.run_sync(lambda sync: inspect(sync).get_table_names())`."
    )
