"""What can stand in FROM: tables, joins, aliases, subqueries, VALUES, functions that return rows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, ClassVar

from orm import exc
from orm.sql.coercions import expect_from, expect_onclause
from orm.sql.columns import ColumnCollection
from orm.sql.elements import (
    BindParameter,
    ColumnClause,
    ColumnElement,
    Grouping,
    PlainColumn,
    make_proxy,
)
from orm.sql.join_condition import join_condition
from orm.sql.reduce import reduce_columns
from orm.sql.visitors import ClauseElement, Kind, Traverse
from orm.types.base import NULLTYPE, TypeEngine
from orm.types.structured import TableValueType

# Statement classes stand above this module and register themselves: "select", "insert", "update", "delete".
STATEMENTS: dict[str, Callable[..., Any]] = {}


class FromClause(ClauseElement):
    """Something with columns that a SELECT can select from."""

    __visit_name__ = "fromclause"
    _is_from_clause = True
    is_selectable = True
    _keyed_by_identity: ClassVar[bool] = False
    _is_derived: ClassVar[bool] = False
    _is_join: ClassVar[bool] = False
    _is_lateral: ClassVar[bool] = False
    _memos = ("_key_memo", "_own_key", "_columns_memo")

    name: str | None = None
    schema: str | None = None
    named_with_column: ClassVar[bool] = False
    _use_schema_map: ClassVar[bool] = False

    # -- columns ----------------------------------------------------------------------------------

    @property
    def c(self) -> ColumnCollection:
        """The columns, by key and in order."""
        memo: ColumnCollection | None = self.__dict__.get("_columns_memo")
        if memo is None:
            memo = self.__dict__["_columns_memo"] = self._make_columns()
        return memo

    @property
    def columns(self) -> ColumnCollection:
        """The columns, by key and in order."""
        return self.c

    @property
    def exported_columns(self) -> ColumnCollection:
        """The columns, by key and in order."""
        return self.c

    @property
    def _all_selected_columns(self) -> tuple[Any, ...]:
        """What `select(self)` selects."""
        return tuple([column for column in self.c if not column._omit_from_statements])

    def _make_columns(self) -> ColumnCollection:
        raise NotImplementedError

    @property
    def primary_key(self) -> Any:
        """The columns that identify a row."""
        return tuple(column for column in self.c if column.primary_key)

    @property
    def foreign_keys(self) -> Any:
        """The foreign keys of the columns."""
        return {fk for column in self.c for fk in column.foreign_keys}

    def corresponding_column(self, column: Any, require_embedded: bool = False) -> Any:
        """The column here which comes from `column`, None if there is none."""
        return self.c.corresponding_column(column, require_embedded)

    def is_derived_from(self, fromclause: FromClause | None) -> bool:
        """True if this is `fromclause` or an alias of it."""
        return fromclause is not None and self._deannotate() is fromclause._deannotate()

    @property
    def entity_namespace(self) -> Any:
        found = self._annotations.get("parententity")
        return self.c if found is None else found.entity_namespace

    @property
    def description(self) -> str:
        """The name for messages."""
        return self.name or f"{type(self).__name__} object"

    @property
    def fullname(self) -> str:
        """The name with its schema."""
        return f"{self.schema}.{self.name}" if self.schema else self.description

    # -- identity -----------------------------------------------------------------------------------

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        return (self,)

    @property
    def _hide_froms(self) -> tuple[Any, ...]:
        """FROM objects that need no place of their own because this one contains them."""
        return ()

    def _build_column_key(self, column: Any, binds: list[Any], shared: list[Any]) -> Hashable:
        """The key of a column of this object, which itself is keyed elsewhere."""
        shared.append(self)
        return (ColumnClause, column.key)

    # -- what can be made of it -----------------------------------------------------------------------

    def select(self) -> Any:
        """`SELECT` of all columns."""
        return STATEMENTS["select"](self)

    def join(
        self, right: Any, onclause: Any = None, isouter: bool = False, full: bool = False
    ) -> Join:
        """`self JOIN right ON onclause`; without a condition, by the foreign key between the two."""
        return Join(self, right, onclause, isouter, full)

    def outerjoin(self, right: Any, onclause: Any = None, full: bool = False) -> Join:
        """`self LEFT OUTER JOIN right ON onclause`."""
        return Join(self, right, onclause, True, full)

    def alias(self, name: str | None = None, flat: bool = False) -> Any:
        """This object under another name; None gives a name made up at compile time."""
        return Alias(self, name)

    def lateral(self, name: str | None = None) -> Any:
        """This object as LATERAL: it may refer to what stands before it in FROM."""
        return Lateral(self, name)

    def table_valued(self) -> Any:
        """A row of this object as one value, its name alone: `func.row_to_json(table.table_valued())`."""
        return TableValuedColumn(self, TableValueType(*self.c))

    def tablesample(self, sampling: Any, name: str | None = None, seed: Any = None) -> TableSample:
        """A random sample of the rows: a percentage, or a function such as func.system(10)."""
        return TableSample(self, sampling, name, seed)


class TableClause(FromClause):
    """A table by name: `table("users", column("id"), column("name"))`."""

    __visit_name__ = "table"
    named_with_column = True
    _use_schema_map = True
    _traverse: ClassVar[Traverse] = (("name", Kind.PLAIN), ("schema", Kind.PLAIN))
    implicit_returning = False

    name: str

    def __init_subclass__(cls, **kw: Any) -> None:
        # Tables of a MetaData are keyed by themselves; only lightweight ones by their structure.
        super().__init_subclass__(**kw)
        cls._keyed_by_identity = True

    def __init__(self, name: str, *columns: Any, schema: str | None = None) -> None:
        self.name = name
        self.schema = schema
        self._columns = ColumnCollection()
        for column in columns:
            self.append_column(column)

    def append_column(self, column: Any, **kw: Any) -> None:
        """Add a column; raises ArgumentError if it belongs to another table."""
        if column.table is not None and column.table is not self:
            raise exc.ArgumentError(
                f"Column {column.name!r} already belongs to table {column.table.description!r}"
            )
        column.table = self
        self._columns._add(column)

    def insert_column(self, column: Any, index: int, **kw: Any) -> None:
        """Add a column at a position, as list.insert() counts it."""
        self.append_column(column, **kw)
        self._columns._remove(column)
        self._columns._insert(column, index)

    @property
    def c(self) -> ColumnCollection:
        """The columns, by key and in order."""
        return self._columns

    @property
    def _all_selected_columns(self) -> tuple[Any, ...]:
        return tuple([column for column in self._columns if not column._omit_from_statements])

    def _build_key(self, binds: list[Any], shared: list[Any]) -> Hashable:
        if self._keyed_by_identity:
            return self
        columns = tuple([(c.name, c.type._key()) for c in self._columns])
        return (TableClause, self.name, self.schema, columns)

    def _build_column_key(self, column: Any, binds: list[Any], shared: list[Any]) -> Hashable:
        return (TableClause, self.name, self.schema, column.name, column.type._key())

    def get_children(self, **kw: Any) -> Iterator[ClauseElement]:
        return iter(())

    def _map_children(self, fn: Callable[[Any], Any]) -> Any:
        return self

    @property
    def fullname(self) -> str:
        """The name with its schema."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def insert(self) -> Any:
        """`INSERT INTO` this table."""
        return STATEMENTS["insert"](self)

    def update(self) -> Any:
        """`UPDATE` of this table."""
        return STATEMENTS["update"](self)

    def delete(self) -> Any:
        """`DELETE FROM` this table."""
        return STATEMENTS["delete"](self)

    def __repr__(self) -> str:
        return f"table({self.fullname!r})"


