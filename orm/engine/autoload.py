"""Tables from the catalogue: what `Table(autoload_with=...)` and `MetaData.reflect()` read.

The schema room knows nothing of databases; it asks the engine or connection it is given.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from orm.engine.connection import Connection
from orm.engine.engine import Engine
from orm.engine.reflection import Inspector
from orm.schema.column import Column
from orm.schema.constraints import CheckConstraint, UniqueConstraint
from orm.schema.defaults import Computed, Identity
from orm.schema.foreign_key import ForeignKeyConstraint
from orm.schema.index import Index
from orm.schema.table import Table
from orm.sql.text_clause import TextClause


def list_names(bind: Engine | Connection, schema: str | None, views: bool) -> list[str]:
    """Return the names of the tables, and with `views` of the views after them."""
    inspector = Inspector(bind)
    names = inspector.get_table_names(schema)
    return names + inspector.get_view_names(schema) if views else names


def reflect_table(
    bind: Engine | Connection,
    table: Table,
    include_columns: Collection[str] | None,
    resolve_fks: bool,
    replace: bool = True,
) -> None:
    """Add to a table what the database knows of it.

    include_columns: only these, and only what concerns them. resolve_fks: load the tables that
    foreign keys refer to as well. replace: False leaves columns that the table has already, with their
    foreign keys. Raises exc.NoSuchTableError.
    """
    TableReader(bind, table, include_columns, replace).read(resolve_fks)


class TableReader:
    """Fills one Table from the catalogue."""

    def __init__(
        self,
        bind: Engine | Connection,
        table: Table,
        include: Collection[str] | None,
        replace: bool = True,
    ) -> None:
        self.bind = bind
        self.inspector = Inspector(bind)
        self.table = table
        self.where = (str(table.name), table.schema)
        self.include = include
        self.kept = set() if replace else {column.name for column in table.c}

    def read(self, resolve_fks: bool) -> None:
        """Read columns, keys, constraints, indexes and the comment."""
        self._read_columns()
        self._read_foreign_keys(resolve_fks)
        self._read_constraints()
        self._read_indexes()
        self.table.comment = self.inspector.get_table_comment(*self.where).get("text")

    def _has(self, names: Collection[str | None]) -> bool:
        """Whether all columns of a key are wanted."""
        return all(name in self.table.c for name in names)

    def _read_columns(self) -> None:
        key = self.inspector.get_pk_constraint(*self.where)
        in_key: list[str] = key["constrained_columns"]
        for entry in self.inspector.get_columns(*self.where):
            name = entry["name"]
            if name not in self.kept and (self.include is None or name in self.include):
                self._add_column(entry, entry["name"] in in_key)
        if key.get("name"):
            self.table.primary_key.name = key["name"]

    def _add_column(self, entry: dict[str, Any], is_key: bool) -> None:
        parts: list[Any] = []
        if computed := entry.get("computed"):
            parts.append(Computed(computed["sqltext"], persisted=computed["persisted"]))
        if identity := entry.get("identity"):
            parts.append(Identity(**identity))
        default = entry.get("default")
        column: Column[Any] = Column(
            entry["name"],
            entry["type"],
            *parts,
            primary_key=is_key,
            nullable=entry["nullable"],
            autoincrement=entry.get("autoincrement") or "auto",
            server_default=None if default is None else TextClause(str(default)),
            comment=entry.get("comment"),
        )
        self.table.append_column(column, replace_existing=True)

    def _read_foreign_keys(self, resolve_fks: bool) -> None:
        for entry in self.inspector.get_foreign_keys(*self.where):
            names = entry["constrained_columns"]
            if not self._has(names) or self.kept.intersection(names):
                continue
            schema, name = entry["referred_schema"], entry["referred_table"]
            if resolve_fks:
                Table(
                    name,
                    self.table.metadata,
                    schema=schema,
                    autoload_with=self.bind,
                    keep_existing=True,
                )
            self.table.append_constraint(
                ForeignKeyConstraint(
                    entry["constrained_columns"],
                    # names, not one string: they may have dots
                    [(schema, name, column) for column in entry["referred_columns"]],
                    name=entry["name"],
                    **entry.get("options", {}),
                )
            )

    def _read_constraints(self) -> None:
        for entry in self.inspector.get_unique_constraints(*self.where):
            if self._has(entry["column_names"]) and not self._is_there(UniqueConstraint, entry):
                made = UniqueConstraint(*entry["column_names"], name=entry["name"])
                self.table.append_constraint(made)
        if self.include is None:
            for entry in self.inspector.get_check_constraints(*self.where):
                if not self._is_there(CheckConstraint, entry):
                    check = CheckConstraint(TextClause(entry["sqltext"]), name=entry["name"])
                    self.table.append_constraint(check)

    def _is_there(self, kind: type, entry: dict[str, Any]) -> bool:
        """Whether the table, read before, has such a constraint of this name, or without one of these columns."""
        for own in self.table.constraints:
            if isinstance(own, kind) and own.name == entry["name"]:
                if entry["name"] is not None:
                    return True
                if isinstance(own, CheckConstraint):
                    if str(own.sqltext) == entry["sqltext"]:
                        return True
                elif isinstance(own, UniqueConstraint):
                    if [column.name for column in own.columns] == entry["column_names"]:
                        return True
        return False

    def _read_indexes(self) -> None:
        for entry in self.inspector.get_indexes(*self.where):
            names = entry["column_names"]
            if any(own.name == entry["name"] for own in self.table.indexes):
                continue
            if entry.get("duplicates_constraint") or not self._has([n for n in names if n]):
                continue
            expressions = entry.get("expressions") or names
            parts = [
                self.table.c[column] if column else TextClause(str(expression))
                for column, expression in zip(names, expressions, strict=False)
            ]
            if parts:
                options = entry.get("dialect_options", {})
                index = Index(entry["name"], *parts, unique=bool(entry["unique"]), **options)
                if index.table is None:
                    index._join_parent(self.table)
