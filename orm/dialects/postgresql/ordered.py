"""`aggregate_order_by(...)`: the order in which an aggregate function takes its rows."""

from __future__ import annotations

from typing import Any, ClassVar, Generic

from orm import exc
from orm.dialects.postgresql.types import ARRAY
from orm.sql.coercions import expect_by_list, expect_expr
from orm.sql.elements import ColumnElement
from orm.sql.functions import func
from orm.sql.lists import ClauseList
from orm.sql.operators import comma_op
from orm.sql.visitors import Kind, Traverse
from orm.types.base import NULLTYPE
from orm.util.typevars import T


class aggregate_order_by(ColumnElement[T], Generic[T]):
    """The argument of an aggregate with its order: `func.array_agg(aggregate_order_by(t.c.a, t.c.b.desc()))`.

    target: the argument; of several the last. order_by: as for select().order_by().
    Raises exc.ArgumentError without an order.
    """

    __visit_name__ = "aggregate_order_by"
    _traverse: ClassVar[Traverse] = (("target", Kind.CHILD), ("order_by", Kind.CHILD))

    def __init__(self, target: Any, *order_by: Any) -> None:
        if not order_by:
            raise exc.ArgumentError(
                "aggregate_order_by() takes the argument of the function and at least one expression to order by."
            )
        self.target: ColumnElement[T] = expect_expr(target)
        self.order_by = ClauseList(
            *expect_by_list(order_by), operator=comma_op, group_contents=False
        )
        self.type = self.target.type

    def self_group(self, against: Any = None) -> Any:
        """It stands between the brackets of its function."""
        return self


def array_agg(*args: Any, **kw: Any) -> Any:
    """`func.array_agg(...)` whose result has the operators of PostgreSQL's arrays: contains(), overlap() ..."""
    target = getattr(args[0], "type", None) if args else None
    kw.setdefault("type_", ARRAY(NULLTYPE if target is None else target))
    return func.array_agg(*args, **kw)


__all__ = ["aggregate_order_by", "array_agg"]
