"""Insert, update and delete of mapped classes through Session.execute()."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.engine.result import ListSource, Result
from orm.engine.row import RowLayout
from orm.flush import bulk
from orm.flush.criteria_dml import (
    CriteriaDML,
    after_execution,
    before_execution,
    column_values,
    make_dml,
    mapper_of,
    take_rows,
)
from orm.flush.emit import has_expressions
from orm.loading.from_statement import FromStatement, execute_from_statement
from orm.loading.plan import QUERY, check_star, execute_select, is_star
from orm.session.events import fire
from orm.session.query_dml import QUERY_OPTION
from orm.sql.expression import tuple_
from orm.sql.select import select

if TYPE_CHECKING:
    from orm.session.session import Session


def execute_dml(
    session: Session, statement: Any, params: Any, options: Mapping[str, Any], arguments: Any
) -> Any:
    """Return the Result of an ORM insert, update or delete."""
    if statement._entity is None:
        # a statement over a table, which only mentions mapped attributes
        connection = session._connection_for(None, statement, arguments)
        return connection.execute(statement, params, execution_options=options or None)
    check_star(statement._returning)
    if statement.is_insert:
        return _insert(session, statement, params, options)
    if isinstance(params, (list, tuple)) and params:
        if statement.is_delete:
            raise exc.InvalidRequestError(
                "delete() of a mapped class takes no list of parameters. Write one condition, "
                "as in .where(User.id.in_(ids)), or execute it on session.connection()."
            )
        return _update_many(session, statement, params, options, arguments)
    return _by_criteria(session, statement, params, options, arguments)


class DoneResult(Result):
    """The result of bulk work which returns no rows; `rowcount` says how many were written."""

    __slots__ = ("rowcount",)

    rowcount: int


def _done(rowcount: int) -> DoneResult:
    made = DoneResult(Result.from_source((), ListSource(()))._stream)
    made.rowcount = rowcount
    return made


# -- insert


def _insert(session: Session, statement: Any, params: Any, options: Mapping[str, Any]) -> Any:
    mapper = mapper_of(statement)
    connection = session._connection_for(mapper=mapper)
    core = bulk.core_insert(statement, mapper)
    rows = [params] if isinstance(params, Mapping) else list(params or ())
    if statement.select is None and (
        len(mapper.tables) > 1 or _returns_subclasses(statement, mapper)
    ):
        given = [_plain_values(mapper, row) for row in statement._multi_values]
        return _insert_joined(session, statement, mapper, rows or given or [{}], options)
    if not rows:
        if statement._returning:
            return _returned(session, statement, core, None, options)
        return connection.execute(core, execution_options=options or None)
    rows = list(bulk.translate_rows(mapper, rows))
    if not _renders_nulls(statement, options):
        rows = list(bulk.leave_defaults(mapper, rows))
    if statement._returning:
        return _insert_returning(session, statement, core, rows, options, connection)
    result: Any = None
    counts: list[int] = []
    for run in bulk.group_rows(rows):
        result = connection.execute(
            core,
            run if isinstance(params, (list, tuple)) else run[0],
            execution_options=options or None,
        )
        counts.append(result.rowcount)
    result.rowcount = -1 if -1 in counts else sum(counts)  # -1: the driver does not know
    return result


def _returns_subclasses(statement: Any, mapper: Any) -> bool:
    """Return whether an object to be returned is loaded with columns of its subclasses' tables."""
    return any(
        each._annotations.get("parententity") is mapper and each._is_from_clause
        for each in statement._returning
    ) and any(
        other.local_table is not mapper.local_table for other in mapper.with_polymorphic_mappers
    )


def _renders_nulls(statement: Any, options: Mapping[str, Any]) -> bool:
    """Whether None is written as NULL where the column has a default."""
    return bool({**statement._execution_options, **options}.get("render_nulls", False))


def _insert_joined(
    session: Session, statement: Any, mapper: Any, rows: Sequence[Any], options: Mapping[str, Any]
) -> Any:
    """Insert rows of a class mapped over several tables, one table after the other."""
    values = _plain_values(mapper, statement._values)
    returning = statement._returning
    rows = [{**values, **row} for row in rows]
    written = bulk.insert_mappings(
        session,
        mapper,
        rows,
        returns=bool(returning),
        render_nulls=_renders_nulls(statement, options),
    )
    if not returning:
        return _done(len(written))
    keys = [tuple(row[key] for key in mapper.pk_keys) for row in written]
    return _select_in_order(session, statement, mapper, keys, options)


def _plain_values(mapper: Any, values: Any) -> dict[str, Any]:
    """Return attribute name -> value for what values() was given: plain values, or SQL."""
    return {
        key: getattr(each, "value", each) if each._is_bind_parameter else each
        for key, each in column_values(mapper, values or {}).items()
    }


