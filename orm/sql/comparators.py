"""What the operators of a column expression build, by the expression's type.

A `Comparator` is made for one expression and one operation; a type names its class in `comparator_factory`. Importing this module gives the built-in
types theirs. An application's type may derive from `String.Comparator` and override methods such as `__add__`.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import (
    add,
    and_,
    eq,
    floordiv,
    ge,
    getitem,
    gt,
    inv,
    le,
    lshift,
    lt,
    mod,
    mul,
    ne,
    neg,
    or_,
    pow,
    rshift,
    sub,
    truediv,
)
from typing import Any, ClassVar

from orm import exc
from orm.sql import operators as ops
from orm.sql.coercions import expect_expr, expect_where, make_operand, to_element
from orm.sql.constructs import CollectionAggregate, Slice
from orm.sql.elements import (
    BUILDERS,
    FALSE,
    NULL,
    TRUE,
    BinaryExpression,
    BindParameter,
    BoundValue,
    ColumnClause,
    Comparison,
    False_,
    Grouping,
    Null,
    True_,
    UnaryExpression,
)
from orm.sql.functions import Function
from orm.sql.lists import BooleanClauseList, ClauseList, CollationClause
from orm.sql.operators import NEGATIONS, ColumnOperators, OperatorType, custom_op
from orm.types import base as types_base
from orm.types.base import PLAIN_CLASSES, TypeEngine
from orm.types.resolve import BOOLEANTYPE, INTEGERTYPE, NUMERICTYPE, resolve_value
from orm.types.scalar import Concatenable, Float, Integer, Numeric, String, Unicode
from orm.types.structured import ARRAY, JSON, MatchType
from orm.types.temporal import Date, DateTime, Interval, Time

_INTERVALTYPE = Interval()
_DATETIMETYPE = DateTime()
_STRINGTYPE = String()


class Comparator(ColumnOperators):
    """Builds the expressions for one expression's operators. `.expr` is the expression, `.type` its type."""

    __slots__ = ("expr", "type")
    # False for the application's classes, whose methods may override single operators.
    is_standard: ClassVar[bool] = True

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        if "is_standard" not in cls.__dict__:
            cls.is_standard = False

    def __init__(self, expr: Any) -> None:
        self.expr = expr
        self.type: TypeEngine = expr.type

    def __clause_element__(self) -> Any:
        return self.expr

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        build = BUILDERS.get(op)
        if build is None:
            if not isinstance(op, custom_op):
                raise NotImplementedError(
                    f"Operator {op.__name__} is not supported on {self.expr.type!r}"
                )
            build = _custom
        return build(self.expr, op, *other, **kwargs)

    def reverse_operate(self, op: OperatorType, other: Any, **kwargs: Any) -> Any:
        build: Callable[..., Any] = BUILDERS.get(op, _custom)
        return build(self.expr, op, other, reverse=True, **kwargs)


# -- comparisons ------------------------------------------------------------------------------------


def _compare(expr: Any, op: OperatorType, other: Any) -> Any:
    if type(other) in PLAIN_CLASSES:
        return _compare_value(expr, op, other)
    if other is None or isinstance(other, _CONSTANTS):
        return _compare_constant(expr, op, other)
    right = expect_expr(other, like=expr, op=op)
    if isinstance(right, Null):
        return _compare_constant(expr, op, right)
    return BinaryExpression(expr, right, op, BOOLEANTYPE, NEGATIONS[op])


def _compare_value(expr: Any, op: OperatorType, value: Any) -> Any:
    type_ = expr.type.coerce_compared_value(op, value)
    if type_._isnull:
        type_ = resolve_value(value)
    bind = BoundValue(expr._bind_base, value, type_)
    return Comparison(expr.self_group(op), bind, op, NEGATIONS[op])


_CONSTANTS = (bool, Null, True_, False_)


def _constant(value: Any) -> Any:
    if value is None:
        return NULL
    if value is True or value is False:
        return TRUE if value else FALSE
    return value


def _compare_constant(expr: Any, op: OperatorType, other: Any) -> Any:
    right = _constant(other)
    if isinstance(right, Null):
        if op is eq:
            return BinaryExpression(expr, right, ops.is_, BOOLEANTYPE, ops.is_not)
        if op is ne:
            return BinaryExpression(expr, right, ops.is_not, BOOLEANTYPE, ops.is_)
        raise exc.ArgumentError(
            f"Nothing is {op.__name__} NULL in SQL. With None write ==, !=, is_(), is_not() or "
            "is_distinct_from()"
        )
    if op is not eq and op is not ne:
        right = make_operand(other, expr, op) if isinstance(other, bool) else right
    return BinaryExpression(expr, right, op, BOOLEANTYPE, NEGATIONS[op])


