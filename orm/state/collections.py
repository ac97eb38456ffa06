"""Collections that report their changes to the attribute they belong to.

A tracked class is a subclass of the collection class which the mapping names: the mutators
of list, set and dict are overridden once here. A collection knows the state of its owner
(weakly, a state is a weak reference) and the attribute; a collection that was replaced
knows neither, and is a plain one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, SupportsIndex, TypeAlias, TypeVar, cast

from orm import exc
from orm.state.instance_state import instance_state
from orm.state.markers import MANAGER, NO_KEY

if TYPE_CHECKING:
    from orm.state.backrefs import Initiator
    from orm.state.collection_attribute import CollectionAttribute
    from orm.state.instance_state import InstanceState

_F = TypeVar("_F", bound=Callable[..., Any])

# The methods stand above the collection class in the order of resolution, whichever it is
# (`class X(TrackedList, list)`), so at run time they cannot be subclasses of list.
if TYPE_CHECKING:
    _List: TypeAlias = list[Any]
    _Set: TypeAlias = set[Any]
    _Dict: TypeAlias = dict[Any, Any]
else:
    _List = _Set = _Dict = object


class Tracked:
    """What a tracked collection offers to its attribute, whatever kind it is.

    `_sa_items` lists the members; `_sa_add` and `_sa_discard` change without an event, the
    `_tracked` ones with it; `_sa_take` turns what the application assigned into members.
    """

    __slots__ = ()

    _state: InstanceState | None
    _attr: CollectionAttribute | None

    def _sa_bind(self, state: InstanceState | None, attr: CollectionAttribute | None) -> None:
        self._state = state  # type: ignore[misc]  # the slots are in the subclasses
        self._attr = attr  # type: ignore[misc]

    def _sa_items(self) -> Iterable[Any]:
        raise NotImplementedError

    def _sa_add(self, item: Any) -> None:
        raise NotImplementedError

    def _sa_discard(self, item: Any) -> None:
        raise NotImplementedError

    def _sa_fill(self, items: Iterable[Any]) -> None:
        for item in items:
            self._sa_add(item)

    def _sa_take(self, value: Any, attr: CollectionAttribute) -> list[Any]:
        raise NotImplementedError

    def _sa_place(self, item: Any) -> None:
        """Add a new member by the collection class's own method, without an event."""
        self._sa_add(item)

    def _sa_add_tracked(self, item: Any, initiator: Initiator | None = None) -> None:
        self._sa_place(self._coming(item, initiator))

    def _sa_remove_tracked(self, item: Any, initiator: Initiator | None = None) -> None:
        self._going(item, initiator)
        self._sa_discard(item)

    def _sa_clear_tracked(self) -> None:
        for item in list(self._sa_items()):
            self._sa_remove_tracked(item)

    def _coming(self, item: Any, initiator: Initiator | None = None, key: Any = NO_KEY) -> Any:
        attr, state = self._attr, self._state
        if attr is None or state is None:
            return item
        return attr.fire_append(state, item, initiator, key)

    def _going(self, item: Any, initiator: Initiator | None = None, key: Any = NO_KEY) -> None:
        attr, state = self._attr, self._state
        if attr is not None and state is not None:
            attr.fire_remove(state, item, initiator, key)

    def _staying(self, item: Any, key: Any = NO_KEY) -> None:
        attr, state = self._attr, self._state
        if attr is not None and state is not None:
            attr.fire_kept(state, item, key)

    # the names under which published code reaches a collection's adapter

    @property
    def _sa_adapter(self) -> Tracked:
        return self

    @property
    def owner_state(self) -> InstanceState | None:
        """The state of the object the collection belongs to, None once it was replaced."""
        return self._state

    def append_with_event(self, item: Any, initiator: Any = None) -> None:
        """Add a member as the application does."""
        self._sa_add_tracked(item, initiator)

    def remove_with_event(self, item: Any, initiator: Any = None) -> None:
        """Take a member out as the application does."""
        self._sa_remove_tracked(item, initiator)

    def append_without_event(self, item: Any) -> None:
        """Add a member silently."""
        self._sa_add(item)

    def remove_without_event(self, item: Any) -> None:
        """Take a member out silently."""
        self._sa_discard(item)


