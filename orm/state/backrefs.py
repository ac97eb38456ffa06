"""What follows from putting an object into an attribute of another, or taking it out.

Both sides of a bidirectional relationship are kept in step without loading the other side;
the object comes into the session of its new owner; owners are remembered where an object
without one is to be deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orm import exc
from orm.state.instance_state import InstanceState
from orm.state.markers import PASSIVE_NO_FETCH, STATE

if TYPE_CHECKING:
    from orm.state.attributes import RelatedAttribute


class Initiator:
    """Which attribute began a chain of changes, and by what operation; one per both."""

    __slots__ = ("impl", "op")

    def __init__(self, impl: RelatedAttribute, op: str) -> None:
        self.impl = impl
        self.op = op

    @property
    def key(self) -> str:
        """The name of the attribute."""
        return self.impl.key

    @property
    def parent_token(self) -> Any:
        """The mapped property of the attribute."""
        return self.impl.prop

    def stems_from(self, prop: Any, op: str) -> bool:
        """Return whether the chain began with this operation on this property."""
        return self.op == op and self.impl.prop is prop

    def __repr__(self) -> str:
        return f"<Initiator {self.op} {self.impl!r}>"


def state_of(impl: RelatedAttribute, item: Any) -> InstanceState:
    """Return the state of an object put into a relationship.

    Raises exc.UnmappedInstanceError, naming the attribute, if it is not a mapped object.
    """
    try:
        state: InstanceState = item.__dict__[STATE]
    except (AttributeError, KeyError):
        manager = getattr(type(item), "_sa_class_manager", None)
        if manager is None:
            raise exc.UnmappedInstanceError(
                item,
                f"{impl!r} takes mapped objects, not {item!r:.80} (a {type(item).__name__}).",
            ) from None
        state = manager.setup_instance(item)
    return state


def check_single_parent(impl: RelatedAttribute, state: InstanceState, item: Any) -> None:
    """Refuse an object that another one has in a relationship with `single_parent=True`."""
    extra = state_of(impl, item).extra
    owner = None if extra is None or extra.parents is None else extra.parents.get(impl.prop)
    if owner and owner is not state:
        raise exc.InvalidRequestError(
            f"{impl!r} has single_parent=True, and {item!r:.80} is in that relationship of another "
            f"{owner.class_.__name__} already. Take it out there before, or leave single_parent out."
        )


def check_rows(
    impl: RelatedAttribute, state: InstanceState, item_state: InstanceState, initiator: Any = None
) -> None:
    """Refuse to put an object without row any more into one in a session, or a new one into such.

    Raises exc.InvalidRequestError if a flush has deleted the row of one of them, and the other
    would be written with a reference to it.
    """
    session_ref = state.session_ref
    begun_here = initiator is None or initiator.impl is impl
    if session_ref is None or session_ref() is None or not impl.cascades or not begun_here:
        return
    if not state.was_deleted:
        raise exc.InvalidRequestError(
            f"The row of {item_state!r} has been deleted, so that it cannot be put into {impl!r} of {state!r}. "
            "make_transient(obj) makes it a new object, which can."
        )
    if impl.backrefs and item_state.session_ref is not session_ref:
        raise exc.InvalidRequestError(
            f"The row of {state!r} has been deleted, so that no new object can be put into its {impl!r}. "
            "make_transient(obj) makes it a new object, whose relationships can be filled."
        )


def attach(impl: RelatedAttribute, state: InstanceState, item: Any, initiator: Initiator) -> None:
    """Do what follows after `item` came into the attribute of the object of `state`."""
    item_state = state_of(impl, item)
    extra, own = item_state.extra, state.extra
    if (extra is not None and extra.deleted) or (own is not None and own.deleted):
        check_rows(impl, state, item_state, initiator)
    if impl.track_parent:
        set_parent(impl, item_state, state)
    for key in impl.backrefs:
        reverse = item_state.manager.impls.get(key)
        if reverse is not None and not initiator.stems_from(reverse.prop, "append"):
            reverse.append(item_state, item.__dict__, state.obj(), initiator, PASSIVE_NO_FETCH)
    if impl.cascades and initiator.impl is impl:
        cascade(state, item_state, item)


def detach(impl: RelatedAttribute, state: InstanceState, item: Any, initiator: Initiator) -> None:
    """Do what follows after `item` left the attribute of the object of `state`."""
    item_state = state_of(impl, item)
    if impl.track_parent:
        unset_parent(impl, item_state, state)
    for key in impl.backrefs:
        reverse = item_state.manager.impls.get(key)
        if reverse is not None and not initiator.stems_from(reverse.prop, "remove"):
            reverse.take_out(item_state, item.__dict__, state.obj(), initiator)
    if impl.delete_orphan and item_state.ident is None:
        session = item_state.session
        inside = state.session_ref is item_state.session_ref
        if session is not None and inside and impl.is_orphan(item_state):
            session.expunge(item)


def announce_owner(impl: RelatedAttribute, state: InstanceState, owner: Any) -> None:
    """A new object is about to move to another owner in its session: it is no orphan meanwhile."""
    owner_state = state_of(impl, owner)
    reverses = [owner_state.manager.impls.get(key) for key in impl.backrefs]
    owning = [each for each in reverses if each is not None and each.delete_orphan]
    if not owning:
        return
    if impl.cascades:
        cascade(state, owner_state, owner)
    if state.session_ref is None or owner_state.session_ref is not state.session_ref:
        return
    for reverse in owning:
        set_parent(reverse, state, owner_state)


def cascade(state: InstanceState, item_state: InstanceState, item: Any) -> None:
    """Have an object come into the session of the one that it was put into."""
    ref = state.session_ref
    if ref is None or ref is item_state.session_ref:
        return
    session = ref()
    if session is not None:
        session.add(item)


def set_parent(impl: RelatedAttribute, item_state: InstanceState, parent: InstanceState) -> None:
    """Remember that the item is in the attribute of `parent`."""
    extra = item_state.need_extra()
    if extra.parents is None:
        extra.parents = {}
    extra.parents[impl.prop] = parent


def unset_parent(impl: RelatedAttribute, item_state: InstanceState, parent: InstanceState) -> None:
    """Remember that the item left the attribute of `parent`, unless it has moved since."""
    extra = item_state.need_extra()
    if extra.parents is None:
        extra.parents = {}
    owner = extra.parents.get(impl.prop)
    if owner is None or owner is parent or owner is False:
        extra.parents[impl.prop] = False


def has_parent(prop: Any, item_state: InstanceState, optimistic: bool = False) -> bool:
    """Return whether the item is in this relationship of some object.

    optimistic: the answer when nothing is known (True for objects which have a row).
    """
    extra = item_state.extra
    if extra is None or extra.parents is None or prop not in extra.parents:
        return optimistic
    return extra.parents[prop] is not False
