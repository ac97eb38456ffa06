"""The shop in a process of its own, as `make run` and production start it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

import example_app

ROOT = Path(example_app.__file__).parent.parent
GUNICORN_CONFIG = ROOT / "example_app" / "deploy" / "gunicorn.conf.py"
PATIENCE_S = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def call(address: str, path: str, body: object = None) -> tuple[int, Any]:
    """Return status and JSON document of a call as the test's user."""
    token = b64encode(b"ada@shop.example:correct horse").decode()
    headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(address + path, data, headers), timeout=PATIENCE_S) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


@contextmanager
def serve(command: list[str], port: int, url: str, folder: Path) -> Iterator[str]:
    """Run a server, yield its address once it answers, and stop it as Ctrl-C does."""
    environment = {
        **os.environ,
        "ORM_DATABASE_URL": url,
        "FLASK_SECRET_KEY": "only for this test, never else",
        "BIND": f"127.0.0.1:{port}",
        "PYTHONPATH": str(ROOT),
    }
    log = folder / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=output
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(address, process, log)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_S)


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            call(address, "/api/categories")
            return
        except URLError:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the server did not start:\n{log.read_text()}")
            time.sleep(0.05)


def check_orders(address: str, shop: Any) -> int:
    """Place an order and have another refused; return the id of the first."""
    knife, board = shop.ids["Bread Knife"], shop.ids["Oak Board"]
    body = {
        "customer_id": shop.ids["Alan Turing"],
        "lines": [
            {"product_id": knife, "quantity": 2},
            {"product_id": board, "quantity": 3},
        ],
    }
    status, document = call(address, "/api/orders", body)
    assert status == 201
    status, problem = call(address, "/api/orders", body)
    assert (status, problem["shortages"][0]["available"]) == (409, 0)
    order_id: int = document["id"]
    return order_id


def test_what_is_stored_outlives_the_server(sqlite_shop: Any, tmp_path: Path) -> None:
    url = sqlite_shop.app.config["ORM_DATABASE_URL"]
    port = free_port()
    command = [sys.executable, "-m", "flask", "--app", "example_app", "run", "--port", str(port)]
    with serve(command, port, url, tmp_path) as address:
        order_id = check_orders(address, sqlite_shop)
    with serve(command, port, url, tmp_path) as address:
        status, orders = call(address, "/api/orders")
        assert (status, orders["total"], orders["items"][0]["id"]) == (200, 1, order_id)
        status, product = call(address, f"/api/products/{sqlite_shop.ids['Bread Knife']}")
        assert (status, product["stock"]) == (200, 8)


def test_gunicorn(shop: Any, tmp_path: Path) -> None:
    url = shop.app.config["ORM_DATABASE_URL"]
    command = [sys.executable, "-m", "gunicorn", "-c", str(GUNICORN_CONFIG)]
    with serve(command, free_port(), url, tmp_path) as address:
        order_id = check_orders(address, shop)
        status, order = call(address, f"/api/orders/{order_id}")
        assert (status, order["total"]) == (200, "62.40")
    assert (shop.stock("Bread Knife"), shop.stock("Oak Board")) == (8, 0)
