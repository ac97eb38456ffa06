"""The states of an object towards a session, and every transition between them.

    transient --add--> pending --flush--> persistent --delete, flush--> deleted
        ^                 |                  |    ^                       |
        +---- rollback ---+--- rollback -----+    +------ rollback -------+
                                             |                            | commit
                              expunge, close +--> detached <--------------+
                                                     |
                                                     +--add--> persistent

Only this module and `transaction` move objects; flush reports to it through the session.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.flush.cascade import cascade_props, iterate_cascade
from orm.inspection import inspect
from orm.loading.batch import Peers
from orm.session.events import fire
from orm.session.guard import caller_place
from orm.state.instance_state import Left, instance_dict, instance_state

if TYPE_CHECKING:
    from orm.session.session import Session
    from orm.session.transaction import SessionTransaction


def state_of(obj: Any) -> Any:
    """Return the state of a mapped object; raises exc.UnmappedInstanceError for others."""
    try:
        return instance_state(obj)
    except (AttributeError, KeyError, exc.NoInspectionAvailable):
        raise exc.UnmappedInstanceError(obj) from None


def note_detached(state: Any, reason: str) -> None:
    """Remember why a state left its session; DetachedInstanceError tells it.

    reason: completes "it is detached because ...".
    """
    state.need_extra().detached_reason = reason


def is_deleted(state: Any) -> bool:
    """Return whether the object's row was deleted by a flush."""
    extra = state.extra
    return extra is not None and extra.deleted


def innermost_nested(transaction: SessionTransaction | None) -> SessionTransaction | None:
    """Return the transaction or the nearest of its parents that is a savepoint."""
    while transaction is not None and not transaction.nested:
        transaction = transaction.parent
    return transaction


# -- into the session


def save_or_update(session: Session, state: Any, obj: Any) -> None:
    """add(): the object and what save-update reaches become pending or persistent.

    What is marked for deletion stays so, unless it is the object itself.
    """
    extra = state.extra
    parents = None if extra is None or state.ident is not None else extra.parents
    if parents and False in parents.values():
        # it was taken out of an owner, and is wanted all the same
        extra.parents = {prop: owner for prop, owner in parents.items() if owner}
    if session._deleted and state in session._deleted:
        withdraw_deletion(session, state)
    attach_one(session, state, obj)
    if not cascade_props(state.manager.mapper, "save-update"):
        return
    self_ref = session._self_ref

    def is_here(child_state: Any) -> bool:
        return child_state.session_ref is self_ref and _contains(session, child_state)

    for child_state, child in iterate_cascade("save-update", state, is_here):
        attach_one(session, child_state, child)


def _contains(session: Session, state: Any) -> bool:
    if state.ident is None:
        return state in session._new
    return not is_deleted(state)


def withdraw_deletion(session: Session, state: Any) -> list[Any]:
    """Take back a delete() that was not flushed, with what its cascade had reached.

    Returns the states concerned.
    """
    marked = session._deleted
    found = [state]
    if len(marked) > 1:
        with session.no_autoflush:
            found += [each for each, _obj in iterate_cascade("delete", state) if each in marked]
    for each in found:
        del marked[each]
    return found


def attach_one(session: Session, state: Any, obj: Any) -> None:
    """Make one object pending, or persistent again if it has an identity."""
    if state.ident is None:
        if state not in session._new:
            make_pending(session, state, obj)
    elif state.session is not session or is_deleted(state):
        make_persistent(session, state, obj)


def make_pending(session: Session, state: Any, obj: Any) -> None:
    """transient -> pending."""
    claim(session, state, obj)
    session._new[state] = obj
    dispatch = session.dispatch
    if dispatch.after_attach:
        fire(dispatch.after_attach, session, obj)
    if dispatch.transient_to_pending:
        fire(dispatch.transient_to_pending, session, obj)


