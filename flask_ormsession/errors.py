"""The extension's own errors, and the sentences they are made of.

Every message says what happened, to what, and what to write instead.

    OrmSessionError (RuntimeError)
     +- ConfigError                 a configuration value that cannot be used
     +- NotInitialisedError         the app, or any app, does not know this Database
     +- NoContextError              the session was used outside an app context
     +- ReadOnlyError               a view or function marked read-only wanted to write
     +- NestedTransactionError      @db.transaction was called within a transaction
     +- MigrationError              `flask db` cannot go on (a Click exception is made of it)
"""

from __future__ import annotations

import re

__all__ = [
    "ConfigError",
    "MigrationError",
    "NestedTransactionError",
    "NoContextError",
    "NotInitialisedError",
    "OrmSessionError",
    "ReadOnlyError",
]


class OrmSessionError(RuntimeError):
    """Base of the errors that this extension raises itself."""


class ConfigError(OrmSessionError):
    """A configuration key is unknown or its value cannot be used."""


class NotInitialisedError(OrmSessionError):
    """`init_app` was not called for this app, or was called twice."""


class NoContextError(OrmSessionError):
    """The request's session was used where there is no app context."""


class ReadOnlyError(OrmSessionError):
    """A view marked `@db.read_only`, or a read-only transaction, wanted to save changes."""


class NestedTransactionError(OrmSessionError):
    """A function of `@db.transaction` was called while the session was at work already."""


class MigrationError(OrmSessionError):
    """A migration command cannot go on; the message is what the user reads."""


def make_no_context_error(name: str) -> NoContextError:
    """The error for the use of `db.<name>` without an app context."""
    return NoContextError(
        f"db.{name} was used outside of an app context, so there is no app whose database could "
        "be meant. In a view, a CLI command or `flask shell` a context is there already; anywhere "
        "else write:\n\n    with app.app_context():\n        ...\n\nBackground work gets its own "
        "context and session from db.run_in_thread(function)."
    )


def make_not_initialised_error(app_name: str) -> NotInitialisedError:
    """The error for an app that does not know the Database."""
    return NotInitialisedError(
        f"The app {app_name!r} does not know this Database. Write `db = Database(app)`, or call "
        "`db.init_app(app)` in the app factory, after the configuration is loaded."
    )


_MISSING_TABLE = (
    re.compile(r"no such table: ([\w.\"]+)"),
    re.compile(r'relation "([^"]+)" does not exist'),
    re.compile(r"Table '([^']+)' doesn't exist"),
)
_MISSING_COLUMN = (
    re.compile(r"no such column: ([\w.\"]+)"),
    re.compile(r"has no column named (\w+)"),
    re.compile(r"column \"?([\w.]+)\"? (?:of relation \S+ )?does not exist"),
    re.compile(r"Unknown column '([^']+)'"),
)


def hint_for(message: str) -> str | None:
    """What to do about a driver's message, or None when there is nothing certain to say."""
    if "database is locked" in message:
        return (
            "Another connection has been writing to this SQLite file for longer than this one may wait "
            "(`timeout` in connect_args, 30 s by default). If it is the session of this very context, "
            "end its transaction first: db.session.commit() or db.session.rollback()."
        )
    # A column's message on PostgreSQL names the relation too.
    for pattern in _MISSING_COLUMN:
        if found := pattern.search(message):
            return (
                f"The column {found[1]} is not in this database. If a model has it, a migration is "
                "not applied: run `flask db upgrade` (`flask db check` tells whether one must be "
                "made with `flask db migrate`)."
            )
    for pattern in _MISSING_TABLE:
        if found := pattern.search(message):
            return (
                f"The table {found[1]} is not in this database. Apply the migrations with "
                "`flask db upgrade` (make them with `flask db migrate` first if the model is new); "
                "an app without migrations creates its tables with db.create_all()."
            )
    return None


def find_missing_table(error: BaseException) -> str | None:
    """Return the name of the table, without schema, which a database error says does not exist."""
    for pattern in _MISSING_TABLE:
        if found := pattern.search(str(getattr(error, "orig", None) or error)):
            return found[1].strip('"').rpartition(".")[2]
    return None


def annotate(error: BaseException) -> None:
    """Add the hint for a database error to it as a note, once; anything else is left alone."""
    hint = hint_for(str(getattr(error, "orig", None) or error))
    if hint is not None and hint not in getattr(error, "__notes__", ()):
        error.add_note(hint)
