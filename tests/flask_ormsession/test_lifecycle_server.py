"""The outcomes over a threaded server and sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import (
    request,
)
from werkzeug.serving import make_server


class Boom(Exception):
    pass


# -- a real server


@pytest.fixture
def served(world: Any) -> Iterator[Any]:
    """The world behind a threaded server; `world.address` is where."""
    world.app.logger.disabled = True
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    world.address = server.server_address[:2]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield world
    server.shutdown()
    thread.join(10)
    server.server_close()


def ask(world: Any, path: str = "/") -> str:
    """POST with a socket; returns the status line."""
    with socket.create_connection(world.address, timeout=10) as connection:
        connection.sendall(f"POST {path} HTTP/1.0\r\nContent-Length: 0\r\n\r\n".encode())
        return connection.makefile("rb").readline().decode().strip().split(" ", 1)[1]


def test_many_requests_at_once_over_a_real_server(served: Any) -> None:
    @served.route
    def view() -> Any:
        name = request.args["name"]
        served.add(name)
        if name.startswith("bad"):
            served.db.session.flush()
            raise Boom
        return "ok"

    names = [f"{kind}{number}" for number in range(12) for kind in ("good", "bad")]
    statuses: dict[str, str] = {}

    def run(name: str) -> None:
        statuses[name] = ask(served, f"/?name={name}")

    threads = [threading.Thread(target=run, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    good = sorted(name for name in names if name.startswith("good"))
    assert {statuses[name] for name in good} == {"200 OK"}
    assert {statuses[name] for name in set(names) - set(good)} == {"500 INTERNAL SERVER ERROR"}
    assert served.stored() == good
    assert served.checked_out() == 0


def test_a_failing_commit_over_a_real_server(served: Any) -> None:
    @served.route
    def view() -> Any:
        served.add("twice")
        served.add("twice")
        return "ok"

    assert ask(served) == "500 INTERNAL SERVER ERROR"
    assert served.stored() == []
