"""32 clients at once against gunicorn with threads: reads, writes, errors, disconnects.

A short run is part of the suite; `pytest tests/scenarios/test_under_load.py --load-seconds 20` is the
long one.
"""

from __future__ import annotations

import http.client
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import flask_ormsession
from orm import create_engine, text

ROOT = Path(flask_ormsession.__file__).parent.parent
CLIENTS = 32
PATIENCE_S = 60.0


class Tally:
    """What the clients saw, by token."""

    def __init__(self) -> None:
        self.stored: set[str] = set()
        self.refused: set[str] = set()
        self.problems: list[str] = []
        self.requests = 0


class Client(threading.Thread):
    """One client, which asks for this and that until the time is over."""

    def __init__(self, number: int, port: int, until: float, tally: Tally) -> None:
        super().__init__(name=f"client {number}")
        self.number = number
        self.port = port
        self.until = until
        self.tally = tally
        self.random = random.Random(number)
        self.count = 0

    def run(self) -> None:
        try:
            while time.monotonic() < self.until:
                self.count += 1
                self.act(f"c{self.number}-{self.count}")
                self.tally.requests += 1
        except Exception as error:
            self.tally.problems.append(f"{self.name}: {error!r}")

    def act(self, token: str) -> None:
        action = self.random.choice(("write", "write", "read", "fail", "stream", "leave", "leave"))
        if action == "write":
            self.expect(self.ask("POST", "/write", token), token, 200)
        elif action == "read":
            self.expect(self.ask("GET", "/read", token), token, 200, keeps=False)
        elif action == "fail":
            kind = self.random.choice(("raise", "abort", "answer", "commit"))
            status, _body = self.ask("POST", f"/fail/{kind}", token)
            if status < 400:
                self.tally.problems.append(f"{kind} was answered {status}")
            self.tally.refused.add(token)
        elif action == "stream":
            status, body = self.ask("POST", "/stream", token)
            self.expect((status, body[: len(token)]), token, 200)
            self.tally.stored.add(f"{token}-end")
        else:
            self.leave(token)

    def expect(self, answer: tuple[int, str], token: str, status: int, keeps: bool = True) -> None:
        if answer != (status, token):
            self.tally.problems.append(f"{token} was answered {answer[0]} {answer[1][:60]!r}")
        elif keeps:
            self.tally.stored.add(token)

    def ask(self, method: str, path: str, token: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, f"{path}?token={token}")
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def leave(self, token: str) -> None:
        """Go away in the middle of a request or of its answer; what is stored then is open."""
        path = self.random.choice(("/stream", "/write", "/fail/raise"))
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as connection:
            head = f"POST {path}?token={token} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
            connection.sendall(head.encode())
            if self.random.random() < 0.5:
                connection.recv(100)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextmanager
def serve(url: str, folder: Path) -> Iterator[int]:
    """Run gunicorn with two workers of eight threads; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "LOAD_URL": url}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")])
    command = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--workers", "2"]
    command += ["--threads", "8", "--bind", f"127.0.0.1:{port}", "load_app:app"]
    with (folder / "gunicorn.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        wait_for(port, process, folder / "gunicorn.log")
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            count_busy(port)
            return
        except (OSError, http.client.HTTPException):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(log.read_text())
            time.sleep(0.02)


def count_busy(port: int) -> int:
    """The most connections in use in a worker; several are asked, whichever answers."""
    busy = 0
    for _ in range(12):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        connection.request("GET", "/pool")
        busy = max(busy, int(connection.getresponse().read()))
        connection.close()
    return busy


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_under_load(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'load.db'}"
    else:
        databases: Any = request.getfixturevalue("server_databases")
        url = databases.url(kind)
        request.addfinalizer(lambda: databases.empty(kind))
    engine = create_engine(url)
    key = {"postgresql": "SERIAL", "mariadb": "INTEGER AUTO_INCREMENT"}.get(kind, "INTEGER")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"CREATE TABLE entry (id {key} PRIMARY KEY, token VARCHAR(60) UNIQUE NOT NULL, "
            "note VARCHAR(60) NOT NULL)"
        )
    tally = Tally()
    with serve(url, tmp_path) as port:
        until = time.monotonic() + float(request.config.getoption("--load-seconds"))
        clients = [Client(number, port, until, tally) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join(PATIENCE_S)
        deadline = time.monotonic() + PATIENCE_S
        while (busy := count_busy(port)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert busy == 0
    assert tally.problems == []
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT token, note FROM entry")).all()
    engine.dispose()
    stored = {token for token, _note in rows}
    assert tally.stored - stored == set()
    assert tally.refused & stored == set()
    assert [row for row in rows if row[1] not in ("", row[0])] == []
    assert tally.requests > CLIENTS
    print(f"{kind}: {tally.requests} requests, {len(stored)} rows")
