"""The order of a flush: mappers by dependency, rows by level where mappers form a cycle.

Mappers are sorted by their relationships (what is referred to comes first), then by the
foreign keys of their tables, then by first use. Only mappers which refer to themselves or
to each other in a circle are ordered row by row: all rows which wait for nothing form the
first level, and so on, so that a level is still one batch. The order is the same in every
run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.flush import dependency
from orm.flush.insert_shape import refers_to_itself
from orm.util import topological

if TYPE_CHECKING:
    from orm.flush.unit_of_work import UnitOfWork

Pair = tuple[Any, Any]


class Batch:
    """States of one mapper which may be saved (or deleted) together: (state, object) pairs."""

    __slots__ = ("mapper", "states")

    def __init__(self, mapper: Any, states: list[Pair]) -> None:
        self.mapper = mapper
        self.states = states

    def __repr__(self) -> str:
        return f"Batch(mapper={self.mapper!r}, states={self.states!r})"


def order_saves(uow: UnitOfWork) -> Iterator[Batch]:
    """Yield the batches to insert and update, what is referred to first."""
    if len(uow.saves) == 1:
        ((mapper, bucket),) = uow.saves.items()
        if bucket and not dependency.processors_of(mapper):
            yield Batch(mapper, list(bucket.items()))
            return
    for group, cyclic in sort_mappers(list(uow.saves)):
        if not cyclic:
            # read when its turn comes: earlier batches may have added states
            if len(group) > 1:
                yield from _batches_in_order(_in_order_of_addition(uow, group))
            else:
                yield Batch(group[0], list(uow.saves[group[0]].items()))
            continue
        states = _in_order_of_addition(uow, group)
        edges = [
            edge
            for mapper in group
            for processor in dependency.processors_of(mapper)
            for edge in processor.save_edges(uow, uow.saves[mapper])
        ]
        edges += [(target, state) for state, found in uow.followers.items() for _, target in found]
        yield from _batches(states, edges)


def _in_order_of_addition(uow: UnitOfWork, mappers: Sequence[Any]) -> dict[Any, Any]:
    """Return the states of several mappers which are to be saved: what has rows, then what was added, first to last."""
    states = {s: o for mapper in mappers for s, o in uow.saves[mapper].items()}
    if len(mappers) == 1:
        return states
    place = {state: number for number, state in enumerate(uow.session._new, 1)}
    return dict(sorted(states.items(), key=lambda pair: place.get(pair[0], 0)))


def order_deletes(uow: UnitOfWork) -> Iterator[Batch]:
    """Yield the batches to delete, what refers to others first."""
    for group, cyclic in reversed(sort_mappers(list(uow.deletes))):
        if not cyclic:
            for mapper in reversed(group):
                pairs = list(uow.deletes[mapper].items())
                if pairs:
                    yield Batch(mapper, pairs)
            continue
        states = {s: o for mapper in group for s, o in uow.deletes[mapper].items()}
        yield from _batches(states, dependency.delete_edges(group, states))


def sort_mappers(mappers: Sequence[Any]) -> list[tuple[list[Any], bool]]:
    """Return groups of mappers in the order of saving, and whether a group is a cycle.

    A hierarchy is sorted as one: its mappers stay together.
    """
    if not mappers:
        return []
    memo = mappers[0].templates
    key = ("flush order", tuple(mappers))
    found = memo.get(key)
    if found is None:
        found = memo[key] = _sort_mappers(mappers)
    return found  # type: ignore[no-any-return]


def _sort_mappers(mappers: Sequence[Any]) -> list[tuple[list[Any], bool]]:
    families: dict[Any, list[Any]] = {}
    for mapper in mappers:
        families.setdefault(mapper.base_mapper, []).append(mapper)
    bases = list(families)
    hard = [
        edge
        for mapper in mappers
        for processor in dependency.processors_of(mapper)
        for edge in processor.mapper_edges()
    ]
    edges = [(a, b) for a, b in hard if a in families and b in families]
    cyclic = topological.find_cycles([*edges], bases)
    cyclic.update(a for a, b in edges if a is b)
    soft = _table_edges(bases)
    components = _components(bases, edges, cyclic)
    ordered = _sort_components(bases, components, edges, soft)
    return [
        ([m for base in bases if base in group for m in families[base]], bool(group & cyclic))
        for group in ordered
    ]


def _table_edges(bases: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Edges from the foreign keys of tables, for classes without a relationship."""
    owner = {table: base for base in bases for m in base.self_and_descendants for table in m.tables}
    return [
        (owner[key.column.table], base)
        for table, base in owner.items()
        for key in sorted(table.foreign_keys, key=lambda key: str(key.parent))
        if key.column.table in owner and owner[key.column.table] is not base
    ]


