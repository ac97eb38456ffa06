"""Session.upsert() and Session.get_or_create(): rows that may be there already.

Both rest on a unique key of the table: without one the database cannot tell which row is
meant, and two transactions at once would each insert theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from orm import exc
from orm.engine.execution import Reason
from orm.flush.bulk import insert_keys
from orm.inspection import inspect
from orm.loading.from_statement import FromStatement
from orm.loading.plan import execute_select
from orm.session.lifecycle import state_of
from orm.sql.expression import and_, or_
from orm.sql.select import select
from orm.state.instance_state import instance_dict
from orm.types import Integer

if TYPE_CHECKING:
    from orm.session.session import Session

_T = TypeVar("_T")

#: rows of one statement, where the database's limit of parameters allows as many
_ROWS = 500
_OVER: dict[str, Any] = {"populate_existing": True}


class Entry:
    """One object to be written: its values by attribute, and those of the key. found: the result."""

    __slots__ = ("found", "key", "obj", "values")

    def __init__(self, obj: Any, values: dict[str, Any], key: tuple[Any, ...]) -> None:
        self.obj = obj
        self.values = values
        self.key = key
        self.found: Any = None


def upsert_objects(session: Session, objects: Iterable[_T], on: Any, update: Any) -> list[_T]:
    """Write objects over the rows that are there; see Session.upsert."""
    objects = list(objects)
    by_class: dict[Any, list[Entry]] = {}
    writers: dict[Any, UpsertWriter] = {}
    entries: list[Entry] = []
    for obj in objects:
        mapper = state_of(obj).mapper
        if mapper not in writers:
            writers[mapper] = UpsertWriter(session, mapper, on, update)
        entry = writers[mapper].make_entry(obj)
        by_class.setdefault(mapper, []).append(entry)
        entries.append(entry)
    session._autoflush()
    for mapper, own in by_class.items():
        writers[mapper].write(own)
    return [entry.found for entry in entries]


class UpsertWriter:
    """How objects of one class are written: the key, and which columns follow on conflict."""

    def __init__(self, session: Session, mapper: Any, on: Any, update: Any) -> None:
        if len(mapper.tables) > 1:
            raise exc.InvalidRequestError(
                f"{mapper.class_.__name__} is mapped over several tables, which no single upsert can "
                "write. Use session.get_or_create(), or merge()."
            )
        self.session = session
        self.mapper = mapper
        self.table = mapper.local_table
        self.on = mapper.pk_keys if on is None else attribute_names(mapper, on)
        keys = {_column(mapper, name) for name in self.on}
        if not any(keys == unique for unique in unique_keys(self.table)):
            raise _no_unique_key(mapper, self.on)
        self.update = None if update is None else attribute_names(mapper, update)

    # -- values

    def make_entry(self, obj: Any) -> Entry:
        """Return what is to be written of an object.

        Raises exc.InvalidRequestError for one that is not new, lacks a value of the key, or
        has related objects which an upsert cannot write.
        """
        state = state_of(obj)
        if not state.transient:
            raise exc.InvalidRequestError(
                f"{state!r} is not new: upsert() takes objects outside of any session. What is in "
                "a session is written by its flush."
            )
        mapper, dict_ = self.mapper, instance_dict(obj)
        names = state.manager.column_names
        values = {
            name: value
            for name, value in dict_.items()
            if name in names and not (value is None and name in mapper.pk_keys)
        }
        values.update(self._foreign_keys(dict_))
        version = mapper.version_id_col
        if version is not None and mapper.version_id_generator:
            values.setdefault(mapper.column_key[version], mapper.version_id_generator(None))
        missing = [name for name in self.on if values.get(name) is None]
        if missing:
            raise exc.InvalidRequestError(
                f"upsert() on {', '.join(self.on)}: a {mapper.class_.__name__} has no value for "
                f"{missing[0]!r}, so that no row can be found by it."
            )
        return Entry(obj, values, tuple(values[name] for name in self.on))

    def _foreign_keys(self, dict_: Mapping[str, Any]) -> dict[str, Any]:
        """Return the foreign keys of the related objects that were set."""
        mapper, found = self.mapper, {}
        for prop in mapper.relationships:
            target = dict_.get(prop.key)
            if prop.viewonly or not target:
                continue
            if prop.direction.name != "MANYTOONE" or state_of(target).ident is None:
                raise exc.InvalidRequestError(
                    f"upsert() writes columns only, and {prop} holds objects that are to be "
                    "written too. Upsert or flush these by themselves."
                )
            for source, dest in prop.synchronize_pairs:
                found[mapper.column_key[dest]] = getattr(target, prop.mapper.column_key[source])
        return found

    # -- statements

    def write(self, entries: Sequence[Entry]) -> None:
        """Send the statements, and set `found` of each entry."""
        connection = self.session._connection_for(mapper=self.mapper)
        for run in _runs_without_repetition(entries):
            groups: dict[frozenset[str], list[Entry]] = {}
            for entry in run:
                groups.setdefault(frozenset(entry.values), []).append(entry)
            for own in groups.values():
                width = len(own[0].values) + len(self.table.columns)
                size = max(1, min(_ROWS, connection.dialect.max_parameters // width))
                for start in range(0, len(own), size):
                    self._write_part(connection, own[start : start + size])

    def _write_part(self, connection: Any, entries: Sequence[Entry]) -> None:
        mapper, dialect = self.mapper, connection.dialect
        keys = [_column(mapper, name) for name in self.on]
        names = list(entries[0].values)
        statement = dialect.make_upsert(
            self.table, keys, lambda proposed: self._assignments(names, proposed)
        )
        columns = insert_keys(mapper)
        identity = {}
        if mapper.polymorphic_on is not None and mapper.polymorphic_identity is not None:
            identity = {mapper.polymorphic_on.key: mapper.polymorphic_identity}
        statement = statement.values(
            [{**identity, **{columns[n]: v for n, v in e.values.items()}} for e in entries]
        )
        reason = Reason("query", f"upsert of {mapper.class_.__name__}", len(entries))
        if dialect.insert_returning:
            loaded = [c for c in mapper.column_key if c.table is self.table]
            source = FromStatement(select(mapper.class_), statement.returning(*loaded))
            found = execute_select(self.session, source, None, _OVER, reason=reason)
            self._take(entries, found.scalars().all())
        else:
            connection.execute(statement)
        self._select_rest([entry for entry in entries if entry.found is None])

    def _assignments(self, names: Sequence[str], proposed: Any) -> dict[Any, Any]:
        """Return column -> value for a row that is there already."""
        mapper = self.mapper
        version = mapper.version_id_col
        kept = {*self.on, *mapper.pk_keys, mapper.column_key.get(version)}
        wanted = [name for name in names if name not in kept]
        if self.update is not None:
            wanted = [name for name in wanted if name in self.update]
        columns = {name: _column(mapper, name) for name in wanted}
        found = {column: proposed[column.key] for column in columns.values()}
        if found:
            for column in mapper.column_key:
                if column.onupdate is not None and column not in found:
                    found[column] = _onupdate_value(column)
            if version is not None and mapper.version_id_generator:
                counts = isinstance(version.type, Integer)
                found[version] = version + 1 if counts else proposed[version.key]
            return found
        # nothing to change; the row must be written all the same in order to be returned
        column = _column(mapper, self.on[0])
        return {column: column}

    def _take(self, entries: Sequence[Entry], found: Iterable[Any]) -> None:
        by_key = {tuple(instance_dict(obj).get(n) for n in self.on): obj for obj in found}
        for entry in entries:
            entry.found = by_key.get(entry.key)

    def _select_rest(self, entries: Sequence[Entry]) -> None:
        """Find the rows that were not returned, or not under the key that was sent."""
        if not entries:
            return
        columns = [_column(self.mapper, name) for name in self.on]
        for start in range(0, len(entries), _ROWS):
            part = entries[start : start + _ROWS]
            conditions = [and_(*_pairs(columns, entry.key)) for entry in part]
            query = select(self.mapper.class_).where(or_(*conditions))
            self._take(part, execute_select(self.session, query, None, _OVER).scalars())
        for entry in entries:
            if entry.found is None:
                # the database compares otherwise than Python: without case, or padded
                query = select(self.mapper.class_).where(*_pairs(columns, entry.key))
                found = execute_select(self.session, query, None, _OVER)
                entry.found = found.scalars().first()
            if entry.found is None:
                raise exc.InvalidRequestError(
                    f"The {self.mapper.class_.__name__} with {_describe(self.on, entry.key)} could "
                    "not be written: another unique key of the table has the conflict."
                )


def _pairs(columns: Sequence[Any], key: Sequence[Any]) -> list[Any]:
    return [column == value for column, value in zip(columns, key, strict=True)]


def _describe(names: Sequence[str], values: Sequence[Any]) -> str:
    return ", ".join(f"{n}={v!r}" for n, v in zip(names, values, strict=True))


def _onupdate_value(column: Any) -> Any:
    onupdate = column.onupdate
    return onupdate.arg(None) if onupdate.is_callable else onupdate.arg


def _runs_without_repetition(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Yield runs in which no key comes twice, as no statement may write a row twice."""
    left = list(entries)
    while left:
        seen: set[Any] = set()
        run: list[Entry] = []
        rest: list[Entry] = []
        for entry in left:
            (rest if entry.key in seen else run).append(entry)
            seen.add(entry.key)
        yield run
        left = rest