def _select_in_order(
    session: Session, statement: Any, mapper: Any, keys: Sequence[Any], options: Mapping[str, Any]
) -> Any:
    """Return the RETURNING members of rows just inserted, in the order of their keys.

    No statement returns what went into several tables, so they are selected.
    """
    columns = [getattr(mapper.class_, key) for key in mapper.pk_keys]
    wanted = select(*statement._returning, *columns)
    wanted._with_options = statement._with_options
    found: dict[Any, Any] = {}
    width = len(columns)
    for start in range(0, len(keys), 500):
        part = keys[start : start + 500]
        matches = (
            columns[0].in_([key[0] for key in part]) if width == 1 else tuple_(*columns).in_(part)
        )
        rows = execute_select(session, wanted.where(matches), None, options)
        layout = rows._stream.layout
        found.update({tuple(row[-width:]): tuple(row[:-width]) for row in rows})
    own = RowLayout(layout.keys[:-width], layout.objects[:-width] if layout.objects else ())
    return Result.from_source(own, ListSource([found[key] for key in keys]))


def _insert_returning(
    session: Session,
    statement: Any,
    core: Any,
    rows: list[Any],
    options: Mapping[str, Any],
    connection: Any,
) -> Any:
    """One statement with many VALUES rows per chunk; the results are read as one.

    In the order of the rows, where that is asked for, they go out one by one: no database promises it.
    """
    results = []
    for run in bulk.group_rows(rows):
        is_plain = not has_expressions(chain.from_iterable(row.values() for row in run))
        size = max(1, min(500, connection.dialect.max_parameters // max(1, len(run[0]))))
        if statement._sort_by_parameter_order:
            size = 1
        for start in range(0, len(run), size):
            part = run[start : start + size]
            if is_plain and run[0] and len(run) > 1:
                results.append(_returned(session, statement, core, part, options))
            else:
                many = core.values([dict(row) for row in part])
                results.append(_returned(session, statement, many, None, options))
    if len(results) == 1:
        return results[0]
    return results[0].merge(*results[1:])


def _returned(
    session: Session, statement: Any, core: Any, params: Any, options: Mapping[str, Any]
) -> Any:
    """Execute a DML statement whose RETURNING names entities or their columns."""
    if is_star(statement._returning[0]):
        connection = session._connection_for(mapper=mapper_of(statement))
        core = core.returning(*statement._returning)
        return connection.execute(core, params, execution_options=options or None)
    wanted = select(*statement._returning)
    wanted._with_options = statement._with_options
    wanted._execution_options = statement._execution_options
    columns: list[Any] = []
    for element in statement._returning:
        if "composed" in element._annotations:
            columns.extend(element.clauses)
        else:
            columns.extend(element.c if element._is_from_clause else (element,))
    source = FromStatement(wanted, core.returning(*dict.fromkeys(columns)))
    options = {**statement._execution_options, **options}
    connection = session._connection_for(None, source)
    # An UPDATE first sets and expires what it has changed; of the rows, the objects take what they lack then.
    return execute_from_statement(
        session, connection, source, params, options, QUERY, when_read=statement.is_update
    )


# -- update and delete


def _update_many(
    session: Session, statement: Any, params: Any, options: Mapping[str, Any], arguments: Any
) -> Any:
    """A list of parameters: by primary key, or the statement as it is for each."""
    mode = {**statement._execution_options, **options}.get("synchronize_session", "auto")
    if statement._where_criteria:
        if mode:
            raise exc.InvalidRequestError(
                "update() with where() and a list of parameters cannot keep the objects in the "
                "session in step. Add .execution_options(synchronize_session=None), and expire "
                "what has changed."
            )
        connection = session._connection_for(None, statement, arguments)
        core = make_dml(session, statement, {"synchronize_session": False}).core
        return connection.execute(core, list(params))
    if statement._returning:
        raise exc.InvalidRequestError(
            "update() with a list of rows cannot have returning(): select the rows afterwards."
        )
    if mode == "fetch":
        raise exc.InvalidRequestError(
            "update() with a list of rows knows which rows it writes: synchronize_session='fetch' "
            "does not apply. Leave it out, or set it to False."
        )
    return _done(bulk.update_by_key(session, mapper_of(statement), params, follow=bool(mode)))


def _by_criteria(
    session: Session, statement: Any, params: Any, options: Mapping[str, Any], arguments: Any
) -> Any:
    dml = make_dml(session, statement, options)
    dml.query = options.get(QUERY_OPTION)
    connection = session._connection_for(dml.mapper, statement, arguments)
    if isinstance(params, Mapping) and not dml.is_delete:
        _take_params(dml, params)
    returning = bool(statement._returning)
    before_execution(dml, connection, returning=returning)
    if returning:
        dml.result = _returned(session, statement, dml.core, params, options)
    else:
        dml.result = connection.execute(dml.core, params, execution_options=options or None)
        if dml.by_returning:
            take_rows(dml, dml.result.all())
    after_execution(dml)
    dispatch = session.dispatch
    fire(dispatch.after_bulk_delete if dml.is_delete else dispatch.after_bulk_update, dml)
    return dml.result


def _take_params(dml: CriteriaDML, params: Mapping[str, Any]) -> None:
    """Parameters named as attributes are values to be set, if the statement has none of these."""
    for name in params:
        if name in dml.mapper.class_manager.column_names:
            dml.columns.setdefault(name, params[name])
