"""Expressions with a syntax of their own: CASE, CAST, EXTRACT, tuples, windows, ANY and ALL."""

from __future__ import annotations

from collections.abc import Mapping
from operator import eq, inv
from typing import Any, ClassVar

from orm import exc
from orm.sql import operators as ops
from orm.sql.coercions import expect_by_list, expect_column, expect_expr, expect_where, to_element
from orm.sql.elements import (
    _FACTORIES,
    BinaryExpression,
    BindParameter,
    ColumnElement,
    Grouping,
    UnaryExpression,
)
from orm.sql.lists import ClauseList
from orm.sql.operators import OperatorType, is_precedence
from orm.sql.visitors import Kind, Traverse
from orm.sql.window import make_frame
from orm.types.base import NULLTYPE, TypeEngine, to_instance
from orm.types.resolve import BOOLEANTYPE, INTEGERTYPE
from orm.types.structured import TupleType
from orm.util.typevars import T


class Case(ColumnElement[T]):
    """`CASE [value] WHEN ... THEN ... ELSE ... END`: `.value`, `.whens` (pairs), `.else_`."""

    __visit_name__ = "case"
    _traverse: ClassVar[Traverse] = (
        ("value", Kind.CHILD),
        ("whens", Kind.TUPLES),
        ("else_", Kind.CHILD),
    )

    def __init__(self, *whens: Any, value: Any = None, else_: Any = None) -> None:
        pairs = _case_pairs(whens)
        if not pairs:
            raise exc.ArgumentError("case() needs at least one (condition, result) pair")
        self.value = None if value is None else expect_expr(value)
        conditions = [
            expect_where(when) if self.value is None else _case_key(when, self.value)
            for when, _ in pairs
        ]
        results = [expect_expr(then) for _, then in pairs]
        self.whens = tuple(
            (condition.self_group(), result)
            for condition, result in zip(conditions, results, strict=True)
        )
        self.else_ = None if else_ is None else expect_expr(else_)
        typed = [*reversed(results), *(() if self.else_ is None else (self.else_,))]
        self.type = next((r.type for r in typed if not r.type._isnull), NULLTYPE)


def _case_key(when: Any, value: Any) -> Any:
    """What `value` is compared with: a plain value gets its type."""
    made = expect_expr(when)
    if isinstance(made, BindParameter) and made is not when:
        type_ = value.type.coerce_compared_value(eq, when)
        return made if type_._isnull else made._with_type(type_)
    return made


def _case_pairs(whens: tuple[Any, ...]) -> list[Any]:
    if len(whens) == 1 and isinstance(whens[0], Mapping):
        return list(whens[0].items())
    for when in whens:
        if not isinstance(when, tuple | list) or len(when) != 2:
            raise exc.ArgumentError(
                f"case() takes pairs, case((condition, result), ..., else_=...), got {when!r}"
            )
    return list(whens)


class Cast(ColumnElement[T]):
    """`CAST(clause AS type)`."""

    __visit_name__ = "cast"
    _traverse: ClassVar[Traverse] = (("clause", Kind.CHILD), ("type", Kind.TYPE))
    safe: ClassVar[bool] = False

    def __init__(self, expression: Any, type_: Any) -> None:
        self.type = to_instance(type_)
        self.clause = expect_expr(expression, type_=self.type)
        if isinstance(self.clause, BindParameter) and self.clause.type._isnull:
            self.clause = self.clause._with_type(self.type)

    @property
    def _result_name(self) -> str | None:
        return getattr(self.clause, "_result_name", None)

    @property
    def _anon_base(self) -> str:
        return str(getattr(self.clause, "_anon_base", "anon"))

    @property
    def key(self) -> str | None:  # type: ignore[override]
        return getattr(self.clause, "key", None) if self._result_name else None


class TryCast(Cast[T]):
    """`TRY_CAST(clause AS type)`: NULL where the value does not convert."""

    __visit_name__ = "try_cast"
    safe = True


