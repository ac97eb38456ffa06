"""Constraints of tables, and what they say in DDL. Foreign keys have their own module."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.schema.conditions import ConditionalItem
from orm.schema.naming import apply_naming_convention
from orm.schema.options import check_options
from orm.sql.annotations import plain
from orm.sql.text_clause import TextClause

if TYPE_CHECKING:
    from orm.schema.column import Column
    from orm.schema.table import Table


class Constraint(ConditionalItem):
    """A constraint of one table.

    name: its name in the database; None lets the MetaData's naming convention, or else the database, choose.
    deferrable, initially: `[NOT] DEFERRABLE` and `INITIALLY <initially>`.
    """

    __visit_name__ = "constraint"
    table: Table
    # made by a type (Enum, Boolean) or by a flag of a Column: a copied column makes its own again
    _type_bound = False
    _column_flag = False
    # added by a statement of its own, so not a part of CREATE TABLE
    _isolated = False

    def __init__(
        self,
        name: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        info: dict[Any, Any] | None = None,
        comment: str | None = None,
        **dialect_options: Any,
    ) -> None:
        self.name = name
        self.deferrable = deferrable
        self.initially = initially
        self.comment = comment
        self.dialect_kwargs = check_options(type(self), dialect_options)
        if info:
            self.info = info
        self._number()

    def _set_parent(self, parent: Any) -> None:
        self.table = parent
        apply_naming_convention(self, parent)
        parent.constraints.add(self)

    def _copy(self, target_table: Any = None) -> Constraint:
        """The same constraint for another table."""
        raise NotImplementedError


class ColumnCollectionConstraint(Constraint):
    """A constraint over columns of its table, given as Column objects or by key.

    Attached by itself to the columns' table as soon as all of them have one.
    """

    def __init__(self, *columns: Any, **options: Any) -> None:
        super().__init__(**options)
        self._pending: tuple[Any, ...] = tuple(as_column(column) for column in columns)
        self._columns: list[Column[Any]] = []
        self._watch_columns()

    @property
    def columns(self) -> ConstraintColumns:
        """The columns in order, also by key."""
        return ConstraintColumns(self._columns)

    c = columns

    def _watch_columns(self) -> None:
        """Attach now if all columns have their table, else when the last of them gets it.

        With names among the columns only now, if the table has them all: later ones may be meant.
        """
        columns = [c for c in self._pending if not isinstance(c, str)]
        names = [c for c in self._pending if isinstance(c, str)]
        watch_columns(columns, self._attach, wait=not names, names=names)

    def _attach(self, table: Any) -> None:
        if getattr(self, "table", None) is not None:
            return
        strangers = [str(c) for c in self._pending if getattr(c, "table", table) is not table]
        if strangers:
            raise exc.ArgumentError(
                f"{self!r} cannot be of table {table.name!r}: {', '.join(strangers)} belong to others."
            )
        table.append_constraint(self)

    def _set_parent(self, parent: Any) -> None:
        self._columns = [find_column(parent, column, self) for column in self._pending]
        super()._set_parent(parent)

    def _replace_column(self, old: Any, new: Any) -> None:
        self._columns = [new if column is old else column for column in self._columns]
        self._pending = tuple(new if column is old else column for column in self._pending)

    def __iter__(self) -> Iterator[Column[Any]]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __contains__(self, column: object) -> bool:
        return column in self.columns

    def contains_column(self, column: Any) -> bool:
        """True if the column is part of the constraint."""
        return any(column is mine for mine in self._columns)

    def _options(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "deferrable": self.deferrable,
            "initially": self.initially,
            "comment": self.comment,
            "info": dict(self._info) if self._info else None,
            **self.dialect_kwargs,
        }

    def _copy(self, target_table: Any = None) -> Constraint:
        keys = [column if isinstance(column, str) else column.key for column in self._pending]
        return type(self)(*keys, **self._options())

    def __repr__(self) -> str:
        names = ", ".join(str(getattr(column, "name", column)) for column in self._pending)
        return f"{type(self).__name__}({names}, name={self.name!r})"


class ConstraintColumns(list["Column[Any]"]):
    """The columns of a constraint: a list that also answers by key and by attribute."""

    def keys(self) -> list[str]:
        """The columns' keys in order."""
        return [str(column.key) for column in self]

    def values(self) -> list[Column[Any]]:
        """The columns in order."""
        return list(self)

    def __getattr__(self, key: str) -> Column[Any]:
        for column in self:
            if column.key == key:
                return column
        raise AttributeError(key)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            try:
                return self.__getattr__(key)
            except AttributeError:
                raise KeyError(key) from None
        return super().__getitem__(key)

    def __contains__(self, column: object) -> bool:
        if isinstance(column, str):
            return any(mine.key == column for mine in self)
        return any(mine is column for mine in self)

    contains_column = __contains__


