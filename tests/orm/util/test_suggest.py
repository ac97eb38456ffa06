"""closest(): the name that someone may have meant."""

from __future__ import annotations

from orm.util.suggest import closest


def test_the_nearest_name() -> None:
    assert closest("pool_sise", ["pool_size", "pool_timeout"]) == "pool_size"


def test_none_where_no_name_is_near() -> None:
    assert closest("xyz", ["pool_size", "echo"]) is None
    assert closest("xyz", []) is None


def test_how_much_alike_it_must_be() -> None:
    assert closest("postgres", {"postgresql": 1}, 0.85) == "postgresql"
    assert closest("post", {"postgresql": 1}, 0.85) is None
