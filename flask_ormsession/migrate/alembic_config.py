"""The Alembic Config of an app: which folder, which environment, and where messages go."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import current_app

from flask_ormsession.errors import MigrationError
from flask_ormsession.migrate.settings import apply_callbacks, find_directory
from flask_ormsession.state import get_app, get_state

if TYPE_CHECKING:
    from alembic.config import Config

# In the attributes of a Config:
COMMAND = "flask_ormsession.command"  # the name of Alembic's command
LOCK_WAIT = "flask_ormsession.lock_wait_s"  # None: take no lock
RENAMES = "flask_ormsession.renames"  # a renames.Answers
TARGET = "flask_ormsession.target"  # the environment.Target that env.py is at

DEFAULT_DIRECTORY = "migrations"
# Alembic's remarks about itself; nobody asked.
_NOISE = (
    "Context impl",
    "Will assume",
    "autogenerate skipping",
    "setting up autogenerate",
    "Detected sequence named",
)
TEMPLATES = Path(__file__).parent / "templates"


def resolve_directory(directory: str | None) -> Path:
    """Return the migrations folder: as given (relative to where the command runs), or as the app
    names it, else `migrations` beside or inside the app's package, whichever is there, and else
    beside where the command runs."""
    named = directory or find_directory()
    if named is not None:
        return Path(named)
    root = Path(current_app.root_path)
    places = (Path(DEFAULT_DIRECTORY), root / DEFAULT_DIRECTORY, root.parent / DEFAULT_DIRECTORY)
    return next((place for place in places if (place / "env.py").is_file()), places[0])


def make_config(
    directory: str | None,
    x_args: Sequence[str] = (),
    attributes: Mapping[str, Any] | None = None,
) -> Config:
    """Return Alembic's Config for a folder.

    x_args: `name=value` texts for `context.get_x_argument()`. attributes: what env.py is to know.
    Raises MigrationError if the folder holds no migrations, or those of Flask-Migrate's `env.py`.
    """
    folder = resolve_directory(directory)
    if not (folder / "env.py").is_file():
        raise MigrationError(
            f"There is no migrations folder at {folder} (it has no env.py). Make one with `flask db "
            "init`, or name the right one with `--directory`."
        )
    _refuse_foreign_environment(folder / "env.py")
    config = _make_plain_config(folder / "alembic.ini", x_args)
    config.attributes.update(attributes or {})
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    for name, value in (("path_separator", "os"), ("databases", ", ".join(_bind_keys()))):
        if config.get_main_option(name) is None:
            config.set_main_option(name, value.replace("%", "%%"))
    return apply_callbacks(config)


def _make_plain_config(ini: Path, x_args: Sequence[str], *, quiet: bool = False) -> Config:
    from argparse import Namespace

    from alembic.config import Config

    return Config(
        str(ini) if ini.is_file() else None,
        stdout=sys.stdout,
        cmd_opts=Namespace(x=list(x_args), quiet=quiet),
    )


def _bind_keys() -> list[str]:
    return [key for key in get_state(get_app()).engines if key is not None]


def _refuse_foreign_environment(env: Path) -> None:
    """Raise MigrationError for an env.py that asks Flask-Migrate for a SQLAlchemy engine, and for its
    template of scripts for several databases, which looks for a key of Flask-SQLAlchemy."""
    text = env.read_text("utf-8")
    template = env.with_name("script.py.mako")
    several = template.is_file() and "SQLALCHEMY_BINDS" in template.read_text("utf-8")
    change = (
        f"Replace {template.name} by the one that `flask db init --multidb --directory fresh` makes; "
        "with it, new scripts know the databases in ORM_BINDS."
    )
    if "extensions['migrate']" in text.replace('"', "'"):
        raise MigrationError(
            f"{env} was written by Flask-Migrate and asks it for an engine. Replace its content; the "
            "scripts in versions/ and the database stay as they are:\n\n"
            "    from alembic import context\n"
            "    from flask_ormsession.migrate.environment import run_migrations\n\n"
            f"    run_migrations(context{', multidb=True' if several else ''})"
            + (f"\n\n{change}" if several else "")
        )
    if several and "multidb=True" in text:
        raise MigrationError(f"{template} was written by Flask-Migrate. {change}")


def make_directory(
    directory: str | None, template: str | None, *, multidb: bool, package: bool
) -> Path:
    """Make a migrations folder from a template; returns it.

    template: the name of one of ours, or the path of a folder with one. package: with `__init__.py`
    files. Raises MigrationError if there is something already, or no such template.
    """
    from alembic import command

    folder = Path(directory or find_directory() or DEFAULT_DIRECTORY)
    if folder.exists() and any(folder.iterdir()):
        raise MigrationError(
            f"{folder} exists and is not empty. If it holds your migrations there is nothing to do; "
            "otherwise name another folder with `--directory`."
        )
    source = find_template(template or ("flask-multidb" if multidb else "flask"))
    # Alembic would ask for settings to be made before one goes on, of which there are none here.
    config = _make_plain_config(folder / "alembic.ini", (), quiet=True)
    config.config_file_name = str(folder / "alembic.ini")
    # Alembic asks the Config for the folder with its templates; ours are elsewhere.
    config.get_template_directory = lambda: str(source.parent)  # type: ignore[method-assign]
    config = apply_callbacks(config)
    with echo_messages():
        command.init(config, str(folder), template=source.name, package=package)
    return folder


def find_template(name: str) -> Path:
    """Return the folder of a template. Raises MigrationError if there is none."""
    own = TEMPLATES / name
    found = own if own.is_dir() else Path(name).resolve()
    if not (found / "env.py").is_file():
        raise MigrationError(
            f"There is no template {name!r}. It is one of {', '.join(list_templates())}, or the path "
            "of a folder with env.py and script.py.mako."
        )
    return found


def list_templates() -> dict[str, str]:
    """Return the names of our templates, with what each is for."""
    folders = sorted(path for path in TEMPLATES.iterdir() if path.is_dir())
    return {path.name: (path / "README").read_text("utf-8").splitlines()[0] for path in folders}


class _EchoHandler(logging.Handler):
    """Prints what Alembic logs, as "Running upgrade -> 3f2a, products"."""

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if not message.startswith(_NOISE):
            click.echo(message, err=record.levelno > logging.INFO)


@contextmanager
def echo_messages() -> Iterator[None]:
    """Print Alembic's log messages for the time of a command, whatever logging is configured."""
    logger = logging.getLogger("alembic")
    level, propagate = logger.level, logger.propagate
    handler = _EchoHandler()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate


