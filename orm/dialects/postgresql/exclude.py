"""ExcludeConstraint: no two rows whose values compare true with all of the given operators."""

from __future__ import annotations

import re
from typing import Any, Final

from orm import exc
from orm.schema.constraints import Constraint, as_column, columns_of, find_column, watch_columns
from orm.schema.index import move_expression
from orm.sql.text_clause import TextClause

_OPERATOR: Final = re.compile(r"[-+*/<>=~!@#%^&|`?]{1,63}\Z")


class ExcludeConstraint(Constraint):
    """`EXCLUDE USING gist (room WITH =, during WITH &&)`: bookings of one room do not overlap.

    elements: pairs of a column, its key or an expression, and the operator. using: the index method. where: a condition,
    text or expression, that limits the rows. ops: operator classes by column key.
    Raises exc.ArgumentError for an element that is no such pair.
    """

    __visit_name__ = "exclude_constraint"

    def __init__(
        self,
        *elements: tuple[Any, str],
        where: Any = None,
        using: str = "gist",
        ops: dict[str, str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._pending = [_checked(element) for element in elements]
        if not elements:
            raise exc.ArgumentError(
                "ExcludeConstraint() needs at least one pair (column, operator)."
            )
        self.elements: list[tuple[Any, str]] = []
        self.using = using
        self.where: Any = TextClause(where) if isinstance(where, str) else where
        self.ops = dict(ops or {})
        given = [column for element, _ in self._pending for column in columns_of(element)]
        names = [element for element, _ in self._pending if isinstance(element, str)]
        watch_columns(given, self._attach, wait=not names, names=names)

    @property
    def columns(self) -> list[Any]:
        """The columns that the elements mention, in order."""
        return [column for element, _ in self.elements for column in columns_of(element)]

    def _attach(self, table: Any) -> None:
        if getattr(self, "table", None) is None:
            table.append_constraint(self)

    def _set_parent(self, parent: Any) -> None:
        self.elements = [
            (find_column(parent, element, self) if isinstance(element, str) else element, operator)
            for element, operator in self._pending
        ]
        super()._set_parent(parent)

    def _copy(self, target_table: Any = None) -> ExcludeConstraint:
        def moved(element: Any) -> Any:
            if target_table is None or element is None or isinstance(element, str):
                return element
            return move_expression(element, self.table, target_table)

        return ExcludeConstraint(
            *[(moved(element), operator) for element, operator in self._pending],
            where=moved(self.where),
            using=self.using,
            ops=self.ops,
            name=self.name,
            deferrable=self.deferrable,
            initially=self.initially,
            comment=self.comment,
        )

    def __repr__(self) -> str:
        shown = ", ".join(f"({getattr(e, 'name', e)}, {op!r})" for e, op in self._pending)
        return f"ExcludeConstraint({shown}, using={self.using!r}, name={self.name!r})"


def _checked(pair: Any) -> tuple[Any, str]:
    if not isinstance(pair, tuple) or len(pair) != 2:
        raise exc.ArgumentError(
            f"ExcludeConstraint() takes pairs (column, operator), not {pair!r:.100}."
        )
    element, operator = as_column(pair[0]), pair[1]
    if not isinstance(operator, str) or not _OPERATOR.match(operator):
        raise exc.ArgumentError(f"{operator!r} is no operator of PostgreSQL, such as '=' or '&&'.")
    return element, operator
