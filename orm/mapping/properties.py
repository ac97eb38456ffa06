"""Mapped properties: what an attribute of a mapped class means. The base, and columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic

from orm import exc
from orm.inspection import Inspected
from orm.mapping.options import NO_OPTIONS, NOT_GIVEN, FieldOptions
from orm.sql.coercions import to_element
from orm.sql.operators import ColumnOperators
from orm.state.attributes import ScalarAttribute
from orm.state.class_manager import ClassManager
from orm.state.instrumented import InstrumentedAttribute, QueryableAttribute
from orm.types.base import TypeEngine
from orm.util.collections import EMPTY_MAP
from orm.util.typevars import T

if TYPE_CHECKING:
    from orm.mapping.mapper import Mapper


class PropComparator(ColumnOperators):
    """The operators of a mapped attribute. Subclass it for a `comparator_factory`.

    prop: the property. parententity: the mapper or alias whose attribute it is.
    """

    def __init__(self, prop: Any, parententity: Any) -> None:
        self.prop = prop
        self.parententity = parententity

    def __clause_element__(self) -> Any:
        return self.prop.element_for(self.parententity)

    @property
    def expressions(self) -> list[Any]:
        """All columns of the property."""
        return list(getattr(self.prop, "columns", ()))

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator to the SQL element."""
        return op(self.__clause_element__(), *other, **kwargs)

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
        """Apply an operator with this on the right."""
        return self.__clause_element__().reverse_operate(op, other, **kwargs)

    def adapt_to_entity(self, entity: Any) -> Any:
        """Return the same operators for an alias."""
        return type(self)(self.prop, entity)

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("prop", "parententity"):
            raise AttributeError(name)
        return getattr(self.__clause_element__(), name)


class MapperProperty(Inspected):
    """The base of all properties.

    key: the attribute's name, and parent: the mapper, both given by the mapper.
    plain_elements: mapper -> the element its attribute stands for, where that alone knows the
    operators, as far as they are made.
    """

    plain_elements: Mapping[Any, Any] = EMPTY_MAP

    is_column = False
    is_relationship = False
    is_property = True
    is_attribute_only = False
    strategy_wildcard_key = "column"

    key: str
    parent: Mapper

    def __init__(
        self,
        *,
        doc: str | None = None,
        info: dict[Any, Any] | None = None,
        field_options: FieldOptions = NO_OPTIONS,
        comparator_factory: Any = None,
    ) -> None:
        self.doc = doc
        self._info = info
        self.field_options = field_options
        self.comparator_factory = comparator_factory
        self.configured = False

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary for the application's use."""
        if self._info is None:
            self._info = {}
        return self._info

    def attach(self, mapper: Mapper, key: str) -> None:
        """Become the property `key` of a mapper. Raises exc.ArgumentError if it is another's."""
        if "parent" in self.__dict__ and self.parent is not mapper:
            raise exc.ArgumentError(
                f"{mapper.class_.__name__}.{key}: this property is already {self}. Write a new one "
                "for each class, or use @declared_attr on a mixin."
            )
        self.key = key
        self.parent = mapper

    def make_attribute(self, manager: ClassManager, mapper: Mapper) -> None:
        """Put the attribute on the class of a mapper: ours, or one that inherits from it."""
        attribute: InstrumentedAttribute[Any] = InstrumentedAttribute(
            self.key, manager, mapper, self
        )
        manager.add_attribute(attribute)

    def ensure_configured(self) -> None:
        """Configure the mappers if this property needs it and they are not."""
        if not self.configured:
            self.parent.registry_configure()

    def configure(self) -> None:
        """Do what needs the other mappers."""
        self.configured = True

    def take_default(self, where: str, value: Any) -> bool:
        """Take the default of a dataclass field, given for the attribute `where`.

        Returns whether an object without value shows it, so that it need not be set.
        """
        return value is None

    def make_comparator(self, attribute: QueryableAttribute[Any]) -> Any:
        """Return the object with the operators of an attribute of this property."""
        raise NotImplementedError

    @property
    def class_attribute(self) -> Any:
        """The attribute on the mapped class."""
        return getattr(self.parent.class_, self.key)

    def __str__(self) -> str:
        parent = self.__dict__.get("parent")
        owner = parent.class_.__name__ if parent is not None else "?"
        return f"{owner}.{self.__dict__.get('key', '?')}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"


