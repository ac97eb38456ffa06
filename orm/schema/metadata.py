"""MetaData: the collection of the tables of one schema description."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from orm import event, exc
from orm.schema.events import SchemaDispatch
from orm.schema.items import BLANK_SCHEMA, RETAIN_SCHEMA, SchemaArg, make_name
from orm.schema.naming import DEFAULT_NAMING_CONVENTION
from orm.schema.types import schema_types

if TYPE_CHECKING:
    from orm.schema.foreign_key import ForeignKey
    from orm.schema.table import Table

_T = TypeVar("_T")


class MetaData:
    """Tables by name, and what they share.

    schema: the database schema of tables that name none. naming_convention: templates for the names of constraints
    by kind (`{"ix": ..., "uq": ..., "ck": ..., "fk": ..., "pk": ...}`). info: the user's notes.
    `.tables` is read-only; tables add themselves.
    """

    __visit_name__ = "metadata"
    dispatch = SchemaDispatch()

    def __init__(
        self,
        schema: str | None = None,
        quote_schema: bool | None = None,
        naming_convention: Mapping[Any, Any] | None = None,
        info: dict[Any, Any] | None = None,
    ) -> None:
        if schema is not None and not isinstance(schema, str):
            raise exc.ArgumentError(
                f"MetaData({schema!r}): the first argument is the name of a schema. An engine is given to "
                "create_all() and reflect()."
            )
        self._tables: dict[str, Table] = {}
        self.tables: Mapping[str, Table] = MappingProxyType(self._tables)
        self.schema = make_name(schema, quote_schema) if schema is not None else None
        self.naming_convention: Mapping[Any, Any] = naming_convention or DEFAULT_NAMING_CONVENTION
        self.info: dict[Any, Any] = {} if info is None else info
        self._sequences: dict[str, Any] = {}
        # types that name this MetaData themselves, used by a table or not
        self._types: list[Any] = []
        # foreign keys of columns without a type, whose target is not declared yet or has no type itself
        self._untyped: list[ForeignKey] = []

    @property
    def schemas(self) -> tuple[str, ...]:
        """The names of the schemas in use: its own and those of its tables and sequences, each once."""
        items = [self, *self._tables.values(), *self._sequences.values()]
        return tuple(dict.fromkeys(str(item.schema) for item in items if item.schema is not None))

    def _add_type(self, type_: Any) -> None:
        self._types.append(type_)

    def get_schema_objects(
        self, kind: type[_T], *, schema: str | SchemaArg | None = RETAIN_SCHEMA
    ) -> tuple[_T, ...]:
        """The sequences and named types (Enum and the like) of this class in a schema.

        schema: by default the MetaData's; None or BLANK_SCHEMA for those without one.
        """
        if schema is RETAIN_SCHEMA:
            schema = self.schema
        wanted = None if schema is BLANK_SCHEMA else schema
        columns = [column for table in self._tables.values() for column in table.c]
        types = [named for column in columns for named in schema_types(column.type)]
        found = {id(item): item for item in (*self._types, *types, *self._sequences.values())}
        return tuple(
            item for item in found.values() if item.schema == wanted and isinstance(item, kind)
        )

    def get_schema_object_by_name(
        self, kind: type[_T], name: str, *, schema: str | SchemaArg | None = RETAIN_SCHEMA
    ) -> _T | None:
        """The sequence or named type of this class, name and schema, or None; arguments as above."""
        for item in self.get_schema_objects(kind, schema=schema):
            if item.name == name:  # type: ignore[attr-defined]
                return item
        return None

    def __repr__(self) -> str:
        return "MetaData()" if self.schema is None else f"MetaData(schema={self.schema!r})"

    def __contains__(self, table_or_key: object) -> bool:
        key = table_or_key if isinstance(table_or_key, str) else getattr(table_or_key, "key", None)
        return key in self._tables

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        state.pop("tables")
        state.pop("dispatch", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.tables = MappingProxyType(self._tables)

    # -- tables ----------------------------------------------------------------------------------

    def _add_table(self, table: Table) -> None:
        self._tables[table.fullname] = table

    def _table_is_complete(self, table: Table) -> None:
        """Called when a table has its columns: settle types that waited for it, and those that wait for those."""
        waiting = self._untyped
        while waiting:
            for fk in waiting:
                fk._resolve_type()
            still = [fk for fk in waiting if fk._is_untyped]
            settled = len(still) < len(waiting)
            waiting = still
            if not settled:
                break
        self._untyped = waiting

    def _wait_for_type(self, fk: ForeignKey) -> None:
        self._untyped.append(fk)

    def _remove_table(self, table: Table) -> None:
        self._tables.pop(table.fullname, None)

    def remove(self, table: Table) -> None:
        """Forget a table. Foreign keys that point to it no longer resolve."""
        self._remove_table(table)

    def clear(self) -> None:
        """Forget all tables."""
        self._tables.clear()
        self._untyped.clear()
        self._sequences.clear()
        self._types.clear()

    @property
    def sorted_tables(self) -> list[Table]:
        """The tables so that each comes after those it refers to.

        Tables in a cycle come in order of their names, with a warning.
        """
        from orm.schema.sorting import sort_tables  # with graphlib, for those who create tables

        ordered, cyclic = sort_tables(self._tables.values())
        if cyclic:
            names = ", ".join(sorted(table.fullname for table in cyclic))
            warnings.warn(
                f"The tables {names} refer to each other in a circle, so they have no order; "
                "mark one of the foreign keys with use_alter=True.",
                exc.SAWarning,
                stacklevel=2,
            )
        return ordered

    # -- database --------------------------------------------------------------------------------

    def create_all(
        self, bind: Any, tables: Sequence[Table] | None = None, checkfirst: bool = True
    ) -> None:
        """Create the tables, in an order that their foreign keys allow.

        bind: an engine (one transaction, committed) or a connection (the caller commits). tables: these only.
        checkfirst: leave out what exists already. A foreign key that closes a cycle is added by ALTER TABLE.
        """
        from orm.schema.create import create_tables

        create_tables(bind, self, tables, checkfirst)

    def drop_all(
        self, bind: Any, tables: Sequence[Table] | None = None, checkfirst: bool = True
    ) -> None:
        """Drop the tables, those that refer before those referred to; arguments as for create_all()."""
        from orm.schema.create import drop_tables

        drop_tables(bind, self, tables, checkfirst)

    def reflect(
        self,
        bind: Any,
        schema: str | None = None,
        views: bool = False,
        only: Iterable[str] | Callable[[str, MetaData], bool] | None = None,
        extend_existing: bool = False,
        autoload_replace: bool = True,
        resolve_fks: bool = True,
        **dialect_options: Any,
    ) -> None:
        """Read table definitions from the database.

        only: names, or a function (name, metadata) -> bool. Tables already present stay unless
        `extend_existing`. Raises exc.InvalidRequestError for a name in `only` that the database lacks.
        """
        from orm.schema.table import Table

        schema = self.schema if schema is None else schema
        names = bind._table_names(schema, views)
        wanted = self._choose_names(names, only)
        for name in wanted:
            key = f"{schema}.{name}" if schema else name
            if key in self._tables and not extend_existing:
                continue
            Table(
                name, self, schema=schema, autoload_with=bind, extend_existing=extend_existing,
                autoload_replace=autoload_replace, resolve_fks=resolve_fks, **dialect_options,
            )  # fmt: skip

    def _choose_names(self, names: Sequence[str], only: Any) -> list[str]:
        if only is None:
            return list(names)
        if callable(only):
            return [name for name in names if only(name, self)]
        missing = [name for name in only if name not in names]
        if missing:
            raise exc.InvalidRequestError(
                f"reflect(only=...) names tables that the database does not have: {', '.join(missing)}. "
                f"It has: {', '.join(sorted(names)) or 'none'}."
            )
        return [name for name in names if name in set(only)]


event.register_target(MetaData, SchemaDispatch)
