"""The events of sessions, and which object each is listened for on.

Targets: the class Session or a subclass (all their sessions), one session, a sessionmaker
(all it makes) or a scoped_session (all its sessions).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orm.event.dispatch import Dispatch, make_dispatch

_STATE = ("session", "instance")

_Events: type[Dispatch] = make_dispatch(
    "SessionEvents",
    {
        "before_flush": ("session", "flush_context", "instances"),
        "after_flush": ("session", "flush_context"),
        "after_flush_postexec": ("session", "flush_context"),
        "before_commit": ("session",),
        "after_commit": ("session",),
        "after_rollback": ("session",),
        "after_soft_rollback": ("session", "previous_transaction"),
        "after_begin": ("session", "transaction", "connection"),
        "before_attach": _STATE,
        "after_attach": _STATE,
        "after_bulk_update": ("update_context",),
        "after_bulk_delete": ("delete_context",),
        "after_transaction_create": ("session", "transaction"),
        "after_transaction_end": ("session", "transaction"),
        "do_orm_execute": ("orm_execute_state",),
        "transient_to_pending": _STATE,
        "pending_to_transient": _STATE,
        "pending_to_persistent": _STATE,
        "persistent_to_transient": _STATE,
        "persistent_to_deleted": _STATE,
        "persistent_to_detached": _STATE,
        "deleted_to_detached": _STATE,
        "deleted_to_persistent": _STATE,
        "detached_to_persistent": _STATE,
        "loaded_as_persistent": _STATE,
    },
)


class SessionDispatch(_Events):  # type: ignore[valid-type, misc]
    """The listeners of a session, of a class of sessions, or of all."""

    __slots__ = ()

    def tell_load(self, session: Any, *load: Any) -> Any:
        """Execute a load with the listeners for do_orm_execute around it; see load_events."""
        from orm.session.load_events import tell_load  # they come with the loading of objects

        return tell_load(session, *load)


def fire(listeners: Iterable[Any], *args: Any) -> None:
    """Call each listener."""
    for listener in listeners:
        listener(*args)
