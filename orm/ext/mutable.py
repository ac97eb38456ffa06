"""Values that tell their object when they are changed in place: dicts, lists, sets, composites.

    data: Mapped[dict] = mapped_column(MutableDict.as_mutable(JSON))

    entry.data["seen"] = True      # entry is now among the changed objects

A value knows the states of the objects it belongs to; an object's values are bound to it
when they are loaded, set, or unpickled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Generic, Self, SupportsIndex, TypeVar, overload

from orm import event
from orm.mapping.composite import CompositeProperty
from orm.mapping.configure import on_configured
from orm.mapping.mapper import Mapper
from orm.mapping.properties import ColumnProperty
from orm.state.access import flag_modified
from orm.state.instance_state import InstanceState
from orm.types.base import TypeEngine, to_instance
from orm.util.proxies import memoized_property

__all__ = ["Mutable", "MutableBase", "MutableComposite", "MutableDict", "MutableList", "MutableSet"]

_T = TypeVar("_T")
_KT = TypeVar("_KT")
_VT = TypeVar("_VT")

_MARK = "_mutable_class"
_PICKLED = "mutable_values"


class MutableBase:
    """What `Mutable` and `MutableComposite` have in common."""

    @memoized_property
    def _parents(self) -> dict[InstanceState, str]:
        """The states of the objects that hold this value -> the attribute it is held in."""
        return {}

    @classmethod
    def coerce(cls, key: str, value: Any) -> Any:
        """Return `value` as one of this class; override it to accept plain values.

        Raises ValueError for what cannot be one. None passes.
        """
        if value is None:
            return None
        raise ValueError(
            f"Attribute {key!r} does not accept objects of type {type(value).__name__}; assign a "
            f"{cls.__name__}."
        )

    def _owners(self) -> list[tuple[Any, str]]:
        found = []
        for state, key in list(self._parents.items()):
            obj = state()
            if obj is None:
                del self._parents[state]
            elif obj.__dict__.get(key) is self:
                found.append((obj, key))
        return found


class Mutable(MutableBase):
    """The base of values of one column: call `changed()` after each change."""

    def changed(self) -> None:
        """Mark the attribute as changed on every object which holds this value."""
        for obj, key in self._owners():
            flag_modified(obj, key)

    @classmethod
    def as_mutable(cls, sqltype: TypeEngine | type[TypeEngine]) -> TypeEngine:
        """Return the type (an instance), whose columns hold values of this class from now on."""
        made = to_instance(sqltype)
        setattr(made, _MARK, cls)
        return made

    @classmethod
    def associate_with(cls, sqltype: type[TypeEngine]) -> None:
        """Make values of every column whose type is of this class values of ours.

        For mappers configured from now on; a type from `as_mutable()` stays with its own class.
        """

        def bind(mapper: Mapper, class_: type) -> None:
            for prop in _own_columns(mapper):
                type_ = prop.columns[0].type
                if isinstance(type_, sqltype) and getattr(type_, _MARK, None) is None:
                    cls.associate_with_attribute(getattr(class_, prop.key))

        event.listen(Mapper, "mapper_configured", bind)

    @classmethod
    def associate_with_attribute(cls, attribute: Any) -> None:
        """Make values of one mapped attribute, here and on subclasses, values of this class."""
        _listen_to_set(cls, attribute)
        _listen_to_loads(cls, attribute.class_, attribute.key)


class MutableComposite(MutableBase):
    """The base of composites that are changed in place: call `changed()` after each change."""

    def changed(self) -> None:
        """Write the parts to the columns of every object which holds this value."""
        for obj, key in self._owners():
            prop = type(obj).__mapper__.props[key]
            for name, part in zip(prop.keys, prop.values_of(self), strict=True):
                setattr(obj, name, part)


# -- listeners ------------------------------------------------------------------------------


def _listen_to_set(cls: type[MutableBase], attribute: Any) -> None:
    key = attribute.key

    def bind_value(state: InstanceState, value: Any, former: Any, initiator: Any) -> Any:
        if value is former:
            return value
        if not isinstance(value, cls):
            value = cls.coerce(key, value)
        if value is not None:
            value._parents[state] = key
        if isinstance(former, cls):
            former._parents.pop(state, None)
        return value

    event.listen(attribute, "set", bind_value, raw=True, retval=True, propagate=True)


def _listen_to_loads(cls: type[MutableBase], class_: type, key: str) -> None:
    def bind_loaded(state: InstanceState, *context: Any) -> None:
        values = state.dict
        value = values.get(key)
        if value is None:
            return
        if not isinstance(value, cls):
            value = values[key] = cls.coerce(key, value)
        if value is not None:
            value._parents[state] = key

    def bind_some(state: InstanceState, context: Any, names: Any) -> None:
        if names is None or key in names:
            bind_loaded(state)

    def pickle(state: InstanceState, details: dict[str, Any]) -> None:
        value = state.dict.get(key)
        if value is not None:
            details.setdefault(_PICKLED, {})[key] = value

    def unpickle(state: InstanceState, details: dict[str, Any]) -> None:
        # the object's own values are not there yet
        value = details.get(_PICKLED, {}).get(key)
        if value is not None:
            value._parents[state] = key

    for name, fn in (
        ("load", bind_loaded),
        ("refresh", bind_some),
        ("refresh_flush", bind_some),
        ("pickle", pickle),
        ("unpickle", unpickle),
    ):
        event.listen(class_, name, fn, raw=True, propagate=True)


def _own_columns(mapper: Mapper) -> list[ColumnProperty]:
    props = mapper.props.values()
    return [each for each in props if isinstance(each, ColumnProperty) and each.parent is mapper]


def _bind_mapper(mapper: Mapper) -> None:
    """Connect the attributes of a configured mapper whose types or classes are mutable."""
    for prop in list(mapper.props.values()):
        if prop.parent is not mapper:
            continue
        if isinstance(prop, ColumnProperty):
            cls = getattr(prop.columns[0].type, _MARK, None)
            if cls is not None:
                cls.associate_with_attribute(mapper.class_manager.attributes[prop.key])
        elif isinstance(prop, CompositeProperty):
            value_class = prop.class_or_factory
            if isinstance(value_class, type) and issubclass(value_class, MutableComposite):
                _bind_composite(value_class, mapper, prop)


def _bind_composite(cls: type[MutableComposite], mapper: Mapper, prop: CompositeProperty) -> None:
    key = prop.key

    def bind_made(state: InstanceState, value: Any) -> None:
        value._parents[state] = key

    prop.on_made = bind_made
    _listen_to_set(cls, getattr(mapper.class_, key))
    _listen_to_loads(cls, mapper.class_, key)


on_configured(_bind_mapper)


# -- collections ------------------------------------------------------------------------------


class MutableDict(Mutable, dict[_KT, _VT]):
    """A dict which tells its object of changes. Values inside it are not watched."""

    def __setitem__(self, key: _KT, value: _VT) -> None:
        dict.__setitem__(self, key, value)
        self.changed()

    def __delitem__(self, key: _KT) -> None:
        dict.__delitem__(self, key)
        self.changed()

    def setdefault(self, key: _KT, default: Any = None, /) -> Any:
        """Return the value of a key, setting it if there is none."""
        found = dict.setdefault(self, key, default)
        self.changed()
        return found

    def update(self, *args: Any, **kw: Any) -> None:
        """Take over keys and values."""
        dict.update(self, *args, **kw)
        self.changed()

    def __ior__(self, other: Any) -> Self:  # type: ignore[misc, override]
        self.update(other)
        return self

    def pop(self, *args: Any) -> Any:
        """Take a key out and return its value."""
        found = dict.pop(self, *args)
        self.changed()
        return found

    def popitem(self) -> tuple[_KT, _VT]:
        """Take out and return the last (key, value)."""
        found = dict.popitem(self)
        self.changed()
        return found

    def clear(self) -> None:
        """Take out every key."""
        dict.clear(self)
        self.changed()

    @classmethod
    def coerce(cls, key: str, value: Any) -> Any:
        """Return a plain dict as one of this class."""
        if isinstance(value, cls):
            return value
        return cls(value) if isinstance(value, dict) else super().coerce(key, value)

    def __getstate__(self) -> dict[_KT, _VT]:
        return dict(self)

    def __setstate__(self, state: Mapping[_KT, _VT]) -> None:
        self.update(state)


class MutableList(Mutable, list[_T]):
    """A list which tells its object of changes. Values inside it are not watched."""

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return type(self), (list(self),)

    def __setstate__(self, state: Iterable[_T]) -> None:
        self[:] = state

    @overload
    def __setitem__(self, index: SupportsIndex, value: _T) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[_T]) -> None: ...
    def __setitem__(self, index: Any, value: Any) -> None:
        list.__setitem__(self, index, value)
        self.changed()

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        list.__delitem__(self, index)
        self.changed()

    def append(self, item: _T) -> None:
        """Add a value at the end."""
        list.append(self, item)
        self.changed()

    def insert(self, index: SupportsIndex, item: _T) -> None:
        """Add a value before the one at `index`."""
        list.insert(self, index, item)
        self.changed()

    def extend(self, items: Iterable[_T]) -> None:
        """Add values at the end."""
        list.extend(self, items)
        self.changed()

    def __iadd__(self, items: Iterable[_T]) -> Self:  # type: ignore[misc, override]
        self.extend(items)
        return self

    def __imul__(self, times: SupportsIndex) -> Self:
        list.__imul__(self, times)
        self.changed()
        return self

    def remove(self, item: _T) -> None:
        """Take out the first equal value; ValueError if there is none."""
        list.remove(self, item)
        self.changed()

    def pop(self, *index: SupportsIndex) -> _T:
        """Take out and return a value, by default the last."""
        found = list.pop(self, *index)
        self.changed()
        return found

    def clear(self) -> None:
        """Take out every value."""
        list.clear(self)
        self.changed()

    def sort(self, **kw: Any) -> None:
        """Sort in place."""
        list.sort(self, **kw)
        self.changed()

    def reverse(self) -> None:
        """Reverse in place."""
        list.reverse(self)
        self.changed()

    @classmethod
    def coerce(cls, key: str, value: Any) -> Any:
        """Return a plain list as one of this class."""
        if isinstance(value, cls):
            return value
        return cls(value) if isinstance(value, list) else super().coerce(key, value)


class MutableSet(Mutable, set[_T], Generic[_T]):
    """A set which tells its object of changes."""

    __hash__: ClassVar[None]

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return type(self), (set(self),)

    def add(self, item: _T) -> None:
        """Add a value."""
        set.add(self, item)
        self.changed()

    def discard(self, item: Any) -> None:
        """Take a value out, if it is there."""
        set.discard(self, item)
        self.changed()

    def remove(self, item: _T) -> None:
        """Take a value out; KeyError if it is not there."""
        set.remove(self, item)
        self.changed()

    def pop(self) -> _T:
        """Take out and return some value."""
        found = set.pop(self)
        self.changed()
        return found

    def clear(self) -> None:
        """Take out every value."""
        set.clear(self)
        self.changed()

    def update(self, *others: Iterable[_T]) -> None:
        """Add the values of the others."""
        set.update(self, *others)
        self.changed()

    def difference_update(self, *others: Iterable[Any]) -> None:
        """Take out the values of the others."""
        set.difference_update(self, *others)
        self.changed()

    def intersection_update(self, *others: Iterable[Any]) -> None:
        """Keep what is in all the others."""
        set.intersection_update(self, *others)
        self.changed()

    def symmetric_difference_update(self, other: Iterable[_T]) -> None:
        """Take out what is common, add the other's rest."""
        set.symmetric_difference_update(self, other)
        self.changed()

    def __ior__(self, other: Any) -> Self:  # type: ignore[misc, override]
        self.update(other)
        return self

    def __iand__(self, other: Any) -> Self:  # type: ignore[misc]
        self.intersection_update(other)
        return self

    def __isub__(self, other: Any) -> Self:  # type: ignore[misc]
        self.difference_update(other)
        return self

    def __ixor__(self, other: Any) -> Self:  # type: ignore[misc, override]
        self.symmetric_difference_update(other)
        return self

    @classmethod
    def coerce(cls, key: str, value: Any) -> Any:
        """Return a plain set as one of this class."""
        if isinstance(value, cls):
            return value
        return cls(value) if isinstance(value, set) else super().coerce(key, value)