# -- get or create


def get_or_create(
    session: Session, entity: Any, defaults: Mapping[str, Any] | None, by: Mapping[str, Any]
) -> tuple[Any, bool]:
    """Return (object, whether it was made); see Session.get_or_create."""
    mapper = inspect(entity)
    if not by:
        raise exc.ArgumentError(
            f"get_or_create({entity.__name__}) needs the attributes of a unique key, as in "
            f"get_or_create({entity.__name__}, email=...)."
        )
    columns = {_column_or_none(mapper, name) for name in by}
    columns.update(*(_key_columns(mapper, name) for name in by))
    if not any(unique <= columns for table in mapper.tables for unique in unique_keys(table)):
        raise _no_unique_key(mapper, list(by))
    statement = select(entity).filter_by(**by)
    found = session.scalars(statement).one_or_none()
    if found is not None:
        return found, False
    obj = entity(**{**(defaults or {}), **by})
    try:
        with session.begin_nested():
            session.add(obj)
    except exc.IntegrityError:
        # a lock, because the snapshot of this transaction may be older than the other's row
        found = session.scalars(statement.with_for_update(read=True)).one_or_none()
        if found is None:
            raise
        return found, False
    return obj, True


def _column_or_none(mapper: Any, name: str) -> Any:
    return _column(mapper, name) if name in mapper.class_manager.column_names else None


