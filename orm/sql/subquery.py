"""Statements that return rows, and what can be made of them: subqueries, CTEs, scalar subqueries, EXISTS."""

from __future__ import annotations

import enum
from collections.abc import Callable, Hashable
from typing import Any, ClassVar, Generic, Self

from orm import exc
from orm.sql import operators as ops
from orm.sql.annotations import plain
from orm.sql.coercions import to_element
from orm.sql.columns import ColumnCollection
from orm.sql.elements import (
    ColumnElement,
    Grouping,
    Label,
    UnaryExpression,
    make_proxy,
)
from orm.sql.executable import Executable
from orm.sql.lambdas import Extensible
from orm.sql.selectable import STATEMENTS, AliasedReturnsRows, Lateral
from orm.sql.visitors import ClauseElement, Kind, Traverse
from orm.types.base import NULLTYPE, TypeEngine
from orm.types.resolve import BOOLEANTYPE
from orm.util.record import Record
from orm.util.typevars import T, Ts


class SelectLabelStyle(enum.IntEnum):
    """How the columns of a SELECT are named."""

    LABEL_STYLE_NONE = 0
    LABEL_STYLE_TABLENAME_PLUS_COL = 1
    LABEL_STYLE_DISAMBIGUATE_ONLY = 2
    LABEL_STYLE_DEFAULT = 2
    LABEL_STYLE_LEGACY_ORM = 3


#: the column's name with its table's in front; rows of the latter go by the column's name all the same
_WITH_TABLE = frozenset(
    {SelectLabelStyle.LABEL_STYLE_TABLENAME_PLUS_COL, SelectLabelStyle.LABEL_STYLE_LEGACY_ORM}
)


class AliasLabel(str):
    """A label which begins with the name of an alias that gets its name when the statement is compiled.

    table: the alias. rest: the column's name. As a string it is no more than a likeness: compilers write `table`'s name into it.
    """

    __slots__ = ("rest", "table")

    rest: str
    table: Any

    def __new__(cls, table: Any, rest: str) -> Self:
        made = super().__new__(cls, f"{table._anon_base}_{rest}")
        made.table, made.rest = plain(table), rest
        return made

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, AliasLabel) and self.table is other.table and self.rest == other.rest
        )

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((id(self.table), self.rest))


class NamedColumn(Record):
    """A selected element with the names it goes by.

    name: in the result and as the label; None for text. key: in `.c` of a subquery. made_up: the name is not the element's own, so a
    label must be rendered.
    """

    name: str | None
    key: str | None
    element: Any
    made_up: bool


def name_columns(elements: tuple[Any, ...], style: SelectLabelStyle) -> tuple[NamedColumn, ...]:
    """Name selected elements so that no two have one name; text keeps none."""
    taken: set[str] = set()
    keys: set[str] = set()
    named: list[NamedColumn] = []
    plain = [getattr(element, "_result_name", None) for element in elements]
    names = plain
    if style in _WITH_TABLE:
        names = [_with_table(*pair) for pair in zip(elements, plain, strict=True)]
    real = {name for name in names if name is not None}
    for element, result_name, own in zip(elements, plain, names, strict=True):
        if element._is_text_clause:
            named.append(NamedColumn(None, None, element, False))
            continue
        if own is not None and (own not in taken or style == 0):
            name, made_up = own, own != result_name
        else:
            name, made_up = _make_name(element, own, taken | real), True
        taken.add(name)
        key = _own_key(element, result_name, own)
        if key in keys and style != 0:
            key = _number(key, keys | real)
        keys.add(key)
        named.append(NamedColumn(name, key, element, made_up))
    return tuple(named)


def _make_name(element: Any, own: str | None, taken: set[str]) -> str:
    """Return a name for an element which has none, or whose name is taken."""
    base = own or element._anon_base
    if base == "anon":
        label: str | None = element._annotations.get("label")
        if label is not None and label not in taken:
            return label
    return _number(base, taken)