def _is(expr: Any, op: OperatorType, other: Any) -> Any:
    if other is None or isinstance(other, bool):
        right = _constant(other)
    else:
        right = expect_expr(other, like=expr, op=op)
    return BinaryExpression(expr, right, op, BOOLEANTYPE, NEGATIONS[op])


def _like(expr: Any, op: OperatorType, other: Any, escape: str | None = None) -> Any:
    if escape is None and type(other) in PLAIN_CLASSES:
        return _compare_value(expr, op, other)
    return BinaryExpression(
        expr, expect_expr(other, like=expr, op=op), op, BOOLEANTYPE, NEGATIONS[op], _escape(escape)
    )


def _escape(escape: str | None) -> dict[str, Any] | None:
    if escape is None:
        return None
    if not isinstance(escape, str) or len(escape) != 1:
        raise exc.ArgumentError(f"escape must be a single character, got {escape!r}")
    return {"escape": escape}


def _part_of_text(before: bool, after: bool, fold_case: bool) -> Callable[..., Any]:
    """The builder for startswith and its relatives: LIKE with a wildcard before and/or after."""

    def build(
        expr: Any,
        op: OperatorType,
        other: Any,
        escape: str | None = None,
        autoescape: bool = False,
    ) -> Any:
        if autoescape:
            other, escape = _autoescape(other, escape)
        right = expect_expr(other, like=expr, op=ops.like_op)
        left = expr
        if fold_case:
            left = Function("lower", left, type_=_STRINGTYPE)
            right = Function("lower", right, type_=_STRINGTYPE)
        if before:
            right = _Pattern(_PERCENT, right, ops.concat_op, _STRINGTYPE)
        if after:
            right = _Pattern(right, _PERCENT, ops.concat_op, _STRINGTYPE)
        return BinaryExpression(
            left, right, ops.like_op, BOOLEANTYPE, ops.not_like_op, _escape(escape)
        )

    return build


class _Pattern(BinaryExpression[str]):
    """The right side of LIKE, which needs no brackets there."""

    def self_group(self, against: Any = None) -> Any:
        return self


_PERCENT: ColumnClause[Any] = ColumnClause("'%'", _STRINGTYPE, is_literal=True)


def _autoescape(other: Any, escape: str | None) -> tuple[str, str]:
    if not isinstance(other, str):
        raise exc.ArgumentError(f"autoescape=True needs a plain string, got {other!r}")
    escape = "/" if escape is None else escape
    _escape(escape)
    if escape not in ("%", "_"):
        other = other.replace(escape, escape * 2)
    return other.replace("%", escape + "%").replace("_", escape + "_"), escape


def _match(expr: Any, op: OperatorType, other: Any, **modifiers: Any) -> Any:
    right = expect_expr(other, like=expr, op=op)
    return BinaryExpression(expr, right, op, MatchType(), NEGATIONS[op], modifiers)


def _regexp_match(expr: Any, op: OperatorType, other: Any, flags: str | None = None) -> Any:
    right = expect_expr(other, like=expr, op=op)
    return BinaryExpression(expr, right, op, BOOLEANTYPE, NEGATIONS[op], {"flags": flags})


def _regexp_replace(
    expr: Any, op: OperatorType, other: Any, replacement: Any, flags: str | None = None
) -> Any:
    right = ClauseList(
        expect_expr(other, like=expr, op=op),
        expect_expr(replacement, like=expr, op=op),
        operator=ops.comma_op,
        group=False,
    )
    return BinaryExpression(expr, right, op, expr.type, None, {"flags": flags})


def _between(expr: Any, op: OperatorType, cleft: Any, cright: Any, symmetric: bool = False) -> Any:
    right = ClauseList(
        expect_expr(cleft, like=expr, op=op),
        expect_expr(cright, like=expr, op=op),
        operator=and_,
        group=False,
        group_contents=False,
    )
    return BinaryExpression(
        expr, right, op, BOOLEANTYPE, NEGATIONS[op], {"symmetric": True} if symmetric else None
    )


def _in(expr: Any, op: OperatorType, other: Any) -> Any:
    return BinaryExpression(expr, _in_operand(expr, op, other), op, BOOLEANTYPE, NEGATIONS[op])


