"""From a statement object and parameters to an execution: compile (cached), arguments, result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.engine.cursor import CursorResult, CursorSource, plan_rows
from orm.engine.execution import DDL, QUERY, Reason, execute_cursor, report_unsent
from orm.engine.schemas import OPTION, other_schemas, place_schemas
from orm.engine.source import ChunkSource
from orm.sql.cache_key import statement_key
from orm.sql.template import is_template
from orm.sql.text import tstring

if TYPE_CHECKING:
    from orm.compiler.compiled import Compiled
    from orm.engine.connection import Connection


def execute(
    connection: Connection,
    statement: Any,
    parameters: Any,
    execution_options: Mapping[str, Any] | None,
) -> CursorResult:
    """Execute a statement object; see Connection.execute()."""
    if not getattr(statement, "_is_executable", False) or not (
        statement.is_select or statement.is_dml or statement.is_text or statement.is_ddl
    ):
        statement = _to_statement(statement)
    params = _check_parameters(parameters) if parameters is not None else None
    own = statement._execution_options
    options = connection._options
    if own or execution_options:
        options = {**options, **own, **(execution_options or {})}
        if execution_options and "isolation_level" in execution_options:
            connection._set_isolation_once(execution_options["isolation_level"])
    told = connection.dispatch.hears_statement
    if told:
        statement, params = tell_before(connection, statement, params, options)
    if statement.is_ddl:
        result = _execute_ddl(connection, statement, options)
    elif options is not connection._options and OPTION in options:
        with other_schemas(connection, options[OPTION]):
            result = _execute(connection, statement, params, options)
    else:
        result = _execute(connection, statement, params, options)
    if told:
        tell_after(connection, statement, params, options, result)
    return result


def tell_before(
    connection: Connection, statement: Any, params: Any, options: Mapping[str, Any]
) -> tuple[Any, Any]:
    """Call the before_execute listeners; returns the statement and parameters they leave."""
    for listener in connection.dispatch.before_execute:
        multi, single = _split(params)
        statement, multi, single = listener(connection, statement, multi, single, options)
        params = multi or single or None
    return statement, params


def tell_after(
    connection: Connection, statement: Any, params: Any, options: Mapping[str, Any], result: Any
) -> None:
    """Call the after_execute listeners."""
    multi, single = _split(params)
    for listener in connection.dispatch.after_execute:
        listener(connection, statement, multi, single, options, result)


def execute_told(
    connection: Connection,
    compiled: Compiled,
    extracted: Sequence[Any] | None,
    params: Any,
    statement: Any,
    reason: Reason,
    owner: Any,
    options: Mapping[str, Any],
) -> Any:
    """Connection.execute_compiled() with the events of a statement around it.

    A statement that a listener puts in the place of the present one must return the same columns.
    """
    told = compiled.statement if statement is None else statement
    shown = {**connection._options, **options} if options else connection._options
    named = params
    if statement is None and not params:
        # the statement is a remembered one, whose own values are those of its first execution
        named = compiled.construct_params(None, extracted)
    kept, given = tell_before(connection, told, named, shown)
    if given is not named:
        params = given
    if kept is not told:
        compiled, extracted = compile_cached(connection, kept)
    try:
        sql, args = compiled.make_args(extracted, params, connection)
    except Exception as error:
        raise argument_error(connection, error, compiled, params) from error
    cursor = execute_cursor(
        connection, sql, args, compiled=compiled, reason=reason, owner=owner, options=options
    )
    _tell_after_cursor(connection, cursor, kept, given, shown, options)
    return cursor


def execute_rows(
    connection: Connection,
    compiled: Compiled,
    extracted: Sequence[Any] | None,
    rows: Sequence[Mapping[str, Any]],
    statement: Any,
    reason: Reason,
    owner: Any,
    options: Mapping[str, Any],
) -> Any:
    """See Connection.execute_rows()."""
    if not connection.dispatch.hears_statement:
        return _send_rows(connection, compiled, extracted, rows, reason, owner, options)
    told = compiled.statement if statement is None else statement
    shown = {**connection._options, **options} if options else connection._options
    kept, rows = tell_before(connection, told, list(rows), shown)
    if kept is not told:
        compiled, extracted = compile_cached(connection, kept, list(rows[0]), True)
    cursor = _send_rows(connection, compiled, extracted, rows, reason, owner, options)
    _tell_after_cursor(connection, cursor, kept, rows, shown, options)
    return cursor


def _send_rows(
    connection: Connection,
    compiled: Compiled,
    extracted: Sequence[Any] | None,
    rows: Sequence[Mapping[str, Any]],
    reason: Reason,
    owner: Any,
    options: Mapping[str, Any],
) -> Any:
    """Execute an INSERT of one row for many, as one statement; return the cursor."""
    try:
        sql, args = compiled.make_rows_args(rows, extracted, connection)
    except Exception as error:
        raise argument_error(connection, error, compiled, rows) from error
    return execute_cursor(
        connection, sql, args, compiled=compiled, reason=reason, owner=owner, options=options
    )


def _tell_after_cursor(
    connection: Connection,
    cursor: Any,
    statement: Any,
    params: Any,
    shown: Mapping[str, Any],
    options: Mapping[str, Any],
) -> None:
    """Call the after_execute listeners, where the caller goes on with the bare cursor."""
    if connection.dispatch.after_execute:
        result = CursorResult(connection, cursor, None, options=options)
        tell_after(connection, statement, params, shown, result)


def execute_args_told(
    connection: Connection,
    sql: str,
    args: Any,
    *,
    many: bool,
    compiled: Compiled,
    reason: Reason,
    owner: Any,
    options: Mapping[str, Any],
) -> Any:
    """execute_cursor() with the events of a statement around it, for text made by a flush.

    Listeners see the statement of one row and the values as they are sent; what they return is
    not used, since the text has been written.
    """
    params = _named_rows(compiled, args, many)
    tell_before(connection, compiled.statement, params, options)
    cursor = execute_cursor(
        connection, sql, args, many=many, compiled=compiled, reason=reason, owner=owner,
        options=options,
    )  # fmt: skip
    _tell_after_cursor(connection, cursor, compiled.statement, params, options, options)
    return cursor


def _named_rows(compiled: Compiled, args: Any, many: bool) -> Any:
    """Return driver arguments as a dict by name; a list of dicts for more than one row."""
    names = compiled.bind_names
    width = max(1, len(names))
    rows = args if many else [args[at : at + width] for at in range(0, len(args), width)]
    named = [dict(zip(names, row, strict=False)) for row in rows]
    return named[0] if len(named) == 1 else named


def _split(params: Any) -> tuple[list[Any], Mapping[str, Any]]:
    return (params, {}) if isinstance(params, list) else ([], params or {})


def _to_statement(subject: Any) -> Any:
    clause = getattr(subject, "__clause_element__", None)
    if clause is not None:
        element = clause()
        if getattr(element, "_is_executable", False):
            return element
    if is_template(subject):
        return tstring(subject)
    visit_name = getattr(subject, "__visit_name__", "")
    if visit_name == "sequence":
        from orm.sql.select import Select

        return Select(subject.next_value())
    select = getattr(subject, "select", None)
    if visit_name and callable(select) and not isinstance(subject, type):
        made = select()  # a function: SELECT func()
        if getattr(made, "_is_executable", False):
            return made
    raise exc.ObjectNotExecutableError(subject)


def _check_parameters(parameters: Any) -> Any:
    """Return a mapping, a list of mappings, or None. Raises exc.ArgumentError for others."""
    if isinstance(parameters, Mapping):
        return parameters or None
    if isinstance(parameters, (list, tuple)):
        for one in parameters:
            if not isinstance(one, Mapping):
                raise exc.ArgumentError(
                    "Parameters are given by name, as a dict or a list of dicts, "
                    f"not {_describe(parameters)}. Write "
                    "execute(text('... WHERE id = :id'), {'id': 1}); exec_driver_sql() takes "
                    "positional ones."
                )
        return list(parameters) or None
    raise exc.ArgumentError(
        "Parameters are given as a dict, or a list of dicts to execute the statement for each, "
        f"not as {_describe(parameters)}."
    )


def _describe(value: Any) -> str:
    if isinstance(value, (list, tuple)) and value:
        return f"a {type(value).__name__} of {type(value[0]).__name__}"
    return f"a {type(value).__name__}"


def compile_cached(
    connection: Connection,
    statement: Any,
    column_keys: Sequence[str] | None = None,
    for_executemany: bool = False,
) -> tuple[Compiled, tuple[Any, ...]]:
    """Return the compiled form of a statement and its own binds, in the order it expects.

    column_keys: names of the parameters that come with an INSERT or UPDATE.
    """
    key, binds = statement_key(statement)
    columns = tuple(column_keys) if column_keys else None
    cache = connection.plans
    dialect = cache.dialect
    if key is None:
        compiled: Compiled = dialect.statement_compiler(dialect).compile(
            statement,
            column_keys=columns,
            for_executemany=for_executemany,
        )
        return compiled, compiled.extracted
    full_key: Any = key
    if columns or for_executemany:
        full_key = (key, columns, for_executemany)
    found: Compiled | None = cache.get(full_key)
    if found is None:
        found = dialect.statement_compiler(dialect).compile(
            statement,
            column_keys=columns,
            for_executemany=for_executemany,
            extracted=binds,
        )
        cache.put(full_key, found)
    return found, binds


def argument_error(
    connection: Connection, error: Exception, compiled: Compiled, params: Any
) -> BaseException:
    """Return what an error while values were converted becomes, `handle_error` listeners heard."""
    text = place_schemas(connection, compiled.string)
    if isinstance(error, exc.SQLAlchemyError):
        made = error
        if isinstance(made, exc.StatementError):
            made.statement = text
    else:
        kind = type(error)
        made = exc.StatementError(
            f"({kind.__module__}.{kind.__name__}) {error}",
            text,
            params,
            error,
            connection.engine.hide_parameters,
        )
    return report_unsent(connection, error, made, text, params)


def _execute_ddl(
    connection: Connection, statement: Any, options: Mapping[str, Any]
) -> CursorResult:
    dialect = connection.dialect
    compiled = dialect.ddl_compiler(dialect).compile(
        statement, schema_translate_map=options.get("schema_translate_map")
    )
    cursor = execute_cursor(
        connection, compiled.string, (), compiled=compiled, reason=DDL, options=options
    )
    return CursorResult(connection, cursor, compiled, options=options)


def _execute(
    connection: Connection, statement: Any, params: Any, options: Mapping[str, Any]
) -> CursorResult:
    if type(params) is list:
        return _execute_many(connection, statement, params, options)
    return _execute_once(connection, statement, params, options)


def _execute_once(
    connection: Connection,
    statement: Any,
    params: Mapping[str, Any] | None,
    options: Mapping[str, Any],
) -> CursorResult:
    is_dml = statement.is_dml
    keys = list(params) if params and is_dml else None
    compiled, extracted = compile_cached(connection, statement, keys)
    try:
        if is_dml and compiled.prefetch:
            params = compiled.fill_defaults(params, extracted, connection)
        sql, args = compiled.make_args(extracted, params, connection)
    except Exception as error:
        raise argument_error(connection, error, compiled, params) from error
    cursor = execute_cursor(connection, sql, args, compiled=compiled, reason=QUERY, options=options)
    implicit = is_dml and bool(compiled.implicit_returning)
    return CursorResult(
        connection,
        cursor,
        compiled,
        options=options,
        params=params,
        extracted=extracted,
        implicit=implicit,
    )


def _execute_many(
    connection: Connection,
    statement: Any,
    rows: list[Mapping[str, Any]],
    options: Mapping[str, Any],
) -> CursorResult:
    if statement.is_select:
        raise exc.InvalidRequestError(
            "A SELECT cannot be executed for a list of parameters: it would have as many results. "
            "Execute it once per set, or use in_() with a list."
        )
    keys = list(rows[0]) if statement.is_dml else None
    compiled, extracted = compile_cached(connection, statement, keys, for_executemany=True)
    if compiled.returning and compiled.kind == "insert":
        return _insert_returning(connection, compiled, extracted, rows, options)
    try:
        sql, args = compiled.make_many_args(rows, extracted, connection)
    except Exception as error:
        raise argument_error(connection, error, compiled, rows) from error
    cursor = execute_cursor(
        connection, sql, args, many=True, compiled=compiled, reason=QUERY, options=options
    )
    return CursorResult(
        connection, cursor, compiled, options=options, params=rows, extracted=extracted
    )


def _place_of_number(compiled: Compiled, row: Mapping[str, Any]) -> int | None:
    """Return where the key that the database numbers is in the returned rows; None if they lack it, or it is given."""
    column = compiled.statement.table._autoincrement_column
    if column is None or column.key in row:
        return None
    places = [
        place
        for place, each in enumerate(compiled.result_columns)
        if any(one is column for one in each.objects)
    ]
    return places[0] if places else None


def _insert_returning(
    connection: Connection,
    compiled: Compiled,
    extracted: tuple[Any, ...],
    rows: list[Mapping[str, Any]],
    options: Mapping[str, Any],
) -> CursorResult:
    """INSERT many rows with RETURNING, as few statements of many VALUES rows each.

    No database promises an order of what comes back. Where it is asked for, rows are sorted by the key that the
    database numbers, which grows with the order of VALUES; without that they go out one by one.
    """
    per_row = max(1, len(compiled.binds))
    dialect = connection.dialect
    page = options.get("insertmanyvalues_page_size", dialect.insertmanyvalues_page_size)
    size = max(1, min(page, dialect.max_parameters // per_row))
    in_order = compiled.statement._sort_by_parameter_order
    place = _place_of_number(compiled, rows[0]) if in_order else None
    if in_order and place is None:
        size = 1
    chunks: list[list[Any]] = []
    first: CursorResult | None = None
    total = 0
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        cursor = _send_rows(connection, compiled, extracted, batch, QUERY, None, options)
        if first is None:
            first = CursorResult(
                connection, cursor, compiled, options=options, params=rows, extracted=extracted
            )
            chunks.append(first._stream.source.fetch_all())
        else:
            plan = plan_rows(compiled, connection.dialect, cursor.description)
            source = CursorSource(connection, cursor, plan.convert)
            chunks.append(source.fetch_all())
            source.close()
        if place is not None:
            chunks[-1].sort(key=itemgetter(place))
        total += len(chunks[-1])
    assert first is not None
    first._stream.source = ChunkSource(chunks)
    first.rowcount = total
    return first
