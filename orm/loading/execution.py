"""Executing a plan: the statement, its rows, the objects, and what is loaded after them."""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from typing import Any

from orm.engine.execution import Reason
from orm.loading.builder import LoadPlan
from orm.loading.hydrate import Run
from orm.util.collections import EMPTY_MAP

#: below this many rows the collector is not worth touching
PAUSE_ROWS = 50


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
    """Execute a plan on one of the session's connections; return what its rows make."""
    cursor = connection.execute_compiled(
        plan.compiled, extracted, params, reason=reason, owner=session, options=options
    )
    try:
        rows = cursor.fetchall()
    finally:
        cursor.close()
    return hydrate_rows(plan, rows, run)


def hydrate_rows(plan: LoadPlan, rows: Sequence[Any], run: Run) -> Any:
    """Turn driver rows into what the plan emits, eager loads included.

    The garbage collector is paused meanwhile: none of the objects made is garbage, and
    looking for some costs more than making them.
    """
    hydrate = plan.hydrate
    if hydrate is None:
        return rows
    pauses = len(rows) >= PAUSE_ROWS and gc.isenabled()
    if pauses:
        gc.disable()
    try:
        made = hydrate(rows, run)
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
    finally:
        if pauses:
            gc.enable()
    return made
