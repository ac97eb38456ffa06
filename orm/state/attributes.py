"""Attributes with one value: columns (`ScalarAttribute`) and to-one relationships.

These objects do the work behind a mapped attribute: get, set, delete, history. What the
class carries is an `InstrumentedAttribute` (see `instrumented`); collections are in
`collection_attribute`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from orm.event.dispatch import Dispatch
from orm.state import backrefs
from orm.state.backrefs import Initiator
from orm.state.history import History, make_scalar_history
from orm.state.instance_state import InstanceState
from orm.state.markers import (
    ATTR_EMPTY,
    ATTR_WAS_SET,
    CALLABLES_OK,
    INIT_OK,
    NO_AUTOFLUSH,
    NO_RAISE,
    NO_VALUE,
    PASSIVE_NO_FETCH,
    PASSIVE_NO_INITIALIZE,
    PASSIVE_NO_RESULT,
    PASSIVE_OFF,
    PASSIVE_ONLY_PERSISTENT,
    SQL_OK,
    UNCHANGED,
)

if TYPE_CHECKING:
    from orm.state.class_manager import ClassManager

Loader = Callable[[InstanceState, int], Any]

_GET_OLD_QUIETLY = (PASSIVE_NO_FETCH ^ INIT_OK) | NO_RAISE | NO_AUTOFLUSH
_GET_OLD = (PASSIVE_ONLY_PERSISTENT ^ INIT_OK) | NO_AUTOFLUSH


class Attribute:
    """What the three kinds have in common.

    key: the attribute's name. manager: of the class. prop: the mapped property.
    loader: called as loader(state, passive) for a value that is not in the object; returns
    it, or NO_VALUE, PASSIVE_NO_RESULT, or ATTR_WAS_SET if it stored the value itself.
    deferred: not loaded together with the object; group: loaded with the others of it.
    default: what an object without value shows (the default of a dataclass field).
    noted_as: its key in `InstanceState.committed`. A relationship's is no attribute name, so that
    a name found there is a column's, and the write of a column needs to look nowhere else.
    """

    __slots__ = (
        "active_history",
        "compare",
        "default",
        "deferred",
        "dispatch",
        "group",
        "key",
        "loader",
        "manager",
        "noted_as",
        "prop",
    )

    collection = False
    is_column = False

    def __init__(
        self, key: str, manager: ClassManager, dispatch: Dispatch, prop: Any = None
    ) -> None:
        self.key = key
        self.noted_as = key
        self.manager = manager
        self.dispatch = dispatch
        self.prop = prop
        self.loader: Loader | None = None
        self.active_history = False
        self.deferred = False
        self.group: str | None = None
        self.compare: Callable[[Any, Any], bool] | None = None
        self.default: Any = None

    def load(self, state: InstanceState, dict_: dict[str, Any]) -> Any:
        """Return the value of an attribute that is not in the object, loading it."""
        return self.get(state, dict_, PASSIVE_OFF)

    def get(self, state: InstanceState, dict_: dict[str, Any], passive: int = PASSIVE_OFF) -> Any:
        """Return the value, or NO_VALUE / PASSIVE_NO_RESULT within the limits of `passive`."""
        key = self.key
        if key in dict_:
            return dict_[key]
        if state.committed.get(self.noted_as, NO_VALUE) is not NO_VALUE:
            return self._empty(state, dict_, passive)  # deleted by the application
        value = self._fetch(state, dict_, passive)
        if value is ATTR_WAS_SET or (value is not PASSIVE_NO_RESULT and key in dict_):
            return dict_[key]
        if value is PASSIVE_NO_RESULT:
            return value
        if value is NO_VALUE or value is ATTR_EMPTY:
            return self._empty(state, dict_, passive)
        return self.set_committed_value(state, dict_, value)

    def _fetch(self, state: InstanceState, dict_: dict[str, Any], passive: int) -> Any:
        loader = self.loader
        if loader is None or not passive & CALLABLES_OK:
            return NO_VALUE if state.ident is None else PASSIVE_NO_RESULT
        return loader(state, passive)

    def _empty(self, state: InstanceState, dict_: dict[str, Any], passive: int) -> Any:
        return self.initialize(state, dict_) if passive & INIT_OK else NO_VALUE

    def initialize(self, state: InstanceState, dict_: dict[str, Any]) -> Any:
        """Return the value of an attribute that has none: its default, which is not stored."""
        value: Any = self.default
        for listener in self.dispatch.init_scalar:
            value = listener(state, value, dict_)
        return value

    def set_committed_value(self, state: InstanceState, dict_: dict[str, Any], value: Any) -> Any:
        """Store a value as coming from the database: no event, no change. Returns it."""
        dict_[self.key] = value
        state._commit((self,))
        return value

    def is_equal(self, one: Any, other: Any) -> bool:
        """Return whether two values are the same for the database."""
        if one is other:
            return True
        return bool(self.compare(one, other) if self.compare is not None else one == other)

    def __repr__(self) -> str:
        return f"{self.manager.class_.__name__}.{self.key}"


class ScalarAttribute(Attribute):
    """A column's value, or that of an SQL expression."""

    __slots__ = ()

    is_column = True

    def _fetch(self, state: InstanceState, dict_: dict[str, Any], passive: int) -> Any:
        if state.ident is None and self.loader is None:
            return NO_VALUE
        if not passive & CALLABLES_OK or not passive & SQL_OK:
            return PASSIVE_NO_RESULT
        if self.loader is not None:
            return self.loader(state, passive)
        fetch = self.manager.expired_loader
        if fetch is None:
            return PASSIVE_NO_RESULT
        expired = state.expired
        if expired is not None and self.key in expired:
            return fetch(state, passive, expired, self.key)
        return fetch(state, passive, self.manager.names_of_group(self), self.key)

    def set(
        self,
        state: InstanceState,
        dict_: dict[str, Any],
        value: Any,
        initiator: Any = None,
        passive: int = PASSIVE_OFF,
    ) -> None:
        """Set the value as the application does: tracked, with events."""
        key = self.key
        if self.active_history:
            old = self.get(state, dict_, PASSIVE_OFF ^ INIT_OK)
            old = NO_VALUE if old is PASSIVE_NO_RESULT else old
        else:
            old = dict_.get(key, NO_VALUE)
        for listener in self.dispatch.set:
            value = listener(state, value, old, initiator or self)
        state.modified_event(key, old)
        expired = state.expired
        if expired is not None and key in expired:
            state.expired = expired - {key}
        dict_[key] = value

    def delete(self, state: InstanceState, dict_: dict[str, Any]) -> None:
        """Delete the value: NULL at the next flush. Raises AttributeError if there is none."""
        old = self.get(state, dict_, PASSIVE_OFF ^ INIT_OK)
        if old is NO_VALUE or old is PASSIVE_NO_RESULT:
            raise AttributeError(f"{self!r} has no value that could be deleted")
        for listener in self.dispatch.remove:
            listener(state, old, self)
        state.modified_event(self.key, old)
        dict_.pop(self.key, None)

    def get_history(
        self, state: InstanceState, dict_: dict[str, Any], passive: int = PASSIVE_OFF
    ) -> History:
        """Return the History; loads a missing value if `passive` allows."""
        committed = state.committed
        if self.key in committed:
            original = committed[self.key]
            # set and deleted again before there was a row: to be NULL
            current = dict_.get(self.key, None if original is NO_VALUE else NO_VALUE)
            same = current is not NO_VALUE and self._same(current, original)
            return make_scalar_history(current, original, known=True, same=same)
        current = self.get(state, dict_, passive & ~INIT_OK)
        current = NO_VALUE if current is PASSIVE_NO_RESULT else current
        return make_scalar_history(current, NO_VALUE, known=False, same=True)

    def _same(self, current: Any, original: Any) -> bool:
        if original is NO_VALUE or hasattr(current, "__clause_element__"):
            return False
        same = self.compare(current, original) if self.compare else current == original
        return same is True or (not hasattr(same, "__clause_element__") and bool(same))


