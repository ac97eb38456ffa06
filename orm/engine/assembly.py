"""How an engine is put together: its dialect, its driver, its pool, and the options of each."""

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

POOL_OPTIONS = {
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
    known = {*POOL_OPTIONS, *_DIALECT_OPTIONS, *_ENGINE_OPTIONS, *_OWN_OPTIONS}
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
        for outer, inner in POOL_OPTIONS.items()
        if kwargs.get(outer) is not None
    }
    for plugin in plugins:
        plugin.handle_pool_kwargs(kind, options)
    accepted = _parameters(kind)
    for outer, inner in POOL_OPTIONS.items():
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
