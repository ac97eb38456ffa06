"""The matrix of outcomes, as the documentation shows it: a threaded server, a client with a socket,
and a look at what is stored afterwards. docs/explanation/lifecycle.md names each case."""

from __future__ import annotations

import http.client
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Response, abort, redirect, request, session, stream_with_context
from matrix_world import PATIENCE_S, Boom, MatrixWorld
from werkzeug.serving import make_server

import flask_ormsession
from orm import select

DOCUMENT = Path(flask_ormsession.__file__).parent.parent / "docs" / "explanation" / "lifecycle.md"


def ok() -> Any:
    return "ok"


def boom() -> Any:
    raise Boom


def write(world: Any, name: str = "new", *, flush: bool = True) -> None:
    world.add(name)
    if flush:
        world.db.session.flush()


# Each case: what the view does, the status, what is stored. The names are those of the document.


def handled_by_a_handler(world: Any) -> Any:
    write(world)
    raise LookupError("somebody handles this")


def failing_flush(world: Any) -> Any:
    write(world)
    write(world)


def failing_commit(world: Any) -> Any:
    write(world, flush=False)
    write(world, flush=False)
    return "ok"


def failing_commit_handled(world: Any) -> Any:
    request.environ["handle"] = True
    return failing_commit(world)


def failing_deferred_constraint(world: Any) -> Any:
    write(world)
    world.db.session.add(world.Part(item_id=999))
    world.db.session.flush()
    return "ok"


def querying_in_the_handler(world: Any) -> Any:
    request.environ["query"] = True
    write(world)
    write(world)


def stream(world: Any, then: Callable[[], Any] = ok) -> Any:
    write(world)

    def chunks() -> Iterator[str]:
        yield "begin;"
        world.add("by the stream")
        world.db.session.flush()
        yield "middle;"
        then()

    return Response(stream_with_context(chunks()))


def endless_stream(world: Any) -> Any:
    write(world)

    def chunks() -> Iterator[str]:
        world.add("by the stream")
        world.db.session.flush()
        while True:
            yield "more;" * 1000

    return Response(stream_with_context(chunks()))


def nested_context(world: Any) -> Any:
    write(world, "outer")
    with world.app.app_context():
        if world.kind != "sqlite":  # whose one writer is the request itself
            write(world, "inner")
    assert [item.name for item in world.db.session.scalars(select(world.Item))] == ["outer"]
    return "ok"


def in_a_thread(world: Any) -> Any:
    world.db.run_in_thread(world.add, "by the thread").result(timeout=PATIENCE_S)
    write(world)
    abort(400)


def server_side_session(world: Any) -> Any:
    write(world)
    session["user"] = "ada"
    return "ok"


def failed_with_server_side_session(world: Any) -> Any:
    server_side_session(world)
    return "no", 400


def manual(world: Any) -> Any:
    @world.db.manual_commit
    def view() -> str:
        write(world, "committed")
        world.db.session.commit()
        write(world, "left")
        return "ok"

    return view()


def read_only(world: Any) -> Any:
    @world.db.read_only
    def view() -> str:
        write(world)
        return "ok"

    return view()


def hook_that_raises(world: Any) -> Any:
    request.environ["hook"] = boom
    return server_side_session(world)


def teardown_that_writes(world: Any) -> Any:
    request.environ["teardown"] = lambda: world.add("late")
    return "ok"


def teardown_of_a_failed_request(world: Any) -> Any:
    request.environ["teardown"] = lambda: world.add("late")
    abort(404)


def transaction(world: Any) -> Any:
    @world.db.transaction
    def work() -> None:
        write(world, "by itself")

    work()
    write(world)
    raise Boom


View = Callable[[Any], Any]


def after_writing(result: Callable[[], Any]) -> View:
    def view(world: Any) -> Any:
        write(world)
        return result()

    return view


