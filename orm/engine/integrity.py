"""What a driver told of a violated constraint, completed by what our metadata knows."""

from __future__ import annotations

from typing import Any

from orm.exc import IntegrityInfo
from orm.schema.constraints import CheckConstraint, UniqueConstraint
from orm.schema.foreign_key import ForeignKeyConstraint


def complete_info(info: IntegrityInfo, compiled: Any, dialect_name: str) -> IntegrityInfo:
    """Return the info with missing parts filled in, as far as the statement's table knows them.

    compiled: the failed statement, or None.
    """
    table = _find_table(info, compiled)
    if table is None:
        return info
    if info.kind == "unique" and info.constraint == "PRIMARY" and dialect_name == "mysql":
        # MySQL's only name for the constraint of every primary key
        info = info._replace(columns=tuple(column.name for column in table.primary_key))
    if info.table is None and info.kind is not None:
        info = info._replace(table=table.name)
    if not info.columns and info.constraint is not None:
        info = info._replace(columns=_columns_of(table, info.constraint))
    if info.columns and info.constraint is None:
        info = info._replace(constraint=_name_of(table, info.kind, info.columns))
    if info.kind == "foreign_key" and not info.columns and info.constraint is None:
        info = _only_foreign_key(info, table)
    return info


def _find_table(info: IntegrityInfo, compiled: Any) -> Any:
    table: Any = getattr(getattr(compiled, "statement", None), "table", None)
    metadata = getattr(table, "metadata", None)
    if metadata is None:
        return None
    if info.table is None or table.name == info.table:
        return table
    # a cascade or a reference from elsewhere: the violated constraint belongs to another table
    return next((other for other in metadata.tables.values() if other.name == info.table), None)


def _columns_of(table: Any, name: str) -> tuple[str, ...]:
    for constraint in (*table.constraints, *table.indexes):
        if str(constraint.name) != name:
            continue
        if isinstance(constraint, CheckConstraint):
            return ()
        return tuple(column.name for column in constraint.columns if hasattr(column, "name"))
    # MySQL names an unnamed unique constraint after its first column
    if name in table.c and table.c[name].unique:
        return (name,)
    return ()


def _name_of(table: Any, kind: str | None, columns: tuple[str, ...]) -> str | None:
    if kind == "unique":
        candidates = [
            item
            for item in (*table.constraints, *table.indexes)
            if isinstance(item, UniqueConstraint) or getattr(item, "unique", False)
        ]
        if {column.name for column in table.primary_key} == set(columns):
            candidates.append(table.primary_key)
    elif kind == "foreign_key":
        candidates = [c for c in table.constraints if isinstance(c, ForeignKeyConstraint)]
    else:
        return None
    for candidate in candidates:
        names = {column.name for column in candidate.columns if hasattr(column, "name")}
        if names == set(columns) and candidate.name is not None:
            return str(candidate.name)
    return None


def _only_foreign_key(info: IntegrityInfo, table: Any) -> IntegrityInfo:
    found = [c for c in table.constraints if isinstance(c, ForeignKeyConstraint)]
    if len(found) != 1:
        return info
    name = found[0].name
    columns = tuple(column.name for column in found[0].columns)
    return info._replace(columns=columns, constraint=None if name is None else str(name))
