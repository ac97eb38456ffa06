"""inspect(), and the table of inspectors which higher rooms fill.

A room registers a function for a type; `inspect(obj)` tries the types of `type(obj).__mro__`
in order, so that a registration for `type` answers for classes. An inspector returns None
when it knows nothing of this very object (a class which is not mapped).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from orm import exc

_Inspector = Callable[[Any], Any]
_F = TypeVar("_F", bound=_Inspector)

_inspectors: dict[type, _Inspector] = {}


class Inspected:
    """Base of what inspect() returns for classes, objects and attributes: each says what it is."""

    __slots__ = ()

    is_aliased_class = False
    is_attribute = False
    is_bundle = False
    is_clause_element = False
    is_instance = False
    is_mapper = False
    is_property = False
    is_selectable = False


def inspects(*types: type) -> Callable[[_F], _F]:
    """Return a decorator that registers a function as the inspector of these types."""

    def register(function: _F) -> _F:
        for kind in types:
            _inspectors[kind] = function
        return function

    return register


def inspect(subject: Any, raiseerr: bool = True) -> Any:
    """Return what is known of `subject`: a Mapper for a mapped class, an InstanceState for a
    mapped object, an Inspector for an engine or connection.

    raiseerr: False returns None for what cannot be inspected.
    Raises exc.NoInspectionAvailable. Cost: no I/O.
    """
    for kind in type(subject).__mro__:
        function = _inspectors.get(kind)
        if function is not None:
            found = function(subject)
            if found is not None:
                return found
    if raiseerr:
        raise exc.NoInspectionAvailable(
            f"inspect() knows nothing of {subject!r:.100} (a {type(subject).__name__}). It takes "
            "mapped classes and their instances, aliased() classes, engines and connections."
        )
    return None
