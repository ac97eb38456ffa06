"""Sorting by dependency, deterministic, over graphlib."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from orm import exc

_T = TypeVar("_T", bound=Hashable)


def sort(
    edges: Iterable[tuple[_T, _T]], items: Iterable[_T], *, in_rounds: bool = False
) -> list[_T]:
    """Return `items` so that for each edge (a, b) a comes before b.

    Among items which do not depend on each other the given order is kept. Edges to items
    not listed are ignored. in_rounds: first all items that depend on none, then all which depend on those
    only, and so on. Raises exc.CircularDependencyError with the cycle.
    """
    order = {item: place for place, item in enumerate(items)}
    pairs = [(a, b) for a, b in edges if a in order and b in order and a != b]
    sorter: TopologicalSorter[_T] = TopologicalSorter(dict.fromkeys(order, ()))
    for before, after in pairs:
        sorter.add(after, before)
    try:
        sorter.prepare()
    except CycleError as error:
        cycle = set(error.args[1])
        raise exc.CircularDependencyError(
            "These depend on each other in a circle", cycle, set(pairs)
        ) from None
    result: list[_T] = []
    if in_rounds:
        while sorter.is_active():
            batch = sorted(sorter.get_ready(), key=order.__getitem__)
            result += batch
            sorter.done(*batch)
        return result
    # Not batch by batch: an item comes as soon as it may, in the order given.
    ready = sorted(sorter.get_ready(), key=order.__getitem__)
    while ready:
        item = ready.pop(0)
        result.append(item)
        sorter.done(item)
        fresh = sorter.get_ready()
        if fresh:
            ready = sorted([*ready, *fresh], key=order.__getitem__)
    return result


def find_cycles(edges: Iterable[tuple[_T, _T]], items: Collection[_T]) -> set[_T]:
    """Return the items which take part in a cycle: each can reach itself over the edges."""
    known = set(items)
    following: dict[_T, set[_T]] = {item: set() for item in known}
    for before, after in edges:
        if before in known and after in known:
            following[before].add(after)
    cyclic: set[_T] = set()
    for start in known:
        seen: set[_T] = set()
        stack = list(following[start])
        while stack:
            item = stack.pop()
            if item == start:
                cyclic.add(start)
                break
            if item not in seen:
                seen.add(item)
                stack.extend(following[item])
    return cyclic
