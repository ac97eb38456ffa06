"""Table: a table of the database with its columns, constraints and indexes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from orm import event, exc
from orm.schema.column import Column
from orm.schema.constraints import Constraint, PrimaryKeyConstraint
from orm.schema.defaults import Sequence
from orm.schema.foreign_key import ForeignKey, ForeignKeyConstraint
from orm.schema.index import Index
from orm.schema.items import BLANK_SCHEMA, RETAIN_SCHEMA, SchemaItem, SchemaItems, make_name
from orm.schema.options import check_options
from orm.sql.selectable import TableClause
from orm.types.base import TypeEngine
from orm.util.suggest import tell_foreign

if TYPE_CHECKING:
    from orm.schema.metadata import MetaData


class Table(TableClause, SchemaItem):
    """A table: `Table("users", metadata, Column("id", Integer, primary_key=True), ...)`.

    One object per name and MetaData: `Table("users", metadata)` without columns returns the one that exists.
    schema: the database schema, instead of the MetaData's; BLANK_SCHEMA for none. extend_existing: add to the table that exists. keep_existing:
    return it unchanged. autoload_with: an engine or connection to read the definition from. comment, prefixes
    (`["TEMPORARY"]`), info: as they say. Arguments named `<dialect>_<option>` are read by that dialect
    (`mysql_engine`, `sqlite_autoincrement`).
    Raises exc.InvalidRequestError if columns are given for a table that exists.
    """

    __visit_name__ = "table"
    inherit_cache = True

    metadata: MetaData
    _primary_key: PrimaryKeyConstraint
    #: CreateView or CreateTableAs, for what is made from a SELECT
    _creator: Any = None

    def __new__(cls, name: Any = None, metadata: Any = None, *args: Any, **options: Any) -> Table:
        if name is None and metadata is None:
            return super().__new__(cls)  # unpickling and copying
        schema = options.get("schema")
        if options.get("keep_existing") and options.get("extend_existing"):
            raise exc.ArgumentError("keep_existing and extend_existing exclude each other.")
        schema = _chosen_schema(schema, metadata, options.get("_no_default_schema", False))
        existing: Table | None = metadata.tables.get(f"{schema}.{name}" if schema else name)
        if existing is None:
            if options.get("must_exist"):
                raise exc.InvalidRequestError(f"Table {name!r} is not defined in this MetaData.")
            return super().__new__(cls)
        if not options.get("extend_existing") and not options.get("keep_existing") and args:
            raise exc.InvalidRequestError(
                f"Table {existing.fullname!r} is already defined in this MetaData. Give the other table another "
                "name, or pass extend_existing=True to add columns to it, or keep_existing=True to get it "
                "as it is."
            )
        return existing

    def __init__(
        self,
        name: str,
        metadata: MetaData,
        *args: Any,
        schema: Any = None,
        quote: bool | None = None,
        quote_schema: bool | None = None,
        autoload_with: Any = None,
        autoload_replace: bool = True,
        keep_existing: bool = False,
        extend_existing: bool = False,
        resolve_fks: bool = True,
        include_columns: Any = None,
        implicit_returning: bool = True,
        comment: str | None = None,
        info: dict[Any, Any] | None = None,
        listeners: Any = (),
        prefixes: Any = (),
        must_exist: bool = False,
        _no_default_schema: bool = False,
        **dialect_options: Any,
    ) -> None:
        if "metadata" in self.__dict__:
            if not keep_existing and (quote is not None or quote_schema is not None):
                raise exc.ArgumentError(
                    f"Table {self.fullname!r} exists already; whether its name is quoted cannot change. Leave out "
                    "quote and quote_schema."
                )
            if not keep_existing:
                if autoload_with is not None:
                    self._autoload(autoload_with, include_columns, resolve_fks, autoload_replace)
                self._extend(args, implicit_returning, comment, info, dialect_options)
            return
        if foreign := tell_foreign(metadata):
            raise exc.ArgumentError(f"Table {name!r} was given another MetaData.{foreign}")
        schema = _chosen_schema(schema, metadata, _no_default_schema)
        super().__init__(make_name(name, quote), schema=schema)
        self.metadata = metadata
        self.schema = make_name(schema, quote_schema) if schema is not None else None
        self.comment = comment
        self.implicit_returning = implicit_returning
        self._prefixes = tuple(prefixes)
        self.dialect_kwargs = check_options(type(self), dialect_options)
        self.constraints: SchemaItems[Constraint] = SchemaItems()
        self.indexes: SchemaItems[Index] = SchemaItems()
        self._table_fks: SchemaItems[ForeignKey] = SchemaItems()
        self._extra_dependencies: set[Any] = set()
        if info is not None:
            self.info = info
        self._number()
        for listener in self.dispatch.before_parent_attach:
            listener(self, metadata)
        PrimaryKeyConstraint(_implicit=True)._join_parent(self)
        metadata._add_table(self)
        for event_name, function in listeners:
            event.listen(self, event_name, function)
        try:
            if autoload_with is not None:
                self._autoload(autoload_with, include_columns, resolve_fks)
            self._append_items(args, replace=autoload_with is not None or extend_existing)
        except Exception:
            metadata._remove_table(self)
            raise
        metadata._table_is_complete(self)
        for listener in self.dispatch.after_parent_attach:
            listener(self, metadata)

    def _extend(
        self,
        args: tuple[Any, ...],
        implicit_returning: bool,
        comment: str | None,
        info: dict[Any, Any] | None,
        dialect_options: dict[str, Any],
    ) -> None:
        self.implicit_returning = implicit_returning
        if comment is not None:
            self.comment = comment
        if info is not None:
            self.info = info
        self.dialect_kwargs.update(check_options(type(self), dialect_options))
        self._append_items(args, replace=True)

    def _append_items(self, items: tuple[Any, ...], replace: bool = False) -> None:
        # columns first: constraints and indexes may name columns that come after them
        for item in items:
            if isinstance(item, Column):
                self.append_column(item, replace_existing=replace)
        for item in items:
            if isinstance(item, Column):
                continue
            if not isinstance(item, SchemaItem):
                raise exc.ArgumentError(
                    f"Table {self.name!r} was given {item!r}; it takes Column, Index and constraint "
                    f"objects.{tell_foreign(item)}"
                )
            if isinstance(item, Sequence):
                item._set_table(self)
            else:
                self.append_constraint(item)

    def _autoload(
        self, bind: Any, include_columns: Any, resolve_fks: bool, replace: bool = True
    ) -> None:
        bind._reflect_table(self, include_columns, resolve_fks, replace)

    # -- parts -----------------------------------------------------------------------------------

    def append_column(
        self, column: Column[Any], *, replace_existing: bool = False, **_options: Any
    ) -> None:
        """Add a column at the end; with `replace_existing`, in the place of that of the same name or key.

        Raises exc.DuplicateColumnError if there is a column of that name or key, unless replaced.
        """
        place, taken = self._make_room(column, replace_existing)
        self._put_column(column, place, taken)

    def insert_column(
        self, column: Column[Any], index: int, *, replace_existing: bool = False, **_options: Any
    ) -> None:
        """Add a column at a position, as list.insert() counts it; otherwise as append_column()."""
        before = [id(own) for own in self.c][:index]
        _, taken = self._make_room(column, replace_existing)
        place = len([own for own in self.c if id(own) in before])
        self._put_column(column, place, taken)

    def _put_column(self, column: Column[Any], place: int, taken: list[Column[Any]]) -> None:
        """Add the column at the place; constraints and indexes over those it replaces are over it now."""
        column._join_parent(self, index=place)
        for old in taken:
            for item in (*self.constraints, *self.indexes):
                item._replace_column(old, column)

    def _make_room(
        self, column: Column[Any], replace_existing: bool
    ) -> tuple[int, list[Column[Any]]]:
        """Take away the columns of this name or key: the position of the first, or the end, and what they are."""
        name = column.name
        key = column.key or name
        taken = [
            own for own in self.c if own is not column and (own.key == key or own.name == name)
        ]
        if not taken:
            return len(self.c), []
        if not replace_existing:
            raise exc.DuplicateColumnError(
                f"Table {self.name!r} already has a column {taken[0].name!r}. Give one of them another name, or pass "
                "replace_existing=True to append_column() or insert_column()."
            )
        place = next(i for i, own in enumerate(self.c) if own is taken[0])
        for own in taken:
            self._remove_column(own)
        return place, taken

    def _add_column(self, column: Column[Any], index: int | None) -> None:
        """Called by the column once it knows its table."""
        if column._insert_sentinel:
            self._check_one_sentinel(column)
        self._columns._insert(column, len(self._columns) if index is None else index)
        self.__dict__.pop("_autoincrement_memo", None)

    def _check_one_sentinel(self, column: Column[Any]) -> None:
        for own in self._columns:
            if own._insert_sentinel:
                raise exc.ArgumentError(
                    f"Table {self.name!r} has two sentinel columns, {own.name!r} and {column.name!r}; one is enough."
                )

    def _remove_column(self, column: Column[Any]) -> None:
        for fk in list(column.foreign_keys):
            self._table_fks.discard(fk)
            if fk.constraint is not None:
                self.constraints.discard(fk.constraint)
        key = self.primary_key._columns
        key[:] = [own for own in key if own is not column]
        self._columns._remove(column)
        self.__dict__.pop("_autoincrement_memo", None)

    def append_constraint(self, constraint: Any) -> None:
        """Add a constraint or an index."""
        constraint._join_parent(self)

    @property
    def is_view(self) -> bool:
        """True if this stands for a view made with CreateView."""
        return self._creator is not None and bool(self._creator.is_view)

    def _adopt_creator(self, creator: Any) -> None:
        """Be created by this statement instead of CREATE TABLE."""
        self._creator = creator

    def add_is_dependent_on(self, table: Table) -> None:
        """Make `sorted_tables` put `table` before this one, foreign key or not."""
        self._extra_dependencies.add(table)

    @property
    def primary_key(self) -> PrimaryKeyConstraint:
        """The primary key; iterable over its columns, empty where there is none."""
        return self._primary_key

    @property
    def foreign_keys(self) -> SchemaItems[ForeignKey]:
        """The ForeignKey of each referring column."""
        return self._table_fks

    @property
    def foreign_key_constraints(self) -> SchemaItems[ForeignKeyConstraint]:
        """The ForeignKeyConstraint objects; iteration is in order of creation."""
        return SchemaItems(
            item for item in self.constraints if isinstance(item, ForeignKeyConstraint)
        )

    @property
    def autoincrement_column(self) -> Column[Any] | None:
        """The column that the database numbers by itself, or None.

        It is the only integer column of the primary key, if it has neither foreign key nor default; or the one
        which says `autoincrement=True`.
        """
        memo = self.__dict__.get("_autoincrement_memo")
        key = tuple(self.primary_key)
        if memo is None or memo[0] != len(key):
            memo = self.__dict__["_autoincrement_memo"] = (len(key), self._find_autoincrement(key))
        found: Column[Any] | None = memo[1]
        return found

    _autoincrement_column = autoincrement_column

    def _find_autoincrement(self, key: tuple[Column[Any], ...]) -> Column[Any] | None:
        forced = [column for column in key if column.autoincrement is True]
        if len(forced) > 1:
            raise exc.ArgumentError(
                f"Table {self.name!r} has more than one column with autoincrement=True."
            )
        if forced:
            _check_integer(forced[0])
            return forced[0]
        for column in key:
            if column.autoincrement == "ignore_fk" and _is_integer(column.type):
                return column
        if len(key) != 1:
            return None
        (column,) = key
        if column.autoincrement != "auto" or column.foreign_keys:
            return None
        generated = column.identity is not None
        if column.server_default is not None and not generated:
            return None
        if column.default is not None and not column.default.is_sequence:
            return None
        return column if _is_integer(column.type) else None

    # -- whole table -----------------------------------------------------------------------------

    @property
    def key(self) -> str:
        """The name under which `metadata.tables` has the table: `schema.name` or the name."""
        return self.fullname

    @property
    def description(self) -> str:
        """The name for messages."""
        return str(self.name)

    def create(self, bind: Any, checkfirst: bool = True) -> None:
        """Create the table in the database; with `checkfirst`, only if it is not there."""
        from orm.schema.create import create_tables

        create_tables(bind, self.metadata, [self], checkfirst, sort=False)

    def drop(self, bind: Any, checkfirst: bool = True) -> None:
        """Drop the table from the database; with `checkfirst`, only if it is there."""
        from orm.schema.create import drop_tables

        drop_tables(bind, self.metadata, [self], checkfirst, sort=False)

    def to_metadata(
        self,
        metadata: MetaData,
        *,
        schema: Any = RETAIN_SCHEMA,
        referred_schema_fn: Callable[[Table, Any, Any, str | None], Any] | None = None,
        name: str | None = None,
    ) -> Table:
        """A copy of the table in another MetaData; its foreign keys go along by name.

        schema: the copy's schema; None takes the MetaData's, RETAIN_SCHEMA (the default) that of the table, or the new
        MetaData's if the table has none. Foreign keys to tables of the table's own schema move to the copy's, others
        stay; referred_schema_fn(table, to_schema, constraint, referred_schema) may decide otherwise for each: it returns
        a schema, BLANK_SCHEMA, or RETAIN_SCHEMA or None to leave it. name: the copy's name.
        If the MetaData has a table of that name, it is returned as it is, with a warning.
        """
        from orm.schema.copying import copy_table

        return copy_table(self, metadata, schema, referred_schema_fn, name)

    def __repr__(self) -> str:
        parts = [repr(self.name), "MetaData()", *[repr(column) for column in self.c]]
        parts.append(f"schema={self.schema!r}")
        return f"Table({', '.join(parts)})"

    def __str__(self) -> str:
        return self.fullname


def _chosen_schema(schema: Any, metadata: MetaData, no_default: bool) -> str | None:
    """The schema that a table gets: its own, else its MetaData's unless there is to be none."""
    if schema is BLANK_SCHEMA:
        return None
    if schema is None and not no_default:
        return metadata.schema
    chosen: str | None = schema
    return chosen


def _is_integer(type_: TypeEngine) -> bool:
    return bool(type_._type_affinity.__name__ == "Integer")


def _check_integer(column: Column[Any]) -> None:
    if not _is_integer(column.type) and column.type._type_affinity.__name__ != "Numeric":
        raise exc.ArgumentError(
            f"Column {column.name!r} of table {column.table.name!r} has autoincrement=True, but its type "
            f"{column.type!r} cannot be numbered. Use Integer or BigInteger."
        )
