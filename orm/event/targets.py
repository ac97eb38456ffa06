"""Which object has which events: the table that the rooms fill.

A room calls `register_target(Engine, EngineDispatch)` for its class; `orm.event` then finds
the dispatch of an engine, or of the class Engine, by it. Where the target is not what holds
the dispatch (a mapped class, a sessionmaker), the room gives a resolver.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from orm import exc
from orm.event.dispatch import Dispatch, own_dispatch
from orm.util.suggest import closest

Resolver = Callable[[Any, str, dict[str, Any]], "Dispatch | Sequence[Dispatch] | None"]
Predicate = Callable[[Any], bool]

_targets: list[tuple[Predicate, type[Dispatch], Resolver]] = []


def _own_resolver(target: Any, name: str, options: dict[str, Any]) -> Dispatch:
    return own_dispatch(target)


def register_target(
    kind: type | Predicate, family: type[Dispatch], resolver: Resolver = _own_resolver
) -> None:
    """Tell how the dispatch of a target is found.

    kind: a class (it, its subclasses and their instances are targets), or a predicate.
    family: the events such a target has.
    resolver: called as resolver(target, event, options); returns the dispatch or dispatches
    to which the listener is added, or None if it cannot say. By default the target's own
    attribute `dispatch`, made on demand from its class's.
    """
    predicate: Predicate
    if isinstance(kind, type):
        predicate = _belongs_to(kind)
    else:
        predicate = kind
    _targets.append((predicate, family, resolver))


def _belongs_to(kind: type) -> Predicate:
    def check(target: Any) -> bool:
        return isinstance(target, kind) or (isinstance(target, type) and issubclass(target, kind))

    return check


def find_dispatches(target: Any, name: str, options: dict[str, Any]) -> list[Dispatch]:
    """Return the dispatches for an event of a target.

    Raises exc.InvalidRequestError if the target has no events, or none of this name.
    """
    known: set[str] = set()
    for predicate, family, resolver in _targets:
        if not predicate(target):
            continue
        known.update(family.events)
        if name in family.events:
            found = resolver(target, name, options)
            if found is not None:
                return [found] if isinstance(found, Dispatch) else list(found)
    if not known:
        raise exc.InvalidRequestError(
            f"{target!r:.100} has no events. Listen to an engine, a pool, a session, a "
            "sessionmaker, a mapped class, a mapped attribute or a table, or to their classes."
        )
    close = closest(name, known)
    hint = f" Did you mean {close!r}?" if close else f" It has: {', '.join(sorted(known))}."
    raise exc.InvalidRequestError(f"{target!r:.100} has no event {name!r}.{hint}")
