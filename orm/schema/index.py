"""Index over columns or expressions of one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orm import exc
from orm.schema.conditions import ConditionalItem
from orm.schema.constraints import (
    ConstraintColumns,
    as_column,
    columns_of,
    find_column,
    watch_columns,
)
from orm.schema.naming import apply_naming_convention
from orm.schema.options import check_options
from orm.sql.selectable import FromClause
from orm.sql.visitors import ClauseElement

if TYPE_CHECKING:
    from orm.schema.table import Table


class Index(ConditionalItem):
    """An index.

    name: None lets the MetaData's naming convention choose (`ix_<table>_<column>` by default).
    expressions: columns, their keys, or SQL expressions (`func.lower(table.c.name)`, `table.c.name.desc()`).
    Further arguments named `<dialect>_<option>` are read by that dialect, e.g. `postgresql_where`.
    It is attached by itself when its columns have a table.
    """

    __visit_name__ = "index"
    _naming_prefix = "ix"
    table: Table | None

    def __init__(
        self,
        name: str | None,
        *expressions: Any,
        unique: bool = False,
        quote: bool | None = None,
        info: dict[Any, Any] | None = None,
        _table: Any = None,
        _column_flag: bool = False,
        **dialect_options: Any,
    ) -> None:
        self.name = name
        self.unique = unique
        self.table = None
        self.dialect_kwargs = check_options(type(self), dialect_options)
        self._column_flag = _column_flag
        self._pending: tuple[Any, ...] = tuple(_checked(item) for item in expressions)
        self.expressions: list[Any] = []
        self._columns: list[Any] = []
        if info is not None:
            self.info = info
        self._number()
        if _table is not None:
            _table.append_constraint(self)
        elif not _column_flag:
            self._watch_columns()

    def _watch_columns(self) -> None:
        watch_columns([c for item in self._pending for c in columns_of(item)], self._attach)

    def _attach(self, table: Any) -> None:
        if self.table is None:
            table.append_constraint(self)

    @property
    def columns(self) -> ConstraintColumns:
        """The columns that the expressions mention, in order."""
        return ConstraintColumns(self._columns)

    c = columns

    def _set_parent(self, parent: Any) -> None:
        if self.table is parent:
            return
        if self.table is not None:
            raise exc.ArgumentError(
                f"Index {self.name!r} is on table {self.table.description!r} already and cannot be put on "
                f"{parent.description!r} as well."
            )
        self.table = parent
        self.expressions = [
            find_column(parent, item, self) if isinstance(item, str) else item
            for item in self._pending
        ]
        self._columns = [c for item in self.expressions for c in columns_of(item)]
        for column in self._columns:
            if column.table is not parent:
                whose = "no table" if column.table is None else repr(column.table.description)
                raise exc.ArgumentError(
                    f"Index {self.name!r} on table {parent.name!r} mentions column {column.name!r} of "
                    f"{whose}; an index covers one table."
                )
        apply_naming_convention(self, parent)
        parent.indexes.add(self)

    def _replace_column(self, old: Any, new: Any) -> None:
        # expressions stay as they are: they are rendered by the column's name
        self.expressions = [new if item is old else item for item in self.expressions]
        self._columns = [new if column is old else column for column in self._columns]

    def _copy(self, table: Any) -> Index:
        """The same index for another table, expressions moved to its columns."""
        made = Index(
            self.name,
            *[move_expression(item, self.table, table) for item in self.expressions],
            unique=self.unique,
            info=dict(self._info) if self._info else None,
            _table=table,
            **self.dialect_kwargs,
        )
        made._ddl_if = self._ddl_if
        return made

    def create(self, bind: Any, checkfirst: bool = False) -> None:
        """Create the index in the database."""
        from orm.schema.create import create_index

        create_index(bind, self, checkfirst)

    def drop(self, bind: Any, checkfirst: bool = False) -> None:
        """Drop the index from the database."""
        from orm.schema.create import drop_index

        drop_index(bind, self, checkfirst)

    def __repr__(self) -> str:
        names = ", ".join(str(getattr(item, "name", item)) for item in self._pending)
        return f"Index({self.name!r}, {names}{', unique=True' if self.unique else ''})"


def _checked(item: Any) -> Any:
    """A column's key or expression for an index. Raises exc.ArgumentError for anything else."""
    element = as_column(item)
    if not isinstance(element, (str, ClauseElement)) or isinstance(element, FromClause):
        raise exc.ArgumentError(
            f"An Index is over columns, their keys, or SQL expressions, not {item!r:.100}."
        )
    return element


def move_expression(expression: Any, old: Any, new: Any) -> Any:
    """The expression with the columns of the table `old` replaced by those of `new`."""
    if getattr(expression, "table", None) is old and expression.__visit_name__ == "column":
        return new.c[expression.key]
    from orm.sql.adapt import replacement_traverse

    return replacement_traverse(
        expression,
        lambda element: new.c.get(element.key) if getattr(element, "table", None) is old else None,
    )