def _in_operand(expr: Any, op: OperatorType, other: Any) -> Any:
    element = None if other.__class__ in _LISTS else to_element(other)
    if element is not None:
        if isinstance(element, BindParameter):
            return _as_expanding(element, expr, op)
        if element._is_select_base:
            return element.scalar_subquery()  # type: ignore[attr-defined]
        if element._is_from_clause:
            return element.select().scalar_subquery()  # type: ignore[attr-defined]
        if element._is_text_clause or isinstance(element, Grouping | ClauseList):
            return element.self_group(ops.in_op)
        if getattr(element, "_holds_values", False):
            return element
        return Grouping(element) if not element._is_select_base else element
    if isinstance(other, str | bytes) or not hasattr(other, "__iter__"):
        raise exc.ArgumentError(
            f"in_() takes a list of values, a SELECT, or an expanding bindparam, got {other!r}; "
            f"for a single value write in_([{other!r}])"
        )
    values = list(other)
    if not PLAIN_CLASSES.issuperset(map(type, values)) and any(
        to_element(value) is not None for value in values
    ):
        return ClauseList(
            *[expect_expr(value, like=expr, op=op) for value in values], group=False
        ).in_parentheses()
    return _expanding_bind(expr, op, values)


_LISTS = frozenset({list, tuple, set, frozenset})


def _expanding_bind(expr: Any, op: OperatorType, values: list[Any]) -> BindParameter:
    first = values[0] if values else None
    if first is None:
        first = next((value for value in values if value is not None), None)
    if expr.type._is_tuple_type or first is None:
        type_ = expr.type
    else:
        type_ = make_operand(first, expr, op).type
    bind = BoundValue(expr._bind_base, values, type_)
    bind.expanding = True
    bind.expand_op = op
    return bind


def _as_expanding(bind: BindParameter, expr: Any, op: OperatorType) -> BindParameter:
    clone = bind._clone()
    clone.expanding = True
    clone.expand_op = op
    if not bind.expanding and isinstance(bind.type, ARRAY) and isinstance(bind.value, list | tuple):
        # the list was taken for one value while nobody knew that it stands for several
        clone.type = _expanding_bind(expr, op, list(bind.value)).type
    if clone.type._isnull:
        clone.type = expr.type
    return clone


# -- boolean, unary, arithmetic ---------------------------------------------------------------------


def _boolean(expr: Any, op: OperatorType, other: Any, reverse: bool = False) -> Any:
    return BooleanClauseList.construct(op, (expr, expect_where(other)))


def _invert(expr: Any, op: OperatorType) -> Any:
    return expr._negate()


def _order(expr: Any, op: OperatorType) -> Any:
    return UnaryExpression(expr, modifier=op, type_=expr.type)


def _prefix(expr: Any, op: OperatorType) -> Any:
    return UnaryExpression(expr, operator=op, type_=expr.type)


def _collection(expr: Any, op: OperatorType) -> Any:
    return CollectionAggregate(expr, op)


def _collate(
    expr: Any, op: OperatorType, collation: str, collation_schema: str | None = None
) -> Any:
    return BinaryExpression(expr, CollationClause(collation, collation_schema), op, expr.type)


def _custom(expr: Any, op: Any, other: Any = None, reverse: bool = False) -> Any:
    right = expect_expr(other, like=expr, op=op)
    if op.is_comparison:
        type_: TypeEngine = BOOLEANTYPE
    elif op.return_type is not None:
        type_ = types_base.to_instance(op.return_type)
    else:
        type_ = expr.type
    left, right = (right, expr) if reverse else (expr, right)
    return BinaryExpression(left, right, op, type_)


def _arithmetic(expr: Any, op: OperatorType, other: Any, reverse: bool = False) -> Any:
    right = expect_expr(other, like=expr, op=op)
    left, right = (right, expr) if reverse else (expr, right)
    op, type_ = result_type(op, left.type, right.type)
    return BinaryExpression(left, right, op, type_)


def _power(expr: Any, op: OperatorType, other: Any, reverse: bool = False) -> Any:
    """`expr ** other`: a function on every database."""
    other = expect_expr(other, like=expr, op=op)
    base, exponent = (other, expr) if reverse else (expr, other)
    return Function("pow", base, exponent, type_=result_type(op, base.type, exponent.type)[1])


