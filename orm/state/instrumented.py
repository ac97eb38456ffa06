"""InstrumentedAttribute: what stands on a mapped class under an attribute's name.

On the class it is an SQL expression (`User.name == "x"`); on an object it is consulted only
when the object has no value of that name in its `__dict__`, because it defines `__get__`
and nothing else. A loaded value is thus read as fast as a plain attribute.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from orm.event.dispatch import Dispatch
from orm.inspection import Inspected
from orm.sql.column_expression import SQLColumnExpression
from orm.sql.comparing import Comparing
from orm.sql.elements import Label
from orm.state.events import AttributeDispatch
from orm.state.markers import STATE
from orm.util.collections import EMPTY_MAP
from orm.util.typevars import T_co

if TYPE_CHECKING:
    from orm.state.class_manager import ClassManager


class _Doc:
    """Shows the documentation of an attribute on it, that of the class on the class."""

    def __init__(self, text: str | None) -> None:
        self.text = text

    def __get__(self, attribute: Any, owner: Any) -> str | None:
        if attribute is None:
            return self.text
        found: str | None = attribute._doc
        return found


class QueryableAttribute(Comparing, SQLColumnExpression[T_co], Inspected):
    """An attribute of a mapped class, or of an alias of one, as part of a statement.

    key: its name. class_: the mapped class. parent: the mapper, or what an alias is
    inspected as. prop: the mapped property; `prop.make_comparator(attribute)` returns the
    object that knows its operators.
    """

    __slots__ = ("_comparator", "_doc", "_plain", "class_", "key", "parent", "prop")

    is_attribute = True

    def __init__(self, key: str, class_: type, parent: Any, prop: Any) -> None:
        self.key = key
        self.class_ = class_
        self.parent = parent
        self.prop = prop
        self._comparator: Any = None
        self._plain: Mapping[Any, Any] = getattr(prop, "plain_elements", EMPTY_MAP)
        self._doc: str | None = None

    @property
    def comparator(self) -> Any:
        """The object which carries out operators and has further methods."""
        found = self._comparator
        if found is None:
            found = self._comparator = self.prop.make_comparator(self)
        return found

    @property
    def expression(self) -> Any:
        """The SQL element this attribute stands for."""
        return self.comparator.__clause_element__()

    def __clause_element__(self) -> Any:
        found = self._plain.get(self.parent)
        return self.comparator.__clause_element__() if found is None else found

    @property
    def _annotations(self) -> Any:
        return self.__clause_element__()._annotations

    @property
    def parententity(self) -> Any:
        """The mapper, or the inspected alias, that this attribute belongs to."""
        return self.parent

    _parententity = parententity
    _parentmapper = parententity

    @property
    def info(self) -> Any:
        """The property's dictionary for the application's use."""
        return self.prop.info

    def _compare(self, op: Any, other: Any) -> Any:
        found = self._plain.get(self.parent)
        return op(self.comparator, other) if found is None else found._compare(op, other)

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator through the comparator."""
        found = self._plain.get(self.parent)
        if found is None:
            return op(self.comparator, *other, **kwargs)
        return found.operate(op, *other, **kwargs)

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
        """Apply an operator with this on the right."""
        return self.comparator.reverse_operate(op, other, **kwargs)

    def of_type(self, entity: Any) -> Any:
        """Return this relationship, narrowed to a subclass or an alias of its target."""
        return self.comparator.of_type(entity)

    def and_(self, *criteria: Any) -> Any:
        """Return this relationship with further conditions for its ON clause."""
        return self.comparator.and_(*criteria)

    def has(self, criterion: Any = None, **kwargs: Any) -> Any:
        """Return EXISTS over a to-one relationship."""
        return self.comparator.has(criterion, **kwargs)

    def any(self, criterion: Any = None, **kwargs: Any) -> Any:
        """Return EXISTS over a to-many relationship."""
        return self.comparator.any(criterion, **kwargs)

    def label(self, name: str | None) -> Label[T_co]:
        """Return the expression under another name."""
        labelled: Label[T_co] = self.__clause_element__().label(name)
        return labelled

    def adapt_to_entity(self, entity: Any) -> Any:
        """Return the same attribute of an alias (what `aliased` gives as `inspect(alias)`)."""
        return entity.attribute(self.key)

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in _OWN:
            raise AttributeError(name)
        comparator = self.comparator
        try:
            return getattr(comparator, name)
        except AttributeError:
            raise AttributeError(
                f"{self!r} has no attribute {name!r}; it is neither one of mapped attributes "
                f"nor of {type(comparator).__name__}"
            ) from None

    def __str__(self) -> str:
        return f"{self.class_.__name__}.{self.key}"

    def __repr__(self) -> str:
        return f"<mapped attribute {self.class_.__name__}.{self.key}>"

    # last, since it hides the builtin from what follows in the class body
    @property
    def property(self) -> Any:
        """The mapped property, its mapper configured."""
        self.prop.ensure_configured()
        return self.prop


class InstrumentedAttribute(QueryableAttribute[T_co]):
    """A mapped attribute on its class.

    impl: the ScalarAttribute, ObjectAttribute or CollectionAttribute behind it; None until
    the mapper is configured. propagates: subclasses hear its listeners too.
    """

    __slots__ = ("_dispatch", "impl", "manager", "propagates")

    def __init__(self, key: str, manager: ClassManager, parent: Any, prop: Any) -> None:
        super().__init__(key, manager.class_, parent, prop)
        self.manager = manager
        self.impl: Any = None
        self._dispatch: Dispatch | None = None
        self.propagates = False

    def __get__(self, obj: Any, owner: Any = None) -> Any:
        if obj is None:
            return self
        values = obj.__dict__
        state = values.get(STATE)
        if state is None:
            state = self.manager.setup_instance(obj)
        impl = self.impl
        if impl is None:
            self.prop.parent.registry_configure()
            impl = self.impl
        return impl.get(state, values)

    @property
    def dispatch(self) -> Dispatch:
        """The listeners of this attribute."""
        found = self._dispatch
        if found is None:
            found = self._dispatch = AttributeDispatch()
        return found

    def listening(self) -> Dispatch:
        """Return the dispatch, and make writes pass by it from now on."""
        self.manager.stop_fast_path(self.key)
        return self.dispatch

    def need_active_history(self) -> None:
        """Have the old value loaded before a new one is set."""
        self.manager.stop_fast_path(self.key)
        self.manager.active_history.add(self.key)
        if self.impl is not None:
            self.impl.active_history = True


for _class in (QueryableAttribute, InstrumentedAttribute):
    _class.__doc__ = _Doc(_class.__doc__)  # type: ignore[assignment]

_OWN = frozenset(QueryableAttribute.__slots__) | frozenset(InstrumentedAttribute.__slots__)