class Join(FromClause):
    """`left JOIN right ON onclause`; `.isouter`, `.full`."""

    __visit_name__ = "join"
    _is_join = True
    _traverse: ClassVar[Traverse] = (
        ("left", Kind.CHILD),
        ("right", Kind.CHILD),
        ("onclause", Kind.CHILD),
        ("isouter", Kind.PLAIN),
        ("full", Kind.PLAIN),
    )

    def __init__(
        self, left: Any, right: Any, onclause: Any = None, isouter: bool = False, full: bool = False
    ) -> None:
        self.left = expect_from(left)
        right = expect_from(right)
        onclause = expect_onclause(onclause)
        if hasattr(type(onclause), "join_sides"):
            self.left, right, onclause = onclause.join_sides(self.left, right, isouter or full)
        self.right = _group_join(right)
        if onclause is None:
            last = self.left.right if self.left._is_join else None
            onclause = join_condition(self.left, self.right, last)
        self.onclause = onclause
        self.isouter = isouter
        self.full = full

    @property
    def description(self) -> str:
        return f"Join of {self.left.description} and {self.right.description}"

    def _make_columns(self) -> ColumnCollection:
        made = ColumnCollection()
        for side in (self.left, self.right):
            for key, column in side.c.items():
                name = getattr(column.table, "name", None) or getattr(side, "name", None)
                full = f"{name}_{key}" if name else key
                made._add(column, full)
        for side in (self.left, self.right):
            for key, column in side.c.items():
                # A key that only one side has is also found without its table's name.
                if key not in made._by_key:
                    made._by_key[key] = column
        return made

    @property
    def _all_selected_columns(self) -> tuple[Any, ...]:
        return tuple(self.left._all_selected_columns + self.right._all_selected_columns)

    @property
    def primary_key(self) -> Any:
        # the conditions of joins inside this one are found in it
        return tuple(reduce_columns(_key_columns(self), (self,)))

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        return (
            self,
            *self.left._from_objects,
            *self.right._from_objects,
            *self.onclause._from_objects,
        )

    @property
    def _hide_froms(self) -> tuple[Any, ...]:
        # what only a condition mentions is not part of the join
        left, right = self.left, self.right
        return (left, *left._hide_froms, right, *right._hide_froms)

    def is_derived_from(self, fromclause: FromClause | None) -> bool:
        return (
            super().is_derived_from(fromclause)
            or self.left.is_derived_from(fromclause)
            or self.right.is_derived_from(fromclause)
        )

    def corresponding_column(self, column: Any, require_embedded: bool = False) -> Any:
        found = self.left.corresponding_column(column, require_embedded)
        if found is not None:
            return found
        return self.right.corresponding_column(column, require_embedded)

    def select(self) -> Any:
        """`SELECT` of the columns of both sides."""
        return STATEMENTS["select"](self.left, self.right).select_from(self)

    def self_group(self, against: Any = None) -> Any:
        return self

    def alias(self, name: str | None = None, flat: bool = False) -> Any:
        """A subquery of this join; flat=True instead aliases the tables inside and joins those."""
        if not flat:
            return STATEMENTS["join_subquery"](self, name)
        return _FLATTEN["join"](self, name)


