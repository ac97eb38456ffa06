"""MappedAsDataclass: the base or mixin that makes mapped classes dataclasses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

from orm.mapping.constructs import (
    column_property,
    composite,
    deferred,
    mapped_column,
    query_expression,
    relationship,
    synonym,
)
from orm.mapping.options import NOT_GIVEN, note_options
from orm.mapping.registry import registry as Registry

_T = TypeVar("_T")


@dataclass_transform(
    field_specifiers=(
        mapped_column,
        relationship,
        column_property,
        composite,
        deferred,
        query_expression,
        synonym,
    )
)
class MappedAsDataclass:
    """Mapped classes below become dataclasses; options are those of `dataclasses.dataclass`.

    `class Base(MappedAsDataclass, DeclarativeBase): ...`, or per class
    `class User(MappedAsDataclass, Base, kw_only=True): ...`.
    """

    def __init_subclass__(
        cls,
        init: Any = NOT_GIVEN,
        repr: Any = NOT_GIVEN,
        eq: Any = NOT_GIVEN,
        order: Any = NOT_GIVEN,
        unsafe_hash: Any = NOT_GIVEN,
        match_args: Any = NOT_GIVEN,
        kw_only: Any = NOT_GIVEN,
        dataclass_callable: Callable[..., Any] | Any = NOT_GIVEN,
        **kw: Any,
    ) -> None:
        given = {
            "init": init,
            "repr": repr,
            "eq": eq,
            "order": order,
            "unsafe_hash": unsafe_hash,
            "match_args": match_args,
            "kw_only": kw_only,
            "dataclass_callable": dataclass_callable,
        }
        note_options(cls, {k: v for k, v in given.items() if v is not NOT_GIVEN})
        super().__init_subclass__(**kw)
        if not _is_to_be_mapped(cls):
            _apply_unmapped(cls)


def _is_to_be_mapped(class_: type) -> bool:
    """Whether a declarative base maps the class, and makes it a dataclass by the way."""
    if class_.__dict__.get("__abstract__") or "registry" in class_.__dict__:
        return False
    return any("registry" in base.__dict__ for base in class_.__mro__[1:])


@dataclass_transform(
    field_specifiers=(
        mapped_column,
        relationship,
        column_property,
        composite,
        deferred,
        query_expression,
        synonym,
    )
)
def mapped_as_dataclass(registry: Registry, /, **options: Any) -> Callable[[type[_T]], type[_T]]:
    """Return a decorator for a class that becomes a dataclass and mapped by the registry.

    options: those of `dataclasses.dataclass`.
    """

    def decorate(cls: type[_T]) -> type[_T]:
        note_options(cls, options)
        return registry.mapped(cls)

    return decorate


@dataclass_transform(
    field_specifiers=(
        mapped_column,
        relationship,
        column_property,
        composite,
        deferred,
        query_expression,
        synonym,
    )
)
def unmapped_dataclass(cls: Any = None, /, **options: Any) -> Any:
    """Decorate a mixin or abstract base whose mapped attributes are fields of the dataclasses below.

    options: those of `dataclasses.dataclass`, for the classes below as well.
    """

    def decorate(class_: type[_T]) -> type[_T]:
        note_options(class_, options)
        _apply_unmapped(class_)
        return class_

    return decorate if cls is None else decorate(cls)


def _apply_unmapped(class_: type) -> None:
    from orm.mapping.dataclasses import apply_unmapped  # loads the standard library's

    apply_unmapped(class_)
