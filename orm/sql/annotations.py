"""Annotations: facts that a higher room pins on an expression (which entity a column stands for).

An annotated element is a shallow copy of a subclass made once per class; it hashes like the original and compares equal to it, so that it finds
the same entries in dicts and sets of columns and FROM objects.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

# Annotations which change what a statement means to the ORM, and so belong to its key. The entity implies its mapper.
KEY_ANNOTATIONS = frozenset(
    {
        "parententity", "proxy_key", "entity_namespace", "compile_state_plugin",
        "plugin_subject", "proxy_owner", "for_update", "bundle", "ok_to_adapt", "label",
    }
)  # fmt: skip


class Annotated:
    """What an annotated class adds to the class of the original element."""

    __dict__: dict[str, Any]
    _annotations: Mapping[str, Any]
    _original: Any
    _own_key: Hashable | None
    _plain_class: type

    def __hash__(self) -> int:
        return hash(self._original)

    def _build_key(self, binds: list[Any], shared: list[Any]) -> Hashable:
        memo = self._own_key
        if memo is None:
            before = len(binds), len(shared)
            parts = [self._original._build_key(binds, shared)]
            for name, value in self._annotations.items():
                if name in KEY_ANNOTATIONS:
                    build = getattr(value, "_build_annotation_key", None)
                    parts += (name, value if build is None else build(binds, shared))
            # flat, because keys are hashed again and again
            memo = tuple(parts)
            # Only a key that gathers nothing can be repeated without walking the element again.
            if before == (len(binds), len(shared)):
                self._own_key = memo
        return memo

    def _deannotate(self) -> Any:
        return self._original

    def __reduce__(self) -> tuple[Any, ...]:
        return annotate, (self._original, dict(self._annotations))


class AnnotatedIdentity(Annotated):
    """For elements whose `==` is identity: an annotated one equals its original."""

    __hash__ = Annotated.__hash__

    def __eq__(self, other: object) -> bool:
        return plain(other) is self._original


def plain(element: Any) -> Any:
    """The element without annotations; any other object is returned as it is."""
    return element._original if isinstance(element, Annotated) else element


def annotate(element: Any, values: Mapping[str, Any]) -> Any:
    """A copy of `element` with these annotations over those it has."""
    original = plain(element)
    cls = type(original)
    annotated_class = cls.__dict__.get("_annotated_class")
    if annotated_class is None:
        annotated_class = _make_class(cls)
    new = object.__new__(annotated_class)
    attributes = new.__dict__
    attributes.update(element.__dict__)
    attributes.pop("_key_memo", None)
    attributes.pop("_own_key", None)
    attributes.pop("_comparisons", None)
    attributes["_original"] = original
    attributes["_annotations"] = {**element._annotations, **values}
    return new


def _make_class(cls: Any) -> type:
    base = Annotated if cls._compares_by_expression else AnnotatedIdentity
    made = type(
        f"Annotated{cls.__name__}",
        (base, cls),
        {"__module__": cls.__module__, "_plain_class": cls, "__hash__": Annotated.__hash__},
    )
    cls._annotated_class = made
    return made
