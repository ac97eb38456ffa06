"""`distinct_on(...)`: PostgreSQL's SELECT DISTINCT ON, as a syntax extension."""

from __future__ import annotations

from typing import Any, ClassVar

from orm import exc
from orm.sql.coercions import expect_by_list
from orm.sql.extensions import SyntaxExtension
from orm.sql.visitors import ClauseElement, Kind, Traverse


class DistinctOn(SyntaxExtension, ClauseElement):
    """The expressions of which the first row of each combination is returned: `.expressions`."""

    __visit_name__ = "distinct_on"
    _traverse: ClassVar[Traverse] = (("expressions", Kind.CHILDREN),)

    def __init__(self, *expr: Any) -> None:
        self.expressions = expect_by_list(expr)

    def apply_to_select(self, select_stmt: Any) -> None:
        """The same as `distinct(*expressions)`; see PostgreSQL's documentation of SELECT."""
        select_stmt._distinct = True
        select_stmt._distinct_on = select_stmt._distinct_on + self.expressions


def distinct_on(*expr: Any) -> DistinctOn:
    """`SELECT DISTINCT ON (expr, ...)`: `select(t).ext(distinct_on(t.c.a)).order_by(t.c.a, t.c.b)`.

    Of the rows which are equal in these expressions the first in order is returned. Raises exc.ArgumentError without any.
    """
    if not expr:
        raise exc.ArgumentError(
            "distinct_on() takes at least one expression; distinct() compares whole rows."
        )
    return DistinctOn(*expr)


__all__ = ["DistinctOn", "distinct_on"]
