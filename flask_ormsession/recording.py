"""What statements ran: `get_recorded_queries()`, the signals `query_executed` and `slow_query`.

The engines are listened to only when ORM_RECORD_QUERIES or ORM_SLOW_QUERY_MS asks for it, in debug mode
(for the header Server-Timing), or when somebody connects to `query_executed` or `lazy_load_batched`;
otherwise a statement costs nothing more.
"""

from __future__ import annotations

import logging
import sys
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, Response

import orm
from flask_ormsession import signals
from flask_ormsession.session import SessionScope, find_scope, make_scope
from orm import event

if TYPE_CHECKING:
    from flask_ormsession.state import AppState

logger = logging.getLogger("flask_ormsession")

_OWN_FOLDERS = (str(Path(orm.__file__).parent), str(Path(__file__).parent))


@dataclass(frozen=True, slots=True)
class QueryInfo:
    """One executed statement.

    start_time, end_time: readings of time.perf_counter(), in seconds. reason: why the library ran it (a
    query, a lazy load of User.posts, a flush, ...). location: "file:line (function)" of the code that
    asked for it. bind_key: which database.
    """

    statement: str
    parameters: Any
    start_time: float
    end_time: float
    reason: str
    location: str
    bind_key: str | None

    @property
    def duration(self) -> float:
        """How long it took, in seconds."""
        return self.end_time - self.start_time


class Recorder:
    """Listens to the engines of one app."""

    def __init__(self, app: Flask, state: AppState) -> None:
        self._app = weakref.ref(app)
        self.settings = state.settings
        for key, engine in state.engines.items():
            self._listen(key, engine)

    def _listen(self, key: str | None, engine: Any) -> None:
        def after(
            conn: Any, cursor: Any, statement: str, params: Any, context: Any, many: bool
        ) -> None:
            end = time.perf_counter()
            reason = describe_reason(context)
            location = find_location()
            query = QueryInfo(statement, params, context.started, end, reason, location, key)
            self.note(query, is_batched(context))

        event.listen(engine, "after_cursor_execute", after)

    def note(self, query: QueryInfo, batched: bool) -> None:
        """Keep one statement, and tell whom it concerns. batched: a lazy load for several objects."""
        app = self._app()
        if app is None:
            return
        keep(query, self.settings.record_queries)
        if signals.query_executed.receivers:
            signals.query_executed.send(app, query=query)
        if batched and signals.lazy_load_batched.receivers:
            signals.lazy_load_batched.send(app, query=query)
        slow = self.settings.slow_query_ms
        if slow is not None and query.duration * 1000 >= slow:
            logger.warning(
                "slow query, %.1f ms, %s: %s",
                query.duration * 1000,
                query.location,
                query.statement,
            )
            if signals.slow_query.receivers:
                signals.slow_query.send(app, query=query)


def keep(query: QueryInfo, whole: bool) -> None:
    """Add a statement to those of the current app context, if there is one; else only its time."""
    scope = find_scope()
    if scope is None:
        return
    scope.query_count += 1
    scope.query_s += query.duration
    if whole:
        if scope.queries is None:
            scope.queries = []
        scope.queries.append(query)


def add_server_timing(response: Response, scope: SessionScope) -> None:
    """Tell the browser's developer tools what the database took: `Server-Timing: db;dur=1.5`."""
    if scope.query_count:
        plural = "" if scope.query_count == 1 else "s"
        description = f"{scope.query_count} statement{plural}"
        value = f'db;dur={scope.query_s * 1000:.2f};desc="{description}"'
        response.headers.add("Server-Timing", value)
        scope.query_count, scope.query_s = 0, 0.0


def install(app: Flask, state: AppState) -> None:
    """Record from now on if the settings say so, else when a signal gets its first receiver."""
    settings = state.settings
    wanted = settings.record_queries or settings.slow_query_ms is not None
    heard = (signals.query_executed, signals.lazy_load_batched)
    if wanted or app.debug or any(signal.receivers for signal in heard):
        state.recorder = Recorder(app, state)
        return
    app_ref, state_ref = weakref.ref(app), weakref.ref(state)

    def start(signal: Any, /, **extra: Any) -> None:
        app, state = app_ref(), state_ref()
        if app is not None and state is not None and state.recorder is None:
            state.recorder = Recorder(app, state)

    # Kept by the app: the signal itself holds receivers weakly.
    state.on_receivers.append(start)
    for signal in heard:
        signal.receiver_connected.connect(start)


def get_recorded_queries() -> list[QueryInfo]:
    """Return the statements of the current app context; needs ORM_RECORD_QUERIES = True."""
    return list(make_scope().queries or ())


def describe_reason(context: Any) -> str:
    """Return why a statement ran, as "lazy_load User.posts (100)" or "query"."""
    reason = getattr(context, "reason", None)
    if reason is None:
        return "query"
    words = [str(reason.kind), str(reason.subject)]
    if reason.count:
        words.append(f"({reason.count})")
    return " ".join(word for word in words if word)


def is_batched(context: Any) -> bool:
    """Whether a statement is a lazy load which served several objects."""
    reason = getattr(context, "reason", None)
    return reason is not None and reason.kind == "lazy_load" and reason.count > 1


def find_location() -> str:
    """Return "file:line (function)" of the innermost frame outside of this library."""
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        name = code.co_filename
        if not name.startswith((*_OWN_FOLDERS, "<")) and "site-packages" not in name:
            return f"{name}:{frame.f_lineno} ({code.co_name})"
        if frame.f_back is None:
            break
        frame = frame.f_back
    return "unknown"