def _restore(owner: Any, key: str, items: list[Any], plain: Any) -> Any:
    if owner is None:
        return plain
    manager = getattr(type(owner), MANAGER)
    return manager.impls[key].make_collection(instance_state(owner), items)


def _reduce(self: Any, plain: Any) -> tuple[Any, ...]:
    state, attr = self._state, self._attr
    owner = state() if state is not None else None
    return _restore, (owner, attr.key if attr is not None else "", list(self._sa_items()), plain)


class TrackedList(Tracked, _List):
    """The mutators of list, each telling the attribute before it acts."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return _reduce(self, list(self))

    def _sa_items(self) -> Iterable[Any]:
        return self

    def _sa_add(self, item: Any) -> None:
        list.append(self, item)

    def _sa_discard(self, item: Any) -> None:
        for place, known in enumerate(self):
            if known is item:
                list.__delitem__(self, place)
                return

    def _sa_fill(self, items: Iterable[Any]) -> None:
        list.extend(self, items)

    def _sa_place(self, item: Any) -> None:
        super().append(item)

    def _sa_remove_tracked(self, item: Any, initiator: Initiator | None = None) -> None:
        self._going(item, initiator)
        for place, known in enumerate(self):
            if known is item:
                super().pop(place)
                return

    def _sa_take(self, value: Any, attr: CollectionAttribute) -> list[Any]:
        if isinstance(value, (str, bytes, Mapping)) or not hasattr(value, "__iter__"):
            raise attr.refuse(value, "list")
        return list(value)

    def append(self, item: Any) -> None:
        """Add a member at the end."""
        item = self._coming(item)
        super().append(item)

    def insert(self, index: SupportsIndex, item: Any) -> None:
        """Add a member before the one at `index`."""
        item = self._coming(item, key=index)
        super().insert(index, item)

    def extend(self, items: Iterable[Any]) -> None:
        """Add members at the end."""
        for item in list(items):
            self.append(item)

    def __iadd__(self, items: Iterable[Any]) -> TrackedList:  # type: ignore[misc]
        self.extend(items)
        return self

    def remove(self, item: Any) -> None:
        """Take out the first equal member; ValueError if there is none."""
        place = self.index(item)
        self._going(self[place])
        # an event may have changed the list: look again
        super().remove(item)

    def pop(self, index: SupportsIndex = -1) -> Any:
        """Take out and return the member at `index`."""
        item = self[index]
        self._going(item, key=index)
        return super().pop(index)

    def clear(self) -> None:
        """Take out every member."""
        for item in list(self):
            self._going(item)
        super().clear()

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            self._set_slice(index, list(value))
            return
        former = self[index]
        if former is value:
            return
        self._going(former, key=index)
        super().__setitem__(index, self._coming(value, key=index))

    def _set_slice(self, index: slice, values: list[Any]) -> None:
        former = self[index]
        before, after = {id(item) for item in former}, {id(item) for item in values}
        for item in former:
            if id(item) not in after:
                self._going(item)
        values = [item if id(item) in before else self._coming(item) for item in values]
        super().__setitem__(index, values)

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        for item in self[index] if isinstance(index, slice) else [self[index]]:
            self._going(item, key=index)
        super().__delitem__(index)


class InstrumentedList(TrackedList, list[Any]):
    """The list that a relationship holds by default."""

    __slots__ = ("_attr", "_state")


class TrackedSet(Tracked, _Set):
    """The mutators of set, each telling the attribute before it acts."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return _reduce(self, set(self))

    def _sa_items(self) -> Iterable[Any]:
        return self

    def _sa_add(self, item: Any) -> None:
        set.add(self, item)

    def _sa_discard(self, item: Any) -> None:
        set.discard(self, item)

    def _sa_fill(self, items: Iterable[Any]) -> None:
        set.update(self, items)

    def _sa_take(self, value: Any, attr: CollectionAttribute) -> list[Any]:
        if isinstance(value, (str, bytes, Mapping)) or not hasattr(value, "__iter__"):
            raise attr.refuse(value, "set")
        return list(dict.fromkeys(value))

    def add(self, item: Any) -> None:
        """Add a member, if it is not there."""
        if item in self:
            self._staying(item)
            return
        item = self._coming(item)
        super().add(item)

    def discard(self, item: Any) -> None:
        """Take a member out, if it is there."""
        if item in self:
            self._going(item)
            super().discard(item)

    def remove(self, item: Any) -> None:
        """Take a member out; KeyError if it is not there."""
        if item not in self:
            raise KeyError(item)
        self.discard(item)

    def pop(self) -> Any:
        """Take out and return some member."""
        item = next(iter(self), None)
        if item is None:
            raise KeyError("pop from an empty set")
        self.discard(item)
        return item

    def clear(self) -> None:
        """Take out every member."""
        for item in list(self):
            self.discard(item)

    def update(self, *others: Iterable[Any]) -> None:
        """Add the members of the others."""
        for other in others:
            for item in list(other):
                self.add(item)

    def difference_update(self, *others: Iterable[Any]) -> None:
        """Take out the members of the others."""
        for other in others:
            for item in list(other):
                self.discard(item)

    def intersection_update(self, *others: Iterable[Any]) -> None:
        """Keep the members which are in all the others."""
        kept = self.intersection(*others)
        for item in list(self):
            if item not in kept:
                self.discard(item)

    def symmetric_difference_update(self, other: Iterable[Any]) -> None:
        """Take out the common members, add the other's rest."""
        for item in set(other):
            if item in self:
                self.discard(item)
            else:
                self.add(item)

    def __ior__(self, other: Any) -> TrackedSet:  # type: ignore[misc]
        self.update(other)
        return self

    def __isub__(self, other: Any) -> TrackedSet:  # type: ignore[misc]
        self.difference_update(other)
        return self

    def __iand__(self, other: Any) -> TrackedSet:  # type: ignore[misc]
        self.intersection_update(other)
        return self

    def __ixor__(self, other: Any) -> TrackedSet:  # type: ignore[misc]
        self.symmetric_difference_update(other)
        return self


