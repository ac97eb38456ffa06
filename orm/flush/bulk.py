"""Bulk statements without objects: insert(Model) with rows, update(Model) by primary key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from orm import exc
from orm.flush.criteria_dml import column_of
from orm.flush.insert import insert_rows
from orm.flush.processor import ident_parts
from orm.flush.unit_of_work import UnitOfWork
from orm.flush.update_statement import former
from orm.sql.dml import update
from orm.sql.elements import BindParameter
from orm.sql.expression import null
from orm.state.instance_state import instance_dict, instance_state
from orm.util.record import Record

Row = Mapping[str, Any]


class BulkRow:
    """A row under way into several tables: what the flush expects of an object."""


def insert_keys(mapper: Any) -> dict[str, str]:
    """Return attribute name -> column key, made once per mapper."""
    found = mapper.templates.get("bulk keys")
    if found is None:
        found = mapper.templates["bulk keys"] = {
            key: column_of(mapper, key).key for key in dict.fromkeys(mapper.column_key.values())
        }
    return found  # type: ignore[no-any-return]


def translate_rows(mapper: Any, rows: Sequence[Row]) -> Sequence[Row]:
    """Return rows with column keys for rows with attribute names; SQL values stay.

    A polymorphic class adds its identity, a versioned one the first version. The rows given are
    returned where names agree.
    """
    rows = spread_composites(mapper, rows)
    keys = insert_keys(mapper)
    made = _made_columns(mapper)
    if not made and all(key == name for key, name in keys.items()):
        return rows
    return [
        {
            **{column.key: make(None) for column, make in made},
            **{keys.get(k, k): value for k, value in row.items()},
        }
        for row in rows
    ]


def _made_columns(mapper: Any) -> list[tuple[Any, Callable[[Any], Any]]]:
    """Return the columns for which the mapper itself has values in a new row, with what makes them."""
    made: list[tuple[Any, Callable[[Any], Any]]] = []
    identity, kind = mapper.polymorphic_identity, mapper.polymorphic_on
    if identity is not None and kind is not None and kind in mapper.column_key:
        made.append((kind, lambda _before: identity))
    if mapper.version_id_col is not None and mapper.version_id_generator:
        made.append((mapper.version_id_col, mapper.version_id_generator))
    return made


def spread_composites(mapper: Any, rows: Sequence[Row]) -> Sequence[Row]:
    """Return rows with the columns of composites in the place of their values."""
    names = set(mapper.composites.keys())
    if not names or not any(names & row.keys() for row in rows):
        return rows
    made = []
    for row in rows:
        row = dict(row)
        for name in names & row.keys():
            prop = mapper.props[name]
            row.update(zip(prop.keys, prop.parts_of(row.pop(name)), strict=True))
        made.append(row)
    return made


def core_insert(statement: Any, mapper: Any) -> Any:
    """Return the statement over the mapper's table, its values by column.

    Keeps ON CONFLICT and what else a dialect's insert() carries.
    """
    core = statement._generate()
    core._entity = None
    core.table = mapper.local_table
    core.is_orm = False
    core._returning = ()
    keys = insert_keys(mapper)
    if statement._values:
        core._values = {_column_key(keys, k): v for k, v in statement._values.items()}
        for key, bind in _made_binds(mapper).items():
            core._values.setdefault(key, bind)
    if statement._multi_values:
        core._multi_values = tuple(
            {**_made_binds(mapper), **{_column_key(keys, k): v for k, v in row.items()}}
            for row in statement._multi_values
        )
    return core


def _made_binds(mapper: Any) -> dict[str, BindParameter]:
    return {
        column.key: BindParameter(column.key, make(None), column.type)
        for column, make in _made_columns(mapper)
    }


def _column_key(keys: Mapping[str, str], key: Any) -> Any:
    return keys.get(key, key) if isinstance(key, str) else key.key


def group_rows(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Yield runs of rows with the same names, in their order."""
    for _names, run in groupby(rows, key=lambda row: row.keys()):
        yield list(run)


