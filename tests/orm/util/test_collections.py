"""The containers."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from orm.util.collections import IdentitySet, LRUCache, NamedCollection, OrderedSet, immutabledict


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.__setitem__("a", 2),
        lambda d: d.pop("a"),
        lambda d: d.update(a=2),
        lambda d: d.clear(),
        lambda d: d.setdefault("b", 1),
    ],
)
def test_an_immutabledict_refuses_changes(change: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="union"):
        change(immutabledict({"a": 1}))


def test_union_makes_a_new_immutabledict() -> None:
    first = immutabledict({"a": 1})
    assert first.union({"b": 2}, c=3) == {"a": 1, "b": 2, "c": 3}
    assert first == {"a": 1}
    assert first.union() is first
    assert pickle.loads(pickle.dumps(first)) == first
    assert hash(first) == hash(immutabledict({"a": 1}))


def test_an_ordered_set_keeps_insertion_order() -> None:
    made = OrderedSet([3, 1, 3, 2])
    made.add(1)
    made.discard(3)
    assert list(made) == [1, 2]


def test_an_identity_set_tells_equal_objects_apart() -> None:
    one, other = [1], [1]
    made: IdentitySet[list[int]] = IdentitySet([one])
    assert one in made
    assert other not in made
    made.add(other)
    assert len(made) == 2
    assert made - [one] == IdentitySet([other])
    assert made & [one] == [one]


def test_the_cache_forgets_the_least_recently_used() -> None:
    cache: LRUCache[str, int] = LRUCache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert cache.get("b") is None
    assert (cache.get("a"), cache.get("c"), len(cache)) == (1, 3, 2)
    assert (cache.hits, cache.misses) == (3, 1)


def test_what_a_big_cache_gives_again_and_again_is_kept() -> None:
    cache: LRUCache[int, int] = LRUCache(80)
    for n in range(1000):
        cache.put(n, n)
        assert cache.get(0) == 0 or n == 0
    assert len(cache) == 80
    assert cache.get(999) == 999
    assert cache.get(500) is None


def test_a_cache_of_size_zero_keeps_nothing() -> None:
    cache: LRUCache[str, int] = LRUCache(0)
    cache.put("a", 1)
    assert len(cache) == 0


def test_a_named_collection_gives_things_by_name_and_by_attribute() -> None:
    made = NamedCollection({"a": 1, "b": 2}, "User")
    assert (made["a"], made.b, list(made), list(made.keys()), len(made)) == (
        1,
        2,
        [1, 2],
        ["a", "b"],
        2,
    )
    assert "a" in made
    assert 2 in made
    with pytest.raises(AttributeError, match="User has no 'c' among a, b"):
        made.c
