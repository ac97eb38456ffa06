"""Pausing the garbage collector while many objects are made at once.

None of them is garbage, and looking for some costs more than making them: each time the number
of objects has grown by a quarter, the collector walks over all of them.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

_T = TypeVar("_T")

#: below this many objects the collector is not worth touching
PAUSE_FROM = 50


def build_list(make: Callable[[Any], _T], items: Sequence[Any]) -> list[_T]:
    """Return make(item) of each item, the collector paused if they are many."""
    if len(items) < PAUSE_FROM or not gc.isenabled():
        return list(map(make, items))
    return collect_paused(map(make, items))


def collect_paused(items: Iterable[_T]) -> list[_T]:
    """Return a list of the items, the collector paused while they are made."""
    return call_paused(list, items)


def call_paused(function: Callable[..., list[_T]], *args: Any) -> list[_T]:
    """Return what a function returns, the collector paused meanwhile."""
    if not gc.isenabled():
        return function(*args)
    gc.disable()
    try:
        return function(*args)
    finally:
        gc.enable()
