"""Signals: which are sent, in which order, with the app as sender."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask import request

from flask_ormsession import signals
from orm import ForeignKey, Mapped, exc, mapped_column, relationship, select, text

NAMES = [
    "session_opened",
    "before_commit",
    "committed",
    "rolled_back",
    "commit_failed",
    "session_closed",
]


@pytest.fixture
def heard(small: Any) -> Iterator[list[str]]:
    """The names of the signals of the app, in order."""
    names: list[str] = []
    with ExitStack() as stack:
        for name in NAMES:

            def note(sender: Any, name: str = name, **payload: Any) -> None:
                assert sender is small.app
                assert payload["session"] is not None
                names.append(name)

            stack.enter_context(getattr(signals, name).connected_to(note, small.app))
        yield names


def test_a_good_request(small: Any, heard: list[str]) -> None:
    @small.route
    def view() -> Any:
        small.add("new")
        return "ok"

    small.client.post("/")
    assert heard == ["session_opened", "before_commit", "committed", "session_closed"]


def test_a_failed_request(small: Any, heard: list[str]) -> None:
    @small.route
    def view() -> Any:
        small.add("new")
        small.db.session.flush()
        return "no", 400

    small.client.post("/")
    assert heard == ["session_opened", "rolled_back", "session_closed"]


def test_a_failed_commit(small: Any, heard: list[str]) -> None:
    @small.route
    def view() -> Any:
        small.add("twice")
        small.add("twice")
        return "ok"

    small.client.post("/")
    assert heard[:2] == ["session_opened", "before_commit"]
    assert "committed" not in heard
    assert heard[-1] == "session_closed"
    assert sorted(heard[2:-1]) == ["commit_failed", "rolled_back"]


def test_a_request_without_the_database(small: Any, heard: list[str]) -> None:
    @small.route
    def view() -> Any:
        return "ok"

    small.client.post("/")
    assert heard == []


def test_savepoints_are_not_commits(small: Any, heard: list[str]) -> None:
    with small.app.app_context():
        with small.db.session.begin_nested():
            small.add("a")
        assert heard == ["session_opened"]
        small.db.session.commit()
    assert heard == ["session_opened", "before_commit", "committed", "session_closed"]


def test_a_receiver_of_committed_may_query(small: Any) -> None:
    counts: list[int] = []

    def note(sender: Any, session: Any) -> None:
        counts.append(session.execute(text("SELECT count(*) FROM item")).scalar())

    with small.app.app_context():
        with signals.committed.connected_to(note, small.app):
            small.add("a")
            small.db.session.commit()
        small.db.session.rollback()
    assert counts == [1]


def test_other_apps_do_not_hear(small: Any, heard: list[str], make_small: Any) -> None:
    other = make_small()
    with other.app.app_context():
        other.add("a")
        other.db.session.commit()
    assert heard == []


def test_a_missing_table_is_explained(world: Any) -> None:
    with world.app.app_context():
        world.db.drop_all()
        with pytest.raises(exc.DBAPIError) as caught:
            world.db.session.execute(text("SELECT * FROM item"))
        assert any("flask db upgrade" in note for note in caught.value.__notes__)
        world.db.session.rollback()
        world.db.create_all()
        with pytest.raises(exc.DBAPIError) as caught:
            world.db.session.execute(text("SELECT nonsense FROM item"))
        assert any("column nonsense" in note for note in caught.value.__notes__)
        world.db.session.rollback()


def test_commit_of_a_view_itself(small: Any, heard: list[str]) -> None:
    @small.route
    def view() -> Any:
        small.add(request.args["name"])
        small.db.session.commit()
        return "ok"

    small.client.post("/?name=a")
    assert heard == ["session_opened", "before_commit", "committed", "session_closed"]


def test_an_exhausted_pool(tmp_path: Any, make_small: Any) -> None:
    world = make_small(ORM_ENGINE_OPTIONS={"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.01})
    heard: list[Any] = []

    def note(sender: Any, bind_key: Any, error: Any) -> None:
        assert sender is world.app
        heard.append((bind_key, error))

    engine = world.app.extensions["ormsession"].engines[None]
    with signals.pool_exhausted.connected_to(note, world.app), engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        with world.app.app_context(), pytest.raises(exc.TimeoutError) as caught:
            world.db.session.execute(text("SELECT 1"))
    assert heard == [(None, caught.value)]


def test_a_batched_lazy_load(small: Any) -> None:
    class Tag(small.db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
        item: Mapped[Any] = relationship("Item")

    heard: list[str] = []

    def note(sender: Any, query: Any) -> None:
        assert sender is small.app
        heard.append(query.reason)

    with small.app.app_context():
        small.db.create_all()
        for name in ("a", "b", "c"):
            small.db.session.add(Tag(item=small.add(name)))
        small.db.session.commit()
        small.db.session.expunge_all()
        with signals.lazy_load_batched.connected_to(note, small.app):
            tags = small.db.session.scalars(select(Tag)).all()
            assert [tag.item.name for tag in tags] == ["a", "b", "c"]
    assert heard == ["lazy_load Tag.item (3)"]
