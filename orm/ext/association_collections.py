"""The collections which association proxies show: list, set and dict of values.

They hold nothing themselves: each reads and changes the collection of related objects.
"""

from __future__ import annotations

import enum
from collections.abc import (
    Callable,
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
    MutableSequence,
    MutableSet,
    Set,
)
from typing import Any, Self


class AssociationExtensionType(enum.Enum):
    """How `inspect(cls).all_orm_descriptors` tells association proxies from other attributes."""

    ASSOCIATION_PROXY = "ASSOCIATION_PROXY"


class AssociationCollection:
    """What the three kinds share.

    col: the collection of related objects. creator: makes one from a value. getter, setter:
    read and write the value of one.
    """

    def __init__(
        self,
        owner: Any,
        name: str,
        creator: Callable[..., Any],
        getter: Callable[[Any], Any],
        setter: Callable[..., None],
    ) -> None:
        self._owner = owner
        self._name = name
        self.creator = creator
        self.getter = getter
        self.setter = setter

    @property
    def col(self) -> Any:
        """The collection of related objects, as it is now."""
        return getattr(self._owner, self._name)

    def __len__(self) -> int:
        return len(self.col)

    def __bool__(self) -> bool:
        return bool(self.col)

    def clear(self) -> None:
        """Take out every member."""
        self.col.clear()

    def replace_with(self, values: Any) -> None:
        """Have just these values as members."""
        raise NotImplementedError

    def plain(self) -> Any:
        """Return the values in a plain collection."""
        raise NotImplementedError

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self._owner, _name_of(self))

    def __repr__(self) -> str:
        return repr(self.plain())


def _name_of(proxy: AssociationCollection) -> str:
    """Return the name under which the owner's class has the proxy."""
    class_ = type(proxy._owner)
    for base in class_.__mro__:
        for name, member in base.__dict__.items():
            if getattr(member, "target_collection", None) == proxy._name:
                return name
    raise TypeError(f"{proxy!r} cannot be pickled: its attribute on {class_.__name__} is gone")


def _restore(owner: Any, name: str) -> Any:
    return getattr(owner, name)


