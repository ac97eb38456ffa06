"""The range and multirange types, and the operators of their columns.

Values are written as text with a cast, `%s::INT4RANGE`, because the driver cannot know which of several
range types an interval of numbers belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final

from orm.dialects.postgresql.range_value import MultiRange, Range
from orm.sql.coercions import to_element
from orm.sql.comparators import Comparator
from orm.sql.constructs import Cast
from orm.sql.operators import custom_op
from orm.types.base import Processor, TypeDialect, TypeEngine
from orm.types.scalar import BigInteger, Integer, Numeric, quote_literal
from orm.types.temporal import Date, DateTime

_CONTAINS = custom_op("@>", precedence=5, is_comparison=True)
_CONTAINED_BY = custom_op("<@", precedence=5, is_comparison=True)
_OVERLAPS = custom_op("&&", precedence=5, is_comparison=True)
_LEFT_OF = custom_op("<<", precedence=5, is_comparison=True)
_RIGHT_OF = custom_op(">>", precedence=5, is_comparison=True)
_NOT_RIGHT_OF = custom_op("&<", precedence=5, is_comparison=True)
_NOT_LEFT_OF = custom_op("&>", precedence=5, is_comparison=True)
_ADJACENT = custom_op("-|-", precedence=5, is_comparison=True)
_UNION = custom_op("+", precedence=7)
_DIFFERENCE = custom_op("-", precedence=7)
_INTERSECTION = custom_op("*", precedence=8)


class RangeComparator(Comparator):
    """Operators of ranges and multiranges; those with a sign in Python have it here, too."""

    __slots__ = ()
    is_standard = False

    def contains(self, other: Any, **_options: Any) -> Any:
        """A value, or all of another range, is in this one."""
        if not isinstance(other, Range | MultiRange) and to_element(other) is None:
            # a single value, which the server takes only in the very type of the bounds
            other = Cast(other, self.expr.type.bound_type)
        return self.operate(_CONTAINS, other)

    def contained_by(self, other: Any) -> Any:
        """All of this range is in the other."""
        return self.operate(_CONTAINED_BY, other)

    def overlaps(self, other: Any) -> Any:
        """The ranges have a value in common."""
        return self.operate(_OVERLAPS, other)

    def strictly_left_of(self, other: Any) -> Any:
        """This one ends before the other begins."""
        return self.operate(_LEFT_OF, other)

    __lshift__ = strictly_left_of

    def strictly_right_of(self, other: Any) -> Any:
        """This one begins after the other ends."""
        return self.operate(_RIGHT_OF, other)

    __rshift__ = strictly_right_of

    def not_extend_right_of(self, other: Any) -> Any:
        """This one has nothing after the other ends."""
        return self.operate(_NOT_RIGHT_OF, other)

    def not_extend_left_of(self, other: Any) -> Any:
        """This one has nothing before the other begins."""
        return self.operate(_NOT_LEFT_OF, other)

    def adjacent_to(self, other: Any) -> Any:
        """One begins exactly where the other ends."""
        return self.operate(_ADJACENT, other)

    def union(self, other: Any) -> Any:
        """All values of both."""
        return self.operate(_UNION, other)

    __add__ = union

    def difference(self, other: Any) -> Any:
        """The values that are not in the other."""
        return self.operate(_DIFFERENCE, other)

    __sub__ = difference

    def intersection(self, other: Any) -> Any:
        """The values that are in both."""
        return self.operate(_INTERSECTION, other)

    __mul__ = intersection


class AbstractRange(TypeEngine[Range[Any]]):
    """Base of the range types. bound_type: the type of the bounds."""

    render_bind_cast: ClassVar[bool] = True
    hashable = True
    bound_type: ClassVar[TypeEngine | None] = None

    comparator_factory = RangeComparator
    Comparator: ClassVar[Any] = RangeComparator

    @property
    def python_type(self) -> type[Any]:
        """Range."""
        return Range

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        """A range compared with this is of this type; functions such as lower() give the bounds' type."""
        if isinstance(value, Range | MultiRange):
            return self
        return super().coerce_compared_value(op, value)

    def _write(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        if not isinstance(value, Range):
            raise TypeError(
                f"{type(self).__name__} takes a Range, such as Range(1, 5), not {value!r:.80}."
            )
        return value.to_text()

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        """Write the literal."""
        write = self._write
        return lambda value: None if value is None else write(value)

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        """Write the literal with its cast."""
        name = self.__visit_name__
        return lambda value: f"{quote_literal(self._write(value))}::{name}"

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        """Make a Range of what the driver has read."""
        return lambda value: None if value is None else _from_driver(value)


class AbstractMultiRange(AbstractRange):
    """Base of the multirange types: values are sequences of Range."""

    @property
    def python_type(self) -> type[Any]:
        """MultiRange."""
        return MultiRange

    def _write(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, Range):
            value = [value]
        if not isinstance(value, Iterable):
            raise TypeError(f"{type(self).__name__} takes a sequence of Range, not {value!r:.80}.")
        return MultiRange(value).to_text()

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        """Make a MultiRange of what the driver has read."""
        return lambda value: None if value is None else MultiRange(map(_from_driver, value))


def _from_driver(value: Any) -> Range[Any]:
    if value.isempty:
        return Range(empty=True)
    return Range(value.lower, value.upper, value.bounds)


class INT4RANGE(AbstractRange):
    """Whole numbers of four bytes, from one to another."""

    __visit_name__ = "INT4RANGE"
    bound_type: ClassVar[TypeEngine | None] = Integer()


class INT8RANGE(AbstractRange):
    """Whole numbers of eight bytes, from one to another."""

    __visit_name__ = "INT8RANGE"
    bound_type: ClassVar[TypeEngine | None] = BigInteger()


class NUMRANGE(AbstractRange):
    """Decimal numbers, from one to another."""

    __visit_name__ = "NUMRANGE"
    bound_type: ClassVar[TypeEngine | None] = Numeric()


class DATERANGE(AbstractRange):
    """Days, from one to another."""

    __visit_name__ = "DATERANGE"
    bound_type: ClassVar[TypeEngine | None] = Date()


class TSRANGE(AbstractRange):
    """Moments without a time zone, from one to another."""

    __visit_name__ = "TSRANGE"
    bound_type: ClassVar[TypeEngine | None] = DateTime()


class TSTZRANGE(AbstractRange):
    """Moments with a time zone, from one to another."""

    __visit_name__ = "TSTZRANGE"
    bound_type: ClassVar[TypeEngine | None] = DateTime(timezone=True)


class INT4MULTIRANGE(AbstractMultiRange):
    """Several ranges of whole numbers of four bytes."""

    __visit_name__ = "INT4MULTIRANGE"
    bound_type: ClassVar[TypeEngine | None] = Integer()


class INT8MULTIRANGE(AbstractMultiRange):
    """Several ranges of whole numbers of eight bytes."""

    __visit_name__ = "INT8MULTIRANGE"
    bound_type: ClassVar[TypeEngine | None] = BigInteger()


class NUMMULTIRANGE(AbstractMultiRange):
    """Several ranges of decimal numbers."""

    __visit_name__ = "NUMMULTIRANGE"
    bound_type: ClassVar[TypeEngine | None] = Numeric()


class DATEMULTIRANGE(AbstractMultiRange):
    """Several ranges of days."""

    __visit_name__ = "DATEMULTIRANGE"
    bound_type: ClassVar[TypeEngine | None] = Date()


class TSMULTIRANGE(AbstractMultiRange):
    """Several ranges of moments without a time zone."""

    __visit_name__ = "TSMULTIRANGE"
    bound_type: ClassVar[TypeEngine | None] = DateTime()


class TSTZMULTIRANGE(AbstractMultiRange):
    """Several ranges of moments with a time zone."""

    __visit_name__ = "TSTZMULTIRANGE"
    bound_type: ClassVar[TypeEngine | None] = DateTime(timezone=True)


RANGE_TYPES: Final = (
    INT4RANGE,
    INT8RANGE,
    NUMRANGE,
    DATERANGE,
    TSRANGE,
    TSTZRANGE,
    INT4MULTIRANGE,
    INT8MULTIRANGE,
    NUMMULTIRANGE,
    DATEMULTIRANGE,
    TSMULTIRANGE,
    TSTZMULTIRANGE,
)

__all__ = [
    "RANGE_TYPES",
    "AbstractMultiRange",
    "AbstractRange",
    "DATEMULTIRANGE",
    "DATERANGE",
    "INT4MULTIRANGE",
    "INT4RANGE",
    "INT8MULTIRANGE",
    "INT8RANGE",
    "NUMMULTIRANGE",
    "NUMRANGE",
    "RangeComparator",
    "TSMULTIRANGE",
    "TSRANGE",
    "TSTZMULTIRANGE",
    "TSTZRANGE",
]
