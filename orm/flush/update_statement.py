"""UpdateTable and UpdateStatement: how a mapper's changes go into one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.flush import emit
from orm.flush.gen_params import row_processor
from orm.flush.insert_shape import ColumnPlan, inherited_keys
from orm.flush.processor import ident_parts
from orm.sql.dml import update
from orm.sql.elements import BindParameter
from orm.sql.select import select
from orm.state.instance_state import instance_dict
from orm.state.markers import NO_VALUE

if TYPE_CHECKING:
    from orm.flush.unit_of_work import UnitOfWork


class UpdateTable:
    """One table of a mapper: its columns by attribute, its key, its version column.

    names: attributes in the order of columns. onupdates: columns with a client-side
    onupdate. inline: columns with a SQL expression as onupdate. made_by_server: attributes
    which an UPDATE may change in the database. key_is_ident: an object's `ident` is the key
    of its row here. version_key: attribute of the version
    column if it is in this table; makes_versions: the client makes its values. inherited: the
    attributes of its key which are those of a parent's table. copies: (attribute of a parent's
    table, attribute beside the key of this one that refers to it).
    """

    __slots__ = (
        "_chosen",
        "columns",
        "copies",
        "inherited",
        "inline",
        "key_columns",
        "key_is_ident",
        "made_by_server",
        "makes_versions",
        "mapper",
        "names",
        "onupdates",
        "table",
        "version_key",
    )

    def __init__(self, mapper: Any, table: Any) -> None:
        self.mapper = mapper
        self.table = table
        self.columns: dict[str, Any] = {}
        self.onupdates: list[ColumnPlan] = []
        self.inline: list[ColumnPlan] = []
        self.made_by_server: list[str] = []
        version = mapper.version_id_col
        self.version_key: str | None = None
        self.makes_versions = bool(mapper.version_id_generator)
        for column in table.columns:
            key = mapper.column_key.get(column)
            if key is None or column.computed is not None:
                if key is not None:
                    self.made_by_server.append(key)
                continue
            if column is version:
                self.version_key = key
                if not self.makes_versions:
                    self.made_by_server.append(key)
            self.columns[key] = column
            self._add_onupdate(key, column)
        self.names = [key for key in self.columns if key != self.version_key]
        keys = [column for column in mapper.primary_key if column.table is table]
        self.key_columns = [(mapper.column_key[c], c) for c in keys or table.primary_key]
        parents = mapper.tables[: mapper.tables.index(table)]
        self.inherited = frozenset(
            key
            for column, key in mapper.column_key.items()
            if getattr(column, "table", None) in parents
            and any(key == own for own, _ in self.key_columns)
        )
        own_keys = {key for key, _ in self.key_columns}
        self.copies = [
            (above, own) for above, own in inherited_keys(mapper, table) if own not in own_keys
        ]
        self.key_is_ident = tuple(key for key, _ in self.key_columns) == mapper.pk_keys
        self.key_is_ident = self.key_is_ident and len(self.key_columns) == 1
        self._chosen: dict[tuple[str, ...], tuple[str, ...]] = {}

    def _add_onupdate(self, key: str, column: Any) -> None:
        onupdate = column.onupdate
        if onupdate is not None:
            if onupdate.is_clause_element:
                self.inline.append(ColumnPlan(key, column, onupdate.arg))
                self.made_by_server.append(key)
            else:
                arg = onupdate.arg
                fill = arg if onupdate.is_callable else (lambda context, value=arg: value)
                self.onupdates.append(ColumnPlan(key, column, fill))
        elif column.server_onupdate is not None:
            self.made_by_server.append(key)

    @property
    def where_columns(self) -> list[Any]:
        """The columns which find the row: its key, and its version where there is one."""
        columns = [column for _key, column in self.key_columns]
        if self.version_key is not None:
            columns.append(self.columns[self.version_key])
        return columns

    def choose(self, changed: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of the changed attributes which are in this table, in its order."""
        found = self._chosen.get(changed)
        if found is None:
            found = self._chosen[changed] = tuple(n for n in self.names if n in changed)
        return found

    def key_values(self, uow: UnitOfWork, state: Any, dict_: dict[str, Any]) -> list[Any]:
        """Return the values of the key as the row has them now."""
        ident = state.ident
        mapper = self.mapper
        if (
            uow.switching
            and self.inherited
            and mapper.passive_updates
            and ident is not None
            and not uow.is_delete(state)
        ):
            # the database has taken this key along with that of the parent's table
            known = ident_parts(state)
            ident = mapper.ident_from_values([dict_.get(k, known[k]) for k in mapper.pk_keys])
        if self.key_is_ident and ident is not None:
            return [ident]
        if ident is None:
            return [dict_.get(key) for key, _ in self.key_columns]
        pk_keys: Sequence[str] = mapper.pk_keys
        parts = ident if len(pk_keys) > 1 else (ident,)
        by_key = dict(zip(pk_keys, parts, strict=True))
        return [
            by_key[key] if key in by_key else former(state, dict_, key)
            for key, _ in self.key_columns
        ]

    def where_values(self, uow: UnitOfWork, state: Any, dict_: dict[str, Any]) -> list[Any]:
        """Return [new version,] key values [, version of the row now]."""
        values = self.key_values(uow, state, dict_)
        key = self.version_key
        if key is None:
            return values
        switched = uow.row_switches.get(state)
        if switched is not None:
            state, dict_ = switched, switched.dict
        version = former(state, dict_, key)
        if self.makes_versions:
            return [self.mapper.version_id_generator(version), *values, version]
        return [*values, version]

    def __repr__(self) -> str:
        return f"<UpdateTable {self.mapper.class_.__name__} in {self.table.name}>"


