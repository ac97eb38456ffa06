"""Problem documents (RFC 9457)."""

from __future__ import annotations

import json
from http import HTTPStatus

from flask import Response


def problem(status: int, detail: str, **members: object) -> Response:
    """Return a problem document.

    detail: a sentence about this occurrence.
    members: what a program may want to know beside it; values of JSON.
    """
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **members,
    }
    body = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return Response(body, status, content_type="application/problem+json")
