"""Composites: several columns seen as one value object."""

from __future__ import annotations

import operator as operators
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic

from orm import exc
from orm.event.dispatch import Dispatch
from orm.mapping.options import NOT_GIVEN
from orm.mapping.properties import ColumnProperty, MapperProperty, PropComparator
from orm.sql.expression import and_
from orm.state.class_manager import ClassManager
from orm.state.events import AttributeDispatch
from orm.state.history import History
from orm.state.instance_state import InstanceState, instance_state
from orm.state.instrumented import QueryableAttribute
from orm.state.markers import DONT_SET, INIT_OK, NO_VALUE, PASSIVE_OFF, LoaderCallableStatus
from orm.util.typevars import T

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
        return self._compare(operators.eq, other)

    def __lt__(self, other: Any) -> Any:
        return self._compare(operators.lt, other)

    def __le__(self, other: Any) -> Any:
        return self._compare(operators.le, other)

    def __gt__(self, other: Any) -> Any:
        return self._compare(operators.gt, other)

    def __ge__(self, other: Any) -> Any:
        return self._compare(operators.ge, other)

    def __ne__(self, other: Any) -> Any:
        if other is None:
            return self._compare(operators.ne, None)
        return ~(self == other)

    def _compare(self, op: Any, other: Any) -> Any:
        """Return the conjunction of one comparison for each column."""
        columns = self.columns
        values = [None] * len(columns)
        if isinstance(other, QueryableAttribute):
            values = other.comparator.columns
        elif other is not None:
            values = self.prop.values_of(other)
        return and_(*(op(column, value) for column, value in zip(columns, values, strict=True)))

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator: a comparison to each column, others to all together."""
        own = _COMPARISONS.get(op)
        if own is not None and other:
            return getattr(self, own)(other[0])
        return super().operate(op, *other, **kwargs)

    def _update_pairs(self, value: Any) -> Iterator[tuple[Any, Any]]:
        """Yield the (column attribute, value) pairs which INSERT and UPDATE set for a value."""
        yield from zip(self.columns, self.prop.parts_of(value), strict=True)

    def __hash__(self) -> int:
        return object.__hash__(self)


_COMPARISONS = {
    operators.eq: "__eq__",
    operators.ne: "__ne__",
    operators.lt: "__lt__",
    operators.le: "__le__",
    operators.gt: "__gt__",
    operators.ge: "__ge__",
}


class CompositeExpression(QueryableAttribute[Any]):
    """A composite of a mapped class in a statement; its events are listened to here."""

    __slots__ = ("dispatch", "impl", "manager", "propagates")

    def __init__(self, prop: CompositeProperty, manager: ClassManager, mapper: Mapper) -> None:
        super().__init__(prop.key, manager.class_, mapper, prop)
        self.manager = manager
        self.dispatch: Dispatch = AttributeDispatch()
        self.impl = CompositeAttribute(prop, manager, self)
        self.propagates = False

    def listening(self) -> Dispatch:
        """Return the dispatch; writes of a composite always pass by it."""
        return self.dispatch

    def need_active_history(self) -> None:
        """Have the old values of the columns loaded before new ones are set."""
        self.impl.active_history = True

    def label(self, name: str | None) -> Any:
        """Return the composite under another name in rows."""
        return self.__clause_element__()._annotate({"proxy_key": name})


class CompositeAttribute:
    """What does the work of a composite on one class, and the descriptor of objects.

    active_history: the former value is loaded before a new one is set.
    """

    is_attribute = True
    is_column = False
    collection = False

    def __init__(
        self, prop: CompositeProperty, manager: ClassManager, expression: CompositeExpression
    ) -> None:
        self.prop = prop
        self.key = prop.key
        self.manager = manager
        self.expression = expression
        self.dispatch = expression.dispatch
        self.noted_as = f"{expression.key}()"
        self._active_history = False

    @property
    def active_history(self) -> bool:
        """Whether former values are loaded."""
        return self._active_history

    @active_history.setter
    def active_history(self, value: bool) -> None:
        self._active_history = value
        for key in self.prop.keys if value else ():
            self.manager.attributes[key].need_active_history()

    def __get__(self, obj: Any, owner: Any) -> Any:
        if obj is None:
            return self.expression
        return self.get(instance_state(obj), obj.__dict__)

    def __set__(self, obj: Any, value: Any) -> None:
        self.set(instance_state(obj), obj.__dict__, value)

    def __delete__(self, obj: Any) -> None:
        self.delete(instance_state(obj), obj.__dict__)

    def get(self, state: InstanceState, values: dict[str, Any], passive: int = PASSIVE_OFF) -> Any:
        """Return the value of the present column values, NO_VALUE if `passive` lets none be loaded."""
        prop, key = self.prop, self.key
        impls = self.manager.impls
        parts = [impls[name].get(state, values, passive) for name in prop.keys]
        if any(isinstance(part, LoaderCallableStatus) for part in parts):
            return NO_VALUE
        found = values.get(key, NO_VALUE)
        if found is None and all_none(*parts):
            return None
        if found and list(prop.values_of(found)) == parts:
            return found
        if prop.is_nothing(parts):
            values.pop(key, None)
            return None
        made = values[key] = prop.class_or_factory(*parts)
        if prop.on_made is not None:
            prop.on_made(state, made)
        return made

    def set(
        self,
        state: InstanceState,
        values: dict[str, Any],
        value: Any,
        initiator: Any = None,
        passive: int = PASSIVE_OFF,
    ) -> None:
        """Set the columns by a value, or to None."""
        if value is DONT_SET:
            return
        if listeners := self.dispatch.set:
            former = self._former(state, values)
            for listener in listeners:
                value = listener(state, value, former, initiator or self)
        obj = state.obj()
        for name, part in zip(self.prop.keys, self.prop.parts_of(value), strict=True):
            setattr(obj, name, part)
        values[self.key] = value

    def _former(self, state: InstanceState, values: dict[str, Any]) -> Any:
        """Return the value before a change, NO_VALUE if it is not loaded, or was never asked for."""
        if self.key in values:
            return values[self.key]
        keys = self.prop.keys
        if self.active_history or self.manager.active_history.issuperset(keys):
            parts = [getattr(state.obj(), key) for key in keys]
            return self.prop.class_or_factory(*parts)
        if all(key in values for key in keys):
            return self.get(state, values)
        return NO_VALUE

    def delete(self, state: InstanceState, values: dict[str, Any]) -> None:
        """Set the columns to None."""
        if listeners := self.dispatch.remove:
            former = self._former(state, values)
            for listener in listeners:
                listener(state, former, self)
        obj = state.obj()
        for name in self.prop.keys:
            setattr(obj, name, None)
        values.pop(self.key, None)

    def set_committed_value(self, state: InstanceState, values: dict[str, Any], value: Any) -> Any:
        """Set the columns as coming from the database: no event, no change."""
        parts = self.prop.parts_of(value)
        for name, part in zip(self.prop.keys, parts, strict=True):
            self.manager.impls[name].set_committed_value(state, values, part)
        values[self.key] = value
        return value

    def get_history(
        self, state: InstanceState, values: dict[str, Any], passive: int = PASSIVE_OFF
    ) -> History:
        """Return the History of the value, made of those of its columns."""
        prop = self.prop
        found = [
            self.manager.impls[key].get_history(state, values, passive & ~INIT_OK)
            for key in prop.keys
        ]
        added = [_only(each.non_deleted()) for each in found]
        if not any(each.has_changes() for each in found):
            return History((), [prop.compose(*added)], ())
        deleted = [_only(each.non_added()) for each in found]
        return History([prop.class_or_factory(*added)], (), [prop.class_or_factory(*deleted)])

    def __repr__(self) -> str:
        return f"{self.manager.class_.__name__}.{self.key}"


def _only(values: Sequence[Any]) -> Any:
    return values[0] if values else None


def all_none(*parts: Any) -> bool:
    """Whether all of these are None: then a composite is None by default."""
    return all(part is None for part in parts)


class CompositeProperty(MapperProperty, Generic[T]):
    """Several columns as one value; see `composite()`.

    keys: the names of the column attributes. class_or_factory: makes the value from them.
    return_none_on: called with the column values; True has the attribute be None. By default
    that is where all are None, if the annotation allows None, and else never.
    column_template: the names of columns which are not written, made of those of fields.
    on_made: called with the state and a value made from columns, by what watches values.
    """

    is_attribute_only = True
    Comparator = CompositeComparator

    def __init__(
        self,
        class_or_attr: Any,
        *attrs: Any,
        return_none_on: Any = NOT_GIVEN,
        column_template: str | None = None,
        active_history: bool = False,
        deferred: bool = False,
        group: str | None = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.comparator_factory = self.comparator_factory or CompositeComparator
        self._return_none_on = return_none_on
        self.may_be_none = False
        self.column_template = column_template
        if column_template is not None:
            _check_template(column_template)
        self.active_history = active_history
        self.deferred = deferred or group is not None
        self.group = group
        self.on_made: Callable[[InstanceState, Any], None] | None = None
        self.class_or_factory: Callable[..., Any] = class_or_attr
        self.attrs: list[Any] = list(attrs)
        self.keys: list[str] = []

    @property
    def return_none_on(self) -> Callable[..., bool] | None:
        """What tells the column values for which the attribute is None, or None for never."""
        if self._return_none_on is NOT_GIVEN:
            return all_none if self.may_be_none else None
        found: Callable[..., bool] | None = self._return_none_on
        return found

    def take_default(self, where: str, value: Any) -> bool:
        """Show None, the default of a dataclass field, where the columns have no value."""
        if value is None:
            self.may_be_none = True
        return value is None

    def use_annotation(self, class_: Any, optional: bool = False) -> None:
        """Take the class from `Mapped[...]` if it was not given, and whether there may be none."""
        self.may_be_none = optional
        given = self.class_or_factory
        if given is None or not (isinstance(given, type) or callable(given)):
            self.attrs = [] if given is None else [given, *self.attrs]
            self.class_or_factory = class_

    def is_nothing(self, parts: Sequence[Any]) -> bool:
        """Whether these column values stand for no value object."""
        check = self.return_none_on
        return check is not None and bool(check(*parts))

    def values_of(self, value: Any) -> tuple[Any, ...]:
        """Return the column values of a value object."""
        if hasattr(value, "__composite_values__"):
            return tuple(value.__composite_values__())
        if hasattr(value, "__dataclass_fields__"):
            from dataclasses import fields  # loaded by whoever made the class

            return tuple(getattr(value, each.name) for each in fields(value))
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
        made = CompositeExpression(self, manager, mapper).impl
        manager.composed[self.key] = made
        manager.put(self.key, made)

    def configure(self) -> None:
        """Find the attributes of the columns."""
        self.ensure_keys()
        for mapper in self.parent.self_and_descendants:
            manager = mapper.class_manager
            if self.active_history:
                for key in self.keys:
                    manager.attributes[key].need_active_history()
            if self.deferred:
                self._defer(manager)
        self.configured = True

    def _defer(self, manager: ClassManager) -> None:
        for key in self.keys:
            for column in (manager.impls[key], manager.attributes[key].prop):
                column.deferred, column.group = True, self.group
        manager.refresh_names()

    def ensure_keys(self) -> None:
        """Find the names of the column attributes."""
        self.keys = [self._key_of(each) for each in self.attrs]

    def _key_of(self, attr: Any) -> str:
        parent = self.parent
        if isinstance(attr, str):
            prop = parent.props.get(attr)
        else:
            if isinstance(attr, (QueryableAttribute, ColumnProperty)):
                return attr.key
            column = getattr(attr, "column", attr)
            if isinstance(column, (tuple, list)):
                raise exc.ArgumentError(
                    f"{self}: composite() takes columns, attributes and names of attributes, each an "
                    f"argument of its own, not {attr!r:.80}."
                )
            prop = parent.props.get(parent.column_key.get(column, ""))
        if prop is None:
            raise exc.ArgumentError(
                f"{self}: {attr!r} is not a mapped column of {parent.class_.__name__}."
            )
        return prop.key

    @property
    def column_keys(self) -> list[str]:
        """The names of the column attributes, the mappers configured."""
        self.ensure_configured()
        return self.keys

    @property
    def props(self) -> list[Any]:
        """The properties of the columns."""
        return [self.parent.props[key] for key in self.keys]

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
        return self.comparator_factory(self, attribute.parent)


def _check_template(template: str) -> None:
    try:
        made = template % ("",)
    except (TypeError, ValueError, KeyError):
        made = template
    if made == template:
        raise exc.ArgumentError(
            f"composite(column_template={template!r}) names columns by the fields of the class; it has "
            'one %s for their names: column_template="home_%s".'
        )


#: the name of the property's class in annotations and in `isinstance`, as for other properties
Composite = CompositeProperty