class RelatedAttribute(Attribute):
    """What both kinds of relationship attributes have in common.

    backrefs: names of the attributes on the other side. cascades: objects put in come into
    the session. track_parent, delete_orphan: owners are remembered; an object without one
    is deleted. single_parent: an object with another owner is refused. is_orphan: tells
    whether a state lacks its owners.
    """

    __slots__ = (
        "append_token",
        "backrefs",
        "cascades",
        "delete_orphan",
        "is_orphan",
        "remove_token",
        "single_parent",
        "track_parent",
    )

    def __init__(
        self, key: str, manager: ClassManager, dispatch: Dispatch, prop: Any = None
    ) -> None:
        super().__init__(key, manager, dispatch, prop)
        self.noted_as = f"{key}()"
        self.backrefs: tuple[str, ...] = ()
        self.cascades = True
        self.track_parent = False
        self.single_parent = False
        self.delete_orphan = False
        self.is_orphan: Callable[[InstanceState], bool] = _never_orphan
        self.append_token = Initiator(self, "append")
        self.remove_token = Initiator(self, "remove")


def _never_orphan(state: InstanceState) -> bool:
    return False


class ObjectAttribute(RelatedAttribute):
    """A relationship to one object."""

    __slots__ = ()

    def _old_value(self, state: InstanceState, dict_: dict[str, Any]) -> Any:
        if self.key in dict_:
            return dict_[self.key]
        # a detached object cannot know
        knows = self.active_history and (state.ident is None or state.session is not None)
        return self.get(state, dict_, _GET_OLD if knows else _GET_OLD_QUIETLY)

    def set(
        self,
        state: InstanceState,
        dict_: dict[str, Any],
        value: Any,
        initiator: Initiator | None = None,
        passive: int = PASSIVE_OFF,
    ) -> None:
        """Set the related object; both sides and the session follow."""
        if value is not None:
            item_state = backrefs.state_of(self, value)
            extra = item_state.extra
            if extra is not None and extra.deleted and dict_.get(self.key) is not value:
                backrefs.check_rows(self, state, item_state, initiator)
        old = self._old_value(state, dict_)
        token = self.append_token if initiator is None else initiator
        if self.dispatch.set:
            shown = NO_VALUE if old is PASSIVE_NO_RESULT else old
            for listener in self.dispatch.set:
                value = listener(state, value, shown, token)
        if self.single_parent and value is not None and token.impl is self:
            backrefs.check_single_parent(self, state, value)
        state.modified_event(self.noted_as, old)
        dict_[self.key] = value
        if old is value:
            return
        if old is not None and old is not NO_VALUE and old is not PASSIVE_NO_RESULT:
            if value is not None and state.ident is None:
                backrefs.announce_owner(self, state, value)
            backrefs.detach(self, state, old, token)
        if value is not None:
            backrefs.attach(self, state, value, token)

    def append(
        self,
        state: InstanceState,
        dict_: dict[str, Any],
        value: Any,
        initiator: Initiator | None,
        passive: int = PASSIVE_OFF,
    ) -> None:
        """Set the object because the other side has taken this one in."""
        if dict_.get(self.key, NO_VALUE) is not value:
            self.set(state, dict_, value, initiator, passive)

    def take_out(
        self, state: InstanceState, dict_: dict[str, Any], value: Any, initiator: Initiator
    ) -> None:
        """Set None because the other side has let go of this one; only if it is `value`."""
        if self.key not in dict_:
            current = self.get(state, dict_, _GET_OLD_QUIETLY)
        else:
            current = dict_[self.key]
        if current is value or (current is PASSIVE_NO_RESULT and self.key not in dict_):
            self.set(state, dict_, None, initiator)

    def delete(self, state: InstanceState, dict_: dict[str, Any]) -> None:
        """Delete the value: the other side is let go. AttributeError if there is none."""
        old = self.get(state, dict_, PASSIVE_OFF ^ INIT_OK)
        if old is NO_VALUE or old is PASSIVE_NO_RESULT:
            raise AttributeError(f"{self!r} has no value that could be deleted")
        for listener in self.dispatch.remove:
            listener(state, old, self.remove_token)
        state.modified_event(self.noted_as, old)
        dict_.pop(self.key, None)
        if old is not None:
            backrefs.detach(self, state, old, self.remove_token)

    def get_history(
        self, state: InstanceState, dict_: dict[str, Any], passive: int = PASSIVE_OFF
    ) -> History:
        """Return the History; loads a missing value if `passive` allows."""
        committed = state.committed
        if self.noted_as in committed:
            original = committed[self.noted_as]
            current = dict_.get(self.key, NO_VALUE)
            if original is PASSIVE_NO_RESULT and passive & SQL_OK and state.session is not None:
                original = self._load_original(state, passive)
            return make_scalar_history(current, original, known=True, same=current is original)
        current = self.get(state, dict_, passive & ~INIT_OK)
        current = NO_VALUE if current is PASSIVE_NO_RESULT else current
        return make_scalar_history(current, NO_VALUE, known=False, same=True)

    def _load_original(self, state: InstanceState, passive: int) -> Any:
        from orm.state.markers import LOAD_AGAINST_COMMITTED

        loader = self.loader
        if loader is None:
            return NO_VALUE
        found = loader(state, (passive & ~INIT_OK) | LOAD_AGAINST_COMMITTED | NO_AUTOFLUSH)
        if found is NO_VALUE or found is PASSIVE_NO_RESULT or found is ATTR_WAS_SET:
            return NO_VALUE
        if state.committed is not UNCHANGED:
            state.committed[self.noted_as] = found
        return found

    def get_all_pending(
        self, state: InstanceState, dict_: dict[str, Any], passive: int = PASSIVE_NO_INITIALIZE
    ) -> list[tuple[InstanceState, Any]]:
        """Return (state, object) of the present and the former object, as far as known."""
        found = [dict_.get(self.key)]
        if self.noted_as in state.committed:
            found.append(state.committed[self.noted_as])
        elif self.key not in dict_ and passive & CALLABLES_OK:
            found.append(self.get(state, dict_, passive & ~INIT_OK))
        kept = [item for item in found if item is not None and item is not NO_VALUE]
        return [
            (backrefs.state_of(self, item), item) for item in kept if item is not PASSIVE_NO_RESULT
        ]
