"""MATCH ... AGAINST over several columns, in the modes of MySQL and MariaDB."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from orm import exc
from orm.sql.coercions import expect_expr
from orm.sql.elements import ColumnElement
from orm.sql.visitors import Kind, Traverse
from orm.types import Float


class match(ColumnElement[float]):
    """`MATCH (columns) AGAINST (text)`: a condition, or the relevance as a number.

        match(page.c.title, page.c.body, against="orm session").in_boolean_mode()

    columns: of one FULLTEXT index. Raises exc.ArgumentError without columns or `against`.
    """

    __visit_name__ = "mysql_match"
    _traverse: ClassVar[Traverse] = (
        ("columns", Kind.CHILDREN),
        ("against", Kind.CHILD),
        ("mode", Kind.PLAIN),
        ("expands", Kind.PLAIN),
    )

    type = Float()
    mode: str | None = None
    expands: bool = False

    def __init__(self, *columns: Any, against: Any = None) -> None:
        if not columns or against is None:
            raise exc.ArgumentError(
                "match() takes the columns of a full text index, and what to look for: match(a, b, against='word')."
            )
        self.columns = tuple(expect_expr(column) for column in columns)
        self.against = expect_expr(against, like=self.columns[0])

    def in_boolean_mode(self) -> Self:
        """A copy whose text has operators: `+must -not word*`."""
        return self._with(mode="BOOLEAN")

    def in_natural_language_mode(self) -> Self:
        """A copy whose text is plain words, which is what the databases do by default."""
        return self._with(mode="NATURAL LANGUAGE")

    def with_query_expansion(self) -> Self:
        """A copy that looks a second time, for words of the best rows. Not in boolean mode."""
        return self._with(expands=True)

    def _with(self, **changes: Any) -> Self:
        clone = self._clone()
        clone.__dict__.update(changes)
        if clone.mode == "BOOLEAN" and clone.expands:
            raise exc.ArgumentError("A match in boolean mode cannot be expanded.")
        return clone