def run(name: str, config: Any, *args: Any, **options: Any) -> Any:
    """Run one of Alembic's commands. Raises MigrationError with its message and what to do."""
    from alembic import command
    from alembic.util import AutogenerateDiffsDetected, CommandError

    config.attributes[COMMAND] = name
    try:
        with echo_messages():
            return getattr(command, name)(config, *args, **options)
    except AutogenerateDiffsDetected as error:
        raise MigrationError(
            f"The models and the database differ in {len(error.diffs)} points (above). Write a "
            "migration with `flask db migrate`, or bring the models back in line."
        ) from error
    except CommandError as error:
        raise MigrationError(explain(str(error))) from error


def explain(message: str) -> str:
    """Add to one of Alembic's messages what to do about it, where that is certain."""
    if "not up to date" in message:
        return (
            f"{message} Migrations are waiting that this database has not seen: apply them with "
            "`flask db upgrade` first."
        )
    if "Can't locate revision" in message:
        return (
            f"{message} The database is at a revision that no script in the folder has: a script was "
            "deleted, or belongs to another branch. Bring it back, or tell the database where it "
            "stands with `flask db stamp --purge`."
        )
    if "not on all head revisions" in message or "not on all current heads" in message:
        return f"{message} It is not the newest: apply what is waiting with `flask db upgrade`."
    if "Multiple head revisions" in message:
        return f"{message} Join them with `flask db merge heads`."
    return message