_FLATTEN: dict[str, Callable[..., Any]] = {}


def _key_columns(element: Any) -> tuple[Any, ...]:
    """The primary key columns of all that is joined."""
    if element._is_join:
        return (*_key_columns(element.left), *_key_columns(element.right))
    if isinstance(element, FromGrouping):
        return _key_columns(element.element)
    return tuple(element.primary_key)


def _group_join(element: Any) -> Any:
    return FromGrouping(element) if element._is_join else element


class FromGrouping(FromClause):
    """A join in parentheses."""

    __visit_name__ = "grouping"
    _traverse: ClassVar[Traverse] = (("element", Kind.CHILD),)

    def __init__(self, element: Any) -> None:
        self.element = element

    @property
    def c(self) -> ColumnCollection:
        return self.element.c  # type: ignore[no-any-return]

    @property
    def primary_key(self) -> Any:
        return self.element.primary_key

    @property
    def _all_selected_columns(self) -> tuple[Any, ...]:
        return self.element._all_selected_columns  # type: ignore[no-any-return]

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        return self.element._from_objects  # type: ignore[no-any-return]

    @property
    def _hide_froms(self) -> tuple[Any, ...]:
        return (self.element, *self.element._hide_froms)

    @property
    def description(self) -> str:
        return str(self.element.description)

    def is_derived_from(self, fromclause: FromClause | None) -> bool:
        return bool(self.element.is_derived_from(fromclause))


class AliasedReturnsRows(FromClause):
    """Something under a name: `.element`, `.name` (None: made up at compile time)."""

    named_with_column = True
    _is_derived = True
    _traverse: ClassVar[Traverse] = (("element", Kind.CHILD), ("name", Kind.PLAIN))

    def __init__(self, element: Any, name: str | None = None) -> None:
        if name is not None and not isinstance(name, str):
            raise exc.ArgumentError(f"The name of an alias is a string, got {name!r}")
        self.element = element
        self.name = name

    @property
    def original(self) -> Any:
        """What is aliased."""
        return self.element

    @property
    def _anon_base(self) -> str:
        """What a made-up name of this object begins with."""
        return str(getattr(self.element, "name", None) or "anon")

    @property
    def description(self) -> str:
        return self.name or self._anon_base

    def _make_columns(self) -> ColumnCollection:
        if self.element._is_select_base:
            return self.element._export_to(self)  # type: ignore[no-any-return]
        return ColumnCollection(
            (key, _copy_column(column, self, key)) for key, column in self.element.c.items()
        )

    def _build_key(self, binds: list[Any], shared: list[Any]) -> Hashable:
        shared.append(self)
        return None

    def _build_column_key(self, column: Any, binds: list[Any], shared: list[Any]) -> Hashable:
        shared.append(self)
        return column.key  # type: ignore[no-any-return]

    def is_derived_from(self, fromclause: FromClause | None) -> bool:
        return super().is_derived_from(fromclause) or self.element.is_derived_from(fromclause)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.description!r})"


