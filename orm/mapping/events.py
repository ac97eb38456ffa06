"""Events of mappers, and the validators which are events in another dress."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orm.event.dispatch import Dispatch, make_dispatch
from orm.event.targets import register_target
from orm.state.events import WaitingListeners, is_listenable_class, managers_below
from orm.state.markers import MANAGER


def _adapt(name: str, listener: Callable[..., Any], options: Mapping[str, Any]) -> Any:
    if options.get("raw") or name not in _WITH_TARGET:
        return listener

    def call(mapper: Any, connection: Any, state: Any) -> Any:
        return listener(mapper, connection, state.obj())

    return call


_WITH_TARGET = frozenset(
    f"{when}_{what}" for when in ("before", "after") for what in ("insert", "update", "delete")
)

MapperDispatch = make_dispatch(
    "MapperDispatch",
    {
        "instrument_class": ("mapper", "class_"),
        "before_mapper_configured": ("mapper", "class_"),
        "mapper_configured": ("mapper", "class_"),
        "after_mapper_constructed": ("mapper", "class_"),
        "before_configured": (),
        "after_configured": (),
        **dict.fromkeys(sorted(_WITH_TARGET), ("mapper", "connection", "target")),
    },
    adapt=_adapt,
)

#: Listeners for all mappers hang here: `event.listen(Mapper, ...)`.
EVERY_MAPPER: Dispatch = MapperDispatch()


def _resolve(target: Any, name: str, options: dict[str, Any]) -> list[Dispatch]:
    own = target.__dict__.get(MANAGER)
    managers = [] if own is None else [own]
    goes_down = own is None or bool(options.get("propagate"))
    if goes_down:
        managers += list(managers_below(target))
    found = [manager.mapper.dispatch for manager in managers if manager.mapper is not None]
    return [*found, WaitingListeners(target)] if goes_down else found


register_target(is_listenable_class, MapperDispatch, _resolve)
