"""Session: the public face of the unit of work. Thin methods; the work is in the modules beside.

A session holds the objects that were loaded or added through it, one per row, and one
transaction at a time, which begins when it is first needed and ends with commit(),
rollback() or close(). It belongs to one thread or task at a time.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from orm import event, exc
from orm.flush.cascade import iterate_cascade
from orm.session import binds as binding, lifecycle
from orm.session.bulk import BulkMethods
from orm.session.events import SessionDispatch
from orm.session.guard import UseGuard
from orm.session.statement_methods import StatementMethods
from orm.session.transaction import (
    AUTOBEGIN,
    JOIN_MODES,
    SessionTransaction,
    SessionTransactionOrigin,
    interrupted,
)
from orm.state.identity_map import IdentityMap
from orm.state.instance_state import instance_dict
from orm.state.markers import PASSIVE_NO_INITIALIZE
from orm.util.collections import EMPTY_MAP, IdentitySet
from orm.util.late import LateModule

if TYPE_CHECKING:
    from orm.engine.connection import Connection
    from orm.session import by_key, execution
else:
    # with the loading of objects, which nobody needs before the first statement
    by_key = LateModule(globals(), "orm.session.by_key")
    execution = LateModule(globals(), "orm.session.execution")

_T = TypeVar("_T")
_serial = itertools.count(1)
#: the weak references that the sessions themselves share; each leaves with its session
_sessions: set[weakref.ref[Any]] = set()


class Session(StatementMethods, BulkMethods):
    """Objects of the database, and the transaction in which they are read and written.

    bind: the Engine or Connection for everything that `binds` does not claim.
    binds: mapped class, base class, mapper or Table -> Engine or Connection.
    autoflush: flush before queries. expire_on_commit: reload objects after a commit.
    autobegin: begin a transaction when one is needed, else only begin() does.
    twophase: commit with prepare() on databases that can.
    join_transaction_mode: what to do with a Connection that is in a transaction already.
    execution_options: those of every statement that execute() and get() send; a statement's own
    come before them. lazy_loads: "peers", "one", "raise" or "warn". read_only: this session will not write.
    """

    #: defaults which a subclass may change
    lazy_loads: str = "peers"
    read_only: bool = False
    close_reason: str | None = None  #: why it is closed, for later errors of its objects
    dispatch: ClassVar[Any] = SessionDispatch()

    def __init__(
        self,
        bind: Any = None,
        *,
        autoflush: bool = True,
        future: bool = True,
        expire_on_commit: bool = True,
        autobegin: bool = True,
        twophase: bool = False,
        binds: Mapping[Any, Any] | None = None,
        enable_baked_queries: bool = True,
        info: Mapping[Any, Any] | None = None,
        query_cls: Any = None,
        autocommit: bool = False,
        join_transaction_mode: str = "conditional_savepoint",
        close_resets_only: bool = True,
        execution_options: Mapping[str, Any] | None = None,
        lazy_loads: str | None = None,
        read_only: bool | None = None,
    ) -> None:
        if autocommit:
            raise exc.ArgumentError("autocommit=True is gone: use session.begin() blocks.")
        if join_transaction_mode not in JOIN_MODES:
            raise exc.ArgumentError(
                f"join_transaction_mode={join_transaction_mode!r}: it is one of "
                f"{exc.join_names(JOIN_MODES)}."
            )
        self.bind = bind
        self.autoflush = autoflush
        self.expire_on_commit = expire_on_commit
        self.autobegin = autobegin
        self.twophase = twophase
        self.join_transaction_mode = join_transaction_mode
        self.close_resets_only = close_resets_only
        if lazy_loads is not None:
            self.lazy_loads = lazy_loads
        if read_only is not None:
            self.read_only = read_only
        self.execution_options: dict[str, Any] = (
            dict(execution_options) if execution_options else {}
        )
        self.info: dict[Any, Any] = dict(info) if info else {}
        self._query_cls = query_cls
        self._self_ref: Callable[[], Any] = weakref.ref(self, _sessions.discard)
        _sessions.add(self._self_ref)
        self.identity_map = IdentityMap(partial(_begin_for, self._self_ref))
        self._new: dict[Any, Any] = {}
        self._deleted: dict[Any, Any] = {}
        self._flushing = False
        self._closed = False
        #: the transaction that ended while a `with` block still waits for its end
        self._interrupted: SessionTransaction | None = None
        self._guard = UseGuard()
        self._transaction: SessionTransaction | None = None
        self._nested_transaction: SessionTransaction | None = None
        self._binds: dict[Any, Any] = {}
        self._has_one_bind = type(self).get_bind is Session.get_bind
        if binds:
            for key, value in binds.items():
                binding.add_bind(self, key, value)
        self.hash_key = next(_serial)

    def __enter__(self: _S) -> _S:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.hash_key} of {self.bind!r}>"

    # -- transactions

    def begin(self, nested: bool = False) -> SessionTransaction:
        """Begin a transaction (nested: a savepoint); a context manager that ends it.

        Raises exc.InvalidRequestError if one has begun already and `nested` is false.
        """
        current = self._transaction
        if nested:
            return self.begin_nested()
        if current is not None:
            raise exc.InvalidRequestError(
                "This Session is in a transaction already. Call session.begin() before the "
                "first query or change, or session.begin_nested() for a savepoint inside it."
            )
        self._check_open()
        self._transaction = SessionTransaction(self, SessionTransactionOrigin.BEGIN)
        return self._transaction

    def begin_nested(self) -> SessionTransaction:
        """Begin a savepoint, flushing first; a context manager that releases or rolls back."""
        parent = self._autobegin_t(begin=True)
        parent.check_active()
        if not self._flushing:
            self.flush()
        made = SessionTransaction(self, SessionTransactionOrigin.BEGIN_NESTED, parent)
        self._transaction = self._nested_transaction = made
        return made

    def _autobegin_t(self, begin: bool = False) -> SessionTransaction:
        """Return the running transaction, beginning one if there is none."""
        current = self._transaction
        if current is not None:
            return current
        if not (self.autobegin or begin):
            raise exc.InvalidRequestError(
                "Autobegin is off for this Session: call session.begin() first."
            )
        if self._interrupted is not None or self._closed:
            self._check_open()
        made = self._transaction = SessionTransaction(self, AUTOBEGIN)
        return made

    def _check_open(self) -> None:
        if self._interrupted is not None:
            raise interrupted(self._interrupted)
        if self._closed:
            raise exc.InvalidRequestError(
                "This Session is closed for good (close_resets_only=False): make a new one."
            )

    def commit(self) -> None:
        """Flush, commit to the database, expire the objects (expire_on_commit)."""
        with self._guard:
            self._autobegin_t().commit(to_root=True)

    def rollback(self) -> None:
        """Roll back the whole transaction; objects go back to what they were at its begin."""
        with self._guard:
            if self._transaction is not None:
                self._transaction.rollback(to_root=True)

    def prepare(self) -> None:
        """Phase one of a two-phase commit (twophase=True)."""
        with self._guard:
            self._autobegin_t().prepare()

    def close(self) -> None:
        """Roll back what is not committed, detach all objects, give the connection back."""
        self._close("its session was closed", invalidate=False)
        self._closed = not self.close_resets_only

    def reset(self) -> None:
        """As close(), and the session may be used again in any case."""
        self._close("its session was reset", invalidate=False)

    def invalidate(self) -> None:
        """As close(), and the database connections are thrown away."""
        self._close("its session was invalidated", invalidate=True)

    def _close(self, reason: str, invalidate: bool) -> None:
        with self._guard:
            lifecycle.expunge_all(self, reason)
            while (transaction := self._transaction) is not None:
                transaction.close(invalidate)

    def in_transaction(self) -> bool:
        """Return whether a transaction has begun."""
        return self._transaction is not None

    def in_nested_transaction(self) -> bool:
        """Return whether a savepoint is open."""
        return self._nested_transaction is not None

    def get_transaction(self) -> SessionTransaction | None:
        """Return the outermost transaction, or None."""
        current = self._transaction
        while current is not None and current.parent is not None:
            current = current.parent
        return current

    def get_nested_transaction(self) -> SessionTransaction | None:
        """Return the innermost savepoint, or None."""
        return self._nested_transaction

    @property
    def is_active(self) -> bool:
        """False only after a flush failed, until rollback()."""
        return self._transaction is None or self._transaction.is_active

    # -- connections

    def connection(
        self,
        bind_arguments: Mapping[str, Any] | None = None,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Connection:
        """Return the Connection of this session's transaction, beginning it if need be."""
        if self._interrupted is not None:
            raise interrupted(self._interrupted)
        arguments = dict(bind_arguments or {})
        bind = arguments.pop("bind", None) or self.get_bind(**arguments)
        transaction = self._autobegin_t()
        transaction.check_active()
        found: Connection = transaction.connection_for_bind(bind, execution_options or EMPTY_MAP)
        return found

    def _connection_for(
        self,
        mapper: Any = None,
        clause: Any = None,
        arguments: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the Connection for a mapper or statement, in the transaction.

        arguments: the `bind_arguments` of the execution.
        """
        guard = self._guard
        if guard.who is not None and guard.who != get_ident():
            guard.check()
        transaction = self._transaction
        if transaction is None:
            transaction = self._autobegin_t()
        elif self._interrupted is not None:
            self._check_open()
        elif transaction.sole_connection is not None and not arguments:
            return transaction.sole_connection
        else:
            transaction.check_active()
        bind = self.bind
        if bind is None or arguments or not self._has_one_bind:
            bind = binding.choose_bind(self, mapper, clause, arguments)
        return transaction.connection_for_bind(bind)

    def get_bind(
        self, mapper: Any = None, *, clause: Any = None, bind: Any = None, **arguments: Any
    ) -> Any:
        """Return the Engine or Connection for a mapper or a statement.

        Subclasses override it to route statements. Raises exc.UnboundExecutionError.
        """
        return bind if bind is not None else binding.find_bind(self, mapper, clause)

    def bind_mapper(self, mapper: Any, bind: Any) -> None:
        """Use `bind` for a mapped class, or for all classes derived from a base class."""
        binding.add_bind(self, mapper, bind)

    def bind_table(self, table: Any, bind: Any) -> None:
        """Use `bind` for a Table."""
        binding.add_bind(self, table, bind)

    # -- objects

    def add(self, instance: Any, *, _warn: bool = True) -> None:
        """Put an object into the session, with what save-update reaches; flush inserts it."""
        lifecycle.save_or_update(self, lifecycle.state_of(instance), instance)

    def add_all(self, instances: Iterable[Any]) -> None:
        """add() each."""
        save_or_update, state_of = lifecycle.save_or_update, lifecycle.state_of
        for instance in instances:
            save_or_update(self, state_of(instance), instance)

    def delete(self, instance: Any) -> None:
        """Mark a persistent object for deletion by the next flush."""
        with self._guard:
            lifecycle.delete(self, lifecycle.state_of(instance), instance)

    def delete_all(self, instances: Iterable[Any]) -> None:
        """delete() each."""
        for instance in instances:
            self.delete(instance)

    def merge(
        self,
        instance: _T,
        *,
        load: bool = True,
        options: Sequence[Any] | None = None,
    ) -> _T:
        """Return this session's object for the same row, with `instance`'s values copied.

        load: look the row up when it is not here; False takes `instance`'s word for it.
        """
        from orm.session.merge import merge_object  # not every application merges

        with self._guard:
            return merge_object(self, instance, load, options)

    def merge_all(
        self, instances: Iterable[_T], *, load: bool = True, options: Sequence[Any] | None = None
    ) -> list[_T]:
        """merge() each."""
        return [self.merge(instance, load=load, options=options) for instance in instances]

    def upsert(self, objects: Iterable[_T], on: Any = None, *, update: Any = None) -> list[_T]:
        """Insert objects, or update the rows that are there already; return the session's objects.

        objects: new ones, outside of any session; they stay so, as with merge(). Only columns
        are written: those set on each object.
        on: the attributes, or their names, of a unique key (default: the primary key). A row
        with the same values there is the object's row; the primary key of that row stays.
        update: the attributes to be updated in such a row (default: all that were set);
        () leaves it as it is.
        Returns this session's object for each of `objects`, in their order, all values loaded
        anew. A key that comes twice is written twice, in order. Pending changes are flushed
        before; mapper events are not fired. `onupdate` and a counting version follow.
        Raises exc.ArgumentError without a unique key over `on`, and exc.InvalidRequestError
        for classes over several tables and objects that hold other new ones.
        Cost: one INSERT ... ON CONFLICT (ON DUPLICATE KEY) per 500 objects with the same
        attributes; where the database cannot return rows, a SELECT as well.
        """
        from orm.session import upsert  # not every application has such rows

        with self._guard:
            return upsert.upsert_objects(self, objects, on, update)

    def get_or_create(
        self, entity: type[_T], defaults: Mapping[str, Any] | None = None, **by: Any
    ) -> tuple[_T, bool]:
        """Return the object with these attributes, made and flushed if there is none.

        by: attributes that contain a unique key. defaults: further ones for a new object.
        Returns (object, whether it was made). Safe against other transactions which do the
        same at the same time: theirs is returned, once they have committed.
        Raises exc.ArgumentError without a unique key within `by`, exc.IntegrityError if the new object hurts another
        constraint. Cost: a SELECT; for a new object a savepoint and an INSERT as well.
        """
        from orm.session import upsert  # see upsert()

        with self._guard:
            return upsert.get_or_create(self, entity, defaults, by)

    def refresh(
        self,
        instance: Any,
        attribute_names: Iterable[str] | None = None,
        with_for_update: Any = None,
    ) -> None:
        """Load an object's attributes anew, now. Changes not flushed are lost.

        Raises exc.InvalidRequestError if it is not persistent here, or has no row any more.
        """
        with self._guard:
            execution.refresh_object(self, instance, attribute_names, with_for_update)

    def expire(self, instance: Any, attribute_names: Iterable[str] | None = None) -> None:
        """Forget an object's values (and pending changes); the next access loads them.

        attribute_names: only these. Raises exc.InvalidRequestError for a name that the class has not.
        """
        state = self._require_persistent(instance)
        if attribute_names is not None:
            state.expire(lifecycle.names_of(state, attribute_names))
            return
        reached = iterate_cascade("refresh-expire", state)
        for each in [state, *(child for child, _ in reached)]:
            if each in self._new:
                lifecycle.expunge_states(self, [each])
            elif each.session is self:
                each.expire()

    def expire_all(self) -> None:
        """expire() every persistent object."""
        lifecycle.expire_everything(self)

    def _require_persistent(self, instance: Any) -> Any:
        state = lifecycle.state_of(instance)
        if state.session is not self or not state.persistent:
            raise exc.InvalidRequestError(
                f"{state!r} has no row that this session knows. add() and flush it, or merge() it."
            )
        return state

    def expunge(self, instance: Any) -> None:
        """Take an object, and what the expunge cascade reaches, out of the session."""
        state = lifecycle.state_of(instance)
        if state.session is not self:
            raise exc.InvalidRequestError(
                f"{state!r} is not in this session, so it cannot be expunged."
            )
        reached = iterate_cascade("expunge", state)
        states = [state, *(child for child, _ in reached if child.session is self)]
        lifecycle.expunge_states(self, states)

    def expunge_all(self) -> None:
        """Take every object out of the session."""
        lifecycle.expunge_all(self, "session.expunge_all() was called")

    def enable_relationship_loading(self, obj: Any) -> None:
        """Have an object load what its foreign keys refer to, although it is not in the session.

        obj: a new or detached object; neither flushed nor expired by this session, and not in `session.new`.
        add() makes it a full member. For new objects in the session, relationship(load_on_pending=True)
        does the same.
        """
        lifecycle.enable_relationship_loading(self, lifecycle.state_of(obj))

    # -- flush

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write all changes to the database, within the transaction.

        A failure rolls the transaction back; rollback() must follow before other work.
        Raises exc.InvalidRequestError when called while a flush runs.
        """
        if self._flushing:
            raise exc.InvalidRequestError(
                "flush() was called while a flush runs; listeners may add objects, not flush them."
            )
        if self._is_clean():
            return
        with self._guard:
            self._flushing = True
            transaction = self._autobegin_t()
            try:
                transaction.check_active()
                from orm.flush.unit_of_work import flush_session  # who only reads needs none of it

                flush_session(self, objects)
            except BaseException as error:
                if transaction.is_active:
                    transaction.fail(error)
                raise
            finally:
                self._flushing = False

    def _is_clean(self) -> bool:
        return not (self.identity_map.modified or self._new or self._deleted)

    def _autoflush(self) -> None:
        if self.autoflush and not self._flushing and not self._is_clean():
            try:
                self.flush()
            except exc.SQLAlchemyError as error:
                execution.explain_autoflush(error)
                raise

    @property
    @contextmanager
    def no_autoflush(self) -> Iterator[Session]:
        """A context manager in which queries do not flush."""
        before, self.autoflush = self.autoflush, False
        try:
            yield self
        finally:
            self.autoflush = before

    def is_modified(self, instance: Any, include_collections: bool = True) -> bool:
        """Return whether an object has changes that a flush would write."""
        state = lifecycle.state_of(instance)
        if not state.modified and not (state.extra and state.extra.pending):
            return False
        dict_ = instance_dict(instance)
        for impl in state.manager.impls.values():
            if not include_collections and impl.collection:
                continue
            history = impl.get_history(state, dict_, PASSIVE_NO_INITIALIZE)
            if history.added or history.deleted:
                return True
        return False

    # -- what it holds

    @property
    def new(self) -> IdentitySet[Any]:
        """The pending objects, in the order in which they were added."""
        return IdentitySet(self._new.values())

    @property
    def dirty(self) -> IdentitySet[Any]:
        """The persistent objects that were changed, perhaps to the same value."""
        modified = self.identity_map.modified
        return IdentitySet(obj for state, obj in modified.items() if state not in self._deleted)

    @property
    def deleted(self) -> IdentitySet[Any]:
        """The objects which the next flush deletes."""
        return IdentitySet(self._deleted.values())

    def __contains__(self, instance: object) -> bool:
        state = lifecycle.state_of(instance)
        if state.session is not self:
            return False
        return state in self._new or self.identity_map.contains_state(state)

    def __iter__(self) -> Iterator[Any]:
        return iter([*self._new.values(), *self.identity_map.values()])

    # -- what flush and state report

    def _register_persistent(self, states: Sequence[Any]) -> None:
        lifecycle.register_persistent(self, states)

    def _drop_pending(self, states: Sequence[Any]) -> None:
        lifecycle.expunge_states(self, states)

    def _withdraw_deletion(self, state: Any) -> Sequence[Any]:
        return lifecycle.withdraw_deletion(self, state)

    def _register_deleted(self, states: Sequence[Any]) -> None:
        lifecycle.register_deleted(self, states)

    def _register_altered(self, states: Iterable[Any]) -> None:
        transaction = self._transaction
        if transaction is not None and transaction.nested:  # else a rollback expires everything
            transaction._altered.update(dict.fromkeys(states))

    def _register_key_switch(self, state: Any, old: Any, new: Any) -> None:
        assert self._transaction is not None
        switches = self._transaction._key_switches
        switches[state] = (switches.get(state, (old,))[0], new)

    # -- the former class-level helpers

    @classmethod
    def close_all(cls) -> None:
        """Close every session of the process; close_all_sessions() is the same."""
        close_all_sessions()

    @staticmethod
    def object_session(instance: Any) -> Session | None:
        """Return the session of an object, or None."""
        return lifecycle.object_session(instance)

    @staticmethod
    def identity_key(
        class_: Any = None,
        ident: Any = None,
        *,
        instance: Any = None,
        row: Any = None,
        identity_token: Any = None,
    ) -> tuple[Any, ...]:
        """Return the identity key of an object, or of a class and primary key."""
        return lifecycle.identity_key(
            class_, ident, instance=instance, row=row, identity_token=identity_token
        )


_S = TypeVar("_S", bound=Session)

event.register_target(Session, SessionDispatch)


def _begin_for(ref: Callable[[], Any]) -> None:
    """A changed object begins its session's transaction."""
    session = ref()
    if session is not None and session._transaction is None and session.autobegin:
        session._autobegin_t()


def close_all_sessions() -> None:
    """Close every session that is alive in this process."""
    for ref in _sessions.copy():
        session = ref()
        if session is not None:
            session.close()
