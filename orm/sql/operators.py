"""The operators of SQL expressions: their functions, their precedence, and the Python methods that apply them.

Each operator is a function of the operands, so that `op(a, b)` does the same as the method or the Python sign. `Operators` and
`ColumnOperators` turn methods into `operate(op, other)`; what that builds is the business of the comparators.
"""

# ruff: noqa: D103 - each function is the operator that its name says
from __future__ import annotations

from collections.abc import Callable
from operator import (
    add as add,
    and_ as and_,
    eq as eq,
    floordiv as floordiv,
    ge as ge,
    getitem as getitem,
    gt as gt,
    inv as inv,
    le as le,
    lshift as lshift,
    lt as lt,
    mod as mod,
    mul as mul,
    ne as ne,
    neg as neg,
    or_ as or_,
    pow as pow,
    rshift as rshift,
    sub as sub,
    truediv as truediv,
    xor as xor,
)
from typing import Any, NoReturn

from orm import exc

OperatorType = Callable[..., Any]


class Operators:
    """Objects with the boolean operators & | ~ and arbitrary ones through op()."""

    __slots__ = ()

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        """Build the expression `self op other`."""
        raise NotImplementedError(str(op))

    def reverse_operate(self, op: OperatorType, other: Any, **kwargs: Any) -> Any:
        """Build the expression `other op self`."""
        raise NotImplementedError(str(op))

    def __and__(self, other: Any) -> Any:
        return self.operate(and_, other)

    def __or__(self, other: Any) -> Any:
        return self.operate(or_, other)

    def __invert__(self) -> Any:
        return self.operate(inv)

    def op(
        self,
        opstring: str,
        precedence: int = 0,
        is_comparison: bool = False,
        return_type: Any = None,
        python_impl: Callable[..., Any] | None = None,
    ) -> Callable[[Any], Any]:
        """A function of the right side that builds `self opstring other`.

        precedence: above which operators need no parentheses; is_comparison: the result is a boolean;
        return_type: type of the result, by default that of the left side.
        """
        operator = custom_op(opstring, precedence, is_comparison, return_type, python_impl)
        return lambda other: operator(self, other)

    def bool_op(self, opstring: str, precedence: int = 0) -> Callable[[Any], Any]:
        """op() whose result is a boolean."""
        return self.op(opstring, precedence=precedence, is_comparison=True)


class custom_op:
    """An operator given as text."""

    __name__ = "custom_op"
    eager_grouping = False

    def __init__(
        self,
        opstring: str,
        precedence: int = 0,
        is_comparison: bool = False,
        return_type: Any = None,
        python_impl: Callable[..., Any] | None = None,
    ) -> None:
        self.opstring = opstring
        self.precedence = precedence
        self.is_comparison = is_comparison
        self.return_type = return_type
        self.python_impl = python_impl

    def _identity(self) -> tuple[Any, ...]:
        return (
            type(self),
            self.opstring,
            self.precedence,
            self.is_comparison,
            None if self.return_type is None else type(self.return_type),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, custom_op) and other._identity() == self._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __call__(self, left: Any, right: Any = None, **kw: Any) -> Any:
        return left.operate(self, right, **kw)


