"""Foreign keys: one column's reference (`ForeignKey`) and the constraint it is part of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.schema.constraints import ColumnCollectionConstraint, as_column
from orm.schema.items import SchemaItem
from orm.types.base import NullType

if TYPE_CHECKING:
    from orm.schema.column import Column
    from orm.schema.table import Table


class ForeignKey(SchemaItem):
    """The reference of one column to another: `Column(ForeignKey("users.id"))`.

    column: `"table.column"`, `"schema.table.column"`, a Column, or a mapped attribute. A string is looked up in
    the MetaData when `.column` is first asked for, so that tables may be declared in any order.
    use_alter: create the constraint by ALTER TABLE after both tables. link_to_name: the string names the column
    as the database does, not by its `key`.
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
        target = as_column(column)
        if not isinstance(target, str) and not hasattr(target, "table"):
            raise exc.ArgumentError(
                f"ForeignKey({column!r}) needs a string 'table.column', a Column or a mapped attribute."
            )
        self._colspec: Any = target
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
        self.dialect_kwargs = dialect_options
        self._column: Column[Any] | None = None
        if info:
            self.info = info
        self._number()

    def __repr__(self) -> str:
        return f"ForeignKey({self.target_fullname!r})"

    @property
    def target_parts(self) -> tuple[str | None, str, str]:
        """(schema or None, table, column) of the target as it was given; no lookup of a string."""
        if not isinstance(self._colspec, str):
            table = self._colspec.table
            if table is None:
                raise exc.InvalidRequestError(
                    f"ForeignKey of column {self._describe()!r} points to the column "
                    f"{self._colspec.name!r}, which is not attached to a table yet."
                )
            return table.schema, table.name, self._colspec.name
        parts = self._colspec.split(".")
        if len(parts) < 2:
            raise exc.ArgumentError(
                f"ForeignKey({self._colspec!r}) must name a table and a column: 'table.column'."
            )
        schema = ".".join(parts[:-2]) or None
        return schema, parts[-2], parts[-1]

    @property
    def target_fullname(self) -> str:
        """The target as a string `table.column`."""
        if isinstance(self._colspec, str):
            return self._colspec
        schema, table, column = self.target_parts
        return f"{schema}.{table}.{column}" if schema else f"{table}.{column}"

    def _describe(self) -> str:
        parent = getattr(self, "parent", None)
        if parent is None:
            return "?"
        return (
            f"{parent.table.name}.{parent.name}" if parent.table is not None else str(parent.name)
        )

    def _target_key(self) -> str:
        """The key of the target table in `metadata.tables`, for a target given as a string."""
        schema, table, _column = self.target_parts
        if schema is None and self.parent.table is not None:
            schema = self.parent.table.metadata.schema
        return f"{schema}.{table}" if schema else table

    @property
    def column(self) -> Column[Any]:
        """The column that is referred to.

        Raises exc.NoReferencedTableError or exc.NoReferencedColumnError if a name leads nowhere.
        """
        found = self._column
        if found is None:
            found = self._column = self._resolve()
            self._take_over_type(found)
        return found

    def _resolve(self) -> Column[Any]:
        if not isinstance(self._colspec, str):
            given: Column[Any] = self._colspec
            return given
        parent = getattr(self, "parent", None)
        if parent is None or parent.table is None:
            raise exc.InvalidRequestError(
                f"ForeignKey({self._colspec!r}) is not part of a table yet, so its column cannot be found."
            )
        table = parent.table.metadata.tables.get(self._target_key())
        if table is None:
            raise self._missing_table()
        name = self.target_parts[2]
        if self.link_to_name:
            matches = [column for column in table.c if column.name == name]
            column = matches[0] if matches else None
        else:
            column = table.c.get(name)
        if column is None:
            raise self._missing_column(table)
        result: Column[Any] = column
        return result

    def _missing_table(self) -> exc.NoReferencedTableError:
        key = self._target_key()
        known = ", ".join(sorted(self.parent.table.metadata.tables)) or "none"
        return exc.NoReferencedTableError(
            f"The foreign key of column {self._describe()!r} refers to table {key!r}, which its MetaData does "
            f"not have. Import the module that defines {key!r} before this is used, or mend the name in "
            f"ForeignKey({self.target_fullname!r}). Tables known here: {known}.",
            key,
        )

    def _missing_column(self, table: Table) -> exc.NoReferencedColumnError:
        name = self.target_parts[2]
        return exc.NoReferencedColumnError(
            f"The foreign key of column {self._describe()!r} refers to column {name!r} of table "
            f"{table.fullname!r}, which has no such column. Its columns are: {', '.join(table.c.keys())}.",
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
            try:
                self._take_over_type(self.column)
            except exc.InvalidRequestError:
                pass

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

    def _copy(self, schema: str | None = None, metadata_schema: str | None = None) -> ForeignKey:
        """The same reference for a copied column; a string target moves along to another schema."""
        return ForeignKey(
            self._copied_target(schema, metadata_schema),
            use_alter=self.use_alter,
            name=self.name,
            onupdate=self.onupdate,
            ondelete=self.ondelete,
            deferrable=self.deferrable,
            initially=self.initially,
            link_to_name=self.link_to_name,
            match=self.match,
            comment=self.comment,
            **self.dialect_kwargs,
        )

    copy = _copy

    def _copied_target(self, schema: str | None, metadata_schema: str | None) -> Any:
        parent = getattr(self, "parent", None)
        if schema is None and metadata_schema is None:
            home = None if parent is None else parent.table
            given = None if isinstance(self._colspec, str) else self._colspec.table
            inside = given is not None and given is home
            # a reference to the own table follows the copy
            return self.target_fullname if inside else self._colspec
        own_schema, table, column = self.target_parts
        table_of_parent = None if parent is None else parent.table
        if table_of_parent is not None and own_schema in (None, table_of_parent.schema):
            return f"{schema}.{table}.{column}" if schema else f"{table}.{column}"
        return self.target_fullname


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
        if len(set(columns)) != len(refcolumns):
            raise exc.ArgumentError(
                f"ForeignKeyConstraint({[str(c) for c in columns]}, {[str(c) for c in refcolumns]}) needs "
                "as many different columns as referred columns."
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
        super()._set_parent(parent)
        for column, element in zip(self._columns, self.elements, strict=True):
            if getattr(element, "parent", None) is not column:
                element._set_parent(column)

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
        self,
        target_table: Any = None,
        schema: str | None = None,
        metadata_schema: str | None = None,
    ) -> ForeignKeyConstraint:
        return ForeignKeyConstraint(
            list(self.column_keys),
            [element._copied_target(schema, metadata_schema) for element in self.elements],
            name=self.name,
            onupdate=self.onupdate,
            ondelete=self.ondelete,
            deferrable=self.deferrable,
            initially=self.initially,
            use_alter=self.use_alter,
            link_to_name=self.link_to_name,
            match=self.match,
            comment=self.comment,
            **self.dialect_kwargs,
        )

    def __repr__(self) -> str:
        targets = [element.target_fullname for element in self.elements]
        return f"ForeignKeyConstraint({list(self.column_keys)!r}, {targets!r}, name={self.name!r})"
