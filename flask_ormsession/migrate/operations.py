"""Operations of ours in migration scripts: renames, and the drop of enum types.

Each renders as an ordinary line of Alembic, so that a script needs nothing of this package.
"""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import renderers
from alembic.operations import ops


class DropEnumOp(ops.MigrateOperation):
    """Drop the type of an Enum, which PostgreSQL keeps when its last table is dropped."""

    def __init__(self, name: str) -> None:
        self.name = name

    def to_diff_tuple(self) -> tuple[str, str]:
        """Return the form in which Alembic compares operations."""
        return ("drop_enum", self.name)


class RenameTable(ops.MigrateOperation):
    """Rename a table."""

    def __init__(self, old: str, new: str, schema: str | None) -> None:
        self.old = old
        self.new = new
        self.schema = schema

    def reverse(self) -> RenameTable:
        """Return the way back."""
        return RenameTable(self.new, self.old, self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return the form in which Alembic compares operations."""
        return ("rename_table", self.schema, self.old, self.new)


class RenameColumn(ops.MigrateOperation):
    """Rename a column. column: whose type, default and comment it has, which MariaDB wants to hear."""

    def __init__(self, table: str, schema: str | None, old: str, new: str, column: Any) -> None:
        self.table = table
        self.schema = schema
        self.old = old
        self.new = new
        self.column = column

    def reverse(self) -> RenameColumn:
        """Return the way back."""
        return RenameColumn(self.table, self.schema, self.new, self.old, self.column)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return the form in which Alembic compares operations."""
        return ("rename_column", self.schema, self.table, self.old, self.new)


@renderers.dispatch_for(DropEnumOp)
def _render_drop_enum(context: Any, op: DropEnumOp) -> str:
    return f"sa.Enum(name={op.name!r}).drop(op.get_bind(), checkfirst=True)"


@renderers.dispatch_for(RenameTable)
def _render_rename_table(context: Any, op: RenameTable) -> str:
    schema = f", schema={op.schema!r}" if op.schema else ""
    return f"op.rename_table({op.old!r}, {op.new!r}{schema})"


@renderers.dispatch_for(RenameColumn)
def _render_rename_column(context: Any, op: RenameColumn) -> str:
    # Alembic writes out the type and the rest; what it does not write is the new name. Outside of
    # batch mode, because SQLite renames columns itself, with all that mentions them.
    column = op.column
    alter = ops.AlterColumnOp(
        op.table,
        op.old,
        schema=op.schema,
        existing_type=column.type,
        existing_nullable=column.nullable,
        existing_server_default=column.server_default or False,
        existing_comment=column.comment,
    )
    text = renderers.dispatch(alter)(context, alter)
    front = f"op.alter_column({op.table!r}, {op.old!r}"
    return str(text.replace(front, f"{front}, new_column_name={op.new!r}", 1))