def result_type(
    op: OperatorType, left: TypeEngine, right: TypeEngine
) -> tuple[OperatorType, TypeEngine]:
    """The operator to render and the type of `left op right`: `+` of strings is concatenation."""
    if op is add and (_is_text(left) or (_is_text(right) and left._isnull)):
        return ops.concat_op, left if _is_text(left) else right
    affinity = left._type_affinity
    if affinity in _TEMPORAL:
        return op, _temporal_result(op, affinity, right._type_affinity) or left
    if affinity in _NUMBERS:
        return op, _number_result(op, left, right)
    return (op, right) if left._isnull else (op, left)


def _is_text(type_: TypeEngine) -> bool:
    return isinstance(type_, Concatenable) or issubclass(type_._type_affinity, Concatenable)


_TEMPORAL = frozenset({Date, DateTime, Time, Interval})
_NUMBERS = frozenset({Integer, Numeric})


def _number_result(op: OperatorType, left: TypeEngine, right: TypeEngine) -> TypeEngine:
    affinity = right._type_affinity
    if affinity is Interval and op is mul:
        return right
    if left._type_affinity is Integer:
        if affinity is Numeric:
            return right
        return NUMERICTYPE if op is truediv else left
    if affinity is Numeric and isinstance(right, Float) and not isinstance(left, Float):
        return left
    return left


def _temporal_result(op: OperatorType, left: type, right: type) -> TypeEngine | None:
    if op is sub:
        if left is Date and right is Date:
            return INTEGERTYPE
        if left is not Interval and right in (Date, DateTime, Time):
            return _INTERVALTYPE
    if op in (add, sub) and (right is Interval or left is Interval):
        if left is Interval and right is Interval:
            return _INTERVALTYPE
        if left in (Date, DateTime) or right in (Date, DateTime):
            return _DATETIMETYPE
    return None


def _item(expr: Any, op: OperatorType, index: Any) -> Any:
    build = getattr(expr.type, "_make_index", None) or _INDEX_BUILDERS.get(expr.type._type_affinity)
    if build is None:
        raise NotImplementedError(
            f"A column of type {expr.type!r} has no items; [] works on JSON and ARRAY columns"
        )
    return build(expr, index)


# -- documents and arrays -----------------------------------------------------------------------------


def _json_item(expr: Any, index: Any) -> Any:
    if isinstance(index, list | tuple):
        bind = BoundValue(expr._bind_base, tuple(index), JSON.JSONPathType())
        return BinaryExpression(expr, bind, ops.json_path_getitem_op, expr.type)
    element = to_element(index)
    if element is None:
        if isinstance(index, bool) or not isinstance(index, int | str):
            raise exc.ArgumentError(
                f"A JSON document is indexed by a key, a position or a tuple of them, got {index!r}"
            )
        kind = JSON.JSONIntIndexType() if isinstance(index, int) else JSON.JSONStrIndexType()
        element = BoundValue(expr._bind_base, index, kind)
    return BinaryExpression(expr, element, ops.json_getitem_op, expr.type)


def _array_item(expr: Any, index: Any) -> Any:
    shift = 1 if expr.type.zero_indexes else 0
    if isinstance(index, slice):
        start, stop, step = (
            None if part is None else expect_expr(part + shift if isinstance(part, int) else part)
            for part in (index.start, index.stop, index.step)
        )
        return BinaryExpression(expr, Slice(start, stop, step), getitem, expr.type)
    dimensions = expr.type.dimensions
    item_type = expr.type.item_type
    if dimensions is not None and dimensions > 1:
        item_type = expr.type.copy()
        item_type.dimensions = dimensions - 1
    if isinstance(index, int):
        index = BoundValue(expr._bind_base, index + shift, INTEGERTYPE)
    return BinaryExpression(expr, expect_expr(index), getitem, item_type)


_INDEX_BUILDERS: dict[type, Callable[[Any, Any], Any]] = {JSON: _json_item, ARRAY: _array_item}


class JSONComparator(Comparator):
    """Operators of documents: `doc["key"]`, `doc[("a", 2, "b")]`, and what an item is read as."""

    __slots__ = ()
    is_standard = True

    def _read_as(self, type_: TypeEngine) -> Any:
        expr = self.expr
        if not isinstance(expr, BinaryExpression) or expr.operator not in (
            ops.json_getitem_op,
            ops.json_path_getitem_op,
        ):
            raise exc.InvalidRequestError(
                'as_string() and its like apply to an item of a document: doc["key"].as_string()'
            )
        return BinaryExpression(
            expr.left, expr.right, expr.operator, type_, modifiers=expr.modifiers
        )

    def as_string(self) -> Any:
        """The item as text."""
        return self._read_as(Unicode())

    def as_integer(self) -> Any:
        """The item as a whole number."""
        return self._read_as(INTEGERTYPE)

    def as_float(self) -> Any:
        """The item as a floating point number."""
        return self._read_as(Float())

    def as_numeric(self, precision: int, scale: int, asdecimal: bool = True) -> Any:
        """The item as a decimal number."""
        return self._read_as(Numeric(precision, scale, asdecimal=asdecimal))

    def as_boolean(self) -> Any:
        """The item as a boolean."""
        return self._read_as(BOOLEANTYPE)

    def as_json(self) -> Any:
        """The item as a document; the default."""
        return self.expr


