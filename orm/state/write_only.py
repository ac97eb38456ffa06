"""Attributes for collections that are never held in memory: write_only and dynamic ones.

The object has no collection in its `__dict__`. What is put in or taken out waits in
`state.extra.pending` until the flush writes it; what the database has is asked for by the
view which reading the attribute gives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.event.dispatch import Dispatch
from orm.state import backrefs
from orm.state.attributes import RelatedAttribute
from orm.state.backrefs import Initiator
from orm.state.history import History
from orm.state.instance_state import InstanceState, PendingChanges
from orm.state.markers import CALLABLES_OK, PASSIVE_NO_INITIALIZE, PASSIVE_OFF, SQL_OK

if TYPE_CHECKING:
    from orm.state.class_manager import ClassManager

View = Callable[["WriteOnlyAttribute", InstanceState], Any]


class WriteOnlyAttribute(RelatedAttribute):
    """A relationship to many objects of which only changes are kept.

    make_view: called with this and a state for what reading the attribute gives.
    load_members: returns the related objects of a state from the database; None where the
    collection may not be loaded as a whole.
    """

    __slots__ = ("load_members", "make_view")

    collection = True

    def __init__(
        self, key: str, manager: ClassManager, dispatch: Dispatch, prop: Any, make_view: View
    ) -> None:
        super().__init__(key, manager, dispatch, prop)
        self.make_view = make_view
        self.load_members: Callable[[InstanceState], list[Any]] | None = None

    # -- reading

    def get(self, state: InstanceState, dict_: dict[str, Any], passive: int = PASSIVE_OFF) -> Any:
        """Return the view; it is made anew at each reading."""
        return self.make_view(self, state)

    def initialize(self, state: InstanceState, dict_: dict[str, Any]) -> Any:
        """Return the view."""
        return self.make_view(self, state)

    def members(self, state: InstanceState, passive: int) -> list[Any]:
        """Return the members known without SQL, or all if `passive` allows to load them."""
        return self.get_history(state, state.dict, passive).non_deleted()

    def get_history(
        self, state: InstanceState, dict_: dict[str, Any], passive: int = PASSIVE_OFF
    ) -> History:
        """Return what was put in and taken out, and the rest if `passive` allows to load it.

        Raises exc.InvalidRequestError if that is asked for and the collection is write-only.
        """
        changes = self._changes(state)
        added = list(changes.added) if changes is not None else []
        removed = list(changes.removed) if changes is not None else []
        if state.ident is None or not (passive & CALLABLES_OK and passive & SQL_OK):
            return History(added, (), removed)
        known = {id(item) for item in (*added, *removed)}
        unchanged = [item for item in self._load(state) if id(item) not in known]
        return History(added, unchanged, removed)

    def get_all_pending(
        self, state: InstanceState, dict_: dict[str, Any], passive: int = PASSIVE_NO_INITIALIZE
    ) -> list[tuple[InstanceState, Any]]:
        """Return (state, object) of what was put in and taken out."""
        history = self.get_history(state, dict_, PASSIVE_NO_INITIALIZE)
        return [(backrefs.state_of(self, item), item) for item in history.sum()]

    def _load(self, state: InstanceState) -> list[Any]:
        if self.load_members is None:
            raise exc.InvalidRequestError(
                f"{self!r} is write-only, and this operation needs all of its members. To delete "
                "the parent, leave the members to the database: relationship(..., "
                "passive_deletes=True) with ForeignKey(..., ondelete=...)."
            )
        return self.load_members(state)

    def _changes(self, state: InstanceState) -> PendingChanges | None:
        extra = state.extra
        return extra.pending.get(self.key) if extra is not None and extra.pending else None

    # -- writing

    def append(
        self,
        state: InstanceState,
        dict_: dict[str, Any],
        value: Any,
        initiator: Initiator | None = None,
        passive: int = PASSIVE_OFF,
    ) -> None:
        """Note a new member, with events; the flush writes it."""
        token = self.append_token if initiator is None else initiator
        for listener in self.dispatch.append:
            value = listener(state, value, token)
        self._need_changes(state).append(value)
        if value is not None:
            backrefs.attach(self, state, value, token)

    def remove(
        self,
        state: InstanceState,
        dict_: dict[str, Any],
        value: Any,
        initiator: Initiator | None = None,
        passive: int = PASSIVE_OFF,
    ) -> None:
        """Note that a member has left, with events; the flush writes it."""
        token = self.remove_token if initiator is None else initiator
        for listener in self.dispatch.remove:
            listener(state, value, token)
        changes = self._need_changes(state)
        if not any(item is value for item in changes.removed):
            changes.remove(value)
        if value is not None:
            backrefs.detach(self, state, value, token)

    def take_out(
        self, state: InstanceState, dict_: dict[str, Any], value: Any, initiator: Initiator
    ) -> None:
        """As remove(), because the member has left by the other side."""
        self.remove(state, dict_, value, initiator)

    def _need_changes(self, state: InstanceState) -> PendingChanges:
        extra = state.need_extra()
        if extra.pending is None:
            extra.pending = {}
        state.first_change(state._obj_or_raise())
        return extra.pending.setdefault(self.key, PendingChanges())

    def set(
        self,
        state: InstanceState,
        dict_: dict[str, Any],
        value: Any,
        initiator: Initiator | None = None,
        passive: int = PASSIVE_OFF,
    ) -> None:
        """Replace all members; loads them, if the object has a row.

        Raises exc.InvalidRequestError if they may not be loaded.
        """
        items = list(value or ())
        if state.ident is not None and self.load_members is None:
            raise exc.InvalidRequestError(
                f"{self!r} is write-only: its members cannot be replaced as a whole. Use "
                "add() and remove(), or a DELETE over its delete() and then add_all()."
            )
        before = self.members(state, PASSIVE_OFF)
        for listener in self.dispatch.bulk_replace:
            listener(state, items, self.append_token)
        known, kept = {id(item) for item in before}, {id(item) for item in items}
        for item in items:
            if id(item) not in known:
                self.append(state, dict_, item, initiator)
        for item in before:
            if id(item) not in kept:
                self.remove(state, dict_, item, initiator)

    def set_committed_value(self, state: InstanceState, dict_: dict[str, Any], value: Any) -> Any:
        """Refuse: nothing of this collection is held in the object."""
        raise exc.InvalidRequestError(
            f"{self!r} is never loaded into its object: no value can be set as loaded. "
            "select() it, or add() members."
        )

    def delete(self, state: InstanceState, dict_: dict[str, Any]) -> None:
        """Refuse: there is no collection in the object."""
        raise AttributeError(f"{self!r} has no collection that could be deleted")
