"""What `flask shell` has at hand: db, session, every model, and the words for a query; and its word
about uncommitted work when one leaves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from flask import has_app_context

import orm
from flask_ormsession.session import has_unsaved_changes, make_scope
from orm import Session, event

if TYPE_CHECKING:
    from flask_ormsession.extension import Database

_WORDS = (
    "select",
    "insert",
    "update",
    "delete",
    "func",
    "text",
    "and_",
    "or_",
    "not_",
    "selectinload",
    "joinedload",
    "inspect",
)


def make_shell_context(db: Database[Any]) -> dict[str, Any]:
    """Return the names for the shell. A model never hides one of the others."""
    names: dict[str, Any] = {model.__name__: model for model in find_models(db)}
    names.update({word: getattr(orm, word) for word in _WORDS})
    names.update(db=db, session=db.session)
    if has_app_context():
        scope = make_scope()
        scope.watch = Watch()
        if scope.session is not None:
            scope.watch.attach(scope.session)
    return names


class Watch:
    """Notices whether the sessions of a shell have work that was not committed."""

    def __init__(self) -> None:
        self._wrote = False

    def attach(self, session: Session) -> None:
        """Listen to a session."""
        event.listen(session, "after_flush", self._note)
        event.listen(session, "do_orm_execute", self._note_statement)
        event.listen(session, "after_commit", self._forget)
        event.listen(session, "after_rollback", self._forget)

    def _note(self, *_args: Any) -> None:
        self._wrote = True

    def _note_statement(self, state: Any) -> None:
        if not state.is_select:
            self._wrote = True

    def _forget(self, session: Session) -> None:
        # The release of a savepoint commits nothing.
        if not session.in_nested_transaction():
            self._wrote = False

    def say_goodbye(self, session: Session | None) -> None:
        """Tell on the terminal what is lost, if anything is."""
        if session is None:
            return
        changed = [*session.new, *session.dirty, *session.deleted]
        if changed:
            shown = ", ".join(map(repr, changed[:5])) + (", ..." if len(changed) > 5 else "")
            _tell(f"{len(changed)} changed object(s) were not saved and are lost: {shown}.")
        elif self._wrote or has_unsaved_changes(session):
            _tell("What was written since the last commit is rolled back.")


def _tell(what: str) -> None:
    click.secho(f"{what} Call session.commit() before leaving to keep it.", fg="yellow", err=True)


def find_models(db: Database[Any]) -> list[type[Any]]:
    """Return every mapped class of a Database, by name."""
    base: Any = db.base
    classes = [mapper.class_ for mapper in base.registry.mappers]
    return sorted(classes, key=lambda cls: (cls.__name__, cls.__module__))