class InstrumentedSet(TrackedSet, set[Any]):
    """The set that a relationship holds where the mapping asks for one."""

    __slots__ = ("_attr", "_state")


_ABSENT: Any = object()


class TrackedDict(Tracked, _Dict):
    """The mutators of dict, each telling the attribute before it acts.

    `keyfunc` (from KeyFuncDict, or a class of the application's) gives a member's key.
    """

    __slots__ = ()

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return _reduce(self, dict(self))

    def _key_of(self, item: Any) -> Any:
        keyfunc = getattr(self, "keyfunc", None)
        if keyfunc is None:
            raise exc.ArgumentError(
                f"{self._attr!r} is a dict, and nothing says which key a member gets. Write "
                "relationship(collection_class=attribute_keyed_dict('name'))."
            )
        return keyfunc(item)

    def _sa_items(self) -> Iterable[Any]:
        return self.values()

    def _sa_add(self, item: Any) -> None:
        dict.__setitem__(self, self._key_of(item), item)

    def _sa_discard(self, item: Any) -> None:
        for key, known in self.items():
            if known is item:
                dict.__delitem__(self, key)
                return

    def _sa_take(self, value: Any, attr: CollectionAttribute) -> list[Any]:
        if not isinstance(value, Mapping):
            raise attr.refuse(value, "dict")
        for key, item in value.items():
            if self._key_of(item) != key:
                raise exc.ArgumentError(
                    f"{attr!r}: the key of {item!r:.80} is {self._key_of(item)!r}, not {key!r}."
                )
        return list(value.values())

    def __setitem__(self, key: Any, item: Any) -> None:
        former = self.get(key, _ABSENT)
        if former is item:
            self._staying(item, key)
            return
        if former is not _ABSENT:
            self._going(former, key=key)
        super().__setitem__(key, self._coming(item, key=key))

    def __delitem__(self, key: Any) -> None:
        self._going(self[key], key=key)
        super().__delitem__(key)

    def set(self, item: Any) -> None:
        """Add a member under its own key."""
        self[self._key_of(item)] = item

    def remove(self, item: Any) -> None:
        """Take a member out; KeyError if it is not there."""
        key = self._key_of(item)
        if self.get(key) is not item:
            raise KeyError(key)
        del self[key]

    def pop(self, key: Any, default: Any = _ABSENT) -> Any:
        """Take out and return the member under `key`."""
        if key not in self:
            if default is _ABSENT:
                raise KeyError(key)
            return default
        item = self[key]
        del self[key]
        return item

    def popitem(self) -> tuple[Any, Any]:
        """Take out and return the newest (key, member)."""
        key = next(reversed(self))
        return key, self.pop(key)

    def clear(self) -> None:
        """Take out every member."""
        for key in list(self):
            del self[key]

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the member under `key`, adding `default` if there is none."""
        if key not in self or self[key] is default:
            self[key] = default
        return self[key]

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Add members under the given keys."""
        for key, item in dict(*args, **kwargs).items():
            self[key] = item

    def __ior__(self, other: Any) -> TrackedDict:  # type: ignore[misc]
        self.update(other)
        return self