def _copy_column(column: Any, selectable: FromClause, key: str) -> Any:
    proxy: ColumnClause[Any] = column._make_proxy(selectable)
    proxy.key = key
    if column._omit_from_statements:
        proxy._omit_from_statements = True
    return proxy


class Alias(AliasedReturnsRows):
    """`table AS name`."""

    __visit_name__ = "alias"


class TableValuedAlias(AliasedReturnsRows):
    """A function in FROM: `function(...) AS name [(columns)]`."""

    __visit_name__ = "table_valued_alias"
    _traverse: ClassVar[Traverse] = (
        ("_elements", Kind.CHILDREN),
        ("joins_implicitly", Kind.PLAIN),
        ("_render_derived", Kind.PLAIN),
        ("_render_derived_w_types", Kind.PLAIN),
        ("with_ordinality", Kind.PLAIN),
        ("_lateral", Kind.PLAIN),
    )
    _render_derived: bool = False
    _render_derived_w_types: bool = False
    _lateral: bool = False
    joins_implicitly: bool = False
    with_ordinality: bool = False

    def __init__(
        self,
        element: Any,
        name: str | None,
        elements: tuple[Any, ...] = (),
        joins_implicitly: bool = False,
    ) -> None:
        super().__init__(element, name)
        self._elements = elements
        self.joins_implicitly = joins_implicitly

    @property
    def _anon_base(self) -> str:
        return str(self.element.name)

    @property
    def column(self) -> Any:
        """The alias itself as one column."""
        return TableValuedColumn(self, self.element.type)

    def _make_columns(self) -> ColumnCollection:
        if not self._elements:
            name = self.element.name
            return ColumnCollection(
                [(name, PlainColumn(name, self.element.type, _selectable=self))]
            )
        return ColumnCollection(
            (c.key, PlainColumn(c.name, c.type, _selectable=self)) for c in self._elements
        )

    def alias(self, name: str | None = None, flat: bool = False) -> TableValuedAlias:
        """The same function under another name."""
        new = self._clone()
        new.name = name
        return new

    def lateral(self, name: str | None = None) -> TableValuedAlias:
        """The same as LATERAL."""
        new = self.alias(name)
        new._lateral = True
        return new

    @property
    def _is_lateral(self) -> bool:  # type: ignore[override]
        return self._lateral

    def render_derived(self, name: str | None = None, with_types: bool = False) -> TableValuedAlias:
        """The same with its column names (and types) written out: `AS name(a, b)`."""
        new = self._clone()
        new.name = name if name is not None else self.name
        new._render_derived = True
        new._render_derived_w_types = with_types
        return new

    def is_derived_from(self, fromclause: FromClause | None) -> bool:
        return FromClause.is_derived_from(self, fromclause)


class TableValuedColumn(ColumnElement[Any]):
    """Something in FROM used as a column, its name alone: the value of a function, or a whole row."""

    __visit_name__ = "table_valued_column"
    _traverse: ClassVar[Traverse] = (("scalar_alias", Kind.SHARED), ("type", Kind.TYPE))

    def __init__(self, scalar_alias: FromClause, type_: TypeEngine) -> None:
        self.scalar_alias = scalar_alias
        self.type = type_
        self.key = scalar_alias.name

    @property
    def name(self) -> str | None:
        """The name of the alias."""
        return self.scalar_alias.name

    @property
    def _result_name(self) -> str | None:
        return self.scalar_alias.name

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        return (self.scalar_alias,)


class Lateral(AliasedReturnsRows):
    """`LATERAL (SELECT ...) AS name`."""

    __visit_name__ = "lateral"
    _is_lateral = True

    def alias(self, name: str | None = None, flat: bool = False) -> Lateral:
        """The same under another name."""
        return Lateral(self.element, name)

    lateral = alias


