"""Reading annotations: from `Mapped[Optional["Address"]]` to what it says about an attribute."""

from __future__ import annotations

import collections.abc
import enum
import sys
import types
import typing
from typing import Annotated, Any, ForwardRef, Literal, Union

from orm import exc
from orm.mapping.columns import MappedColumn
from orm.mapping.mapped import DynamicMapped, Mapped, WriteOnlyMapped
from orm.schema.column import Column
from orm.types.base import TypeEngine
from orm.types.resolve import resolve_python_type
from orm.types.structured import Enum
from orm.util.record import Record

_CONTAINERS: dict[Any, Any] = {
    list: list,
    set: set,
    dict: dict,
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    collections.abc.Collection: list,
    collections.abc.Iterable: list,
    collections.abc.Set: set,
    collections.abc.MutableSet: set,
    collections.abc.Mapping: dict,
    collections.abc.MutableMapping: dict,
}
_WRAPPERS = ("Mapped", "WriteOnlyMapped", "DynamicMapped")


class Annotation(Record):
    """What an annotation says.

    wrapper: Mapped, WriteOnlyMapped or DynamicMapped. inner: the type within, None taken
    out; a string or ForwardRef where it names a class that is not there yet. optional:
    whether None was among it. column: the mapped_column or Column of an Annotated type.
    container: list, set, dict or a class of collections, None if there is none. full: the
    type within as written, the key of type_annotation_map.
    """

    wrapper: Any
    inner: Any
    optional: bool
    column: Any
    container: Any
    full: Any


def find_namespace(class_: type) -> dict[str, Any]:
    """Return the names which annotations of a class may use, its module's first."""
    module = sys.modules.get(class_.__module__)
    return {**_WRAPPER_CLASSES, **(vars(module) if module is not None else {})}


_WRAPPER_CLASSES = {
    "Mapped": Mapped,
    "WriteOnlyMapped": WriteOnlyMapped,
    "DynamicMapped": DynamicMapped,
}


def evaluate(text: str, class_: type, extra: dict[str, Any]) -> Any:
    """Return the value of an annotation given as text.

    Names that are not there yet stay as ForwardRef, so that `Mapped[list["Later"]]` and,
    under `from __future__ import annotations`, `Mapped[list[Later]]` both work.
    """
    names = find_namespace(class_)
    names.update({key: value for key, value in extra.items() if not key.startswith("__")})
    names = {key: value for key, value in names.items() if not _hides(key, value)}
    for _ in range(20):
        try:
            return eval(text, names)
        except NameError as error:
            if not error.name:
                break
            names[error.name] = _Later(error.name)
        except TypeError as error:
            raise exc.ArgumentError(
                f"{class_.__name__}: the annotation {text!r} cannot be evaluated: {error}."
            ) from error
    return ForwardRef(text)


def _hides(key: str, value: Any) -> bool:
    # `date: Mapped[date]`: an attribute of the class body must not hide the type
    return isinstance(value, MappedColumn)


