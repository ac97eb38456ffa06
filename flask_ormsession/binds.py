"""Bind keys: several databases behind one session.

A model (or table) belongs to the database whose key its metadata carries in `info["bind_key"]`;
`class Reading(db.Model): __bind_key__ = "sensors"` puts it there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_ormsession.errors import ConfigError
from orm import Engine, MetaData, Session, inspect

BIND_KEY = "bind_key"


def make_metadata(bind_key: str | None, like: MetaData | None = None) -> MetaData:
    """Return an empty MetaData for a bind key, with the naming convention of another."""
    convention = None if like is None else like.naming_convention
    info = {} if bind_key is None else {BIND_KEY: bind_key}
    return MetaData(naming_convention=convention, info=info)


def make_bind_key_session(
    class_: type[Session], engines: Mapping[str | None, Engine]
) -> type[Session]:
    """Return a subclass of a Session class that takes the engine from the bind key of a table."""

    class BindKeySession(class_):  # type: ignore[misc, valid-type]  # its base is a parameter
        def get_bind(
            self, mapper: Any = None, *, clause: Any = None, bind: Any = None, **options: Any
        ) -> Any:
            if bind is None:
                bind = find_engine(engines, mapper, clause)
            return super().get_bind(mapper, clause=clause, bind=bind, **options)

    return BindKeySession


def find_engine(engines: Mapping[str | None, Engine], mapper: Any, clause: Any) -> Engine | None:
    """Return the engine for what a session works on, or None for the default one.

    Raises ConfigError if the bind key is not configured.
    """
    for table in find_tables(mapper, clause):
        metadata = getattr(table, "metadata", None)
        key = None if metadata is None else metadata.info.get(BIND_KEY)
        if key is None:
            continue
        if key not in engines:
            raise ConfigError(
                f"The table {table.name!r} belongs to the database {key!r}, which is not "
                f"configured for this app: add it to ORM_BINDS, as "
                f"{{{key!r}: 'sqlite:///{key}.db'}}."
            )
        return engines[key]
    return None


def find_tables(mapper: Any, clause: Any) -> Iterator[Any]:
    """Yield the tables of a mapper (or mapped class) and of a statement."""
    if mapper is not None:
        yield inspect(mapper).local_table
    if clause is None:
        return
    if hasattr(clause, "get_final_froms"):
        yield from clause.get_final_froms()
    else:
        yield getattr(clause, "table", clause)
