"""One answer for each kind of failure: a page for people, a problem document for programs.

An error answer is 4xx or 5xx, and so Flask-ORMSession rolls the session back after it.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, make_response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from example_app.api.problems import problem
from example_app.services.errors import ShopError
from orm.exc import IntegrityError, StaleDataError


def init_app(app: Flask) -> None:
    """Register the handlers that pages and API share."""
    app.register_error_handler(HTTPException, _answer_http_error)
    app.register_error_handler(ShopError, _answer_refusal)
    app.register_error_handler(StaleDataError, _answer_stale)
    app.register_error_handler(IntegrityError, _answer_integrity)


def _answer(status: int, detail: str) -> ResponseReturnValue:
    if request.path.startswith("/api/"):
        return problem(status, detail)
    title = HTTPStatus(status).phrase
    return render_template("error.html", status=status, title=title, detail=detail), status


def _answer_http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error
    response = make_response(_answer(error.code, error.description or error.name))
    for name, value in error.get_headers():  # Allow, Retry-After, WWW-Authenticate
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _answer_refusal(error: ShopError) -> ResponseReturnValue:
    return _answer(HTTPStatus.CONFLICT, str(error))


def _answer_stale(error: StaleDataError) -> ResponseReturnValue:
    return _answer(
        HTTPStatus.CONFLICT,
        "Somebody else changed this in the meantime. Nothing was stored; look at the new values.",
    )


def _answer_integrity(error: IntegrityError) -> ResponseReturnValue:
    return _answer(
        HTTPStatus.CONFLICT, "This contradicts data that is stored already. Nothing was stored."
    )
