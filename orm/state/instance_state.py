"""InstanceState: what is known of one mapped object beside its values.

The state is itself the weak reference to its object, so that an object costs one small
allocation more than a plain one, and the identity map needs no further entry. It lives in
`obj.__dict__["_sa_instance_state"]`. Each mapped class has its own subclass, made by the
class manager, which carries `manager`.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from orm import exc
from orm.inspection import Inspected, inspects
from orm.state.markers import MANAGER, NO_VALUE, STATE, UNCHANGED
from orm.util.collections import NamedCollection

_Values = dict[str, Any]
_Info = dict[Any, Any]

if TYPE_CHECKING:
    from orm.state.class_manager import ClassManager
    from orm.state.identity_map import IdentityMap


class PendingChanges:
    """Changes to a collection that is not loaded; merged into it when it is."""

    __slots__ = ("added", "removed")

    def __init__(self) -> None:
        self.added: list[Any] = []
        self.removed: list[Any] = []

    def append(self, item: Any) -> None:
        """Note an append; it undoes a removal of the same object."""
        if not _take_out(self.removed, item):
            self.added.append(item)

    def remove(self, item: Any) -> None:
        """Note a removal; it undoes an append of the same object."""
        if not _take_out(self.added, item):
            self.removed.append(item)


def _take_out(items: list[Any], item: Any) -> bool:
    for place, known in enumerate(items):
        if known is item:
            del items[place]
            return True
    return False


class StateExtra:
    """What few objects need: made on first use, hangs on `InstanceState.extra`.

    expired: what `InstanceState.expired` says. shared: this is the one of all objects of a class
    that are expired as a whole, and about which nothing else is known: for reading only.
    """

    __slots__ = (
        "deleted",
        "detached_reason",
        "emptied",
        "expired",
        "identity_token",
        "info",
        "loads_related",
        "parents",
        "pending",
        "shared",
    )

    def __init__(self, expired: frozenset[str] | None = None, *, shared: bool = False) -> None:
        self.expired = expired
        self.shared = shared
        self.deleted = False
        self.detached_reason: str | None = None
        self.identity_token: Any = None
        self.info: dict[Any, Any] | None = None
        #: lazy loads work although the object has no row
        self.loads_related = False
        #: empty collections which were read before the object had a row, by attribute
        self.emptied: dict[str, Any] | None = None
        self.parents: dict[Any, Any] | None = None
        self.pending: dict[str, PendingChanges] | None = None


class Left:
    """Stands in `session_ref` for the session that objects have left, all at once.

    Called like the weak reference it replaces; reason: why they left, for later errors.
    place: the (file, line, function) that had them leave, or None.
    """

    __slots__ = ("_place", "_why")

    def __init__(self, why: str, place: tuple[str, int, str] | None = None) -> None:
        self._why = why
        self._place = place

    @property
    def reason(self) -> str:
        """Why the objects left, and where in the application that was."""
        if self._place is None:
            return self._why
        filename, line, function = self._place
        return f"{self._why} at {filename}:{line} in {function}()"

    def __call__(self) -> None:
        return None


class InstanceState(weakref.ref, Inspected):  # type: ignore[type-arg]
    """The state of one mapped object; what `inspect(obj)` returns.

    ident: its identity within the base mapper (the value of a one-column primary key, else
    a tuple), None while it has no row. session_ref: the weak reference its session shares,
    a Left, or None. load: the record of the load it came from, or None. committed: attribute
    (by its `noted_as`) -> value before the first change (NO_VALUE if it had none), UNCHANGED
    while there is no change.
    extra: None, or a StateExtra.
    """

    __slots__ = ("committed", "extra", "ident", "load", "session_ref")

    is_instance = True

    manager: ClassVar[ClassManager]

    ident: Any
    session_ref: weakref.ref[Any] | Left | None
    load: Any
    committed: dict[str, Any]
    extra: StateExtra | None

    __hash__ = object.__hash__
    __eq__ = object.__eq__
    __ne__ = object.__ne__

    @property
    def class_(self) -> type:
        """The mapped class."""
        return self.manager.class_

    @property
    def mapper(self) -> Any:
        """The mapper of the class."""
        return self.manager.mapper

    @property
    def object(self) -> Any:
        """The object, or None once it is gone."""
        return self()

    def obj(self) -> Any:
        """Return the object, or None once it is gone."""
        return self()

    @property
    def dict(self) -> _Values:
        """The object's `__dict__`, an empty dict once it is gone."""
        obj = self()
        return {} if obj is None else obj.__dict__

    def _obj_or_raise(self) -> Any:
        obj = self()
        if obj is None:
            raise exc.ObjectDereferencedError(
                f"The {self.class_.__name__} object has been garbage collected; keep a "
                "reference to it (a variable, a list) while its attributes or collections change."
            )
        return obj

    # -- identity ------------------------------------------------------------

    @property
    def identity_tuple(self) -> tuple[Any, ...] | None:
        """The primary key as a tuple, or None."""
        ident = self.ident
        if ident is None:
            return None
        return ident if self.manager.composite_ident else (ident,)

    @property
    def identity(self) -> tuple[Any, ...] | None:
        """The primary key as a tuple, or None while there is no row."""
        return self.identity_tuple

    @property
    def key(self) -> tuple[type, tuple[Any, ...], Any] | None:
        """The identity key (base class, primary key, token), or None while there is no row."""
        parts = self.identity_tuple
        return None if parts is None else (self.manager.base_class, parts, self.identity_token)

    @property
    def identity_key(self) -> tuple[type, tuple[Any, ...], Any] | None:
        """The same as `key`."""
        return self.key

    @property
    def identity_token(self) -> Any:
        """The token which tells apart equal keys of several databases."""
        return None if self.extra is None else self.extra.identity_token

    @property
    def has_identity(self) -> bool:
        """Whether the object has a row, as far as is known."""
        return self.ident is not None

    # -- session and life ----------------------------------------------------

    @property
    def session(self) -> Any:
        """The session the object is in, or None."""
        ref = self.session_ref
        return None if ref is None else ref()

    @property
    def detached_reason(self) -> str | None:
        """Why the object is in no session any more, if that is known."""
        ref = self.session_ref
        if isinstance(ref, Left):
            return ref.reason
        if ref is not None and ref() is None:
            return "nothing referred to its session any more, so that it was garbage collected"
        return None if self.extra is None else self.extra.detached_reason

    @property
    def _attached(self) -> bool:
        return self.session_ref is not None and self.session_ref() is not None

    @property
    def transient(self) -> bool:
        """New, and in no session."""
        return self.ident is None and not self._attached

    @property
    def pending(self) -> bool:
        """New, in a session, not flushed yet."""
        return self.ident is None and self._attached

    @property
    def deleted(self) -> bool:
        """Its DELETE was flushed, the transaction is not over."""
        return self.ident is not None and self._attached and self.was_deleted

    @property
    def was_deleted(self) -> bool:
        """Whether its row was deleted, even if it left the session since."""
        return self.extra is not None and self.extra.deleted

    @property
    def persistent(self) -> bool:
        """In a session, with a row."""
        return self.ident is not None and self._attached and not self.was_deleted

    @property
    def detached(self) -> bool:
        """Has a row, and is in no session."""
        return self.ident is not None and not self._attached

    # -- values --------------------------------------------------------------

    def need_extra(self) -> StateExtra:
        """Return `extra`, making it when it is not there."""
        extra = self.extra
        if extra is None:
            extra = self.extra = StateExtra()
        elif extra.shared:
            extra = self.extra = StateExtra(extra.expired)
        return extra

    @property
    def expired(self) -> frozenset[str] | None:
        """None, or the column attributes to be fetched anew on access."""
        return None if self.extra is None else self.extra.expired

    @expired.setter
    def expired(self, names: frozenset[str] | None) -> None:
        if self.extra is not None and not self.extra.shared:
            self.extra.expired = names
        elif names is self.manager.expirable:
            self.extra = self.manager.all_expired
        else:
            self.extra = None if names is None else StateExtra(names)

    @property
    def info(self) -> _Info:
        """A dictionary for the application's use."""
        extra = self.need_extra()
        if extra.info is None:
            extra.info = {}
        return extra.info

    @property
    def attrs(self) -> NamedCollection[AttributeState]:
        """An AttributeState per attribute, with `value`, `loaded_value` and `history`."""
        manager = self.manager
        if manager.configure is not None:
            manager.configure()
        states = {
            key: AttributeState(self, key) for key in (*manager.composed, *manager.attributes)
        }
        return NamedCollection(states, self.class_.__name__)

    @property
    def unloaded(self) -> set[str]:
        """The names of mapped attributes which are not in the object."""
        committed, values = self.committed, self.dict
        impls = self.manager.impls.items()
        return {k for k, impl in impls if k not in values and impl.noted_as not in committed}

    @property
    def unloaded_expirable(self) -> set[str]:
        """The same as `unloaded`."""
        return self.unloaded

    def unmodified_intersection(self, keys: Iterable[str]) -> set[str]:
        """Return those of the names which are of attributes without change."""
        return self.unmodified.intersection(keys)

    @property
    def unmodified(self) -> set[str]:
        """The names of mapped attributes without change."""
        impls = self.manager.impls.items()
        return {key for key, impl in impls if impl.noted_as not in self.committed}

    @property
    def expired_attributes(self) -> set[str]:
        """The names of column attributes which will be fetched anew on access."""
        return set(self.expired or ())

    @property
    def modified(self) -> bool:
        """Whether an attribute was set, or a collection changed, since the last flush."""
        return self.committed is not UNCHANGED

    def first_change(self, obj: Any = None) -> _Values:
        """Make `committed`, and have the session hold the object until it is flushed."""
        committed = self.committed
        if committed is UNCHANGED:
            committed = self.committed = {}
            ref = self.session_ref
            # what happens to an object after its row is gone is no business of the flush
            if ref is not None and self.ident is not None and not self.was_deleted:
                session = ref()
                if session is not None:
                    held = self._obj_or_raise() if obj is None else obj
                    session.identity_map.note_modified(self, held)
        return committed

    def modified_event(self, key: str, previous: Any) -> None:
        """Note that an attribute changes, and what it was (only the first time since the flush).

        key: its `noted_as`.
        """
        committed = self.committed
        if committed is UNCHANGED:
            committed = self.first_change()
        if key not in committed:
            committed[key] = previous

    def _commit(self, impls: Iterable[Any]) -> None:
        """Make the present values of these attributes (what is behind them) the committed ones."""
        for impl in impls:
            self._forget_change(impl)
            if self.expired and impl.key in self.expired:
                self.expired = self.expired - {impl.key} or None

    def _forget_change(self, impl: Any) -> None:
        if self.committed:
            self.committed.pop(impl.noted_as, None)
        if self.extra is not None and self.extra.pending:
            self.extra.pending.pop(impl.key, None)

    def commit_all(self, dict_: Any = None, identity_map: IdentityMap | None = None) -> None:
        """Make all present values the committed ones: nothing is changed any more.

        identity_map: the one which holds the object as modified, to let go of it.
        """
        self.committed = UNCHANGED
        if self.extra is not None:
            self.extra.pending = None
        if identity_map is not None:
            identity_map.modified.pop(self, None)

    def expire(self, names: Iterable[str] | None = None) -> None:
        """Forget values, so that the next access fetches them from the database.

        names: attributes to forget; by default all, with changes not flushed. A deferred
        column goes back to being deferred, unless named.
        """
        obj = self()
        if obj is None:
            return
        manager, values = self.manager, obj.__dict__
        if names is None:
            for key in manager.impls:
                values.pop(key, None)
            if self.extra is None:
                self.extra = manager.all_expired
            else:
                self.expired = manager.expirable
            self.forget_changes()
        else:
            names = list(names)
            self._expire_names(values, names)
        if manager.memoized:
            for key in manager.memoized:
                values.pop(key, None)
        if manager.dispatch.expire:
            for listener in manager.dispatch.expire:
                listener(self, names)

    def forget_changes(self) -> None:
        """Drop the record of changes; the values stay."""
        if self.committed is not UNCHANGED:
            self.committed = UNCHANGED
            session = self.session
            if session is not None:
                session.identity_map.modified.pop(self, None)
        extra = self.extra
        if extra is not None and not extra.shared:
            extra.pending = extra.emptied = None

    def _expire_names(self, values: _Values, names: list[str]) -> None:
        manager = self.manager
        columns = manager.column_names.intersection(names)
        if columns:
            self.expired = (self.expired or frozenset()) | columns
        for key in names:
            impl = manager.impls.get(key)
            if impl is not None:
                values.pop(key, None)
                self._forget_change(impl)

    def get_history(self, key: str, passive: int) -> Any:
        """Return the History of one attribute; see `orm.state.history.get_history`."""
        impl = self.manager.impl_of(key)
        if impl is None:
            raise exc.InvalidRequestError(
                f"{self.class_.__name__} has no mapped attribute {key!r}."
            )
        return impl.get_history(self, self.dict, passive)

    # -- pickling ------------------------------------------------------------

    def __reduce__(self) -> tuple[Any, ...]:
        extra = self.extra
        details = {
            "ident": self.ident,
            "committed": dict(self.committed) if self.modified else None,
            "expired": self.expired,
            "deleted": self.was_deleted,
            "info": None if extra is None else extra.info,
            "identity_token": self.identity_token,
            "load_options": getattr(self.load, "options", None),
        }
        for listener in self.manager.dispatch.pickle:
            listener(self, details)
        return _restore_state, (self(), details)

    def __repr__(self) -> str:
        ident = self.identity_tuple
        return f"<InstanceState of {self.class_.__name__} {ident or 'without row'}>"


