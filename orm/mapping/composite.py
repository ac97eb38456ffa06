"""Composites: several columns seen as one value object."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.event.dispatch import Dispatch
from orm.mapping.options import NOT_GIVEN
from orm.mapping.properties import ColumnProperty, MapperProperty, PropComparator
from orm.sql.expression import and_
from orm.state.class_manager import ClassManager
from orm.state.events import AttributeDispatch
from orm.state.instance_state import InstanceState, instance_state
from orm.state.instrumented import QueryableAttribute
from orm.state.markers import NO_VALUE

if TYPE_CHECKING:
    from orm.mapping.mapper import Mapper


class CompositeComparator(PropComparator):
    """A composite in statements: equal if all columns are."""

    def __clause_element__(self) -> Any:
        from orm.sql.expression import tuple_

        entity = self.parententity
        return tuple_(*self.columns)._annotate(
            {
                "parententity": entity,
                "parentmapper": entity.mapper,
                "proxy_key": self.prop.key,
                "composed": self.prop.compose,
                "compile_state_plugin": ("composite", self.prop),
            }
        )

    @property
    def columns(self) -> list[Any]:
        """The columns, of the mapper or alias."""
        return [self.parententity.attribute(key) for key in self.prop.keys]

    def __eq__(self, other: Any) -> Any:
        values = [None] * len(self.columns) if other is None else self.prop.values_of(other)
        return and_(*(column == value for column, value in zip(self.columns, values, strict=True)))

    def _update_pairs(self, value: Any) -> Iterator[tuple[Any, Any]]:
        """Yield the (column attribute, value) pairs which INSERT and UPDATE set for a value."""
        yield from zip(self.columns, self.prop.parts_of(value), strict=True)

    def __ne__(self, other: Any) -> Any:
        return ~(self == other)

    def __hash__(self) -> int:
        return object.__hash__(self)


class CompositeExpression(QueryableAttribute[Any]):
    """A composite of a mapped class in a statement; the "set" event is listened to here."""

    __slots__ = ("dispatch", "manager", "propagates")

    def __init__(self, prop: CompositeProperty, manager: ClassManager, mapper: Mapper) -> None:
        super().__init__(prop.key, manager.class_, mapper, prop)
        self.manager = manager
        self.dispatch: Dispatch = AttributeDispatch()
        self.propagates = False

    def listening(self) -> Dispatch:
        """Return the dispatch; writes of a composite always pass by it."""
        return self.dispatch

    def need_active_history(self) -> None:
        """Have the old values of the columns loaded before new ones are set."""
        for key in self.prop.keys:
            self.manager.attributes[key].need_active_history()


class CompositeAttribute:
    """The descriptor of a composite on the class."""

    is_attribute = True

    def __init__(self, prop: CompositeProperty, manager: ClassManager, mapper: Mapper) -> None:
        self.prop = prop
        self.key = prop.key
        self.expression = CompositeExpression(prop, manager, mapper)

    def __get__(self, obj: Any, owner: Any) -> Any:
        if obj is None:
            return self.expression
        values = obj.__dict__
        key = self.key
        found = values.get(key)
        parts = [getattr(obj, name) for name in self.prop.keys]
        if found is not None and list(self.prop.values_of(found)) == parts:
            return found
        if self.prop.is_nothing(parts):
            values.pop(key, None)
            return None
        made = values[key] = self.prop.class_or_factory(*parts)
        if self.prop.on_made is not None:
            self.prop.on_made(instance_state(obj), made)
        return made

    def __set__(self, obj: Any, value: Any) -> None:
        if listeners := self.expression.dispatch.set:
            former = self._former(obj)
            for listener in listeners:
                value = listener(instance_state(obj), value, former, self.expression)
        for name, part in zip(self.prop.keys, self.prop.parts_of(value), strict=True):
            setattr(obj, name, part)
        if value is None:
            obj.__dict__.pop(self.key, None)
        else:
            obj.__dict__[self.key] = value

    def _former(self, obj: Any) -> Any:
        """Return the value before a change, NO_VALUE if its columns are not loaded."""
        keys, values = self.prop.keys, obj.__dict__
        active = self.expression.manager.active_history.issuperset(keys)
        if self.key in values:
            return values[self.key]
        state = instance_state(obj)
        if all(key in values for key in keys) or (active and state.ident is not None):
            return self.__get__(obj, type(obj))
        return NO_VALUE

    def __delete__(self, obj: Any) -> None:
        self.__set__(obj, None)


def all_none(*parts: Any) -> bool:
    """Whether all of these are None: then a composite is None by default."""
    return all(part is None for part in parts)


class CompositeProperty(MapperProperty):
    """Several columns as one value; see `composite()`.

    keys: the names of the column attributes. class_or_factory: makes the value from them.
    return_none_on: called with the column values; True has the attribute be None.
    on_made: called with the state and a value made from columns, by what watches values.
    """

    is_attribute_only = True
    Comparator = CompositeComparator

    def __init__(
        self,
        class_or_attr: Any,
        *attrs: Any,
        return_none_on: Any = NOT_GIVEN,
        active_history: bool = False,
        deferred: bool = False,
        group: str | None = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.return_none_on = all_none if return_none_on is NOT_GIVEN else return_none_on
        self.active_history = active_history
        self.deferred = deferred or group is not None
        self.group = group
        self.on_made: Callable[[InstanceState, Any], None] | None = None
        self.class_or_factory: Callable[..., Any] = class_or_attr
        self.attrs: list[Any] = list(attrs)
        self.keys: list[str] = []

    def use_annotation(self, class_: Any) -> None:
        """Take the class from `Mapped[...]` if it was not given."""
        given = self.class_or_factory
        if given is None or not (isinstance(given, type) or callable(given)):
            self.attrs = [] if given is None else [given, *self.attrs]
            self.class_or_factory = class_

    def is_nothing(self, parts: Sequence[Any]) -> bool:
        """Whether these column values stand for no value object."""
        return self.return_none_on is not None and bool(self.return_none_on(*parts))

    def values_of(self, value: Any) -> tuple[Any, ...]:
        """Return the column values of a value object."""
        if hasattr(value, "__composite_values__"):
            return tuple(value.__composite_values__())
        if dataclasses.is_dataclass(value):
            return tuple(getattr(value, each.name) for each in dataclasses.fields(value))
        if isinstance(value, tuple):
            return tuple(value)
        raise exc.ArgumentError(
            f"{self}: {type(value).__name__} must be a dataclass, or have a method "
            "__composite_values__() which returns the column values."
        )

    def parts_of(self, value: Any) -> tuple[Any, ...]:
        """Return the column values of a value object or None."""
        return (None,) * len(self.keys) if value is None else self.values_of(value)

    def make_attribute(self, manager: ClassManager, mapper: Mapper) -> None:
        """Put the descriptor on the class."""
        manager.memoized = tuple({*manager.memoized, self.key})
        manager.put(self.key, CompositeAttribute(self, manager, mapper))

    def configure(self) -> None:
        """Find the attributes of the columns."""
        self.ensure_keys()
        if self.active_history:
            for each in self.parent.self_and_descendants:
                for key in self.keys:
                    each.class_manager.attributes[key].need_active_history()
        self.configured = True

    def ensure_keys(self) -> None:
        """Find the names of the column attributes."""
        self.keys = [self._key_of(each) for each in self.attrs]

    def _key_of(self, attr: Any) -> str:
        parent = self.parent
        if isinstance(attr, str):
            prop = parent.props.get(attr)
        else:
            column = getattr(attr, "column", attr)
            if isinstance(attr, QueryableAttribute):
                return attr.key
            if isinstance(attr, ColumnProperty):
                return attr.key
            prop = parent.props.get(parent.column_key.get(column, ""))
        if prop is None:
            raise exc.ArgumentError(
                f"{self}: {attr!r} is not a mapped column of {parent.class_.__name__}."
            )
        return prop.key

    @property
    def columns(self) -> list[Any]:
        """The columns."""
        return [self.parent.props[key].columns[0] for key in self.keys]  # type: ignore[attr-defined]

    def compose(self, *parts: Any) -> Any:
        """Return the value for column values, None where they stand for none."""
        return None if self.is_nothing(parts) else self.class_or_factory(*parts)

    def make_comparator(self, attribute: QueryableAttribute[Any]) -> Any:
        """Return the comparator."""
        self.parent.registry_configure()
        return (self.comparator_factory or CompositeComparator)(self, attribute.parent)


#: the name of the property's class in annotations and in `isinstance`, as for other properties
Composite = CompositeProperty