class TypeCoerce(ColumnElement[T]):
    """The expression seen as another type in Python; renders as the expression alone."""

    __visit_name__ = "type_coerce"
    _traverse: ClassVar[Traverse] = (("clause", Kind.CHILD), ("type", Kind.TYPE))

    def __init__(self, expression: Any, type_: Any) -> None:
        self.type = to_instance(type_)
        clause = expect_expr(expression, type_=self.type)
        if isinstance(clause, BindParameter):
            clause = clause._with_type(self.type)
        self.clause = clause

    @property
    def typed_expression(self) -> Any:
        """What is rendered."""
        return self.clause

    @property
    def _result_name(self) -> str | None:
        return getattr(self.clause, "_result_name", None)

    @property
    def _anon_base(self) -> str:
        return str(getattr(self.clause, "_anon_base", "anon"))

    @property
    def key(self) -> str | None:  # type: ignore[override]
        return getattr(self.clause, "key", None)

    def self_group(self, against: Any = None) -> Any:
        grouped = self.clause.self_group(against)
        return self if grouped is self.clause else TypeCoerce(grouped, self.type)


class Extract(ColumnElement[Any]):
    """`EXTRACT(field FROM expr)`."""

    __visit_name__ = "extract"
    _traverse: ClassVar[Traverse] = (("field", Kind.PLAIN), ("expr", Kind.CHILD))
    type = INTEGERTYPE

    def __init__(self, field: str, expr: Any) -> None:
        if not isinstance(field, str) or not field.replace("_", "").isalnum():
            raise exc.ArgumentError(
                f"extract() takes the name of a field such as 'year', got {field!r}"
            )
        self.field = field
        self.expr = expect_expr(expr)


class Tuple(ColumnElement[Any]):
    """`(a, b, ...)`; `tuple_(t.c.a, t.c.b).in_([(1, 2), (3, 4)])`."""

    __visit_name__ = "tuple"
    _traverse: ClassVar[Traverse] = (("clauses", Kind.CHILDREN), ("type", Kind.TYPE))

    def __init__(self, *clauses: Any, types: Any = None) -> None:
        if types is None:
            elements = [expect_expr(clause) for clause in clauses]
        else:
            elements = [
                expect_expr(clause, type_=to_instance(type_))
                for clause, type_ in zip(clauses, types, strict=True)
            ]
        self.clauses = tuple(element.self_group(ops.comma_op) for element in elements)
        self.type = TupleType(*[element.type for element in self.clauses])

    def __iter__(self) -> Any:
        return iter(self.clauses)

    def __len__(self) -> int:
        return len(self.clauses)

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        # A plain tuple on the other side of a comparison is a tuple of binds, each of its column's type.
        if other and isinstance(other[0], tuple | list) and ops.is_comparison(op):
            if op not in (ops.in_op, ops.not_in_op):
                members = [
                    expect_expr(value, like=clause, op=op)
                    for value, clause in zip(other[0], self.clauses, strict=True)
                ]
                other = (Tuple(*members),)
        return super().operate(op, *other, **kwargs)


class Slice(ColumnElement[Any]):
    """`start:stop` of an array index."""

    __visit_name__ = "slice"
    _traverse: ClassVar[Traverse] = (
        ("start", Kind.CHILD),
        ("stop", Kind.CHILD),
        ("step", Kind.CHILD),
    )

    def __init__(self, start: Any, stop: Any, step: Any) -> None:
        self.start = start
        self.stop = stop
        self.step = step


class CollectionAggregate(UnaryExpression[T]):
    """`ANY (...)` or `ALL (...)`; it stands on the right of the comparison, whichever way that is written."""

    __visit_name__ = "unary"

    def __init__(self, expr: Any, operator: OperatorType) -> None:
        element: Any = to_element(expr)
        if element is not None and element._is_select_base:
            element = element.scalar_subquery()
        elif element is None:
            element = expect_expr(expr)
        if not isinstance(element, Grouping) and not getattr(element, "_is_scalar_select", False):
            element = Grouping(element)
        super().__init__(element, operator=operator, type_=_item_type(element.type))

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        if not ops.is_comparison(op):
            raise exc.ArgumentError(
                "any_() and all_() can only be compared with: =, <, > and so on"
            )
        left = expect_expr(other[0], like=self, op=op)
        mirrored = ops.mirror(op)
        return BinaryExpression(left, self, mirrored, BOOLEANTYPE, ops.NEGATIONS.get(mirrored))

    def reverse_operate(self, op: OperatorType, other: Any, **kwargs: Any) -> Any:
        raise exc.ArgumentError("any_() and all_() can only be compared with: =, <, > and so on")

    def self_group(self, against: Any = None) -> Any:
        return self


def _item_type(type_: TypeEngine) -> TypeEngine:
    return getattr(type_, "item_type", type_)


