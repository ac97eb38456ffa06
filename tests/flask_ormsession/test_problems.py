"""Problem documents."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.exceptions import MethodNotAllowed

from flask_ormsession import problems
from orm import exc


@pytest.fixture
def served(world: Any) -> Any:
    """A world whose errors of integrity are problem documents."""
    world.app.register_error_handler(exc.IntegrityError, world.db.problem)

    @world.route
    def view() -> str:
        world.add("a")
        return "ok"

    return world


def test_a_commit_that_fails(served: Any) -> None:
    assert served.client.post("/").status_code == 200
    response = served.client.post("/")
    assert response.status_code == 409
    assert response.content_type == problems.CONTENT_TYPE
    assert response.json == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "This value is taken already. Nothing was stored.",
        "kind": "unique",
        "errors": [{"field": "name", "message": "This value is taken already."}],
    }
    assert served.stored() == ["a"]


def test_a_missing_value(world: Any) -> None:
    with world.app.test_request_context():
        world.add(None)
        with pytest.raises(exc.IntegrityError) as caught:
            world.db.session.flush()
        response = world.db.problem(caught.value, {"name": "Give it a name."})
    assert response.status_code == 422
    assert response.json["errors"] == [{"field": "name", "message": "Give it a name."}]


def test_a_stale_row(small: Any) -> None:
    response = small.db.problem(exc.StaleDataError("expected one row"))
    assert response.status_code == 409


def test_errors_of_http_keep_their_headers(small: Any) -> None:
    response = small.db.problem(MethodNotAllowed(["GET"]))
    assert (response.status_code, response.headers["Allow"]) == (405, "GET")
    assert response.json["title"] == "Method Not Allowed"


def test_other_errors_are_raised(small: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        small.db.problem(ZeroDivisionError())