def as_column(value: Any) -> Any:
    """The Column or key behind an argument: a mapped attribute gives its column."""
    if hasattr(value, "__clause_element__"):
        # the element carries what the mapping noted on it, and is not the column of the table itself
        return plain(value.__clause_element__())
    return value


def columns_of(expression: Any) -> list[Any]:
    """The table columns inside an expression, each once, in order of appearance; none for a string."""
    found: dict[int, Any] = {}
    if not isinstance(expression, str):
        _collect_columns(expression, found)
    return list(found.values())


def _collect_columns(expression: Any, found: dict[int, Any]) -> None:
    if expression.__visit_name__ == "column" and hasattr(expression, "table"):
        found.setdefault(id(expression), expression)
        return
    for child in expression.get_children():
        _collect_columns(child, found)


def watch_columns(
    columns: Sequence[Any],
    attach: Callable[[Any], None],
    wait: bool = True,
    names: Sequence[str] = (),
) -> None:
    """Call `attach(table)` once all the columns have their table; at once, or, if `wait`, as soon as they do.

    names: keys that the table must have as well. Columns that are of no Table attach nothing.
    """

    def check(table: Any) -> None:
        if all(column.table is not None for column in columns):
            attach(table)

    missing = [column for column in columns if getattr(column, "table", None) is None]
    if not columns or not all(hasattr(column, "_on_table") for column in missing):
        return
    if missing and wait:
        for column in missing:
            column._on_table(check)
    elif not missing:
        table = columns[0].table
        if hasattr(table, "append_constraint") and all(name in table.c for name in names):
            attach(table)


def find_column(table: Any, column: Any, owner: Any) -> Column[Any]:
    """The column of `table` given as an object or by key.

    Raises exc.ConstraintColumnNotFoundError naming the table and its columns.
    """
    if not isinstance(column, str):
        found: Column[Any] = column
        return found
    found_by_key = table.c.get(column)
    if found_by_key is None:
        known = ", ".join(table.c.keys()) or "none"
        raise exc.ConstraintColumnNotFoundError(
            f"{type(owner).__name__} {owner.name or ''} of table {table.name!r} names the column "
            f"{column!r}, which the table does not have. Its columns are: {known}."
        )
    result: Column[Any] = found_by_key
    return result


