"""Joining a session's transaction to a connection: a fresh one, or one that is in use already.

`join_transaction_mode` says what a session does with a Connection that is in a transaction
of its own:

- conditional_savepoint: create_savepoint if a savepoint is open there, else rollback_only;
- rollback_only: a rollback goes through to it, a commit is left to its owner;
- control_fully: commit and rollback both go through;
- create_savepoint: the session works in a savepoint and leaves the transaction alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.engine.connection import Connection

if TYPE_CHECKING:
    from orm.session.session import Session


class BoundConnection:
    """A connection in use by a session's transaction.

    bind: the Engine or Connection that was asked for. should_commit: the session's commit commits `transaction`. opened_here: the session
    checked the connection out and gives it back. former_owner: whose the connection was.
    """

    __slots__ = (
        "bind",
        "connection",
        "former_owner",
        "opened_here",
        "should_commit",
        "transaction",
    )

    def __init__(
        self,
        bind: Any,
        connection: Any,
        transaction: Any,
        should_commit: bool,
        opened_here: bool,
        former_owner: Any = None,
    ) -> None:
        self.bind = bind
        self.connection = connection
        self.transaction = transaction
        self.should_commit = should_commit
        self.opened_here = opened_here
        self.former_owner = former_owner

    def close(self, invalidate: bool, rolled_back: bool) -> None:
        """End the transaction if it still runs, and give the connection back if it is ours."""
        connection = self.connection
        if self.former_owner is not None:
            connection.owner = self.former_owner
        if invalidate:
            connection.invalidate()
        if self.opened_here:
            # a connection which cannot roll back is dead: the pool throws it away, and the server
            # has rolled back by itself
            try:
                connection.close()
            except exc.DBAPIError:
                pass
        elif not rolled_back and self.should_commit:
            self.transaction.close()


def find_bound(bounds: Sequence[BoundConnection], bind: Any) -> BoundConnection | None:
    """Return the one of these for an Engine or Connection, or None."""
    for bound in bounds:
        connection = bound.connection
        if bound.bind is bind or connection is bind or connection.engine is bind:
            return bound
    return None


def open_connection(
    session: Session, bind: Any, options: Mapping[str, Any], others: Sequence[BoundConnection]
) -> BoundConnection:
    """Return `bind` (an Engine or a Connection) as a connection in a transaction.

    others: what the session's transaction works on already.
    """
    if isinstance(bind, Connection):
        if find_bound(others, bind.engine) is not None:
            raise exc.InvalidRequestError(
                "The session already works on another connection of this engine."
            )
        connection, opened_here = bind, False
    else:
        connection, opened_here = bind.connect(), True
    try:
        if session.read_only:
            options = {**options, "read_only": True}
        if options:
            connection = connection.execution_options(**options)
        if opened_here and connection._transaction is None and not session.twophase:
            transaction: Any = connection._prepare()
            should_commit = True
        elif opened_here and connection.in_transaction():
            # begun by an event of the engine: nobody else will end it
            transaction, should_commit = connection.get_transaction(), True
        else:
            transaction, should_commit = _begin_on(session, connection)
    except BaseException:
        if opened_here:
            connection.close()
        raise
    former, connection.owner = connection.owner, session._self_ref
    return BoundConnection(bind, connection, transaction, should_commit, opened_here, former)


def _begin_on(session: Session, connection: Any) -> tuple[Any, bool]:
    """Return the transaction to use on `connection`, and whether to commit it."""
    if not connection.in_transaction():
        if session.twophase:
            return connection.begin_twophase(), True
        return connection.begin(), True
    mode = session.join_transaction_mode
    if mode == "conditional_savepoint":
        nested = connection.in_nested_transaction()
        mode = "create_savepoint" if nested else "rollback_only"
    if mode == "create_savepoint":
        return connection.begin_nested(), True
    if connection.in_nested_transaction():
        transaction = connection.get_nested_transaction()
    else:
        transaction = connection.get_transaction()
    return transaction, mode == "control_fully"