def _key_columns(mapper: Any, name: str) -> Iterable[Any]:
    prop = mapper.get_property(name)
    return prop.local_columns if getattr(prop, "direction", None) is not None else ()


# -- keys


def attribute_names(mapper: Any, given: Any) -> tuple[str, ...]:
    """Return the names of column attributes, given as names or attributes, one or several.

    Raises exc.ArgumentError for what is no column attribute of the class.
    """
    many = given if isinstance(given, (tuple, list, set, frozenset)) else (given,)
    names = tuple(each if isinstance(each, str) else str(each.key) for each in many)
    for name in names:
        if name not in mapper.class_manager.column_names:
            known = ", ".join(sorted(mapper.class_manager.column_names))
            raise exc.ArgumentError(
                f"{mapper.class_.__name__} has no column attribute {name!r}. It has: {known}."
            )
    return names


def _column(mapper: Any, name: str) -> Any:
    return mapper.get_property(name).columns[0]


def unique_keys(table: Any) -> list[set[Any]]:
    """Return the sets of columns of which the table can have each combination only once."""
    found = [set(table.primary_key)]
    for constraint in table.constraints:
        if constraint.__visit_name__ == "unique_constraint":
            found.append(set(constraint.columns))
    for index in table.indexes:
        partial = any(key.endswith("_where") for key in index.dialect_kwargs)
        if index.unique and not partial:
            found.append(set(index.columns))
    return found


def _no_unique_key(mapper: Any, names: Sequence[str]) -> exc.ArgumentError:
    quoted = ", ".join(repr(name) for name in names)
    return exc.ArgumentError(
        f"{mapper.class_.__name__} has no unique key over {quoted}, so that the database cannot tell "
        f"whether a row is there already. Add UniqueConstraint({quoted}) to its table, or name "
        "the attributes of the key it has."
    )
