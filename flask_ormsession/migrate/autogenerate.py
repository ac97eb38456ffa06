"""What is done to a migration script between Alembic's comparison and its writing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from alembic.operations import ops

from flask_ormsession.migrate.bridge import enum_names
from flask_ormsession.migrate.operations import DropEnumOp
from flask_ormsession.migrate.renames import Answers
from flask_ormsession.migrate.renaming import rename_in
from flask_ormsession.migrate.unchanged import explain_no_changes
from flask_ormsession.state import get_app


class ScriptFinisher:
    """Alembic's hook `process_revision_directives` for one database.

    It finds renames, writes no script when there is nothing to do and says why, and sees to it that
    a script can be taken back: on PostgreSQL enum types are dropped with their tables; MariaDB
    refuses to drop an index that a foreign key needs, so indexes of dropped tables go with these.

    target: an `environment.Target`. own_hook: the app's hook, which runs before. last: whether no
    further database follows.
    """

    def __init__(self, target: Any, answers: Answers, own_hook: Any, *, last: bool) -> None:
        self.target = target
        self.answers = answers
        self.own_hook = own_hook
        self.last = last

    def __call__(self, context: Any, revision: Any, directives: list[Any]) -> None:
        """Finish the script in `directives`, or take it out."""
        if self.own_hook is not None:
            self.own_hook(context, revision, directives)
        if not directives or not directives[0].upgrade_ops_list:
            return
        script = directives[0]
        up, down = script.upgrade_ops_list[-1], script.downgrade_ops_list[-1]
        if up.is_empty():
            self._say_why(context)
        else:
            rename_in(up, down, self.answers, context.dialect)
            _clean_up(up, down, context.opts["target_metadata"])
        if self.last:
            self.answers.finish()
            if all(each.is_empty() for each in script.upgrade_ops_list):
                directives[:] = []

    def _say_why(self, context: Any) -> None:
        if not self.target.metadata.tables:
            return
        # context.script would be the whole folder; the scripts on disk are enough for names.
        scripts = context.environment_context.script
        versions = [Path(item.path) for item in scripts.walk_revisions()]
        click.echo(explain_no_changes(get_app(), self.target, versions))


def _clean_up(upgrade_ops: Any, downgrade_ops: Any, wanted: Any) -> None:
    """Let a script be taken back. wanted: the MetaData that was compared with."""
    created = {op.table_name for op in upgrade_ops.ops if isinstance(op, ops.CreateTableOp)}
    before = [table for table in wanted.tables.values() if table.name not in created]
    _drop_enums(downgrade_ops, before)
    _drop_enums(upgrade_ops, list(wanted.tables.values()))
    _leave_out_indexes(downgrade_ops)
    _leave_out_indexes(upgrade_ops)


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
