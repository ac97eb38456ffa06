"""Migrations: the `flask db` commands, Alembic underneath, and the bridge between the two worlds."""

from __future__ import annotations
