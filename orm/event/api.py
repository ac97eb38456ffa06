"""listen, listens_for, remove, contains: what an application calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from orm import exc
from orm.event.targets import find_dispatches
from orm.util.suggest import closest

_F = TypeVar("_F", bound=Callable[..., Any])

_OPTIONS = frozenset(
    {"once", "named", "insert", "retval", "propagate", "raw", "active_history", "include_key"}
    | {"restore_load_context", "bake_ok"}
)


def listen(target: Any, identifier: str, fn: Callable[..., Any], *args: Any, **kw: Any) -> None:
    """Call `fn` whenever the event `identifier` happens to `target`.

    target: an object with events, or its class to hear all its instances.
    once: call it the first time only. named: pass the arguments by keyword. insert: call it
    before those already there. retval: its return value counts (where the event says so).
    propagate: also for subclasses (mapped classes). raw: pass states, not objects.
    active_history, include_key: of attributes, see there. restore_load_context, bake_ok: mean nothing here.
    The same function given twice for an event is called once.
    Raises exc.InvalidRequestError if the target has no such event, TypeError for another option,
    exc.ArgumentError for one that means nothing for this event.
    """
    for option in kw:
        if option not in _OPTIONS:
            _refuse_option(option)
    for dispatch in find_dispatches(target, identifier, kw):
        dispatch.add_listener(identifier, fn, kw)


def _refuse_option(option: str) -> None:
    close = closest(option, _OPTIONS)
    hint = f"Did you mean {close!r}?" if close else f"It takes {exc.join_names(sorted(_OPTIONS))}."
    raise TypeError(f"listen() has no option {option!r}. {hint}")


def listens_for(target: Any, identifier: str, *args: Any, **kw: Any) -> Callable[[_F], _F]:
    """Return a decorator that calls `listen` with the function; arguments as there."""

    def decorate(fn: _F) -> _F:
        listen(target, identifier, fn, *args, **kw)
        return fn

    return decorate


def remove(target: Any, identifier: str, fn: Callable[..., Any]) -> None:
    """Undo `listen` with the same three arguments.

    Raises exc.InvalidRequestError if the function was not listening.
    """
    removed = [
        found.remove_listener(identifier, fn) for found in find_dispatches(target, identifier, {})
    ]
    if not any(removed):
        raise exc.InvalidRequestError(
            f"{fn!r} does not listen for {identifier!r} of {target!r:.100}: give the very "
            "target, event and function that were given to listen()."
        )


def contains(target: Any, identifier: str, fn: Callable[..., Any]) -> bool:
    """Return whether `listen` was called with these three arguments."""
    found = find_dispatches(target, identifier, {})
    return any(dispatch.has_listener(identifier, fn) for dispatch in found)
