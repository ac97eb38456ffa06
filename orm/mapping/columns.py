"""mapped_column(): a column in the body of a class, its type left to the annotation."""

from __future__ import annotations

from typing import Any, Generic

from orm.mapping.options import NO_OPTIONS, NOT_GIVEN, FieldOptions
from orm.mapping.properties import ColumnProperty, shown_default
from orm.schema.column import Column
from orm.sql.operators import ColumnOperators
from orm.util.typevars import T


class MappedColumn(ColumnOperators, Generic[T]):
    """A column under construction; becomes a Column and a ColumnProperty when mapped.

    column: the Column, without name or type where those are left to the class. sort_order:
    columns are created in this order, then in that of the class body.
    """

    def __init__(
        self,
        *args: Any,
        nullable: Any = NOT_GIVEN,
        deferred: Any = NOT_GIVEN,
        deferred_group: str | None = None,
        deferred_raiseload: bool | None = None,
        active_history: bool = False,
        use_existing_column: bool = False,
        sort_order: Any = NOT_GIVEN,
        field_options: FieldOptions = NO_OPTIONS,
        default: Any = NOT_GIVEN,
        **options: Any,
    ) -> None:
        self.nullable = nullable
        self.deferred = bool(deferred_group) if deferred is NOT_GIVEN else bool(deferred)
        self.deferred_group = deferred_group
        self.deferred_raiseload = bool(deferred_raiseload)
        self.active_history = active_history
        self.use_existing_column = use_existing_column
        self.sort_order = 0 if sort_order is NOT_GIVEN else sort_order
        self.has_sort_order = sort_order is not NOT_GIVEN
        self.field_options = field_options
        self.default = default
        #: whether a default is given here, be it None, which stands against that of an Annotated
        self.has_default = default is not NOT_GIVEN or "insert_default" in options
        self.attribute_default: Any = NOT_GIVEN
        if default is not NOT_GIVEN and "insert_default" not in options:
            options["default"] = default
        if nullable is not NOT_GIVEN and nullable is not None:
            options["nullable"] = nullable
        self.column: Column[Any] = Column(*args, **options)
        self.has_type = not self.column.type._isnull

    @property
    def foreign_keys(self) -> Any:
        """The foreign keys of the column."""
        return self.column.foreign_keys

    @property
    def name(self) -> Any:
        """The column's name, None until the class gives it."""
        return self.column.name

    def copy(self) -> MappedColumn:
        """Return the same for another class, as mixins need it."""
        made: MappedColumn = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.column = self.column._copy()
        return made

    def for_dataclass(self) -> MappedColumn:
        """Return the same, whose `default` is that of a field, too."""
        if self.field_options.default is NOT_GIVEN and self.default is not NOT_GIVEN:
            self.field_options = self.field_options._replace(default=self.default)
        return self

    def take_default(self, where: str, value: Any) -> bool:
        """Have the attribute show the default of a field; returns True, it is not to be set."""
        self.attribute_default = shown_default(value)
        return True

    def make_property(self) -> ColumnProperty:
        """Return the property of the finished column."""
        made = ColumnProperty(
            self.column,
            deferred=self.deferred,
            group=self.deferred_group,
            raiseload=self.deferred_raiseload,
            active_history=self.active_history,
            field_options=self.field_options,
        )
        made.attribute_default = self.attribute_default
        return made

    def __clause_element__(self) -> Any:
        return self.column

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator to the column, for expressions in the body of the class."""
        return op(self.column, *other, **kwargs)

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
        """Apply an operator with the column on the right."""
        return self.column.reverse_operate(op, other, **kwargs)

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "column":
            raise AttributeError(name)
        return getattr(self.column, name)

    def __repr__(self) -> str:
        return f"<MappedColumn {self.column!r}>"
