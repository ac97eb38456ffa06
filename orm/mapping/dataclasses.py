"""Dataclass mapping: classes that are dataclasses and mapped.

`dataclasses.dataclass` makes the methods. A default of a mapped field is not stored in new
objects: `__init__` gets DONT_SET for what it was not given, which leaves the attribute alone,
and the attribute shows its default as long as it has no value. So a default neither counts as
a change, nor hides what the database or the other side of a relationship knows better.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from orm import exc
from orm.mapping.options import BODY, NO_OPTIONS, NOT_GIVEN, FieldOptions, MappedField, options_of
from orm.state.markers import DONT_SET
from orm.util.introspection import own_annotations

# -- classes that are not mapped: mixins, abstract classes, declarative bases ------------------


def apply_unmapped(class_: type) -> None:
    """Make a class a dataclass which is not mapped itself; its mapped attributes stay on it."""
    fields: dict[str, Any] = {}
    for name, hint in own_annotations(class_).items():
        member = class_.__dict__.get(name)
        if not hasattr(member, "field_options"):
            continue
        options = _options_of(member)
        fields[name] = hint, dataclasses.field(**options.field_arguments())
    names = tuple(class_.__dict__)
    _make(class_, fields, {})
    type.__setattr__(class_, BODY, names)


def _options_of(member: Any) -> FieldOptions:
    if member is None:
        return NO_OPTIONS
    if hasattr(member, "for_dataclass"):
        member = member.for_dataclass()
    return getattr(member, "field_options", NO_OPTIONS) or NO_OPTIONS


# -- mapped classes ---------------------------------------------------------------------------


def apply_dataclass(class_: type, fields: dict[str, MappedField]) -> None:
    """Make a class a dataclass of its mapped attributes.

    fields: the mapped attributes in order. The class keeps its other annotations as fields
    too, as dataclasses do. Mapped attributes get the defaults of their fields.
    Raises exc.InvalidRequestError if it is a dataclass already, or if attributes come from a
    class which is none; exc.ArgumentError for defaults that a mapped attribute cannot have.
    """
    name = class_.__name__
    if "__dataclass_fields__" in class_.__dict__:
        raise exc.InvalidRequestError(
            f"{name} is a dataclass already, before it is mapped as one. Use either the base "
            "MappedAsDataclass or the decorator mapped_as_dataclass(), and not @dataclass."
        )
    made = {}
    for key, field in fields.items():
        _check_origin(class_, key, fields)
        _check_synonym(f"{name}.{key}", field, fields)
        arguments = _arguments_of(f"{name}.{key}", field)
        above = getattr(field.origin, "__dataclass_fields__", {}).get(key)
        if field.origin is not class_ and above is not None:
            arguments.setdefault("kw_only", above.kw_only)
        made[key] = field.hint, dataclasses.field(**arguments)
    _make(class_, made, {key: field.origin for key, field in fields.items()})


def _check_origin(class_: type, key: str, fields: dict[str, MappedField]) -> None:
    origin = fields[key].origin
    if origin is class_ or "__dataclass_fields__" in origin.__dict__:
        return
    names = [repr(other) for other, field in fields.items() if field.origin is origin]
    raise exc.InvalidRequestError(
        f"{class_.__name__} becomes a dataclass, but its attributes {', '.join(names)} come from "
        f"{origin.__name__}, which is none, so that type checkers do not see them in __init__. Write "
        f"class {origin.__name__}(MappedAsDataclass): ..., or decorate it with @unmapped_dataclass."
    )


def _check_synonym(where: str, field: MappedField, fields: dict[str, MappedField]) -> None:
    """Refuse a default of a synonym which its attribute has not."""
    mine = field.options.default
    other = fields.get(getattr(field.member, "name", None) or "")
    if mine is NOT_GIVEN or other is None or not hasattr(field.member, "map_column"):
        return
    shown = other.options.default
    if shown is NOT_GIVEN or shown != mine:
        raise exc.ArgumentError(
            f"{where}: its default is {mine!r}, and that of {field.member.name!r}, which it is another "
            f"name of, is {'not given' if shown is NOT_GIVEN else repr(shown)}. Give both the same."
        )


def _arguments_of(where: str, field: MappedField) -> dict[str, Any]:
    """Return the arguments of `dataclasses.field` for a mapped attribute."""
    given = field.options.field_arguments()
    member = field.member
    if getattr(member, "is_expression", False):
        given.setdefault("init", False)
    if "default" in given and "default_factory" in given:
        return given
    if "default_factory" in given:
        take = getattr(member, "take_default_factory", None)
        if take is not None and take(where, given["default_factory"]):
            del given["default_factory"]
            given["default"] = DONT_SET
    elif "default" in given:
        value = given["default"]
        _check_default(where, value)
        if member.take_default(where, value):
            given["default"] = DONT_SET
    if given.get("default", None) is DONT_SET and given.get("init") is False:
        del given["default"]
    return given


def _check_default(where: str, value: Any) -> None:
    if hasattr(value, "__clause_element__") or hasattr(value, "__visit_name__"):
        return
    if type(value).__hash__ is None:
        kind = type(value).__name__
        raise exc.InvalidRequestError(
            f"{where}: all objects would share the {kind} that is their default. Write "
            f"default_factory={kind}, which makes one for each."
        )
    if callable(value) and not isinstance(value, type):
        raise exc.ArgumentError(
            f"{where}: a function as default of a dataclass field would become its value. Write "
            "default_factory=... for new objects, or insert_default=... for rows."
        )


def _make(class_: Any, fields: dict[str, Any], origins: dict[str, type]) -> None:
    """Have `dataclasses` make the class; mapped attributes are put back afterwards."""
    options = dict(options_of(class_) or {})
    make = options.pop("dataclass_callable", None) or dataclasses.dataclass
    annotations = own_annotations(class_)
    saved = {name: class_.__dict__.get(name, NOT_GIVEN) for name in fields}
    for name, (_, field) in fields.items():
        type.__setattr__(class_, name, field)
    inherited = {
        name: hint for name, (hint, _) in fields.items() if origins.get(name, class_) is not class_
    }
    own = {name: fields[name][0] if name in fields else each for name, each in annotations.items()}
    rest = {name: hint for name, (hint, _) in fields.items() if name not in own}
    class_.__annotations__ = {**inherited, **rest, **own}
    try:
        make(class_, **{name: value for name, value in options.items() if value is not NOT_GIVEN})
    except (TypeError, ValueError) as error:
        raise exc.InvalidRequestError(
            f"{class_.__name__} cannot become a dataclass: {error}. Give a default to the attributes "
            "that follow one with a default, or write kw_only=True."
        ) from error
    finally:
        class_.__annotations__ = annotations
        if "__init__" in class_.__dict__ and options.get("init", True):
            # not Mapped[int] for what takes an int
            class_.__init__.__annotations__ = {}
        for name, member in saved.items():
            if member is not NOT_GIVEN:
                type.__setattr__(class_, name, member)
            elif name in class_.__dict__:
                type.__delattr__(class_, name)


def make_keyword_init(
    fields: dict[str, MappedField], constructor: Callable[..., None]
) -> Callable[..., None]:
    """Return the `__init__` of a dataclass with init=False: attributes by keyword, then factories."""
    factories = {
        name: field.options.default_factory
        for name, field in fields.items()
        if field.options.default_factory is not NOT_GIVEN
        and not hasattr(field.member, "take_default_factory")
    }
    if not factories:
        return constructor

    def __init__(self: Any, **kwargs: Any) -> None:
        made = {name: make() for name, make in factories.items() if name not in kwargs}
        constructor(self, **{**made, **kwargs})

    return __init__
