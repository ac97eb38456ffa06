"""Where databases stand: the revisions they are at, and the scripts that wait for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_ormsession.errors import MigrationError
from flask_ormsession.migrate.alembic_config import TARGET, echo_messages, explain


@dataclass(frozen=True)
class Position:
    """One database and its revisions. target: an `environment.Target`."""

    target: Any
    revisions: tuple[str, ...]


def make_script_directory(config: Any) -> Any:
    """Return Alembic's view of the scripts in a folder."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(config)


def read_positions(config: Any) -> list[Position]:
    """Return where each database stands, asked through env.py, so with the version table that it
    names. Nothing is changed. Raises MigrationError if a database cannot be reached."""
    from alembic.runtime.environment import EnvironmentContext

    scripts = make_script_directory(config)
    found: list[Position] = []

    def collect(revisions: tuple[str, ...], context: Any) -> list[Any]:
        found.append(Position(config.attributes[TARGET], tuple(revisions)))
        return []

    with (
        echo_messages(),
        EnvironmentContext(config, scripts, fn=collect, dont_mutate=True),
    ):
        scripts.run_env()
    return found


def find_scripts(scripts: Any, upper: str, lower: Any) -> list[Any]:
    """Return the scripts after `lower` up to `upper`, in the order in which they run.

    Raises MigrationError for a revision that no script has.
    """
    from alembic.script.revision import RevisionError
    from alembic.util import CommandError

    try:
        return list(scripts.iterate_revisions(upper, lower or "base"))[::-1]
    except (CommandError, RevisionError) as error:
        raise MigrationError(explain(str(error))) from error
