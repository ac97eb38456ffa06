"""Drop-and-add pairs in Alembic's operations, turned into renames.

The order that holds both ways, since a downgrade is the reverse of it: foreign keys that are gone,
other constraints and indexes that are gone, the renames, everything else, new foreign keys.
"""

from __future__ import annotations

from typing import Any

from alembic.operations import ops

from flask_ormsession.migrate.operations import RenameColumn, RenameTable
from flask_ormsession.migrate.renames import (
    Answers,
    Pair,
    compile_type,
    find_renamed,
    full_name,
    rank_columns,
    rank_tables,
)


def rename_in(upgrade_ops: Any, downgrade_ops: Any, answers: Answers, dialect: Any) -> None:
    """Find renames in the operations of a script, ask for them, and write them in.

    upgrade_ops, downgrade_ops: changed in place. dialect: of SQLAlchemy.
    """
    tables = _rename_tables(upgrade_ops.ops, answers)
    columns = _rename_columns(upgrade_ops.ops, answers, dialect)
    if tables or columns:
        upgrade_ops.ops[:] = _reorder(upgrade_ops.ops, [*tables, *columns])
        upgrade_ops.reverse_into(downgrade_ops)


def _rename_tables(container: list[Any], answers: Answers) -> list[RenameTable]:
    """Take renamed tables out of the operations, put the rest of the difference in; return the
    renames."""
    dropped = {
        full_name(op): (op, op.to_table()) for op in container if isinstance(op, ops.DropTableOp)
    }
    added = {
        full_name(op): (op, op.to_table()) for op in container if isinstance(op, ops.CreateTableOp)
    }
    every = [
        Pair(None, old, new)
        for old in dropped
        for new in added
        if dropped[old][0].schema == added[new][0].schema
    ]
    ranked = rank_tables(
        [item[1] for item in dropped.values()], [item[1] for item in added.values()]
    )
    found = []
    for pair in find_renamed(answers, every, ranked):
        drop, old = dropped[pair.old]
        create, new = added[pair.new]
        position = container.index(create)
        container[position : position + 1] = _differences(old, new)
        container.remove(drop)
        found.append(RenameTable(old.name, new.name, new.schema))
    return found


def _differences(old: Any, new: Any) -> list[Any]:
    """Return the operations that make the one table like the other: constraints of the old name go,
    columns change, constraints of the new name come."""
    before = [ops.DropConstraintOp.from_constraint(item) for item in _only_in(old, new)]
    columns: list[Any] = [
        ops.AddColumnOp.from_column_and_tablename(new.schema, new.name, column)
        for column in new.columns
        if column.name not in old.columns
    ]
    columns += [
        ops.DropColumnOp.from_column_and_tablename(new.schema, new.name, column)
        for column in old.columns
        if column.name not in new.columns
    ]
    after = [ops.AddConstraintOp.from_constraint(item) for item in _only_in(new, old)]
    made = []
    if before:
        made.append(ops.ModifyTableOps(old.name, before, schema=old.schema))
    if columns or after:
        made.append(ops.ModifyTableOps(new.name, [*columns, *after], schema=new.schema))
    return made


def _only_in(table: Any, other: Any) -> list[Any]:
    """Return the named unique and foreign key constraints of a table whose name another lacks."""
    kinds = ("unique_constraint", "foreign_key_constraint")
    names = {str(item.name) for item in other.constraints}
    found = [
        item
        for item in table.constraints
        if item.__visit_name__ in kinds and item.name and str(item.name) not in names
    ]
    return sorted(found, key=lambda item: str(item.name))


def _rename_columns(container: list[Any], answers: Answers, dialect: Any) -> list[RenameColumn]:
    """Take renamed columns out of the operations, put changes of their type in; return the renames."""
    found = []
    for group in container:
        if not isinstance(group, ops.ModifyTableOps):
            continue
        drops = {op.column_name: op for op in group.ops if isinstance(op, ops.DropColumnOp)}
        adds = {op.column.name: op for op in group.ops if isinstance(op, ops.AddColumnOp)}
        every = [Pair(full_name(group), old, new) for old in drops for new in adds]
        olds = [op.to_column() for op in drops.values()]
        news = [op.column for op in adds.values()]
        ranked = rank_columns(full_name(group), olds, news, dialect)
        for pair in find_renamed(answers, every, ranked):
            old, new = drops[pair.old].to_column(), adds[pair.new].column
            position = group.ops.index(adds[pair.new])
            group.ops[position : position + 1] = _alteration(group, old, new, dialect)
            group.ops.remove(drops[pair.old])
            like = new if is_alike(old, new, dialect) else old
            found.append(RenameColumn(group.table_name, group.schema, pair.old, pair.new, like))
    return found


def is_alike(old: Any, new: Any, dialect: Any) -> bool:
    """Whether two columns differ in nothing but the name."""
    return (
        compile_type(old.type, dialect) == compile_type(new.type, dialect)
        and old.nullable == new.nullable
        and (old.server_default is None) == (new.server_default is None)
    )


def _alteration(group: Any, old: Any, new: Any, dialect: Any) -> list[Any]:
    """Return what else changed about a renamed column, as one operation or none."""
    changed: dict[str, Any] = {}
    if compile_type(old.type, dialect) != compile_type(new.type, dialect):
        changed["modify_type"] = new.type
    if old.nullable != new.nullable:
        changed["modify_nullable"] = new.nullable
    if (old.server_default is None) != (new.server_default is None):
        changed["modify_server_default"] = new.server_default
    if not changed:
        return []
    existing = {
        "existing_type": old.type,
        "existing_nullable": old.nullable,
        "existing_server_default": old.server_default or False,
    }
    return [
        ops.AlterColumnOp(group.table_name, new.name, schema=group.schema, **existing, **changed)
    ]


def _reorder(container: list[Any], renames: list[Any]) -> list[Any]:
    """Return the operations in the order of the module, with the renames."""
    stages: tuple[list[Any], ...] = ([], [], [], [])
    for op in container:
        if not isinstance(op, ops.ModifyTableOps):
            stages[_stage(op)].append(op)
            continue
        for number, stage in enumerate(stages):
            part = [each for each in op.ops if _stage(each) == number]
            if part:
                stage.append(ops.ModifyTableOps(op.table_name, part, schema=op.schema))
    return [*stages[0], *stages[1], *renames, *stages[2], *stages[3]]


def _stage(op: Any) -> int:
    """Return when an operation has its turn. Foreign keys go first and come last, because MariaDB
    keeps the indexes that they need."""
    if isinstance(op, ops.DropConstraintOp):
        return 0 if op.constraint_type == "foreignkey" else 1
    if isinstance(op, ops.DropIndexOp):
        return 1
    return 3 if isinstance(op, ops.CreateForeignKeyOp) else 2
