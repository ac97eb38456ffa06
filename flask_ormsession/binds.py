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
READS_FIRST = "flask_ormsession.reads_first"  # in the info of a session; see `read_first`
_ISOLATION = "flask_ormsession.isolation"  # in the info of a session: the level for its transaction
_OPENED = "flask_ormsession.opened"  # in the info of a session: its transaction, and what is in it


def make_metadata(bind_key: str | None, like: MetaData | None = None) -> MetaData:
    """Return an empty MetaData for a bind key, with the naming convention of another."""
    convention = None if like is None else like.naming_convention
    info = {} if bind_key is None else {BIND_KEY: bind_key}
    return MetaData(naming_convention=convention, info=info)


def make_bind_key_session(
    class_: type[Session],
    engines: Mapping[str | None, Engine],
    files: frozenset[str | None] = frozenset(),
) -> type[Session]:
    """Return a subclass of a Session class that takes the engine from the bind key of a table.

    files: the bind keys of SQLite files, on which a session that reads first begins by reading.
    """

    class BindKeySession(class_):  # type: ignore[misc, valid-type]  # its base is a parameter
        opens_each_bind = True

        def get_bind(
            self, mapper: Any = None, *, clause: Any = None, bind: Any = None, **options: Any
        ) -> Any:
            if bind is not None:
                return super().get_bind(mapper, clause=clause, bind=bind, **options)
            key = find_bind_key(engines, mapper, clause)
            if key is None:
                found = super().get_bind(mapper, clause=clause, **options)
            else:
                found = engines[key]
            if self.info and isinstance(found, Engine):
                _open_with_options(self, found, key in files)
            return found

    return BindKeySession


def refuse_other_binds(class_: Any, engines: Mapping[str | None, Engine]) -> None:
    """Have a Session class raise ConfigError for tables of databases that are not configured."""
    inner = class_.get_bind

    def get_bind(
        self: Any, mapper: Any = None, *, clause: Any = None, bind: Any = None, **options: Any
    ) -> Any:
        if bind is None:
            find_bind_key(engines, mapper, clause)
        return inner(self, mapper, clause=clause, bind=bind, **options)

    class_.get_bind = get_bind


def _open_with_options(session: Session, engine: Engine, is_file: bool) -> None:
    """Begin on an engine as the session's transaction is to begin, unless it has done so."""
    options: dict[str, Any] = {}
    if is_file and READS_FIRST in session.info:
        options["read_only"] = True
    if level := session.info.get(_ISOLATION):
        options["isolation_level"] = level
    if options and engine not in find_opened(session):
        session.connection(bind_arguments={"bind": engine}, execution_options=options)
        begun, opened = session.get_transaction(), find_opened(session)
        session.info[_OPENED] = (begun, [*opened, engine])


def find_opened(session: Session) -> list[Engine]:
    """Return the engines on which the present transaction was begun with options of ours."""
    begun, opened = session.info.get(_OPENED, (None, []))
    return opened if begun is not None and begun is session.get_transaction() else []


def choose_isolation(session: Session, level: str | None) -> None:
    """Set the isolation level of the transaction just begun, on every database that it uses.

    level: None for the usual one, in the transactions to come.
    """
    if level is None:
        session.info.pop(_ISOLATION, None)
        return
    session.info[_ISOLATION] = level
    if has_one_bind(session):
        session.connection(execution_options={"isolation_level": level})


def has_one_bind(session: Session) -> bool:
    """Whether a session works on the default database only, so that its options are the
    database's."""
    return not getattr(session, "opens_each_bind", False)


def find_bind_key(engines: Mapping[str | None, Engine], mapper: Any, clause: Any) -> str | None:
    """Return the bind key of what a session works on, None for the default database.

    The class that a statement is about decides, else the first of its tables which has a key.
    Raises ConfigError if the bind key is not configured.
    """
    for table in find_tables(mapper, clause):
        metadata = getattr(table, "metadata", None)
        if metadata is None:
            continue
        key: str | None = metadata.info.get(BIND_KEY)
        if key is None:
            if mapper is not None:
                return None
            continue
        if key not in engines:
            raise ConfigError(
                f"The table {table.name!r} belongs to the database {key!r}, which is not "
                f"configured for this app: add it to ORM_BINDS, as "
                f"{{{key!r}: 'sqlite:///{key}.db'}}."
            )
        return key
    return None


def find_tables(mapper: Any, clause: Any) -> Iterator[Any]:
    """Yield the tables of a mapper (or mapped class) and of a statement."""
    if mapper is not None:
        yield inspect(mapper).local_table
    if clause is not None:
        yield from _look_into(clause)


def _look_into(clause: Any) -> Iterator[Any]:
    """Yield the tables within selects, unions, joins, aliases and subqueries."""
    if hasattr(clause, "get_final_froms"):
        for inner in clause.get_final_froms():
            yield from _look_into(inner)
    elif hasattr(clause, "selects"):
        for inner in clause.selects:
            yield from _look_into(inner)
    elif hasattr(clause, "left") and hasattr(clause, "right"):
        yield from _look_into(clause.left)
        yield from _look_into(clause.right)
    elif getattr(clause, "element", None) is not None:
        yield from _look_into(clause.element)
    else:
        yield getattr(clause, "table", clause)
