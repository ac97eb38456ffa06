"""Configuration: connecting the mappers once all classes are there.

It happens on first use (an object is made, a relationship is asked for), or by
`configure_mappers()`. Higher rooms hook in with `on_configured`; a class hears of it by its class
methods `__declare_first__`, before, and `__declare_last__`, after.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

from orm.mapping.concrete import finish_concrete
from orm.mapping.events import EVERY_MAPPER

if TYPE_CHECKING:
    from orm.mapping.mapper import Mapper
    from orm.mapping.registry import registry as Registry

#: Every registry alive, for `configure_mappers()` and `clear_mappers()`.
registries: weakref.WeakSet[Registry] = weakref.WeakSet()

_callbacks: list[Callable[[Mapper], None]] = []
_lock = threading.RLock()


def on_configured(callback: Callable[[Mapper], None]) -> None:
    """Have `callback(mapper)` called for every mapper once it is configured."""
    if callback not in _callbacks:
        _callbacks.append(callback)
        for known in list(registries):
            for mapper in known.ordered_mappers:
                if mapper.configured:
                    callback(mapper)


def configure_registry(registry: Registry) -> None:
    """Configure the mappers of a registry which are not; another thread's work is awaited.

    Raises what a wrong mapping deserves, every time until it is mended.
    """
    with _lock:
        if registry.configuring or not registry.has_new:
            return
        registry.configuring = True
        try:
            for fn in EVERY_MAPPER.before_configured:
                fn()
            _call(registry, "__declare_first__")
            finish_concrete(registry)
            done: list[Mapper] = []
            while new := [each for each in registry.ordered_mappers if not each.configured]:
                _configure(new)
                done += new
            _tell(done)
            for mapper in done:
                _call_method(mapper, "__declare_last__")
            # last: until then other threads wait for the lock
            registry.has_new = False
        finally:
            registry.configuring = False
        for fn in EVERY_MAPPER.after_configured:
            fn()


def _call(registry: Registry, name: str) -> None:
    """Call a method of the classes that are to be configured, if they have it."""
    for mapper in [each for each in registry.ordered_mappers if not each.configured]:
        _call_method(mapper, name)


def _call_method(mapper: Mapper, name: str) -> None:
    method = getattr(mapper.class_, name, None)
    if method is not None:
        method()


def _tell(mappers: list[Mapper]) -> None:
    for mapper in mappers:
        mapper.class_manager.configure = None
        for callback in _callbacks:
            callback(mapper)
        for fn in mapper.dispatch.mapper_configured:
            fn(mapper, mapper.class_)


def _configure(mappers: list[Mapper]) -> None:
    for mapper in mappers:
        for fn in mapper.dispatch.before_mapper_configured:
            fn(mapper, mapper.class_)
    for mapper in mappers:
        for prop in list(mapper.props.values()):
            if prop.parent is mapper and not prop.configured:
                prop.configure()
    for mapper in mappers:
        for prop in list(mapper.props.values()):
            if prop.is_relationship:
                prop.link()  # type: ignore[attr-defined]
    for mapper in mappers:
        for prop in list(mapper.props.values()):
            if prop.is_relationship:
                prop.make_impl(mapper)  # type: ignore[attr-defined]
        mapper.configured = True


def configure_mappers() -> None:
    """Configure all mappers of all registries now, and so see their errors now."""
    for registry in sorted(registries, key=lambda each: each.order):
        registry.configure()


def clear_mappers() -> None:
    """Undo all mappings of all registries; meant for tests."""
    for registry in list(registries):
        registry.dispose()