def _with_table(element: Any, name: str | None) -> str | None:
    """The name of a selected element in a style that puts its table's in front."""
    if name is not None and not isinstance(element, Label):
        table = getattr(element, "table", None)
        table_name = None if table is None else table.name
        if table_name:
            schema = getattr(table, "schema", None)
            return f"{schema}_{table_name}_{name}" if schema else f"{table_name}_{name}"
        if table is not None and table._is_derived:
            return AliasLabel(table, name)
    return name


def _own_key(element: Any, result_name: str | None, own: str | None) -> str:
    if own is not None and own != result_name and not isinstance(own, AliasLabel):
        return own
    key = element._proxy_key or own or getattr(element, "name", None)
    return "_no_label" if key is None else str(key)


def _number(base: str, taken: set[str]) -> str:
    number = 1
    while (name := f"{base}_{number}") in taken:
        number += 1
    return name


class HasCTE(ClauseElement):
    """Statements that may carry CTEs which nothing in them refers to."""

    _traverse: ClassVar[Traverse] = (
        ("_independent_ctes", Kind.CHILDREN),
        ("_nested_ctes", Kind.CHILDREN),
    )
    _independent_ctes: tuple[Any, ...] = ()
    _nested_ctes: tuple[Any, ...] = ()

    def add_cte(self, *ctes: Any, nest_here: bool = False) -> Self:
        """A copy that has these CTEs in its WITH, referred to or not.

        nest_here: in the WITH right before this statement, where it is a part of another; else before the whole.
        """
        for cte in ctes:
            if not isinstance(cte, CTE):
                raise exc.ArgumentError(f"add_cte() takes what .cte() returns, got {cte!r}")
        new: Self = self._generate()  # type: ignore[attr-defined]
        if nest_here:
            new._nested_ctes = self._nested_ctes + ctes
        else:
            new._independent_ctes = self._independent_ctes + ctes
        return new

    def cte(self, name: str | None = None, recursive: bool = False, nesting: bool = False) -> CTE:
        """This statement as a common table expression, `WITH name AS (...)`.

        recursive: it may refer to itself in a `.union()`; nesting: put WITH into the statement that
        uses it.
        """
        return CTE(self, name, recursive, nesting)


class ReturnsRows(HasCTE, Extensible, Executable):
    """A statement with result columns."""

    _returns_rows = True
    _memos = ("_key_memo", "_own_key", "_named_memo", "_columns_memo")

    @property
    def _selected_elements(self) -> tuple[Any, ...]:
        """The result columns, FROM objects expanded."""
        raise NotImplementedError

    @property
    def _label_style(self) -> SelectLabelStyle:
        return SelectLabelStyle.LABEL_STYLE_DISAMBIGUATE_ONLY

    def _named_columns(self) -> tuple[NamedColumn, ...]:
        """The result columns with their names, in order."""
        memo: tuple[NamedColumn, ...] | None = self.__dict__.get("_named_memo")
        if memo is None:
            memo = name_columns(self._selected_elements, self._label_style)
            self.__dict__["_named_memo"] = memo
        return memo

    @property
    def selected_columns(self) -> ColumnCollection:
        """The result columns by key and in order; text is not among them."""
        memo: ColumnCollection | None = self.__dict__.get("_columns_memo")
        if memo is None:
            memo = ColumnCollection((n.key, n.element) for n in self._named_columns() if n.key)
            self.__dict__["_columns_memo"] = memo
        return memo

    @property
    def exported_columns(self) -> ColumnCollection:
        """The result columns by key and in order."""
        return self.selected_columns

    def _export_to(self, selectable: Any) -> ColumnCollection:
        """The columns of a subquery of this statement."""
        return ColumnCollection(
            (n.key or "", _proxy(n, selectable))
            for n in self._named_columns()
            if n.name is not None or n.element.__visit_name__ == "column"
        )

    def corresponding_column(self, column: Any, require_embedded: bool = False) -> Any:
        """The result column which comes from `column`, None if there is none."""
        return self.exported_columns.corresponding_column(column, require_embedded)

    def is_derived_from(self, fromclause: Any) -> bool:
        """True if a FROM object of this statement is `fromclause` or an alias of it."""
        return any(item.is_derived_from(fromclause) for item in self._from_objects)


