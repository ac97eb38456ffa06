"""The execution option schema_translate_map: other schemas in place of those that tables name.

A statement is compiled once for all translations of the same names, with marks where the schemas stand; every execution
puts those of its connection there. An application with a schema per customer thus keeps one plan of a statement, not one per customer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orm import exc
from orm.compiler.cache import CompiledCache

if TYPE_CHECKING:
    from orm.engine.connection import Connection
    from orm.engine.engine import Engine

SchemaMap = Mapping[str | None, str | None]

OPTION = "schema_translate_map"

#: what stands around the name in a mark; no database takes it in an identifier
EDGE = "\x03"


class SchemaMark(str):
    """Stands for a schema in the text of a statement; written as it is."""

    __slots__ = ()
    quote = False


def make_mark(name: str | None) -> SchemaMark:
    """Return what stands in a text for the schema which tables call by this name."""
    return SchemaMark(f"{EDGE}{name or ''}{EDGE}")


def marked_cache(engine: Engine, names: frozenset[str | None]) -> CompiledCache:
    """Return the engine's cache of statements with marks for these names, made when it is first asked for."""
    found = engine._marked_caches.get(names)
    if found is None:
        dialect = engine.dialect.with_schemas({name: make_mark(name) for name in names})
        found = CompiledCache(engine._compiled_cache.size, dialect)
        found = engine._marked_caches.setdefault(names, found)
    return found


def translate_schemas(connection: Connection, translate: SchemaMap | None) -> None:
    """Let a connection execute with these schemas from now on; None or nothing ends it.

    Raises exc.ArgumentError for anything but a mapping of names.
    """
    engine = connection.engine
    if not translate:
        connection.plans, connection._schemas = engine._compiled_cache, ()
    else:
        if not isinstance(translate, Mapping):
            raise exc.ArgumentError(
                "schema_translate_map is a dict from the schema that tables name, None for tables that name "
                f"none, to the one to use, not {translate!r}."
            )
        quote = connection.dialect.identifier_preparer.quote_schema
        connection.plans = marked_cache(engine, frozenset(translate))
        connection._schemas = tuple(
            (make_mark(name) + ".", quote(schema) + "." if schema else "")
            for name, schema in translate.items()
        )
    connection._watch()


def place_schemas(connection: Connection, sql: str) -> str:
    """Return the text with the connection's schemas in the places of their marks."""
    if EDGE in sql:
        for mark, text in connection._schemas:
            sql = sql.replace(mark, text)
    return sql


@contextmanager
def other_schemas(connection: Connection, translate: SchemaMap | None) -> Iterator[None]:
    """Translate the schemas of what is executed within the block in this way."""
    before = connection.plans, connection._schemas
    translate_schemas(connection, translate)
    try:
        yield
    finally:
        connection.plans, connection._schemas = before
        connection._watch()
