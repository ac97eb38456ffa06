"""The dialect in which elements and types are printed that no database asks for.

It belongs to the engine's room, which registers it here; expressions, types and DDL lie below that room.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

_makers: dict[str, Callable[[], Any]] = {}


def set_default_dialect(make: Callable[[], Any]) -> None:
    """Register what makes the dialect for str(element); done by the room that has dialects."""
    _makers["dialect"] = make


def default_dialect() -> Any:
    """Return the dialect for str(element)."""
    if "dialect" not in _makers:
        # `import orm` leaves the engine out until it is used; printing a statement is such a use.
        importlib.import_module("orm.engine.dialect")
    return _makers["dialect"]()
