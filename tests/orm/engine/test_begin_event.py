"""The begin event: what a listener may do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orm import create_engine, event


@pytest.mark.parametrize("place", ["memory", "file"])
def test_a_listener_may_send_begin_itself(place: str, tmp_path: Path) -> None:
    """The published recipe for SQLite, which our dialect no longer needs, does no harm."""
    engine = create_engine("sqlite://" if place == "memory" else f"sqlite:///{tmp_path / 'a.db'}")
    sent: list[str] = []

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        sent.append("BEGIN")
        connection.exec_driver_sql("BEGIN")

    with engine.begin() as connection:
        connection.execute("CREATE TABLE t (a INTEGER)")
        connection.execute("INSERT INTO t VALUES (1)")
    with engine.connect() as connection:
        connection.execute("INSERT INTO t VALUES (2)")
        with connection.begin_nested():
            connection.execute("INSERT INTO t VALUES (3)")
        connection.rollback()
    with engine.connect() as connection:
        assert connection.scalars("SELECT a FROM t").all() == [1]
    assert sent == ["BEGIN"] * 3
    engine.dispose()


def test_a_listener_that_raises_leaves_no_transaction() -> None:
    engine = create_engine("sqlite://")

    @event.listens_for(engine, "begin")
    def refuse(connection: Any) -> None:
        raise RuntimeError("not today")

    with engine.connect() as connection:
        with pytest.raises(RuntimeError, match="not today"):
            connection.execute("SELECT 1")
        assert not connection.in_transaction()
        event.remove(engine, "begin", refuse)
        assert connection.scalar("SELECT 1") == 1
    engine.dispose()
