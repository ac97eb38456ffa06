"""@db.transaction: what is run again, what is not, and what each attempt finds."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from flask_ormsession import NestedTransactionError, NoContextError, ReadOnlyError, retry
from orm import exc, select, text


class Boom(Exception):
    pass


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits that were asked for; none is made."""
    asked: list[float] = []
    monkeypatch.setattr(retry.time, "sleep", asked.append)
    return asked


def make_busy() -> exc.DBAPIError:
    """The error of a SQLite file that is locked."""
    import sqlite3

    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = 5
    return exc.OperationalError("INSERT", None, error)


def count(world: Any) -> int:
    return len(world.stored())


# -- commit, rollback


def test_it_commits_when_it_returns(world: Any) -> None:
    @world.db.transaction
    def work(name: str) -> str:
        world.add(name)
        return name.upper()

    with world.app.app_context():
        assert work("a") == "A"
        assert not world.db.session.in_transaction()
    assert world.stored() == ["a"]


def test_it_rolls_back_when_it_raises(world: Any, waits: list[float]) -> None:
    @world.db.transaction()
    def work() -> None:
        world.add("a")
        world.db.session.flush()
        raise Boom

    with world.app.app_context(), pytest.raises(Boom):
        work()
    assert world.stored() == []
    assert waits == []


def test_without_an_app_context(small: Any) -> None:
    @small.db.transaction
    def work() -> None:
        pass

    with pytest.raises(NoContextError, match="app_context"):
        work()


@pytest.mark.parametrize("answer", ["ok", ("no", 400), "response"])
def test_a_view_that_answers_with_an_error_is_rolled_back(small: Any, answer: Any) -> None:
    @small.route
    @small.db.transaction
    def view() -> Any:
        small.add("a")
        return small.app.make_response(("no", 422)) if answer == "response" else answer

    small.client.post("/")
    assert small.stored() == (["a"] if answer == "ok" else [])


def test_a_function_that_is_no_view_may_return_anything(small: Any) -> None:
    @small.db.transaction
    def work() -> Any:
        small.add("a")
        return ("a", 404)

    @small.route
    def view() -> Any:
        return str(work()[1])

    assert small.client.post("/").status_code == 200
    assert small.stored() == ["a"]


# -- again


def test_a_conflict_is_tried_again(small: Any, waits: list[float]) -> None:
    calls: list[int] = []

    @small.db.transaction(retry=2)
    def work() -> int:
        assert list(small.db.session.new) == []
        small.add("a")
        small.db.session.flush()
        calls.append(1)
        if len(calls) < 3:
            raise make_busy()
        return len(calls)

    with small.app.app_context():
        assert work() == 3
    assert small.stored() == ["a"]
    assert len(waits) == 2
    assert all(0 <= wait <= retry.LONGEST_DELAY_S for wait in waits)


def test_the_last_conflict_is_raised(small: Any, waits: list[float]) -> None:
    calls: list[int] = []

    @small.db.transaction(retry=1)
    def work() -> None:
        calls.append(1)
        raise make_busy()

    with small.app.app_context(), pytest.raises(exc.OperationalError):
        work()
    assert len(calls) == 2
    assert len(waits) == 1


