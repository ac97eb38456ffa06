"""Dataclass mapping: classes that are dataclasses and mapped, by MappedAsDataclass."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

from orm import exc
from orm.mapping.options import NOT_GIVEN, FieldOptions

OPTIONS = "_sa_dataclass_options"
_KNOWN = ("init", "repr", "eq", "order", "unsafe_hash", "match_args", "kw_only")


def note_options(class_: type, options: dict[str, Any]) -> None:
    """Remember the dataclass options of a class; they are inherited by those below."""
    unknown = set(options) - {*_KNOWN, "dataclass_callable"}
    if unknown:
        raise exc.ArgumentError(
            f"{class_.__name__}: unknown dataclass options {', '.join(sorted(unknown))}."
        )
    merged: dict[str, Any] = {**(getattr(class_, OPTIONS, None) or {}), **options}
    setattr(class_, OPTIONS, merged)


def options_of(class_: type) -> dict[str, Any] | None:
    """Return the dataclass options of a class, None if it is not to be a dataclass."""
    found: dict[str, Any] | None = getattr(class_, OPTIONS, None)
    return found


def apply_dataclass(class_: type, fields: dict[str, tuple[Any, FieldOptions]]) -> None:
    """Make a class a dataclass of its mapped attributes.

    fields: name -> (type, options) in order. The class keeps its other annotations as
    fields too, as dataclasses do. What dataclasses leave on the class as defaults is taken
    off again, so that mapped attributes can take its place.
    """
    options = dict(options_of(class_) or {})
    make = options.pop("dataclass_callable", None) or dataclasses.dataclass
    annotations = dict(inspect.get_annotations(class_))
    mine: dict[str, Any] = {}
    saved: dict[str, Any] = {}
    for name, (type_, given) in fields.items():
        mine[name] = type_
        saved[name] = class_.__dict__.get(name, NOT_GIVEN)
        _set_default(class_, name, given)
    class_.__annotations__ = _in_order(mine, annotations)
    try:
        make(class_, **{name: value for name, value in options.items() if value is not NOT_GIVEN})
    except TypeError as error:
        raise exc.ArgumentError(
            f"{class_.__name__} cannot become a dataclass: {error}. Give a default to the attributes "
            "that follow one with a default, or write kw_only=True."
        ) from error
    finally:
        class_.__annotations__ = annotations
        for name, member in saved.items():
            if member is not NOT_GIVEN:
                setattr(class_, name, member)
            elif name in class_.__dict__:
                delattr(class_, name)


def make_keyword_init(
    fields: dict[str, tuple[Any, FieldOptions]], constructor: Callable[..., None]
) -> Callable[..., None]:
    """Return the `__init__` of a dataclass with init=False: attributes by keyword, then defaults."""
    defaults = {
        name: given.default for name, (_, given) in fields.items() if given.default is not NOT_GIVEN
    }
    factories = {
        name: given.default_factory
        for name, (_, given) in fields.items()
        if given.default_factory is not NOT_GIVEN
    }
    if not defaults and not factories:
        return constructor

    def __init__(self: Any, **kwargs: Any) -> None:
        made = {name: make() for name, make in factories.items() if name not in kwargs}
        constructor(self, **{**defaults, **made, **kwargs})

    return __init__


def _in_order(mine: dict[str, Any], annotations: dict[str, Any]) -> dict[str, Any]:
    """Return the annotations for dataclasses: those of mixins, then the class's own as written."""
    own = {
        name: mine.get(name, each)
        for name, each in annotations.items()
        if name in mine or _is_field(each)
    }
    return {**{name: each for name, each in mine.items() if name not in own}, **own}


def _is_field(annotation: Any) -> bool:
    return "ClassVar" not in str(annotation)


def _set_default(class_: type, name: str, given: FieldOptions) -> None:
    found = given.given()
    if found:
        setattr(class_, name, dataclasses.field(**found))
    elif name in class_.__dict__:
        delattr(class_, name)