class ArrayComparator(Comparator):
    """Operators of arrays."""

    __slots__ = ()
    # Its contains() is not that of text.
    is_standard = False

    def any(self, other: Any, operator: OperatorType = eq) -> Any:
        """`other operator ANY (array)`."""
        return self._with_each(other, operator, ops.any_op)

    def all(self, other: Any, operator: OperatorType = eq) -> Any:
        """`other operator ALL (array)`."""
        return self._with_each(other, operator, ops.all_op)

    def _with_each(self, other: Any, operator: OperatorType, kind: OperatorType) -> Any:
        item_type = self.expr.type.item_type
        left = (
            expect_expr(other)
            if to_element(other) is not None
            else BoundValue("param", other, item_type)
        )
        return BinaryExpression(
            left,
            CollectionAggregate(self.expr, kind),
            operator,
            BOOLEANTYPE,
            NEGATIONS.get(operator),
        )

    def contains(self, other: Any, **kw: Any) -> Any:
        """All items of `other` are in the array."""
        return self.operate(_ARRAY_CONTAINS, other)

    def contained_by(self, other: Any) -> Any:
        """All items of the array are in `other`."""
        return self.operate(_ARRAY_CONTAINED, other)

    def overlap(self, other: Any) -> Any:
        """The arrays have an item in common."""
        return self.operate(_ARRAY_OVERLAP, other)


_ARRAY_CONTAINS = custom_op("@>", precedence=5, is_comparison=True)
_ARRAY_CONTAINED = custom_op("<@", precedence=5, is_comparison=True)
_ARRAY_OVERLAP = custom_op("&&", precedence=5, is_comparison=True)

_STANDARD: dict[OperatorType, Callable[..., Any]] = {
    **dict.fromkeys((eq, ne, lt, le, gt, ge), _compare),
    **dict.fromkeys((ops.is_, ops.is_not, ops.is_distinct_from, ops.is_not_distinct_from), _is),
    **dict.fromkeys((ops.like_op, ops.not_like_op, ops.ilike_op, ops.not_ilike_op), _like),
    ops.startswith_op: _part_of_text(False, True, False),
    ops.endswith_op: _part_of_text(True, False, False),
    ops.contains_op: _part_of_text(True, True, False),
    ops.istartswith_op: _part_of_text(False, True, True),
    ops.iendswith_op: _part_of_text(True, False, True),
    ops.icontains_op: _part_of_text(True, True, True),
    ops.match_op: _match,
    ops.regexp_match_op: _regexp_match,
    ops.regexp_replace_op: _regexp_replace,
    ops.between_op: _between,
    ops.in_op: _in,
    ops.not_in_op: _in,
    and_: _boolean,
    or_: _boolean,
    inv: _invert,
    **dict.fromkeys((ops.desc_op, ops.asc_op, ops.nulls_first_op, ops.nulls_last_op), _order),
    **dict.fromkeys((neg, ops.bitwise_not_op, ops.distinct_op), _prefix),
    pow: _power,
    **dict.fromkeys((ops.any_op, ops.all_op), _collection),
    ops.collate: _collate,
    getitem: _item,
    **dict.fromkeys(
        (
            add, sub, mul, truediv, floordiv, mod, lshift, rshift, ops.concat_op, ops.bitwise_xor_op,
            ops.bitwise_or_op, ops.bitwise_and_op, ops.bitwise_lshift_op, ops.bitwise_rshift_op,
        ),
        _arithmetic,
    ),
}  # fmt: skip


def install() -> None:
    """Give the built-in types their comparators, and the operators their builders."""
    BUILDERS.update(_STANDARD)
    for type_class, comparator in (
        (TypeEngine, Comparator),
        (JSON, JSONComparator),
        (ARRAY, ArrayComparator),
    ):
        type_class.comparator_factory = comparator
        type_class.Comparator = comparator


install()
__all__ = ["ArrayComparator", "Comparator", "JSONComparator", "result_type"]
