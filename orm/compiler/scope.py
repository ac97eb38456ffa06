"""What one SELECT, UPDATE or DELETE knows while its parts are rendered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

# where a SELECT stands: as an expression or alone, in the FROM of another whose tables it cannot see, or where it can see them
BARE: Final = "bare"
IN_FROM: Final = "in_from"
LATERAL: Final = "lateral"


class Scope:
    """A statement being rendered, and which FROM objects can be seen inside it.

    select: the statement. froms: its FROM list. parent: the scope of the statement around it, or None.
    own: the FROM objects of this statement, the members of joins included. outer: those of all statements around it.
    visible: both. labels: label name to the element that it was given to.
    references: FROM object to the name by which columns refer to it.
    renamed: tables of `own` which get another name here, because a table of another schema is called the same.
    is_source: others select from this statement, so that its columns are written with the names by which they do.
    """

    __slots__ = (
        "froms",
        "is_source",
        "is_top",
        "labels",
        "outer",
        "own",
        "references",
        "renamed",
        "select",
        "visible",
    )

    def __init__(
        self, select: Any, froms: list[Any], parent: Scope | None, is_source: bool = False
    ) -> None:
        self.select = select
        self.froms = froms
        self.is_top = parent is None
        self.is_source = is_source
        self.own: frozenset[Any] = _with_members(froms)
        self.outer: frozenset[Any] = parent.visible if parent is not None else _NOTHING
        self.visible: frozenset[Any] = self.own | self.outer if self.outer else self.own
        self.labels: dict[str, Any] = {}
        self.references: dict[Any, str] = {}
        self.renamed: frozenset[Any] = _same_named(self.own)


class WithLevel:
    """One WITH: the common table expressions that are defined in front of one statement.

    texts: name to definition, in the order in which they were completed. defined: name to the CTE, also while its definition is
    being rendered. recursive: the word RECURSIVE is needed. outer: the FROM objects around that statement to which it may
    refer.
    """

    __slots__ = ("defined", "outer", "recursive", "texts")

    def __init__(self, outer: frozenset[Any] = frozenset()) -> None:
        self.outer = outer
        self.texts: dict[str, str] = {}
        self.defined: dict[str, Any] = {}
        self.recursive = False

    def with_text(self) -> str:
        """`WITH ...`, or nothing."""
        if not self.texts:
            return ""
        definitions = ", \n".join(self.texts.values())
        return f"WITH {'RECURSIVE ' if self.recursive else ''}{definitions}\n "


_NOTHING: frozenset[Any] = frozenset()


def _same_named(froms: frozenset[Any]) -> frozenset[Any]:
    """The tables without a schema that have the name of one with a schema."""
    tables = [item for item in froms if item.__visit_name__ == "table"]
    qualified = {table.name for table in tables if table.schema}
    if not qualified:
        return _NOTHING
    return frozenset(table for table in tables if not table.schema and table.name in qualified)


def _with_members(froms: Iterable[Any]) -> frozenset[Any]:
    found: list[Any] = []
    for item in froms:
        found.append(item)
        found += item._from_objects
    return frozenset(found)
