"""One transaction per test: what the app commits is seen by all of it, and gone afterwards."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from flask_ormsession import OrmSessionError, isolation
from flask_ormsession.testing import isolate
from orm import ForeignKey, Mapped, exc, mapped_column, select, text


@pytest.fixture
def isolated(world: Any) -> Iterator[Any]:
    """A world in isolation; `stored()` looks from within, as all of the app does."""
    with world.app.app_context():
        world.add("before")
        world.db.session.commit()
        world.db.session.remove()
    with isolate(world.app.extensions["ormsession"]):
        yield world
    assert world.stored() == ["before"]
    assert world.checked_out() == 0


def post(world: Any, view: Any) -> int:
    world.route(view)
    return int(world.client.post("/").status_code)


def test_commits_are_seen_by_other_contexts(isolated: Any) -> None:
    def view() -> str:
        isolated.add("a")
        return "ok"

    assert post(isolated, view) == 200
    assert isolated.stored() == ["a", "before"]


def test_a_failed_request_is_undone_alone(isolated: Any) -> None:
    def view() -> Any:
        isolated.add("lost")
        isolated.db.session.flush()
        return "no", 400

    with isolated.app.app_context():
        isolated.add("kept")
        isolated.db.session.commit()
    assert post(isolated, view) == 400
    assert isolated.stored() == ["before", "kept"]


def test_rollbacks_of_the_app(isolated: Any) -> None:
    with isolated.app.app_context():
        session = isolated.db.session()
        isolated.add("a")
        session.commit()
        isolated.add("b")
        session.flush()
        session.rollback()
        isolated.add("c")
        session.commit()
    assert isolated.stored() == ["a", "before", "c"]


def test_savepoints_of_the_app(isolated: Any) -> None:
    with isolated.app.app_context():
        session = isolated.db.session()
        with session.begin_nested():
            isolated.add("a")
            # A second session has savepoints of the same names.
            with isolated.db.session_scope() as other:
                with other.begin_nested():
                    isolated.add("b")
                inner = other.begin_nested()
                isolated.add("lost")
                other.flush()
                inner.rollback()
        outer = session.begin_nested()
        isolated.add("lost too")
        session.flush()
        outer.rollback()
        session.commit()
    assert isolated.stored() == ["a", "b", "before"]


def test_a_failed_statement_does_not_end_it(isolated: Any) -> None:
    def view() -> str:
        isolated.add("before")
        return "ok"

    assert post(isolated, view) == 500
    with isolated.app.app_context():
        isolated.add("after")
        isolated.db.session.commit()
    assert isolated.stored() == ["after", "before"]


def test_a_commit_in_spite_of_an_error_fails(isolated: Any, db_kind: str) -> None:
    if db_kind != "postgresql":
        pytest.skip("only PostgreSQL aborts a transaction with a failed statement")
    with isolated.app.app_context(), isolated.db.engine.connect() as connection:
        with pytest.raises(exc.DBAPIError):
            connection.execute(text("SELECT nonsense"))
        with pytest.raises(exc.DBAPIError, match="nothing was committed"):
            connection.commit()


def test_connections_of_the_engine(isolated: Any) -> None:
    insert = isolated.Item.__table__.insert()
    with isolated.app.app_context():
        engine = isolated.db.engine
        with engine.begin() as connection:
            connection.execute(insert.values(name="a"))
        with engine.connect() as connection:
            connection.execute(insert.values(name="b"))
        with engine.execution_options(isolation_level="SERIALIZABLE").begin() as connection:
            connection.execute(insert.values(name="c"))
        engine.dispose()
    assert isolated.stored() == ["a", "before", "c"]


def test_connections_that_are_thrown_away_or_forgotten(isolated: Any) -> None:
    insert = isolated.Item.__table__.insert()
    with isolated.app.app_context():
        engine = isolated.db.engine
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            connection.invalidate()
        engine.dispose()
        gc.collect()
        with engine.begin() as connection:
            connection.execute(insert.values(name="after"))
    assert isolated.stored() == ["after", "before"]


def test_transactions_that_do_not_end_in_order(isolated: Any) -> None:
    with isolated.app.app_context():
        engine = isolated.db.engine
        insert = isolated.Item.__table__.insert()
        first, second = engine.connect(), engine.connect()
        first.execute(insert.values(name="first"))
        second.execute(insert.values(name="second"))
        first.commit()
        second.rollback()
        first.close()
        second.close()
    assert isolated.stored() == ["before", "first"]


def test_threads(isolated: Any) -> None:
    """The test's own transaction is open while threads work and end theirs."""

    def work(name: str) -> None:
        isolated.add(name)
        isolated.db.session.flush()
        if name.startswith("bad"):
            raise ValueError(name)

    with isolated.app.app_context():
        isolated.db.session.execute(select(isolated.Item)).all()
        names = [kind + str(number) for number in range(8) for kind in ("good", "bad")]
        futures = [isolated.db.run_in_thread(work, name) for name in names]
        seen = [len(isolated.db.session.execute(select(isolated.Item)).all()) for _ in range(20)]
        failed = [future.exception(timeout=20) is not None for future in futures]
        assert failed == [False, True] * 8
        assert seen == sorted(seen)
        isolated.db.session.rollback()


