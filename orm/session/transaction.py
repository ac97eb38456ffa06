"""SessionTransaction: the database transactions of a session, and what to restore with them.

One object per BEGIN or SAVEPOINT, chained by `parent`. Each remembers which objects
became persistent, were deleted, were written to or changed their key while it ran; a
rollback puts those back, a release hands them to the parent, a commit forgets them.

States: ACTIVE -> COMMITTED | CLOSED, and DEACTIVE after a flush failed inside it: the
database is already rolled back then, and only rollback() leads on.
"""

from __future__ import annotations

import enum
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.session import lifecycle
from orm.session.events import fire
from orm.util.collections import EMPTY_MAP
from orm.util.late import LateModule

if TYPE_CHECKING:
    from orm.session import joining
    from orm.session.joining import BoundConnection
    from orm.session.session import Session
else:
    joining = LateModule(globals(), "orm.session.joining")  # with connections

#: join_transaction_mode: what a session does with a Connection that is in a transaction; see `joining`
JOIN_MODES = ("conditional_savepoint", "rollback_only", "control_fully", "create_savepoint")


class SessionTransactionState(enum.Enum):
    """Where a SessionTransaction stands."""

    ACTIVE = 1
    PREPARED = 2
    COMMITTED = 3
    DEACTIVE = 4
    CLOSED = 5


class SessionTransactionOrigin(enum.Enum):
    """How a SessionTransaction came to be."""

    AUTOBEGIN = 0
    BEGIN = 1
    BEGIN_NESTED = 2
    SUBTRANSACTION = 3


ACTIVE = SessionTransactionState.ACTIVE
PREPARED = SessionTransactionState.PREPARED
COMMITTED = SessionTransactionState.COMMITTED
DEACTIVE = SessionTransactionState.DEACTIVE
CLOSED = SessionTransactionState.CLOSED
AUTOBEGIN = SessionTransactionOrigin.AUTOBEGIN