class Over(ColumnElement[T]):
    """`element OVER (PARTITION BY ... ORDER BY ... ROWS|RANGE|GROUPS BETWEEN ...)`.

    range_, rows, groups: a pair (start, end) of offsets, negative before and positive after the row, None unbounded, 0 the row
    itself; or a FrameClause. exclude: "CURRENT ROW", "GROUP", "TIES" or "NO OTHERS".
    """

    __visit_name__ = "over"
    _traverse: ClassVar[Traverse] = (
        ("element", Kind.CHILD),
        ("partition_by", Kind.CHILD),
        ("order_by", Kind.CHILD),
        ("range_", Kind.CHILD),
        ("rows", Kind.CHILD),
        ("groups", Kind.CHILD),
        ("exclude", Kind.PLAIN),
    )
    order_by: ClauseList | None = None
    partition_by: ClauseList | None = None

    def __init__(
        self,
        element: Any,
        partition_by: Any = None,
        order_by: Any = None,
        range_: Any = None,
        rows: Any = None,
        groups: Any = None,
        exclude: str | None = None,
    ) -> None:
        self.element = element
        if partition_by is not None:
            self.partition_by = _by_clause(partition_by)
        if order_by is not None:
            self.order_by = _by_clause(order_by)
        frames = sum(frame is not None for frame in (range_, rows, groups))
        if frames > 1:
            raise exc.ArgumentError("over() takes one of range_, rows and groups")
        if exclude is not None and not frames:
            raise exc.ArgumentError(
                "over(exclude=...) leaves rows out of a frame: give one of range_, rows and groups too"
            )
        self.range_ = make_frame(range_)
        self.rows = make_frame(rows)
        self.groups = make_frame(groups)
        self.exclude = exclude
        self.type = element.type

    @property
    def _anon_base(self) -> str:
        return "anon"


def _by_clause(value: Any) -> ClauseList:
    values = value if isinstance(value, list | tuple) else (value,)
    return ClauseList(*expect_by_list(values), operator=ops.comma_op)


class WithinGroup(ColumnElement[T]):
    """`element WITHIN GROUP (ORDER BY ...)`."""

    __visit_name__ = "withingroup"
    _traverse: ClassVar[Traverse] = (("element", Kind.CHILD), ("order_by", Kind.CHILD))

    def __init__(self, element: Any, *order_by: Any) -> None:
        self.element = element
        self.order_by = _by_clause(order_by)
        found = element.within_group_type(self) if hasattr(element, "within_group_type") else None
        self.type = element.type if found is None else found

    def over(self, **kw: Any) -> Over:
        """A window over this."""
        return Over(self, **kw)

    def filter(self, *criterion: Any) -> Any:
        """Only the rows that meet the conditions."""
        return FunctionFilter(self, *criterion) if criterion else self


class FunctionFilter(ColumnElement[T]):
    """`func FILTER (WHERE criterion)`."""

    __visit_name__ = "funcfilter"
    _traverse: ClassVar[Traverse] = (("func", Kind.CHILD), ("criterion", Kind.CHILD))
    criterion: Any = None

    def __init__(self, func: Any, *criterion: Any) -> None:
        self.func = func
        self.type = func.type
        for condition in criterion:
            condition = expect_where(condition)
            previous = self.criterion
            self.criterion = condition if previous is None else previous & condition

    def filter(self, *criterion: Any) -> FunctionFilter:
        """A further condition."""
        own = () if self.criterion is None else (self.criterion,)
        return FunctionFilter(self.func, *own, *criterion)

    def over(self, **kw: Any) -> Over:
        """A window over this."""
        return Over(self, **kw)

    def within_group(self, *order_by: Any) -> WithinGroup:
        """An ordered-set aggregate of this."""
        return WithinGroup(self, *order_by)

    def self_group(self, against: Any = None) -> Any:
        return Grouping(self) if is_precedence(ops.filter_op, against) else self


def distinct_of(expr: Any) -> UnaryExpression:
    """`DISTINCT expr`."""
    element = expect_column(expr)
    return UnaryExpression(element, operator=ops.distinct_op, type_=element.type)


def not_of(clause: Any) -> Any:
    """`NOT clause`, or the clause with its operator negated."""
    element = expect_where(clause)
    return element.operate(inv) if element._is_column_element else ~element


_FACTORIES["cast"] = Cast
