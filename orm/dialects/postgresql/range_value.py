"""Range: an interval of ordered values, as PostgreSQL's range types store them.

https://www.postgresql.org/docs/current/rangetypes.html
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from orm import exc

_T = TypeVar("_T")

BOUNDS: Final = ("[)", "(]", "()", "[]")


@dataclass(frozen=True)
class Range(Generic[_T]):
    """An interval. None for a bound: there is none on this side.

    bounds: which ends belong to it: "[)", "(]", "()" or "[]". empty: it has no value at all.
    Raises exc.ArgumentError for other bounds.
    """

    lower: _T | None = None
    upper: _T | None = None
    bounds: str = "[)"
    empty: bool = False

    def __post_init__(self) -> None:
        if self.bounds not in BOUNDS:
            raise exc.ArgumentError(
                f"Range(bounds={self.bounds!r}): write one of {exc.join_names([repr(each) for each in BOUNDS])}."
            )

    @property
    def lower_inc(self) -> bool:
        """Whether the lower bound belongs to the range."""
        return not self.isempty and self.lower is not None and self.bounds[0] == "["

    @property
    def upper_inc(self) -> bool:
        """Whether the upper bound belongs to the range."""
        return not self.isempty and self.upper is not None and self.bounds[1] == "]"

    @property
    def lower_inf(self) -> bool:
        """Whether it has no lower bound."""
        return not self.isempty and self.lower is None

    @property
    def upper_inf(self) -> bool:
        """Whether it has no upper bound."""
        return not self.isempty and self.upper is None

    @property
    def isempty(self) -> bool:
        """Whether no value is in it."""
        if self.empty:
            return True
        if self.lower is None or self.upper is None:
            return False
        first, last = self._lower_key(), self._upper_key()
        return bool(first > last)

    is_empty = isempty

    # Bounds are compared as (value, side): of equal values, a bound that leaves the value out lies
    # behind it at the lower end and before it at the upper end. Steps of integers and days close gaps.

    def _lower_key(self) -> tuple[Any, int]:
        value, step = self.lower, _step(self.lower)
        if self.bounds[0] == "[":
            return (value, 0)
        return (value + step, 0) if step is not None else (value, 1)

    def _upper_key(self) -> tuple[Any, int]:
        value, step = self.upper, _step(self.upper)
        if self.bounds[1] == "]":
            return (value, 0)
        return (value - step, 0) if step is not None else (value, -1)

    def _starts_before(self, other: Range[_T], or_with: bool = True) -> bool:
        if self.lower is None or other.lower is None:
            return self.lower is None and (or_with or other.lower is not None)
        mine, theirs = self._lower_key(), other._lower_key()
        return bool(mine <= theirs) if or_with else bool(mine < theirs)

    def _ends_after(self, other: Range[_T], or_with: bool = True) -> bool:
        if self.upper is None or other.upper is None:
            return self.upper is None and (or_with or other.upper is not None)
        mine, theirs = self._upper_key(), other._upper_key()
        return bool(mine >= theirs) if or_with else bool(mine > theirs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Range):
            return NotImplemented
        if self.isempty or other.isempty:
            return self.isempty and other.isempty
        return (
            self._starts_before(other)
            and other._starts_before(self)
            and self._ends_after(other)
            and other._ends_after(self)
        )

    def __hash__(self) -> int:
        if self.isempty:
            return hash("empty")
        low = None if self.lower is None else self._lower_key()
        high = None if self.upper is None else self._upper_key()
        return hash((low, high))

    def __bool__(self) -> bool:
        return not self.isempty

    # -- what is in it

    def contains(self, value: Any) -> bool:
        """Whether a value, or every value of another range, is in it."""
        if not isinstance(value, Range):
            value = Range(value, value, "[]")
        if value.isempty:
            return True
        return not self.isempty and self._starts_before(value) and self._ends_after(value)

    __contains__ = contains

    def contained_by(self, other: Range[_T]) -> bool:
        """Whether every value of it is in the other range."""
        return other.contains(self)

    def overlaps(self, other: Range[_T]) -> bool:
        """Whether the ranges have a value in common."""
        if self.isempty or other.isempty:
            return False
        return not (self.strictly_left_of(other) or other.strictly_left_of(self))

    def strictly_left_of(self, other: Range[_T]) -> bool:
        """Whether it ends before the other begins."""
        if self.isempty or other.isempty or self.upper is None or other.lower is None:
            return False
        return bool(self._upper_key() < other._lower_key())

    __lshift__ = strictly_left_of

    def strictly_right_of(self, other: Range[_T]) -> bool:
        """Whether it begins after the other ends."""
        return other.strictly_left_of(self)

    __rshift__ = strictly_right_of

    def not_extend_left_of(self, other: Range[_T]) -> bool:
        """Whether it has nothing before the other begins."""
        return not self.isempty and not other.isempty and other._starts_before(self)

    def not_extend_right_of(self, other: Range[_T]) -> bool:
        """Whether it has nothing after the other ends."""
        return not self.isempty and not other.isempty and other._ends_after(self)

    def adjacent_to(self, other: Range[_T]) -> bool:
        """Whether one begins exactly where the other ends."""
        if self.isempty or other.isempty:
            return False
        return self._meets(other) or other._meets(self)

    def _meets(self, other: Range[_T]) -> bool:
        if self.upper is None or other.lower is None:
            return False
        value, side = self._upper_key()
        step = _step(value)
        if step is not None:
            return bool((value + step, 0) == other._lower_key())
        start, start_side = other._lower_key()
        # exactly one of the two has the common bound
        return bool(value == start and start_side - side == 1)

    # -- new ranges

    def union(self, other: Range[_T]) -> Range[_T]:
        """Return the range of both. Raises ValueError if there is a gap between them."""
        if self.isempty or other.isempty:
            return other if self.isempty else self
        if not self.overlaps(other) and not self.adjacent_to(other):
            raise ValueError(f"{self} and {other} leave a gap: their union is no single range.")
        first = self if self._starts_before(other) else other
        last = self if self._ends_after(other) else other
        return _between(first, last)

    __add__ = union

    def intersection(self, other: Range[_T]) -> Range[_T]:
        """Return the range of the values that are in both; empty if there are none."""
        if not self.overlaps(other):
            return Range(empty=True)
        first = other if self._starts_before(other) else self
        last = other if self._ends_after(other) else self
        return _between(first, last)

    __mul__ = intersection

    def difference(self, other: Range[_T]) -> Range[_T]:
        """Return the values that are not in the other. Raises ValueError if they are two ranges."""
        if not self.overlaps(other):
            return self
        before = self._starts_before(other, or_with=False)
        after = self._ends_after(other, or_with=False)
        if before and after:
            raise ValueError(f"{other} cuts {self} in two: the difference is no single range.")
        if before:
            return Range(self.lower, other.lower, self.bounds[0] + _TURNED[other.bounds[0]])
        if after:
            return Range(other.upper, self.upper, _TURNED[other.bounds[1]] + self.bounds[1])
        return Range(empty=True)

    __sub__ = difference

    # -- text

    def __str__(self) -> str:
        return self.to_text()

    def to_text(self, write: Callable[[Any], str] | None = None) -> str:
        """Return the literal that PostgreSQL reads, without quotes around it."""
        if self.isempty:
            return "empty"
        low, high = (
            "" if bound is None else _quoted((write or str)(bound))
            for bound in (self.lower, self.upper)
        )
        opening = "(" if self.lower is None else self.bounds[0]
        closing = ")" if self.upper is None else self.bounds[1]
        return f"{opening}{low},{high}{closing}"


_TURNED: Final = {"[": ")", "(": "]", "]": "(", ")": "["}


def _between(first: Range[Any], last: Range[Any]) -> Range[Any]:
    return Range(first.lower, last.upper, first.bounds[0] + last.bounds[1])


def _step(value: Any) -> Any:
    """The distance to the next value, None where there is always one between."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return 1
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.timedelta(days=1)
    return None


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class MultiRange(list[Range[_T]]):
    """Ranges that are one value of a multirange type."""

    def __str__(self) -> str:
        return self.to_text()

    def to_text(self, write: Callable[[Any], str] | None = None) -> str:
        """Return the literal that PostgreSQL reads, without quotes around it."""
        return "{" + ",".join([each.to_text(write) for each in self]) + "}"


__all__ = ["MultiRange", "Range"]
