"""Outcomes of contexts: their ends, nested, shared and preserved ones, and work outside of requests."""

from __future__ import annotations

from typing import Any

import pytest
from flask import (
    g,
    request,
)

from flask_ormsession import signals
from orm import exc, select


class Boom(Exception):
    pass


def answer(world: Any, method: str = "post") -> int:
    response = getattr(world.client, method)("/")
    response.close()
    assert world.checked_out() == 0
    return int(response.status_code)


# -- the end of the context


def test_what_a_teardown_function_writes(world: Any) -> None:
    @world.app.teardown_request
    def late(error: BaseException | None) -> None:
        world.add("late")

    @world.app.teardown_appcontext
    def later(error: BaseException | None) -> None:
        if request_was_made():
            world.add("later")

    def request_was_made() -> bool:
        return "made" in g

    @world.route
    def view() -> Any:
        g.made = True
        return ("ok", 200) if request.method == "POST" else ("no", 400)

    assert answer(world, "get") == 400
    assert world.stored() == []
    assert answer(world) == 200
    assert world.stored() == ["late", "later"]


def test_a_failing_commit_at_the_end_is_raised_and_signalled(
    small: Any, caplog: pytest.LogCaptureFixture
) -> None:
    errors: list[Any] = []

    @small.app.teardown_request
    def late(error: BaseException | None) -> None:
        small.add("twice")
        small.add("twice")

    @small.route
    def view() -> Any:
        return "ok"

    def note(sender: Any, error: Exception, **extra: Any) -> None:
        errors.append((sender, error))

    with signals.commit_failed.connected_to(note, small.app):
        with pytest.raises(exc.IntegrityError):
            small.client.post("/")
    assert errors[0][0] is small.app
    assert isinstance(errors[0][1], exc.IntegrityError)
    assert "at the end of a request failed" in caplog.text
    assert small.stored() == []
    assert small.checked_out() == 0


def test_a_raising_teardown_function_still_closes(small: Any) -> None:
    @small.app.teardown_request
    def bad(error: BaseException | None) -> None:
        raise Boom

    @small.route
    def view() -> Any:
        small.add("new")
        return "ok"

    with pytest.raises(Boom):
        small.client.post("/")
    assert small.checked_out() == 0
    assert small.stored() == ["new"]


def test_a_context_that_is_no_request_rolls_back(world: Any) -> None:
    with world.app.app_context():
        world.add("new")
        world.db.session.flush()
    assert world.stored() == []
    assert world.checked_out() == 0


def test_a_test_request_context_rolls_back(small: Any) -> None:
    with small.app.test_request_context("/"):
        small.add("new")
        small.db.session.flush()
    assert small.stored() == []


def test_a_nested_context_leaves_the_outer_alone(world: Any) -> None:
    @world.route
    def view() -> Any:
        outer = world.db.session()
        item = world.add("outer")
        with world.app.app_context():
            assert world.db.session() is not outer
            assert world.db.session.execute(select(world.Item)).all() == []
        assert world.db.session() is outer
        assert item in world.db.session
        return "ok"

    assert answer(world) == 200
    assert world.stored() == ["outer"]


def test_requests_that_share_a_context(small: Any) -> None:
    @small.route
    def view() -> Any:
        small.add(request.args["name"])
        return ("ok", 200) if request.args["name"] == "good" else ("no", 400)

    with small.app.app_context():
        client = small.client
        assert client.post("/?name=good").status_code == 200
        assert client.post("/?name=bad").status_code == 400
        assert [item.name for item in small.db.session.scalars(select(small.Item))] == ["good"]
        small.add("after the requests")
    assert small.stored() == ["good"]


# -- preserved contexts


def test_a_preserved_context_of_a_failed_request(world: Any) -> None:
    @world.route
    def view() -> Any:
        world.add("new")
        world.db.session.flush()
        raise Boom

    with world.client as client:
        assert client.post("/").status_code == 500
        world.add("from the test")
        world.db.session.flush()
    assert world.stored() == []
    assert world.checked_out() == 0


def test_a_preserved_context_of_a_good_request(world: Any) -> None:
    @world.route
    def view() -> Any:
        world.add("new")
        return "ok"

    with world.client as client:
        assert client.post("/").status_code == 200
        names = [item.name for item in world.db.session.scalars(select(world.Item))]
        assert names == ["new"]
        world.add("from the test")
    assert world.stored() == ["new"]


# -- other work


def test_session_scope_commits(world: Any) -> None:
    with world.app.app_context():
        outer = world.db.session()
        with world.db.session_scope() as inner:
            assert world.db.session() is inner
            assert inner is not outer
            world.add("new")
        assert world.db.session() is outer
    assert world.stored() == ["new"]


def test_session_scope_rolls_back(world: Any) -> None:
    @world.db.session_scope()
    def work() -> None:
        world.add("new")
        world.db.session.flush()
        raise Boom

    with world.app.app_context(), pytest.raises(Boom):
        work()
    assert world.stored() == []
    assert world.checked_out() == 0


def test_a_cli_command_commits_when_it_asks_to(small: Any) -> None:
    @small.app.cli.command("lose")
    def lose() -> None:
        small.add("lost")
        small.db.session.flush()

    @small.app.cli.command("keep")
    @small.db.session_scope()
    def keep() -> None:
        small.add("kept")

    runner = small.app.test_cli_runner()
    assert runner.invoke(args=["lose"]).exit_code == 0
    assert runner.invoke(args=["keep"]).exit_code == 0
    assert small.stored() == ["kept"]


def test_a_background_thread_has_its_own_session(world: Any) -> None:
    sessions: list[Any] = []

    def work(name: str) -> str:
        sessions.append(world.db.session())
        world.add(name)
        return name.upper()

    @world.route
    def view() -> Any:
        sessions.append(world.db.session())
        return world.db.run_in_thread(work, "thread").result(timeout=10)

    assert world.client.post("/").text == "THREAD"
    assert sessions[0] is not sessions[1]
    assert world.stored() == ["thread"]


def test_a_failing_background_thread_rolls_back(small: Any) -> None:
    def work() -> None:
        small.add("thread")
        small.db.session.flush()
        raise Boom

    with small.app.app_context():
        future = small.db.run_in_thread(work)
        assert isinstance(future.exception(timeout=10), Boom)
    assert small.stored() == []


def test_an_async_view_has_the_session_of_its_request(world: Any) -> None:
    sessions: list[Any] = []

    @world.app.before_request
    def before() -> None:
        sessions.append(world.db.session())

    @world.route
    async def view() -> str:
        sessions.append(world.db.session())
        world.add("async")
        if request.args.get("fail"):
            raise Boom
        return "ok"

    assert world.client.post("/").status_code == 200
    assert world.client.post("/?fail=1").status_code == 500
    assert sessions[0] is sessions[1]
    assert sessions[2] is sessions[3]
    assert world.stored() == ["async"]
    assert world.checked_out() == 0
