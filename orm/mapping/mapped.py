"""Mapped[...]: the annotation of a mapped attribute, for readers and type checkers.

On the class the attribute is an SQL expression, on an object its value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeAlias, overload

from orm.sql.column_expression import SQLColumnExpression
from orm.state.instrumented import InstrumentedAttribute
from orm.util.typevars import T, T_co

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orm.mapping.write_only import DynamicCollection, WriteOnlyCollection

#: what operators and functions take as a mapped attribute, for annotations
SQLORMExpression: TypeAlias = SQLColumnExpression[T]


class ORMDescriptor(Generic[T_co]):
    """For annotations: an attribute which is an SQL expression on its class and a value on objects."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> SQLColumnExpression[T_co]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> T_co: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...


if TYPE_CHECKING:

    class _Base(SQLColumnExpression[T_co], ORMDescriptor[T_co]):
        """An expression on the class, for type checkers."""
else:
    # what stands on classes at run time is an InstrumentedAttribute
    _Base = ORMDescriptor


class Mapped(_Base[T_co]):
    """`name: Mapped[str]`: an attribute that is mapped, of this type on objects."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> InstrumentedAttribute[T_co]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> T_co: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...

        def __set__(self, instance: Any, value: T_co) -> None: ...  # type: ignore[misc]

        def __delete__(self, instance: Any) -> None: ...


class DynamicMapped(Mapped[T_co]):
    """A collection that is a query: read, filtered, appended to, never loaded whole."""

    if TYPE_CHECKING:

        @overload  # type: ignore[override]
        def __get__(self, instance: None, owner: Any) -> InstrumentedAttribute[T_co]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> DynamicCollection[T_co]: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...

        def __set__(self, instance: Any, value: Iterable[T_co]) -> None: ...  # type: ignore[override]


class WriteOnlyMapped(Mapped[T_co]):
    """A collection that is written to and selected from, never loaded whole."""

    if TYPE_CHECKING:

        @overload  # type: ignore[override]
        def __get__(self, instance: None, owner: Any) -> InstrumentedAttribute[T_co]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> WriteOnlyCollection[T_co]: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...

        def __set__(self, instance: Any, value: Iterable[T_co]) -> None: ...  # type: ignore[override]
