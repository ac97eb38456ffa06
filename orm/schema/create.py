"""Creating and dropping tables, indexes and sequences on a database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.schema import ddl
from orm.schema.sorting import sort_tables_and_constraints

if TYPE_CHECKING:
    from orm.schema.foreign_key import ForeignKeyConstraint
    from orm.schema.index import Index
    from orm.schema.metadata import MetaData
    from orm.schema.table import Table


@contextmanager
def ddl_connection(bind: Any) -> Iterator[Any]:
    """A connection to run DDL on: an engine gives a new one and commits, a connection is used as it is.

    Raises exc.ArgumentError for anything else.
    """
    if hasattr(bind, "connect") and hasattr(bind, "begin"):
        with bind.begin() as connection:
            yield connection
    elif hasattr(bind, "execute") and hasattr(bind, "dialect"):
        yield bind
    else:
        raise exc.ArgumentError(
            f"create and drop need an engine or a connection, not {bind!r:.100}. "
            "Of a session, pass session.connection()."
        )


def _can_look(connection: Any) -> bool:
    """False for what only stands for a connection, and has no database to be asked what is there."""
    return hasattr(connection, "exec_driver_sql")


def _has_table(connection: Any, table: Table) -> bool:
    return bool(
        connection.dialect.has_table(
            connection, table.name, schema=effective_schema(connection, table)
        )
    )


def effective_schema(connection: Any, item: Any) -> str | None:
    """The schema in which a table, sequence or type lies on this connection, after schema_translate_map."""
    translate = connection.get_execution_options().get("schema_translate_map")
    schema: str | None = getattr(item, "schema", None)
    return translate.get(schema, schema) if translate else schema


def create_tables(
    bind: Any,
    metadata: MetaData,
    tables: Sequence[Table] | None,
    checkfirst: bool,
    sort: bool = True,
) -> None:
    """Create tables with what belongs to them; see MetaData.create_all()."""
    chosen = list(metadata.tables.values()) if tables is None else list(tables)
    ordered, later = sort_tables_and_constraints(chosen)
    with ddl_connection(bind) as connection:
        checkfirst = checkfirst and _can_look(connection)
        missing = [t for t in ordered if not (checkfirst and _has_table(connection, t))]
        present = {id(table) for table in missing}
        later = [constraint for constraint in later if id(constraint.table) in present]
        if not connection.dialect.supports_alter:
            later = []
        options = {"tables": missing, "checkfirst": checkfirst, "_ddl_runner": None}
        with _events("create", metadata, connection, options) if sort else nullcontext():
            for sequence in _sequences_of(metadata, missing, whole=tables is None):
                create_sequence(connection, sequence, checkfirst)
            _ddl_compiler(connection).create_types(connection, missing, checkfirst)
            for table in missing:
                _create_table(connection, table, later, options)
            for constraint in later:
                _execute_for(
                    ddl.AddConstraint(constraint, isolate_from_table=False), connection, options
                )


def _create_table(
    connection: Any, table: Table, later: Sequence[ForeignKeyConstraint], options: dict[str, Any]
) -> None:
    with _events("create", table, connection, options):
        if table._creator is not None:
            connection.execute(table._creator)
            return
        inside = [c for c in table.foreign_key_constraints if c not in later]
        connection.execute(ddl.CreateTable(table, include_foreign_key_constraints=inside))
        for index in table.indexes:
            _execute_for(ddl.CreateIndex(index), connection, options)
        dialect = connection.dialect
        if dialect.supports_comments and not dialect.inline_comments:
            if table.comment is not None:
                connection.execute(ddl.SetTableComment(table))
            for column in table.c:
                if column.comment is not None:
                    connection.execute(ddl.SetColumnComment(column))


def _execute_for(statement: Any, connection: Any, options: dict[str, Any]) -> None:
    """Create what belongs to a table, unless its `ddl_if()` says otherwise."""
    item = statement.element
    if item._is_wanted(statement, connection, connection.dialect):
        with _events("create", item, connection, options):
            connection.execute(statement)


def drop_tables(
    bind: Any,
    metadata: MetaData,
    tables: Sequence[Table] | None,
    checkfirst: bool,
    sort: bool = True,
) -> None:
    """Drop tables with what belongs to them; see MetaData.drop_all()."""
    chosen = list(metadata.tables.values()) if tables is None else list(tables)
    ordered, later = sort_tables_and_constraints(chosen)
    with ddl_connection(bind) as connection:
        checkfirst = checkfirst and _can_look(connection)
        present = [t for t in reversed(ordered) if not checkfirst or _has_table(connection, t)]
        known = {id(table) for table in present}
        options = {"tables": present, "checkfirst": checkfirst, "_ddl_runner": None}
        with _events("drop", metadata, connection, options) if sort else nullcontext():
            if connection.dialect.supports_alter:
                for constraint in later:
                    if id(constraint.table) not in known:
                        continue
                    if constraint._is_wanted(None, connection, connection.dialect):
                        with _events("drop", constraint, connection, options):
                            _drop_cyclic_constraint(connection, constraint)
            elif later and _can_look(connection):
                # a table's rows are deleted with it, while those of others still refer to them
                connection._defer_foreign_keys()
            for table in present:
                with _events("drop", table, connection, options):
                    connection.execute(_drop_statement(table))
            _ddl_compiler(connection).drop_types(connection, chosen, checkfirst)
            for sequence in _sequences_of(metadata, present, whole=tables is None):
                drop_sequence(connection, sequence, checkfirst)


def _drop_statement(table: Table) -> ddl.DDLElement:
    if table.is_view:
        return ddl.DropView(table, materialized=table._creator.materialized)
    return ddl.DropTable(table)


def _drop_cyclic_constraint(connection: Any, constraint: ForeignKeyConstraint) -> None:
    if constraint.name is None:
        compiler = _ddl_compiler(connection)
        name = compiler.find_constraint_name(connection, constraint)
        if name is None:
            raise exc.CircularDependencyError(
                f"The foreign key {constraint!r} of table {constraint.table.name!r} is part of a cycle and has no "
                "name, so it cannot be dropped first. Name it: ForeignKey(..., name='...')",
                {constraint.table},
                set(),
            )
        connection.execute(ddl.DropConstraint(constraint, name=name))
        return
    connection.execute(ddl.DropConstraint(constraint))


def _sequences_of(metadata: MetaData, tables: Sequence[Table], whole: bool) -> list[Any]:
    """The sequences to make or drop: those of the tables' columns, and with the whole MetaData all others."""
    used = {
        id(column.default) for table in tables for column in table.c if column.default is not None
    }
    owned = {
        id(column.default)
        for table in metadata.tables.values()
        for column in table.c
        if column.default is not None
    }
    return [
        sequence
        for sequence in metadata._sequences.values()
        if id(sequence) in used or (whole and id(sequence) not in owned)
    ]


