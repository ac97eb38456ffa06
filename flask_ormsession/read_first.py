"""Sessions that begin by reading: on a SQLite file they take the write lock when they first write.

SQLite has one writer at a time, and our transactions wait for that turn at their beginning, so that
what they read cannot change before they write. For a request that is not meant to write (GET, HEAD,
OPTIONS), for a second context inside a request, and for work outside of requests that would be waiting
without need: readers would queue up behind each other, and a nested context behind its own request.

Such a session begins with a plain BEGIN on each SQLite file. When it flushes, or executes something else
than a query, it ends these transactions, which have only read, and begins others that write: what it
read before may have changed meanwhile, as with READ COMMITTED on a server. After a commit or rollback
it begins by reading again. Other databases are not concerned.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import has_request_context, request

from flask_ormsession.binds import READS_FIRST, find_opened, has_one_bind
from orm import Engine, Session, event, sessionmaker

_WRITER = (
    "flask_ormsession.writer"  # in the WSGI environ: the scope whose session may write at once
)
_READS_AGAIN = "flask_ormsession.reads_again"  # in the info of a session: after this transaction
_QUERIES = ("select", "with", "values", "explain", "pragma")
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")


def find_files(engines: Mapping[str | None, Engine]) -> frozenset[str | None]:
    """Return the bind keys of the engines on SQLite files."""
    return frozenset(key for key, engine in engines.items() if is_file(engine))


def is_file(engine: Engine) -> bool:
    """Whether an engine is on a SQLite file, which several connections can use."""
    url = engine.url
    name = url.database
    if engine.dialect.name != "sqlite" or not name or ":memory:" in name:
        return False
    return "mode=memory" not in name and url.query.get("mode") != "memory"


def install(factory: sessionmaker[Session]) -> None:
    """Let the sessions of a factory take the write lock when they flush."""
    event.listen(factory, "before_flush", _begin_writing)
    event.listen(factory, "after_transaction_end", _read_again)


def make_read_first_session(class_: type[Session]) -> type[Session]:
    """Return a subclass of a Session class which takes the write lock for statements that write,
    too. Not by the event do_orm_execute, which would cost every query more."""

    class ReadFirstSession(class_):  # type: ignore[misc, valid-type]  # its base is a parameter
        def execute(self, statement: Any, *args: Any, **options: Any) -> Any:
            if READS_FIRST in self.info and writes(statement):
                _begin_writing(self)
            return super().execute(statement, *args, **options)

    ReadFirstSession.__name__ = ReadFirstSession.__qualname__ = class_.__name__
    return ReadFirstSession


def writes(statement: Any) -> bool:
    """Whether a statement is for changing something, as far as can be seen."""
    text = statement if isinstance(statement, str) else getattr(statement, "text", None)
    if isinstance(text, str):
        words = text.split(None, 1)
        return bool(words) and words[0].lower() not in _QUERIES
    return getattr(statement, "is_dml", False) is True


def prepare(session: Session, scope: object) -> None:
    """Make a new session begin by reading, unless it belongs to a request that is meant to write.

    scope: whose session it is; only the first scope of a request counts as the request's own.
    """
    if has_request_context():
        environ = request.environ
        if environ["REQUEST_METHOD"] not in _SAFE_METHODS:
            if environ.setdefault(_WRITER, scope) is scope:
                return
    _read_first(session)


def _read_first(session: Session) -> None:
    session.info[READS_FIRST] = True
    if has_one_bind(session):
        session.read_only = True


def write_at_once(session: Session) -> None:
    """Let the next transaction of a session take the write lock at its beginning."""
    if session.info.pop(READS_FIRST, False):
        session.info[_READS_AGAIN] = True
        if has_one_bind(session):
            session.read_only = False


def _begin_writing(session: Session, *_context: Any) -> None:
    if not session.info.pop(READS_FIRST, False):
        return
    session.info[_READS_AGAIN] = True
    if has_one_bind(session):
        session.read_only = False
        _take_lock(session.connection())
        return
    for engine in find_opened(session):
        _take_lock(session.connection(bind_arguments={"bind": engine}))


def _read_again(session: Session, ended: Any) -> None:
    if ended.parent is None and session.info.pop(_READS_AGAIN, False):
        _read_first(session)


def _take_lock(connection: Any) -> None:
    # A savepoint would end with the transaction; SQLite then takes the lock itself, if it can.
    reads = connection.get_execution_options().get("read_only", False)
    if reads and not connection.in_nested_transaction():
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