class AttributeState:
    """One attribute of one object, as `inspect(obj).attrs.name` shows it."""

    __slots__ = ("key", "state")

    def __init__(self, state: InstanceState, key: str) -> None:
        self.state = state
        self.key = key

    @property
    def value(self) -> Any:
        """The value, loaded if need be."""
        return getattr(self.state._obj_or_raise(), self.key)

    @property
    def loaded_value(self) -> Any:
        """The value in the object, or NO_VALUE; loads nothing."""
        return self.state.dict.get(self.key, NO_VALUE)

    @property
    def history(self) -> Any:
        """The History of changes; loads nothing."""
        from orm.state.markers import PASSIVE_NO_INITIALIZE

        return self.state.get_history(self.key, PASSIVE_NO_INITIALIZE)

    def load_history(self) -> Any:
        """Return the History, loading the value if need be."""
        from orm.state.markers import INIT_OK, PASSIVE_OFF

        return self.state.get_history(self.key, PASSIVE_OFF ^ INIT_OK)


def forget_state(state: InstanceState) -> None:
    """Take the state of a dead object out of its session's identity map.

    This is the weak reference's callback of every state.
    """
    ref = state.session_ref
    if ref is not None:
        session = ref()
        if session is not None:
            if state.extra is not None:
                session.identity_map.forget(state)
                return
            # the same, without a call: nearly every object that is loaded ends here
            known = session.identity_map.maps.get(state.manager.base_mapper)
            if known is not None and known.get(state.ident) is state:
                del known[state.ident]