def _proxy(named: NamedColumn, selectable: Any) -> Any:
    if named.element.__visit_name__ == "column" and named.element.name is None:
        raise exc.InvalidRequestError(
            "A subquery selects a Column that has no name yet: give it one, Column('name', ...), or map it first."
        )
    proxy = make_proxy(named.element, selectable, named.name or "")
    proxy.key = named.key
    return proxy


class TypedReturnsRows(ReturnsRows, Generic[*Ts]):
    """A statement whose columns have these Python types, for type checkers."""


class SelectBase(ReturnsRows):
    """SELECT, a union of them, or text with declared columns."""

    _is_select_base = True
    is_selectable = True
    is_select = True

    def _executed_form(self, dialect: Any) -> tuple[Any, dict[str, Any]]:
        make = STATEMENTS.get("executed_form") if self.is_orm else None
        return (self, {}) if make is None else make(self, dialect)

    def subquery(self, name: str | None = None) -> Subquery:
        """This statement in FROM: `(SELECT ...) AS name`, with its columns in `.c`."""
        return Subquery(self, name)

    def alias(self, name: str | None = None, flat: bool = False) -> Subquery:
        """The same as subquery()."""
        return Subquery(self, name)

    def lateral(self, name: str | None = None) -> Lateral:
        """This statement in FROM as LATERAL: it may refer to what stands before it."""
        return Lateral(self, name)

    def scalar_subquery(self) -> ScalarSelect:
        """This statement as one value: it must select one column and give at most one row."""
        return ScalarSelect(self)

    def as_scalar(self) -> ScalarSelect:
        """The same as scalar_subquery()."""
        return ScalarSelect(self)

    def label(self, name: str | None) -> Label:
        """This statement as one value under a name."""
        return self.scalar_subquery().label(name)

    def exists(self) -> Exists:
        """`EXISTS (this)`."""
        return Exists(self)

    def into(self, table_name: str, **options: Any) -> Any:
        """`CREATE TABLE name AS` this statement; options as for CreateTableAs."""
        return STATEMENTS["create_table_as"](self, table_name, **options)

    @property
    def c(self) -> ColumnCollection:
        raise AttributeError(
            "A SELECT has no .c of its own: use .selected_columns for what it selects, or .subquery().c to "
            "select from it"
        )

    def _make_columns_for(self, selectable: Any) -> ColumnCollection:
        return self._export_to(selectable)

    def self_group(self, against: Any = None) -> Any:
        return SelectGrouping(self)


class SelectGrouping(SelectBase):
    """A statement in parentheses, as a member of a union."""

    __visit_name__ = "select_statement_grouping"
    _traverse: ClassVar[Traverse] = (("element", Kind.CHILD),)

    def __init__(self, element: Any) -> None:
        self.element = element
        if element.is_orm:
            self.is_orm = True

    @property
    def _selected_elements(self) -> tuple[Any, ...]:
        return self.element._selected_elements  # type: ignore[no-any-return]

    @property
    def _label_style(self) -> SelectLabelStyle:
        return self.element._label_style  # type: ignore[no-any-return]

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        return self.element._from_objects  # type: ignore[no-any-return]

    def self_group(self, against: Any = None) -> Any:
        return self


class Subquery(AliasedReturnsRows):
    """`(SELECT ...) AS name`; columns in `.c`."""

    __visit_name__ = "subquery"
    _is_subquery: ClassVar[bool] = True

    @property
    def _anon_base(self) -> str:
        return "anon"

    def _make_columns(self) -> ColumnCollection:
        return self.element._export_to(self)  # type: ignore[no-any-return]

    def alias(self, name: str | None = None, flat: bool = False) -> Any:
        """The same subquery under another name."""
        return Subquery(self.element, name)

    def lateral(self, name: str | None = None) -> Lateral:
        """The same subquery as LATERAL, under its own name or another."""
        return Lateral(self.element, self.name if name is None else name)

    def as_scalar(self) -> ScalarSelect:
        """The statement inside as one value."""
        return ScalarSelect(self.element)


