"""Attributes that hold collections of related objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.event.dispatch import Dispatch
from orm.state import backrefs
from orm.state.attributes import RelatedAttribute
from orm.state.backrefs import Initiator
from orm.state.collections import Tracked, tracked_factory
from orm.state.history import HISTORY_BLANK, History, make_collection_history
from orm.state.instance_state import InstanceState, PendingChanges
from orm.state.markers import (
    CALLABLES_OK,
    INIT_OK,
    NO_AUTOFLUSH,
    NO_KEY,
    NO_VALUE,
    PASSIVE_NO_INITIALIZE,
    PASSIVE_NO_RESULT,
    PASSIVE_OFF,
    PASSIVE_ONLY_PERSISTENT,
    SQL_OK,
)

if TYPE_CHECKING:
    from orm.state.class_manager import ClassManager


def tell(
    listener: Callable[..., Any], state: InstanceState, item: Any, token: Initiator, key: Any
) -> Any:
    """Call the listener of a member, with its key if that was asked for (`include_key`)."""
    if getattr(listener, "takes_key", False):
        return listener(state, item, token, key=key)
    return listener(state, item, token)


class CollectionAttribute(RelatedAttribute):
    """A relationship to many objects.

    collection_class: list (the default), set, dict, a subclass, a factory, or a class
    whose methods are marked with `orm.state.collections.collection`.
    """

    __slots__ = ("_make",)

    collection = True

    def __init__(
        self,
        key: str,
        manager: ClassManager,
        dispatch: Dispatch,
        prop: Any = None,
        collection_class: Callable[[], Any] | None = None,
    ) -> None:
        super().__init__(key, manager, dispatch, prop)
        self._make = tracked_factory(collection_class or list, repr(self))

    def make_collection(self, state: InstanceState, items: Iterable[Any] = ()) -> Tracked:
        """Return a new collection of this object with these members, which are no changes."""
        made = self._make()
        made._sa_bind(state, self)
        for listener in self.dispatch.init_collection:
            listener(state, made, made)
        made._sa_fill(items)
        return made

    def initialize(self, state: InstanceState, dict_: dict[str, Any]) -> Any:
        """Store and return an empty collection."""
        made = dict_[self.key] = self.make_collection(state)
        return made

    def set_committed_value(self, state: InstanceState, dict_: dict[str, Any], value: Any) -> Any:
        """Store a collection as coming from the database; no event is fired.

        value: the members, or a dict of them for a dict collection. Changes that were made
        before the collection was loaded are applied to it, and count as changes.
        """
        items = list(value.values()) if isinstance(value, dict) else list(value or ())
        key = self.key
        extra = state.extra
        pending = None
        if extra is not None:
            pending = extra.pending.pop(key, None) if extra.pending else None
            if extra.emptied:
                extra.emptied.pop(key, None)
        if state.committed:
            state.committed.pop(self.noted_as, None)
        if pending is not None:
            before = items
            gone = {id(item) for item in pending.removed}
            present = {id(item) for item in items}
            items = [item for item in items if id(item) not in gone]
            items += [item for item in pending.added if id(item) not in present]
            state.modified_event(self.noted_as, before)
        made = dict_[key] = self.make_collection(state, items)
        return made

    def forget_empty(self, state: InstanceState, dict_: dict[str, Any]) -> None:
        """An empty collection was only read before there was a row: it is loaded when read again.

        Who still has the collection may put objects into it.
        """
        made = dict_[self.key]
        if any(True for _item in made._sa_items()):
            return
        del dict_[self.key]
        extra = state.need_extra()
        extra.emptied = {**(extra.emptied or {}), self.key: made}

    # -- changes, as the collection reports them -------------------------------

    def _note_change(self, state: InstanceState, dict_: dict[str, Any]) -> None:
        if self.noted_as not in state.committed:
            current = dict_.get(self.key)
            if current is None and state.extra is not None and state.extra.emptied:
                current = state.extra.emptied.pop(self.key, None)
                if current is not None:
                    dict_[self.key] = current
            before = NO_VALUE if current is None else list(current._sa_items())
            state.modified_event(self.noted_as, before)

    def fire_append(
        self,
        state: InstanceState,
        item: Any,
        initiator: Initiator | None = None,
        key: Any = NO_KEY,
    ) -> Any:
        """Do all that comes before a member is added; returns the member to add.

        key: its key in the collection, where the change was made by that.
        """
        obj = state._obj_or_raise()
        token = self.append_token if initiator is None else initiator
        for listener in self.dispatch.append:
            item = tell(listener, state, item, token, key)
        if self.single_parent and item is not None and token.impl is self:
            backrefs.check_single_parent(self, state, item)
        self._note_change(state, obj.__dict__)
        if item is not None:
            backrefs.attach(self, state, item, token)
        return item

    def fire_kept(self, state: InstanceState, item: Any, key: Any = NO_KEY) -> None:
        """Tell that a member was added which was there already, by a backref perhaps."""
        if self.cascades and item is not None:
            backrefs.cascade(state, backrefs.state_of(self, item), item)
        for listener in self.dispatch.append_wo_mutation:
            tell(listener, state, item, self.append_token, key)

    def fire_remove(
        self,
        state: InstanceState,
        item: Any,
        initiator: Initiator | None = None,
        key: Any = NO_KEY,
    ) -> None:
        """Do all that comes before a member is taken out; arguments as for `fire_append`."""
        obj = state._obj_or_raise()
        token = self.remove_token if initiator is None else initiator
        for listener in self.dispatch.remove:
            tell(listener, state, item, token, key)
        self._note_change(state, obj.__dict__)
        if item is not None:
            backrefs.detach(self, state, item, token)

    # -- changes from elsewhere: the other side, merge, the application ---------

    def append(
        self,
        state: InstanceState,
        dict_: dict[str, Any],
        value: Any,
        initiator: Initiator | None = None,
        passive: int = PASSIVE_OFF,
    ) -> None:
        """Add a member; into a collection that is not loaded, as far as `passive` says."""
        current = self._loaded(state, dict_, passive)
        if current is None:
            self._pending(state, value, initiator or self.append_token, adding=True)
        else:
            current._sa_add_tracked(value, initiator)

    def remove(
        self,
        state: InstanceState,
        dict_: dict[str, Any],
        value: Any,
        initiator: Initiator | None = None,
        passive: int = PASSIVE_OFF,
    ) -> None:
        """Take a member out; from a collection that is not loaded, as far as `passive` says."""
        current = self._loaded(state, dict_, passive)
        if current is None:
            self._pending(state, value, initiator or self.remove_token, adding=False)
        elif any(item is value for item in current._sa_items()):
            current._sa_remove_tracked(value, initiator)

    def take_out(
        self, state: InstanceState, dict_: dict[str, Any], value: Any, initiator: Initiator
    ) -> None:
        """Take a member out because it has left by the other side; loads nothing."""
        self.remove(state, dict_, value, initiator, PASSIVE_OFF ^ SQL_OK)

    def _loaded(self, state: InstanceState, dict_: dict[str, Any], passive: int) -> Any:
        current = dict_.get(self.key)
        if current is None:
            if state.ident is None:
                current = self.initialize(state, dict_)
            elif passive & SQL_OK:
                current = self.get(state, dict_, passive)
                current = None if current is PASSIVE_NO_RESULT else current
        return current

    def _pending(
        self, state: InstanceState, value: Any, initiator: Initiator, *, adding: bool
    ) -> None:
        for listener in self.dispatch.append if adding else self.dispatch.remove:
            value = listener(state, value, initiator) if adding else value
            if not adding:
                listener(state, value, initiator)
        extra = state.need_extra()
        if extra.pending is None:
            extra.pending = {}
        changes = extra.pending.setdefault(self.key, PendingChanges())
        state.first_change()
        if adding:
            changes.append(value)
            backrefs.attach(self, state, value, initiator)
        else:
            changes.remove(value)
            backrefs.detach(self, state, value, initiator)

    def set(
        self,
        state: InstanceState,
        dict_: dict[str, Any],
        value: Any,
        initiator: Initiator | None = None,
        passive: int = PASSIVE_OFF,
    ) -> None:
        """Replace the whole collection; members in both stay without an event."""
        if value is not None and value is dict_.get(self.key):
            return
        made = self._make()
        items = made._sa_take(value, self)
        old = self.get(state, dict_, PASSIVE_ONLY_PERSISTENT | NO_AUTOFLUSH)
        if old is PASSIVE_NO_RESULT or old is NO_VALUE or old is None:
            old = self.initialize(state, dict_)
        before = list(old._sa_items())
        if self.dispatch.bulk_replace:
            self._tell_replacement(state, items, value)
        for listener in self.dispatch.init_collection:
            listener(state, made, made)
        self._note_change(state, dict_)
        known = {id(item) for item in before}
        kept = {id(item) for item in items}
        made._sa_bind(state, self)
        dict_[self.key] = made
        old._sa_bind(None, None)
        for item in items:
            if id(item) not in known:
                item = self.fire_append(state, item, initiator)
            else:
                self.fire_kept(state, item)
            made._sa_place(item)
        for item in before:
            if id(item) not in kept:
                self.fire_remove(state, item, initiator)
        for listener in self.dispatch.dispose_collection:
            listener(state, old, old)

    def _tell_replacement(self, state: InstanceState, items: list[Any], value: Any) -> None:
        """Tell what is assigned; listeners may change the list of members."""
        keys = list(value) if isinstance(value, Mapping) else None
        for listener in self.dispatch.bulk_replace:
            if getattr(listener, "takes_key", False):
                listener(state, items, self.append_token, keys=keys)
            else:
                listener(state, items, self.append_token)

    def delete(self, state: InstanceState, dict_: dict[str, Any]) -> None:
        """Empty the collection, and take it out of the object."""
        if self.key not in dict_:
            raise AttributeError(f"{self!r} has no collection that could be deleted")
        old = dict_[self.key]
        old._sa_clear_tracked()
        old._sa_bind(None, None)
        del dict_[self.key]
        for listener in self.dispatch.dispose_collection:
            listener(state, old, old)

    # -- reading ------------------------------------------------------------------

    def get_history(
        self, state: InstanceState, dict_: dict[str, Any], passive: int = PASSIVE_OFF
    ) -> History:
        """Return the History; loads the collection if `passive` allows.

        Of a collection that is not loaded it has what was put in and taken out since.
        """
        current = dict_.get(self.key)
        if current is None and passive & CALLABLES_OK:
            found = self.get(state, dict_, passive & ~INIT_OK)
            current = None if found is PASSIVE_NO_RESULT or found is NO_VALUE else found
        if current is None:
            return self._pending_history(state)
        original = state.committed.get(self.noted_as)
        return make_collection_history(list(current._sa_items()), original)

    def _pending_history(self, state: InstanceState) -> History:
        extra = state.extra
        pending = extra.pending.get(self.key) if extra is not None and extra.pending else None
        if pending is not None:
            return History(list(pending.added), (), list(pending.removed))
        original = state.committed.get(self.noted_as)
        if original is not None and original is not NO_VALUE:
            return History((), (), list(original))
        return HISTORY_BLANK

    def get_all_pending(
        self, state: InstanceState, dict_: dict[str, Any], passive: int = PASSIVE_NO_INITIALIZE
    ) -> list[tuple[InstanceState, Any]]:
        """Return (state, object) of present members and of those taken out."""
        history = self.get_history(state, dict_, passive)
        return [(backrefs.state_of(self, item), item) for item in history.sum()]

    def refuse(self, value: Any, wanted: str) -> exc.ArgumentError:
        """Return the error for a value that cannot become this collection."""
        return exc.ArgumentError(
            f"{self!r} is a collection: it takes a {wanted}, not {value!r:.80} "
            f"(a {type(value).__name__})."
        )
