"""Range in Python agrees with PostgreSQL about what is in it, and what ranges make together."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from orm import exc
from orm.dialects.postgresql import MultiRange, Range


def test_bounds_and_their_ends() -> None:
    some = Range(1, 5)
    assert (some.lower_inc, some.upper_inc, some.lower_inf, some.upper_inf) == (
        True,
        False,
        False,
        False,
    )
    assert Range(None, 5).lower_inf
    assert not Range(None, 5, "[]").lower_inc
    assert Range(empty=True).isempty
    assert not Range(empty=True).upper_inf
    assert Range(1, 1).isempty
    assert not Range(1, 1, "[]").isempty
    assert Range(1, 2, "()").isempty  # no whole number lies between
    assert not Range(Decimal(1), Decimal(2), "()").isempty
    with pytest.raises(exc.ArgumentError, match=r"write one of"):
        Range(1, 2, "{}")


def test_equal_ranges_are_equal_however_written() -> None:
    assert Range(1, 4, "[]") == Range(1, 5) == Range(0, 5, "()")
    assert hash(Range(1, 4, "[]")) == hash(Range(1, 5))
    assert Range(Decimal(1), Decimal(4), "[]") != Range(Decimal(1), Decimal(5))
    day = dt.date(2024, 2, 28)
    assert Range(day, day, "[]") == Range(day, dt.date(2024, 2, 29))
    assert Range(3, 1) == Range(empty=True)
    assert Range(1, 2) != "[1,2)"


def test_text() -> None:
    assert Range(1, None).to_text() == '["1",)'
    assert Range(None, None, "[]").to_text() == "(,)"
    assert Range(empty=True).to_text() == "empty"
    assert str(Range('a"', "b\\")) == '["a\\"","b\\\\")'
    assert str(MultiRange([Range(1, 2), Range(3, 4)])) == '{["1","2"),["3","4")}'


def test_gaps_and_cuts_are_refused() -> None:
    with pytest.raises(ValueError, match="gap"):
        Range(1, 2).union(Range(5, 6))
    with pytest.raises(ValueError, match="in two"):
        Range(1, 9).difference(Range(3, 4))


numbers = st.one_of(st.none(), st.integers(-4, 4))


def ranges(of: type) -> Any:
    made = st.builds(
        Range,
        numbers.map(lambda n: None if n is None else of(n)),
        numbers.map(lambda n: None if n is None else of(n)),
        st.sampled_from(["[)", "(]", "()", "[]"]),
    )
    return st.one_of(made, st.just(Range(empty=True)))


def members(some: Range[Any], of: type) -> set[Any]:
    """Which of many sample values are in the range, by its definition."""
    samples = [of(n) for n in range(-9, 10)]
    if of is Decimal:
        samples += [of(n) + Decimal("0.5") for n in range(-9, 10)]

    def is_in(value: Any) -> bool:
        if some.empty:
            return False
        low = (
            some.lower is None
            or value > some.lower
            or (value == some.lower and some.bounds[0] == "[")
        )
        high = (
            some.upper is None
            or value < some.upper
            or (value == some.upper and some.bounds[1] == "]")
        )
        return low and high

    return {value for value in samples if is_in(value)}


@pytest.mark.parametrize("of", [int, Decimal])
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_operations_are_those_of_sets(of: type, data: Any) -> None:
    a, b = data.draw(ranges(of)), data.draw(ranges(of))
    mine, theirs = members(a, of), members(b, of)
    assert a.isempty == (not mine)
    assert a.contains(b) == (theirs <= mine)
    assert a.overlaps(b) == bool(mine & theirs)
    assert members(a.intersection(b), of) == mine & theirs
    assert (a == b) == (mine == theirs)
    if mine and theirs:
        assert (a << b) == (max(mine) < min(theirs))
        assert (a >> b) == (min(mine) > max(theirs))
    try:
        assert members(a.union(b), of) == mine | theirs
    except ValueError:
        assert mine
        assert theirs
        assert not a.adjacent_to(b)
    try:
        assert members(a.difference(b), of) == mine - theirs
    except ValueError:
        assert members(a.intersection(b), of) == theirs
    for value in (of(-3), of(0), of(4)):
        assert (value in a) == (value in mine)
