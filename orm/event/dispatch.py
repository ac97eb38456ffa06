"""Dispatch: the listeners of one target, one attribute per event.

An attribute holds a tuple: the listeners of the parents (a class, a base class) and then
the target's own. Whoever fires an event writes

    if dispatch.before_flush:
        for listener in dispatch.before_flush:
            listener(session, context)

so that an event without listeners costs one truth test. Adding a listener rewrites the
tuples of the target and of all that descend from it, which is rare and may be slow.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from orm import exc

Listener = Callable[..., Any]
Adapter = Callable[[str, Listener, Mapping[str, Any]], Listener]

_lock = threading.RLock()


class Dispatch:
    """The listeners of one target. Make families of it with `make_dispatch()`.

    parent: a dispatch whose listeners are heard too, now and later; of the same family.
    """

    __slots__ = ("__weakref__", "_children", "_own", "_parent")

    events: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    adapt: ClassVar[Any] = None  # an Adapter, as a staticmethod

    def __init__(self, parent: Dispatch | None = None) -> None:
        self._parent = parent
        self._children: list[weakref.ref[Dispatch]] | None = None
        self._own: dict[str, list[tuple[Listener, Listener]]] | None = None
        if parent is None:
            for name in self.events:
                setattr(self, name, ())
        else:
            with _lock:
                for name in self.events:
                    setattr(self, name, getattr(parent, name))
                children = parent._children or []
                parent._children = [ref for ref in children if ref() is not None]
                parent._children.append(weakref.ref(self))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> tuple[Listener, ...]: ...

    def add_listener(self, name: str, listener: Listener, options: Mapping[str, Any]) -> None:
        """Append (or with `insert`, prepend) a listener; a listener already there is kept.

        options: once, named, insert, retval and whatever the family's adapter knows.
        """
        wrapped = self._wrap(name, listener, options)
        with _lock:
            own = self._own = {} if self._own is None else self._own
            entries = own.setdefault(name, [])
            if any(known == listener for known, _ in entries):
                return
            entries.insert(0 if options.get("insert") else len(entries), (listener, wrapped))
            self._refresh(name)

    def _wrap(self, name: str, listener: Listener, options: Mapping[str, Any]) -> Listener:
        wrapped = listener
        if options.get("named"):
            wrapped = _call_named(wrapped, self.events[name])
        if options.get("once"):
            wrapped = _call_once(wrapped, weakref.ref(self), name, listener)
        if (
            self.adapt is not None
        ):  # last: it knows what to return for a listener that returns nothing
            wrapped = self.adapt(name, wrapped, options)
        return wrapped

    def remove_listener(self, name: str, listener: Listener) -> bool:
        """Remove a listener given to `add_listener`; returns whether it was there."""
        with _lock:
            entries = (self._own or {}).get(name, [])
            kept = [entry for entry in entries if entry[0] != listener]
            if len(kept) == len(entries):
                return False
            entries[:] = kept
            self._refresh(name)
            return True

    def has_listener(self, name: str, listener: Listener) -> bool:
        """Return whether the listener was added here, the parents not counted."""
        return any(known == listener for known, _ in (self._own or {}).get(name, ()))

    def clear_listeners(self) -> None:
        """Remove every listener of this target, not those of its parents."""
        with _lock:
            names, self._own = list(self._own or ()), None
            for name in names:
                self._refresh(name)

    def adopt_listeners(self, other: Dispatch) -> None:
        """Take over the own listeners of another dispatch of the family, as they are."""
        with _lock:
            for name, entries in (other._own or {}).items():
                own = self._own = {} if self._own is None else self._own
                mine = own.setdefault(name, [])
                mine.extend(entry for entry in entries if entry not in mine)
                self._refresh(name)

    def _refresh(self, name: str) -> None:
        inherited = getattr(self._parent, name) if self._parent is not None else ()
        own = (self._own or {}).get(name, ())
        setattr(self, name, (*inherited, *(wrapped for _, wrapped in own)))
        for ref in self._children or ():
            child = ref()
            if child is not None:
                child._refresh(name)

    def __repr__(self) -> str:
        heard = {name: len(getattr(self, name)) for name in self.events if getattr(self, name)}
        return f"<{type(self).__name__} {heard}>"


def _call_named(listener: Listener, names: tuple[str, ...]) -> Listener:
    def call(*args: Any, **kw: Any) -> Any:
        return listener(**dict(zip(names, args, strict=False)), **kw)

    return call


def _call_once(
    wrapped: Listener, owner: weakref.ref[Dispatch], name: str, listener: Listener
) -> Listener:
    calls: list[bool] = []

    def call(*args: Any, **kw: Any) -> Any:
        if calls:  # by an event within this one
            return None
        calls.append(True)
        dispatch = owner()
        if dispatch is not None:
            dispatch.remove_listener(name, listener)
        return wrapped(*args, **kw)

    return call


def make_dispatch(
    name: str,
    events: Mapping[str, tuple[str, ...]] | Iterable[str],
    *,
    adapt: Adapter | None = None,
) -> type[Dispatch]:
    """Return a family: a Dispatch class with these events.

    events: event names, best with the names of their arguments (needed for `named=True`).
    adapt: called as adapt(event, listener, options) when a listener is added; returns the
    callable to be fired (to translate arguments, or to give a missing return value).
    """
    table = dict(events) if isinstance(events, Mapping) else dict.fromkeys(events, ())
    namespace: dict[str, Any] = {"__slots__": tuple(table), "events": table, "__module__": __name__}
    if adapt is not None:
        namespace["adapt"] = staticmethod(adapt)
    return type(name, (Dispatch,), namespace)


def own_dispatch(target: Any) -> Dispatch:
    """Return the dispatch which belongs to this very target, making it when it has none.

    target: an object or class with an attribute `dispatch`, its own or inherited. Targets
    thus share their class's dispatch at no cost until somebody listens to them alone.
    """
    found = vars(target).get("dispatch") if hasattr(target, "__dict__") else None
    if isinstance(found, Dispatch):
        return found
    if isinstance(target, type):
        above: Any = next((base for base in target.__mro__[1:] if hasattr(base, "dispatch")), None)
    else:
        above = type(target)
    if above is None or not hasattr(above, "dispatch"):
        raise exc.InvalidRequestError(f"{target!r} has no events to listen for.")
    parent = own_dispatch(above)
    made = type(parent)(parent)
    target.dispatch = made
    return made
