"""The collector is paused for many objects, and runs again afterwards, whatever happens."""

from __future__ import annotations

import gc

import pytest

from orm.util.collector import PAUSE_FROM, build_list, call_paused, collect_paused


@pytest.fixture
def collecting():
    gc.enable()
    yield
    gc.enable()


@pytest.mark.parametrize(("count", "paused"), [(PAUSE_FROM - 1, False), (PAUSE_FROM, True)])
def test_only_many_objects_pause_the_collector(collecting, count, paused):
    seen = build_list(lambda _item: gc.isenabled(), range(count))
    assert seen == [not paused] * count
    assert gc.isenabled()


def test_an_error_leaves_the_collector_running(collecting):
    with pytest.raises(ZeroDivisionError):
        build_list(lambda item: 1 / item, range(PAUSE_FROM))
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off(collecting):
    gc.disable()
    assert collect_paused(iter([1, 2])) == [1, 2]
    assert call_paused(lambda: [3]) == [3]
    assert not gc.isenabled()
