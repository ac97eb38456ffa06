"""INSERT with ON CONFLICT for PostgreSQL."""

from __future__ import annotations

from typing import Any

from orm.compiler.on_conflict import ConflictInsert


class Insert(ConflictInsert):
    """`INSERT INTO table` with PostgreSQL's ON CONFLICT, which can also name a constraint."""


def insert(table: Any) -> Insert:
    """`INSERT INTO table`, with `.on_conflict_do_nothing()` and `.on_conflict_do_update()`."""
    return Insert(table)