def make_state(manager: ClassManager, obj: Any) -> InstanceState:
    """Return a new state for `obj`, and store it there."""
    state: InstanceState = manager.state_class(obj, forget_state)
    state.ident = state.session_ref = state.load = None
    state.committed = UNCHANGED
    state.extra = None
    obj.__dict__[STATE] = state
    return state


def _restore_state(obj: Any, details: dict[str, Any]) -> InstanceState:
    manager = getattr(type(obj), MANAGER, None)
    if manager is None:
        raise exc.UnmappedInstanceError(
            obj, f"Cannot unpickle {type(obj).__name__}: the class is not mapped in this process."
        )
    state = make_state(manager, obj)
    state.ident = details["ident"]
    state.committed = UNCHANGED if details["committed"] is None else details["committed"]
    state.expired = details["expired"]
    options = details["load_options"]
    if options is not None:
        if manager.configure is not None:
            manager.configure()
        state.load = manager.load_of(options) if manager.load_of is not None else None
    token, info, deleted = details["identity_token"], details["info"], details["deleted"]
    if deleted or info is not None or token is not None:
        extra = state.need_extra()
        extra.deleted, extra.info, extra.identity_token = deleted, info, token
    for listener in manager.dispatch.unpickle:
        listener(state, details)
    return state


def instance_state(obj: Any) -> InstanceState:
    """Return the state of a mapped object, making it for one that has none yet.

    Raises exc.UnmappedInstanceError if the class is not mapped.
    """
    try:
        state: InstanceState = obj.__dict__[STATE]
    except (AttributeError, KeyError):
        pass
    else:
        return state
    manager = getattr(type(obj), MANAGER, None)
    if manager is None:
        raise exc.UnmappedInstanceError(obj)
    return make_state(manager, obj)


def instance_dict(obj: Any) -> dict[str, Any]:
    """Return the dictionary with the loaded values of an object: its `__dict__`."""
    values: dict[str, Any] = obj.__dict__
    return values


@inspects(object)
def _inspect_object(obj: Any) -> InstanceState | None:
    if getattr(type(obj), MANAGER, None) is None:
        return None
    return instance_state(obj)