def insert_mappings(
    session: Any,
    mapper: Any,
    rows: Sequence[Row],
    *,
    returns: bool = False,
    render_nulls: bool = False,
) -> list[dict[str, Any]]:
    """Insert rows (attribute name -> value) into each table of a mapper, base table first.

    returns: keys and values made by the database come back as well. render_nulls: None is
    written as NULL where the column has a default, too.
    Returns the rows as they were written, by attribute name.
    """
    uow = UnitOfWork(session)
    uow.returns = returns
    pairs: list[Any] = []
    optional = _columns_with_defaults(mapper) if render_nulls else ()
    for row in spread_composites(mapper, rows):
        holder = BulkRow()
        values = instance_dict(holder)
        values.update(row)
        for key in optional:
            if key in values and values[key] is None:
                values[key] = null()
        pairs.append((None, holder))
    insert_rows(uow, session._connection_for(mapper=mapper), mapper, pairs)
    return [instance_dict(holder) for _state, holder in pairs]


def leave_defaults(mapper: Any, rows: Sequence[Row]) -> Sequence[Row]:
    """Return rows without the None of columns that have a default, which applies there as it does to objects.

    rows: by column key. The rows given are returned where nothing is to be left out.
    """
    found = mapper.templates.get("bulk optional")
    if found is None:
        found = mapper.templates["bulk optional"] = frozenset(
            column_of(mapper, key).key
            for key in _columns_with_defaults(mapper)
            if not column_of(mapper, key).type.should_evaluate_none
        )
    if not found or not any(row.get(key, 0) is None for row in rows for key in found):
        return rows
    return [
        {key: value for key, value in row.items() if value is not None or key not in found}
        for row in rows
    ]


def _columns_with_defaults(mapper: Any) -> list[str]:
    return [
        key
        for column, key in mapper.column_key.items()
        if (column.default is not None or column.server_default is not None)
        and not column.primary_key
    ]


def save_objects(
    session: Any, objects: Sequence[Any], returns: bool, changed_only: bool, preserve_order: bool
) -> None:
    """Insert new objects, update those with a row; see Session.bulk_save_objects."""
    states = [instance_state(obj) for obj in objects]

    def kind(pair: Any) -> Any:
        return pair[0].manager.mapper, pair[0].ident is not None

    pairs = list(zip(states, objects, strict=True))
    if not preserve_order:
        order = {key: place for place, key in enumerate(dict.fromkeys(map(kind, pairs)))}
        pairs.sort(key=lambda pair: order[kind(pair)])
    for (mapper, has_row), run in groupby(pairs, key=kind):
        group = list(run)
        if has_row:
            rows = [_changed_row(mapper, state, obj, changed_only) for state, obj in group]
            update_by_key(session, mapper, [row for row in rows if row])
            continue
        uow = UnitOfWork(session)
        uow.returns = returns
        insert_rows(uow, session._connection_for(mapper=mapper), mapper, group)
        if returns:
            for state, names in uow.stale.items():
                state.expire(names)


def _changed_row(mapper: Any, state: Any, obj: Any, changed_only: bool) -> dict[str, Any]:
    values, columns = instance_dict(obj), state.manager.column_names
    names: Any = columns.intersection(values)
    if changed_only:
        names = [name for name in state.committed if name in names]
    if not names:
        return {}
    row = {**{name: values[name] for name in names}, **ident_parts(state)}
    version = version_key(mapper)
    if version is not None:
        row[version] = former(state, values, version)
    return row


def version_key(mapper: Any) -> str | None:
    """Return the attribute of the mapper's version column, None where it has none."""
    column = mapper.version_id_col
    return None if column is None else mapper.column_key[column]


