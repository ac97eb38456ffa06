"""The end of a request: commit or roll back by its outcome, and always close.

    the view raised, or an error handler was asked       roll back, before the handler runs
    response below 400, nothing raised                    commit, after all other after_request hooks
    response 400 and above, or vetoed                     roll back
    the commit fails                                      roll back, the app's errorhandler answers or 500
    open at the end of a successful request's context     commit; a failure is logged and raised
    open at the end of any other context                  roll back

The commit comes after all `after_request` functions and the saving of Flask's own session, so
that when one of these raises, the request is a 500 and nothing of it is stored.
The fate of a request is kept in an `Outcome` in its WSGI environ, because several requests can share
one app context (a test that pushes a context and then uses the client).
"""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable, Iterable
from typing import Any, cast

from flask import Flask, Response, has_app_context, has_request_context, request
from werkzeug.exceptions import HTTPException

from flask_ormsession import signals
from flask_ormsession.errors import ReadOnlyError, annotate
from flask_ormsession.recording import add_server_timing
from flask_ormsession.session import (
    SCOPE,
    SessionScope,
    find_scope,
    find_space,
    has_unsaved_changes,
    make_scope,
)
from flask_ormsession.state import AppState, get_app
from orm import Session, event

OUTCOME = "flask_ormsession.outcome"  # in the WSGI environ
_LAST_OUTCOME = "_ormsession_outcome"  # in `g`, from the end of the request to that of its context

logger = logging.getLogger("flask_ormsession")

Veto = Callable[[Response], bool]


class Outcome:
    """What became of one request.

    failed: something raised. succeeded: the response was below 400 and, in automatic mode, the
    commit worked. manual, read_only: what the view asked for. shared: the app context is not the
    request's own. streamed: the response is produced after the request's end. ends: how often
    the request's context ended (a stream or a preserved context revives it).
    """

    __slots__ = ("ends", "failed", "manual", "read_only", "shared", "streamed", "succeeded")

    def __init__(self, *, manual: bool, shared: bool) -> None:
        self.failed = False
        self.succeeded = False
        self.manual = manual
        self.read_only = False
        self.shared = shared
        self.streamed = False
        self.ends = 0

    def may_commit(self, error: BaseException | None) -> bool:
        """Whether what is open at the end of the request's context is to be committed."""
        if not self.succeeded or self.failed or error is not None:
            return False
        if self.manual or self.read_only:
            return False
        return self.ends == 1 or self.streamed


def _environ() -> dict[str, Any]:
    """The WSGI environ of the current request; the detour around the proxy halves the cost."""
    environ: dict[str, Any] = cast("Any", request)._get_current_object().environ
    return environ


def get_outcome(state: AppState) -> Outcome:
    """Return the outcome of the current request, making it if the app was called without WSGI."""
    environ = _environ()
    outcome: Outcome | None = environ.get(OUTCOME)
    if outcome is None:
        manual = state.settings.commit == "manual"
        outcome = environ[OUTCOME] = Outcome(manual=manual, shared=True)
    return outcome


def install(app: Flask, state: AppState) -> None:
    """Hang the end of requests and contexts into an app, by wrapping four of its methods.

    Their last argument is what matters here; what newer Flask versions put before it is passed on.
    """
    _note_requests(app, state)
    _note_errors(app, state)
    _end_responses(app, state)
    _end_contexts(app, state)


def _note_requests(app: Flask, state: AppState) -> None:
    manual = state.settings.commit == "manual"
    inner: Any = app.wsgi_app

    def wsgi_app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        shared = has_app_context() and get_app() is app
        environ[OUTCOME] = Outcome(manual=manual, shared=shared)
        response: Iterable[bytes] = inner(environ, start_response)
        return response

    _replace(app, "wsgi_app", wsgi_app)


def _replace(app: Flask, method: str, function: Callable[..., Any]) -> None:
    """Shadow a method of this one app; Flask calls them all through the instance."""
    setattr(app, method, function)