def _components(
    bases: Sequence[Any], edges: Sequence[tuple[Any, Any]], cyclic: set[Any]
) -> dict[Any, frozenset[Any]]:
    """Return base -> the bases which form a cycle with it (itself alone for most)."""
    following: dict[Any, set[Any]] = {base: set() for base in bases}
    for before, after in edges:
        following[before].add(after)

    def reach(start: Any) -> set[Any]:
        seen: set[Any] = set()
        stack = [start]
        while stack:
            for item in following[stack.pop()] - seen:
                seen.add(item)
                stack.append(item)
        return seen

    reached = {base: reach(base) for base in cyclic}
    groups: dict[Any, frozenset[Any]] = {}
    for base in bases:
        mates = {b for b in cyclic if base in reached.get(b, ()) and b in reached.get(base, ())}
        groups[base] = frozenset({base, *mates})
    return groups


def _sort_components(
    bases: Sequence[Any],
    components: dict[Any, frozenset[Any]],
    hard: Sequence[tuple[Any, Any]],
    soft: Sequence[tuple[Any, Any]],
) -> list[frozenset[Any]]:
    items = list(dict.fromkeys(components[base] for base in bases))

    def lift(edges: Sequence[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        pairs = [(components[a], components[b]) for a, b in edges]
        return [(a, b) for a, b in pairs if a is not b]

    try:
        return topological.sort([*lift(hard), *lift(soft)], items)
    except exc.CircularDependencyError:
        # foreign keys against the relationships: those with use_alter or post_update
        return topological.sort(lift(hard), items)


def _batches(states: dict[Any, Any], edges: Iterable[tuple[Any, Any]]) -> Iterator[Batch]:
    """Yield level by level, and within a level what is of one mapper together."""
    for level in sort_levels(states, list(edges)):
        yield from _batches_in_order({state: states[state] for state in level})


def _keeps_order(base: Any) -> bool:
    """Return whether the new rows of a hierarchy are written in the order of addition, whatever their classes."""
    memo = base.templates
    found: bool | None = memo.get("keeps order")
    if found is None:
        table = base.local_table
        found = table.autoincrement_column is not None or refers_to_itself(table)
        memo["keeps order"] = found
    return found


def _batches_in_order(states: dict[Any, Any]) -> Iterator[Batch]:
    """Yield the states of one mapper together, as far as the database does not number them and none may refer to another.

    Numbers of one hierarchy grow in the order in which its objects were added, whatever their classes.
    """
    batches: dict[Any, list[Batch]] = {}
    for state, obj in states.items():
        mapper = state.manager.mapper
        base = mapper.base_mapper
        in_order = state.ident is None and _keeps_order(base)
        family = batches.setdefault(base if in_order else mapper, [])
        if not family or family[-1].mapper is not mapper:
            family.append(Batch(mapper, []))
        family[-1].states.append((state, obj))
    for family in batches.values():
        yield from family


def sort_levels(states: dict[Any, Any], edges: Sequence[tuple[Any, Any]]) -> list[list[Any]]:
    """Return states in levels: each refers only to states of earlier levels.

    Raises exc.CircularDependencyError naming the objects when rows refer to each other in a
    circle, with the remedy.
    """
    if not edges:
        return [list(states)]
    waiting: dict[Any, int] = dict.fromkeys(states, 0)
    following: dict[Any, list[Any]] = {}
    for before, after in dict.fromkeys(edges):
        if before in waiting and after in waiting and before is not after:
            waiting[after] += 1
            following.setdefault(before, []).append(after)
    levels: list[list[Any]] = []
    level = [state for state, count in waiting.items() if not count]
    done = 0
    while level:
        levels.append(level)
        done += len(level)
        released: dict[Any, None] = {}
        for state in level:
            for after in following.get(state, ()):
                waiting[after] -= 1
                if not waiting[after]:
                    released[after] = None
        level = list(released)
    if done < len(states):
        circle = {state for state, count in waiting.items() if count}
        raise exc.CircularDependencyError(
            "These objects refer to each other in a circle, so that none can be written first. "
            "Give one of the relationships post_update=True.",
            circle,
            set(edges),
        )
    return levels