MATRIX: dict[str, tuple[View, int, list[str]]] = {
    "success": (after_writing(ok), 200, ["new"]),
    "no content": (after_writing(lambda: ("", 204)), 204, ["new"]),
    "redirect": (after_writing(lambda: redirect("/elsewhere")), 302, ["new"]),
    "abort with a redirect": (after_writing(lambda: abort(redirect("/"))), 302, ["new"]),
    "explicit 4xx": (after_writing(lambda: ("no", 422)), 422, []),
    "explicit 5xx": (after_writing(lambda: ("no", 503)), 503, []),
    "abort": (after_writing(lambda: abort(409)), 409, []),
    "raise": (after_writing(boom), 500, []),
    "handled exception": (handled_by_a_handler, 200, []),
    "failing flush": (failing_flush, 500, []),
    "query in the error handler": (querying_in_the_handler, 409, []),
    "failing commit": (failing_commit, 500, []),
    "failing commit, handled": (failing_commit_handled, 409, []),
    "failing deferred constraint": (failing_deferred_constraint, 500, []),
    "hook that raises": (hook_that_raises, 500, []),
    "veto": (after_writing(lambda: ("ok", 200, {"X-Veto": "1"})), 200, []),
    "manual commit": (manual, 200, ["committed"]),
    "read only": (read_only, 500, []),
    "transaction in a failed request": (transaction, 500, ["by itself"]),
    "stream that ends": (stream, 200, ["by the stream", "new"]),
    "stream that breaks": (lambda world: stream(world, boom), 200, ["new"]),
    "nested context": (nested_context, 200, ["outer"]),
    "background thread": (in_a_thread, 400, ["by the thread"]),
    "server-side session": (server_side_session, 200, ["new", "session of ada"]),
    "server-side session, failed": (failed_with_server_side_session, 400, ["session of ada"]),
    "teardown that writes": (teardown_that_writes, 200, ["late"]),
    "teardown of a failed request": (teardown_of_a_failed_request, 404, []),
}
ELSEWHERE = ["stream whose client goes away", "CLI", "preserved context"]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Any]:
    """The world of the matrix behind a threaded server."""
    kind = request.param
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('matrix') / 'matrix.db'}"
    else:
        url = request.getfixturevalue("server_databases").url(kind)
    world = MatrixWorld(kind, url, MATRIX)
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    world.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield world
    server.shutdown()
    thread.join(PATIENCE_S)
    server.server_close()
    world.close()


@pytest.fixture(autouse=True)
def empty(request: pytest.FixtureRequest) -> None:
    if "served" in request.fixturenames:
        request.getfixturevalue("served").empty()


def ask(world: Any, case: str) -> int:
    """POST with a client of its own; returns the status, with the body read or broken off."""
    connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=PATIENCE_S)
    try:
        connection.request("POST", "/" + case.replace(" ", "%20"))
        response = connection.getresponse()
        try:
            response.read()
        except http.client.IncompleteRead:
            pass
        return response.status
    finally:
        connection.close()


def wait_until_idle(world: Any) -> None:
    """The server ends the request after the client has its answer."""
    deadline = time.monotonic() + PATIENCE_S
    while world.checked_out() and time.monotonic() < deadline:
        time.sleep(0.002)
    assert world.checked_out() == 0


@pytest.mark.parametrize("case", MATRIX)
def test_matrix(served: Any, case: str) -> None:
    _view, status, stored = MATRIX[case]
    assert ask(served, case) == status
    served.wait_for_ends()
    wait_until_idle(served)
    assert served.stored() == stored


def test_stream_whose_client_goes_away(served: Any) -> None:
    served.app.view_functions["case"] = lambda case: endless_stream(served)
    try:
        connection = socket.create_connection(("127.0.0.1", served.port), timeout=PATIENCE_S)
        connection.sendall(b"POST /gone HTTP/1.0\r\nContent-Length: 0\r\n\r\n")
        assert b"200" in connection.recv(1000)
        # Closed without a farewell, as a browser that is killed.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        served.wait_for_ends()
        wait_until_idle(served)
    finally:
        served.app.view_functions["case"] = served.case
    assert served.stored() == ["new"]


def test_cli(served: Any) -> None:
    runner = served.app.test_cli_runner()
    assert runner.invoke(args=["lose"]).exit_code == 0
    assert runner.invoke(args=["keep"]).exit_code == 0
    assert served.stored() == ["kept"]
    assert served.checked_out() == 0


def test_preserved_context(served: Any) -> None:
    with served.app.test_client() as client:
        assert client.post("/raise").status_code == 500
        served.add("from the test")
        served.db.session.flush()
    assert served.stored() == []
    assert served.checked_out() == 0


def test_the_document_shows_every_case() -> None:
    rows = re.findall(r"^\| ([^|]+?) \|.*\|.*\|$", DOCUMENT.read_text(), re.MULTILINE)
    assert {*MATRIX, *ELSEWHERE} <= set(rows)
