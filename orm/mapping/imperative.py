"""Imperative mapping: what `map_imperatively` derives from the class and the table."""

from __future__ import annotations

from typing import Any

from orm.state.class_manager import manager_of_class


def make_inheriting(class_: type, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with `inherits` as a mapper; not given means no inheritance."""
    made = dict(options)
    parent = made.get("inherits")
    if isinstance(parent, type):
        manager = manager_of_class(parent)
        if manager is not None:
            made["inherits"] = manager.mapper
    for name in ("inherit_foreign_keys", "non_primary", "properties_first"):
        made.pop(name, None)
    return made
