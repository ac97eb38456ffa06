"""create_engine() and engine_from_config()."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from orm import exc
from orm.engine.engine import Engine
from orm.engine.execution import report_failed_ping
from orm.engine.plugins import CreateEnginePlugin, make_plugins
from orm.engine.registry import import_driver, load_dialect
from orm.engine.url import URL, make_url
from orm.pool.base import Pool
from orm.util.introspection import parameters_of
from orm.util.suggest import closest

_POOL_OPTIONS = {
    "pool_size": "pool_size",
    "max_overflow": "max_overflow",
    "pool_timeout": "timeout",
    "pool_use_lifo": "use_lifo",
    "pool_recycle": "recycle",
    "pool_pre_ping": "pre_ping",
    "pool_reset_on_return": "reset_on_return",
    "pool_logging_name": "logging_name",
    "pool_debug": "debug_checkouts",
    "pool_events": "events",
    "echo_pool": "echo",
}
_DIALECT_OPTIONS = (
    "isolation_level",
    "json_serializer",
    "json_deserializer",
    "paramstyle",
    "label_length",
    "max_identifier_length",
    "skip_autocommit_rollback",
    "use_insertmanyvalues",
    "insertmanyvalues_page_size",
    "enable_from_linting",
)
_ENGINE_OPTIONS = (
    "echo",
    "logging_name",
    "query_cache_size",
    "execution_options",
    "hide_parameters",
)
_OWN_OPTIONS = ("connect_args", "creator", "module", "poolclass", "pool", "plugins", "future")


def create_engine(url: str | URL, **kwargs: Any) -> Engine:
    """Return an Engine for a database URL. Nothing is connected until it is used.

    echo: True logs statements, "debug" rows too. echo_pool: the same for the pool.
    pool_size, max_overflow, pool_timeout (seconds), pool_recycle (seconds), pool_pre_ping,
    pool_use_lifo, pool_reset_on_return, poolclass, pool: the pool; pool_debug records where
    connections are checked out. connect_args: keyword arguments for the driver. creator: a
    function that connects instead. isolation_level: of every connection. execution_options:
    defaults for every connection. hide_parameters: keep values out of logs and errors.
    query_cache_size: compiled statements remembered. json_serializer, json_deserializer: for
    JSON columns. insertmanyvalues_page_size: rows in one INSERT with RETURNING;
    use_insertmanyvalues=False: one. max_identifier_length: of generated names. label_length: of those of
    selected columns, if less. enable_from_linting: warn of SELECTs that combine
    every row of one table with every row of another (True). skip_autocommit_rollback: send no
    ROLLBACK on a connection in AUTOCOMMIT. paramstyle: one of those that the driver takes. plugins:
    names of CreateEnginePlugin classes. logging_name, module, future: as in SQLAlchemy (future is always so).

    Raises exc.ArgumentError for a wrong URL or a missing driver, exc.NoSuchModuleError for an
    unknown dialect or plugin, TypeError for an option that does not exist or fit.
    """
    return make_engine(url, False, kwargs)


def make_engine(url: str | URL, asynchronous: bool, kwargs: dict[str, Any]) -> Engine:
    """Return the engine; see create_engine().

    asynchronous: of the dialect that is awaited; creator may be a coroutine function then,
    given as `async_creator`.
    """
    target, plugins = make_plugins(make_url(url), kwargs)
    async_creator = kwargs.pop("async_creator", None) if asynchronous else None
    _check_options(kwargs)
    dialect_class = load_dialect(target)
    if asynchronous:
        dialect_class = dialect_class.get_async_dialect_cls()
    module = kwargs.get("module") or import_driver(dialect_class, target)
    dialect = _make_dialect(dialect_class, kwargs, plugins)
    dialect.set_driver(module)
    if async_creator is not None:
        kwargs["creator"] = _make_awaiting_creator(dialect, async_creator)
    pool = kwargs.get("pool")
    engine_options = {name: kwargs[name] for name in _ENGINE_OPTIONS if name in kwargs}
    holder: list[Engine] = []
    if pool is None:
        creator = make_creator(dialect, target, kwargs, holder)
        pool = make_pool(dialect, target, creator, kwargs, plugins)
    _check_pool(pool, dialect)
    engine = Engine(pool, dialect, target, **engine_options)
    holder.append(engine)
    dialect.report_failed_ping = partial(report_failed_ping, engine)
    for plugin in plugins:
        plugin.engine_created(engine)
    return engine


def _make_dialect(
    dialect_class: Any, kwargs: Mapping[str, Any], plugins: Sequence[CreateEnginePlugin]
) -> Any:
    options = {name: kwargs[name] for name in _DIALECT_OPTIONS if kwargs.get(name) is not None}
    for plugin in plugins:
        plugin.handle_dialect_kwargs(dialect_class, options)
    style = options.get("paramstyle")
    if style is not None and style not in dialect_class.paramstyles:
        raise exc.ArgumentError(
            f"{dialect_class.driver} takes no parameters of the style {style!r}, but "
            f"{exc.join_names(dialect_class.paramstyles)}. Leave paramstyle out."
        )
    return dialect_class(**options)


def _make_awaiting_creator(dialect: Any, async_creator: Any) -> Callable[[], Any]:
    from orm.util.concurrency import await_only

    return lambda: dialect.wrap_connection(await_only(async_creator()))


def _check_pool(pool: Pool, dialect: Any) -> None:
    name = type(pool).__name__
    if dialect.is_async and pool._threads_only:
        raise exc.ArgumentError(
            f"{name} is a pool for threads, and {dialect.driver} is awaited by tasks: leave "
            "poolclass out, or use AsyncAdaptedQueuePool, NullPool or StaticPool."
        )
    if pool._is_asyncio and not dialect.is_async:
        raise exc.ArgumentError(
            f"{name} is a pool for tasks: use it with create_async_engine(), or QueuePool here."
        )


def _check_options(kwargs: Mapping[str, Any]) -> None:
    known = {*_POOL_OPTIONS, *_DIALECT_OPTIONS, *_ENGINE_OPTIONS, *_OWN_OPTIONS}
    for name in kwargs:
        if name not in known:
            close = closest(name, known)
            hint = f"Did you mean {close!r}?" if close else f"It has: {', '.join(sorted(known))}."
            raise TypeError(f"create_engine() has no option {name!r}. {hint}")


def make_creator(
    dialect: Any, url: URL, kwargs: Mapping[str, Any], holder: list[Engine]
) -> Callable[[], Any]:
    """Return the function by which the pool opens connections, prepared and initialized.

    holder: will hold the engine, whose `do_connect` listeners may open the connection.
    """
    arguments, keywords = dialect.create_connect_args(url)
    keywords.update(kwargs.get("connect_args") or {})
    opener = kwargs.get("creator")
    lock = dialect.make_lock()
    initialized: list[bool] = []

    def open_connection() -> Any:
        if holder and holder[0].__dict__["dispatch"].do_connect:
            args, params = list(arguments), dict(keywords)
            for listener in holder[0].__dict__["dispatch"].do_connect:
                made = listener(dialect, None, args, params)
                if made is not None:
                    return made
            return dialect.connect(*args, **params)
        return opener() if opener is not None else dialect.connect(*arguments, **keywords)

    def create() -> Any:
        connection = open_connection()
        try:
            dialect.on_connect(connection)
            if not initialized:
                with lock:
                    if not initialized:
                        dialect.initialize(connection)
                        initialized.append(True)
        except BaseException:
            dialect.do_terminate(connection)
            raise
        return connection

    return create


def make_pool(
    dialect: Any,
    url: URL,
    creator: Callable[[], Any],
    kwargs: Mapping[str, Any],
    plugins: Sequence[CreateEnginePlugin] = (),
) -> Pool:
    """Return the pool that the options ask for. Raises TypeError if they do not fit its kind."""
    kind: type[Pool] = kwargs.get("poolclass") or dialect.get_pool_class(url)
    options = {
        inner: kwargs[outer]
        for outer, inner in _POOL_OPTIONS.items()
        if kwargs.get(outer) is not None
    }
    for plugin in plugins:
        plugin.handle_pool_kwargs(kind, options)
    accepted = _parameters(kind)
    for outer, inner in _POOL_OPTIONS.items():
        if inner in options and inner not in accepted:
            raise TypeError(
                f"The option {outer!r} does not fit {kind.__name__}, the pool of {url}. Leave it "
                "out, or choose another pool with poolclass=QueuePool."
            )
    return kind(creator, dialect=dialect, **options)


def _parameters(kind: type) -> set[str]:
    names: set[str] = set()
    for base in kind.__mro__:
        init = base.__dict__.get("__init__")
        if init is not None and base is not object:
            names.update(parameters_of(init).names)
    return names


def create_pool_from_url(
    url: str | URL, *, _make: Callable[..., Engine] = create_engine, **kwargs: Any
) -> Pool:
    """Return a pool of DBAPI connections to a database, without an engine.

    kwargs: connect_args, creator, isolation_level, and the pool's options, which may be written
    as for create_engine() or without `pool_`: pool_size, max_overflow, timeout, recycle, pre_ping,
    use_lifo, reset_on_return, logging_name, echo. Raises as create_engine().
    """
    short = {inner: outer for outer, inner in _POOL_OPTIONS.items()}
    options = {short.get(name, name): value for name, value in kwargs.items()}
    return _make(url, **options).pool


def engine_from_config(
    configuration: Mapping[str, Any], prefix: str = "sqlalchemy.", **kwargs: Any
) -> Engine:
    """Return an engine of settings such as {"sqlalchemy.url": ..., "sqlalchemy.echo": "true"}.

    Strings are turned into the numbers and booleans that the options want.
    Raises exc.ArgumentError without a url.
    """
    options = read_settings(configuration, prefix, kwargs)
    return create_engine(options.pop("url"), **options)


def read_settings(
    configuration: Mapping[str, Any], prefix: str, kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the keyword arguments for create_engine(), `url` among them."""
    options = {
        name.removeprefix(prefix): _read_setting(name.removeprefix(prefix), value)
        for name, value in configuration.items()
        if name.startswith(prefix)
    }
    options.update(kwargs)
    if "url" not in options:
        raise exc.ArgumentError(f"The configuration has no setting '{prefix}url'.")
    return options


_NUMBERS = {
    "pool_size", "max_overflow", "pool_recycle", "query_cache_size", "label_length",
    "max_identifier_length", "insertmanyvalues_page_size",
}  # fmt: skip
_FLAGS = {
    "echo", "echo_pool", "pool_pre_ping", "pool_use_lifo", "hide_parameters", "future", "pool_debug",
    "enable_from_linting", "skip_autocommit_rollback", "use_insertmanyvalues",
}  # fmt: skip
_TRUE = {"true", "yes", "on", "1", "t", "y"}


def _read_setting(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name in _NUMBERS:
        return int(value)
    if name == "pool_timeout":
        return float(value)
    if name == "plugins":
        return [part.strip() for part in value.split(",")]
    if name in _FLAGS and value != "debug":
        return value.strip().lower() in _TRUE
    return value