class CTE(AliasedReturnsRows, HasCTE):
    """`WITH name AS (...)`; `.recursive`, `.nesting`, `._restates` (the CTE whose union this is), `._cte_alias` (the
    CTE of which this is an alias)."""

    __visit_name__ = "cte"
    _is_cte: ClassVar[bool] = True
    _traverse: ClassVar[Traverse] = (
        ("recursive", Kind.PLAIN),
        ("nesting", Kind.PLAIN),
        ("_restates", Kind.SHARED),
        ("_cte_alias", Kind.SHARED),
        ("_prefixes", Kind.TUPLES),
        ("_suffixes", Kind.TUPLES),
    )
    _restates: CTE | None = None
    _cte_alias: CTE | None = None
    _prefixes: tuple[Any, ...] = ()
    _suffixes: tuple[Any, ...] = ()

    def __init__(
        self,
        element: Any,
        name: str | None = None,
        recursive: bool = False,
        nesting: bool = False,
        _cte_alias: CTE | None = None,
        _restates: CTE | None = None,
    ) -> None:
        super().__init__(element, name)
        self.recursive = recursive
        self.nesting = nesting
        if _cte_alias is not None:
            self._cte_alias = _cte_alias
        if _restates is not None:
            self._restates = _restates

    @property
    def _anon_base(self) -> str:
        return "anon"

    def _make_columns(self) -> ColumnCollection:
        return self.element._export_to(self)  # type: ignore[no-any-return]

    def _generate(self) -> Self:
        return self._clone()

    def alias(self, name: str | None = None, flat: bool = False) -> CTE:
        """Another reference to this CTE: `FROM name AS alias`."""
        return CTE(self.element, name, self.recursive, self.nesting, _cte_alias=self)

    def union(self, *other: Any) -> CTE:
        """This CTE with `UNION` of further SELECTs, which may refer to it if it is recursive."""
        return self._joined(self.element.union(*other))

    def union_all(self, *other: Any) -> CTE:
        """This CTE with `UNION ALL` of further SELECTs, which may refer to it if it is recursive."""
        return self._joined(self.element.union_all(*other))

    def _joined(self, element: Any) -> CTE:
        return CTE(element, self.name, self.recursive, self.nesting, _restates=self)

    def prefix_with(self, *prefixes: Any, dialect: str = "*") -> CTE:
        """Text before the parenthesis: `AS MATERIALIZED (...)`."""
        new = self._clone()
        new._prefixes = (*self._prefixes, *((STATEMENTS["text"](p), dialect) for p in prefixes))
        return new

    def suffix_with(self, *suffixes: Any, dialect: str = "*") -> CTE:
        """Text behind the parenthesis."""
        new = self._clone()
        new._suffixes = (*self._suffixes, *((STATEMENTS["text"](s), dialect) for s in suffixes))
        return new