class TableSample(AliasedReturnsRows):
    """`table AS name TABLESAMPLE method(argument)`."""

    __visit_name__ = "tablesample"
    _traverse: ClassVar[Traverse] = (("sampling", Kind.CHILD), ("seed", Kind.CHILD))

    def __init__(
        self, element: Any, sampling: Any, name: str | None = None, seed: Any = None
    ) -> None:
        super().__init__(expect_from(element), name)
        self.sampling = sampling if isinstance(sampling, ClauseElement) else _system(sampling)
        self.seed = None if seed is None else _as_bind(seed)

    def alias(self, name: str | None = None, flat: bool = False) -> TableSample:
        """The same sample under another name."""
        return TableSample(self.element, self.sampling, name, self.seed)

    def _get_method(self) -> Any:
        return self.sampling


def _as_bind(value: Any) -> Any:
    return value if isinstance(value, ClauseElement) else BindParameter(None, value, unique=True)


def _system(percentage: Any) -> Any:
    return STATEMENTS["function"]("system", percentage)


class Values(FromClause):
    """`(VALUES (...), (...)) AS name (columns)`: rows given in the statement.

    `.data(rows)` returns a copy with these tuples added.
    """

    __visit_name__ = "values"
    named_with_column = True
    _is_derived = True
    _traverse: ClassVar[Traverse] = (
        ("_column_args", Kind.CHILDREN),
        ("_rows", Kind.TUPLES),
        ("name", Kind.PLAIN),
        ("literal_binds", Kind.PLAIN),
        ("_lateral", Kind.PLAIN),
    )
    _rows: tuple[tuple[Any, ...], ...] = ()
    _lateral = False

    def __init__(self, *columns: Any, name: str | None = None, literal_binds: bool = False) -> None:
        self._column_args = columns
        self.name = name
        self.literal_binds = literal_binds

    @property
    def _anon_base(self) -> str:
        return "anon"

    def data(self, values: Any) -> Values:
        """A copy with further rows, each a sequence of as many values as there are columns."""
        width = len(self._column_args)
        rows = []
        for row in values:
            if not isinstance(row, list | tuple) or len(row) != width:
                raise exc.ArgumentError(
                    f"Each row of values() needs {width} values, one for each column, got {row!r}"
                )
            rows.append(
                tuple(
                    v
                    if isinstance(v, ClauseElement)
                    else BindParameter(None, v, c.type, unique=True)
                    if not c.type._isnull
                    else BindParameter(None, v, unique=True)
                    for v, c in zip(row, self._column_args, strict=True)
                )
            )
        new = self._clone()
        new._rows = (*self._rows, *rows)
        return new

    def alias(self, name: str | None = None, flat: bool = False) -> Values:
        """A copy with this name."""
        new = self._clone()
        new.name = name
        return new

    def lateral(self, name: str | None = None) -> Values:
        """A copy as LATERAL."""
        new = self.alias(name if name is not None else self.name)
        new._lateral = True
        return new

    @property
    def _is_lateral(self) -> bool:  # type: ignore[override]
        return self._lateral

    def scalar_values(self) -> Any:
        """The rows as an expression, e.g. for IN."""
        return ScalarValues(self._column_args, self._rows, self.literal_binds)

    def _make_columns(self) -> ColumnCollection:
        return ColumnCollection((c.key, make_proxy(c, self, c.name)) for c in self._column_args)

    def _build_key(self, binds: list[Any], shared: list[Any]) -> Hashable:
        shared.append(self)
        return None

    def _build_column_key(self, column: Any, binds: list[Any], shared: list[Any]) -> Hashable:
        shared.append(self)
        return column.key  # type: ignore[no-any-return]


class ScalarValues(ColumnElement[Any]):
    """`VALUES (...), (...)` as the right side of IN."""

    __visit_name__ = "scalar_values"
    _holds_values = True
    _traverse: ClassVar[Traverse] = (("_column_args", Kind.CHILDREN), ("_rows", Kind.TUPLES))

    def __init__(self, columns: tuple[Any, ...], rows: Any, literal_binds: bool) -> None:
        self._column_args = columns
        self._rows = rows
        self.literal_binds = literal_binds
        self.type = columns[0].type if columns else NULLTYPE

    def self_group(self, against: Any = None) -> Any:
        return self if against is None else Grouping(self)
