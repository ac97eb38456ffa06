"""What the `env.py` of a migrations folder runs: Alembic's context, set up for our databases."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from flask_ormsession.migrate import autogenerate, bridge
from flask_ormsession.migrate.alembic_config import COMMAND, LOCK_WAIT, RENAMES, TARGET
from flask_ormsession.migrate.lock import hold_lock
from flask_ormsession.migrate.settings import find_options
from flask_ormsession.state import AppState, get_app, get_state

if TYPE_CHECKING:
    from orm import Engine, MetaData

_CHANGES_DATABASE = ("upgrade", "downgrade", "stamp")

_ROLLED_BACK = "Its transaction was rolled back; `flask db current` tells where the database is."
_AFTERMATH = dict.fromkeys(
    ("mysql", "mariadb"),
    "MariaDB commits each change of a table by itself: what the script did before this line stays, "
    "while the database counts as not having this migration. Undo that by hand, or take it out of the "
    "script for this one run.",
)


@dataclass(frozen=True)
class Target:
    """One database to migrate.

    bind_key: None for the default one. name: in the functions of a script, as `upgrade_sensors`;
    None in a folder of one database. options: of its engine.
    """

    bind_key: str | None
    name: str | None
    engine: Engine
    metadata: MetaData
    options: Mapping[str, Any]

    @property
    def label(self) -> str:
        """Its name for people."""
        return "the default database" if self.bind_key is None else f"database {self.bind_key!r}"


def run_migrations(context: Any, *, multidb: bool = False, **options: Any) -> None:
    """Run what Alembic was asked to run on the database of the current app.

    context: `alembic.context`. multidb: on every database of the app, one after the other; which
    ones, `databases = sensors, reports` in alembic.ini or a configure callback may say (the default
    one is always among them). options: arguments for `context.configure()` beyond ours, as
    `compare_server_default=True`, `include_object=...`, `version_table=...`.
    Raises MigrationError if a database cannot be reached.
    """
    state = get_state(get_app())
    targets = list(make_targets(state, context.config)) if multidb else [make_target(state)]
    for position, target in enumerate(targets):
        if multidb:
            _announce(context, target)
        with _naming_failed(target, targets[:position]):
            _run_one(context, target, options, last=target is targets[-1])


def make_target(state: AppState, bind_key: str | None = None, name: str | None = None) -> Target:
    """Return the Target for a bind key."""
    return Target(
        bind_key,
        name,
        state.get_engine(bind_key),
        state.db.get_metadata(bind_key),
        state.settings.binds[bind_key].options,
    )


def make_targets(state: AppState, config: Any) -> Iterator[Target]:
    """Yield the databases of a folder of several, the default one first."""
    for key in (None, *read_bind_keys(config)):
        yield make_target(state, key, make_identifier(key))


def read_bind_keys(config: Any) -> list[str]:
    """Return the bind keys that a folder of several databases has, the default one left out."""
    return [
        key.strip() for key in config.get_main_option("databases", "").split(",") if key.strip()
    ]


def make_identifier(bind_key: str | None) -> str:
    """Return what `upgrade_` in a script is followed by: nothing for the default database."""
    return "" if bind_key is None else re.sub(r"\W", "_", bind_key)


def _announce(context: Any, target: Target) -> None:
    if context.is_offline_mode():
        click.echo(f"-- {target.label}\n")
    elif context.config.attributes.get(COMMAND) in (*_CHANGES_DATABASE, "current", "check"):
        click.echo(f"{target.label[0].upper()}{target.label[1:]}:")


@contextmanager
def _naming_failed(target: Target, done: list[Target]) -> Iterator[None]:
    """Say in a note on which database something failed, and which are done."""
    try:
        yield
    except Exception as error:
        if target.name is not None:
            names = ", ".join(item.label for item in done) or "none"
            error.add_note(
                f"This happened on {target.label}. Already done: {names}. The same command goes on "
                "where it stopped, once the cause is mended."
            )
        raise


@contextmanager
def _naming_place(dialect_name: str) -> Iterator[None]:
    """Say in a note in which script something failed, and what is left of it."""
    try:
        yield
    except Exception as error:
        for frame, line in traceback.walk_tb(error.__traceback__):
            names = frame.f_globals
            if "revision" in names and "down_revision" in names:
                error.add_note(
                    f"Migration {names['revision']} failed in {frame.f_code.co_filename}, line {line}. "
                    + _AFTERMATH.get(dialect_name, _ROLLED_BACK)
                )
                break
        raise


def _run_one(context: Any, target: Target, options: dict[str, Any], *, last: bool) -> None:
    context.config.attributes[TARGET] = target
    arguments = _make_arguments(context, target, options, last=last)
    naming = {} if target.name is None else {"engine_name": target.name}
    if context.is_offline_mode():
        url = bridge.make_url_text(target.engine)
        context.configure(
            url=url, literal_binds=True, dialect_opts={"paramstyle": "named"}, **arguments
        )
        with context.begin_transaction():
            context.run_migrations(**naming)
        return
    made = bridge.make_engine(target.engine, target.options)
    with (
        bridge.connect(made) as connection,
        _lock(context, connection),
        _naming_place(made.dialect.name),
    ):
        context.configure(connection=connection, **arguments)
        with context.begin_transaction():
            context.run_migrations(**naming)


def _lock(context: Any, connection: Any) -> Any:
    attributes = context.config.attributes
    wait_s = attributes.get(LOCK_WAIT)
    if attributes.get(COMMAND) not in _CHANGES_DATABASE or wait_s is None:
        return nullcontext()
    return hold_lock(connection, wait_s)


def _make_arguments(
    context: Any, target: Target, options: dict[str, Any], *, last: bool
) -> dict[str, Any]:
    """Return the arguments for `context.configure()`: ours, then the app's, then those of env.py."""
    is_sqlite = target.engine.dialect.name == "sqlite"
    arguments: dict[str, Any] = {"render_as_batch": is_sqlite, "compare_type": True}
    if is_sqlite:
        arguments["transactional_ddl"] = True
    arguments |= find_options() | options
    if arguments["compare_type"] is True:
        arguments["compare_type"] = compare_type
    arguments["render_item"] = _render_item(arguments.get("render_item"))
    arguments["target_metadata"] = bridge.to_sqlalchemy(target.metadata, target.engine)
    if target.name is not None:
        arguments["upgrade_token"] = f"{target.name}_upgrades"
        arguments["downgrade_token"] = f"{target.name}_downgrades"
    answers = context.config.attributes.get(RENAMES)
    if answers is not None:
        own_hook = arguments.get("process_revision_directives")
        arguments["process_revision_directives"] = autogenerate.ScriptFinisher(
            target, answers, own_hook, last=last
        )
    if not target.metadata.tables:
        # An empty side of a comparison would drop every table of the other.
        arguments["include_name"] = lambda name, kind, parents: kind == "schema"
    return arguments


def _render_item(own: Any) -> Any:
    """Return Alembic's hook for the source text of an item: the app's own first, then ours."""
    if own is None:
        return bridge.render_item

    def render(kind: str, item: Any, context: Any) -> Any:
        text = own(kind, item, context)
        return bridge.render_item(kind, item, context) if text is False else text

    return render


def compare_type(context: Any, inspected: Any, column: Any, found: Any, wanted: Any) -> bool | None:
    """Say False where a database has another name for the very type; None lets Alembic judge.

    MariaDB stores JSON as LONGTEXT and tells of it by that name; REAL is DOUBLE there, and NCHAR is
    CHAR in a character set. A Uuid is a CHAR(32) where
    `db.create_all()` made the table, and of the server's own type where a migration did.
    """
    if context.dialect.name in ("mysql", "mariadb"):
        names = type(found).__name__.upper(), type(wanted).__name__.upper()
        if names == ("LONGTEXT", "JSON"):
            return False
        if names == ("CHAR", "UUID") and found.length == 32:
            return False
        if names in (("DOUBLE", "REAL"), ("CHAR", "NCHAR"), ("VARCHAR", "NVARCHAR")):
            return names[0] != "DOUBLE" and found.length != wanted.length
    return None
