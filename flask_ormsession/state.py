"""AppState: everything that belongs to one app, found as `app.extensions["ormsession"]`.

A `Database` serves many apps, so it holds nothing of theirs itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from flask import current_app

from flask_ormsession.errors import ConfigError, make_not_initialised_error
from orm import Engine, Session, sessionmaker

if TYPE_CHECKING:
    from flask import Flask

    from flask_ormsession.config import Settings
    from flask_ormsession.extension import Database

EXTENSION_KEY = "ormsession"


def get_app() -> Flask:
    """Return the current app itself, not its proxy. Raises RuntimeError without an app context."""
    app: Flask = cast("Any", current_app)._get_current_object()
    return app


@dataclass(slots=True, weakref_slot=True)
class AppState:
    """What one app has: its settings, engines, the factory of its sessions, its recorder.

    engines: bind key -> engine; the default database under None.
    reads_first: whether sessions begin by reading (see `read_first`).
    binds_checked: whether the bind keys of the models were compared with the engines.
    recorder: what listens to the engines, once something wants to know of statements.
    on_receivers: what waits for the first receivers of signals.
    """

    db: Database[Any]
    settings: Settings
    engines: dict[str | None, Engine]
    session_factory: sessionmaker[Session]
    reads_first: bool = False
    binds_checked: bool = False
    recorder: Any = None
    on_receivers: list[Any] = field(default_factory=list)

    def get_engine(self, bind_key: str | None = None) -> Engine:
        """Return the engine of a bind key. Raises ConfigError if it is not configured."""
        try:
            return self.engines[bind_key]
        except KeyError:
            known = ", ".join(repr(key) for key in self.engines if key is not None) or "none"
            raise ConfigError(
                f"There is no database for the bind key {bind_key!r}. Name it in the configuration: "
                f"ORM_BINDS = {{{bind_key!r}: 'sqlite:///{bind_key}.db'}}. Known bind keys: {known}."
            ) from None


def get_state(app: Flask) -> AppState:
    """Return the state of an app. Raises NotInitialisedError if no Database was given to it."""
    state: AppState | None = app.extensions.get(EXTENSION_KEY)
    if state is None:
        raise make_not_initialised_error(app.name)
    return state