def create_sequence(bind: Any, sequence: Any, checkfirst: bool) -> None:
    """Create a sequence where the database has sequences; elsewhere do nothing."""
    with ddl_connection(bind) as connection:
        dialect = connection.dialect
        if not dialect.supports_sequences or (sequence.optional and dialect.sequences_optional):
            return
        schema = effective_schema(connection, sequence)
        checkfirst = checkfirst and _can_look(connection)
        if checkfirst and dialect.has_sequence(connection, sequence.name, schema=schema):
            return
        options = {"checkfirst": checkfirst}
        with _events("create", sequence, connection, options):
            connection.execute(ddl.CreateSequence(sequence))


def drop_sequence(bind: Any, sequence: Any, checkfirst: bool) -> None:
    """Drop a sequence where the database has sequences; elsewhere do nothing."""
    with ddl_connection(bind) as connection:
        dialect = connection.dialect
        if not dialect.supports_sequences or (sequence.optional and dialect.sequences_optional):
            return
        schema = effective_schema(connection, sequence)
        checkfirst = checkfirst and _can_look(connection)
        if checkfirst and not dialect.has_sequence(connection, sequence.name, schema=schema):
            return
        options = {"checkfirst": checkfirst}
        with _events("drop", sequence, connection, options):
            connection.execute(ddl.DropSequence(sequence))


def create_index(bind: Any, index: Index, checkfirst: bool) -> None:
    """Create an index; with `checkfirst`, only if it is not there."""
    with ddl_connection(bind) as connection:
        checkfirst = checkfirst and _can_look(connection)
        if not (checkfirst and _has_index(connection, index)):
            options = {"checkfirst": checkfirst}
            with _events("create", index, connection, options):
                connection.execute(ddl.CreateIndex(index))


def drop_index(bind: Any, index: Index, checkfirst: bool) -> None:
    """Drop an index; with `checkfirst`, only if it is there."""
    with ddl_connection(bind) as connection:
        checkfirst = checkfirst and _can_look(connection)
        if not checkfirst or _has_index(connection, index):
            options = {"checkfirst": checkfirst}
            with _events("drop", index, connection, options):
                connection.execute(ddl.DropIndex(index))


def _has_index(connection: Any, index: Index) -> bool:
    table = index.table
    if table is None:
        raise exc.InvalidRequestError(f"{index!r} is not attached to a table.")
    found = connection.dialect.get_indexes(
        connection, table.name, schema=effective_schema(connection, table)
    )
    return any(entry["name"] == index.name for entry in found)


@contextmanager
def _events(what: str, target: Any, connection: Any, options: dict[str, Any]) -> Iterator[None]:
    """Around the DDL of an item: tell who listens for its creation or its drop."""
    for listener in getattr(target.dispatch, f"before_{what}"):
        listener(target, connection, **options)
    yield
    for listener in getattr(target.dispatch, f"after_{what}"):
        listener(target, connection, **options)


def _ddl_compiler(connection: Any) -> Any:
    return connection.dialect.ddl_compiler(connection.dialect)