class ColumnProperty(MapperProperty, Generic[T]):
    """An attribute that holds a column's value, or that of an SQL expression.

    columns: the column, and in joined inheritance the same-named ones of the tables above.
    deferred: loaded on access. group: deferred columns that are loaded together.
    raiseload: reading it when it is not loaded raises. active_history: the old value is
    loaded before a new one is set. attribute_default: what an object without value shows.
    """

    is_column = True
    is_query_expression = False
    Comparator = PropComparator

    def __init__(
        self,
        column: Any,
        *additional: Any,
        deferred: bool = False,
        group: str | None = None,
        raiseload: bool = False,
        active_history: bool = False,
        expire_on_flush: bool = True,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.columns: list[Any] = [_to_column(each) for each in (column, *additional)]
        self.deferred = deferred or group is not None
        self.group = group
        self.raiseload = raiseload
        self.active_history = active_history
        self.expire_on_flush = expire_on_flush
        self.attribute_default: Any = NOT_GIVEN
        self._elements: dict[Any, Any] = {}
        if self.comparator_factory is None:
            self.plain_elements = self._elements

    @property
    def expression(self) -> Any:
        """The column or SQL expression."""
        return self.columns[0]

    @property
    def is_expression(self) -> bool:
        """Whether it is an SQL expression, which cannot be written."""
        return bool(self.columns[0].__visit_name__ != "column")

    def take_default(self, where: str, value: Any) -> bool:
        """Have the attribute show the default of a field; returns True, it is not to be set."""
        self.attribute_default = shown_default(value)
        return True

    @property
    def is_table_column(self) -> bool:
        """Whether it is a column of the mapper's tables, not an expression."""
        return self.columns[0] in self.parent.column_key

    def attach(self, mapper: Mapper, key: str) -> None:
        """Become the property `key`; a bare SQL expression gets that name as label."""
        super().attach(mapper, key)
        first = self.columns[0]
        if not hasattr(first, "table") and first.__visit_name__ != "label":
            self.columns[0] = first.label(None)

    def make_attribute(self, manager: ClassManager, mapper: Mapper) -> None:
        """Put the attribute on the class, ready for use at once."""
        super().make_attribute(manager, mapper)
        attribute = manager.attributes[self.key]
        impl = ScalarAttribute(self.key, manager, attribute.dispatch, self)
        impl.deferred = self.deferred
        impl.group = self.group
        impl.active_history = self.active_history
        if self.attribute_default is not NOT_GIVEN:
            impl.default = self.attribute_default
        compare = getattr(self.columns[0].type, "compare_values", None)
        if compare is not None and not _compares_plainly(self.columns[0].type):
            impl.compare = compare
        manager.add_impl(impl)
        attribute._doc = self.doc or getattr(self.columns[0], "doc", None)

    def ensure_configured(self) -> None:
        """Columns need no other mapper."""

    def element_for(self, entity: Any) -> Any:
        """Return the column as an element annotated with the mapper or alias it belongs to."""
        found = self._elements.get(entity)
        if found is None:
            found = entity.adapt(self.columns[0])._annotate(
                {"parententity": entity, "parentmapper": entity.mapper, "proxy_key": self.key}
            )
            if entity.is_mapper:
                self._elements[entity] = found
        return found

    def make_comparator(self, attribute: QueryableAttribute[Any]) -> Any:
        """Return the comparator; without an own factory the annotated column does it all."""
        factory = self.comparator_factory
        return (factory or PropComparator)(self, attribute.parent)


def shown_default(value: Any) -> Any:
    """Return what an attribute shows for a field's default: nothing if that makes values of its own."""
    return NOT_GIVEN if hasattr(value, "is_sequence") or hasattr(value, "is_callable") else value


def _compares_plainly(type_: Any) -> bool:
    return getattr(type(type_), "compare_values", None) is TypeEngine.compare_values


def _to_column(value: Any) -> Any:
    element = to_element(value)
    if element is None:
        raise exc.ArgumentError(
            f"column_property() takes a column or an SQL expression, not {value!r:.80}."
        )
    if element._is_select_base:
        return element.scalar_subquery()  # type: ignore[attr-defined]
    return element


#: the name under which annotations know it
MappedSQLExpression = ColumnProperty