def make_persistent(session: Session, state: Any, obj: Any) -> None:
    """detached -> persistent.

    Raises exc.InvalidRequestError if its row was deleted, or if the session has another
    object of the same identity.
    """
    if is_deleted(state):
        raise exc.InvalidRequestError(
            f"The row of {state!r} has been deleted. Use make_transient(obj) to send it back "
            "to the state of a new object, then add() it."
        )
    attached = state.session is session
    claim(session, state, obj)
    _put_in_identity_map(session, state)
    if attached:
        return
    dispatch = session.dispatch
    if dispatch.after_attach:
        fire(dispatch.after_attach, session, obj)
    if dispatch.detached_to_persistent:
        fire(dispatch.detached_to_persistent, session, obj)


def claim(session: Session, state: Any, obj: Any) -> None:
    """Make `session` the state's session, unless another living one has it."""
    session._autobegin_t()
    current = state.session
    if current is session:
        return
    if current is not None:
        raise exc.InvalidRequestError(
            f"{state!r} belongs to another session ({current!r}). Use "
            "session.merge(obj) for a copy here, or other_session.expunge(obj) first."
        )
    if session.dispatch.before_attach:
        fire(session.dispatch.before_attach, session, obj)
    state.session_ref = session._self_ref


def _put_in_identity_map(session: Session, state: Any) -> None:
    try:
        session.identity_map.add(state)
    except exc.InvalidRequestError:
        state.session_ref = None
        raise


def delete(session: Session, state: Any, obj: Any) -> None:
    """delete(): mark the object, and what the delete cascade reaches, for deletion.

    Raises exc.InvalidRequestError for an object which is not in the database.
    """
    if state.ident is None:
        raise exc.InvalidRequestError(
            f"{state!r} has no row that delete() could remove. "
            "A pending object is taken back with session.expunge(obj)."
        )
    if state in session._deleted or is_deleted(state):
        return
    _bring_in(session, state, obj)
    # loading what the cascade reaches may flush: nothing is marked before all is known
    reached = list(iterate_cascade("delete", state))
    session._deleted[state] = obj
    for child_state, child in reached:
        if child_state.ident is not None and not is_deleted(child_state):
            _bring_in(session, child_state, child)
            session._deleted[child_state] = child


def _bring_in(session: Session, state: Any, obj: Any) -> None:
    claim(session, state, obj)
    _put_in_identity_map(session, state)


def enable_relationship_loading(session: Session, state: Any) -> None:
    """Let a new or detached object load related ones through the session, without being in it."""
    claim(session, state, state())
    state.need_extra().loads_related = True


# -- out of the session


def expunge_states(session: Session, states: Sequence[Any], to_transient: bool = False) -> None:
    """Take states out of the session: detached, or transient again after a rollback."""
    dispatch = session.dispatch
    left: Left | None = None
    for state in states:
        obj = state()
        pending = state in session._new
        persistent = not pending and not is_deleted(state)
        session._new.pop(state, None)
        session._deleted.pop(state, None)
        if state.ident is not None:
            _forget(session, state)
            if to_transient:
                state.ident = None
                if state.extra is not None:
                    state.extra.deleted = False
        state.session_ref = None
        if not to_transient and not pending:
            left = left or Left("it was expunged from its session", caller_place())
            state.session_ref = left
        if obj is None:
            continue
        if pending:
            fire(dispatch.pending_to_transient, session, obj)
        elif to_transient:
            fire(dispatch.persistent_to_transient, session, obj)
        elif persistent:
            fire(dispatch.persistent_to_detached, session, obj)
        else:
            fire(dispatch.deleted_to_detached, session, obj)


def _forget(session: Session, state: Any) -> None:
    """Drop a state from identity map, set of changed objects and running transactions.

    The transaction that inserted its row still takes its identity away when it is rolled back.
    """
    session.identity_map.discard(state)
    transaction = session._transaction
    while transaction is not None:
        transaction._deleted.pop(state, None)
        transaction._altered.pop(state, None)
        transaction = transaction.parent


