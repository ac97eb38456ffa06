"""The order in which tables can be created: a table after those that it refers to."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from orm.util import topological

if TYPE_CHECKING:
    from orm.schema.foreign_key import ForeignKeyConstraint
    from orm.schema.table import Table

Edge = tuple[Any, Any]


def constraint_edge(constraint: ForeignKeyConstraint) -> Edge | None:
    """(referred table, referring table); None for a reference of a table to itself."""
    referred = constraint.referred_table
    return None if referred is constraint.table else (referred, constraint.table)


def _edges(tables: Iterable[Table]) -> list[tuple[Edge, ForeignKeyConstraint | None]]:
    """The dependencies, with the constraint that each comes from (None: declared by hand)."""
    edges: list[tuple[Edge, ForeignKeyConstraint | None]] = []
    for table in tables:
        for parent in table._extra_dependencies:
            edges.append(((parent, table), None))
        for constraint in table.foreign_key_constraints:
            if constraint.use_alter:
                continue
            edge = constraint_edge(constraint)
            if edge is not None:
                edges.append((edge, constraint))
    return edges


def sort_tables(tables: Iterable[Table]) -> tuple[list[Table], set[Table]]:
    """(tables in order, those which are in a cycle).

    Raises exc.NoReferencedTableError for a reference that leads nowhere.
    """
    ordered, broken = sort_tables_and_constraints(tables)
    cyclic = {constraint.table for constraint in broken if not constraint.use_alter}
    return ordered, cyclic


def sort_tables_and_constraints(
    tables: Iterable[Table],
) -> tuple[list[Table], list[ForeignKeyConstraint]]:
    """(tables in order, foreign keys to be added afterwards).

    To be added afterwards are those with `use_alter`, and those between tables of a cycle.
    """
    by_name = sorted(tables, key=lambda table: table.fullname)
    members: Collection[Table] = set(by_name)
    dependencies = [pair for pair in _edges(by_name) if pair[0][0] in members]
    cyclic = topological.find_cycles([edge for edge, _ in dependencies], by_name)
    # Of a cycle, the tables' foreign keys to other members wait; its other dependencies still order it.
    broken = [
        constraint
        for edge, constraint in dependencies
        if constraint is not None and edge[0] in cyclic and edge[1] in cyclic
    ]
    waiting = {id(constraint) for constraint in broken}
    kept = [edge for edge, c in dependencies if c is None or id(c) not in waiting]
    ordered = topological.sort(kept, by_name, in_rounds=True)
    by_alter = [
        constraint
        for table in ordered
        for constraint in table.foreign_key_constraints
        if constraint.use_alter
    ]
    return ordered, [*broken, *by_alter]
