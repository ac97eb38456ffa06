"""The generated conversion of rows, and its twin in plain Python."""

from __future__ import annotations

from typing import Any

import pytest

from orm.codegen import dump
from orm.engine.gen_rows import gen_convert, make_convert, make_plain_convert

ROWS = [(1, "2", None), (None, None, "x"), (3, "4", "y")]


def to_int(value: Any) -> Any:
    return None if value is None else int(value)


def test_nothing_to_do_is_no_function() -> None:
    assert make_convert([None, None], [None, None]) is None


def test_generated_source() -> None:
    source = gen_convert([None, to_int, ("add({v}, suffix)", {"add": str.__add__, "suffix": "!"})])
    lines = source.text.splitlines()
    assert lines[0] == "def convert(rows):"
    names = source.constants
    assert set(names.values()) == {to_int, str.__add__, "!"}
    assert "add" not in lines[1]
    assert lines[1].endswith("for c0, c1, c2, in rows]")


@pytest.mark.parametrize("enabled", ["0", "1"])
def test_both_ways_give_the_same(monkeypatch: pytest.MonkeyPatch, enabled: str) -> None:
    monkeypatch.setenv("ORM_CODEGEN", enabled)

    def shout(value: Any) -> Any:
        return None if value is None else value + "!"

    convert = make_convert([None, to_int, ("{v} + mark", {"mark": "!"})], [None, to_int, shout])
    assert convert is not None
    assert convert(list(ROWS)) == [(1, 2, None), (None, None, "x!"), (3, 4, "y!")]


def test_equal_names_of_constants_do_not_meet() -> None:
    convert = make_convert(
        [("{v} + k", {"k": 1}), ("{v} + k", {"k": 10})],
        [lambda v: v + 1, lambda v: v + 10],
    )
    assert convert is not None
    assert convert([(1, 1)]) == [(2, 11)]


def test_one_column_and_the_source_can_be_read() -> None:
    convert = make_convert([to_int], [to_int])
    assert convert is not None
    assert convert([("1",), (None,)]) == [(1,), (None,)]
    assert "for c0, in rows" in dump(convert)
    assert make_plain_convert([to_int])([("1",)]) == [(1,)]
