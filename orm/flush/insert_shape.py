"""InsertShape: how the rows of one mapper go into one of its tables.

Columns fall into three classes. *Always*: written for every object, None if it has no
value. *Optional*: written only where the object has a value, because the database makes
one otherwise (keys it numbers, server defaults). *Never*: computed by the database. Which
optional columns an object has is its *mask*; the objects of one mask share a statement.
"""

from __future__ import annotations

from typing import Any

from orm import exc
from orm.mapping.options import NOT_GIVEN
from orm.sql.adapt import criterion_as_pairs


class ColumnPlan:
    """One column, with the attribute that holds its value.

    fill: called with a DefaultContext for a value where the object has none, or None.
    keeps_none: an explicit None is written as it is (JSON's null), no default is used.
    """

    __slots__ = ("column", "fill", "keeps_none", "key")

    def __init__(self, key: str, column: Any, fill: Any = None, keeps_none: bool = False) -> None:
        self.key = key
        self.column = column
        self.fill = fill
        self.keeps_none = keeps_none


class InsertShape:
    """The columns of one table as a mapper writes them; made once per mapper and table.

    fetched: attributes whose value the database makes when the object has none.
    inherited: (attribute of a parent's table, attribute of this one) pairs which are equal in
    joined inheritance, where they go by different names.
    """

    __slots__ = (
        "always",
        "autokey",
        "defaulted",
        "extract",
        "inherited",
        "mapper",
        "never",
        "optional",
        "refers_to_itself",
        "table",
    )

    def __init__(self, mapper: Any, table: Any) -> None:
        self.mapper = mapper
        self.table = table
        self.always: list[ColumnPlan] = []
        self.optional: list[ColumnPlan] = []
        self.never: list[ColumnPlan] = []
        self.autokey: ColumnPlan | None = None
        self.extract: Any = None
        for column in table.columns:
            key = mapper.column_key.get(column)
            if key is not None:
                self._add(key, column)
        self.refers_to_itself = refers_to_itself(table)
        self.inherited = inherited_keys(mapper, table)
        self.defaulted = [plan for plan in self.always if plan.fill is not None]

    def _add(self, key: str, column: Any) -> None:
        mapper = self.mapper
        plan = ColumnPlan(key, column, keeps_none=bool(column.type.should_evaluate_none))
        default = column.default
        if column.computed is not None or column.system:
            self.never.append(plan)
        elif column is mapper.version_id_col and mapper.version_id_generator:
            plan.fill = _first_version(mapper.version_id_generator)
            self.always.append(plan)
        elif column is mapper.polymorphic_on and mapper.polymorphic_identity is not None:
            plan.fill = _constant(mapper.polymorphic_identity)
            self.always.append(plan)
        elif _shown_default(mapper.props[key]) is not None:
            plan.fill = _constant(mapper.props[key].attribute_default)
            self.always.append(plan)
        elif default is not None and not getattr(default, "is_clause_element", False):
            if getattr(default, "is_sequence", False):
                self.optional.append(plan)
            else:
                plan.fill = default.arg if default.is_callable else _constant(default.arg)
                self.always.append(plan)
        elif column is self.table.autoincrement_column and default is None:
            self.autokey = plan
            self.optional.append(plan)
        elif default is not None or _made_by_server(column) or column is mapper.version_id_col:
            self.optional.append(plan)
        else:
            self.always.append(plan)

    def columns_of(self, mask: int) -> list[ColumnPlan]:
        """Return the columns written for a mask, in the order of extracted rows."""
        chosen = [plan for bit, plan in enumerate(self.optional) if mask >> bit & 1]
        return [*self.always, *chosen]

    def missing_of(self, mask: int) -> list[ColumnPlan]:
        """Return the columns whose value the database makes for this mask."""
        left = [plan for bit, plan in enumerate(self.optional) if not mask >> bit & 1]
        return [*left, *self.never]

    def __repr__(self) -> str:
        return f"<InsertShape {self.mapper.class_.__name__} into {self.table.name}>"


def refers_to_itself(table: Any) -> bool:
    """Return whether a row may refer to one that was added before it, by a foreign key which the application sets."""
    try:
        return any(key.column.table is table for key in table.foreign_keys)
    except exc.NoReferenceError:
        return False


def inherited_keys(mapper: Any, table: Any) -> tuple[tuple[str, str], ...]:
    """Return (attribute of a parent's table, attribute of this one) that are equal under other names."""
    keys = mapper.column_key
    owner = next((each for each in mapper.iterate_to_root() if each.local_table is table), None)
    if owner is None or owner.inherits is None or owner.inherit_condition is None:
        return ()
    pairs = criterion_as_pairs(owner.inherit_condition, consider_as_foreign_keys=set(table.columns))
    named = [(keys.get(above), keys.get(own)) for above, own in pairs]
    return tuple((a, b) for a, b in named if a is not None and b is not None and a != b)


def _shown_default(prop: Any) -> Any:
    """Return the value which an attribute shows without having one, and which is inserted then."""
    value = prop.attribute_default
    plain = value is not NOT_GIVEN and not hasattr(value, "__clause_element__")
    return value if plain and not hasattr(value, "__visit_name__") else None


def _made_by_server(column: Any) -> bool:
    return column.server_default is not None or column.identity is not None


def _constant(value: Any) -> Any:
    return lambda context: value


def _first_version(generator: Any) -> Any:
    return lambda context: generator(None)


def shapes_of(mapper: Any) -> tuple[InsertShape, ...]:
    """Return the mapper's shapes, base table first, made once."""
    found = mapper.templates.get("insert shapes")
    if found is None:
        found = mapper.templates["insert shapes"] = tuple(
            InsertShape(mapper, table) for table in mapper.tables
        )
    return found  # type: ignore[no-any-return]
