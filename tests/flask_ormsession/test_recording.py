"""Recorded statements, slow ones, and the price of not asking."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest

from flask_ormsession import get_recorded_queries, signals
from orm import event, text


def test_recorded_queries(make_small: Any) -> None:
    world = make_small(ORM_RECORD_QUERIES=True)
    with world.app.app_context():
        assert get_recorded_queries() == []
        world.db.session.execute(text("SELECT :a + 1"), {"a": 1})
        (query,) = get_recorded_queries()
        assert query.statement.startswith("SELECT ")
        assert query.duration == query.end_time - query.start_time >= 0
        assert query.reason == "query"
        assert query.bind_key is None
        assert "test_recording.py" in query.location
        assert "(test_recorded_queries)" in query.location
    with world.app.app_context():
        assert get_recorded_queries() == []


def test_a_flush_says_so(make_small: Any) -> None:
    world = make_small(ORM_RECORD_QUERIES=True)
    with world.app.app_context():
        world.add("a")
        world.db.session.flush()
        (query,) = get_recorded_queries()
        assert query.reason.startswith("flush")


def test_nothing_listens_until_somebody_does(small: Any) -> None:
    heard: list[str] = []

    def note(sender: Any, query: Any) -> None:
        assert sender is small.app
        heard.append(query.statement)

    assert small.app.extensions["ormsession"].recorder is None
    with small.app.app_context():
        small.db.session.execute(text("SELECT 1"))
        with signals.query_executed.connected_to(note, small.app):
            small.db.session.execute(text("SELECT 2"))
        small.db.session.execute(text("SELECT 3"))
    assert heard == ["SELECT 2"]


def test_slow_queries(make_small: Any, caplog: pytest.LogCaptureFixture) -> None:
    world = make_small(ORM_SLOW_QUERY_MS=0)
    heard: list[Any] = []

    def note(sender: Any, query: Any) -> None:
        heard.append(query)

    with caplog.at_level(logging.WARNING), world.app.app_context():
        with signals.slow_query.connected_to(note, world.app):
            world.db.session.execute(text("SELECT 4"))
    assert heard[0].statement == "SELECT 4"
    assert "SELECT 4" in caplog.text


def test_outside_of_a_context_nothing_is_kept(make_small: Any) -> None:
    world = make_small(ORM_RECORD_QUERIES=True)
    engine = world.app.extensions["ormsession"].engines[None]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    assert event.contains(engine, "before_cursor_execute", print) is False


def test_server_timing_in_debug(make_small: Any) -> None:
    world = make_small(DEBUG=True)

    @world.route
    def view() -> str:
        world.add("a")
        world.db.session.execute(text("SELECT 1"))
        return "ok"

    header = world.client.post("/").headers["Server-Timing"]
    assert re.fullmatch(r'db;dur=\d+\.\d\d;desc="2 statements"', header)
    with world.app.app_context():
        assert get_recorded_queries() == []


def test_server_timing_of_a_request_without_statements(make_small: Any) -> None:
    world = make_small(DEBUG=True)

    @world.route
    def view() -> str:
        return "ok"

    assert "Server-Timing" not in world.client.get("/").headers


def test_no_server_timing_in_production(make_small: Any) -> None:
    world = make_small(ORM_RECORD_QUERIES=True)

    @world.route
    def view() -> str:
        world.db.session.execute(text("SELECT 1"))
        return "ok"

    assert "Server-Timing" not in world.client.get("/").headers