class PrimaryKeyConstraint(ColumnCollectionConstraint):
    """The primary key; iterable over its columns. Every Table has one, possibly empty."""

    __visit_name__ = "primary_key_constraint"
    _naming_prefix = "pk"
    _named_by_convention = False

    def __init__(self, *columns: Any, _implicit: bool = False, **options: Any) -> None:
        self._implicit = _implicit
        super().__init__(*columns, **options)

    def _set_parent(self, parent: Any) -> None:
        marked = [column for column in parent.c if column.primary_key]
        self.table = parent
        self._columns = [find_column(parent, column, self) for column in self._pending]
        if not self._columns:
            self._columns = marked
        elif marked and {id(c) for c in marked} != {id(c) for c in self._columns}:
            raise exc.ArgumentError(
                f"Table {parent.name!r} says primary_key=True on "
                f"({', '.join(c.name for c in marked)}) but its PrimaryKeyConstraint lists "
                f"({', '.join(c.name for c in self._columns)}). Say it in one place."
            )
        for column in self._columns:
            column.primary_key = True
            if column._user_nullable is None:
                column.nullable = False
        old = parent.__dict__.get("_primary_key")
        if old is not None and old is not self:
            parent.constraints.discard(old)
        parent._primary_key = self
        parent.__dict__.pop("_autoincrement_memo", None)
        if self._columns or not self._implicit:
            self._apply_name(parent)
        parent.constraints.add(self)

    def _column_added(self, column: Column[Any]) -> None:
        """A column with primary_key=True joined the table later."""
        if not self.contains_column(column):
            self._columns.append(column)
            self.table.__dict__.pop("_autoincrement_memo", None)
            self._apply_name(self.table)

    def _apply_name(self, table: Any) -> None:
        """Name the key by the convention, anew with each column that joins it."""
        if self._named_by_convention:
            self.name = None
        before = self.name
        apply_naming_convention(self, table)
        self._named_by_convention = before is None and self.name is not None

    def _watch_columns(self) -> None:
        if self._pending:
            super()._watch_columns()


class UniqueConstraint(ColumnCollectionConstraint):
    """No two rows have equal values in these columns."""

    __visit_name__ = "unique_constraint"
    _naming_prefix = "uq"


class CheckConstraint(Constraint):
    """A condition that every row fulfils.

    sqltext: a string of SQL or an expression over the table's columns, which attaches it to their table by itself.
    """

    __visit_name__ = "check_constraint"
    _naming_prefix = "ck"

    def __init__(
        self, sqltext: Any, *, table: Any = None, _autoattach: bool = True, **options: Any
    ) -> None:
        super().__init__(**options)
        self.sqltext: Any = TextClause(sqltext) if isinstance(sqltext, str) else sqltext
        self.columns: list[Column[Any]] = []
        if table is not None:
            table.append_constraint(self)
        elif _autoattach and not isinstance(self.sqltext, TextClause):
            watch_columns(columns_of(self.sqltext), self._attach)

    def _attach(self, table: Any) -> None:
        # a condition over columns of several tables says nothing about whose it is
        one_table = all(column.table is table for column in columns_of(self.sqltext))
        if getattr(self, "table", None) is None and one_table and not self._column_flag:
            table.append_constraint(self)

    def _set_parent(self, parent: Any) -> None:
        if parent.__visit_name__ == "column":
            # it belongs to the table, whenever the column gets one; a copied column takes a copy along
            self._column_flag = True
            parent.constraints.add(self)
            parent._on_table(lambda table: table.append_constraint(self))
            return
        self.columns = [c for c in parent.c if _mentions(self.sqltext, c)]
        super()._set_parent(parent)

    def _copy(self, target_table: Any = None) -> CheckConstraint:
        text = self.sqltext
        if target_table is not None and not isinstance(text, TextClause):
            from orm.sql.adapt import replacement_traverse

            text = replacement_traverse(
                text,
                lambda element: (
                    target_table.c.get(element.key)
                    if getattr(element, "table", None) is self.table
                    else None
                ),
            )
        return CheckConstraint(
            text,
            name=self.name,
            deferrable=self.deferrable,
            initially=self.initially,
            comment=self.comment,
            info=dict(self._info) if self._info else None,
            _autoattach=False,
            **self.dialect_kwargs,
        )

    def __repr__(self) -> str:
        shown = getattr(self.sqltext, "text", type(self.sqltext).__name__)
        return f"CheckConstraint({shown!r}, name={self.name!r})"


class TypeCheckConstraint(CheckConstraint):
    """The CHECK that a type brings along where the database has no type of that kind."""

    _type_bound = True

    def __init__(self, sqltext: Any, *, type_: Any, **options: Any) -> None:
        super().__init__(sqltext, _autoattach=False, **options)
        self.type = type_


def _mentions(expression: Any, column: Any) -> bool:
    """True if the expression contains the column object; strings are not searched."""
    if expression is column:
        return True
    return any(_mentions(child, column) for child in expression.get_children())
