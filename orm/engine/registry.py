"""Dialects by name: where the classes behind "postgresql+psycopg" are."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from orm import exc
from orm.engine.url import URL

# name in the URL -> (module, class)
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


class Registry:
    """Classes by name: those made known with register(), those of this library, those of entry points.

    noun: what they are, for messages. group: of the entry points by which installed distributions
    offer theirs.
    """

    def __init__(
        self, noun: str, group: str, built_in: Mapping[str, tuple[str, str]] = MappingProxyType({})
    ) -> None:
        self._noun = noun
        self._group = group
        self._built_in = built_in
        self._locations: dict[str, tuple[str, str]] = {}

    def register(self, name: str, modulepath: str, objname: str) -> None:
        """Make a class of your own known: register("mydb.driver", "package.module", "Class")."""
        self._locations[name.replace(".", "+")] = (modulepath, objname)

    def load(self, name: str, hint: str = "") -> type[Any]:
        """Import and return the class of this name.

        hint: what to say in place of the known names. Raises exc.NoSuchModuleError.
        """
        location = self._locations.get(name) or self._built_in.get(name)
        if location is None:
            location = self._find_installed(name)
        if location is None:
            known = sorted({*self._built_in, *self._locations})
            hint = hint or f"There are: {exc.join_names(known) or 'none'}."
            raise exc.NoSuchModuleError(f"Can't load the {self._noun} {name!r}. {hint}")
        module, objname = location
        try:
            found: type[Any] = getattr(importlib.import_module(module), objname)
        except ModuleNotFoundError as error:
            if error.name is None or not module.startswith(error.name):
                raise
            raise exc.NoSuchModuleError(
                f"The {self._noun} {name!r} should be in {module}, which does not exist."
            ) from error
        return found

    def _find_installed(self, name: str) -> tuple[str, str] | None:
        from importlib.metadata import entry_points  # reads the disk, for names nobody knows

        for point in entry_points(group=self._group, name=name.replace("+", ".")):
            return point.module, point.attr
        return None


_dialects = Registry("dialect", "orm.dialects", _BUILT_IN)
register = _dialects.register


def load_dialect(url: URL) -> type[Any]:
    """Return the dialect class of a URL.

    Raises exc.NoSuchModuleError naming what there is. Cost: imports the dialect's modules,
    not the driver.
    """
    name = url.drivername
    return _dialects.load(name, _ELSEWHERE.get(name, ""))


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