class _Later:
    """A name in an annotation whose class does not exist yet."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __or__(self, other: Any) -> Any:
        return Union[ForwardRef(self.name), _plain_other(other)]

    def __ror__(self, other: Any) -> Any:
        return Union[_plain_other(other), ForwardRef(self.name)]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Later(f"{self.name}.{name}")

    def __call__(self) -> None:
        """Make typing take this for a type."""


def _plain_other(other: Any) -> Any:
    return ForwardRef(other.name) if isinstance(other, _Later) else other


def read(raw: Any, class_: type, extra: dict[str, Any], where: str) -> Annotation | None:
    """Return what an annotation says, None if it is not a `Mapped[...]`.

    extra: names of the class body. where: the attribute, for messages.
    """
    if isinstance(raw, str):
        if not _mentions_wrapper(raw, class_):
            return None
        raw = evaluate(raw, class_, extra)
    origin = typing.get_origin(raw)
    if raw in (Mapped, WriteOnlyMapped, DynamicMapped):
        return Annotation(raw, None, False, None, None, None)
    if not (isinstance(origin, type) and issubclass(origin, Mapped)):
        return None
    (argument,) = typing.get_args(raw)
    return _read_argument(origin, argument, class_, extra)


def _mentions_wrapper(text: str, class_: type) -> bool:
    head = text.partition("[")[0].strip().rpartition(".")[2]
    if head in _WRAPPERS:
        return True
    found = find_namespace(class_).get(head)
    return isinstance(found, type) and issubclass(found, Mapped)


def _read_argument(wrapper: Any, argument: Any, class_: type, extra: dict[str, Any]) -> Annotation:
    argument = _resolve_forward(argument, class_, extra)
    full = argument
    column, argument = _split_annotated(argument)
    argument, optional = split_optional(argument)
    if column is None:
        column, argument = _split_annotated(argument)
    argument = _resolve_forward(argument, class_, extra)
    container = None
    origin = typing.get_origin(argument)
    if wrapper is not Mapped and origin is None:
        return Annotation(wrapper, argument, optional, column, list, full)
    if origin in _CONTAINERS or _is_collection_class(origin):
        container = _CONTAINERS.get(origin, origin)
        parts = typing.get_args(argument)
        argument = _resolve_forward(parts[-1], class_, extra) if parts else None
    return Annotation(wrapper, argument, optional, column, container, full)


def _is_collection_class(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, (list, set, dict))


def _resolve_forward(argument: Any, class_: type, extra: dict[str, Any]) -> Any:
    if isinstance(argument, _Later):
        return ForwardRef(argument.name)
    text = argument.__forward_arg__ if isinstance(argument, ForwardRef) else argument
    if not isinstance(text, str):
        return argument
    found = evaluate(text, class_, extra)
    if isinstance(found, _Later):
        return ForwardRef(found.name)
    return found


def _split_annotated(argument: Any) -> tuple[Any, Any]:
    if typing.get_origin(argument) is not Annotated:
        return None, argument
    inner, *extras = typing.get_args(argument)
    for extra in extras:
        if isinstance(extra, (MappedColumn, Column)):
            return extra, inner
        if hasattr(extra, "is_relationship"):
            return None, inner
    return None, inner


def split_optional(argument: Any) -> tuple[Any, bool]:
    """Return (the type without None, whether None was there)."""
    if typing.get_origin(argument) not in (Union, types.UnionType):
        return argument, argument is type(None)
    parts = [each for each in typing.get_args(argument) if each is not type(None)]
    optional = len(parts) < len(typing.get_args(argument))
    if len(parts) == 1:
        return parts[0], optional
    return Union[tuple(parts)], optional


def flatten_union(argument: Any) -> Any:
    """Return `int | str` as `Union[int, str]`, so that both are one key."""
    if typing.get_origin(argument) is types.UnionType:
        return Union[typing.get_args(argument)]
    return argument


def resolve_type(type_map: dict[Any, Any], python_type: Any) -> TypeEngine | None:
    """Return the SQL type of a Python type: by the map, then by the defaults; or None.

    type_map: a registry's type_annotation_map, which may name Annotated types, NewTypes,
    unions and Literals as well as classes. Values are type classes or instances.
    """
    found: TypeEngine | None
    for key in _lookup_keys(python_type):
        found = _look_up(type_map, key)
        if found is not None:
            adapted: TypeEngine = _adapt_enum(found, key)
            return adapted
    return _resolve_by_default(type_map, python_type)


def _lookup_keys(python_type: Any) -> list[Any]:
    keys = [python_type, flatten_union(python_type)]
    without_none, optional = split_optional(python_type)
    if optional:
        keys.append(without_none)
    if typing.get_origin(without_none) is Annotated:
        keys.append(typing.get_args(without_none)[0])
    supertype = getattr(without_none, "__supertype__", None)
    while supertype is not None:
        keys.append(supertype)
        supertype = getattr(supertype, "__supertype__", None)
    value = getattr(without_none, "__value__", None)
    if value is not None and not isinstance(without_none, type):
        keys.append(value)
    origin = typing.get_origin(without_none)
    if isinstance(origin, type):
        keys.append(origin)
    return keys


def _look_up(type_map: dict[Any, Any], key: Any) -> Any:
    try:
        found = type_map.get(key)
    except TypeError:  # unhashable
        return None
    if found is None:
        return None
    return found() if isinstance(found, type) else found


def _adapt_enum(found: Any, key: Any) -> Any:
    if isinstance(found, Enum) and isinstance(key, type) and issubclass(key, enum.Enum):
        return found if getattr(found, "enum_class", None) else Enum(key)
    return found


def _resolve_by_default(type_map: dict[Any, Any], python_type: Any) -> TypeEngine | None:
    for key in _lookup_keys(python_type):
        if typing.get_origin(key) is Literal:
            return _literal_type(typing.get_args(key))
        if isinstance(key, type):
            if issubclass(key, enum.Enum):
                for base in key.__mro__:
                    pattern = _look_up(type_map, base)
                    if isinstance(pattern, Enum):
                        return Enum(key, **_enum_options(pattern))
            found = resolve_python_type(key)
            if found is not None:
                return found
    return None


def _enum_options(pattern: Any) -> dict[str, Any]:
    return {
        name: getattr(pattern, name)
        for name in ("native_enum", "create_constraint", "length", "values_callable")
        if getattr(pattern, name, None) is not None
    }


def _literal_type(values: tuple[Any, ...]) -> TypeEngine | None:
    if all(isinstance(value, str) for value in values):
        return Enum(*values, native_enum=False)
    return resolve_python_type(type(values[0]))
