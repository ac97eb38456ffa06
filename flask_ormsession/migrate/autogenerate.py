"""What is done to a migration script between Alembic's comparison and its writing."""

from __future__ import annotations

from typing import Any

import click
from alembic.autogenerate import renderers
from alembic.operations import ops

from flask_ormsession.migrate.bridge import enum_names


class DropEnumOp(ops.MigrateOperation):
    """Drop the type of an Enum, which PostgreSQL keeps when its last table is dropped."""

    def __init__(self, name: str) -> None:
        self.name = name

    def to_diff_tuple(self) -> tuple[str, str]:
        """Return the form in which Alembic compares operations."""
        return ("drop_enum", self.name)


@renderers.dispatch_for(DropEnumOp)
def _render_drop_enum(context: Any, op: DropEnumOp) -> str:
    return f"sa.Enum(name={op.name!r}).drop(op.get_bind(), checkfirst=True)"


def finish_script(context: Any, revision: Any, directives: list[Any]) -> None:
    """Write no script when there is nothing to do; otherwise drop enum types with their tables, so
    that `downgrade` and a new `upgrade` work on PostgreSQL."""
    if not directives:
        return
    script = directives[0]
    if script.upgrade_ops is None:
        return
    if script.upgrade_ops.is_empty():
        directives[:] = []
        click.echo("No changes: the database has everything that the models describe.")
        return
    wanted = context.opts["target_metadata"]
    created = {op.table_name for op in script.upgrade_ops.ops if isinstance(op, ops.CreateTableOp)}
    before = [table for table in wanted.tables.values() if table.name not in created]
    _drop_enums(script.downgrade_ops, before)
    _drop_enums(script.upgrade_ops, list(wanted.tables.values()))


def _drop_enums(container: Any, remaining: list[Any]) -> None:
    """Add the drops of enum types that only dropped tables used."""
    kept = {name for table in remaining for name in enum_names(table.columns)}
    dropped = [op for op in container.ops if isinstance(op, ops.DropTableOp)]
    names = {
        name
        for op in dropped
        if (reverse := op._reverse) is not None
        for name in enum_names(reverse.columns)
    }
    container.ops.extend(DropEnumOp(name) for name in sorted(names - kept))
