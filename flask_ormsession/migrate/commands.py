"""The commands `flask db ...`: Flask-Migrate's with their options, and `lint`, `diagram`, `doctor`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from flask.cli import with_appcontext

from flask_ormsession.errors import OrmSessionError
from flask_ormsession.migrate import actions
from flask_ormsession.migrate.lock import DEFAULT_WAIT_S

F = TypeVar("F", bound=Callable[..., Any])
Decorator = Callable[[F], F]

DIRECTORY = click.option("-d", "--directory", help="The migrations folder.")
X_ARG = click.option("-x", "--x-arg", multiple=True, help="A name=value for env.py.")
MESSAGE = click.option("-m", "--message", help="What the migration does.")
SQL = click.option("--sql", is_flag=True, help="Print the SQL instead of running it.")
TAG = click.option("--tag", help="A value for env.py.")
VERBOSE = click.option("-v", "--verbose", is_flag=True, help="Tell more.")


class _Revision(click.ParamType[str]):
    """A revision, which may begin with a minus sign: `flask db downgrade -2`."""

    name = "revision"

    def convert(self, value: str, param: Any, ctx: Any) -> str:
        """Return the revision. Raises UsageError for what only can be a misspelt option."""
        if value.startswith("-") and not value[1:].isdigit():
            raise click.NoSuchOption(value, ctx=ctx)
        return value


@click.group("db")
def db_cli() -> None:
    """Create and apply database migrations."""


def command(name: str, *options: Decorator[Any], **settings: Any) -> Callable[[F], click.Command]:
    """Make a command of `flask db`: in an app context, with `--directory` and the given options, our
    errors shown as one message and exit code 1. settings: for `click.command`."""

    def decorate(function: F) -> click.Command:
        @functools.wraps(function)
        def shown(*args: Any, **kw: Any) -> Any:
            try:
                return function(*args, **kw)
            except OrmSessionError as error:
                message = "\n".join([str(error), *getattr(error, "__notes__", ())])
                raise click.ClickException(message) from error

        wrapped: Any = with_appcontext(shown)
        for option in reversed((DIRECTORY, *options)):
            wrapped = option(wrapped)
        return db_cli.command(name, **settings)(wrapped)

    return decorate


def _new_script(function: F) -> F:
    """Add the options for where a new script goes."""
    options = (
        MESSAGE,
        click.option("--sql", is_flag=True, help="Print the script's SQL instead."),
        click.option("--head", default="head", show_default=True, help="The revision to follow."),
        click.option("--splice", is_flag=True, help="Allow a revision that is not a head."),
        click.option("--branch-label", help="Label for a new branch."),
        click.option("--version-path", help="Folder for the script."),
        click.option("--rev-id", help="Identifier of the new revision."),
        click.option(
            "--rename", multiple=True, metavar="OLD:NEW", help="A renamed column or table."
        ),
        click.option("--no-rename", is_flag=True, help="Nothing else was renamed; do not ask."),
        X_ARG,
    )
    for option in reversed(options):
        function = option(function)
    return function


def _lock(function: F) -> F:
    """Add the options for the lock; the function is given `lock_timeout` in seconds, or None."""

    @functools.wraps(function)
    def locked(*args: Any, no_lock: bool, lock_timeout: float, **kw: Any) -> Any:
        return function(*args, lock_timeout=None if no_lock else lock_timeout, **kw)

    timeout = click.option(
        "--lock-timeout",
        type=click.FloatRange(min=0),
        default=DEFAULT_WAIT_S,
        show_default=True,
        help="Seconds to wait for another process that migrates this database.",
    )
    none = click.option("--no-lock", is_flag=True, help="Do not keep other processes out.")
    return timeout(none(locked))  # type: ignore[return-value]


@command(
    "init",
    click.option("--multidb", is_flag=True, help="For the databases in ORM_BINDS, too."),
    click.option("-t", "--template", help="Name or path of a template (see list-templates)."),
    click.option("--package", is_flag=True, help="With __init__.py files."),
)
def init(**options: Any) -> None:
    """Make the migrations folder."""
    actions.init(**options)


@db_cli.command("list-templates")
def list_templates() -> None:
    """List the templates for `init`."""
    actions.list_templates()


@command(
    "revision",
    click.option("--autogenerate", is_flag=True, help="Fill it from the models."),
    _new_script,
)
def revision(**options: Any) -> None:
    """Write an empty migration script."""
    actions.revision(**options)


@command("migrate", _new_script)
def migrate(**options: Any) -> None:
    """Write a migration script from the difference between the models and the database."""
    actions.migrate(**options)


@command("upgrade", click.argument("revision", default="head"), SQL, TAG, X_ARG, _lock)
def upgrade(**options: Any) -> None:
    """Apply migrations, up to REVISION (default: all)."""
    actions.upgrade(**options)


@command(
    "downgrade",
    click.argument("revision", default="-1", type=_Revision()),
    SQL,
    TAG,
    X_ARG,
    _lock,
    context_settings={"ignore_unknown_options": True},
)
def downgrade(**options: Any) -> None:
    """Take migrations back, down to REVISION (default: one step)."""
    actions.downgrade(**options)


@command(
    "current",
    VERBOSE,
    click.option("--check-heads", is_flag=True, help="Fail unless it is the newest."),
    X_ARG,
)
def current(**options: Any) -> None:
    """Show the revision of the database."""
    actions.current(**options)


@command(
    "history",
    click.option("-r", "--rev-range", help="As START:END."),
    VERBOSE,
    click.option("-i", "--indicate-current", is_flag=True, help="Mark where the database is."),
    X_ARG,
)
def history(**options: Any) -> None:
    """List the migrations, newest first."""
    actions.history(**options)


@command("heads", VERBOSE, click.option("--resolve-dependencies", is_flag=True))
def heads(**options: Any) -> None:
    """Show the newest revisions in the folder."""
    actions.heads(**options)


@command("branches", VERBOSE)
def branches(**options: Any) -> None:
    """Show where the history branches."""
    actions.branches(**options)


@command("show", click.argument("revision", default="head"))
def show(**options: Any) -> None:
    """Show one migration."""
    actions.show(**options)


@command("edit", click.argument("revision", default="head"))
def edit(**options: Any) -> None:
    """Open a migration script in $EDITOR."""
    actions.edit(**options)


@command(
    "merge",
    click.argument("revisions", nargs=-1),
    MESSAGE,
    click.option("--branch-label", help="Label for the new revision."),
    click.option("--rev-id", help="Identifier of the new revision."),
    X_ARG,
)
def merge(**options: Any) -> None:
    """Join branches of the history in a new migration."""
    actions.merge(**options)


@command(
    "stamp",
    click.argument("revision", default="head"),
    SQL,
    TAG,
    click.option("--purge", is_flag=True, help="Empty the version table first."),
    X_ARG,
    _lock,
)
def stamp(**options: Any) -> None:
    """Tell the database that it is at REVISION, without running anything."""
    actions.stamp(**options)


@command("check", X_ARG)
def check(**options: Any) -> None:
    """Exit with 1 if the models and the database differ."""
    actions.check(**options)


@command(
    "lint",
    click.argument("revisions", required=False),
    click.option(
        "--dialect",
        "dialects",
        multiple=True,
        type=click.Choice(["postgresql", "mariadb"]),
        help="Judge for this database; default: the app's own, for SQLite both.",
    ),
    X_ARG,
)
def lint(**options: Any) -> None:
    """Judge pending migrations, or REVISIONS as START:END: what locks, rewrites, loses data.

    Exits with 1 if there are findings.
    """
    if actions.lint(**options):
        raise click.exceptions.Exit(1)


@command(
    "diagram",
    click.option(
        "--format",
        "form",
        type=click.Choice(["mermaid", "dot", "svg"]),
        default="mermaid",
        show_default=True,
        help="SVG needs Graphviz.",
    ),
    click.option("-o", "--output", type=click.Path(dir_okay=False), help="A file to write."),
    click.option("--table", "tables", multiple=True, help="Draw only this one (several times)."),
)
def diagram(directory: str | None, output: str | None, **options: Any) -> None:
    """Draw the tables of the models."""
    drawn = actions.diagram(**options)
    if output is None:
        click.echo(drawn, nl=False)
    else:
        Path(output).write_text(drawn, "utf-8")
        click.echo(f"Wrote {output}.")


@command("doctor")
def doctor(**options: Any) -> None:
    """Show how the databases are set up and where they stand.

    Exits with 1 if something is wrong with them.
    """
    reports = actions.doctor(**options)
    click.echo("\n\n".join(str(report) for report in reports))
    if any(report.problems for report in reports):
        raise click.exceptions.Exit(1)
