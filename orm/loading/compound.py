"""Unions of selects of mapped classes: rows, with the conditions of the classes in each member.

What a statement's options say about classes (with_loader_criteria), and what single-table inheritance
implies, holds for every SELECT within: they are put in while the statement is compiled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orm.engine.execution import Reason
from orm.engine.result import Result
from orm.engine.row import RowLayout
from orm.loading.builder import LoadPlan
from orm.loading.criteria import LoaderCriteria, Restricting, criteria_of
from orm.loading.row_plan import RowPlan, Slot
from orm.loading.selectin import load_after
from orm.loading.sources import make_result
from orm.sql.cache_key import statement_key
from orm.util.collections import EMPTY_MAP

QUERY = Reason("query")


def compile_restricted(
    connection: Any,
    statement: Any,
    criteria: Sequence[LoaderCriteria],
    column_keys: tuple[str, ...] | None = None,
) -> tuple[Any, Sequence[Any]]:
    """Return (compiled, binds) of a finished statement whose SELECTs get the conditions of their classes.

    The compiled form comes from the engine's cache if there was one like it. column_keys: the names of the values that
    come with the rows of an INSERT.
    """
    key, binds = statement_key(statement)
    name = ("restricted", key, tuple(each.cache_key()[0] for each in criteria), column_keys)
    cache = connection.plans
    compiled = None if key is None else cache.get(name)
    if compiled is None:
        dialect = cache.dialect
        compiled = dialect.statement_compiler(dialect).compile(
            statement,
            extracted=tuple(binds),
            restrict=Restricting(criteria, covers_top=True),
            column_keys=column_keys,
            for_executemany=column_keys is not None,
        )
        if key is not None:
            cache.put(name, compiled)
    return compiled, binds


def execute_compound(
    session: Any,
    statement: Any,
    params: Any = None,
    execution_options: Mapping[str, Any] = EMPTY_MAP,
    bind_arguments: Mapping[str, Any] | None = None,
) -> Result:
    """Execute a union (or the like) of selects of mapped classes; return its Result of rows.

    It gives rows, also of entities: those of its members need not be of one class.
    """
    options = {**statement._execution_options, **execution_options}
    connection = session._connection_for(None, statement, bind_arguments)
    compiled, binds = compile_restricted(connection, statement, criteria_of(statement))
    cursor = connection.execute_compiled(
        compiled, binds, params, reason=QUERY, owner=session, options=options, statement=statement
    )
    plan = make_rows_plan(connection.dialect, compiled)
    return make_result(session, plan, cursor, options, connection)


def make_rows_plan(dialect: Any, compiled: Any) -> LoadPlan:
    """Return the plan for the rows of a compiled statement, as it names them."""
    columns = compiled.result_columns
    outputs = []
    for place, column in enumerate(columns):
        impl = column.type.dialect_impl(dialect)
        outputs.append(Slot("", place, impl.result_processor(dialect, None)))
    rows = RowPlan((), outputs, "row", len(columns))
    layout = RowLayout([each.key for each in columns], [each.objects for each in columns])
    return LoadPlan(compiled, rows, layout, load_after)
