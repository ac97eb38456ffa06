"""The commands `flask db init|revision|migrate|upgrade|downgrade|current|history|heads|check|stamp`,
and `show`, `branches`, `merge`, `edit`.

Alembic, and with it SQLAlchemy, is imported when a command runs and not before; so an app which never
migrates never needs it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click
from flask.cli import with_appcontext

from flask_ormsession.errors import OrmSessionError
from flask_ormsession.migrate.alembic_config import make_config, make_directory, run
from flask_ormsession.state import get_app, get_state

F = TypeVar("F", bound=Callable[..., Any])


@click.group("db")
def db_cli() -> None:
    """Create and apply database migrations."""


def _command(name: str) -> Callable[[F], click.Command]:
    """Make a command of `flask db`: in an app context, with `--directory` and `-x`, our errors shown
    as one message and exit code 1."""

    def decorate(function: F) -> click.Command:
        @functools.wraps(function)
        def shown(*args: Any, **kw: Any) -> Any:
            try:
                return function(*args, **kw)
            except OrmSessionError as error:
                raise click.ClickException(str(error)) from error

        wrapped = with_appcontext(shown)
        wrapped = click.option("-x", "--x-arg", multiple=True, help="Value for env.py.")(wrapped)
        wrapped = click.option("-d", "--directory", help="The migrations folder.")(wrapped)
        return db_cli.command(name)(wrapped)

    return decorate


def _check_models() -> None:
    """Raise unless the Database knows a table, since an empty comparison would drop everything."""
    state = get_state(get_app())
    if not state.db.metadata.tables:
        raise OrmSessionError(
            "No model is known to the Database, so there is nothing to compare with. Import the modules "
            "with your models where the app is made, and derive the models from db.Model of the same "
            "Database object."
        )


@_command("init")
def init(directory: str | None, x_arg: tuple[str, ...]) -> None:
    """Make the migrations folder."""
    folder = make_directory(directory)
    click.echo(
        f"Made {folder}. Write the first migration with `flask db migrate -m 'first tables'`."
    )


@_command("revision")
@click.option("-m", "--message", help="What the migration does.")
@click.option("--autogenerate", is_flag=True, help="Fill it from the models.")
@click.option("--sql", is_flag=True, help="Print SQL instead of writing to a database.")
@click.option("--head", default="head", show_default=True, help="The revision to follow.")
@click.option("--splice", is_flag=True, help="Allow a revision that is not a head.")
@click.option("--branch-label", help="Label for a new branch.")
@click.option("--version-path", help="Folder for the script.")
@click.option("--rev-id", help="Identifier of the new revision.")
def revision(directory: str | None, x_arg: tuple[str, ...], **options: Any) -> None:
    """Write an empty migration script."""
    if options["autogenerate"]:
        _check_models()
    run("revision", make_config(directory, x_arg), **options)


@_command("migrate")
@click.option("-m", "--message", help="What the migration does.")
@click.option("--sql", is_flag=True, help="Print SQL instead of writing to a database.")
@click.option("--head", default="head", show_default=True, help="The revision to follow.")
@click.option("--splice", is_flag=True, help="Allow a revision that is not a head.")
@click.option("--branch-label", help="Label for a new branch.")
@click.option("--version-path", help="Folder for the script.")
@click.option("--rev-id", help="Identifier of the new revision.")
def migrate(directory: str | None, x_arg: tuple[str, ...], **options: Any) -> None:
    """Write a migration script from the difference between the models and the database."""
    _check_models()
    run("revision", make_config(directory, x_arg), autogenerate=True, **options)


@_command("upgrade")
@click.argument("revision", default="head")
@click.option("--sql", is_flag=True, help="Print the SQL instead of running it.")
@click.option("--tag", help="A value for env.py.")
def upgrade(directory: str | None, x_arg: tuple[str, ...], **options: Any) -> None:
    """Apply migrations, up to REVISION (default: all)."""
    run("upgrade", make_config(directory, x_arg), **options)


@_command("downgrade")
@click.argument("revision", default="-1")
@click.option("--sql", is_flag=True, help="Print the SQL instead of running it.")
@click.option("--tag", help="A value for env.py.")
def downgrade(directory: str | None, x_arg: tuple[str, ...], **options: Any) -> None:
    """Take migrations back, down to REVISION (default: one step)."""
    if options["sql"] and options["revision"] == "-1":
        options["revision"] = "head:-1"
    run("downgrade", make_config(directory, x_arg), **options)


@_command("current")
@click.option("-v", "--verbose", is_flag=True)
def current(directory: str | None, x_arg: tuple[str, ...], **options: Any) -> None:
    """Show the revision of the database."""
    run("current", make_config(directory, x_arg), **options)


@_command("history")
@click.option("-r", "--rev-range", help="As START:END.")
@click.option("-v", "--verbose", is_flag=True)
@click.option("-i", "--indicate-current", is_flag=True)
def history(directory: str | None, x_arg: tuple[str, ...], **options: Any) -> None:
    """List the migrations, newest first."""
    run("history", make_config(directory, x_arg), **options)


@_command("heads")
@click.option("-v", "--verbose", is_flag=True)
@click.option("--resolve-dependencies", is_flag=True)
def heads(directory: str | None, x_arg: tuple[str, ...], **options: Any) -> None:
    """Show the newest revisions in the folder."""
    run("heads", make_config(directory, x_arg), **options)


@_command("branches")
@click.option("-v", "--verbose", is_flag=True)
def branches(directory: str | None, x_arg: tuple[str, ...], **options: Any) -> None:
    """Show where the history branches."""
    run("branches", make_config(directory, x_arg), **options)


@_command("show")
@click.argument("revision", default="head")
def show(directory: str | None, x_arg: tuple[str, ...], revision: str) -> None:
    """Show one migration."""
    run("show", make_config(directory, x_arg), revision)


@_command("edit")
@click.argument("revision", default="head")
def edit(directory: str | None, x_arg: tuple[str, ...], revision: str) -> None:
    """Open a migration script in $EDITOR."""
    run("edit", make_config(directory, x_arg), revision)


@_command("merge")
@click.argument("revisions", nargs=-1)
@click.option("-m", "--message", help="What the migration does.")
@click.option("--branch-label", help="Label for the new revision.")
@click.option("--rev-id", help="Identifier of the new revision.")
def merge(directory: str | None, x_arg: tuple[str, ...], revisions: Any, **options: Any) -> None:
    """Join branches of the history in a new migration."""
    run("merge", make_config(directory, x_arg), revisions or "heads", **options)


@_command("stamp")
@click.argument("revision", default="head")
@click.option("--sql", is_flag=True, help="Print the SQL instead of running it.")
@click.option("--tag", help="A value for env.py.")
@click.option("--purge", is_flag=True, help="Empty the version table first.")
def stamp(directory: str | None, x_arg: tuple[str, ...], **options: Any) -> None:
    """Tell the database that it is at REVISION, without running anything."""
    run("stamp", make_config(directory, x_arg), **options)


@_command("check")
def check(directory: str | None, x_arg: tuple[str, ...]) -> None:
    """Exit with 1 if the models and the database differ."""
    _check_models()
    run("check", make_config(directory, x_arg))
