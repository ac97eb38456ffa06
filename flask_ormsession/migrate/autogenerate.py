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
    """Write no script when there is nothing to do; otherwise see to it that it can be taken back.

    On PostgreSQL enum types are dropped with their tables; MariaDB refuses to drop an index that
    a foreign key needs, so indexes of dropped tables go with these.
    """
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
    _leave_out_indexes(script.downgrade_ops)
    _leave_out_indexes(script.upgrade_ops)


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


def _leave_out_indexes(container: Any) -> None:
    """Take out the drops of indexes whose table is dropped by the same script."""
    dropped = {
        (op.table_name, op.schema) for op in container.ops if isinstance(op, ops.DropTableOp)
    }
    kept = []
    for op in container.ops:
        goes = (getattr(op, "table_name", None), getattr(op, "schema", None)) in dropped
        if goes and isinstance(op, ops.ModifyTableOps):
            op.ops[:] = [each for each in op.ops if not isinstance(each, ops.DropIndexOp)]
            if not op.ops:
                continue
        elif goes and isinstance(op, ops.DropIndexOp):
            continue
        kept.append(op)
    container.ops[:] = kept
