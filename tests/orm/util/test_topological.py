"""Sorting by dependency."""

from __future__ import annotations

import random

import pytest

from orm import exc
from orm.util.topological import find_cycles, sort


def test_dependencies_come_first_and_the_given_order_is_kept_otherwise() -> None:
    assert sort([("b", "a")], ["a", "b", "c"]) == ["b", "a", "c"]
    assert sort([], ["z", "a", "m"]) == ["z", "a", "m"]


def test_the_order_does_not_depend_on_the_order_of_edges() -> None:
    edges = [(1, 5), (2, 5), (5, 7), (3, 4), (1, 7)]
    expected = sort(edges, range(9))
    for seed in range(20):
        random.Random(seed).shuffle(edges)
        assert sort(edges, range(9)) == expected


def test_a_cycle_is_named() -> None:
    with pytest.raises(exc.CircularDependencyError) as caught:
        sort([("a", "b"), ("b", "a")], ["a", "b", "c"])
    assert caught.value.cycles == {"a", "b"}


def test_find_cycles_returns_only_members_of_cycles() -> None:
    edges = [("a", "b"), ("b", "a"), ("b", "c"), ("d", "d")]
    assert find_cycles(edges, "abcd") == {"a", "b", "d"}


def test_in_rounds_those_without_dependencies_come_first() -> None:
    edges = [("b", "a"), ("a", "z")]
    assert sort(edges, "abcz") == ["b", "a", "c", "z"]
    assert sort(edges, "abcz", in_rounds=True) == ["b", "c", "a", "z"]
