"""What happens at the end of a transaction: signals, and the hooks of `on_commit`/`on_rollback`.

A hook runs once, after the outcome of the outermost transaction is decided, and may use the
session. One given inside a savepoint that is rolled back is forgotten (for on_commit) or run (for
on_rollback) when that happens.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from flask_ormsession import signals
from flask_ormsession.changes import Change, summarise
from orm import Session, event, sessionmaker

if TYPE_CHECKING:
    from flask import Flask

Hook = Callable[[], object]

_LEDGER = "flask_ormsession.ledger"  # in the info of a session
_OUTCOME = "flask_ormsession.outcome"  # likewise, while a transaction ends: whether it committed

logger = logging.getLogger("flask_ormsession")


class Ledger:
    """The hooks and changes of one session, each with the transaction it belongs to. A session that
    has neither has no ledger."""

    __slots__ = ("changes", "commits", "rollbacks")

    def __init__(self) -> None:
        self.changes: list[tuple[Any, Change]] = []
        self.commits: list[tuple[Any, Hook]] = []
        self.rollbacks: list[tuple[Any, Hook]] = []

    def take_changes(self, ended: Any) -> list[Change]:
        """Forget the changes of a transaction; returns them."""
        taken = [change for owner, change in self.changes if owner is ended]
        self.changes[:] = [entry for entry in self.changes if entry[0] is not ended]
        return taken

    def hand_over(self, ended: Any, parent: Any) -> None:
        """The hooks of a released savepoint belong to its parent from now on."""
        lists: list[list[tuple[Any, Any]]] = [self.commits, self.rollbacks, self.changes]
        for entries in lists:
            entries[:] = [(parent if owner is ended else owner, kept) for owner, kept in entries]

    def take(self, ended: Any, committed: bool) -> list[Hook]:
        """Forget the hooks of a transaction; returns those to run now."""
        due = self.commits if committed else self.rollbacks
        taken = [hook for owner, hook in due if owner is ended]
        for hooks in (self.commits, self.rollbacks):
            hooks[:] = [entry for entry in hooks if entry[0] is not ended]
        return taken


def add_hook(session: Session, hook: Hook, *, on_commit: bool) -> None:
    """Run a function after the present transaction (begun if there is none) is committed, or
    after it is rolled back."""
    ledger = _ledger(session)
    if not session.in_transaction():
        session.begin()
    owner = session.get_nested_transaction() or session.get_transaction()
    (ledger.commits if on_commit else ledger.rollbacks).append((owner, hook))


def add_change(session: Session, change: Change) -> None:
    """Note a change as made by the present transaction or savepoint."""
    _ledger(session).changes.append((_current(session), change))


def listen_to_ends(app: Flask, factory: sessionmaker[Session]) -> None:
    """Make the sessions of a factory send the app's signals and run their hooks."""

    def before_commit(session: Session) -> None:
        wanted = signals.before_commit.receivers or signals.before_models_committed.receivers
        if not wanted or session.in_nested_transaction():
            return
        if signals.before_commit.receivers:
            signals.before_commit.send(app, session=session)
        if signals.before_models_committed.receivers:
            session.flush()
            changes = summarise(change for _owner, change in _ledger(session).changes)
            if changes:
                signals.before_models_committed.send(app, session=session, changes=changes)

    def after_end(session: Session, ended: Any) -> None:
        if ended.parent is None or ended.nested:
            committed = session.info.pop(_OUTCOME, None)
            ledger = session.info.get(_LEDGER)
            hooks: Sequence[Hook] = ()
            changes: Sequence[Change] = ()
            if ledger is not None:
                hooks, changes = _close_account(ledger, ended, committed)
            if not ended.nested and committed is not None:
                _announce(app, session, committed, changes)
            for hook in hooks:
                _run(hook, committed)

    event.listen(factory, "before_commit", before_commit)
    event.listen(factory, "after_commit", _note_commit)
    event.listen(factory, "after_rollback", _note_rollback)
    event.listen(factory, "after_transaction_end", after_end)


def _ledger(session: Session) -> Ledger:
    ledger: Ledger | None = session.info.get(_LEDGER)
    if ledger is None:
        ledger = session.info[_LEDGER] = Ledger()
    return ledger


def _current(session: Session) -> Any:
    return session.get_nested_transaction() or session.get_transaction()


def _note_commit(session: Session) -> None:
    session.info[_OUTCOME] = True


def _note_rollback(session: Session) -> None:
    session.info[_OUTCOME] = False


def _close_account(
    ledger: Ledger, ended: Any, committed: bool | None
) -> tuple[Sequence[Hook], Sequence[Change]]:
    """Return the hooks to run and the changes to tell at the end of a transaction. Those of a
    released savepoint become its parent's."""
    if ended.nested and committed:
        ledger.hand_over(ended, ended.parent)
        return (), ()
    return ledger.take(ended, bool(committed)), ledger.take_changes(ended)


def _announce(app: Flask, session: Session, committed: bool, changes: Sequence[Change]) -> None:
    signal = signals.committed if committed else signals.rolled_back
    if signal.receivers:
        signal.send(app, session=session)
    if committed and changes and signals.models_committed.receivers:
        net = summarise(changes)
        if net:
            signals.models_committed.send(app, session=session, changes=net)


def _run(hook: Hook, committed: bool | None) -> None:
    try:
        hook()
    except Exception:
        # The outcome stands: an error here must not look as if the transaction had failed.
        logger.exception("an %s hook raised", "on_commit" if committed else "on_rollback")
