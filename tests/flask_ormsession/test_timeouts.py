"""ORM_STATEMENT_TIMEOUT_MS: statements that take too long are stopped, others are not."""

from __future__ import annotations

from typing import Any

import pytest

from flask_ormsession import timeouts
from orm import exc, text

COUNT = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {limit}) "
    "SELECT count(*) FROM n"
)
SLOW = {
    "sqlite": COUNT.format(limit=10**9),
    "postgresql": "SELECT pg_sleep(20)",
    "mariadb": "SELECT count(*) FROM information_schema.columns a, information_schema.columns b, "
    "information_schema.columns c",
}


def test_a_statement_that_takes_too_long(make_world: Any, db_kind: str) -> None:
    world = make_world(ORM_STATEMENT_TIMEOUT_MS=50)
    with world.app.app_context():
        with pytest.raises(exc.OperationalError) as caught:
            world.db.session.execute(text(SLOW[db_kind])).all()
        (note,) = caught.value.__notes__
        assert "ORM_STATEMENT_TIMEOUT_MS = 50" in note
        world.db.session.rollback()
        world.add("after")
        world.db.session.commit()
    assert world.stored() == ["after"]


def test_the_limit_is_there_after_a_rollback(make_world: Any, db_kind: str) -> None:
    world = make_world(ORM_STATEMENT_TIMEOUT_MS=50)
    with world.app.app_context():
        world.db.session.execute(text("SELECT 1"))
        world.db.session.rollback()
        with pytest.raises(exc.OperationalError):
            world.db.session.execute(text(SLOW[db_kind])).all()


def test_a_view_that_takes_too_long_is_a_500(make_small: Any) -> None:
    world = make_small(ORM_STATEMENT_TIMEOUT_MS=30)

    @world.route
    def view() -> str:
        world.add("a")
        world.db.session.flush()
        return str(world.db.session.execute(text(SLOW["sqlite"])).scalar())

    assert world.client.post("/").status_code == 500
    assert world.stored() == []


def test_many_short_statements_are_not_one_long(make_small: Any) -> None:
    world = make_small(ORM_STATEMENT_TIMEOUT_MS=10_000)
    engine = world.app.extensions["ormsession"].engines[None]
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        stopwatch = connection.info["stopwatch"]
        stopwatch._spent_s = 9.0
        connection.execute(text("SELECT 1"))
        assert stopwatch._spent_s < 1.0


def test_what_happens_between_two_rows_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(timeouts.time, "perf_counter", lambda: now[0])
    stopwatch = timeouts.Stopwatch(1.0)
    now[0] += 60  # the application works on the rows it has
    assert not stopwatch.check()
    for _ in range(19):
        now[0] += 0.06
        late = stopwatch.check()
    assert late


def test_other_errors_are_no_timeouts(small: Any) -> None:
    with small.app.app_context(), pytest.raises(exc.DBAPIError) as caught:
        small.db.session.execute(text("SELECT nonsense FROM item"))
    assert not timeouts.is_timeout(caught.value.orig)
