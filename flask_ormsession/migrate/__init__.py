"""Migrations: the `flask db` commands, Alembic underneath, and the bridge between the two worlds.

The commands are functions here too, with Flask-Migrate's names: `upgrade()`, `migrate()`, ...
"""

from __future__ import annotations

from flask_ormsession.migrate.actions import (
    branches,
    check,
    current,
    diagram,
    doctor,
    downgrade,
    edit,
    heads,
    history,
    init,
    lint,
    list_templates,
    merge,
    migrate,
    revision,
    show,
    stamp,
    upgrade,
)
from flask_ormsession.migrate.settings import Migrate, Migrations

__all__ = [
    "Migrate",
    "Migrations",
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
