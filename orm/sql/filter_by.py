"""Where filter_by(name=value) looks names up in statements over several tables: the one that has the name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orm import exc


def filter_by_criteria(namespaces: Iterable[Any], values: Mapping[str, Any]) -> list[Any]:
    """`attribute == value` for each pair.

    namespaces: columns of tables (`table.c`) and mapped classes. Raises exc.InvalidRequestError for a name that none of
    them has, exc.AmbiguousColumnError for one that several have.
    """
    places = list({id(namespace): namespace for namespace in namespaces}.values())
    return [find_named(places, key) == value for key, value in values.items()]


def find_named(namespaces: Iterable[Any], key: str) -> Any:
    """The attribute of the one namespace that has it; raises as filter_by_criteria()."""
    found = [
        attribute
        for namespace in namespaces
        if (attribute := getattr(namespace, key, None)) is not None
    ]
    if not found:
        raise exc.InvalidRequestError(
            f"filter_by({key}=...): none of the statement's tables has an attribute {key!r}"
        )
    if len(found) > 1:
        raise exc.AmbiguousColumnError(
            f"filter_by({key}=...): several tables of the statement have {key!r}. Say which: "
            f"where(table.c.{key} == ...)"
        )
    return found[0]
