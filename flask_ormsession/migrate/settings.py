"""What an app says about its migrations: the folder, options for Alembic, and configure callbacks.

    db = Database()
    db.migrations.directory = "shop/migrations"
    db.migrations.options.update(compare_server_default=True)

    @db.migrations.configure
    def add_options(config):
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")

`Migrate(app, db)` says the same for one app, in the words of Flask-Migrate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from flask_ormsession.state import get_app, get_state

if TYPE_CHECKING:
    from alembic.config import Config
    from flask import Flask

    from flask_ormsession.extension import Database

EXTENSION_KEY = "migrate"  # in app.extensions, as with Flask-Migrate
Callback = Callable[["Config"], "Config | None"]


class Migrations:
    """Settings of `flask db`; `db.migrations` holds those for every app of a Database.

    directory: the migrations folder; None looks for it beside and inside the app's package.
    options: arguments for Alembic's `context.configure()`, as `compare_type`, `include_object`.
    """

    def __init__(
        self, directory: str | None = None, options: Mapping[str, Any] | None = None
    ) -> None:
        self.directory = directory
        self.options = dict(options or {})
        self.callbacks: list[Callback] = []

    def configure(self, callback: Callback) -> Callback:
        """Register a function which is given Alembic's Config before every command.

        It changes the Config in place, or returns another.
        """
        self.callbacks.append(callback)
        return callback


class Migrate(Migrations):
    """The migrations of one app, as Flask-Migrate declares them.

        migrate = Migrate(app, db, compare_server_default=True)

    app, db: or call `init_app(app, db)`, before or after `db.init_app(app)`. command: a further name
    for the group `flask db`. What is left of `options` goes to Alembic's `context.configure()`.
    """

    def __init__(
        self,
        app: Flask | None = None,
        db: Database[Any] | None = None,
        directory: str | None = None,
        command: str = "db",
        **options: Any,
    ) -> None:
        super().__init__(directory, options)
        self.db = db
        self.command = command
        if app is not None:
            self.init_app(app)

    @property
    def configure_args(self) -> dict[str, Any]:
        """The options, by the name that an `env.py` of Flask-Migrate reads."""
        return self.options

    def init_app(
        self,
        app: Flask,
        db: Database[Any] | None = None,
        directory: str | None = None,
        command: str | None = None,
        **options: Any,
    ) -> None:
        """Take these settings for an app; arguments go before those of the constructor."""
        from flask_ormsession.migrate.commands import db_cli

        chosen = Migrate(
            db=db or self.db,
            directory=directory or self.directory,
            command=command or self.command,
            **{**self.options, **options},
        )
        # One list, so that callbacks registered afterwards count too.
        chosen.callbacks = self.callbacks
        app.extensions[EXTENSION_KEY] = chosen
        if chosen.command != "db":
            app.cli.add_command(db_cli, name=chosen.command)


def find_directory() -> str | None:
    """Return the folder that the current app named, or None."""
    named = [item.directory for item in find_settings() if item.directory is not None]
    return named[-1] if named else None


def find_options() -> dict[str, Any]:
    """Return the options for `context.configure()`, those of the app before those of its Database."""
    options: dict[str, Any] = {}
    for item in find_settings():
        options.update(item.options)
    return options


def apply_callbacks(config: Config) -> Config:
    """Pass a Config through the callbacks; returns what they made of it."""
    for item in find_settings():
        for callback in item.callbacks:
            config = callback(config) or config
    return config


def find_settings() -> list[Migrations]:
    """Return what the Database of the current app says, then what the app itself does."""
    app = get_app()
    own = app.extensions.get(EXTENSION_KEY)
    return [get_state(app).db.migrations, *([own] if isinstance(own, Migrate) else [])]
