"""Cascades: which objects an operation on one object reaches over its relationships."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from orm.state.instance_state import instance_dict, instance_state
from orm.state.markers import (
    CALLABLES_OK,
    NO_RAISE,
    PASSIVE_NO_INITIALIZE,
    PASSIVE_OFF,
    LoaderCallableStatus,
)

#: cascades which write nothing, so that relationships which are only read have them too
_READING = ("expunge", "refresh-expire", "merge")


def cascade_props(mapper: Any, kind: str) -> tuple[Any, ...]:
    """Return the mapper's relationships that have this cascade, computed once per mapper.

    kind: "save-update", "merge", "delete", "delete-orphan", "expunge" or "refresh-expire".
    """
    memo = mapper.templates
    key = "cascade " + kind
    found = memo.get(key)
    if found is None:
        found = tuple(
            prop
            for prop in mapper.relationships
            if kind in prop.cascade and (not prop.viewonly or kind in _READING)
        )
        memo[key] = found
    return found  # type: ignore[no-any-return]


def iterate_cascade(
    kind: str, state: Any, halts: Callable[[Any], bool] | None = None
) -> Iterator[tuple[Any, Any]]:
    """Yield (state, object) of everything the cascade reaches from `state`, not itself.

    halts: tells of a state whether the cascade ends before it.

    Parents come before what they reach; each object comes once. "delete" loads what is not
    loaded, unless the relationship has passive_deletes; the others take what is there.
    """
    if not cascade_props(state.manager.mapper, kind):
        return
    seen = {state}
    queue = [state]
    while queue:
        current = queue.pop(0)
        obj = current()
        if obj is None:
            continue
        dict_ = instance_dict(obj)
        for prop in cascade_props(current.manager.mapper, kind):
            children = related_objects(current, dict_, prop, _passive(kind, prop))
            if kind == "save-update" and current.committed:
                children = [*children, *_removed(current, prop.key, children)]
            for child in children:
                child_state = instance_state(child)
                if child_state not in seen:
                    seen.add(child_state)
                    if halts is not None and halts(child_state):
                        continue
                    yield child_state, child
                    queue.append(child_state)


def _removed(state: Any, key: str, present: list[Any]) -> list[Any]:
    """Return what was taken out of a relationship since the last flush: it is saved, too."""
    original = state.committed.get(state.manager.impls[key].noted_as)
    if not original or isinstance(original, LoaderCallableStatus):
        return []
    before = original if isinstance(original, list) else [original]
    known = {id(item) for item in present}
    return [item for item in before if item is not None and id(item) not in known]


def _passive(kind: str, prop: Any) -> Any:
    if kind == "delete" and not prop.passive_deletes:
        return PASSIVE_OFF | NO_RAISE
    return PASSIVE_NO_INITIALIZE


def related_objects(state: Any, dict_: dict[str, Any], prop: Any, passive: Any) -> list[Any]:
    """Return the objects which the relationship holds now, as a list; None is left out.

    Where `passive` allows loaders it is loaded when it is not there.
    """
    key = prop.key
    if key in dict_:
        value = dict_[key]
    elif prop.writes_only:
        return state.manager.impls[key].members(state, passive)  # type: ignore[no-any-return]
    elif passive & CALLABLES_OK:
        value = state.manager.impls[key].get(state, dict_, passive)
    else:
        return []
    if value is None or isinstance(value, LoaderCallableStatus):
        return []
    if not prop.uselist:
        return [value]
    return [item for item in items_of(value) if item is not None]


def items_of(collection: Any) -> list[Any]:
    """Return the members of a collection of any kind, in its order."""
    if isinstance(collection, dict):
        return list(collection.values())
    return list(collection)
