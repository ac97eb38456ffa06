"""Executing a plan: the statement, its rows, the objects, and what is loaded after them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from orm.engine.execution import Reason, raise_error
from orm.engine.parts import consume
from orm.loading.builder import LoadPlan
from orm.loading.hydrate import Run
from orm.util.collections import EMPTY_MAP
from orm.util.collector import PAUSE_FROM, call_paused


def fetch(
    session: Any,
    plan: LoadPlan,
    run: Run,
    connection: Any,
    params: Mapping[str, Any] | None,
    reason: Reason,
    extracted: Sequence[Any] | None = None,
    options: Mapping[str, Any] = EMPTY_MAP,
) -> Any:
    """Execute a plan on one of the session's connections; return what its rows make.

    Listeners for do_orm_execute are told.
    """
    dispatch = session.dispatch
    if dispatch.do_orm_execute:
        load = (plan, run, connection, params, reason, extracted, options)
        return dispatch.tell_load(session, *load)
    cursor = connection.execute_compiled(
        plan.compiled, extracted, params, reason=reason, owner=session, options=options
    )
    return hydrate_cursor(plan, cursor, run, connection)


def hydrate_cursor(plan: LoadPlan, cursor: Any, run: Run, connection: Any) -> Any:
    """Turn the rows of an executed cursor into what the plan emits, and close the cursor.

    Objects are made while rows are read; eager loads begin when the cursor is closed. Raises
    exc.DBAPIError and its kind if the driver fails.
    """
    dialect = connection.dialect
    hydrate = plan.hydrate
    assert hydrate is not None
    try:
        made = consume(lambda rows: hydrate(rows, run), dialect, cursor)
    except dialect.driver_error as error:
        raise_fetching(connection, error, plan, cursor)
    finally:
        cursor.close()
    load_along(plan, run)
    return made


def hydrate_rows(plan: LoadPlan, rows: Sequence[Any], run: Run) -> Any:
    """Turn driver rows into what the plan emits, eager loads included."""
    hydrate = plan.hydrate
    if hydrate is None:
        return rows
    made = call_paused(hydrate, rows, run) if len(rows) >= PAUSE_FROM else hydrate(rows, run)
    load_along(plan, run)
    return made


def raise_fetching(connection: Any, error: Exception, plan: LoadPlan, cursor: Any) -> NoReturn:
    """Raise our exception for one of the driver's which came while rows were fetched."""
    raise_error(connection, error, plan.compiled.string, None, False, cursor)
    raise AssertionError  # raise_error never returns


def load_along(plan: LoadPlan, run: Run) -> None:
    """Do what comes after the rows: events, collections out of the rows, further loads."""
    if run.token is not None:
        for each in run.maps:
            each.stamp()
    if run.news:
        run.announce()
    if plan.has_collections:
        run.fill_collections()
    if plan.has_after:
        for entity in plan.rows.entities:
            for prop, strategy in entity.after:
                plan.load_after(run, entity, prop, strategy)
