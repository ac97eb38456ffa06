"""Copies of tables for another MetaData, schema or name."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.schema.constraints import PrimaryKeyConstraint
from orm.schema.foreign_key import ForeignKeyConstraint, ForeignKeyTarget
from orm.schema.items import BLANK_SCHEMA, RETAIN_SCHEMA
from orm.types.scalar import FOLLOW, SchemaType

if TYPE_CHECKING:
    from orm.schema.column import Column
    from orm.schema.metadata import MetaData
    from orm.schema.table import Table

ReferredSchema = Callable[[Any, Any, Any, "str | None"], Any]


class TableCopy:
    """One table on its way into another MetaData: where it goes, and where its foreign keys will point."""

    def __init__(
        self,
        table: Table,
        metadata: MetaData,
        schema: Any,
        choose: ReferredSchema | None,
        name: str,
    ) -> None:
        self.table = table
        self.metadata = metadata
        self.asked_schema = schema
        self.choose = choose
        self.name = name
        if schema is RETAIN_SCHEMA:
            schema = table.schema
        if schema is None:
            schema = metadata.schema
        self.schema: str | None = None if schema is BLANK_SCHEMA else schema

    @property
    def key(self) -> str:
        """The key of the copy in `metadata.tables`."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def make(self) -> Table:
        """Make the copy with columns, constraints and indexes."""
        table = self.table
        made = type(table)(
            self.name,
            self.metadata,
            *[self._copy_column(column) for column in table.c],
            schema=BLANK_SCHEMA if self.schema is None else self.schema,
            comment=table.comment,
            prefixes=table._prefixes,
            info=dict(table._info) if table._info else None,
            **table.dialect_kwargs,
        )
        if table._creator is not None:
            made._adopt_creator(table._creator._for_copy(made))
        self._copy_constraints(made)
        self._copy_notes(made)
        for index in table.indexes:
            if not index._column_flag:
                index._copy(made)
        return made

    def _copy_column(self, column: Column[Any]) -> Column[Any]:
        made = column._copy(targets=self.targets)
        if isinstance(made.type, SchemaType):
            asked = isinstance(self.asked_schema, str)
            made.type = made.type._copy_for(self.schema if asked else FOLLOW)
        return made

    def _copy_constraints(self, made: Table) -> None:
        for constraint in self.table.constraints:
            if isinstance(constraint, ForeignKeyConstraint):
                if not constraint._column_flag:
                    copied = constraint._copy(made, self.targets(constraint))
                    copied._ddl_if = constraint._ddl_if
                    made.append_constraint(copied)
            elif isinstance(constraint, PrimaryKeyConstraint):
                self._copy_primary_key(constraint, made)
            elif not constraint._type_bound and not constraint._column_flag:
                other = constraint._copy(made)
                other._ddl_if = constraint._ddl_if
                made.append_constraint(other)

    def _copy_notes(self, made: Table) -> None:
        """The notes on constraints that the foreign keys of columns stand for."""
        for constraint in self.table.foreign_key_constraints:
            if constraint._column_flag and constraint._info:
                for copied in made.c[constraint.columns[0].key].foreign_keys:
                    if copied.constraint is not None and copied.constraint._column_flag:
                        copied.constraint.info.update(constraint._info)

    def _copy_primary_key(self, key: PrimaryKeyConstraint, made: Table) -> None:
        if key._implicit:
            made.primary_key.info.update(key._info or {})
            return
        made.append_constraint(key._copy(made))

    def targets(self, constraint: ForeignKeyConstraint) -> list[ForeignKeyTarget]:
        """What the elements of the constraint's copy refer to.

        Raises exc.InvalidRequestError for a target that is a Column without a table.
        """
        for element in constraint.elements:
            if element.target_column is not None and element.target_column.table is None:
                raise exc.InvalidRequestError(
                    f"{element!r} refers to a Column that has no table yet, so it cannot be copied."
                )
        return [self._target(constraint, element.target_tokens) for element in constraint.elements]

    def _target(self, constraint: Any, names: ForeignKeyTarget) -> ForeignKeyTarget:
        home = self.table
        own_schema = names.schema if names.schema is not None else home.metadata.schema
        if own_schema == home.schema and names.table_name == home.name:
            return names._replace(schema=self.schema, table_name=self.name)
        if self.choose is not None:
            schema = self.choose(home, self.asked_schema, constraint, names.schema)
            if schema is None or schema is RETAIN_SCHEMA:
                return names
            return names._replace(schema=None if schema is BLANK_SCHEMA else schema)
        if own_schema == home.schema and self.schema != home.schema:
            return names._replace(schema=self.schema)
        return names


def copy_table(
    table: Table, metadata: MetaData, schema: Any, choose: ReferredSchema | None, name: str | None
) -> Table:
    """See Table.to_metadata()."""
    copy = TableCopy(table, metadata, schema, choose, table.name if name is None else name)
    existing = metadata.tables.get(copy.key)
    if existing is not None:
        warnings.warn(
            f"Table {copy.key!r} is in the MetaData already and is left as it is.",
            exc.SAWarning,
            stacklevel=3,
        )
        return existing
    return copy.make()
