"""Hooks at the end of transactions."""

from __future__ import annotations

from typing import Any

from flask import (
    request,
)

from orm import select


class Boom(Exception):
    pass


def answer(world: Any, method: str = "post") -> int:
    response = getattr(world.client, method)("/")
    response.close()
    assert world.checked_out() == 0
    return int(response.status_code)


# -- hooks of transactions


def test_on_commit_and_on_rollback(world: Any) -> None:
    calls: list[str] = []

    @world.route
    def view() -> Any:
        world.add("new")
        world.db.on_commit(lambda: calls.append("committed"))
        world.db.on_rollback(lambda: calls.append("rolled back"))
        return ("ok", 200) if request.method == "POST" else ("no", 400)

    assert answer(world, "get") == 400
    assert calls == ["rolled back"]
    assert answer(world) == 200
    assert calls == ["rolled back", "committed"]


def test_on_commit_knows_savepoints(world: Any) -> None:
    calls: list[str] = []
    with world.app.app_context():
        session = world.db.session()
        world.db.on_commit(lambda: calls.append("outer"))
        with session.begin_nested():
            world.add("kept")
            world.db.on_commit(lambda: calls.append("kept"))
        savepoint = session.begin_nested()
        world.db.on_commit(lambda: calls.append("lost"))
        world.db.on_rollback(lambda: calls.append("undone"))
        savepoint.rollback()
        assert calls == ["undone"]
        session.commit()
    assert calls == ["undone", "outer", "kept"]


def test_an_on_commit_hook_may_use_the_session(world: Any) -> None:
    counts: list[int] = []

    @world.route
    def view() -> Any:
        world.add("new")
        world.db.on_commit(
            lambda: counts.append(len(world.db.session.execute(select(world.Item)).all()))
        )
        return "ok"

    assert answer(world) == 200
    assert counts == [1]
