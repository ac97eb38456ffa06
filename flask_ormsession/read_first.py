"""Sessions that begin by reading: on a SQLite file they take the write lock when they first write.

SQLite has one writer at a time, and our transactions wait for that turn at their beginning, so that
what they read cannot change before they write. For a request that is not meant to write (GET, HEAD,
OPTIONS), for a second context inside a request, and for work outside of requests that would be waiting
without need: readers would queue up behind each other, and a nested context behind its own request.

Such a session begins with a plain BEGIN. When it flushes, it ends that transaction, which has only
read, and begins one that writes: what it read before may have changed meanwhile, as with READ
COMMITTED on a server. Other databases are not concerned.
"""

from __future__ import annotations

from typing import Any

from flask import has_request_context, request

from orm import Engine, Session, event, sessionmaker

_READS_FIRST = "flask_ormsession.reads_first"  # in the info of a session
_WRITER = (
    "flask_ormsession.writer"  # in the WSGI environ: the scope whose session may write at once
)
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")


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


def prepare(session: Session, scope: object) -> None:
    """Make a new session begin by reading, unless it belongs to a request that is meant to write.

    scope: whose session it is; only the first scope of a request counts as the request's own.
    """
    if has_request_context() and request.method not in _SAFE_METHODS:
        if request.environ.setdefault(_WRITER, scope) is scope:
            return
    session.read_only = True
    session.info[_READS_FIRST] = True


def _begin_writing(session: Session, *_context: Any) -> None:
    if not session.info.pop(_READS_FIRST, False):
        return
    session.read_only = False
    connection = session.connection()
    # A savepoint would end with the transaction; SQLite then takes the lock itself, if it can.
    reads = connection.get_execution_options().get("read_only", False)
    if reads and not connection.in_nested_transaction():
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
