"""UNION, EXCEPT and INTERSECT of SELECTs."""

from __future__ import annotations

import enum
from typing import Any, ClassVar

from orm import exc
from orm.sql.coercions import to_element
from orm.sql.columns import ColumnCollection
from orm.sql.select import GenerativeSelect
from orm.sql.selectable import STATEMENTS
from orm.sql.subquery import SelectLabelStyle
from orm.sql.visitors import Kind, Traverse


class CompoundKeyword(enum.Enum):
    """The word between the SELECTs."""

    UNION = "UNION"
    UNION_ALL = "UNION ALL"
    EXCEPT = "EXCEPT"
    EXCEPT_ALL = "EXCEPT ALL"
    INTERSECT = "INTERSECT"
    INTERSECT_ALL = "INTERSECT ALL"


class CompoundSelect(GenerativeSelect):
    """`.selects` joined by `.keyword`; names and types of the columns are those of the first."""

    __visit_name__ = "compound_select"
    _traverse: ClassVar[Traverse] = (("keyword", Kind.PLAIN), ("selects", Kind.CHILDREN))

    def __init__(self, keyword: CompoundKeyword, *selects: Any) -> None:
        members = [_expect_select(item, keyword) for item in selects]
        if not members:
            raise exc.ArgumentError(f"{keyword.value} needs at least one SELECT")
        width = len(members[0]._selected_elements)
        for number, member in enumerate(members[1:], 2):
            if len(member._selected_elements) != width:
                raise exc.ArgumentError(
                    f"All SELECTs of a {keyword.value} select the same number of columns; number 1 has {width}, "
                    f"number {number} has {len(member._selected_elements)}"
                )
        self.keyword = keyword
        self.selects = tuple([_group_member(m) for m in members])
        if any(m.is_orm for m in members):
            self.is_orm = True

    @property
    def _selected_elements(self) -> tuple[Any, ...]:
        return self.selects[0]._selected_elements  # type: ignore[no-any-return]

    def corresponding_column(self, column: Any, require_embedded: bool = False) -> Any:
        """The result column which comes from `column` in one of the SELECTs, None if there is none."""
        own = list(self.exported_columns)
        for member in self.selects:
            theirs = member.exported_columns
            found = theirs.corresponding_column(column, require_embedded)
            if found is not None:
                place = [hash(item) for item in theirs].index(hash(found))
                return own[place]
        return None

    def _export_to(self, selectable: Any) -> ColumnCollection:
        made = super()._export_to(selectable)
        places = [place for place, n in enumerate(self._named_columns()) if n.name is not None]
        for place, column in zip(places, made, strict=True):
            # a column of a union comes from one column of each SELECT, that of the first before all
            column._proxies = tuple(
                [e for m in self.selects if (e := m._selected_elements[place])._is_column_element]
            )
            column._union_member = True
        return made

    @property
    def _label_style(self) -> SelectLabelStyle:
        return self.selects[0]._label_style  # type: ignore[no-any-return]

    @property
    def _raw_columns(self) -> tuple[Any, ...]:
        first = self.selects[0]
        first = getattr(first, "element", first)
        return first._raw_columns  # type: ignore[no-any-return]

    @property
    def column_descriptions(self) -> list[dict[str, Any]]:
        """Those of the first SELECT."""
        first = self.selects[0]
        return getattr(first, "element", first).column_descriptions  # type: ignore[no-any-return]

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        return tuple(f for member in self.selects for f in member._from_objects)


def _expect_select(item: Any, keyword: CompoundKeyword) -> Any:
    element = to_element(item)
    if element is None or not element._is_select_base:
        raise exc.ArgumentError(f"{keyword.value} takes SELECT statements, got {item!r}")
    return element


def _group_member(member: Any) -> Any:
    # A member with an order or limit of its own, and a union within a union, stand in parentheses.
    if isinstance(member, CompoundSelect):
        return member.self_group()
    if isinstance(member, GenerativeSelect) and (
        member._order_by or member._has_row_limiting_clause or member._for_update_arg is not None
    ):
        return member.self_group()
    return member


def union(*selects: Any) -> CompoundSelect:
    """The rows of all SELECTs, none twice."""
    return CompoundSelect(CompoundKeyword.UNION, *selects)


def union_all(*selects: Any) -> CompoundSelect:
    """The rows of all SELECTs."""
    return CompoundSelect(CompoundKeyword.UNION_ALL, *selects)


def except_(*selects: Any) -> CompoundSelect:
    """The rows of the first SELECT that are in none of the others."""
    return CompoundSelect(CompoundKeyword.EXCEPT, *selects)


def except_all(*selects: Any) -> CompoundSelect:
    """The rows of the first SELECT less those of the others, counting repetitions."""
    return CompoundSelect(CompoundKeyword.EXCEPT_ALL, *selects)


def intersect(*selects: Any) -> CompoundSelect:
    """The rows that all SELECTs have."""
    return CompoundSelect(CompoundKeyword.INTERSECT, *selects)


def intersect_all(*selects: Any) -> CompoundSelect:
    """The rows that all SELECTs have, counting repetitions."""
    return CompoundSelect(CompoundKeyword.INTERSECT_ALL, *selects)


STATEMENTS.update(
    {
        "union": union,
        "union_all": union_all,
        "except": except_,
        "except_all": except_all,
        "intersect": intersect,
        "intersect_all": intersect_all,
    }
)