class SessionTransaction:
    """A transaction (or savepoint, when `nested`) of one session, on each engine it met."""

    __slots__ = (
        "__weakref__",
        "_altered",
        "_bounds",
        "_deleted",
        "_entered",
        "_key_switches",
        "_new",
        "_state",
        "error",
        "nested",
        "origin",
        "parent",
        "session",
        "sole_connection",
    )

    def __init__(
        self,
        session: Session,
        origin: SessionTransactionOrigin,
        parent: SessionTransaction | None = None,
    ) -> None:
        self.session = session
        self.origin = origin
        self.parent = parent
        self.nested = origin is SessionTransactionOrigin.BEGIN_NESTED
        self._state = ACTIVE
        #: whether a `with` block waits for its end
        self._entered = False
        #: the exception of the failed flush which made this transaction DEACTIVE
        self.error: BaseException | None = None
        self._bounds: Sequence[BoundConnection] = ()
        #: the connection, once there is one and the session has one bind: the fast path
        self.sole_connection: Any = None
        # The states are weak references to their objects, so these dicts keep no object alive.
        self._new: dict[Any, None] = {}
        self._deleted: dict[Any, Any] = {}
        self._altered: dict[Any, None] = {}
        self._key_switches: dict[Any, tuple[Any, Any]] = {}
        if session.dispatch.after_transaction_create:
            fire(session.dispatch.after_transaction_create, session, self)

    # -- what it is

    @property
    def is_active(self) -> bool:
        """Whether statements may be executed in it."""
        return self._state is ACTIVE

    def __repr__(self) -> str:
        kind = "savepoint" if self.nested else "transaction"
        return f"<SessionTransaction {kind} {self._state.name}>"

    def iterate_to_root(self) -> Iterator[SessionTransaction]:
        """Yield this transaction, its parent, and so on to the outermost."""
        current: SessionTransaction | None = self
        while current is not None:
            yield current
            current = current.parent

    def check_active(self) -> None:
        """Raise unless statements may be executed.

        exc.PendingRollbackError repeats the error of the flush that failed before.
        """
        if self._state is ACTIVE:
            return
        if self._state is DEACTIVE:
            raise pending_rollback(self.error)
        if self._state is PREPARED:
            raise exc.InvalidRequestError(
                "This transaction is prepared: only commit() or rollback() can follow prepare()."
            )
        raise exc.ResourceClosedError(
            "This transaction is closed. Begin another with session.begin()."
        )

    # -- connections

    def connection_for_bind(self, bind: Any, options: Mapping[str, Any] = EMPTY_MAP) -> Any:
        """Return the Connection for an Engine or Connection, beginning on it if need be."""
        known = joining.find_bound(self._bounds, bind) if self._bounds else None
        if known is not None:
            if options:
                warnings.warn(
                    "The transaction has its connection to this engine already, so these "
                    "execution options are ignored. Pass them before its first statement.",
                    exc.SAWarning,
                    stacklevel=3,
                )
            return known.connection
        if self._state is not ACTIVE:
            self.check_active()
        session = self.session
        if self.parent is not None:
            connection = self.parent.connection_for_bind(bind, options)
            bound = joining.BoundConnection(
                bind, connection, connection.begin_nested(), True, False
            )
        else:
            bound = joining.open_connection(session, bind, options, self._bounds)
            connection = bound.connection
        self._bounds = (*self._bounds, bound)
        if session._has_one_bind:
            self.sole_connection = connection
        if session.dispatch.after_begin:
            fire(session.dispatch.after_begin, session, self, connection)
        return connection

    def bound_connections(self) -> Sequence[BoundConnection]:
        """Return each connection once."""
        return self._bounds

    # -- ends

    def prepare(self) -> None:
        """Phase one of a two-phase commit, for sessions with twophase=True."""
        if self.parent is not None or not self.session.twophase:
            raise exc.InvalidRequestError(
                "prepare() needs Session(twophase=True) and the outermost transaction."
            )
        self._prepare()
        for bound in self._bounds:
            bound.transaction.prepare()
        self._state = PREPARED

    def _prepare(self) -> None:
        """Commit inner savepoints and flush, so that only the database's commit remains."""
        self.check_active()
        session = self.session
        if session.dispatch.before_commit and (self.parent is None or self.nested):
            fire(session.dispatch.before_commit, session)
        while session._transaction is not None and session._transaction is not self:
            session._transaction.commit()
        for _ in range(100):
            if session._is_clean():
                return
            session.flush()
        raise exc.FlushError(
            "100 flushes in a row left something to flush: an after_flush listener adds or "
            "changes objects every time it is called."
        )

    def commit(self, to_root: bool = False) -> None:
        """Flush, commit (or release the savepoint), and hand over to the parent.

        A failing commit is rolled back before the error goes out.
        """
        if self._state is not PREPARED:
            try:
                if self.parent is None and self.session.twophase:
                    self.prepare()
                else:
                    self._prepare()
            except BaseException:
                if self._state is ACTIVE:
                    self.rollback(to_root=True)
                raise
        session = self.session
        try:
            for bound in self._bounds:
                if bound.should_commit:
                    bound.transaction.commit()
        except BaseException:
            self.rollback(to_root=True)
            raise
        self._state = COMMITTED
        if session.dispatch.after_commit:
            fire(session.dispatch.after_commit, session)
        self._release_snapshot()
        parent = self.parent
        self.close()
        if to_root and parent is not None:
            parent.commit(to_root=True)

    def rollback(self, to_root: bool = False) -> None:
        """Undo it in the database and restore the objects as they were at its begin."""
        session = self.session
        if self._state is CLOSED:
            self.check_active()
        while session._transaction is not None and session._transaction is not self:
            session._transaction.rollback()
        if self._state in (ACTIVE, PREPARED):
            self._roll_back_database()
        elif self._state is DEACTIVE and not session._is_clean():
            warnings.warn(
                "Objects were added, changed or deleted after a flush failed and before "
                "rollback(); these changes are discarded.",
                exc.SAWarning,
                stacklevel=3,
            )
            self._restore_snapshot()
        parent = self.parent
        self.close()
        fire(session.dispatch.after_soft_rollback, session, self)
        if to_root and parent is not None:
            parent.rollback(to_root=True)

    def fail(self, error: BaseException) -> None:
        """A flush failed: undo it now, and refuse everything but rollback() from here on."""
        self.error = error
        if self._state is ACTIVE:
            self._roll_back_database()
        dispatch = self.session.dispatch
        fire(dispatch.after_soft_rollback, self.session, self)

    def _roll_back_database(self) -> None:
        self._state = DEACTIVE
        self.sole_connection = None
        first: BaseException | None = None
        for bound in self._bounds:
            try:
                bound.transaction.rollback()
            except BaseException as error:
                first = first or error
        self._restore_snapshot()
        fire(self.session.dispatch.after_rollback, self.session)
        if first is not None:
            self.close()
            raise first

    def close(self, invalidate: bool = False) -> None:
        """Give the connections back; the parent (or nothing) is the session's transaction now.

        invalidate: throw the database connections away instead of returning them.
        """
        if self._state is CLOSED:
            return
        session, parent = self.session, self.parent
        if parent is None:
            has_ended = self._state is COMMITTED or self._state is DEACTIVE
            for bound in self._bounds:
                bound.close(invalidate, has_ended)
        self._state = CLOSED
        self._bounds = ()
        self.sole_connection = None
        session._transaction = parent
        if self._entered:
            session._interrupted = self
        if session._nested_transaction is self:
            session._nested_transaction = lifecycle.innermost_nested(parent)
        if session.dispatch.after_transaction_end:
            fire(session.dispatch.after_transaction_end, session, self)

    # -- objects

    def _release_snapshot(self) -> None:
        """After a commit: the parent takes over what to restore; the outermost expires all."""
        session = self.session
        if self.nested:
            parent = self.parent
            assert parent is not None
            parent._new.update(self._new)
            parent._altered.update(self._altered)
            parent._deleted.update(self._deleted)
            for state, (old, new) in self._key_switches.items():
                first_old = parent._key_switches.get(state, (old, new))[0]
                parent._key_switches[state] = (first_old, new)
            return
        if session.expire_on_commit:
            lifecycle.expire_everything(session)
        if self._deleted:
            lifecycle.detach_deleted(session, list(self._deleted))
            self._deleted.clear()

    def _restore_snapshot(self) -> None:
        """After a rollback: new objects are transient again, deleted ones persistent."""
        session = self.session
        # an object that was expunged has lost its row, too, unless it went to another session
        own = session._self_ref
        to_expunge = {s: None for s in self._new if s.session_ref is own or s.session is None}
        to_expunge.update(dict.fromkeys(session._new))
        lifecycle.expunge_states(session, list(to_expunge), to_transient=True)
        for state, (old, _new) in self._key_switches.items():
            lifecycle.switch_back(session, state, old, attached=state not in to_expunge)
        for state, obj in {**self._deleted, **session._deleted}.items():
            if state not in to_expunge:
                lifecycle.revert_deletion(session, state, obj)
        session._deleted.clear()
        self._deleted.clear()
        if self.nested:
            lifecycle.expire_altered(session, self._altered)
        else:
            lifecycle.expire_everything(session)

    # -- with session.begin(): ...

    def __enter__(self) -> SessionTransaction:
        self._entered = True
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._entered = False
        if self.session._interrupted is self:
            self.session._interrupted = None
        if kind is None and self._state is ACTIVE:
            try:
                self.commit()
            except BaseException:
                if self._state is not CLOSED:
                    self.rollback()
                raise
        elif self._state is not CLOSED:
            self.rollback()


def interrupted(transaction: SessionTransaction) -> exc.InvalidRequestError:
    """Return the error for work within a `with` block whose transaction has ended already."""
    lines = [
        "The transaction of this `with` block has been committed or rolled back within it, so that "
        "no more can be done there. Leave the block first, and begin another transaction."
    ]
    if transaction.error is not None:
        lines.append(f"The original exception was {transaction.error}")
    return exc.InvalidRequestError("\n".join(lines))


def pending_rollback(error: BaseException | None) -> exc.PendingRollbackError:
    """Return the error for work in a transaction which a failed flush has rolled back."""
    lines = [
        "A flush failed, and the Session's transaction was rolled back with it. Call "
        "session.rollback() to go on, or leave the `with` block that began it."
    ]
    if error is not None:
        lines.append(f"The original exception was {type(error).__name__}: {error}")
    made = exc.PendingRollbackError("\n".join(lines), code="7s2a")
    made.__cause__ = error
    return made
