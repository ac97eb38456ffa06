"""The commands `flask db init|revision|migrate|upgrade|downgrade|current|history|heads|check|stamp`.

Each is a thin shell around a function of `runner`, which imports Alembic; so an app that never migrates
never imports it, nor SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


@click.group("db")
def db_cli() -> None:
    """Create and apply database migrations."""
