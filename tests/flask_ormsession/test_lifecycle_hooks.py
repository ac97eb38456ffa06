"""Outcomes where the app's own hooks, its session, or a mark on the view have a part."""

from __future__ import annotations

from typing import Any

import pytest
from flask import (
    Response,
    jsonify,
    request,
    session,
)
from flask.sessions import SecureCookieSessionInterface

from flask_ormsession import ReadOnlyError
from orm import select


class Boom(Exception):
    pass


def answer(world: Any, method: str = "post") -> int:
    response = getattr(world.client, method)("/")
    response.close()
    assert world.checked_out() == 0
    return int(response.status_code)


# -- hooks


def test_a_raising_hook_is_a_500_and_writes_nothing(world: Any) -> None:
    @world.app.after_request
    def hook(response: Response) -> Response:
        raise Boom

    @world.route
    def view() -> Any:
        world.add("new")
        return "ok"

    assert answer(world) == 500
    assert world.stored() == []


def test_a_hook_that_raises_once_writes_nothing(world: Any) -> None:
    calls: list[int] = []

    @world.app.after_request
    def hook(response: Response) -> Response:
        calls.append(response.status_code)
        if len(calls) == 1:
            raise Boom
        return response

    @world.app.errorhandler(500)
    def handle(error: Exception) -> Any:
        return "fine", 200

    @world.route
    def view() -> Any:
        world.add("new")
        return "ok"

    assert answer(world) == 200
    assert calls == [200, 200]
    assert world.stored() == []


def test_hooks_registered_later_run_before_the_commit(world: Any) -> None:
    @world.route
    def view() -> Any:
        world.add("view")
        return "ok"

    @world.app.after_request
    def hook(response: Response) -> Response:
        world.add("hook")
        return response

    assert answer(world) == 200
    assert world.stored() == ["hook", "view"]


def test_a_hook_that_turns_the_response_into_an_error(world: Any) -> None:
    @world.app.after_request
    def hook(response: Response) -> Response:
        response.status_code = 503
        return response

    @world.route
    def view() -> Any:
        world.add("new")
        return "ok"

    assert answer(world) == 503
    assert world.stored() == []


def test_a_session_cookie_that_cannot_be_saved(world: Any) -> None:
    world.app.secret_key = "test"

    @world.route
    def view() -> Any:
        world.add("new")
        session["bad"] = object()
        return "ok"

    assert answer(world) == 500
    assert world.stored() == []


def test_a_server_side_session_in_the_same_database(world: Any) -> None:
    class Store(SecureCookieSessionInterface):
        def save_session(self, app: Any, session: Any, response: Response) -> None:
            world.add("session of " + request.args["who"])
            world.db.session.commit()

    world.app.session_interface = Store()
    world.app.secret_key = "test"

    @world.route
    def view() -> Any:
        world.add(request.args["who"])
        return "ok" if request.args["who"] == "good" else ("no", 400)

    assert world.client.post("/?who=good").status_code == 200
    assert world.client.post("/?who=bad").status_code == 400
    assert world.stored() == ["good", "session of bad", "session of good"]


def test_veto(world: Any) -> None:
    @world.db.commit_veto
    def veto(response: Response) -> bool:
        return response.headers.get("X-Dry-Run") == "1"

    @world.route
    def view() -> Any:
        world.add("new")
        return "ok", 200, {"X-Dry-Run": request.args.get("dry", "0")}

    assert world.client.post("/?dry=1").status_code == 200
    assert world.stored() == []
    assert world.client.post("/").status_code == 200
    assert world.stored() == ["new"]


# -- manual, read-only


def test_manual_mode_commits_only_when_told(make_world: Any) -> None:
    world = make_world(ORM_COMMIT="manual")

    @world.route
    def view() -> Any:
        world.add("kept")
        world.db.session.commit()
        world.add("lost")
        world.db.session.flush()
        return "ok"

    assert answer(world) == 200
    assert world.stored() == ["kept"]


def test_manual_view(world: Any) -> None:
    @world.route
    @world.db.manual_commit
    def view() -> Any:
        world.add("lost")
        return "ok"

    assert answer(world) == 200
    assert world.stored() == []


def test_manual_mode_warns_in_debug(small: Any, caplog: pytest.LogCaptureFixture) -> None:
    @small.route
    @small.db.manual_commit
    def view() -> Any:
        small.add("lost")
        return "ok"

    small.app.debug = True
    assert answer(small) == 200
    assert "changes that were not committed" in caplog.text
    assert "POST /" in caplog.text


def test_read_only_view(small: Any) -> None:
    @small.route
    @small.db.read_only
    def view() -> Any:
        if request.method == "POST":
            small.add("new")
        return jsonify(len(small.db.session.execute(select(small.Item)).all()))

    assert answer(small, "get") == 200
    assert answer(small) == 500
    assert small.stored() == []
    small.app.config["PROPAGATE_EXCEPTIONS"] = True
    with pytest.raises(ReadOnlyError, match="marked @db.read_only"):
        small.client.post("/")