def expunge_all(session: Session, reason: str) -> None:
    """Detach everything at once.

    reason: completes "it is detached because ..." in later errors.
    """
    identity_map = session.identity_map
    listeners = session.dispatch.persistent_to_detached
    states = identity_map.all_states() if listeners else ()
    left: Any = None
    for known in identity_map.maps.values():
        if known:
            left = left or _leave(session, reason)
            for state in list(known.values()):
                state.session_ref = left
            known.clear()
    if identity_map.modified:
        identity_map.modified.clear()
    if session._deleted:
        session._deleted.clear()
    transaction = session._transaction
    while transaction is not None:
        for state in transaction._deleted:
            state.session_ref = None
        transaction = transaction.parent
    for state in states:
        fire(listeners, session, state())
    if session._new:
        pending = list(session._new.items())
        session._new.clear()
        for state, obj in pending:
            state.session_ref = None
            fire(session.dispatch.pending_to_transient, session, obj)


def _leave(session: Session, reason: str) -> Left:
    """Return what objects remember of leaving: what a framework says that closes sessions, else the
    place in the application."""
    told = session.close_reason
    return Left(reason, caller_place()) if told is None else Left(told)


def detach_deleted(session: Session, states: Sequence[Any]) -> None:
    """deleted -> detached, when the transaction that deleted the rows is committed."""
    for state in states:
        obj = state()
        if state.session is not session:
            continue
        state.session_ref = None
        note_detached(state, "its row was deleted")
        if obj is not None:
            fire(session.dispatch.deleted_to_detached, session, obj)


# -- after a flush


def register_persistent(session: Session, states: Sequence[Any]) -> None:
    """pending -> persistent for inserted states whose `ident` the flush has set.

    Objects of one class inserted together are peers, as if they came from one load: after
    a commit the first access reloads all of them.
    """
    transaction = session._transaction
    assert transaction is not None
    transaction._new.update(dict.fromkeys(states))
    if len(set(map(type, states))) == 1:
        _file(session, states[0].manager, states)
    else:
        by_kind: dict[type, list[Any]] = {}
        for state in states:
            by_kind.setdefault(type(state), []).append(state)
        for group in by_kind.values():
            _file(session, group[0].manager, group)
    new = session._new
    if len(new) == len(states):
        new.clear()
    else:
        for state in states:
            new.pop(state, None)
    listeners = session.dispatch.pending_to_persistent
    if listeners:
        for state in states:
            fire(listeners, session, state())


def _file(session: Session, manager: Any, states: Sequence[Any]) -> None:
    """File new states of one class in the identity map, as peers of each other."""
    identities = session.identity_map.for_mapper(manager.base_mapper)
    peers = Peers(manager.base_mapper)
    note = peers.idents.append
    for state in states:
        note(state.ident)
        state.load = peers
    idents = peers.idents
    if identities and not identities.keys().isdisjoint(idents):
        for state in states:
            if state.ident in identities:
                _replace(session, state, identities[state.ident])
    identities.update(zip(idents, states, strict=True))


def _replace(session: Session, state: Any, old: Any) -> None:
    """Another object has the identity: a deleted one gives way, a living one is detached."""
    if old is state or old() is None:
        return
    transaction = session._transaction
    if not is_deleted(old) and transaction is not None and old not in transaction._deleted:
        session.identity_map.modified.pop(old, None)
        old.session_ref = None
        note_detached(old, f"{state!r} took over its identity in a flush")


def register_deleted(session: Session, states: Sequence[Any]) -> None:
    """persistent -> deleted for states whose rows a flush has removed."""
    transaction = session._transaction
    assert transaction is not None
    discard = session.identity_map.discard
    marked, gone = session._deleted, transaction._deleted
    for state in states:
        gone[state] = marked.pop(state, None) or state()
        discard(state)
        state.need_extra().deleted = True
    listeners = session.dispatch.persistent_to_deleted
    if listeners:
        for state in states:
            fire(listeners, session, gone[state])


# -- undoing


def revert_deletion(session: Session, state: Any, obj: Any) -> None:
    """deleted -> persistent, when the deletion is rolled back."""
    was_deleted = is_deleted(state)
    if was_deleted:
        state.extra.deleted = False
    if state.session is None:
        state.session_ref = session._self_ref
    session.identity_map.replace(state)
    if was_deleted and obj is not None:
        fire(session.dispatch.deleted_to_persistent, session, obj)


