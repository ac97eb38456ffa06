"""Foreign keys: one column's reference (`ForeignKey`) and the constraint it is part of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.schema.constraints import ColumnCollectionConstraint, as_column, find_column
from orm.schema.items import SchemaItem
from orm.schema.options import check_options
from orm.types.base import NullType
from orm.util.record import Record

if TYPE_CHECKING:
    from orm.schema.column import Column
    from orm.schema.table import Table


class ForeignKeyTarget(Record):
    """The names of what a foreign key refers to; None where none was given.

    Without `column_name`, the column of the same name as the referring one is meant.
    """

    schema: str | None
    table_name: str | None
    column_name: str | None

    @property
    def table_key(self) -> str | None:
        """The key of the table in `metadata.tables`, None if there is no table name."""
        if self.schema is None:
            return self.table_name
        return f"{self.schema}.{self.table_name}"

    @classmethod
    def parse(cls, text: str) -> ForeignKeyTarget:
        """Read `table`, `table.column` or `schema.table.column`; a schema may have dots itself."""
        *schema, table, column = text.split(".") if "." in text else (text, None)
        return cls(".".join(part for part in schema if part) or None, table, column)

    @classmethod
    def from_parts(cls, parts: Sequence[str | None]) -> ForeignKeyTarget:
        """Read `(table, column)` or `(schema, table, column)`; names may have dots.

        Raises exc.ArgumentError for another number of names, or one that is no string.
        """
        if len(parts) == 2:
            parts = (None, *parts)
        names = all(part is None or isinstance(part, str) for part in parts)
        if len(parts) != 3 or not names or not parts[1]:
            raise exc.ArgumentError(
                f"ForeignKey({tuple(parts)!r}): a tuple is ('table', 'column') or ('schema', 'table', 'column')."
            )
        return cls(*parts)

    @property
    def fullname(self) -> str:
        """`schema.table.column`; raises exc.InvalidRequestError if that text could not be read back."""
        reason = None
        if self.table_name is None:
            reason = "the target has no table name yet"
        elif "." in self.table_name:
            reason = f"the table name {self.table_name!r} contains a dot"
        elif self.column_name is None and self.schema is not None:
            reason = f"there is a schema {self.schema!r} but no column"
        elif self.column_name is not None and "." in self.column_name:
            reason = f"the column name {self.column_name!r} contains a dot"
        if reason is not None:
            raise exc.InvalidRequestError(
                f"{self!r} cannot be written as one string: {reason}. Use target_tokens."
            )
        return ".".join(part for part in self if part is not None)


class ForeignKey(SchemaItem):
    """The reference of one column to another: `Column(ForeignKey("users.id"))`.

    column: `"table.column"`, `"schema.table.column"`, a tuple `("table", "column")` or `("schema", "table",
    "column")` for names with dots, a Column, or a mapped attribute. Names are looked up in the MetaData when
    `.column` is first asked for, so that tables may be declared in any order. A table alone refers to its column of
    the same name. use_alter: create the constraint by ALTER TABLE after both tables. link_to_name: the string names
    the column as the database does, not by its `key`.
    """

    __visit_name__ = "foreign_key"

    parent: Column[Any]

    def __init__(
        self,
        column: Any,
        _constraint: ForeignKeyConstraint | None = None,
        use_alter: bool = False,
        name: str | None = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        link_to_name: bool = False,
        match: str | None = None,
        info: dict[Any, Any] | None = None,
        comment: str | None = None,
        **dialect_options: Any,
    ) -> None:
        #: the Column that was given, None where names were
        self.target_column: Column[Any] | None = None
        self._names: ForeignKeyTarget | None = None
        self._take_target(column)
        self.constraint = _constraint
        self.use_alter = use_alter
        self.name = name
        self.onupdate = onupdate
        self.ondelete = ondelete
        self.deferrable = deferrable
        self.initially = initially
        self.link_to_name = link_to_name
        self.match = match
        self.comment = comment
        self.dialect_kwargs = check_options(type(self), dialect_options)
        self._column: Column[Any] | None = None
        if info:
            self.info = info
        self._number()

    def _take_target(self, given: Any) -> None:
        target = as_column(given)
        if isinstance(target, str):
            self._names = ForeignKeyTarget.parse(target)
        elif isinstance(target, tuple):
            self._names = ForeignKeyTarget.from_parts(target)
        elif not hasattr(target, "table"):
            raise exc.ArgumentError(
                f"ForeignKey({given!r}) needs a string 'table.column', a tuple of names, a Column or a mapped "
                "attribute."
            )
        elif target.table is not None and not hasattr(target.table, "constraints"):
            raise exc.ArgumentError(
                f"ForeignKey({given!r}) refers to a column of {target.table!r}, which is no Table; a foreign key "
                "points to a column of a Table."
            )
        else:
            self.target_column = target

    def __repr__(self) -> str:
        try:
            return f"ForeignKey({self.target_fullname!r})"
        except exc.InvalidRequestError:
            return f"ForeignKey({self.target_tokens!r})"

    @property
    def target_tokens(self) -> ForeignKeyTarget:
        """The names of the target as it was given; nothing is looked up.

        Of a Column without a table, only its key, as the name of the table.
        """
        if self._names is not None:
            return self._names
        column: Any = self.target_column
        if column.table is None:
            return ForeignKeyTarget(None, column.key, None)
        name = column.name if self.link_to_name else column.key
        return ForeignKeyTarget(getattr(column.table, "schema", None), column.table.name, name)

    @property
    def target_table_key(self) -> str | None:
        """The key of the target table in `metadata.tables`, whether it is there yet or not.

        None for a Column without a table.
        """
        if self.target_column is not None and self.target_column.table is None:
            return None
        names = self.target_tokens
        parent = getattr(self, "parent", None)
        if names.schema is None and self._names is not None and parent is not None:
            schema = parent.table.metadata.schema if parent.table is not None else None
            names = names._replace(schema=schema)
        return names.table_key

    @property
    def target_fullname(self) -> str:
        """The target as a string `table.column`.

        Raises exc.InvalidRequestError if names with dots make that ambiguous; see `target_tokens`.
        """
        return self.target_tokens.fullname

    def _describe(self) -> str:
        parent = getattr(self, "parent", None)
        if parent is None:
            return "?"
        return (
            f"{parent.table.name}.{parent.name}" if parent.table is not None else str(parent.name)
        )

    @property
    def column(self) -> Column[Any]:
        """The column that is referred to.

        Raises exc.NoReferencedTableError or exc.NoReferencedColumnError if a name leads nowhere.
        """
        found = self._column
        if found is None:
            found = self._column = self._resolve()
            if hasattr(self, "parent"):
                self._take_over_type(found)
        return found

    @property
    def _known_column(self) -> Column[Any] | None:
        """The column that is referred to, or None if it cannot be found (yet)."""
        try:
            return self.column
        except exc.InvalidRequestError:
            return None

    def _resolve(self) -> Column[Any]:
        if self.target_column is not None:
            return self.target_column
        parent = getattr(self, "parent", None)
        if parent is None or parent.table is None:
            raise exc.InvalidRequestError(
                f"{self!r} is not part of a table yet, so its column cannot be found."
            )
        table = parent.table.metadata.tables.get(self.target_table_key)
        if table is None:
            raise self._missing_table()
        name = self._target_name()
        if self.link_to_name:
            matches = [column for column in table.c if column.name == name]
            column = matches[0] if matches else None
        else:
            column = table.c.get(name)
        if column is None:
            raise self._missing_column(table)
        result: Column[Any] = column
        return result

    def _target_name(self) -> str:
        return str(self.target_tokens.column_name or self.parent.key)

    def _missing_table(self) -> exc.NoReferencedTableError:
        key = str(self.target_table_key)
        known = ", ".join(sorted(self.parent.table.metadata.tables)) or "none"
        return exc.NoReferencedTableError(
            f"The foreign key of column {self._describe()!r} refers to table {key!r}, which its MetaData does "
            f"not have. Import the module that defines {key!r} before this is used, or mend the name in "
            f"{self!r}. Tables known here: {known}.",
            key,
        )

    def _missing_column(self, table: Table) -> exc.NoReferencedColumnError:
        name = self._target_name()
        unnamed = (
            ""
            if self.target_tokens.column_name
            else f" Name one: ForeignKey('{table.fullname}.id')."
        )
        return exc.NoReferencedColumnError(
            f"The foreign key of column {self._describe()!r} refers to column {name!r} of table "
            f"{table.fullname!r}, which has no such column. Its columns are: {', '.join(table.c.keys())}.{unnamed}",
            table.name,
            name,
        )

    def _take_over_type(self, column: Column[Any]) -> None:
        """A column declared without a type has the type of what it refers to."""
        if self._is_untyped and not isinstance(column.type, NullType):
            self.parent.type = column.type

    @property
    def _is_untyped(self) -> bool:
        """True while the referring column has no type."""
        return isinstance(self.parent.type, NullType)

    def _resolve_type(self) -> None:
        """Settle the parent column's type if it has none and the target is known already."""
        if self._is_untyped:
            found = self._known_column
            if found is not None:
                self._take_over_type(found)

    def references(self, table: Any) -> bool:
        """True if the column referred to belongs to `table`."""
        return table.corresponding_column(self.column) is not None

    def get_referent(self, table: Any) -> Any:
        """The column of `table` (or of an alias of it) that is referred to, or None."""
        return table.corresponding_column(self.column)

    def _set_parent(self, parent: Any) -> None:
        if getattr(self, "parent", None) is not None and self.parent is not parent:
            raise exc.InvalidRequestError(
                f"{self!r} already belongs to column {self._describe()!r}; make a new ForeignKey."
            )
        self.parent = parent
        parent.foreign_keys.add(self)
        if parent.table is not None:
            self._set_table(parent.table)
        else:
            parent._on_table(self._set_table)

    def _set_table(self, table: Any) -> None:
        if self.constraint is None:
            constraint = ForeignKeyConstraint(
                [], [], use_alter=self.use_alter, name=self.name, onupdate=self.onupdate,
                ondelete=self.ondelete, deferrable=self.deferrable, initially=self.initially,
                match=self.match, comment=self.comment, **self.dialect_kwargs,
            )  # fmt: skip
            self.constraint = constraint
            constraint._column_flag = True
            constraint._creation_order = self._creation_order
            constraint._append_element(self.parent, self)
            table.append_constraint(constraint)
        table.foreign_keys.add(self)
        self._resolve_type()
        if self._is_untyped:
            table.metadata._wait_for_type(self)

    def _copy(self, target: Any = None) -> ForeignKey:
        """The same reference for a copied column; target: to somewhere else."""
        return ForeignKey(
            self._given if target is None else target,
            use_alter=self.use_alter,
            name=self.name,
            onupdate=self.onupdate,
            ondelete=self.ondelete,
            deferrable=self.deferrable,
            initially=self.initially,
            link_to_name=self.link_to_name,
            match=self.match,
            comment=self.comment,
            info=dict(self._info) if self._info else None,
            **self.dialect_kwargs,
        )

    copy = _copy

    @property
    def _given(self) -> Any:
        """The target for a copy: a reference to the own table follows the copy by name."""
        column = self.target_column
        parent = getattr(self, "parent", None)
        if column is None:
            return self._names
        inside = parent is not None and column.table is not None and column.table is parent.table
        return self.target_tokens if inside else column


