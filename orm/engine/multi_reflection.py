"""The questions of an Inspector about many tables at once, and the order in which tables depend on each other."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import Any

from orm.util.topological import find_cycles, sort

#: (schema or None, name)
TableKey = tuple[str | None, str]


class ObjectKind(enum.Flag):
    """What kinds of objects a question is about."""

    TABLE = enum.auto()
    VIEW = enum.auto()
    MATERIALIZED_VIEW = enum.auto()
    ANY_VIEW = VIEW | MATERIALIZED_VIEW
    ANY = TABLE | VIEW | MATERIALIZED_VIEW


class ObjectScope(enum.Flag):
    """Whether a question is about lasting objects, temporary ones, or both."""

    DEFAULT = enum.auto()
    TEMPORARY = enum.auto()
    ANY = DEFAULT | TEMPORARY


def _about_many(name: str) -> Callable[..., dict[TableKey, Any]]:
    """Return the method that asks `get_{name}` of many tables."""

    def ask_all(
        self: Any,
        schema: str | None = None,
        filter_names: Sequence[str] | None = None,
        kind: ObjectKind = ObjectKind.TABLE,
        scope: ObjectScope = ObjectScope.DEFAULT,
        **kw: Any,
    ) -> dict[TableKey, Any]:
        ask = getattr(self, f"get_{name}")
        return {
            (schema, table): ask(table, schema)
            for table in self._names(kind, scope, schema, filter_names)
        }

    ask_all.__name__ = f"get_multi_{name}"
    ask_all.__qualname__ = f"MultiReflection.get_multi_{name}"
    ask_all.__doc__ = f"Return get_{name}() of many tables; see the class."
    return ask_all


class MultiReflection:
    """The part of an Inspector that asks about many tables.

    Each method returns a dict from (schema, name) to what the method of the same name without
    `multi` returns. filter_names: only these, of which missing ones are left out. Cost: that of
    the single question for each table.
    """

    def _names(
        self, kind: ObjectKind, scope: ObjectScope, schema: str | None, filter_names: Any
    ) -> list[str]:
        inspector: Any = self
        found: list[str] = []
        if ObjectScope.DEFAULT in scope:
            if ObjectKind.TABLE in kind:
                found += inspector.get_table_names(schema)
            if ObjectKind.VIEW in kind:
                found += inspector.get_view_names(schema)
            if ObjectKind.MATERIALIZED_VIEW in kind:
                found += inspector.get_materialized_view_names(schema)
        if ObjectScope.TEMPORARY in scope:
            if ObjectKind.TABLE in kind:
                found += inspector.get_temp_table_names()
            if ObjectKind.VIEW in kind:
                found += inspector.get_temp_view_names()
        if filter_names is not None:
            wanted = set(filter_names)
            found = [name for name in found if name in wanted]
        return found

    get_multi_columns = _about_many("columns")
    get_multi_pk_constraint = _about_many("pk_constraint")
    get_multi_foreign_keys = _about_many("foreign_keys")
    get_multi_indexes = _about_many("indexes")
    get_multi_unique_constraints = _about_many("unique_constraints")
    get_multi_check_constraints = _about_many("check_constraints")
    get_multi_table_comment = _about_many("table_comment")
    get_multi_table_options = _about_many("table_options")

    # -- order

    def get_sorted_table_and_fkc_names(
        self, schema: str | None = None, **kw: Any
    ) -> list[tuple[str | None, list[tuple[str, str | None]]]]:
        """Return (table, []) so that each comes after those it refers to.

        The last entry is (None, [(table, foreign key), ...]): the keys of tables that refer to each
        other in a circle, which have to be created after all of the tables.
        """
        found = self.sort_tables_on_foreign_key_dependency((schema,), **kw)
        return [
            (None if key is None else key[1], [(table[1], name) for table, name in keys])
            for key, keys in found
        ]

    def sort_tables_on_foreign_key_dependency(
        self, consider_schemas: Sequence[str | None] = (None,), **kw: Any
    ) -> list[tuple[TableKey | None, list[tuple[TableKey, str | None]]]]:
        """get_sorted_table_and_fkc_names() over several schemas; tables are (schema, name)."""
        inspector: Any = self
        tables: list[TableKey] = [
            (schema, name)
            for schema in consider_schemas
            for name in inspector.get_table_names(schema)
        ]
        keys: list[tuple[TableKey, TableKey, str | None]] = [
            ((entry["referred_schema"], entry["referred_table"]), table, entry["name"])
            for table in tables
            for entry in inspector.get_foreign_keys(table[1], table[0])
        ]
        edges = [(target, table) for target, table, _ in keys if target != table]
        circle = find_cycles(edges, tables)
        late = [
            (table, name)
            for target, table, name in keys
            if target != table and target in circle and table in circle
        ]
        order = sort([e for e in edges if not (e[0] in circle and e[1] in circle)], tables)
        made: list[Any] = [(table, []) for table in order]
        return [*made, (None, late)]


__all__ = ["MultiReflection", "ObjectKind", "ObjectScope", "TableKey"]