def switch_back(session: Session, state: Any, old_ident: Any, attached: bool) -> None:
    """Give a state its former identity, when the change of its primary key is rolled back."""
    if state.ident is not None:
        session.identity_map.forget(state)
    if attached:
        state.ident = old_ident
        session.identity_map.replace(state)


def names_of(state: Any, given: Iterable[Any]) -> list[str]:
    """Return the names of attributes to be expired or refreshed, given as such or as the class's attributes.

    Raises exc.ArgumentError for a single string, exc.InvalidRequestError for what the class does not have.
    """
    if isinstance(given, str):
        raise exc.ArgumentError(f"attribute_names is a list of names: [{given!r}], not {given!r}.")
    mapper = state.manager.mapper
    names = [getattr(each, "key", each) for each in given]
    for name in names:
        if name not in mapper.props:
            raise exc.InvalidRequestError(
                f"{mapper.class_.__name__} has no mapped attribute {name!r}, which could be expired or refreshed."
            )
    return names


def expire_everything(session: Session) -> None:
    """Expire every attribute of every persistent object, and forget pending changes."""
    for state in session.identity_map.all_states():
        _expire_whole(state)
    session.identity_map.modified.clear()


def expire_altered(session: Session, altered: Iterable[Any]) -> None:
    """After a rolled back savepoint: expire what was written or changed since its begin."""
    modified = session.identity_map.modified
    for state in {**dict.fromkeys(altered), **dict.fromkeys(modified)}:
        if state() is not None and state.session is session:
            _expire_whole(state)
    modified.clear()


def _expire_whole(state: Any) -> None:
    """Expire an object, and what it remembers of its owners: those expire along with it."""
    state.expire()
    if state.extra is not None:
        state.extra.parents = None


# -- functions of the public API


def object_session(instance: Any) -> Session | None:
    """Return the session to which an object belongs, or None."""
    session: Session | None = state_of(instance).session
    return session


def identity_key(
    class_: Any = None,
    ident: Any = None,
    *,
    instance: Any = None,
    row: Any = None,
    identity_token: Any = None,
) -> tuple[Any, ...]:
    """Return the identity key (base class, primary key as a tuple, token).

    Of an object (`instance`), or of a class and its primary key: the value, a tuple of
    several, or a `row` which has the columns of the key.
    """
    key: tuple[Any, ...]
    if instance is not None:
        key = state_of(instance).mapper.identity_key_from_instance(instance)
    elif row is not None:
        key = inspect(class_).identity_key_from_row(row, identity_token)
    else:
        parts = ident if isinstance(ident, (tuple, list)) else (ident,)
        key = inspect(class_).identity_key_from_primary_key(parts, identity_token)
    return key


def make_transient(instance: Any) -> None:
    """Make an object look new: no session, no identity, its loaded values kept."""
    state = state_of(instance)
    session = state.session
    if session is not None:
        expunge_states(session, [state])
    state.expired = None
    state.ident = None
    state.load = None
    if state.extra is not None:
        state.extra.deleted = False
        state.extra.detached_reason = None


def make_transient_to_detached(instance: Any) -> None:
    """Make a transient object with a primary key look as if it had been loaded and detached.

    What is not set counts as expired. Raises exc.InvalidRequestError if it is not transient.
    """
    state = state_of(instance)
    if state.session is not None or state.ident is not None:
        raise exc.InvalidRequestError(
            f"{state!r} is not new: it has a session or an identity already."
        )
    mapper = state.manager.mapper
    dict_ = instance_dict(instance)
    state.ident = mapper.ident_from_values([dict_.get(key) for key in mapper.pk_keys])
    if state.extra is not None:
        state.extra.deleted = False
    state.commit_all(dict_)
    absent = {key for key in mapper.column_key.values() if key not in dict_}
    state.expire(absent)


def was_deleted(instance: Any) -> bool:
    """Return whether the object's row was deleted by a flush, now or in the past."""
    return is_deleted(state_of(instance))