class InstrumentedDict(TrackedDict, dict[Any, Any]):
    """The dict that a relationship holds where the mapping asks for one."""

    __slots__ = ("_attr", "_state")


class KeyFuncDict(dict[Any, Any]):
    """A dict of members by a key computed from each; subclass it or use the factories."""

    def __init__(self, keyfunc: Callable[[Any], Any] | None = None, **_: Any) -> None:
        super().__init__()
        if keyfunc is not None:
            self.keyfunc = keyfunc

    def set(self, value: Any) -> None:
        """Add a member under its key."""
        self[self.keyfunc(value)] = value

    def remove(self, value: Any) -> None:
        """Remove a member. Raises exc.InvalidRequestError if another, or none, is under its key."""
        key = self.keyfunc(value)
        if self.get(key) is not value:
            raise exc.InvalidRequestError(
                f"{value!r} cannot be removed: its key is {key!r} now, and under that is {self.get(key)!r}. "
                "A member's key must not change while it is in the dictionary."
            )
        del self[key]


def keyfunc_mapping(keyfunc: Callable[[Any], Any]) -> Callable[[], KeyFuncDict]:
    """Return a collection class: a dict whose keys `keyfunc(member)` gives."""
    return type("KeyFuncDict", (KeyFuncDict,), {"keyfunc": staticmethod(keyfunc)})


def attribute_keyed_dict(attr_name: str) -> Callable[[], KeyFuncDict]:
    """Return a collection class: a dict by an attribute of the members."""
    return keyfunc_mapping(lambda item: getattr(item, attr_name))


def column_keyed_dict(mapping_spec: Any) -> Callable[[], KeyFuncDict]:
    """Return a collection class: a dict by a column (or several) of the members."""
    columns = mapping_spec if isinstance(mapping_spec, (list, tuple)) else [mapping_spec]

    def keyfunc(item: Any) -> Any:
        mapper = instance_state(item).mapper
        values = tuple(getattr(item, mapper.column_key[column]) for column in columns)
        return values[0] if len(values) == 1 else values

    return keyfunc_mapping(keyfunc)


mapped_collection = keyfunc_mapping
attribute_mapped_collection = attribute_keyed_dict
column_mapped_collection = column_keyed_dict
MappedCollection = KeyFuncDict


class collection:
    """Decorators that tell which methods of an own collection class do what."""

    @staticmethod
    def _mark(role: str, fn: _F) -> _F:
        fn._sa_role = role  # type: ignore[attr-defined]
        return fn

    @classmethod
    def appender(cls, fn: _F) -> _F:
        """The method which adds one member."""
        return cls._mark("appender", fn)

    @classmethod
    def remover(cls, fn: _F) -> _F:
        """The method which takes one member out."""
        return cls._mark("remover", fn)

    @classmethod
    def iterator(cls, fn: _F) -> _F:
        """The method which returns an iterator over the members."""
        return cls._mark("iterator", fn)

    @classmethod
    def internally_instrumented(cls, fn: _F) -> _F:
        """A method which reports its changes by calling others; left as it is."""
        return cls._mark("internal", fn)

    @classmethod
    def adds(cls, arg: int | str) -> Callable[[_F], _F]:
        """A further method which adds the member given as its argument number `arg`."""
        return lambda fn: cls._mark("appender_too", fn)

    @classmethod
    def removes(cls, arg: int | str) -> Callable[[_F], _F]:
        """A further method which takes out the member given as its argument."""
        return lambda fn: cls._mark("remover_too", fn)

    @classmethod
    def replaces(cls, arg: int | str) -> Callable[[_F], _F]:
        """A further method which adds the argument and returns the member it replaced."""
        return lambda fn: cls._mark("appender_too", fn)