def test_an_async_function(small: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(retry, "choose_delay", lambda attempt: 0.0)

    @small.db.transaction
    async def work() -> str:
        await asyncio.sleep(0)
        small.add("a")
        calls.append(1)
        if len(calls) == 1:
            raise make_busy()
        return "done"

    with small.app.app_context():
        assert asyncio.run(work()) == "done"
    assert small.stored() == ["a"]


def test_hooks_of_lost_attempts_are_forgotten(small: Any) -> None:
    heard: list[str] = []

    @small.db.transaction
    def work() -> None:
        attempt = len(heard)
        small.db.on_commit(lambda: heard.append(f"committed {attempt}"))
        small.db.on_rollback(lambda: heard.append(f"rolled back {attempt}"))
        if attempt == 0:
            raise make_busy()

    with small.app.app_context():
        work()
    assert heard == ["rolled back 0", "committed 1"]


def test_delays_grow_and_are_random() -> None:
    assert all(0 <= retry.choose_delay(1) <= 2 * retry.FIRST_DELAY_S for _ in range(50))
    assert len({retry.choose_delay(4) for _ in range(20)}) > 1
    assert max(retry.choose_delay(30) for _ in range(50)) <= retry.LONGEST_DELAY_S


# -- which errors


def test_other_errors_are_no_conflicts(world: Any) -> None:
    @world.db.transaction
    def work() -> None:
        world.add("twice")
        world.add("twice")

    with world.app.app_context(), pytest.raises(exc.IntegrityError) as caught:
        work()
    assert retry.find_conflict(caught.value) is None
    assert retry.find_conflict(Boom()) is None


def test_a_deadlock(world: Any, db_kind: str, waits: list[float]) -> None:
    """Two transactions change the same two rows in opposite order; both get through."""
    if db_kind == "sqlite":
        pytest.skip("a SQLite file has one writer, and so no deadlocks of rows")
    with world.app.app_context():
        world.db.session.add_all([world.Item(id=1, name="a"), world.Item(id=2, name="b")])
        world.db.session.commit()
    met = threading.Barrier(2, timeout=20)
    attempts: list[int] = []

    @world.db.transaction
    def work(keys: tuple[int, int]) -> None:
        if db_kind == "postgresql":
            world.db.session.execute("SET LOCAL deadlock_timeout = 10")
        attempts.append(keys[0])
        first_time = len(attempts) <= 2
        for key in keys:
            world.db.session.get(world.Item, key, with_for_update=True).name += str(keys[0])
            world.db.session.flush()
            if first_time and key == keys[0]:
                met.wait()

    def run(keys: tuple[int, int]) -> None:
        with world.app.app_context():
            work(keys)

    threads = [threading.Thread(target=run, args=(keys,)) for keys in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [sorted(name) for name in world.stored()] == [["1", "2", "a"], ["1", "2", "b"]]
    assert len(attempts) >= 3


def test_a_serialization_failure(make_world: Any, db_kind: str) -> None:
    """Both read the sum and add a row by it; the second to commit has to read again."""
    if db_kind != "postgresql":
        pytest.skip("only PostgreSQL reports these at commit")
    world = make_world()
    met = threading.Barrier(2, timeout=20)
    seen: list[int] = []

    @world.db.transaction(isolation_level="SERIALIZABLE")
    def work(name: str) -> None:
        level = world.db.session.execute(text("SHOW transaction_isolation")).scalar()
        assert level == "serializable"
        seen.append(len(world.db.session.execute(select(world.Item)).all()))
        if len(seen) <= 2:
            met.wait()
        world.add(name)

    def run(name: str) -> None:
        with world.app.app_context():
            work(name)
            level = world.db.session.execute(text("SHOW transaction_isolation")).scalar()
            assert level == "read committed"

    threads = [threading.Thread(target=run, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert world.stored() == ["a", "b"]
    assert sorted(seen) == [0, 0, 1]


def test_a_lock_timeout(world: Any, db_kind: str) -> None:
    with world.app.app_context():
        world.add("a")
        world.db.session.commit()
    conflicts: list[str | None] = []

    @world.db.transaction(retry=1)
    def wait_for_the_lock() -> None:
        if db_kind == "sqlite":
            world.db.session.execute(text("UPDATE item SET name = 'b'"))
        else:
            world.db.session.get(world.Item, 1, with_for_update={"nowait": True})

    with world.app.app_context():
        engine = world.db.engine
        with engine.connect() as holder:
            holder.exec_driver_sql("UPDATE item SET name = 'c'")
            if db_kind == "sqlite":
                shorten_busy_timeout(engine)
            with pytest.raises(exc.DBAPIError) as caught:
                wait_for_the_lock()
            conflicts.append(retry.find_conflict(caught.value))
            holder.rollback()
        engine.dispose()
    assert conflicts == [retry.BUSY if db_kind == "sqlite" else retry.LOCK_TIMEOUT]


def shorten_busy_timeout(engine: Any) -> None:
    from orm import event

    def set_timeout(connection: Any, *rest: Any) -> None:
        connection.execute("PRAGMA busy_timeout = 10")

    event.listen(engine, "checkout", set_timeout)


def test_going_on_after_a_conflict_in_a_flush() -> None:
    pending = exc.PendingRollbackError("the transaction was rolled back")
    pending.__cause__ = make_busy()
    assert retry.find_conflict(pending) == retry.BUSY
    assert retry.find_conflict(exc.PendingRollbackError("unknown")) is None


# -- nesting, reading


def test_nesting_is_refused(small: Any) -> None:
    @small.db.transaction
    def inner() -> None:
        small.add("inner")

    @small.db.transaction
    def outer() -> None:
        small.add("outer")
        inner()

    with small.app.app_context(), pytest.raises(NestedTransactionError, match="begin_nested"):
        outer()
    assert small.stored() == []


def test_a_query_before_is_a_transaction_already(small: Any) -> None:
    @small.db.transaction
    def work() -> None:
        small.add("a")

    with small.app.app_context():
        small.db.session.execute(select(small.Item)).all()
        with pytest.raises(NestedTransactionError, match=r"db\.session\.rollback\(\)"):
            work()
    assert small.stored() == []


def test_unsaved_changes_are_refused(small: Any) -> None:
    @small.db.transaction
    def work() -> None:
        pass

    with small.app.app_context():
        small.add("mine")
        with pytest.raises(NestedTransactionError):
            work()


def test_read_only(world: Any, db_kind: str) -> None:
    @world.db.transaction(read_only=True)
    def read() -> int:
        return len(world.db.session.execute(select(world.Item)).all())

    @world.db.transaction(read_only=True)
    def write() -> None:
        world.add("a")

    @world.db.transaction(read_only=True)
    def write_by_statement() -> None:
        world.db.session.execute(text("INSERT INTO item (name) VALUES ('a')"))

    with world.app.app_context():
        assert read() == 0
        with pytest.raises(ReadOnlyError, match="read-only transaction"):
            write()
        if db_kind != "sqlite":
            with pytest.raises(exc.DBAPIError, match="(?i)read.only"):
                write_by_statement()
        world.add("after")
        world.db.session.commit()
    assert world.stored() == ["after"]


def test_on_a_sqlite_file_it_waits_for_the_lock_at_once(small: Any) -> None:
    """A request that reads first does not begin to write with what it has read."""

    @small.db.transaction
    def work() -> bool:
        small.db.session.execute(select(small.Item)).all()
        return bool(small.db.session.connection().get_execution_options().get("read_only"))

    with small.app.app_context():
        assert work() is False