def _note_errors(app: Flask, state: AppState) -> None:
    """No hook of Flask tells of an exception which an error handler turns into a response."""
    handle_user_exception: Any = app.handle_user_exception
    handle_exception: Any = app.handle_exception

    def note_handled(*args: Any) -> Any:
        if is_failure(args[-1]):
            fail_request(state, args[-1])
        return handle_user_exception(*args)

    def note_unhandled(*args: Any) -> Response:
        fail_request(state, args[-1])
        response: Response = handle_exception(*args)
        return response

    _replace(app, "handle_user_exception", note_handled)
    _replace(app, "handle_exception", note_unhandled)


def _end_responses(app: Flask, state: AppState) -> None:
    inner: Any = app.process_response

    def process_response(*args: Any) -> Response:
        outcome = get_outcome(state)
        begin_response(outcome, args[-1])
        response: Response = inner(*args)
        try:
            end_request(app, state, outcome, response)
        except Exception as error:
            # Raises again when the app has no handler, and Flask then answers 500.
            handle: Any = app.handle_user_exception
            answer = app.make_response(handle(*args[:-1], error))
            return process_response(*args[:-1], answer)
        if app.debug and (scope := find_scope()) is not None:
            add_server_timing(response, scope)
        return response

    _replace(app, "process_response", process_response)


def _end_contexts(app: Flask, state: AppState) -> None:
    """Not a teardown function: those are skipped when one before them raises."""
    end_of_request: Any = app.do_teardown_request
    end_of_context: Any = app.do_teardown_appcontext

    def do_teardown_request(*args: Any, **kw: Any) -> None:
        error = _error_of(args, kw)
        try:
            end_of_request(*args, **kw)
        except BaseException as raised:
            error = raised
            raise
        finally:
            end_request_context(error)

    def do_teardown_appcontext(*args: Any, **kw: Any) -> None:
        error = _error_of(args, kw)
        try:
            end_of_context(*args, **kw)
        except BaseException as raised:
            error = raised
            raise
        finally:
            end_context(error)

    _replace(app, "do_teardown_request", do_teardown_request)
    _replace(app, "do_teardown_appcontext", do_teardown_appcontext)


def _error_of(args: tuple[Any, ...], kw: dict[str, Any]) -> BaseException | None:
    given = kw.get("exc", args[-1] if args else sys.exc_info()[1])
    return given if isinstance(given, BaseException) else None


def is_failure(error: Exception) -> bool:
    """Whether an exception means that the request failed; `abort(redirect(...))` does not."""
    if not isinstance(error, HTTPException):
        return True
    code = error.code if error.response is None else error.response.status_code
    return code is None or code >= 400


def fail_request(state: AppState, error: BaseException) -> None:
    """Mark the current request as failed and roll back now, so that error handlers can query."""
    annotate(error)
    if not has_request_context():
        return
    get_outcome(state).failed = True
    scope = find_scope()
    if scope is not None:
        scope.roll_back()


def begin_response(outcome: Outcome, response: Response) -> None:
    """Roll back what failed before the app's hooks run, one of which may commit by itself (as
    the server-side sessions of some extensions do)."""
    if (outcome.failed or response.status_code >= 400) and not outcome.manual:
        scope = find_scope()
        if scope is not None:
            scope.roll_back()


def end_request(app: Flask, state: AppState, outcome: Outcome, response: Response) -> None:
    """Commit or roll back by the response, after all hooks of the app have seen it.

    Raises what the commit raised; everything is rolled back then.
    """
    scope = find_scope()
    outcome.succeeded = not outcome.failed and not _is_refused(state, response)
    if scope is not None and scope.session is not None:
        _end_transaction(app, scope, outcome)
    if outcome.succeeded and response.is_streamed:
        outcome.streamed = True
        if not response.direct_passthrough:  # what sends a file wants it as it is
            response.response = Stream(response.response, outcome)
        if scope is not None:
            response.call_on_close(functools.partial(_close_unless_current, scope))


class Stream:
    """The chunks of a streamed response. Its request has failed if they are not taken to their end;
    a context that is preserved would not tell."""

    __slots__ = ("_chunks", "_close", "_outcome")

    def __init__(self, chunks: Any, outcome: Outcome) -> None:
        self._chunks = iter(chunks)
        self._close = getattr(chunks, "close", None)
        self._outcome: Outcome | None = outcome

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> Any:
        try:
            return next(self._chunks)
        except StopIteration:
            self._outcome = None
            raise
        except BaseException:
            self._fail()
            raise

    def _fail(self) -> None:
        if self._outcome is not None:
            self._outcome.failed = True

    def close(self) -> None:
        """The server wants no more of it."""
        self._fail()
        if self._close is not None:
            self._close()


