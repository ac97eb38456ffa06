"""Problem documents (RFC 9457): errors as JSON that programs can read.

@app.errorhandler(IntegrityError)
def refuse(error):
    return db.problem(error)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response
from werkzeug.exceptions import HTTPException

from flask_ormsession import integrity
from flask_ormsession.retry import find_conflict
from flask_ormsession.versions import VersionError
from orm import exc

CONTENT_TYPE = "application/problem+json"

# What the client may not do because of what is stored, and what it may not do at all.
_STATUS_OF_KIND = {
    "not_null": HTTPStatus.UNPROCESSABLE_ENTITY,
    "check": HTTPStatus.UNPROCESSABLE_ENTITY,
}


def make_problem(status: int, detail: str, **members: Any) -> Response:
    """Return a problem document.

    detail: a sentence about this occurrence. members: what a program wants to know besides.
    """
    title = HTTPStatus(status).phrase
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    body = json.dumps(document | members, ensure_ascii=False, indent=2) + "\n"
    return Response(body, status, content_type=CONTENT_TYPE)


def explain(error: Exception, messages: Mapping[str, str] | None = None) -> Response:
    """Return the problem document for an error: 409 or 422 for a violated constraint, 409 for a
    row that somebody else has changed or a conflict with another transaction, the error's own
    status for those of HTTP. Raises what it cannot explain."""
    if isinstance(error, exc.IntegrityError):
        return _explain_integrity(error, messages)
    if isinstance(error, VersionError):
        known = {"seen": list(error.seen), "current": error.current}
        return make_problem(error.code or 412, error.description or error.name, **known)
    if isinstance(error, exc.StaleDataError) or find_conflict(error) is not None:
        detail = "Somebody else has changed this in the meantime. Nothing was stored."
        return make_problem(HTTPStatus.CONFLICT, detail)
    if isinstance(error, HTTPException) and error.response is None and error.code is not None:
        response = make_problem(error.code, error.description or error.name)
        for name, value in error.get_headers():  # Allow, Retry-After, WWW-Authenticate
            if name.lower() not in ("content-type", "content-length"):
                response.headers[name] = value
        return response
    raise error


def _explain_integrity(error: exc.IntegrityError, messages: Mapping[str, str] | None) -> Response:
    status = _STATUS_OF_KIND.get(error.kind or "", HTTPStatus.CONFLICT)
    detail = f"{integrity.describe(error, messages)} Nothing was stored."
    errors = integrity.list_errors(error, messages)
    return make_problem(status, detail, kind=error.kind, errors=errors)
