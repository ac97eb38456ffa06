"""`array([...])`: an array written out in a statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from orm.dialects.postgresql.types import ARRAY
from orm.sql.coercions import expect_expr
from orm.sql.elements import ColumnElement
from orm.sql.lists import ClauseList
from orm.sql.operators import comma_op
from orm.sql.visitors import Kind, Traverse
from orm.types.base import NULLTYPE, TypeEngine, to_instance


class array(ColumnElement[Any]):
    """`ARRAY[a, b, ...]` of expressions and values; lists within it give further dimensions.

    type_: the type of the items, by default that of the first which has one. An empty array
    needs it, and is written with its cast.
    """

    __visit_name__ = "pg_array"
    _traverse: ClassVar[Traverse] = (("clauses", Kind.CHILD), ("type", Kind.TYPE))

    def __init__(self, clauses: Iterable[Any], *, type_: Any = None) -> None:
        given = None if type_ is None else to_instance(type_)
        items = [
            array(item, type_=given)
            if isinstance(item, list | tuple)
            else expect_expr(item, type_=given)
            for item in clauses
        ]
        nested = [item.type for item in items if isinstance(item, array)]
        self.clauses = ClauseList(*items, operator=comma_op, group_contents=False)
        if nested:
            inner: Any = nested[0]
            self.type = ARRAY(inner.item_type, dimensions=(inner.dimensions or 1) + 1)
        else:
            self.type = ARRAY(given or _type_of(items))

    def self_group(self, against: Any = None) -> Any:
        """Brackets are grouping enough."""
        return self


def _type_of(items: list[Any]) -> TypeEngine:
    return next((item.type for item in items if not item.type._isnull), NULLTYPE)


__all__ = ["array"]