class ForeignKeyConstraint(ColumnCollectionConstraint):
    """A reference over one or more columns.

    columns: keys or Columns of the table. refcolumns: strings or Columns, as many. The remaining
    arguments are those of `ForeignKey`.
    Raises exc.ArgumentError if the two lists differ in length.
    """

    __visit_name__ = "foreign_key_constraint"
    _naming_prefix = "fk"

    def __init__(
        self,
        columns: Sequence[Any],
        refcolumns: Sequence[Any],
        name: str | None = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        use_alter: bool = False,
        link_to_name: bool = False,
        match: str | None = None,
        table: Any = None,
        info: dict[Any, Any] | None = None,
        comment: str | None = None,
        **dialect_options: Any,
    ) -> None:
        if len(columns) != len(refcolumns):
            raise exc.ArgumentError(
                f"ForeignKeyConstraint({[str(c) for c in columns]}, {[str(c) for c in refcolumns]}) needs "
                "as many columns as referred columns."
            )
        self.onupdate = onupdate
        self.ondelete = ondelete
        self.use_alter = use_alter
        self.link_to_name = link_to_name
        self.match = match
        self.elements: list[ForeignKey] = [
            ForeignKey(
                target, _constraint=self, use_alter=use_alter, name=name, onupdate=onupdate,
                ondelete=ondelete, deferrable=deferrable, initially=initially,
                link_to_name=link_to_name, match=match, **dialect_options,
            )
            for target in refcolumns
        ]  # fmt: skip
        super().__init__(
            *columns, name=name, deferrable=deferrable, initially=initially, info=info,
            comment=comment, **dialect_options,
        )  # fmt: skip
        if table is not None:
            table.append_constraint(self)

    def _append_element(self, column: Column[Any], element: ForeignKey) -> None:
        self._pending = (*self._pending, column)
        self.elements.append(element)

    def _set_parent(self, parent: Any) -> None:
        # the elements first: naming conventions ask them for the columns that they refer to
        self.table = parent
        columns = [find_column(parent, column, self) for column in self._pending]
        for column, element in zip(columns, self.elements, strict=True):
            if getattr(element, "parent", None) is not column:
                element._join_parent(column)
        self._check_one_target()
        super()._set_parent(parent)

    def _check_one_target(self) -> None:
        """Raises exc.ArgumentError if the elements name different tables."""
        keys = {element.target_table_key for element in self.elements} - {None}
        if len(keys) > 1:
            raise exc.ArgumentError(
                f"{self!r} of table {self.table.name!r} refers to several tables: "
                f"{', '.join(sorted(map(str, keys)))}. A foreign key points to one."
            )

    @property
    def column_keys(self) -> Sequence[str]:
        """The keys of the local columns."""
        if self._columns:
            return [str(column.key) for column in self._columns]
        return [column if isinstance(column, str) else column.key for column in self._pending]

    @property
    def referred_table(self) -> Table:
        """The table referred to; raises exc.NoReferencedTableError if it is not known."""
        table: Table = self.elements[0].column.table
        return table

    def _copy(
        self, target_table: Any = None, targets: Sequence[Any] | None = None
    ) -> ForeignKeyConstraint:
        return ForeignKeyConstraint(
            list(self.column_keys),
            [element._given for element in self.elements] if targets is None else targets,
            name=self.name,
            onupdate=self.onupdate,
            ondelete=self.ondelete,
            deferrable=self.deferrable,
            initially=self.initially,
            use_alter=self.use_alter,
            link_to_name=self.link_to_name,
            match=self.match,
            comment=self.comment,
            info=dict(self._info) if self._info else None,
            **self.dialect_kwargs,
        )

    def __repr__(self) -> str:
        targets = [element.target_tokens.table_key for element in self.elements]
        return f"ForeignKeyConstraint({list(self.column_keys)!r}, {targets!r}, name={self.name!r})"
