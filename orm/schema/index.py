"""Index over columns or expressions of one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orm import exc
from orm.schema.constraints import ConstraintColumns, as_column, find_column
from orm.schema.items import SchemaItem
from orm.schema.naming import apply_naming_convention
from orm.schema.options import check_options

if TYPE_CHECKING:
    from orm.schema.table import Table


class Index(SchemaItem):
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
        self._pending: tuple[Any, ...] = tuple(as_column(item) for item in expressions)
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
        columns = [c for item in self._pending for c in columns_of(item)]
        waiting = [column for column in columns if getattr(column, "table", None) is None]
        if columns and not waiting:
            self._column_has_table(columns[0].table)
        for column in waiting:
            if hasattr(column, "_on_table"):
                column._on_table(self._column_has_table)

    def _column_has_table(self, table: Any) -> None:
        if self.table is None and hasattr(table, "append_constraint"):
            columns = [c for item in self._pending for c in columns_of(item)]
            if all(getattr(column, "table", None) is not None for column in columns):
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
                raise exc.ArgumentError(
                    f"Index {self.name!r} on table {parent.name!r} mentions column {column.name!r} of "
                    f"{column.table.description!r}; an index covers one table."
                )
        apply_naming_convention(self, parent)
        parent.indexes.add(self)

    def _copy(self, table: Any) -> Index:
        """The same index for another table, expressions moved to its columns."""
        return Index(
            self.name,
            *[_moved(item, self.table, table) for item in self.expressions],
            unique=self.unique,
            _table=table,
            **self.dialect_kwargs,
        )

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


def columns_of(expression: Any) -> list[Any]:
    """The table columns inside an expression, each once, in order of appearance; none for a string."""
    if isinstance(expression, str):
        return []
    found: dict[int, Any] = {}
    _collect_columns(expression, found)
    return list(found.values())


def _collect_columns(expression: Any, found: dict[int, Any]) -> None:
    if expression.__visit_name__ == "column" and hasattr(expression, "table"):
        found.setdefault(id(expression), expression)
        return
    for child in expression.get_children():
        _collect_columns(child, found)


def _moved(expression: Any, old: Any, new: Any) -> Any:
    """The expression with the columns of the table `old` replaced by those of `new`."""
    if getattr(expression, "table", None) is old and expression.__visit_name__ == "column":
        return new.c[expression.key]
    from orm.sql.adapt import replacement_traverse

    return replacement_traverse(
        expression,
        lambda element: new.c.get(element.key) if getattr(element, "table", None) is old else None,
    )