def _close_unless_current(scope: SessionScope) -> None:
    """Close a session after the stream of its request, unless its context is still there: one that
    is preserved, or that of a test around the request. Its end settles what is open."""
    if find_scope() is not scope:
        scope.close()


def _end_transaction(app: Flask, scope: SessionScope, outcome: Outcome) -> None:
    if outcome.read_only and outcome.succeeded and scope.session is not None:
        _refuse_flush(scope.session)
        scope.roll_back()
    elif outcome.manual:
        _warn_of_unsaved(app, scope)
    elif outcome.succeeded:
        _commit(scope)
    else:
        scope.roll_back()


def _is_refused(state: AppState, response: Response) -> bool:
    if response.status_code >= 400:
        return True
    vetoes = state.db.vetoes
    return bool(vetoes) and any(veto(response) for veto in vetoes)


def begin_manual(state: AppState) -> None:
    """The current request commits by itself."""
    get_outcome(state).manual = True


def begin_read_only(state: AppState) -> None:
    """The current request only reads: the database is told so where it can be, a flush raises
    ReadOnlyError, and nothing is committed."""
    outcome = get_outcome(state)
    if outcome.read_only:
        return
    outcome.read_only = True
    session = make_scope().open()
    session.read_only = True
    event.listen(session, "before_flush", _refuse_flush)


def _refuse_flush(session: Session, *_context: Any) -> None:
    changed = [*session.new, *session.dirty, *session.deleted]
    if changed:
        raise ReadOnlyError(
            f"The view {request.endpoint!r} is marked @db.read_only, but changed objects: "
            f"{changed[:3]!r}. Take the mark away, or do not change them."
        )


def _warn_of_unsaved(app: Flask, scope: SessionScope) -> None:
    if app.debug and scope.session is not None and has_unsaved_changes(scope.session):
        logger.warning(
            "The request %s %s ended with changes that were not committed, and the commit mode is "
            "manual: they are lost. Call db.session.commit() in the view.",
            request.method,
            request.path,
        )


def _commit(scope: SessionScope) -> None:
    session = scope.session
    if session is None or not session.in_transaction():  # whatever changes an object begins one
        return
    try:
        session.commit()
    except Exception as error:
        scope.roll_back()
        annotate(error)
        if signals.commit_failed.receivers:
            signals.commit_failed.send(scope.app, session=session, error=error)
        raise


def end_request_context(error: BaseException | None) -> None:
    """The request's context ends: hand its outcome to the app context, which ends next.

    If the app context is someone else's, what the request left open is settled now.
    """
    outcome: Outcome | None = _environ().get(OUTCOME)
    if outcome is None:  # test_request_context: no request was answered
        return
    outcome.ends += 1
    if not outcome.shared:
        setattr(find_space(), _LAST_OUTCOME, outcome)
        return
    scope = find_scope()
    if scope is not None:
        _settle(scope, outcome, error)


def end_context(error: BaseException | None) -> None:
    """The app context ends: settle what is open, and close the session.

    Raises what a commit raised. The connection is returned to the pool in any case.
    """
    space = find_space()
    outcome: Outcome | None = space.pop(_LAST_OUTCOME, None)
    scope: SessionScope | None = space.get(SCOPE)
    if scope is None:
        return
    session = scope.session
    if scope.watch is not None:
        scope.watch.say_goodbye(session)
    if session is None:
        return
    try:
        if session.in_transaction():
            _settle(scope, outcome, error)
    finally:
        # The objects of a view are still wanted by its stream; its response closes them.
        if outcome is None or not outcome.streamed or outcome.ends > 1:
            scope.close()


def _settle(scope: SessionScope, outcome: Outcome | None, error: BaseException | None) -> None:
    if outcome is None or not outcome.may_commit(error):
        scope.roll_back()
        return
    try:
        _commit(scope)
    except Exception:
        logger.exception("committing what was left open at the end of a request failed")
        raise
