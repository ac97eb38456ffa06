"""Transactions of a Connection: the root one and savepoints within it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

from orm import exc
from orm.engine.execution import raise_error

if TYPE_CHECKING:
    from orm.engine.connection import Connection


class Transaction:
    """A transaction in progress. As a context manager it commits, or rolls back on an error."""

    __slots__ = ("__weakref__", "_outer_block", "connection", "is_active")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.is_active = True
        self._outer_block: Transaction | None = None

    @property
    def is_valid(self) -> bool:
        """Whether it may still be committed: active, and its connection not invalidated."""
        return self.is_active and not self.connection.invalidated

    def commit(self) -> None:
        """Make the changes permanent (of a savepoint: a part of the outer transaction)."""
        raise NotImplementedError

    def rollback(self) -> None:
        """Undo the changes; does nothing if it has ended."""
        raise NotImplementedError

    def close(self) -> None:
        """Roll back if it is still active."""
        self.rollback()

    def _check_active(self) -> None:
        if not self.is_active:
            raise exc.InvalidRequestError(
                "This transaction has ended already (committed, rolled back or closed); "
                "begin another with connection.begin()."
            )

    def __enter__(self) -> Self:
        self._outer_block = self.connection._block
        self.connection._block = self
        return self

    def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
        self.connection._leave_block(self._outer_block)
        if kind is None and self.is_active:
            try:
                self.commit()
            except BaseException:
                self.rollback()
                raise
        else:
            self.rollback()


class RootTransaction(Transaction):
    """The transaction that BEGIN and COMMIT enclose."""

    __slots__ = ()

    def commit(self) -> None:
        """Commit. A COMMIT that fails is rolled back at once, and its error raised."""
        connection = self.connection
        if not self.is_active or connection._invalid:
            self._check_active()
            connection._check_valid()
        if connection.dispatch.commit:  # what listeners execute belongs to this transaction
            self._tell(connection.dispatch.commit)
        if connection._nested is not None:
            connection._check_nested_ended()
        self.is_active = False
        connection._transaction = None
        connection._ready = False
        self._send_commit()

    def rollback(self) -> None:
        """Roll back, savepoints included."""
        if not self.is_active:
            return
        connection = self.connection
        if connection.dispatch.rollback:
            self._tell(connection.dispatch.rollback)
        self.is_active = False
        if connection._nested is not None:
            connection._check_nested_ended()
        connection._transaction = None
        connection._ready = False
        self._send_rollback()

    def _tell(self, listeners: Sequence[Callable[..., Any]]) -> None:
        for listener in listeners:
            listener(self.connection)

    def _send_commit(self) -> None:
        connection = self.connection
        if connection._echo:
            connection._log("COMMIT")
        if connection._streams:
            connection._close_streams()
        if not connection._autocommit:
            try:
                if connection._joined and not connection._wrote:
                    connection.dialect.do_leave(connection._dbapi)
                else:
                    connection.dialect.do_commit(connection._dbapi)
            except BaseException as error:
                # a COMMIT that failed may leave the transaction open (SQLite: BUSY, deferred
                # constraints); nobody else may see it
                connection._roll_back_quietly()
                raise_error(connection, error, "COMMIT", None)
        connection._clean = True

    def _send_rollback(self) -> None:
        connection = self.connection
        if connection._echo:
            connection._log("ROLLBACK")
        if connection._invalid or connection._dbapi is None:
            return
        if connection._streams:
            connection._close_streams()
        if not connection._autocommit:
            try:
                if connection._joined and not connection._wrote:
                    connection.dialect.do_leave(connection._dbapi)
                else:
                    connection.dialect.do_rollback(connection._dbapi)
            except BaseException as error:
                raise_error(connection, error, "ROLLBACK", None)
        connection._clean = True


class NestedTransaction(Transaction):
    """A savepoint."""

    __slots__ = ("_outer", "_savepoint")

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._outer = connection._nested
        self._savepoint = connection._do_savepoint()
        connection._nested = self

    def _end(self) -> None:
        """Mark it and the savepoints set within it as ended."""
        connection = self.connection
        found = connection._nested
        while found is not None and found is not self:
            found.is_active = False
            found = found._outer
        self.is_active = False
        connection._nested = self._outer
        if connection._block is self:  # nothing may be executed before the block is left
            connection._ready = False

    def commit(self) -> None:
        """Release the savepoint: its changes belong to the outer transaction now."""
        self._check_active()
        self._tell(self.connection.dispatch.release_savepoint)
        self._end()
        self.connection._do_release_savepoint(self._savepoint)

    def rollback(self) -> None:
        """Roll back to the savepoint and release it."""
        if not self.is_active:
            return
        self._tell(self.connection.dispatch.rollback_savepoint)
        self._end()
        self.connection._do_rollback_to_savepoint(self._savepoint)

    def _tell(self, listeners: Sequence[Callable[..., Any]]) -> None:
        for listener in listeners:
            listener(self.connection, self._savepoint, None)
