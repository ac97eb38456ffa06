"""The events of engines and connections."""

from __future__ import annotations

from typing import Any

from orm.event.dispatch import Dispatch, Listener, make_dispatch

_CURSOR = ("conn", "cursor", "statement", "parameters", "context", "executemany")


def _adapt(name: str, listener: Listener, options: Any) -> Listener:
    """Give a `before_` listener without `retval` the return value that changes nothing."""
    if options.get("retval"):
        return listener
    if name == "before_cursor_execute":

        def keep_text(
            conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
        ) -> Any:
            listener(conn, cursor, statement, parameters, context, many)
            return statement, parameters

        return keep_text
    if name == "before_execute":

        def keep_statement(
            conn: Any, clauseelement: Any, multiparams: Any, params: Any, options: Any
        ) -> Any:
            listener(conn, clauseelement, multiparams, params, options)
            return clauseelement, multiparams, params

        return keep_statement
    return listener


EngineDispatch: type[Dispatch] = make_dispatch(
    "EngineDispatch",
    {
        "before_execute": ("conn", "clauseelement", "multiparams", "params", "execution_options"),
        "after_execute": (
            "conn", "clauseelement", "multiparams", "params", "execution_options", "result",
        ),
        "before_cursor_execute": _CURSOR,
        "after_cursor_execute": _CURSOR,
        "handle_error": ("exception_context",),
        "engine_connect": ("conn",),
        "engine_disposed": ("engine",),
        "set_connection_execution_options": ("conn", "opts"),
        "set_engine_execution_options": ("engine", "opts"),
        "begin": ("conn",),
        "commit": ("conn",),
        "rollback": ("conn",),
        "savepoint": ("conn", "name"),
        "rollback_savepoint": ("conn", "name", "context"),
        "release_savepoint": ("conn", "name", "context"),
        "begin_twophase": ("conn", "xid"),
        "prepare_twophase": ("conn", "xid"),
        "commit_twophase": ("conn", "xid", "is_prepared"),
        "rollback_twophase": ("conn", "xid", "is_prepared"),
        "do_connect": ("dialect", "conn_rec", "cargs", "cparams"),
    },
    adapt=_adapt,
)  # fmt: skip
