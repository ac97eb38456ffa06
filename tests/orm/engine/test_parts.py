"""Rows are taken from a driver in parts, in their order, and the collector is paused meanwhile."""

from __future__ import annotations

import gc
from types import SimpleNamespace
from typing import Any

import pytest

from orm.engine.parts import PART_SIZE, PARTS_TO_LOOK, consume
from orm.util.collector import PAUSE_FROM

IN_PARTS = SimpleNamespace(gives_parts=lambda cursor: True)
AT_ONCE = SimpleNamespace(gives_parts=lambda cursor: False)


class Cursor:
    """A cursor over numbers, which notes what it is asked for."""

    def __init__(self, count: int) -> None:
        self.rows = [(number,) for number in range(count)]
        self.asked: list[Any] = []

    def fetchmany(self, size: int) -> list[Any]:
        self.asked.append(size)
        part, self.rows = self.rows[:size], self.rows[size:]
        return part

    def fetchall(self) -> list[Any]:
        self.asked.append("all")
        part, self.rows = self.rows, []
        return part


@pytest.fixture(autouse=True)
def collecting():
    gc.enable()
    yield
    gc.enable()


@pytest.mark.parametrize("dialect", [IN_PARTS, AT_ONCE], ids=["in_parts", "at_once"])
@pytest.mark.parametrize(
    "count", [0, 1, PAUSE_FROM, PART_SIZE - 1, PART_SIZE, PART_SIZE + 1, 7 * PART_SIZE]
)
def test_all_rows_come_in_their_order(dialect, count):
    assert consume(list, dialect, Cursor(count)) == [(number,) for number in range(count)]


def test_few_rows_are_asked_for_once():
    cursor = Cursor(PART_SIZE - 1)
    consume(list, IN_PARTS, cursor)
    assert cursor.asked == [PART_SIZE]


def test_rows_that_come_at_once_are_asked_for_at_once():
    cursor = Cursor(3 * PART_SIZE)
    consume(list, AT_ONCE, cursor)
    assert cursor.asked == ["all"]


@pytest.mark.parametrize(("count", "paused"), [(PAUSE_FROM - 1, False), (PAUSE_FROM, True)])
def test_only_many_rows_pause_the_collector(count, paused):
    seen = consume(lambda rows: [gc.isenabled() for _ in rows], IN_PARTS, Cursor(count))
    assert seen == [not paused] * count
    assert gc.isenabled()


def test_an_error_leaves_the_collector_running():
    with pytest.raises(ZeroDivisionError):
        consume(lambda rows: [1 / number for (number,) in rows], IN_PARTS, Cursor(PART_SIZE))
    assert gc.isenabled()


@pytest.mark.parametrize("dialect", [IN_PARTS, AT_ONCE], ids=["in_parts", "at_once"])
def test_young_objects_are_looked_through_between_parts_until_it_is_the_turn_of_the_next_generation(
    dialect,
):
    looks: list[int] = []

    def note(phase: str, info: Any) -> None:
        if phase == "start" and not gc.isenabled():
            looks.append(info["generation"])

    few_rows, many_rows = [Cursor(times * PARTS_TO_LOOK * PART_SIZE) for times in (3, 40)]
    gc.collect()
    gc.callbacks.append(note)
    try:
        consume(list, dialect, few_rows)
        few = len(looks)
        consume(list, dialect, many_rows)
    finally:
        gc.callbacks.remove(note)
    assert few == 3
    assert set(looks) == {0}
    assert few < len(looks) < gc.get_threshold()[1]


def test_a_collector_that_was_off_stays_off_and_is_not_called():
    looks: list[Any] = []
    gc.disable()
    gc.callbacks.append(lambda phase, info: looks.append(phase))
    try:
        consume(list, IN_PARTS, Cursor(3 * PARTS_TO_LOOK * PART_SIZE))
    finally:
        gc.callbacks.pop()
    assert looks == []
    assert not gc.isenabled()