def former(state: Any, dict_: dict[str, Any], key: str) -> Any:
    """Return the value which the row has: the one before any change, loaded if need be."""
    original = state.committed.get(key, NO_VALUE)
    if original is not NO_VALUE:
        return original
    if key in dict_:
        return dict_[key]
    return getattr(state.obj(), key)


class UpdateStatement:
    """The compiled UPDATE of some attributes of an UpdateTable.

    names: the attributes set. Rows are their values, [the new version,] the key values
    [, the old version].
    """

    __slots__ = ("_constants", "_process", "compiled", "names", "table")

    def __init__(
        self, connection: Any, table: UpdateTable, names: Sequence[str], versioned: bool
    ) -> None:
        self.table = table
        self.names = tuple(names)
        version = table.version_key if versioned else None
        sets = [table.columns[name] for name in names]
        if version is not None and table.makes_versions:
            sets.append(table.columns[version])
        where = [column for _key, column in table.key_columns]
        if version is not None:
            where.append(table.columns[version])
        order: list[str] = []
        values: dict[Any, Any] = {}
        for place, column in enumerate(sets):
            order.append(f"set_{place}")
            values[column] = _bind(order[-1], column)
        for plan in table.inline:
            if plan.key not in names:
                values[plan.column] = plan.fill
        criteria = []
        for place, column in enumerate(where):
            order.append(f"row_{place}")
            criteria.append(column == _bind(order[-1], column))
        statement = update(table.table).where(*criteria).values(values)
        self.compiled, _ = connection.compile(statement, for_executemany=True)
        places, self._constants = emit.place_binds(self.compiled, order)
        width = len(order) + len(self._constants)
        self._process = row_processor(places, self.compiled.processors, width)

    def process_rows(self, rows: list[Any]) -> list[Any]:
        """Return what the driver takes for rows of values."""
        if self._constants:
            rows = [(*row, *self._constants) for row in rows]
        return self._process(rows)


def _bind(name: str, column: Any) -> BindParameter:
    return BindParameter(name, type_=column.type, required=True)


def statement_for(
    connection: Any, table: UpdateTable, names: tuple[str, ...], versioned: bool = True
) -> UpdateStatement:
    """Return the statement for these attributes, compiled once per engine."""
    key = ("flush update", table, names, versioned)
    cache = connection.plans
    found: UpdateStatement | None = cache.get(key)
    if found is None:
        found = UpdateStatement(connection, table, names, versioned)
        cache.put(key, found)
    return found


def tables_of(mapper: Any) -> tuple[UpdateTable, ...]:
    """Return the mapper's tables, base table first, made once."""
    found = mapper.templates.get("update tables")
    if found is None:
        found = mapper.templates["update tables"] = tuple(
            UpdateTable(mapper, table) for table in mapper.tables
        )
    return found  # type: ignore[no-any-return]


#: objects named in the message of a StaleDataError
_SHOWN = 5


def explain_stale(
    uow: UnitOfWork, connection: Any, table: UpdateTable, pairs: Sequence[tuple[Any, Any]]
) -> str:
    """Return sentences which name the objects whose rows are gone or have changed.

    Cost: one SELECT per object, for the first 50, on the way to an error.
    """
    found: list[str] = []
    for state, obj in pairs[:50]:
        if len(found) >= _SHOWN:
            break
        try:
            text = _explain(uow, connection, table, state, obj)
        except exc.SQLAlchemyError:
            break
        if text:
            found.append(text)
    if not found:
        found = [f"{state!r}" for state, _ in pairs[:_SHOWN]]
        return f"Objects: {', '.join(found)}."
    remedy = "Another transaction has been there first: roll back, load again, and repeat."
    return f"{' '.join(found)} {remedy}"


def _explain(uow: UnitOfWork, connection: Any, table: UpdateTable, state: Any, obj: Any) -> str:
    dict_ = instance_dict(obj)
    keys = table.key_values(uow, state, dict_)
    columns = [column for _key, column in table.key_columns]
    version = table.columns.get(table.version_key) if table.version_key else None
    wanted = columns[0] if version is None else version
    criteria = [column == value for column, value in zip(columns, keys, strict=True)]
    row = connection.execute(select(wanted).where(*criteria)).first()
    if row is None:
        return f"The row of {state!r} is no longer there."
    if version is None or table.version_key is None:
        return ""
    expected = former(state, dict_, table.version_key)
    if row[0] == expected:
        return ""
    return f"{state!r} was expected in version {expected!r} and found in version {row[0]!r}."
