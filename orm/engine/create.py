"""create_engine() and engine_from_config(): the doors to the room, which is loaded by the first engine.

Modules of models are imported where no database is used, and before one is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from orm import exc

if TYPE_CHECKING:
    from orm.engine.engine import Engine
    from orm.engine.url import URL
    from orm.pool.base import Pool


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
    from orm.engine.assembly import make_engine  # with all that engines and connections need

    return make_engine(url, False, kwargs)


def create_pool_from_url(
    url: str | URL, *, _make: Callable[..., Engine] = create_engine, **kwargs: Any
) -> Pool:
    """Return a pool of DBAPI connections to a database, without an engine.

    kwargs: connect_args, creator, isolation_level, and the pool's options, which may be written
    as for create_engine() or without `pool_`: pool_size, max_overflow, timeout, recycle, pre_ping,
    use_lifo, reset_on_return, logging_name, echo. Raises as create_engine().
    """
    from orm.engine.assembly import POOL_OPTIONS

    short = {inner: outer for outer, inner in POOL_OPTIONS.items()}
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
