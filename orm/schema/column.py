"""Column: one column of a Table, which is at the same time the SQL expression for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from orm import exc
from orm.schema.constraints import (
    CheckConstraint,
    Constraint,
    TypeCheckConstraint,
    UniqueConstraint,
)
from orm.schema.defaults import (
    ColumnDefault,
    Computed,
    DefaultClause,
    DefaultGenerator,
    FetchedValue,
    Identity,
    Sequence,
)
from orm.schema.foreign_key import ForeignKey
from orm.schema.index import Index
from orm.schema.items import SchemaItem, SchemaItems, make_name
from orm.schema.options import check_options
from orm.schema.types import schema_types
from orm.sql.elements import ColumnClause
from orm.types.base import NULLTYPE, NullType, TypeEngine, to_instance
from orm.types.scalar import Integer, String
from orm.util.suggest import tell_foreign
from orm.util.typevars import T

if TYPE_CHECKING:
    from orm.schema.table import Table


class _Unset:
    """The type of UNSET: no value was given, which is not the same as None."""

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET: Final[Any] = _Unset()


class Column(ColumnClause[T], SchemaItem):
    """A column of a table.

    `Column("name", String(50), ForeignKey(...), nullable=False)`; the name may be left out where a mapped class
    gives it, the type where a foreign key does.

    primary_key: part of the primary key. nullable: True unless part of the primary key. default, onupdate: made by the
    client at INSERT and UPDATE (value, function or SQL expression). insert_default: the same as `default`, and stronger, for
    dataclasses. server_default, server_onupdate: made by the server. index, unique: an Index or UniqueConstraint over
    this column alone. autoincrement: "auto" numbers a lone integer primary key; True, False and "ignore_fk" force it.
    key: the name used in Python, where it differs from the database's. quote: forces or forbids quotes around the name.
    insert_sentinel: the column tells the rows of one INSERT apart; see insert_sentinel().
    """

    __visit_name__ = "column"
    inherit_cache = True

    table: Any

    def __init__(
        self,
        *args: Any,
        name: str | None = None,
        type_: Any = None,
        autoincrement: bool | str = "auto",
        default: Any = UNSET,
        insert_default: Any = UNSET,
        doc: str | None = None,
        key: str | None = None,
        index: bool | None = None,
        unique: bool | None = None,
        info: dict[Any, Any] | None = None,
        nullable: bool | None = None,
        onupdate: Any = None,
        primary_key: bool = False,
        server_default: Any = None,
        server_onupdate: Any = None,
        quote: bool | None = None,
        system: bool = False,
        comment: str | None = None,
        insert_sentinel: bool = False,
        _omit_from_statements: bool = False,
        **dialect_options: Any,
    ) -> None:
        name, type_, items = _split_arguments(args, name, type_)
        super().__init__(make_name(name, quote) if name is not None else "", type_)
        if name is None:
            # a mapped class names the column by its attribute
            self.name = None  # type: ignore[assignment]
        self.key = key if key is not None else self.name
        self.table = None
        self.primary_key = bool(primary_key)
        self._user_nullable = nullable
        self.nullable = nullable if nullable is not None else not primary_key
        self.index = index
        self.unique = unique
        self.system = system
        self.doc = doc
        self.comment = comment
        self.autoincrement = autoincrement
        self._insert_sentinel = insert_sentinel
        self._omit_from_statements = _omit_from_statements
        self.foreign_keys: SchemaItems[ForeignKey] = SchemaItems()
        self.constraints: SchemaItems[Constraint] = SchemaItems()
        self.dialect_kwargs = check_options(type(self), dialect_options)
        self._waiting: list[Callable[[Any], None]] = []
        self.default: DefaultGenerator | None = None
        self.onupdate: DefaultGenerator | None = None
        self.server_default: FetchedValue | None = None
        self.server_onupdate: FetchedValue | None = None
        self.computed: Computed | None = None
        self.identity: Identity | None = None
        if info is not None:
            self.info = info
        self._number()
        chosen = insert_default if insert_default is not UNSET else default
        self._take_defaults(chosen, onupdate, server_default, server_onupdate)
        for item in items:
            item._join_parent(self)

    def _take_defaults(
        self, default: Any, onupdate: Any, server_default: Any, server_onupdate: Any
    ) -> None:
        items: list[Any] = []
        if default is not UNSET and default is not None:
            items.append(_make_default(default, False))
        if onupdate is not None:
            items.append(_make_default(onupdate, True))
        if server_default is not None:
            items.append(_make_server_default(server_default, False))
        if server_onupdate is not None:
            items.append(_make_server_default(server_onupdate, True))
        for item in items:
            item._join_parent(self)

    # -- attachment ------------------------------------------------------------------------------

    def _on_table(self, callback: Callable[[Any], None]) -> None:
        """Call `callback(table)` as soon as the column has its table."""
        if self.table is not None:
            callback(self.table)
        else:
            self._waiting.append(callback)

    def _set_parent(self, parent: Table, index: int | None = None) -> None:
        """Become a column of the table, at this position or the last.

        Raises exc.ArgumentError without a name, or if the column has a table already.
        """
        if not self.name:
            raise exc.ArgumentError(
                f"A column of table {parent.name!r} has no name: write Column('name', type)."
            )
        if self.key is None:
            self.key = self.name
        if self.table is not None and self.table is not parent:
            raise exc.ArgumentError(
                f"Column {self.name!r} already belongs to table {self.table.description!r}; use "
                f"a new Column, or column.copy(), for table {parent.name!r}."
            )
        self.table = parent
        parent._add_column(self, index)
        if self.primary_key:
            parent.primary_key._column_added(self)
        self._make_implied_items(parent)
        for named in schema_types(self.type):
            named._set_table(self, parent)
        self._make_type_check(parent)
        waiting, self._waiting = self._waiting, []
        for callback in waiting:
            callback(parent)
        if isinstance(self.default, Sequence):
            self.default._set_table(parent)

    def _make_implied_items(self, table: Table) -> None:
        if self.index:
            if isinstance(self.index, str):
                raise exc.ArgumentError(
                    f"Column({self.name!r}, index={self.index!r}): index is True or False. For an index of a "
                    f"given name add Index({self.index!r}, {self.name!r}) to the table."
                )
            table.append_constraint(Index(None, self, unique=bool(self.unique), _column_flag=True))
        elif self.unique:
            if isinstance(self.unique, str):
                raise exc.ArgumentError(
                    f"Column({self.name!r}, unique={self.unique!r}): unique is True or False. For a name add "
                    f"UniqueConstraint({self.name!r}, name={self.unique!r}) to the table."
                )
            constraint = UniqueConstraint(self.key)
            constraint._column_flag = True
            table.append_constraint(constraint)

    def _make_type_check(self, table: Table) -> None:
        """Enum and Boolean with `create_constraint=True` bring a CHECK along."""
        type_ = self.type
        if not getattr(type_, "create_constraint", False):
            return
        values = getattr(type_, "enums", None)
        # a plain column, so that neither the type's conversions nor its own comparator take part
        plain: ColumnClause[Any] = ColumnClause(
            str(self.name), Integer() if values is None else String()
        )
        condition = plain.in_([0, 1] if values is None else list(values))
        check = TypeCheckConstraint(condition, name=getattr(type_, "name", None), type_=type_)
        table.append_constraint(check)

    def append_foreign_key(self, fk: ForeignKey) -> None:
        """Add a foreign key to the column."""
        fk._join_parent(self)

    def references(self, column: Column[Any]) -> bool:
        """True if a foreign key of this column points to `column`, or to what a column of a subquery comes from.

        False while the column has no table, or the table referred to is not known.
        """
        return any(
            not column.proxy_set.isdisjoint(target.proxy_set)
            for target in (fk._known_column for fk in self.foreign_keys)
            if target is not None
        )

    # -- copies ----------------------------------------------------------------------------------

    def copy(self) -> Column[T]:
        """A column of the same definition which has no table yet."""
        return self._copy()

    def _copy(self, targets: Callable[[Any], Any] | None = None) -> Column[T]:
        """A copy; targets: from a foreign key constraint to what its copy refers to."""
        items: list[Any] = [
            fk._copy(None if targets is None else targets(fk.constraint)[0])
            for fk in self.foreign_keys
            if fk.constraint is None or fk.constraint._column_flag
        ]
        items += [
            constraint._copy() for constraint in self.constraints if not constraint._type_bound
        ]
        made: Column[T] = type(self)(
            name=self.name,
            type_=self.type,
            autoincrement=self.autoincrement,
            doc=self.doc,
            key=self.key,
            index=self.index,
            unique=self.unique,
            info=dict(self._info) if self._info else None,
            nullable=self._user_nullable,
            primary_key=self.primary_key,
            system=self.system,
            comment=self.comment,
            insert_sentinel=self._insert_sentinel,
            _omit_from_statements=self._omit_from_statements,
            **self.dialect_kwargs,
        )
        made.nullable = self.nullable
        self._copy_defaults(made)
        for item in items:
            item._join_parent(made)
        return made

    def _copy_defaults(self, made: Column[Any]) -> None:
        for item in (self.default, self.onupdate):
            if isinstance(item, (ColumnDefault, Sequence)):
                item._copy()._join_parent(made)
        if self.computed is not None:
            self.computed._copy()._join_parent(made)
            return
        for server_item in (self.server_default, self.server_onupdate):
            if server_item is not None:
                server_item._copy()._join_parent(made)

    def _merge(self, other: Column[Any]) -> None:
        """Fill what this column leaves open from `other`, as `Annotated` types of mapped classes do."""
        if isinstance(self.type, NullType):
            self.type = other.type
        self.primary_key = self.primary_key or other.primary_key
        self.system = self.system or other.system
        self._insert_sentinel = self._insert_sentinel or other._insert_sentinel
        self._omit_from_statements = self._omit_from_statements or other._omit_from_statements
        if self._user_nullable is None:
            self._user_nullable = other._user_nullable
            if other._user_nullable is not None or other.primary_key or other.identity is not None:
                self.nullable = other.nullable
        for attribute in ("default", "onupdate", "server_default", "server_onupdate"):
            theirs = getattr(other, attribute)
            if getattr(self, attribute) is None and theirs is not None:
                theirs._copy()._join_parent(self)
        for attribute in ("index", "unique", "comment", "doc"):
            if getattr(self, attribute) is None:
                setattr(self, attribute, getattr(other, attribute))
        if self.autoincrement == "auto":
            self.autoincrement = other.autoincrement
        if other._info:
            self.info = {**other._info, **self.info}
        self.dialect_kwargs = {**other.dialect_kwargs, **self.dialect_kwargs}
        for fk in other.foreign_keys:
            fk._copy()._join_parent(self)
        for constraint in other.constraints:
            if not constraint._type_bound:
                constraint._copy()._join_parent(self)

    # -- expression ------------------------------------------------------------------------------

    @property
    def description(self) -> str:
        """The name for messages."""
        return str(self.name)

    def __str__(self) -> str:
        if self.name is None:
            return "(no name)"
        if self.table is None:
            return str(self.name)
        return f"{self.table.description}.{self.name}"

    def __repr__(self) -> str:
        parts = [repr(self.name), repr(self.type)]
        parts += [repr(fk) for fk in self.foreign_keys]
        if self.table is not None:
            parts.append(f"table=<{self.table.description}>")
        for flag, usual in (("primary_key", False), ("nullable", True)):
            if getattr(self, flag) != usual:
                parts.append(f"{flag}={getattr(self, flag)!r}")
        for attribute in ("default", "onupdate", "server_default", "comment"):
            value = getattr(self, attribute)
            if value is not None:
                parts.append(f"{attribute}={value!r}")
        return f"Column({', '.join(parts)})"


def insert_sentinel(
    name: str | None = None,
    type_: Any = None,
    *,
    default: Any = None,
    omit_from_statements: bool = True,
) -> Column[Any]:
    """A nullable column, INTEGER by default, by which a schema lets the rows of one INSERT be told apart.

    Our own inserts match rows by their keys and leave it NULL unless it has a `default`. omit_from_statements: `select(table)`
    and an INSERT without values leave it out; it is there where it is named, and among `table.c`.
    """
    return Column(
        name=name,
        type_=Integer() if type_ is None else type_,
        default=default,
        nullable=True,
        insert_sentinel=True,
        _omit_from_statements=omit_from_statements,
    )


def _split_arguments(
    args: tuple[Any, ...], name: str | None, type_: Any
) -> tuple[str | None, TypeEngine, list[Any]]:
    """Tell name, type and schema items apart in Column's positional arguments."""
    rest = list(args)
    if rest and (isinstance(rest[0], str) or rest[0] is None):
        if name is not None:
            raise exc.ArgumentError(f"Column({rest[0]!r}, name={name!r}) is given two names.")
        name = rest.pop(0)
    if rest and (isinstance(rest[0], (TypeEngine, type))):
        if type_ is not None:
            raise exc.ArgumentError(
                f"Column {name!r} is given two types: {rest[0]!r} and {type_!r}."
            )
        type_ = rest.pop(0)
    elif rest and rest[0] is None:
        rest.pop(0)
    items: list[Any] = []
    for item in rest:
        if not isinstance(item, (SchemaItem, CheckConstraint)):
            raise exc.ArgumentError(
                f"Column {name!r} was given {item!r}, which is neither a type nor a part of a schema. The order is "
                f"Column('name', Type, ForeignKey(...), ..., nullable=False).{tell_foreign(item)}"
            )
        items.append(item)
    return name, NULLTYPE if type_ is None else to_instance(type_), items


def _make_default(value: Any, for_update: bool) -> DefaultGenerator:
    if isinstance(value, DefaultGenerator):
        value.for_update = for_update
        return value
    return ColumnDefault(value, for_update)


def _make_server_default(value: Any, for_update: bool) -> FetchedValue:
    if isinstance(value, FetchedValue):
        return value._as_for_update(for_update)
    return DefaultClause(value, for_update)