class AssociationList(AssociationCollection, MutableSequence[Any]):
    """The values of a list of related objects."""

    def _create(self, value: Any) -> Any:
        return self.creator(value)

    def plain(self) -> list[Any]:
        """Return the values in a list."""
        return [self.getter(item) for item in self.col]

    def __contains__(self, value: object) -> bool:
        return any(self.getter(item) == value for item in self.col)

    def __getitem__(self, index: Any) -> Any:
        found = self.col[index]
        if isinstance(index, slice):
            return [self.getter(item) for item in found]
        return self.getter(found)

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            places = range(*index.indices(len(self)))
            values = list(value)
            if index.step in (None, 1):
                self._splice(index, places, values)
                return
            if len(values) != len(places):
                raise ValueError(
                    f"attempt to assign sequence of size {len(values)} to extended slice of size "
                    f"{len(places)}"
                )
            for place, each in zip(places, values, strict=True):
                self.setter(self.col[place], each)
            return
        self.setter(self.col[index], value)

    def _splice(self, index: slice, places: range, values: list[Any]) -> None:
        start = places.start
        for _ in places:
            del self.col[start]
        for offset, each in enumerate(values):
            self.insert(start + offset, each)

    def __delitem__(self, index: Any) -> None:
        del self.col[index]

    def __iter__(self) -> Iterator[Any]:
        for item in self.col:
            yield self.getter(item)

    def insert(self, index: int, value: Any) -> None:
        """Add a value before the one at `index`."""
        self.col[index:index] = [self._create(value)]

    def append(self, value: Any) -> None:
        """Add a value at the end."""
        self.col.append(self._create(value))

    def extend(self, values: Iterable[Any]) -> None:
        """Add values at the end."""
        for value in list(values):
            self.append(value)

    def pop(self, index: int = -1) -> Any:
        """Take out and return the value at `index`."""
        return self.getter(self.col.pop(index))

    def remove(self, value: Any) -> None:
        """Take out the first equal value; ValueError if there is none."""
        for place, item in enumerate(self.col):
            if self.getter(item) == value:
                del self.col[place]
                return
        raise ValueError("value not in list")

    def reverse(self) -> None:
        """Refuse: the order of related objects is the database's."""
        raise NotImplementedError("An association proxy cannot be reversed in place.")

    def sort(self) -> None:
        """Refuse: the order of related objects is the database's."""
        raise NotImplementedError("An association proxy cannot be sorted in place; use sorted().")

    def copy(self) -> list[Any]:
        """Return the values in a list."""
        return self.plain()

    def replace_with(self, values: Iterable[Any]) -> None:
        """Have just these values as members."""
        values = list(values)
        self.clear()
        self.extend(values)

    def __add__(self, other: Any) -> list[Any]:
        return self.plain() + list(other)

    def __radd__(self, other: Any) -> list[Any]:
        return list(other) + self.plain()

    def __iadd__(self, other: Iterable[Any]) -> Self:  # type: ignore[misc]
        self.extend(other)
        return self

    def __mul__(self, times: int) -> list[Any]:
        return self.plain() * times

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Self:
        if times <= 0:
            self.clear()
        else:
            self.extend(self.plain() * (times - 1))
        return self

    def __eq__(self, other: object) -> bool:
        return bool(self.plain() == _as_list(other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: Any) -> bool:
        return self.plain() < list(other)

    def __le__(self, other: Any) -> bool:
        return self.plain() <= list(other)

    def __gt__(self, other: Any) -> bool:
        return self.plain() > list(other)

    def __ge__(self, other: Any) -> bool:
        return self.plain() >= list(other)

    __hash__ = None  # type: ignore[assignment]


def _as_list(other: Any) -> Any:
    return other.plain() if isinstance(other, AssociationList) else other


class AssociationSet(AssociationCollection, MutableSet[Any]):
    """The values of a set of related objects."""

    @classmethod
    def _from_iterable(cls, it: Iterable[Any]) -> Any:
        return set(it)

    def plain(self) -> set[Any]:
        """Return the values in a set."""
        return {self.getter(item) for item in self.col}

    def __contains__(self, value: object) -> bool:
        return any(self.getter(item) == value for item in self.col)

    def __iter__(self) -> Iterator[Any]:
        for item in self.col:
            yield self.getter(item)

    def add(self, value: Any) -> None:
        """Add a value, if it is not there."""
        if value not in self:
            self.col.add(self.creator(value))

    def _find(self, value: Any) -> Any:
        return next((item for item in self.col if self.getter(item) == value), None)

    def discard(self, value: Any) -> None:
        """Take a value out, if it is there."""
        item = self._find(value)
        if item is not None:
            self.col.discard(item)

    def remove(self, value: Any) -> None:
        """Take a value out; KeyError if it is not there."""
        item = self._find(value)
        if item is None:
            raise KeyError(value)
        self.col.discard(item)

    def pop(self) -> Any:
        """Take out and return some value."""
        if not self.col:
            raise KeyError("pop from an empty set")
        return self.getter(self.col.pop())

    def update(self, *others: Iterable[Any]) -> None:
        """Add the values of the others."""
        for other in others:
            for value in list(other):
                self.add(value)

    def replace_with(self, values: Iterable[Any]) -> None:
        """Have just these values as members; those which stay keep their objects."""
        wanted = set(values)
        for value in self.plain() - wanted:
            self.remove(value)
        self.update(wanted)

    def copy(self) -> set[Any]:
        """Return the values in a set."""
        return self.plain()

    def union(self, *others: Iterable[Any]) -> set[Any]:
        """Return these values and those of the others."""
        return self.plain().union(*others)

    def difference(self, *others: Iterable[Any]) -> set[Any]:
        """Return the values which the others lack."""
        return self.plain().difference(*others)

    def intersection(self, *others: Iterable[Any]) -> set[Any]:
        """Return the values which all the others have."""
        return self.plain().intersection(*others)

    def symmetric_difference(self, other: Iterable[Any]) -> set[Any]:
        """Return the values which only one of both has."""
        return self.plain().symmetric_difference(other)

    def difference_update(self, *others: Iterable[Any]) -> None:
        """Take out the values of the others."""
        self.replace_with(self.plain().difference(*others))

    def intersection_update(self, *others: Iterable[Any]) -> None:
        """Keep what all the others have."""
        self.replace_with(self.plain().intersection(*others))

    def symmetric_difference_update(self, other: Iterable[Any]) -> None:
        """Take out what is common, add the other's rest."""
        self.replace_with(self.plain().symmetric_difference(other))

    def issubset(self, other: Iterable[Any]) -> bool:
        """Return whether the other has all these values."""
        return self.plain().issubset(other)

    def issuperset(self, other: Iterable[Any]) -> bool:
        """Return whether these are all values of the other."""
        return self.plain().issuperset(other)

    def __ior__(self, other: Any) -> Self:  # type: ignore[misc]
        if not isinstance(other, Set):
            return NotImplemented
        self.update(other)
        return self

    def __isub__(self, other: Any) -> Self:  # type: ignore[misc]
        if not isinstance(other, Set):
            return NotImplemented
        self.difference_update(other)
        return self

    def __iand__(self, other: Any) -> Self:  # type: ignore[misc]
        if not isinstance(other, Set):
            return NotImplemented
        self.intersection_update(other)
        return self

    def __ixor__(self, other: Any) -> Self:  # type: ignore[misc]
        if not isinstance(other, Set):
            return NotImplemented
        self.symmetric_difference_update(other)
        return self

    __hash__ = None  # type: ignore[assignment]


class AssociationDict(AssociationCollection, MutableMapping[Any, Any]):
    """The values of a dict of related objects, under its keys."""

    def plain(self) -> dict[Any, Any]:
        """Return keys and values in a dict."""
        return {key: self.getter(item) for key, item in self.col.items()}

    def __getitem__(self, key: Any) -> Any:
        return self.getter(self.col[key])

    def __setitem__(self, key: Any, value: Any) -> None:
        if key in self.col:
            self.setter(self.col[key], key, value)
        else:
            self.col[key] = self.creator(key, value)

    def __delitem__(self, key: Any) -> None:
        del self.col[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.col)

    def __contains__(self, key: object) -> bool:
        return key in self.col

    def pop(self, key: Any, *default: Any) -> Any:
        """Take a key out and return its value."""
        if key not in self.col and default:
            return default[0]
        return self.getter(self.col.pop(key))

    def popitem(self) -> tuple[Any, Any]:
        """Take out and return some (key, value)."""
        key, item = self.col.popitem()
        return key, self.getter(item)

    def copy(self) -> dict[Any, Any]:
        """Return keys and values in a dict."""
        return self.plain()

    def replace_with(self, values: Any) -> None:
        """Have just these keys and values; keys which stay keep their objects."""
        wanted = dict(values)
        for key in [key for key in self.col if key not in wanted]:
            del self.col[key]
        self.update(wanted)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, AssociationDict):
            other = other.plain()
        return isinstance(other, Mapping) and self.plain() == dict(other)

    def __or__(self, other: Any) -> dict[Any, Any]:
        return self.plain() | dict(other)

    __hash__ = None  # type: ignore[assignment]