def _find_roles(class_: type) -> dict[str, str]:
    roles: dict[str, str] = {}
    for base in reversed(class_.__mro__):
        for name, member in vars(base).items():
            role = getattr(member, "_sa_role", None)
            if role is not None:
                roles[name] = role
    return roles


class TrackedCustom(Tracked):
    """A collection class of the application's, through its marked methods."""

    _add_name: ClassVar[str] = "append"
    _remove_name: ClassVar[str] = "remove"
    _iter_name: ClassVar[str] = "__iter__"
    _plain: ClassVar[Any] = None

    def _sa_items(self) -> Iterable[Any]:
        found: Iterator[Any] = getattr(self, self._iter_name)()
        return list(found)

    def _sa_add(self, item: Any) -> None:
        getattr(self._plain, self._add_name)(self, item)

    def _sa_discard(self, item: Any) -> None:
        getattr(self._plain, self._remove_name)(self, item)

    def _sa_take(self, value: Any, attr: CollectionAttribute) -> list[Any]:
        if isinstance(value, Mapping):
            return list(value.values())
        if not hasattr(value, "__iter__"):
            raise attr.refuse(value, self._plain.__name__)
        return list(value)


def _track_custom(class_: type, label: str) -> type:
    roles = _find_roles(class_)
    names = {role: name for name, role in roles.items()}
    add = names.get("appender") or next((n for n in ("append", "add") if hasattr(class_, n)), None)
    remove = names.get("remover") or next(
        (n for n in ("remove", "discard") if hasattr(class_, n)), None
    )
    if add is None or remove is None:
        raise exc.ArgumentError(
            f"{label}: collection_class {class_.__name__} needs a method to add one member and one "
            "to take it out: mark them with @collection.appender and @collection.remover."
        )

    def make(name: str, adding: bool) -> Callable[..., Any]:
        def change(self: Any, item: Any, *args: Any, **kw: Any) -> Any:
            if adding:
                item = self._coming(item)
            else:
                self._going(item)
            return getattr(class_, name)(self, item, *args, **kw)

        change.__name__ = name
        return change

    body: dict[str, Any] = {add: make(add, True), remove: make(remove, False)}
    for name, role in roles.items():
        if role.endswith("_too"):
            body[name] = make(name, role == "appender_too")
    body |= {"_plain": class_, "_add_name": add, "_remove_name": remove}
    body |= {"_state": None, "_attr": None, "_iter_name": names.get("iterator", "__iter__")}
    return type(class_.__name__, (TrackedCustom, class_), body)


_KINDS: tuple[tuple[type, type], ...] = (
    (list, TrackedList),
    (set, TrackedSet),
    (dict, TrackedDict),
)
_READY: dict[type, type] = {list: InstrumentedList, set: InstrumentedSet, dict: InstrumentedDict}


def _tracked_class(class_: type, label: str) -> type:
    if issubclass(class_, Tracked):
        return class_
    for plain, tracked in _KINDS:
        if issubclass(class_, plain) and not _find_roles(class_):
            ready = _READY.get(class_)
            return ready or type(
                class_.__name__, (tracked, class_), {"_state": None, "_attr": None}
            )
    return _track_custom(class_, label)


def tracked_factory(collection_class: Callable[[], Any], label: str) -> Callable[[], Tracked]:
    """Return a function that makes an empty tracked collection.

    collection_class: a class, or a function returning a collection. label: the attribute,
    for error messages. Raises exc.ArgumentError for a class without needed methods.
    """
    if isinstance(collection_class, type):
        return cast("Callable[[], Tracked]", _tracked_class(collection_class, label))
    sample = collection_class()
    tracked = _tracked_class(type(sample), label)
    if type(sample) in _READY:
        return cast("Callable[[], Tracked]", tracked)

    def make() -> Tracked:
        made = collection_class()
        made.__class__ = tracked
        return cast("Tracked", made)

    return make


def collection_adapter(members: Any) -> Any:
    """Return what tells an attribute about the changes of a collection: itself."""
    return members
