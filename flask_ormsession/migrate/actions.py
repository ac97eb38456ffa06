"""What the `flask db` commands do, as functions with Flask-Migrate's names and arguments.

    from flask_ormsession.migrate import upgrade

    with app.app_context():
        upgrade()

All of them need an app context and raise MigrationError with a message for people. Alembic, and with
it SQLAlchemy, is imported when one runs and not before, so an app that never migrates never needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from flask_ormsession.errors import MigrationError
from flask_ormsession.migrate.alembic_config import (
    LOCK_WAIT,
    RENAMES,
    list_templates as read_templates,
    make_config,
    make_directory,
    run,
)
from flask_ormsession.migrate.lock import DEFAULT_WAIT_S
from flask_ormsession.migrate.renames import Answers
from flask_ormsession.migrate.unchanged import find_unimported_models
from flask_ormsession.state import get_app, get_state

if TYPE_CHECKING:
    from flask_ormsession.migrate.doctor import Report

__all__ = [
    "branches",
    "check",
    "current",
    "diagram",
    "doctor",
    "downgrade",
    "edit",
    "heads",
    "history",
    "init",
    "lint",
    "list_templates",
    "merge",
    "migrate",
    "revision",
    "show",
    "stamp",
    "upgrade",
]

XArgs = str | Sequence[str] | None


def init(
    directory: str | None = None,
    multidb: bool = False,
    template: str | None = None,
    package: bool = False,
) -> None:
    """Make the migrations folder.

    multidb: for the databases in ORM_BINDS, too. template: a name of `list_templates()`, or the path
    of a folder. package: with `__init__.py` files, so that scripts can be imported.
    """
    folder = make_directory(directory, template, multidb=multidb, package=package)
    click.echo(
        f"Made {folder}; it works as it is, the URL is that of the app. Write the first migration with "
        "`flask db migrate -m 'first tables'`."
    )
    metadatas = get_state(get_app()).db.metadatas
    others = [key for key, metadata in metadatas.items() if key is not None and metadata.tables]
    if others and not multidb and template is None:
        click.echo(
            f"It is for the default database only. This app has models for {', '.join(others)} too: "
            "`flask db init --multidb` makes a folder for all of them.",
            err=True,
        )


def list_templates() -> None:
    """Print the templates for `init()`."""
    click.echo("Available templates:\n")
    for name, purpose in read_templates().items():
        click.echo(f"{name} - {purpose}")
    click.echo("\nUse one with `flask db init --template NAME`; the path of a folder is good, too.")


def revision(
    directory: str | None = None,
    message: str | None = None,
    autogenerate: bool = False,
    sql: bool = False,
    head: str = "head",
    splice: bool = False,
    branch_label: str | None = None,
    version_path: str | None = None,
    rev_id: str | None = None,
    *,
    x_arg: XArgs = None,
    rename: Sequence[str] = (),
    no_rename: bool = False,
) -> None:
    """Write a migration script, empty or (autogenerate) from the models; see `migrate()`."""
    attributes = {}
    if autogenerate:
        refuse_no_models()
        attributes[RENAMES] = Answers.read(rename, refuse_others=no_rename)
    config = make_config(directory, _words(x_arg), attributes)
    run(
        "revision",
        config,
        message,
        autogenerate=autogenerate,
        sql=sql,
        head=head,
        splice=splice,
        branch_label=branch_label,
        version_path=version_path,
        rev_id=rev_id,
    )


def migrate(
    directory: str | None = None,
    message: str | None = None,
    sql: bool = False,
    head: str = "head",
    splice: bool = False,
    branch_label: str | None = None,
    version_path: str | None = None,
    rev_id: str | None = None,
    x_arg: XArgs = None,
    *,
    rename: Sequence[str] = (),
    no_rename: bool = False,
) -> None:
    """Write a migration script from the difference between the models and the database.

    rename: renamed columns and tables, as "item.titel:title" or "old_table:new_table". no_rename:
    what else looks like a rename is a drop and an add, and needs no question.
    """
    revision(
        directory,
        message,
        autogenerate=True,
        sql=sql,
        head=head,
        splice=splice,
        branch_label=branch_label,
        version_path=version_path,
        rev_id=rev_id,
        x_arg=x_arg,
        rename=rename,
        no_rename=no_rename,
    )


def edit(directory: str | None = None, revision: str = "head") -> None:
    """Open a migration script in $EDITOR."""
    run("edit", make_config(directory), revision)


def merge(
    directory: str | None = None,
    revisions: str | Sequence[str] = "heads",
    message: str | None = None,
    branch_label: str | None = None,
    rev_id: str | None = None,
    *,
    x_arg: XArgs = None,
) -> None:
    """Join branches of the history in a new migration."""
    config = make_config(directory, _words(x_arg))
    run(
        "merge",
        config,
        revisions or "heads",
        message=message,
        branch_label=branch_label,
        rev_id=rev_id,
    )


def upgrade(
    directory: str | None = None,
    revision: str = "head",
    sql: bool = False,
    tag: str | None = None,
    x_arg: XArgs = None,
    *,
    lock_timeout: float | None = DEFAULT_WAIT_S,
) -> None:
    """Apply migrations up to a revision.

    sql: print the SQL instead. lock_timeout: how many seconds to wait for another process that
    migrates the same database; None takes no lock at all.
    """
    config = make_config(directory, _words(x_arg), {LOCK_WAIT: lock_timeout})
    run("upgrade", config, revision, sql=sql, tag=tag)


def downgrade(
    directory: str | None = None,
    revision: str = "-1",
    sql: bool = False,
    tag: str | None = None,
    x_arg: XArgs = None,
    *,
    lock_timeout: float | None = DEFAULT_WAIT_S,
) -> None:
    """Take migrations back, down to a revision; the arguments are those of `upgrade()`."""
    if sql and revision == "-1":
        revision = "head:-1"
    config = make_config(directory, _words(x_arg), {LOCK_WAIT: lock_timeout})
    run("downgrade", config, revision, sql=sql, tag=tag)


def show(directory: str | None = None, revision: str = "head") -> None:
    """Print one migration."""
    run("show", make_config(directory), revision)


def history(
    directory: str | None = None,
    rev_range: str | None = None,
    verbose: bool = False,
    indicate_current: bool = False,
    *,
    x_arg: XArgs = None,
) -> None:
    """Print the migrations, newest first."""
    config = make_config(directory, _words(x_arg))
    run("history", config, rev_range, verbose=verbose, indicate_current=indicate_current)


def heads(
    directory: str | None = None, verbose: bool = False, resolve_dependencies: bool = False
) -> None:
    """Print the newest revisions in the folder."""
    config = make_config(directory)
    run("heads", config, verbose=verbose, resolve_dependencies=resolve_dependencies)


def branches(directory: str | None = None, verbose: bool = False) -> None:
    """Print where the history branches."""
    run("branches", make_config(directory), verbose=verbose)


def current(
    directory: str | None = None,
    verbose: bool = False,
    *,
    check_heads: bool = False,
    x_arg: XArgs = None,
) -> None:
    """Print the revision of the database.

    check_heads: raise MigrationError if it is not the newest.
    """
    config = make_config(directory, _words(x_arg))
    run("current", config, verbose=verbose, check_heads=check_heads)


def stamp(
    directory: str | None = None,
    revision: str | Sequence[str] = "head",
    sql: bool = False,
    tag: str | None = None,
    purge: bool = False,
    *,
    x_arg: XArgs = None,
    lock_timeout: float | None = DEFAULT_WAIT_S,
) -> None:
    """Tell the database that it is at a revision, without running anything.

    purge: empty the version table first.
    """
    config = make_config(directory, _words(x_arg), {LOCK_WAIT: lock_timeout})
    run("stamp", config, revision, sql=sql, tag=tag, purge=purge)


def check(directory: str | None = None, *, x_arg: XArgs = None) -> None:
    """Raise MigrationError if the models and the database differ."""
    refuse_no_models()
    run("check", make_config(directory, _words(x_arg)))


def lint(
    directory: str | None = None,
    revisions: str | None = None,
    dialects: Sequence[str] = (),
    *,
    x_arg: XArgs = None,
) -> int:
    """Print what pending migrations would do to a database in use; returns the number of findings.

    revisions: "START:END" instead of what is pending, which needs no database. dialects: "postgresql",
    "mariadb"; by default what the app runs on, or both if that is neither.
    """
    from flask_ormsession.migrate.lint import lint as judge

    return judge(make_config(directory, _words(x_arg)), revisions, dialects)


def diagram(form: str = "mermaid", tables: Sequence[str] = ()) -> str:
    """Return a drawing of the models' tables.

    form: "mermaid", "dot", or "svg", which needs Graphviz. tables: names; empty for all.
    """
    from flask_ormsession.migrate.diagram import draw

    return draw(get_state(get_app()), form, tables)


def doctor(directory: str | None = None) -> list[Report]:
    """Return a report on each database: settings, versions, where it stands, what is wrong."""
    from flask_ormsession.migrate.doctor import examine

    return examine(get_state(get_app()), directory)


def refuse_no_models() -> None:
    """Raise MigrationError unless the Database knows a table, since an empty comparison would drop
    everything."""
    state = get_state(get_app())
    if any(metadata.tables for metadata in state.db.metadatas.values()):
        return
    unimported = find_unimported_models(get_app())
    raise MigrationError(
        "No model is known to the Database, so there is nothing to compare with. Import the modules "
        "with your models where the app is made, and derive the models from db.Model of the same "
        f"Database object.{unimported}"
    )


def _words(x_arg: XArgs) -> list[str]:
    """Return -x arguments as a list: one text is one of them."""
    if x_arg is None:
        return []
    return [x_arg] if isinstance(x_arg, str) else list(x_arg)