class ScalarSelect(Grouping[T]):
    """A SELECT as one value. Correlates with the statement around it unless told otherwise."""

    __visit_name__ = "scalar_select"
    _is_scalar_select = True
    _is_implicitly_boolean = False

    def __init__(self, element: Any) -> None:
        columns = element._named_columns()
        self.element = element
        self.type = _first_type(columns)

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        return ()

    @property
    def _result_name(self) -> str | None:
        return None

    @property
    def _anon_base(self) -> str:
        return "anon"

    def scalar_subquery(self) -> ScalarSelect:
        """This expression."""
        return self

    def select_from(self, *froms: Any) -> ScalarSelect:
        """A copy with these FROM objects inside."""
        return ScalarSelect(_plain_select(self.element).select_from(*froms))

    def with_hint(self, selectable: Any, text: str, dialect_name: str = "*") -> ScalarSelect:
        """A copy with a hint for a FROM object inside."""
        return ScalarSelect(_plain_select(self.element).with_hint(selectable, text, dialect_name))

    def with_statement_hint(self, text: str, dialect_name: str = "*") -> ScalarSelect:
        """A copy with a hint for the statement inside."""
        return ScalarSelect(_plain_select(self.element).with_statement_hint(text, dialect_name))

    def where(self, *criteria: Any) -> ScalarSelect:
        """A copy with further conditions inside."""
        return ScalarSelect(_plain_select(self.element).where(*criteria))

    def correlate(self, *fromclauses: Any) -> ScalarSelect:
        """A copy that takes these FROM objects from the statement around it."""
        return ScalarSelect(_plain_select(self.element).correlate(*fromclauses))

    def correlate_except(self, *fromclauses: Any) -> ScalarSelect:
        """A copy that takes all FROM objects but these from the statement around it."""
        return ScalarSelect(_plain_select(self.element).correlate_except(*fromclauses))

    def self_group(self, against: Any = None) -> Any:
        return self

    def _negate(self) -> Any:
        return ColumnElement._negate(self)


def _plain_select(statement: Any) -> Any:
    """The SELECT; raises exc.InvalidRequestError for a union, which has no conditions and FROM of its own."""
    if statement.__visit_name__ != "select":
        raise exc.InvalidRequestError(
            "This holds a union, which has no FROM and WHERE of its own: change the SELECTs of which it is made"
        )
    return statement


def _first_type(columns: tuple[NamedColumn, ...]) -> TypeEngine:
    return getattr(columns[0].element, "type", NULLTYPE) if columns else NULLTYPE


class Exists(UnaryExpression[bool]):
    """`EXISTS (SELECT ...)`: `.element` is a ScalarSelect."""

    __visit_name__ = "unary"

    def __init__(self, argument: Any = None) -> None:
        if argument is None:
            element = STATEMENTS["select"](STATEMENTS["literal_column"]("*")).scalar_subquery()
        else:
            found = to_element(argument)
            if isinstance(found, ScalarSelect):
                element = found
            elif found is not None and found._is_select_base:
                element = ScalarSelect(found)
            else:
                element = STATEMENTS["select"](argument).scalar_subquery()
        super().__init__(element, operator=ops.exists, type_=BOOLEANTYPE)

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        return ()

    def _with_select(self, change: Callable[[Any], Any]) -> Exists:
        return Exists(ScalarSelect(change(_plain_select(self.element.element))))

    def where(self, *criteria: Any) -> Exists:
        """A copy with further conditions inside."""
        return self._with_select(lambda select: select.where(*criteria))

    def select_from(self, *froms: Any) -> Exists:
        """A copy with these FROM objects inside."""
        return self._with_select(lambda select: select.select_from(*froms))

    def with_hint(self, selectable: Any, text: str, dialect_name: str = "*") -> Exists:
        """A copy with a hint for a FROM object inside."""
        return self._with_select(lambda select: select.with_hint(selectable, text, dialect_name))

    def with_statement_hint(self, text: str, dialect_name: str = "*") -> Exists:
        """A copy with a hint for the statement inside."""
        return self._with_select(lambda select: select.with_statement_hint(text, dialect_name))

    def correlate(self, *fromclauses: Any) -> Exists:
        """A copy that takes these FROM objects from the statement around it."""
        return self._with_select(lambda select: select.correlate(*fromclauses))

    def correlate_except(self, *fromclauses: Any) -> Exists:
        """A copy that takes all FROM objects but these from the statement around it."""
        return self._with_select(lambda select: select.correlate_except(*fromclauses))

    def select(self) -> Any:
        """`SELECT EXISTS (...)`."""
        return STATEMENTS["select"](self)

    def _negate(self) -> Any:
        return UnaryExpression(Grouping(self), operator=ops.inv, type_=BOOLEANTYPE)

    def _build_key(self, binds: list[Any], shared: list[Any]) -> Hashable:
        return (Exists, self.element._build_key(binds, shared))
