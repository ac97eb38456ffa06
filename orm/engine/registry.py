"""Dialects by name: where the classes behind "postgresql+psycopg" are."""

from __future__ import annotations

import importlib
from typing import Any

from orm import exc
from orm.engine.url import URL

# name in the URL -> (module, class); an application adds its own with register()
_locations: dict[str, tuple[str, str]] = {}

_BUILT_IN = {
    "sqlite": ("orm.dialects.sqlite.pysqlite", "SQLiteDialect_pysqlite"),
    "sqlite+pysqlite": ("orm.dialects.sqlite.pysqlite", "SQLiteDialect_pysqlite"),
    "sqlite+aiosqlite": ("orm.dialects.sqlite.aiosqlite", "SQLiteDialect_aiosqlite"),
    "postgresql": ("orm.dialects.postgresql.psycopg", "PGDialect_psycopg"),
    "postgresql+psycopg": ("orm.dialects.postgresql.psycopg", "PGDialect_psycopg"),
    "postgresql+psycopg_async": (
        "orm.dialects.postgresql.psycopg_async",
        "PGDialect_psycopg_async",
    ),
    "mysql": ("orm.dialects.mysql.pymysql", "MySQLDialect_pymysql"),
    "mysql+pymysql": ("orm.dialects.mysql.pymysql", "MySQLDialect_pymysql"),
    "mysql+aiomysql": ("orm.dialects.mysql.aiomysql", "MySQLDialect_aiomysql"),
    "mariadb": ("orm.dialects.mysql.pymysql", "MySQLDialect_pymysql"),
    "mariadb+aiomysql": ("orm.dialects.mysql.aiomysql", "MySQLDialect_aiomysql"),
    "mariadb+pymysql": ("orm.dialects.mysql.pymysql", "MySQLDialect_pymysql"),
}

_ELSEWHERE = {
    "postgres": "Write 'postgresql+psycopg://...' (the name 'postgres' was dropped long ago).",
    "postgresql+psycopg2": "The driver here is psycopg 3: write 'postgresql+psycopg://...'.",
    "postgresql+asyncpg": "psycopg 3 serves asyncio too: write 'postgresql+psycopg://...'.",
    "mysql+asyncmy": "The driver here is aiomysql: write 'mysql+aiomysql://...'.",
    "mysql+mysqldb": "The driver here is PyMySQL: write 'mysql+pymysql://...'.",
    "mysql+mysqlconnector": "The driver here is PyMySQL: write 'mysql+pymysql://...'.",
}


def register(name: str, modulepath: str, objname: str) -> None:
    """Make a dialect of your own known: register("mydb.driver", "package.module", "Class")."""
    _locations[name.replace(".", "+")] = (modulepath, objname)


def load_dialect(url: URL) -> type[Any]:
    """Return the dialect class of a URL.

    Raises exc.NoSuchModuleError naming what there is. Cost: imports the dialect's modules,
    not the driver.
    """
    name = url.drivername
    location = _locations.get(name) or _BUILT_IN.get(name)
    if location is None:
        known = sorted({*_BUILT_IN, *_locations})
        hint = _ELSEWHERE.get(name) or f"There are: {exc.join_names(known)}."
        raise exc.NoSuchModuleError(f"Can't load the dialect {name!r} of the URL {url}. {hint}")
    module, objname = location
    try:
        found: type[Any] = getattr(importlib.import_module(module), objname)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        raise exc.NoSuchModuleError(
            f"The dialect {name!r} should be in {module}, which does not exist."
        ) from error
    return found


def import_driver(dialect_class: type[Any], url: URL) -> Any:
    """Return the driver module of a dialect.

    Raises exc.ArgumentError with the line to type if it is not installed.
    """
    try:
        return dialect_class.import_dbapi()
    except ImportError as error:
        raise exc.ArgumentError(
            f"The driver {dialect_class.driver!r} for {url} cannot be imported ({error}). "
            f"Install it: {dialect_class.install_hint or 'pip install ' + dialect_class.driver}"
        ) from error
