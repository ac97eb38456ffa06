"""Protocols that more than one room uses, so that no room needs a type from above it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol


class SessionLike(Protocol):
    """What the rooms below the session see of it.

    They reach it through `state.session`, or as an argument; they never import it.
    """

    identity_map: Any
    info: dict[Any, Any]
    autoflush: bool
    expire_on_commit: bool
    lazy_loads: str
    read_only: bool
    #: the one weak reference to this session that all its states share (`state.session_ref`)
    _self_ref: Callable[[], Any]
    #: pending and to-be-deleted objects in the order in which they came, held strongly
    _new: dict[Any, Any]
    _deleted: dict[Any, Any]

    @property
    def dispatch(self) -> Any:
        """The listeners of the session's events."""
        ...

    def _connection_for(
        self,
        mapper: Any = None,
        clause: Any = None,
        arguments: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the Connection of the running transaction for this mapper or clause.

        arguments: the `bind_arguments` of the execution.
        Begins the session's transaction if none runs. Raises exc.UnboundExecutionError when
        no bind is known, exc.PendingRollbackError when the transaction has failed before.
        """
        ...

    def _autoflush(self) -> None:
        """Flush if autoflush is on and no flush is running."""
        ...

    def _register_persistent(self, states: Sequence[Any]) -> None:
        """These states have been inserted: move them from pending into the identity map."""
        ...

    def _drop_pending(self, states: Sequence[Any]) -> None:
        """These pending states have lost their owners: they leave the session."""
        ...

    def _withdraw_deletion(self, state: Any) -> Sequence[Any]:
        """Take back the delete() of this state; returns it, and what the delete had reached."""
        ...

    def _register_deleted(self, states: Sequence[Any]) -> None:
        """The rows of these states have been deleted in the running transaction."""
        ...

    def _register_key_switch(self, state: Any, old: Any, new: Any) -> None:
        """A flush has changed this state's identity; a rollback switches it back."""
        ...

    def _register_altered(self, states: Iterable[Any]) -> None:
        """These persistent states were written to; a savepoint's rollback expires them."""
        ...