class ColumnOperators(Operators):
    """The operators of column expressions."""

    __slots__ = ()
    timetuple = None

    def __hash__(self) -> int:
        return id(self)

    def __lt__(self, other: Any) -> Any:
        return self.operate(lt, other)

    def __le__(self, other: Any) -> Any:
        return self.operate(le, other)

    def __eq__(self, other: Any) -> Any:
        return self.operate(eq, other)

    def __ne__(self, other: Any) -> Any:
        return self.operate(ne, other)

    def __gt__(self, other: Any) -> Any:
        return self.operate(gt, other)

    def __ge__(self, other: Any) -> Any:
        return self.operate(ge, other)

    def __neg__(self) -> Any:
        return self.operate(neg)

    def __getitem__(self, other: Any) -> Any:
        return self.operate(getitem, other)

    def __lshift__(self, other: Any) -> Any:
        return self.operate(lshift, other)

    def __rshift__(self, other: Any) -> Any:
        return self.operate(rshift, other)

    def __add__(self, other: Any) -> Any:
        return self.operate(add, other)

    def __sub__(self, other: Any) -> Any:
        return self.operate(sub, other)

    def __mul__(self, other: Any) -> Any:
        return self.operate(mul, other)

    def __mod__(self, other: Any) -> Any:
        return self.operate(mod, other)

    def __pow__(self, other: Any) -> Any:
        return self.operate(pow, other)

    def __truediv__(self, other: Any) -> Any:
        return self.operate(truediv, other)

    def __floordiv__(self, other: Any) -> Any:
        return self.operate(floordiv, other)

    def __radd__(self, other: Any) -> Any:
        return self.reverse_operate(add, other)

    def __rsub__(self, other: Any) -> Any:
        return self.reverse_operate(sub, other)

    def __rmul__(self, other: Any) -> Any:
        return self.reverse_operate(mul, other)

    def __rmod__(self, other: Any) -> Any:
        return self.reverse_operate(mod, other)

    def __rpow__(self, other: Any) -> Any:
        return self.reverse_operate(pow, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.reverse_operate(truediv, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self.reverse_operate(floordiv, other)

    def __contains__(self, other: Any) -> NoReturn:
        raise NotImplementedError(
            "`x in column` has no meaning in SQL; write column.in_([...]) or column.contains(x)"
        )

    def __iter__(self) -> NoReturn:
        raise TypeError("A column expression cannot be iterated; select it and iterate the result")

    def concat(self, other: Any) -> Any:
        """The strings (or arrays) one after the other, `||`."""
        return self.operate(concat_op, other)

    def is_(self, other: Any) -> Any:
        """`IS other`, mostly with None, True or False."""
        return self.operate(is_, other)

    def is_not(self, other: Any) -> Any:
        """`IS NOT other`."""
        return self.operate(is_not, other)

    def is_distinct_from(self, other: Any) -> Any:
        """Unequal, with NULL as an ordinary value."""
        return self.operate(is_distinct_from, other)

    def is_not_distinct_from(self, other: Any) -> Any:
        """Equal, with NULL as an ordinary value."""
        return self.operate(is_not_distinct_from, other)

    def like(self, other: Any, escape: str | None = None) -> Any:
        """`LIKE other`; escape: one character."""
        return self.operate(like_op, other, escape=escape)

    def ilike(self, other: Any, escape: str | None = None) -> Any:
        """LIKE without regard to case."""
        return self.operate(ilike_op, other, escape=escape)

    def not_like(self, other: Any, escape: str | None = None) -> Any:
        """`NOT LIKE other`."""
        return self.operate(not_like_op, other, escape=escape)

    def not_ilike(self, other: Any, escape: str | None = None) -> Any:
        """NOT LIKE without regard to case."""
        return self.operate(not_ilike_op, other, escape=escape)

    def in_(self, other: Any) -> Any:
        """Equal to one of a list, or to a row of a one-column SELECT; an empty list is false."""
        return self.operate(in_op, other)

    def not_in(self, other: Any) -> Any:
        """Equal to none of a list; an empty list is true."""
        return self.operate(not_in_op, other)

    def startswith(self, other: Any, *, escape: str | None = None, autoescape: bool = False) -> Any:
        """The text begins with `other`; autoescape: take % and _ in it literally."""
        return self.operate(startswith_op, other, escape=escape, autoescape=autoescape)

    def istartswith(
        self, other: Any, *, escape: str | None = None, autoescape: bool = False
    ) -> Any:
        """The text begins with `other`, without regard to case."""
        return self.operate(istartswith_op, other, escape=escape, autoescape=autoescape)

    def endswith(self, other: Any, *, escape: str | None = None, autoescape: bool = False) -> Any:
        """The text ends with `other`; autoescape: take % and _ in it literally."""
        return self.operate(endswith_op, other, escape=escape, autoescape=autoescape)

    def iendswith(self, other: Any, *, escape: str | None = None, autoescape: bool = False) -> Any:
        """The text ends with `other`, without regard to case."""
        return self.operate(iendswith_op, other, escape=escape, autoescape=autoescape)

    def contains(self, other: Any, *, escape: str | None = None, autoescape: bool = False) -> Any:
        """The text contains `other`; autoescape: take % and _ in it literally."""
        return self.operate(contains_op, other, escape=escape, autoescape=autoescape)

    def icontains(self, other: Any, *, escape: str | None = None, autoescape: bool = False) -> Any:
        """The text contains `other`, without regard to case."""
        return self.operate(icontains_op, other, escape=escape, autoescape=autoescape)

    def match(self, other: Any, **kwargs: Any) -> Any:
        """The database's full text match."""
        return self.operate(match_op, other, **kwargs)

    def regexp_match(self, pattern: Any, flags: str | None = None) -> Any:
        """The text matches a regular expression of the database's kind."""
        return self.operate(regexp_match_op, pattern, flags=flags)

    def regexp_replace(self, pattern: Any, replacement: Any, flags: str | None = None) -> Any:
        """The text with what matches the pattern replaced."""
        return self.operate(regexp_replace_op, pattern, replacement=replacement, flags=flags)

    def between(self, cleft: Any, cright: Any, symmetric: bool = False) -> Any:
        """`BETWEEN cleft AND cright`, ends included."""
        return self.operate(between_op, cleft, cright, symmetric=symmetric)

    def desc(self) -> Any:
        """Descending, for ORDER BY."""
        return self.operate(desc_op)

    def asc(self) -> Any:
        """Ascending, for ORDER BY."""
        return self.operate(asc_op)

    def nulls_first(self) -> Any:
        """NULLs first, for ORDER BY."""
        return self.operate(nulls_first_op)

    def nulls_last(self) -> Any:
        """NULLs last, for ORDER BY."""
        return self.operate(nulls_last_op)

    def collate(self, collation: str, *, collation_schema: str | None = None) -> Any:
        """With this collation, of this schema where collations have schemas."""
        if collation_schema is None:
            return self.operate(collate, collation)
        return self.operate(collate, collation, collation_schema=collation_schema)

    def distinct(self) -> Any:
        """`DISTINCT self`, inside an aggregate."""
        return self.operate(distinct_op)

    def any_(self) -> Any:
        """`ANY (self)`, to be compared with."""
        return self.operate(any_op)

    def all_(self) -> Any:
        """`ALL (self)`, to be compared with."""
        return self.operate(all_op)

    def bitwise_xor(self, other: Any) -> Any:
        """Bitwise xor."""
        return self.operate(bitwise_xor_op, other)

    def bitwise_or(self, other: Any) -> Any:
        """Bitwise or."""
        return self.operate(bitwise_or_op, other)

    def bitwise_and(self, other: Any) -> Any:
        """Bitwise and."""
        return self.operate(bitwise_and_op, other)

    def bitwise_not(self) -> Any:
        """Bitwise not."""
        return self.operate(bitwise_not_op)

    def bitwise_lshift(self, other: Any) -> Any:
        """Bits shifted left."""
        return self.operate(bitwise_lshift_op, other)

    def bitwise_rshift(self, other: Any) -> Any:
        """Bits shifted right."""
        return self.operate(bitwise_rshift_op, other)

    isnot = is_not
    isnot_distinct_from = is_not_distinct_from
    notlike = not_like
    notilike = not_ilike
    notin_ = not_in
    nullsfirst = nulls_first
    nullslast = nulls_last


# -- operators without a Python sign ---------------------------------------------------------------


def is_(a: Any, b: Any) -> Any:
    return a.is_(b)


def is_not(a: Any, b: Any) -> Any:
    return a.is_not(b)


def is_distinct_from(a: Any, b: Any) -> Any:
    return a.is_distinct_from(b)


def is_not_distinct_from(a: Any, b: Any) -> Any:
    return a.is_not_distinct_from(b)


def in_op(a: Any, b: Any) -> Any:
    return a.in_(b)


def not_in_op(a: Any, b: Any) -> Any:
    return a.not_in(b)


def concat_op(a: Any, b: Any) -> Any:
    return a.concat(b)


def collate(a: Any, b: Any) -> Any:
    return a.collate(b)


def bitwise_xor_op(a: Any, b: Any) -> Any:
    return a.bitwise_xor(b)


def bitwise_or_op(a: Any, b: Any) -> Any:
    return a.bitwise_or(b)


def bitwise_and_op(a: Any, b: Any) -> Any:
    return a.bitwise_and(b)


def bitwise_lshift_op(a: Any, b: Any) -> Any:
    return a.bitwise_lshift(b)


def bitwise_rshift_op(a: Any, b: Any) -> Any:
    return a.bitwise_rshift(b)


def like_op(a: Any, b: Any, escape: str | None = None) -> Any:
    return a.like(b, escape=escape)


def not_like_op(a: Any, b: Any, escape: str | None = None) -> Any:
    return a.not_like(b, escape=escape)


def ilike_op(a: Any, b: Any, escape: str | None = None) -> Any:
    return a.ilike(b, escape=escape)


def not_ilike_op(a: Any, b: Any, escape: str | None = None) -> Any:
    return a.not_ilike(b, escape=escape)


def startswith_op(a: Any, b: Any, escape: str | None = None, autoescape: bool = False) -> Any:
    return a.startswith(b, escape=escape, autoescape=autoescape)


def not_startswith_op(a: Any, b: Any, escape: str | None = None, autoescape: bool = False) -> Any:
    return ~a.startswith(b, escape=escape, autoescape=autoescape)


def endswith_op(a: Any, b: Any, escape: str | None = None, autoescape: bool = False) -> Any:
    return a.endswith(b, escape=escape, autoescape=autoescape)


def not_endswith_op(a: Any, b: Any, escape: str | None = None, autoescape: bool = False) -> Any:
    return ~a.endswith(b, escape=escape, autoescape=autoescape)


def contains_op(a: Any, b: Any, escape: str | None = None, autoescape: bool = False) -> Any:
    return a.contains(b, escape=escape, autoescape=autoescape)


def not_contains_op(a: Any, b: Any, escape: str | None = None, autoescape: bool = False) -> Any:
    return ~a.contains(b, escape=escape, autoescape=autoescape)


def istartswith_op(a: Any, b: Any, escape: str | None = None, autoescape: bool = False) -> Any:
    return a.istartswith(b, escape=escape, autoescape=autoescape)


def not_istartswith_op(a: Any, b: Any, escape: str | None = None, autoescape: bool = False) -> Any:
    return ~a.istartswith(b, escape=escape, autoescape=autoescape)


def iendswith_op(a: Any, b: Any, escape: str | None = None, autoescape: bool = False) -> Any:
    return a.iendswith(b, escape=escape, autoescape=autoescape)


def not_iendswith_op(a: Any, b: Any, escape: str | None = None, autoescape: bool = False) -> Any:
    return ~a.iendswith(b, escape=escape, autoescape=autoescape)


def icontains_op(a: Any, b: Any, escape: str | None = None, autoescape: bool = False) -> Any:
    return a.icontains(b, escape=escape, autoescape=autoescape)


def not_icontains_op(a: Any, b: Any, escape: str | None = None, autoescape: bool = False) -> Any:
    return ~a.icontains(b, escape=escape, autoescape=autoescape)


def match_op(a: Any, b: Any, **kw: Any) -> Any:
    return a.match(b, **kw)


def not_match_op(a: Any, b: Any, **kw: Any) -> Any:
    return ~a.match(b, **kw)


def regexp_match_op(a: Any, b: Any, flags: str | None = None) -> Any:
    return a.regexp_match(b, flags=flags)


def not_regexp_match_op(a: Any, b: Any, flags: str | None = None) -> Any:
    return ~a.regexp_match(b, flags=flags)


def regexp_replace_op(a: Any, b: Any, replacement: Any, flags: str | None = None) -> Any:
    return a.regexp_replace(b, replacement, flags=flags)


def between_op(a: Any, b: Any, c: Any, symmetric: bool = False) -> Any:
    return a.between(b, c, symmetric=symmetric)


def not_between_op(a: Any, b: Any, c: Any, symmetric: bool = False) -> Any:
    return ~a.between(b, c, symmetric=symmetric)


def desc_op(a: Any) -> Any:
    return a.desc()


def asc_op(a: Any) -> Any:
    return a.asc()


def nulls_first_op(a: Any) -> Any:
    return a.nulls_first()


def nulls_last_op(a: Any) -> Any:
    return a.nulls_last()


def distinct_op(a: Any) -> Any:
    return a.distinct()


def any_op(a: Any) -> Any:
    return a.any_()


def all_op(a: Any) -> Any:
    return a.all_()


def bitwise_not_op(a: Any) -> Any:
    return a.bitwise_not()


def json_getitem_op(a: Any, b: Any) -> Any:
    return a.operate(json_getitem_op, b)


def json_path_getitem_op(a: Any, b: Any) -> Any:
    return a.operate(json_path_getitem_op, b)


def _marker(name: str) -> OperatorType:
    """An operator that exists only for its precedence and its rendering."""

    def operator(*args: Any, **kw: Any) -> Any:
        raise exc.InvalidRequestError(f"{name} is not applied to values")

    # So that it is found by pickle, as the other functions are.
    operator.__name__ = operator.__qualname__ = name
    return operator


comma_op = _marker("comma_op")
as_ = _marker("as_")
from_ = _marker("from_")
filter_op = _marker("filter_op")
within_group_op = _marker("within_group_op")
exists = _marker("exists")
is_true = _marker("is_true")
is_false = _marker("is_false")
op_max = _marker("op_max")
op_min = _marker("op_min")

_SMALLEST = -100
_LARGEST = 100

PRECEDENCE: dict[OperatorType, int] = {
    from_: 15, any_op: 15, all_op: 15, getitem: 15, json_getitem_op: 15, json_path_getitem_op: 15,
    mul: 8, truediv: 8, floordiv: 8, mod: 8, neg: 8, bitwise_not_op: 8,
    add: 7, sub: 7, concat_op: 5,
    bitwise_xor_op: 7, bitwise_or_op: 7, bitwise_and_op: 7, bitwise_lshift_op: 7, bitwise_rshift_op: 7,
    lshift: 7, rshift: 7, xor: 7, filter_op: 6, within_group_op: 6,
    match_op: 5, not_match_op: 5, regexp_match_op: 5, not_regexp_match_op: 5, regexp_replace_op: 5,
    like_op: 5, not_like_op: 5, ilike_op: 5, not_ilike_op: 5, in_op: 5, not_in_op: 5,
    is_: 5, is_not: 5, eq: 5, ne: 5, is_distinct_from: 5, is_not_distinct_from: 5,
    gt: 5, lt: 5, ge: 5, le: 5, between_op: 5, not_between_op: 5, distinct_op: 5, inv: 5,
    is_true: 5, is_false: 5, collate: 4, and_: 3, or_: 2,
    comma_op: -1, desc_op: 3, asc_op: 3, nulls_first_op: 3, nulls_last_op: 3, as_: -1, exists: 0,
    op_max: _LARGEST, op_min: _SMALLEST,
}  # fmt: skip

ASSOCIATIVE = frozenset({add, mul, concat_op, and_, or_, bitwise_and_op, bitwise_or_op})
_SELF_PRECEDENT = ASSOCIATIVE | {getitem, json_getitem_op, json_path_getitem_op, comma_op}
COMPARISONS = frozenset(
    {
        eq, ne, gt, lt, ge, le, is_, is_not, is_distinct_from, is_not_distinct_from, in_op, not_in_op,
        like_op, not_like_op, ilike_op, not_ilike_op, between_op, not_between_op, match_op,
        not_match_op, regexp_match_op, not_regexp_match_op,
    }
)  # fmt: skip

NEGATIONS: dict[OperatorType, OperatorType] = {
    eq: ne, lt: ge, le: gt, is_: is_not, is_distinct_from: is_not_distinct_from, in_op: not_in_op,
    like_op: not_like_op, ilike_op: not_ilike_op, between_op: not_between_op, match_op: not_match_op,
    regexp_match_op: not_regexp_match_op, is_true: is_false,
}  # fmt: skip
NEGATIONS.update({negated: op for op, negated in list(NEGATIONS.items())})

_MIRRORED: dict[OperatorType, OperatorType] = {lt: gt, gt: lt, le: ge, ge: le}


def precedence_of(op: Any) -> int:
    """How strongly an operator binds its operands."""
    found = PRECEDENCE.get(op)
    return found if found is not None else getattr(op, "precedence", _SMALLEST)


def is_precedence(op: Any, against: Any) -> bool:
    """True if an `op` expression needs parentheses as an operand of `against`."""
    if op is against and op in _SELF_PRECEDENT:
        return False
    return precedence_of(op) <= PRECEDENCE.get(against, getattr(against, "precedence", _LARGEST))


def is_comparison(op: Any) -> bool:
    """True if the operator's result is a boolean."""
    return op in COMPARISONS or (isinstance(op, custom_op) and op.is_comparison)


def is_associative(op: Any) -> bool:
    """True if (a op b) op c is a op (b op c)."""
    return op in ASSOCIATIVE


def mirror(op: Any) -> Any:
    """The operator for exchanged sides: < becomes >."""
    return _MIRRORED.get(op, op)
