"""The functions that build expressions: and_, or_, case, cast, literal, bindparam, ..."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from orm import exc
from orm.sql import operators as ops
from orm.sql.coercions import expect_by, expect_by_list, expect_expr, expect_from, expect_where
from orm.sql.constructs import (
    Case,
    Cast,
    CollectionAggregate,
    Extract,
    FunctionFilter,
    Over,
    TryCast,
    Tuple,
    TypeCoerce,
    WithinGroup,
    distinct_of,
    not_of,
)
from orm.sql.elements import (
    _FACTORIES,
    FALSE,
    NULL,
    TRUE,
    BindParameter,
    ColumnClause,
    ColumnElement,
    False_,
    Label,
    Null,
    PlainColumn,
    True_,
    UnaryExpression,
)
from orm.sql.functions import _TABLE_FACTORIES, SPECIAL_FORMS, Function
from orm.sql.lists import BooleanClauseList, ClauseList
from orm.sql.selectable import (
    STATEMENTS,
    Join,
    Lateral,
    TableClause,
    TableSample,
    TableValuedAlias,
    Values,
)
from orm.sql.subquery import CTE, Exists, SelectLabelStyle
from orm.types.base import TypeEngine
from orm.util.typevars import T

_NOT_GIVEN: Any = object()


def and_(*clauses: Any) -> ColumnElement[bool]:
    """All conditions hold; without any, true."""
    joined: ColumnElement[bool] = BooleanClauseList.construct(
        ops.and_, [expect_where(c) for c in _spread(clauses)]
    )
    return joined


def or_(*clauses: Any) -> ColumnElement[bool]:
    """One of the conditions holds; without any, false."""
    joined: ColumnElement[bool] = BooleanClauseList.construct(
        ops.or_, [expect_where(c) for c in _spread(clauses)]
    )
    return joined


def _spread(clauses: tuple[Any, ...]) -> Iterable[Any]:
    """The conditions, given one by one or all by a generator."""
    if len(clauses) == 1 and isinstance(clauses[0], Iterator):
        return clauses[0]
    return clauses


def not_(clause: Any) -> ColumnElement[bool]:
    """The condition does not hold."""
    negated: ColumnElement[bool] = not_of(clause)
    return negated


def literal(value: Any, type_: Any = None, literal_execute: bool = False) -> BindParameter:
    """A Python value as a bound parameter."""
    return BindParameter(None, value, type_, unique=True, literal_execute=literal_execute)


def bindparam(
    key: str | None,
    value: Any = _NOT_GIVEN,
    type_: Any = None,
    unique: bool = False,
    required: Any = _NOT_GIVEN,
    quote: bool | None = None,
    callable_: Callable[[], Any] | None = None,
    expanding: bool = False,
    isoutparam: bool = False,
    literal_execute: bool = False,
) -> BindParameter:
    """A named parameter; without a value it must be given to execute()."""
    if required is _NOT_GIVEN:
        required = value is _NOT_GIVEN and callable_ is None
    return BindParameter(
        key,
        None if value is _NOT_GIVEN else value,
        type_,
        unique=unique,
        required=required,
        callable_=callable_,
        expanding=expanding,
        literal_execute=literal_execute,
        isoutparam=isoutparam,
    )


def outparam(key: str, type_: Any = None) -> BindParameter:
    """A parameter through which a stored procedure returns a value."""
    return BindParameter(key, None, type_, isoutparam=True)


def null() -> Null:
    """NULL."""
    return NULL


def true() -> True_:
    """TRUE."""
    return TRUE


def false() -> False_:
    """FALSE."""
    return FALSE


def column(
    text: str, type_: Any = None, is_literal: bool = False, _selectable: Any = None
) -> ColumnClause[Any]:
    """A column by name, of no known table."""
    if not isinstance(text, str):
        raise exc.ArgumentError(f"column() takes a name, got {text!r}")
    return PlainColumn(text, type_, is_literal, _selectable)


def table(name: str, *columns: Any, schema: str | None = None) -> TableClause:
    """A table by name with columns made by column(), outside any MetaData."""
    return TableClause(name, *columns, schema=schema)


def case(*whens: Any, value: Any = None, else_: Any = None) -> Case:
    """`CASE WHEN condition THEN result ... ELSE else_ END`; pairs, or one dict compared with `value`."""
    return Case(*whens, value=value, else_=else_)


def cast(expression: Any, type_: type[TypeEngine[T]] | TypeEngine[T]) -> Cast[T]:
    """`CAST(expression AS type_)`."""
    return Cast(expression, type_)


def try_cast(expression: Any, type_: Any) -> TryCast:
    """`TRY_CAST(expression AS type_)`."""
    return TryCast(expression, type_)


def type_coerce(expression: Any, type_: type[TypeEngine[T]] | TypeEngine[T]) -> TypeCoerce[T]:
    """The expression with another type in Python, the SQL unchanged."""
    return TypeCoerce(expression, type_)


def extract(field: str, expr: Any) -> Extract:
    """`EXTRACT(field FROM expr)`."""
    return Extract(field, expr)


def tuple_(*clauses: Any, types: Any = None) -> Tuple:
    """`(a, b, ...)`, mostly for in_()."""
    return Tuple(*clauses, types=types)


def label(name: str, element: Any, type_: Any = None) -> Label:
    """`element AS name`."""
    return Label(name, expect_expr(element), type_)


def over(
    element: Any,
    partition_by: Any = None,
    order_by: Any = None,
    range_: Any = None,
    rows: Any = None,
    groups: Any = None,
    exclude: str | None = None,
) -> Over:
    """`element OVER (...)`."""
    return Over(element, partition_by, order_by, range_, rows, groups, exclude)


def within_group(element: Any, *order_by: Any) -> WithinGroup:
    """`element WITHIN GROUP (ORDER BY ...)`."""
    return WithinGroup(element, *order_by)


def funcfilter(func: Any, *criterion: Any) -> FunctionFilter:
    """`func FILTER (WHERE ...)`."""
    return FunctionFilter(func, *criterion)


def exists(__argument: Any = None) -> Exists:
    """`EXISTS (...)` of a SELECT, or of a column with where() to follow."""
    return Exists(__argument)


def _ordered(value: Any, operator: Any) -> UnaryExpression:
    element = expect_by(value)
    return UnaryExpression(element, modifier=operator, type_=element.type)


def asc(column: Any) -> UnaryExpression:
    """Ascending."""
    return _ordered(column, ops.asc_op)


def desc(column: Any) -> UnaryExpression:
    """Descending."""
    return _ordered(column, ops.desc_op)


def nulls_first(column: Any) -> UnaryExpression:
    """NULLs first."""
    return _ordered(column, ops.nulls_first_op)


def nulls_last(column: Any) -> UnaryExpression:
    """NULLs last."""
    return _ordered(column, ops.nulls_last_op)


class OrderByList(ClauseList):
    """Several members of ORDER BY which get their direction together: `OrderByList([a, b]).desc()`."""

    def __init__(self, clauses: Iterable[Any]) -> None:
        super().__init__(*expect_by_list(clauses), group=False)

    def _each(self, order: Callable[[Any], Any]) -> OrderByList:
        return OrderByList([order(clause) for clause in self.clauses])

    def asc(self) -> OrderByList:
        """All ascending."""
        return self._each(asc)

    def desc(self) -> OrderByList:
        """All descending."""
        return self._each(desc)

    def nulls_first(self) -> OrderByList:
        """All with NULLs first."""
        return self._each(nulls_first)

    def nulls_last(self) -> OrderByList:
        """All with NULLs last."""
        return self._each(nulls_last)


# Names of earlier versions.
nullsfirst = nulls_first
nullslast = nulls_last


def distinct(expr: Any) -> UnaryExpression:
    """`DISTINCT expr` inside an aggregate."""
    return distinct_of(expr)


def between(expr: Any, lower_bound: Any, upper_bound: Any, symmetric: bool = False) -> Any:
    """`expr BETWEEN lower_bound AND upper_bound`."""
    return expect_expr(expr).between(lower_bound, upper_bound, symmetric=symmetric)


def collate(expression: Any, collation: str, *, collation_schema: str | None = None) -> Any:
    """`expression COLLATE collation`. collation_schema: where the collation is, on PostgreSQL."""
    return expect_expr(expression).collate(collation, collation_schema=collation_schema)


def any_(expr: Any) -> CollectionAggregate:
    """`ANY (expr)`, to be compared with."""
    return CollectionAggregate(expr, ops.any_op)


def all_(expr: Any) -> CollectionAggregate:
    """`ALL (expr)`, to be compared with."""
    return CollectionAggregate(expr, ops.all_op)


def bitwise_not(expr: Any) -> UnaryExpression:
    """Bitwise not."""
    element = expect_expr(expr)
    return UnaryExpression(element, operator=ops.bitwise_not_op, type_=element.type)


def join(
    left: Any, right: Any, onclause: Any = None, isouter: bool = False, full: bool = False
) -> Join:
    """`left JOIN right ON onclause`."""
    return Join(left, right, onclause, isouter, full)


def outerjoin(left: Any, right: Any, onclause: Any = None, full: bool = False) -> Join:
    """`left LEFT OUTER JOIN right ON onclause`."""
    return Join(left, right, onclause, True, full)


def alias(selectable: Any, name: str | None = None, flat: bool = False) -> Any:
    """A FROM object under another name."""
    return expect_from(selectable).alias(name=name, flat=flat)


def lateral(selectable: Any, name: str | None = None) -> Lateral:
    """A SELECT in FROM that may refer to what stands before it."""
    return selectable.lateral(name)  # type: ignore[no-any-return]


def tablesample(
    selectable: Any, sampling: Any, name: str | None = None, seed: Any = None
) -> TableSample:
    """A random sample of the rows of a table."""
    return TableSample(selectable, sampling, name, seed)


def cte(selectable: Any, name: str | None = None, recursive: bool = False) -> CTE:
    """A statement as a common table expression."""
    return selectable.cte(name, recursive)  # type: ignore[no-any-return]


def values(*columns: Any, name: str | None = None, literal_binds: bool = False) -> Values:
    """`VALUES` as a FROM object with these columns; rows come with `.data([...])`."""
    return Values(*columns, name=name, literal_binds=literal_binds)


def _table_valued(
    function: Any, expr: tuple[Any, ...], *, name: str | None = None,
    with_ordinality: str | None = None, joins_implicitly: bool = False,
) -> TableValuedAlias:  # fmt: skip
    elements = [column(e) if isinstance(e, str) else e for e in expr]
    if with_ordinality is not None:
        elements.append(
            column(with_ordinality) if isinstance(with_ordinality, str) else with_ordinality
        )
    made = TableValuedAlias(function, name, tuple(elements), joins_implicitly)
    if with_ordinality is not None:
        made.with_ordinality = True
    return made


def _function_alias(function: Any, name: str | None, joins_implicitly: bool) -> TableValuedAlias:
    return TableValuedAlias(function, name, (), joins_implicitly)


_FACTORIES.update({"and_": and_, "or_": or_})
SPECIAL_FORMS.update({"cast": cast, "extract": extract})
_TABLE_FACTORIES.update(
    {
        "table_valued": _table_valued,
        "alias": _function_alias,
        "column_valued": lambda fn, name, joins: TableValuedAlias(fn, name, (), joins).column,
        "select": lambda fn: STATEMENTS["select"](fn),
    }
)
STATEMENTS["function"] = Function
LABEL_STYLE_NONE = SelectLabelStyle.LABEL_STYLE_NONE
LABEL_STYLE_TABLENAME_PLUS_COL = SelectLabelStyle.LABEL_STYLE_TABLENAME_PLUS_COL
LABEL_STYLE_DISAMBIGUATE_ONLY = SelectLabelStyle.LABEL_STYLE_DISAMBIGUATE_ONLY
LABEL_STYLE_DEFAULT = SelectLabelStyle.LABEL_STYLE_DEFAULT