def test_an_async_view_leaves_its_transaction_to_the_request(
    isolated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """asgiref runs the view in a thread of its own; the request commits in the test's."""
    monkeypatch.setattr(isolation, "PATIENCE_S", 2.0)

    async def view() -> str:
        isolated.add("a")
        isolated.db.session.flush()
        return str(len(isolated.db.session.scalars(select(isolated.Item)).all()))

    isolated.app.before_request(lambda: setattr(isolated, "asked", isolated.db.session()))
    isolated.app.after_request(lambda answer: isolated.add("later") and answer)
    assert post(isolated, view) == 200
    assert isolated.stored() == ["a", "before", "later"]


def test_an_async_view_that_fails(isolated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "PATIENCE_S", 2.0)

    async def view() -> Any:
        isolated.add("a")
        isolated.db.session.flush()
        return "no", 400

    assert post(isolated, view) == 400
    assert isolated.stored() == ["before"]


def test_what_threads_committed_is_seen(isolated: Any) -> None:
    with isolated.app.app_context():
        isolated.db.run_in_thread(isolated.add, "from a thread").result(timeout=20)
    assert isolated.stored() == ["before", "from a thread"]


def test_a_thread_that_does_not_end(isolated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "PATIENCE_S", 0.05)
    begun, done = threading.Event(), threading.Event()

    def work() -> None:
        isolated.add("slow")
        isolated.db.session.flush()
        begun.set()
        done.wait(20)

    with isolated.app.app_context():
        future = isolated.db.run_in_thread(work)
        assert begun.wait(20)
        with pytest.raises(Exception, match="another thread's transaction"):
            isolated.db.session.execute(select(isolated.Item)).all()
        done.set()
        future.result(timeout=20)
        isolated.db.session.rollback()
    assert isolated.stored() == ["before", "slow"]


def test_a_deferred_constraint_fails_at_the_commit(world: Any, db_kind: str) -> None:
    if db_kind == "mariadb":
        pytest.skip("MariaDB has no deferred constraints")

    class Part(world.db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        item_id: Mapped[int] = mapped_column(
            ForeignKey("item.id", deferrable=True, initially="DEFERRED")
        )

    with world.app.app_context():
        world.db.create_all()
        with isolate(world.app.extensions["ormsession"]):
            world.db.session.add(Part(item_id=1))
            world.db.session.flush()
            with pytest.raises(exc.IntegrityError):
                world.db.session.commit()
            world.db.session.add_all([Part(item_id=1), world.Item(id=1, name="a")])
            world.db.session.commit()
        assert world.db.session.scalars(select(Part)).all() == []


def test_a_forked_process_may_not_use_it(small: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    state = small.app.extensions["ormsession"]
    with isolate(state):
        monkeypatch.setattr(isolation.os, "getpid", lambda: -1)
        with pytest.raises(OrmSessionError, match="forked"):
            isolation.IsolatedEngine._lend(state.engines[None].dialect.isolation)
        monkeypatch.undo()


def test_several_databases(make_small: Any, tmp_path: Any) -> None:
    world = make_small(ORM_BINDS={"other": f"sqlite:///{tmp_path / 'other.db'}"})

    class Reading(world.db.Model):
        __bind_key__ = "other"
        id: Mapped[int] = mapped_column(primary_key=True)

    with world.app.app_context():
        world.db.create_all()
        with isolate(world.app.extensions["ormsession"]):
            world.db.session.add_all([Reading(), world.Item(name="a")])
            world.db.session.commit()
            assert len(world.db.session.scalars(select(Reading)).all()) == 1
        world.db.session.remove()
        assert world.db.session.scalars(select(Reading)).all() == []
    assert world.stored() == []


def test_statement_timeouts_go_on(make_world: Any) -> None:
    world = make_world(ORM_STATEMENT_TIMEOUT_MS=5000)
    with world.app.app_context(), isolate(world.app.extensions["ormsession"]):
        assert world.db.session.execute(text("SELECT 1")).scalar() == 1
        world.db.session.remove()