def update_by_key(session: Any, mapper: Any, rows: Sequence[Row], follow: bool = True) -> int:
    """Update rows found by their primary key, and by their version; returns how many.

    rows: attribute name -> value, with the primary key. Rows with the same names share a
    statement. Of a class with a version column they have the version which the row is expected
    to have; it is counted up as in a flush. Objects in the session follow, if `follow`.
    Raises exc.StaleDataError if a row is missing or has another version, and
    exc.InvalidRequestError for a row without its key or version.
    """
    connection = session._connection_for(mapper=mapper)
    total = 0
    version = version_key(mapper)
    for run in group_rows(spread_composites(mapper, rows)):
        names = list(run[0])
        _check_names(mapper, names, version)
        updates: Sequence[_RowUpdate] = [_RowUpdate(row, None) for row in run]
        if version is not None:
            updates = [_next_version(mapper, version, row) for row in run]
        for table in mapper.tables:
            total += _update_run(connection, mapper, table, names, updates)
        if follow:
            _follow(session, mapper, [each.values for each in updates])
    return total


class _RowUpdate(Record):
    """One row to be updated: its key and new values, and its version before."""

    values: Row
    version: Any


def _next_version(mapper: Any, key: str, row: Row) -> _RowUpdate:
    version = row[key]
    if not mapper.version_id_generator:
        return _RowUpdate(row, version)
    return _RowUpdate({**row, key: mapper.version_id_generator(version)}, version)


def _check_names(mapper: Any, names: Sequence[str], version: str | None) -> None:
    missing = [key for key in mapper.pk_keys if key not in names]
    if missing:
        raise exc.InvalidRequestError(
            f"A row for update({mapper.class_.__name__}) lacks {missing[0]!r}: a list of rows is "
            "matched by primary key. With where(), pass one set of parameters."
        )
    if version is not None and version not in names:
        raise exc.InvalidRequestError(
            f"A row for update({mapper.class_.__name__}) lacks {version!r}, the version that it is expected "
            "to have. Put it in, or write update(...).where(...), which overwrites any version."
        )


def _update_run(
    connection: Any, mapper: Any, table: Any, names: Sequence[str], run: Sequence[_RowUpdate]
) -> int:
    columns = {
        key: column
        for column, key in mapper.column_key.items()
        if getattr(column, "table", None) is table
    }
    version = version_key(mapper)
    version_here = version if version in columns else None
    unset = set(mapper.pk_keys)
    if version is not None and not mapper.version_id_generator:
        unset.add(version)
    sets = [name for name in names if name in columns and name not in unset]
    if not sets:
        return 0
    keys = {column: mapper.column_key[column] for column in table.primary_key}
    names_of = {columns[n]: columns[n].key for n in sets}
    for column in keys:
        name = f"{table.name}_{column.key}"
        names_of[column] = f"row_{name}" if name in names_of.values() else name

    def bind(column: Any, name: str) -> BindParameter:
        return BindParameter(name, type_=column.type, required=True)

    statement = update(table).values({columns[n]: bind(columns[n], columns[n].key) for n in sets})
    statement = statement.where(*[column == bind(column, names_of[column]) for column in keys])
    source = {names_of[columns[n]]: n for n in sets}
    before = "version_before"
    while before in names_of.values():
        before += "_"
    if version_here is not None:
        column = columns[version_here]
        statement = statement.where(column == bind(column, before))
    source.update({names_of[column]: key for column, key in keys.items()})
    params = [{name: each.values[key] for name, key in source.items()} for each in run]
    if version_here is not None:
        for values, each in zip(params, run, strict=True):
            values[before] = each.version
    result = connection.execute(statement, params)
    matched = result.rowcount
    if matched >= 0 and matched != len(params):
        raise exc.StaleDataError(
            f"An UPDATE of {len(params)} row(s) of {table.description!r} by primary key found "
            f"{matched}: the others are not there, or have another version."
        )
    return int(matched) if table is mapper.tables[0] else 0


def _follow(session: Any, mapper: Any, run: Sequence[Row]) -> None:
    """Set the values on objects of the session, where they are loaded."""
    identities = session.identity_map.for_mapper(mapper.base_mapper)
    for row in run:
        state = identities.get(mapper.ident_from_values([row[key] for key in mapper.pk_keys]))
        obj = state() if state is not None else None
        if obj is None:
            continue
        values = instance_dict(obj)
        names = [name for name in row if name in values]
        for name in names:
            values[name] = row[name]
        state._commit([state.manager.impls[name] for name in names])
        session._register_altered([state])
