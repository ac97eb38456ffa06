"""Events of attributes and of instances.

Inside, listeners are called with the state first; unless they were registered with
`raw=True` they see the object.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from orm.event.dispatch import Dispatch, make_dispatch
from orm.event.targets import register_target
from orm.state.markers import MANAGER, NO_KEY

if TYPE_CHECKING:
    from orm.state.class_manager import ClassManager


def _adapt_attribute(
    name: str, listener: Callable[..., Any], options: Mapping[str, Any]
) -> Callable[..., Any]:
    raw, retval = options.get("raw"), options.get("retval")

    def call(state: Any, value: Any, *args: Any, **kw: Any) -> Any:
        result = listener(state if raw else state.obj(), value, *args, **kw)
        return result if retval else value

    def call_with_key(state: Any, value: Any, *args: Any, key: Any = NO_KEY) -> Any:
        return call(state, value, *args, key=key)

    def call_with_keys(state: Any, values: Any, *args: Any, keys: Any = None) -> Any:
        return call(state, values, *args, keys=keys)

    if options.get("include_key"):
        made: Callable[..., Any] = call_with_key
        if name == "bulk_replace":
            made = call_with_keys
        made.takes_key = True  # type: ignore[attr-defined]
        return made
    return listener if raw and retval else call


def _adapt_instance(
    name: str, listener: Callable[..., Any], options: Mapping[str, Any]
) -> Callable[..., Any]:
    if options.get("raw"):
        return listener

    def call(state: Any, *args: Any, **kw: Any) -> Any:
        return listener(state.obj(), *args, **kw)

    return call


AttributeDispatch = make_dispatch(
    "AttributeDispatch",
    {
        "set": ("target", "value", "oldvalue", "initiator"),
        "append": ("target", "value", "initiator"),
        "append_wo_mutation": ("target", "value", "initiator"),
        "remove": ("target", "value", "initiator"),
        "bulk_replace": ("target", "values", "initiator"),
        "init_scalar": ("target", "value", "dict_"),
        "init_collection": ("target", "collection", "collection_adapter"),
        "dispose_collection": ("target", "collection", "collection_adapter"),
        "modified": ("target", "initiator"),
    },
    adapt=_adapt_attribute,
)

InstanceDispatch = make_dispatch(
    "InstanceDispatch",
    {
        "first_init": ("manager", "cls"),
        "init": ("target", "args", "kwargs"),
        "init_failure": ("target", "args", "kwargs"),
        "load": ("target", "context"),
        "refresh": ("target", "context", "attrs"),
        "refresh_flush": ("target", "flush_context", "attrs"),
        "expire": ("target", "attrs"),
        "pickle": ("target", "state_dict"),
        "unpickle": ("target", "state_dict"),
    },
    adapt=_adapt_instance,
)

InstrumentationDispatch = make_dispatch(
    "InstrumentationDispatch",
    {
        "class_instrument": ("cls",),
        "class_uninstrument": ("cls",),
        "attribute_instrument": ("cls", "key", "inst"),
    },
)

# Listeners with propagate=True on classes: those mapped later, below them, get them too.
_propagated: weakref.WeakKeyDictionary[type, list[tuple[str, Any, dict[str, Any]]]] = (
    weakref.WeakKeyDictionary()
)


def add_propagated(class_: type, dispatch: Dispatch) -> None:
    """Give a newly mapped class the listeners which its bases propagate."""
    for base in reversed(class_.__mro__[1:]):
        for name, listener, options in _propagated.get(base, ()):
            if name in dispatch.events:
                dispatch.add_listener(name, listener, options)


def note_propagated(class_: type, name: str, listener: Any, options: dict[str, Any]) -> None:
    """Remember a listener for classes below `class_` which are mapped later."""
    _propagated.setdefault(class_, []).append((name, listener, options))


def managers_below(class_: type) -> Iterator[ClassManager]:
    """Yield the class managers of the subclasses of a class, at any depth."""
    below: type
    for below in type.__subclasses__(class_):
        manager = below.__dict__.get(MANAGER)
        if manager is not None:
            yield manager
        yield from managers_below(below)


class WaitingListeners(InstanceDispatch):  # type: ignore[valid-type,misc]
    """What an unmapped class (a mixin, a declarative base) offers to listen to."""

    __slots__ = ("class_",)

    def __init__(self, class_: type) -> None:
        super().__init__()
        self.class_ = class_

    def add_listener(self, name: str, listener: Any, options: Mapping[str, Any]) -> None:
        """Keep the listener for mapped classes below, present and future."""
        note_propagated(self.class_, name, listener, dict(options))

    def remove_listener(self, name: str, listener: Any) -> bool:
        """Forget a listener for the classes that are mapped from now on."""
        noted = _propagated.get(self.class_, [])
        kept = [each for each in noted if each[:2] != (name, listener)]
        removed = len(kept) < len(noted)
        noted[:] = kept
        return removed

    def has_listener(self, name: str, listener: Any) -> bool:
        """Return whether the listener is kept."""
        return any(each[:2] == (name, listener) for each in _propagated.get(self.class_, ()))


def tell_of_class(class_: type, name: str, *args: Any) -> None:
    """Call the listeners for the instrumentation of a class: its own, and those of its bases."""
    for base in reversed(class_.__mro__):
        for event, listener, _ in list(_propagated.get(base, ())):
            if event == name:
                listener(*args)


def _resolve_instance(target: Any, name: str, options: dict[str, Any]) -> list[Dispatch]:
    own: ClassManager | None = target.__dict__.get(MANAGER)
    if own is not None and not options.get("propagate"):
        return [own.dispatch]
    found = [manager.dispatch for manager in managers_below(target)]
    if own is not None:
        found.insert(0, own.dispatch)
    return [*found, WaitingListeners(target)]


def is_listenable_class(target: Any) -> bool:
    """Return whether a class is mapped, or one that mapped classes may have as a base."""
    if not isinstance(target, type):
        return False
    if hasattr(target, MANAGER) or any(True for _ in managers_below(target)):
        return True
    return hasattr(target, "registry") or "__abstract__" in target.__dict__ or _is_plain(target)


def _is_plain(target: type) -> bool:
    # a mixin: a class of the application's, which has no events of its own
    return not hasattr(target, "dispatch") and target.__module__.partition(".")[0] != "orm"


register_target(is_listenable_class, InstanceDispatch, _resolve_instance)


def _resolve_instrumentation(target: Any, name: str, options: dict[str, Any]) -> list[Dispatch]:
    return [WaitingListeners(target)]


register_target(is_listenable_class, InstrumentationDispatch, _resolve_instrumentation)


def _resolve_attribute(target: Any, name: str, options: dict[str, Any]) -> list[Dispatch]:
    found = [target.listening()]
    if options.get("active_history"):
        target.need_active_history()
    if options.get("propagate"):
        for manager in managers_below(target.class_):
            attribute = manager.attributes.get(target.key)
            if attribute is not None:
                found.append(attribute.listening())
        target.propagates = True
    return found


def _is_attribute(target: Any) -> bool:
    return hasattr(type(target), "listening")


register_target(_is_attribute, AttributeDispatch, _resolve_attribute)
