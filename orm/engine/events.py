"""The events of engines and connections."""

from __future__ import annotations

from typing import Any

from orm import exc
from orm.event.dispatch import Dispatch, Listener, make_dispatch

_RETURNING = ("before_execute", "before_cursor_execute", "handle_error")
_CURSOR = ("conn", "cursor", "statement", "parameters", "context", "executemany")


def _adapt(name: str, listener: Listener, options: Any) -> Listener:
    """Give a `before_` listener without `retval` the return value that changes nothing."""
    if options.get("retval"):
        if name not in _RETURNING and not name.startswith("do_"):
            raise exc.ArgumentError(
                f"Nothing is done with what a listener for {name!r} returns: leave retval=True out. It means "
                f"something for {exc.join_names(_RETURNING)}."
            )
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


_Events: type[Dispatch] = make_dispatch(
    "EngineEvents",
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
        "do_execute": ("cursor", "statement", "parameters", "context"),
        "do_executemany": ("cursor", "statement", "parameters", "context"),
        "do_execute_no_params": ("cursor", "statement", "context"),
    },
    adapt=_adapt,
)  # fmt: skip

_CURSOR_EVENTS = (
    "before_cursor_execute", "after_cursor_execute",
    "do_execute", "do_executemany", "do_execute_no_params",
)  # fmt: skip
_STATEMENT_EVENTS = ("before_execute", "after_execute")


class EngineDispatch(_Events):  # type: ignore[valid-type, misc]
    """The listeners of an engine or connection.

    hears_cursor, hears_statement: whether any event around a cursor, or around a statement
    object, has a listener; one truth test for each execution.
    """

    __slots__ = ("hears_cursor", "hears_statement")

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._note()

    def _refresh(self, name: str) -> None:
        super()._refresh(name)
        self._note()

    def _note(self) -> None:
        self.hears_cursor = any(getattr(self, name) for name in _CURSOR_EVENTS)
        self.hears_statement = any(getattr(self, name) for name in _STATEMENT_EVENTS)
