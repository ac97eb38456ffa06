"""The bounded memory of compiled statements."""

from __future__ import annotations

from orm.compiler.cache import CompiledCache


def test_the_least_recently_used_goes_first():
    cache = CompiledCache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert cache.get("b") is None
    assert cache.get("a") == 1
    assert (cache.hits, cache.misses) == (2, 1)
    assert len(cache) == 2
    assert repr(cache) == "<CompiledCache 2/2 entries, 2 hits, 1 misses>"


def test_size_zero_keeps_nothing():
    cache = CompiledCache(0)
    cache.put("a", 1)
    assert cache.get("a") is None
