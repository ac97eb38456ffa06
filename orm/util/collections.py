"""Containers: an immutable mapping, an insertion-ordered set, a set by identity, a bounded LRU."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import (
    Hashable,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    ValuesView,
)
from types import MappingProxyType
from typing import Any, Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")
_T = TypeVar("_T")

EMPTY_MAP: Mapping[Any, Any] = MappingProxyType({})


class immutabledict(dict[_K, _V]):
    """A dict which refuses changes; `union()` and `|` return a new one."""

    __slots__ = ()

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("immutabledict cannot be changed; use .union() to get a new one")

    __setitem__ = __delitem__ = clear = pop = popitem = setdefault = update = _refuse
    __ior__ = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def union(self, other: Mapping[_K, _V] | None = None, **more: Any) -> immutabledict[_K, _V]:
        """Return a new immutabledict with the other's items over ours."""
        if not other and not more:
            return self
        merged: dict[Any, Any] = {**self, **(other or {}), **more}
        return immutabledict(merged)

    def __or__(self, other: Mapping[Any, Any]) -> immutabledict[Any, Any]:
        return immutabledict({**self, **other})

    def __reduce__(self) -> tuple[Any, ...]:
        return immutabledict, (dict(self),)

    def __repr__(self) -> str:
        return f"immutabledict({dict.__repr__(self)})"


class OrderedSet(Generic[_T]):
    """A set that iterates in insertion order."""

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[_T] = ()) -> None:
        self._items: dict[_T, None] = dict.fromkeys(items)

    def add(self, item: _T) -> None:
        """Add; a present item keeps its place."""
        self._items[item] = None

    def discard(self, item: _T) -> None:
        """Remove if present."""
        self._items.pop(item, None)

    def update(self, items: Iterable[_T]) -> None:
        """Add each item."""
        self._items.update(dict.fromkeys(items))

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def __iter__(self) -> Iterator[_T]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"OrderedSet({list(self._items)!r})"


class IdentitySet(Generic[_T]):
    """A set of objects told apart by identity, in insertion order; holds them strongly."""

    __slots__ = ("_members",)

    def __init__(self, items: Iterable[_T] = ()) -> None:
        self._members: dict[int, _T] = {id(item): item for item in items}

    def add(self, item: _T) -> None:
        """Add the object itself."""
        self._members[id(item)] = item

    def discard(self, item: _T) -> None:
        """Remove the object if present."""
        self._members.pop(id(item), None)

    def remove(self, item: _T) -> None:
        """Remove the object; raises KeyError if absent."""
        del self._members[id(item)]

    def update(self, items: Iterable[_T]) -> None:
        """Add each object."""
        for item in items:
            self._members[id(item)] = item

    def union(self, items: Iterable[_T]) -> IdentitySet[_T]:
        """Return a new set with both."""
        made: IdentitySet[_T] = IdentitySet(self)
        made.update(items)
        return made

    def difference(self, items: Iterable[_T]) -> IdentitySet[_T]:
        """Return a new set without `items`."""
        away = {id(item) for item in items}
        return IdentitySet(item for key, item in self._members.items() if key not in away)

    def intersection(self, items: Iterable[_T]) -> IdentitySet[_T]:
        """Return a new set with the common objects."""
        kept = {id(item) for item in items}
        return IdentitySet(item for key, item in self._members.items() if key in kept)

    __or__ = union
    __sub__ = difference
    __and__ = intersection

    def __contains__(self, item: object) -> bool:
        return id(item) in self._members

    def __iter__(self) -> Iterator[_T]:
        return iter(list(self._members.values()))

    def __len__(self) -> int:
        return len(self._members)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, IdentitySet):
            return self._members.keys() == other._members.keys()
        if isinstance(other, (set, frozenset, list, tuple)):
            return len(self) == len(other) and all(item in self for item in other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"IdentitySet({list(self._members.values())!r})"


class NamedCollection(Mapping[str, _T]):
    """Things by name, as items and as attributes; iteration gives the things themselves.

    owner: whose they are, for the message about a name that is not there.
    """

    __slots__ = ("_items", "_owner")

    def __init__(self, items: dict[str, _T], owner: str) -> None:
        self._items = items
        self._owner = owner

    def __getitem__(self, key: str) -> _T:
        return self._items[key]

    def __getattr__(self, key: str) -> _T:
        try:
            return self._items[key]
        except KeyError:
            raise AttributeError(
                f"{self._owner} has no {key!r} among {', '.join(self._items)}"
            ) from None

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: object) -> bool:
        return key in self._items if isinstance(key, str) else key in self._items.values()

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._items.keys()

    def values(self) -> ValuesView[_T]:
        """Return the things."""
        return self._items.values()

    def items(self) -> ItemsView[str, _T]:
        """Return (name, thing) pairs."""
        return self._items.items()

    def __repr__(self) -> str:
        return f"NamedCollection({list(self._items)})"


class LRUCache(Generic[_K, _V]):
    """A bounded mapping that forgets what was not used for longest; safe between threads.

    size: how many entries it keeps; 0 keeps none. Keys may be long tuples, which are hashed and compared anew each
    time. So reading is one dict access; the entry becomes the most recently used only if it did not so within
    the last size / 8 hits. Both are atomic under the interpreter's lock; only eviction takes ours.
    """

    __slots__ = ("_items", "_lock", "_rest", "hits", "misses", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        # key -> [value, count of hits when the entry was moved to the end]
        self._items: OrderedDict[_K, list[Any]] = OrderedDict()
        self._rest = size // 8
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    def get(self, key: _K) -> _V | None:
        """Return the value, or None; a hit becomes one of the most recently used."""
        entry = self._items.get(key)
        if entry is None:
            self.misses += 1
            return None
        self.hits = hits = self.hits + 1
        if hits - entry[1] > self._rest:
            entry[1] = hits
            try:
                self._items.move_to_end(key)
            except KeyError:  # another thread evicted it meanwhile
                pass
        found: _V = entry[0]
        return found

    def put(self, key: _K, value: _V) -> None:
        """Store, evicting the least recently used entries above the size."""
        if self.size <= 0:
            return
        with self._lock:
            self._items[key] = [value, self.hits]
            self._items.move_to_end(key)
            while len(self._items) > self.size:
                self._items.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._items.clear()

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: object) -> bool:
        return key in self._items
