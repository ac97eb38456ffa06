"""The matrix of outcomes: what a request does, what the client sees, and what is stored."""

from __future__ import annotations

from typing import Any

import pytest
from flask import (
    Response,
    abort,
    jsonify,
    make_response,
    redirect,
    session,
)

from orm import exc, select


class Boom(Exception):
    pass


def answer(world: Any, method: str = "post") -> int:
    response = getattr(world.client, method)("/")
    response.close()
    assert world.checked_out() == 0
    return int(response.status_code)


def raise_boom() -> Any:
    raise Boom


# -- responses


@pytest.mark.parametrize(
    ("result", "status", "stored"),
    [
        (lambda: "ok", 200, ["new"]),
        (lambda: ("made", 201), 201, ["new"]),
        (lambda: ("", 204), 204, ["new"]),
        (lambda: redirect("/elsewhere"), 302, ["new"]),
        (lambda: ("no", 400), 400, []),
        (lambda: ("no", 404), 404, []),
        (lambda: ("no", 500), 500, []),
        (lambda: abort(404), 404, []),
        (lambda: abort(409), 409, []),
        (lambda: abort(redirect("/elsewhere")), 302, ["new"]),
        (lambda: abort(make_response("denied", 403)), 403, []),
        (raise_boom, 500, []),
    ],
    ids=[
        "success",
        "created",
        "no-content",
        "redirect",
        "returned-400",
        "returned-404",
        "returned-500",
        "abort-404",
        "abort-409",
        "abort-with-redirect",
        "abort-with-response",
        "raise",
    ],
)
def test_outcome_decides(world: Any, result: Any, status: int, stored: list[str]) -> None:
    @world.route
    def view() -> Any:
        world.add("new")
        return result()

    assert answer(world) == status
    assert world.stored() == stored


def test_flushed_rows_of_a_failed_request_are_undone(world: Any) -> None:
    @world.route
    def view() -> Any:
        world.add("new")
        world.db.session.flush()
        raise Boom

    assert answer(world) == 500
    assert world.stored() == []


def test_each_request_has_its_own_session(small: Any) -> None:
    seen: list[Any] = []

    @small.route
    def view() -> str:
        seen.append(small.db.session())
        assert small.db.session() is seen[-1]
        return "ok"

    assert [answer(small), answer(small)] == [200, 200]
    assert seen[0] is not seen[1]


# -- errors that somebody handles


@pytest.mark.parametrize("status", [200, 400, 422])
def test_a_handled_exception_writes_nothing(world: Any, status: int) -> None:
    @world.app.errorhandler(Boom)
    def handle(error: Boom) -> Any:
        return "handled", status

    @world.route
    def view() -> Any:
        world.add("new")
        world.db.session.flush()
        raise Boom

    assert answer(world) == status
    assert world.stored() == []


def test_a_handler_for_everything_writes_nothing(world: Any) -> None:
    @world.app.errorhandler(500)
    def handle(error: Exception) -> Any:
        return "sorry", 200

    @world.route
    def view() -> Any:
        world.add("new")
        raise Boom

    assert answer(world) == 200
    assert world.stored() == []


def test_an_error_handler_can_query_after_a_failed_flush(world: Any) -> None:
    @world.app.errorhandler(exc.IntegrityError)
    def handle(error: Exception) -> Any:
        names = world.db.session.execute(select(world.Item.name)).scalars().all()
        return jsonify(list(names)), 409

    @world.route
    def view() -> Any:
        world.add("taken")
        world.db.session.flush()
        return "ok"

    assert answer(world) == 200
    response = world.client.post("/")
    assert (response.status_code, response.json) == (409, ["taken"])


def test_an_abort_inside_a_failed_flush(world: Any) -> None:
    @world.app.errorhandler(409)
    def handle(error: Exception) -> Any:
        return jsonify(len(world.db.session.execute(select(world.Item)).all())), 409

    @world.route
    def view() -> Any:
        world.add("taken")
        try:
            world.db.session.flush()
        except exc.IntegrityError:
            abort(409)
        return "ok"

    assert answer(world) == 200
    assert world.client.post("/").json == 1


def test_a_view_may_go_on_after_a_savepoint(world: Any) -> None:
    @world.route
    def view() -> Any:
        world.add("kept")
        world.db.session.flush()
        try:
            with world.db.session.begin_nested():
                world.add("kept")
        except exc.IntegrityError:
            pass
        return "ok"

    assert answer(world) == 200
    assert world.stored() == ["kept"]


# -- commits that fail


def test_a_failing_flush_in_the_view(world: Any) -> None:
    @world.route
    def view() -> Any:
        world.add("twice")
        world.add("twice")
        world.db.session.flush()
        return "ok"

    assert answer(world) == 500
    assert world.stored() == []


def test_a_failing_commit_is_a_500(world: Any) -> None:
    @world.route
    def view() -> Any:
        world.add("twice")
        world.add("twice")
        return "ok"

    assert answer(world) == 500
    assert world.stored() == []


def test_a_failing_commit_goes_to_the_error_handler(world: Any) -> None:
    @world.app.errorhandler(exc.IntegrityError)
    def handle(error: exc.IntegrityError) -> Any:
        assert world.db.session.execute(select(world.Item)).all() == []
        return "taken", 409

    @world.app.after_request
    def mark(response: Response) -> Response:
        response.headers["X-Mark"] = "seen"
        return response

    @world.route
    def view() -> Any:
        world.add("twice")
        world.add("twice")
        session["user"] = 1
        return "ok"

    world.app.secret_key = "test"
    response = world.client.post("/")
    assert (response.status_code, response.text) == (409, "taken")
    assert response.headers["X-Mark"] == "seen"
    assert len(response.headers.getlist("Set-Cookie")) == 1
    assert world.stored() == []
    assert world.checked_out() == 0


def test_a_failing_commit_is_propagated_when_testing(small: Any) -> None:
    @small.route
    def view() -> Any:
        small.add("twice")
        small.add("twice")
        return "ok"

    small.app.config["PROPAGATE_EXCEPTIONS"] = True
    with pytest.raises(exc.IntegrityError):
        small.client.post("/")
    assert small.stored() == []


def test_a_failing_error_handler_of_a_failing_commit(small: Any) -> None:
    @small.app.errorhandler(exc.IntegrityError)
    def handle(error: exc.IntegrityError) -> Any:
        raise Boom

    @small.route
    def view() -> Any:
        small.add("twice")
        small.add("twice")
        return "ok"

    assert answer(small) == 500
    assert small.stored() == []
