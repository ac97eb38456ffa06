"""ClassManager: what hangs on a mapped class.

It holds the attributes, makes the state class of its instances, and installs the tracking
of writes. A class has its own manager, never its base's: `cls.__dict__["_sa_class_manager"]`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orm.event.dispatch import Dispatch
from orm.state.attributes import Attribute
from orm.state.events import InstanceDispatch, add_propagated, tell_of_class
from orm.state.gen_class import make_tracking
from orm.state.instance_state import InstanceState, StateExtra, make_state
from orm.state.instrumented import InstrumentedAttribute
from orm.state.markers import MANAGER, STATE

_TRACKING_MARK = "_sa_tracking"

ExpiredLoader = Callable[[InstanceState, int, frozenset[str], str], Any]


class ClassManager:
    """The instrumentation of one mapped class.

    class_: the class. mapper: its mapper, set by the mapper itself. attributes: name ->
    InstrumentedAttribute, and impls: name -> the object behind it, both with those of the
    mapped bases. fast: names of scalar attributes that are written without a call. careful:
    whether other columns have listeners, or need their old value (see `orm.state.gen_class`).
    expired_loader: called as expired_loader(state, passive, names, wanted) to fetch column
    attributes which are expired or deferred, since `wanted` was read. load_of: called with
    loader options for the record of a load which unpickled objects get. Both are installed by
    the loading room.
    """

    def __init__(self, class_: type) -> None:
        self.class_ = class_
        self.mapper: Any = None
        self.base_mapper: Any = None
        self.base_class: type = class_
        self.composite_ident = False
        self.attributes: dict[str, InstrumentedAttribute[Any]] = {}
        self.impls: dict[str, Any] = {}
        #: the same for attributes that are made of others
        self.composed: dict[str, Any] = {}
        self.fast: set[str] = set()
        self.slow: set[str] = set()
        self.careful = False
        self.is_dataclass = False
        self.active_history: set[str] = set()
        self.expirable: frozenset[str] = frozenset()
        #: what all objects share that are expired as a whole
        self.all_expired = StateExtra(self.expirable, shared=True)
        self.column_names: frozenset[str] = frozenset()
        self.memoized: tuple[str, ...] = ()
        self.expired_loader: ExpiredLoader | None = None
        self.load_of: Callable[[Any], Any] | None = None
        self.configure: Callable[[], None] | None = None
        self.dispatch: Dispatch = InstanceDispatch()
        self.info: dict[Any, Any] = {}
        self._saved: dict[str, Any] = {}
        self.state_class: type[InstanceState] = type(
            f"{class_.__name__}State", (InstanceState,), {"__slots__": (), "manager": self}
        )

    @property
    def is_mapped(self) -> bool:
        """Whether the class has a mapper."""
        return self.mapper is not None

    # -- installation -----------------------------------------------------------

    def install(self, *, is_dataclass: bool = False) -> None:
        """Put the manager on the class, and have its writes tracked.

        is_dataclass: it is mapped as a dataclass; see `orm.state.gen_class`.
        """
        class_ = self.class_
        type.__setattr__(class_, MANAGER, self)
        add_propagated(class_, self.dispatch)
        tell_of_class(class_, "class_instrument", class_)
        self.is_dataclass = is_dataclass
        self._track()

    def _track(self) -> None:
        set_other, delete_other = self._untracked("__setattr__"), self._untracked("__delattr__")
        writing, deleting = make_tracking(
            self, set_other, delete_other, careful=self.careful, is_dataclass=self.is_dataclass
        )
        for name, method in (("__setattr__", writing), ("__delattr__", deleting)):
            method.__dict__[_TRACKING_MARK] = True
            self.put(name, method)

    def _untracked(self, name: str) -> Callable[..., Any]:
        # the nearest method which is not ours: the tracking of a mapped base knows only
        # the attributes of that base
        for base in self.class_.__mro__:
            method = base.__dict__.get(name)
            if method is not None and not getattr(method, "__dict__", {}).get(_TRACKING_MARK):
                found: Callable[..., Any] = method
                return found
        raise AssertionError("object has both")

    def put(self, name: str, member: Any) -> None:
        """Set a member of the class, remembering what was there for `uninstall`."""
        own = self.class_.__dict__
        if name not in self._saved:
            self._saved[name] = own.get(name, NotImplemented)
        type.__setattr__(self.class_, name, member)

    def uninstall(self) -> None:
        """Take everything off the class again: it is a plain class afterwards."""
        tell_of_class(self.class_, "class_uninstrument", self.class_)
        for name, member in self._saved.items():
            if member is NotImplemented:
                if name in self.class_.__dict__:
                    type.__delattr__(self.class_, name)
            else:
                type.__setattr__(self.class_, name, member)
        self._saved.clear()
        if self.class_.__dict__.get(MANAGER) is self:
            type.__delattr__(self.class_, MANAGER)

    # -- attributes -----------------------------------------------------------------

    def add_attribute(self, attribute: InstrumentedAttribute[Any]) -> None:
        """Put a mapped attribute on the class."""
        self.attributes[attribute.key] = attribute
        self.put(attribute.key, attribute)
        tell_of_class(self.class_, "attribute_instrument", self.class_, attribute.key, attribute)

    def add_impl(self, impl: Attribute) -> None:
        """Connect an attribute with what does its work; tracked from now on."""
        key = impl.key
        self.impls[key] = impl
        if key in self.active_history:
            impl.active_history = True
        if impl.is_column and not impl.active_history and key not in self.slow:
            self.fast.add(key)
        elif impl.is_column:
            self._be_careful()
        attribute = self.attributes[key]
        attribute.impl = impl
        self.refresh_names()

    def remove_attribute(self, key: str) -> None:
        """Take a mapped attribute off the class."""
        self.attributes.pop(key, None)
        self.impls.pop(key, None)
        self.fast.discard(key)
        if isinstance(self.class_.__dict__.get(key), InstrumentedAttribute):
            type.__delattr__(self.class_, key)
        self.refresh_names()

    def refresh_names(self) -> None:
        """Compute the sets of column attributes anew after an attribute has changed."""
        columns = [impl for impl in self.impls.values() if impl.is_column]
        self.column_names = frozenset(impl.key for impl in columns)
        self.expirable = frozenset(impl.key for impl in columns if not impl.deferred)
        self.all_expired = StateExtra(self.expirable, shared=True)

    def impl_of(self, key: str) -> Any:
        """Return what is behind a mapped attribute, composites included; None if there is none."""
        if self.configure is not None:
            self.configure()
        found = self.impls.get(key)
        return self.composed.get(key) if found is None else found

    def stop_fast_path(self, key: str) -> None:
        """Have every write of an attribute go through its `set`, from now on."""
        self.slow.add(key)
        self.fast.discard(key)
        impl = self.impls.get(key)
        if impl is not None and impl.is_column:
            self._be_careful()

    def _be_careful(self) -> None:
        if not self.careful:
            self.careful = True
            if self.class_.__dict__.get(MANAGER) is self:
                self._track()

    def names_of_group(self, impl: Attribute) -> frozenset[str]:
        """Return the names of the attributes which are loaded together with a deferred one."""
        if impl.group is None:
            return frozenset((impl.key,))
        return frozenset(other.key for other in self.impls.values() if other.group == impl.group)

    def __getitem__(self, key: str) -> InstrumentedAttribute[Any]:
        return self.attributes[key]

    def __contains__(self, key: str) -> bool:
        return key in self.attributes

    # -- instances --------------------------------------------------------------------

    def new_instance(self) -> tuple[Any, InstanceState]:
        """Return a new object, its `__init__` not called, and its state."""
        class_: Any = self.class_
        obj = class_.__new__(class_)
        return obj, make_state(self, obj)

    def setup_instance(self, obj: Any) -> InstanceState:
        """Return the state of an object, making it when it has none."""
        state: InstanceState | None = obj.__dict__.get(STATE)
        if state is None:
            if self.configure is not None:
                self.configure()
            state = make_state(self, obj)
        return state

    def has_state(self, obj: Any) -> bool:
        """Return whether the object has a state already."""
        return STATE in obj.__dict__

    def __repr__(self) -> str:
        return f"<ClassManager of {self.class_.__name__}, {len(self.attributes)} attributes>"


def manager_of_class(class_: Any) -> ClassManager | None:
    """Return the class's own manager, or None if it is not mapped itself."""
    if not isinstance(class_, type):
        return None
    manager: ClassManager | None = class_.__dict__.get(MANAGER)
    return manager
