"""Noting what sessions change, for the signals `before_models_committed` and `models_committed`.

Sessions are not listened to before one of the two signals has a receiver, and then only noted is what
happens while there is one.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask_ormsession import signals, transaction
from flask_ormsession.changes import BulkChange, Change
from orm import Session, event, sessionmaker

if TYPE_CHECKING:
    from flask_ormsession.state import AppState


def is_wanted() -> bool:
    """Whether anybody listens to one of the two signals."""
    return bool(signals.models_committed.receivers or signals.before_models_committed.receivers)


def install(state: AppState) -> None:
    """Listen to the app's sessions as soon as one of the signals has a receiver."""
    if not state.settings.track_modifications:
        return
    if is_wanted():
        _listen(state.session_factory)
        return
    state_ref = weakref.ref(state)

    def start(signal: Any, /, **extra: Any) -> None:
        state = state_ref()
        if state is not None:
            _listen(state.session_factory)

    # Kept by the app: a signal holds its receivers weakly.
    state.on_receivers.append(start)
    for signal in (signals.models_committed, signals.before_models_committed):
        signal.receiver_connected.connect(start)


def _listen(factory: sessionmaker[Session]) -> None:
    """Record what the sessions of a factory do; a second call changes nothing."""
    for name, listener in _LISTENERS.items():
        event.listen(factory, name, listener)


def _note(session: Session, obj: Any, operation: str) -> None:
    if is_wanted():
        transaction.add_change(session, Change(obj, operation))


def _note_insert(session: Session, obj: Any) -> None:
    _note(session, obj, "insert")


def _note_delete(session: Session, obj: Any) -> None:
    _note(session, obj, "delete")


def _note_updates(session: Session, _context: Any) -> None:
    for obj in session.dirty:
        if session.is_modified(obj, include_collections=False):
            _note(session, obj, "update")


def _note_statement(state: Any) -> Any:
    """Execute an INSERT, UPDATE or DELETE over rows, and note it."""
    operation = next((name for name in _OPERATIONS if getattr(state, f"is_{name}")), None)
    if operation is None:
        return None
    result = state.invoke_statement()
    described = getattr(state.statement, "entity_description", None) or {}
    entity = described.get("entity") or getattr(state.statement, "table", None)
    rowcount = getattr(result, "rowcount", -1)
    _note(state.session, BulkChange(entity, state.statement, rowcount), operation)
    return result


def note_upserts(session: Session, objects: Iterable[Any]) -> None:
    """Note what `session.upsert()` has written, if anybody listens."""
    for obj in objects:
        _note(session, obj, "upsert")


_OPERATIONS = ("insert", "update", "delete")
_LISTENERS: dict[str, Callable[..., Any]] = {
    "pending_to_persistent": _note_insert,
    "persistent_to_deleted": _note_delete,
    "after_flush": _note_updates,
    "do_orm_execute": _note_statement,
}


def make_tracked_session(class_: type[Session]) -> type[Session]:
    """Return a subclass of a Session class whose upserts are noted; they send no event."""

    class TrackedSession(class_):  # type: ignore[misc, valid-type]  # its base is a parameter
        def upsert(self, objects: Iterable[Any], *args: Any, **options: Any) -> list[Any]:
            written: list[Any] = super().upsert(objects, *args, **options)
            note_upserts(self, written)
            return written

    TrackedSession.__name__ = TrackedSession.__qualname__ = class_.__name__
    return TrackedSession
