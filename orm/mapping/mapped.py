"""Mapped[...]: the annotation of a mapped attribute, for readers and type checkers.

On the class the attribute is an SQL expression, on an object its value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from orm.state.instrumented import InstrumentedAttribute

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", bound=Any, covariant=True)

if TYPE_CHECKING:
    from orm.sql.operators import ColumnOperators as _Base
else:

    class _Base:
        """Nothing: what stands on classes at run time is an InstrumentedAttribute."""


class Mapped(_Base, Generic[_T_co]):
    """`name: Mapped[str]`: an attribute that is mapped, of this type on objects."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> InstrumentedAttribute[_T_co]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> _T_co: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...

        def __set__(self, instance: Any, value: _T_co) -> None: ...  # type: ignore[misc]

        def __delete__(self, instance: Any) -> None: ...


class DynamicMapped(Mapped[_T_co]):
    """A collection that is a query: read, filtered, appended to, never loaded whole."""


class WriteOnlyMapped(Mapped[_T_co]):
    """A collection that is written to and selected from, never loaded whole."""
