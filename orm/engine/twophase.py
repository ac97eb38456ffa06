"""Two-phase transactions: prepared on each of several databases, then committed on all.

A prepared transaction survives its connection, and the server too; it holds its locks until
somebody commits it or rolls it back, by its id. PostgreSQL calls them prepared transactions
(max_prepared_transactions must be set), MariaDB and MySQL XA transactions.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.engine.execution import raise_error
from orm.engine.transaction import RootTransaction

if TYPE_CHECKING:
    from orm.engine.connection import Connection


class TwoPhaseTransaction(RootTransaction):
    """A transaction that can be prepared before it is committed.

    xid: its id, by which it is found again in the other process or after a crash.
    is_prepared: whether the first phase is done.
    """

    __slots__ = ("is_prepared", "xid")

    def __init__(self, connection: Connection, xid: str) -> None:
        super().__init__(connection)
        self.xid = xid
        self.is_prepared = False

    def prepare(self) -> None:
        """Do the first phase: afterwards the server guarantees that commit() will succeed.

        Nothing more can be executed in it. A failure rolls it back, like a failing commit().
        """
        self._check_active()
        if self.is_prepared:
            return
        connection = self.connection
        connection._check_valid()
        connection._check_nested_ended()
        connection._close_streams()
        for listener in connection.dispatch.prepare_twophase:
            listener(connection, self.xid)
        try:
            _run(connection, connection.dialect.do_prepare_twophase, "PREPARE", self.xid)
        except BaseException:
            self.rollback()
            raise
        self.is_prepared = True
        connection._ready = False

    def _tell(self, listeners: Sequence[Callable[..., Any]]) -> None:
        """Nothing: two-phase transactions have events of their own."""

    def _send_commit(self) -> None:
        connection = self.connection
        for listener in connection.dispatch.commit_twophase:
            listener(connection, self.xid, self.is_prepared)
        connection._close_streams()
        dialect = connection.dialect
        try:
            _run(connection, dialect.do_commit_twophase, "COMMIT", self.xid, self.is_prepared)
        except BaseException:
            connection._roll_back_quietly()
            raise
        connection._clean = True

    def _send_rollback(self) -> None:
        connection = self.connection
        for listener in connection.dispatch.rollback_twophase:
            listener(connection, self.xid, self.is_prepared)
        if connection._invalid:
            return
        connection._close_streams()
        dialect = connection.dialect
        _run(connection, dialect.do_rollback_twophase, "ROLLBACK", self.xid, self.is_prepared)
        connection._clean = True


def begin(connection: Connection, xid: str | None) -> TwoPhaseTransaction:
    """Begin a two-phase transaction on a connection that has none; see Connection."""
    connection._require_connection()
    _check_supported(connection)
    if connection._autocommit:
        raise exc.InvalidRequestError(
            "A connection in AUTOCOMMIT has no transactions, so none that could be prepared. "
            "Choose another isolation_level."
        )
    if xid is None:
        xid = f"orm_{os.urandom(16).hex()}"
    for listener in connection.dispatch.begin_twophase:
        listener(connection, xid)
    _run(connection, connection.dialect.do_begin_twophase, "BEGIN", xid)
    made = TwoPhaseTransaction(connection, xid)
    connection._start_transaction(made)
    return made


def recover(connection: Connection) -> list[str]:
    """Return the ids of the prepared transactions that wait on the server."""
    connection._require_connection()
    _check_supported(connection)
    found: list[str] = _run(connection, connection.dialect.do_recover_twophase, "RECOVER")
    if connection._transaction is None:
        # the driver has begun one for the question; what was prepared cannot be ended within it
        _run(connection, connection.dialect.do_rollback, "ROLLBACK")
    return found


def finish(connection: Connection, action: Callable[..., Any], word: str, xid: str) -> None:
    """Commit or roll back a prepared transaction which any connection may have prepared.

    Raises exc.InvalidRequestError if this connection is in another transaction.
    """
    connection._require_connection()
    _check_supported(connection)
    if connection._transaction is not None:
        raise exc.InvalidRequestError(
            f"{word} of the prepared transaction {xid!r} needs a connection without a transaction "
            "in progress: call commit() or rollback() before."
        )
    _run(connection, action, word, xid, True)


def _check_supported(connection: Connection) -> None:
    if not connection.dialect.supports_twophase:
        raise exc.InvalidRequestError(
            f"{connection.dialect.name} has no two-phase transactions; PostgreSQL and MariaDB have."
        )


def _run(connection: Connection, action: Callable[..., Any], word: str, *args: Any) -> Any:
    if connection._echo:
        connection._log(f"{word} TWO-PHASE {args[0] if args else ''}".rstrip())
    try:
        return action(connection._dbapi, *args)
    except BaseException as error:
        raise_error(connection, error, f"{word} (two-phase)", None)
