"""Settings -> engines. Engines connect when they are first used, so that an app starts without its
database; a URL that cannot be understood and a driver that is missing are found at once."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from flask_ormsession import integrity, signals
from flask_ormsession.errors import annotate, find_missing_table
from flask_ormsession.model import explain_two_bases
from flask_ormsession.state import get_state
from flask_ormsession.timeouts import limit_statements
from orm import URL, Engine, create_engine, event, exc, make_url

if TYPE_CHECKING:
    from flask import Flask

    from flask_ormsession.config import BindSettings, Settings


def make_engines(app: Flask, settings: Settings) -> dict[str | None, Engine]:
    """Return one engine per configured database, the default one under None. No I/O but for the
    instance folder, which is made when a SQLite file will live in it."""
    engines = {name: make_engine(app, bind) for name, bind in settings.binds.items()}
    for name, engine in engines.items():
        _tell_of_exhaustion(app, name, engine)
        if settings.statement_timeout_ms:
            limit_statements(engine, settings.statement_timeout_ms)
    return engines


def make_engine(app: Flask, bind: BindSettings) -> Engine:
    """Return the engine of one database; its errors carry the extension's hints as notes."""
    engine = create_engine(resolve_url(app, make_url(bind.url)), **bind.options)
    app_ref = weakref.ref(app)

    def annotate_error(context: Any) -> None:
        error = context.sqlalchemy_exception
        if error is None:
            return
        annotate(error)
        app = app_ref()
        if app is None:
            return
        if isinstance(error, exc.IntegrityError):
            integrity.name_attributes(app, error)
            if note := integrity.explain_lost_owner(error):
                error.add_note(note)
        elif table := find_missing_table(error):
            if note := explain_two_bases(get_state(app).db, table):
                error.add_note(note)

    event.listen(engine, "handle_error", annotate_error)
    return engine


def _tell_of_exhaustion(app: Flask, bind_key: str | None, engine: Engine) -> None:
    app_ref = weakref.ref(app)

    def tell(pool: object, error: BaseException) -> None:
        app = app_ref()
        if app is not None and signals.pool_exhausted.receivers:
            signals.pool_exhausted.send(app, bind_key=bind_key, error=error)

    event.listen(engine, "exhausted", tell)


def resolve_url(app: Flask, url: URL) -> URL:
    """Return the URL with a relative SQLite path placed in the instance folder of the app."""
    database = url.database
    if not url.drivername.startswith("sqlite") or not database or database == ":memory:":
        return url
    is_uri = database.startswith("file:")
    name = unquote(database[len("file:") :]) if is_uri else database
    in_memory = name.startswith(":memory:") or url.query.get("mode") == "memory"
    if (is_uri and in_memory) or Path(name).is_absolute():
        return url
    path = Path(app.instance_path) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return url.set(database=f"file:{quote(str(path))}" if is_uri else str(path))
