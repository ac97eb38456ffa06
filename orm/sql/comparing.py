"""The comparisons of columns and mapped attributes with values, the most common expressions of all."""

from __future__ import annotations

from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Any

from orm.sql.operators import OperatorType
from orm.types.base import TypeEngine


class Comparing:
    """The six comparison operators by way of `_compare`, with nothing packed or unpacked on it."""

    __slots__ = ()

    def _compare(self, op: OperatorType, other: Any) -> Any:
        """`self op other`."""
        raise NotImplementedError

    if not TYPE_CHECKING:  # for type checkers SQLColumnExpression says what they give
        __hash__ = object.__hash__

        def __eq__(self, other):
            return self._compare(eq, other)

        def __ne__(self, other):
            return self._compare(ne, other)

        def __lt__(self, other):
            return self._compare(lt, other)

        def __le__(self, other):
            return self._compare(le, other)

        def __gt__(self, other):
            return self._compare(gt, other)

        def __ge__(self, other):
            return self._compare(ge, other)


def has_fixed_comparisons(column: Any) -> bool:
    """Return whether all comparisons of a column with values of one Python class differ in the value only.

    Not where the type decides by the value, where a comparator of the application makes them, nor where
    the key depends on the statement around.
    """
    table, type_ = column.table, column.type
    return (
        table is not None
        and table._keyed_by_identity
        and type_.comparator_factory.is_standard
        and type(type_).coerce_compared_value is TypeEngine.coerce_compared_value
    )
