"""Who waits for whom on a SQLite file: readers for nobody, writers for each other."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from orm import Mapped, event, func, mapped_column, select, text, update

BEGIN = ("BEGIN", "COMMIT", "BEGIN IMMEDIATE")


@pytest.fixture
def sent(small: Any) -> list[str]:
    """The statements that the driver gets, as sqlite3 itself reports them."""
    statements: list[str] = []
    engine = small.app.extensions["ormsession"].engines[None]

    def trace(connection: Any, *rest: Any) -> None:
        connection.set_trace_callback(statements.append)

    event.listen(engine, "connect", trace)
    engine.dispose()
    return statements


def begins(statements: list[str]) -> list[str]:
    return [statement for statement in statements if statement in BEGIN]


def count(world: Any) -> Any:
    return world.db.session.scalar(select(func.count(world.Item.id)))


def test_a_get_takes_no_write_lock(small: Any, sent: list[str]) -> None:
    @small.route
    def view() -> str:
        return str(count(small))

    assert small.client.get("/").text == "0"
    assert begins(sent) == ["BEGIN", "COMMIT"]


def test_a_post_takes_it_at_its_beginning(small: Any, sent: list[str]) -> None:
    @small.route
    def view() -> str:
        small.add("a")
        return str(count(small))

    assert small.client.post("/").text == "1"
    assert begins(sent) == ["BEGIN IMMEDIATE", "COMMIT"]


def test_a_get_that_writes_takes_it_then(small: Any, sent: list[str]) -> None:
    @small.route
    def view() -> str:
        before = count(small)
        small.add("a")
        small.db.session.flush()
        small.add("b")
        return str(before)

    assert small.client.get("/").text == "0"
    assert begins(sent) == ["BEGIN", "COMMIT", "BEGIN IMMEDIATE", "COMMIT"]
    assert small.stored() == ["a", "b"]


def test_after_a_commit_it_reads_again(small: Any, sent: list[str]) -> None:
    with small.app.app_context():
        small.add("a")
        small.db.session.commit()
        assert count(small) == 1
        # the lock is free while this context, say that of a shell, looks at what it has
        small.db.run_in_thread(small.add, "b").result(timeout=10)
        small.db.session.rollback()
        small.add("c")
        small.db.session.rollback()
        assert count(small) == 2
        small.add("d")
        small.db.session.flush()
        small.db.session.commit()
    assert begins(sent) == [
        *("BEGIN IMMEDIATE", "COMMIT", "BEGIN"),
        *("BEGIN IMMEDIATE", "COMMIT"),
        *("BEGIN", "COMMIT", "BEGIN IMMEDIATE", "COMMIT"),
    ]
    assert small.stored() == ["a", "b", "d"]


def test_after_a_transaction_it_reads_again(small: Any, sent: list[str]) -> None:
    with small.app.app_context():
        small.db.transaction(lambda: small.add("a"))()
        assert count(small) == 1
    assert begins(sent) == ["BEGIN IMMEDIATE", "COMMIT", "BEGIN"]


def test_a_get_that_updates_many_rows_takes_it_then(small: Any, sent: list[str]) -> None:
    @small.route
    def view() -> str:
        before = count(small)
        small.db.run_in_thread(small.add, "other").result(timeout=10)
        small.db.session.execute(update(small.Item).values(name=small.Item.name + "!"))
        return str(before)

    assert small.client.get("/").text == "0"
    assert small.stored() == ["other!"]


def test_a_get_that_writes_by_plain_sql_takes_it_then(small: Any) -> None:
    @small.route
    def view() -> str:
        count(small)
        small.db.run_in_thread(small.add, "other").result(timeout=10)
        small.db.session.execute(text("UPDATE item SET name = name || '!'"))
        return "ok"

    assert small.client.get("/").text == "ok"
    assert small.stored() == ["other!"]


def test_a_get_that_fails_after_writing(small: Any) -> None:
    @small.route
    def view() -> Any:
        count(small)
        small.add("a")
        small.db.session.flush()
        return "no", 400

    assert small.client.get("/").status_code == 400
    assert small.stored() == []
    assert small.checked_out() == 0


def test_a_get_writes_although_another_wrote_since_it_read(small: Any) -> None:
    @small.route
    def view() -> str:
        count(small)
        small.db.run_in_thread(small.add, "other").result(timeout=10)
        small.add("mine")
        return "ok"

    assert small.client.get("/").status_code == 200
    assert small.stored() == ["mine", "other"]


def test_a_nested_context_reads_beside_its_writing_request(small: Any) -> None:
    @small.route
    def view() -> str:
        small.add("a")
        small.db.session.flush()
        with small.app.app_context():
            return str(count(small))

    assert small.client.post("/").text == "0"
    assert small.stored() == ["a"]


def test_readers_do_not_wait_for_a_writer(small: Any) -> None:
    @small.route
    def view() -> str:
        return str(count(small))

    with small.app.app_context():
        small.add("a")
        small.db.session.flush()
        answers: list[str] = []
        thread = threading.Thread(target=lambda: answers.append(small.client.get("/").text))
        thread.start()
        thread.join(10)
        assert answers == ["0"]
        small.db.session.commit()


def test_a_savepoint_after_reading(small: Any) -> None:
    @small.route
    def view() -> str:
        count(small)
        with small.db.session.begin_nested():
            small.add("a")
        return "ok"

    assert small.client.get("/").status_code == 200
    assert small.stored() == ["a"]


# -- several databases


@pytest.fixture
def two(make_world: Any, tmp_path: Any) -> Any:
    """A World with Reading in a second database, a SQLite file, and what that file gets."""
    world = make_world(ORM_BINDS={"sensors": f"sqlite:///{tmp_path / 'sensors.db'}"})

    class Reading(world.db.Model):
        __bind_key__ = "sensors"
        id: Mapped[int] = mapped_column(primary_key=True)

    world.Reading = Reading
    world.sent = []
    engine = world.app.extensions["ormsession"].engines["sensors"]

    def trace(connection: Any, *rest: Any) -> None:
        connection.set_trace_callback(world.sent.append)

    event.listen(engine, "connect", trace)
    with world.app.app_context():
        world.db.create_all()
    engine.dispose()
    world.sent.clear()
    return world


def test_a_get_reads_both_databases(two: Any) -> None:
    @two.route
    def view() -> str:
        readings = two.db.session.scalars(select(two.Reading)).all()
        return str(len(readings) + len(two.db.session.scalars(select(two.Item)).all()))

    assert two.client.get("/").text == "0"
    assert begins(two.sent) == ["BEGIN", "COMMIT"]


def test_a_get_writes_both_databases(two: Any) -> None:
    @two.route
    def view() -> str:
        two.db.session.scalars(select(two.Reading)).all()
        two.db.session.scalars(select(two.Item)).all()
        two.db.session.add(two.Reading())
        two.add("a")
        return "ok"

    assert two.client.get("/").status_code == 200
    assert begins(two.sent) == ["BEGIN", "COMMIT", "BEGIN IMMEDIATE", "COMMIT"]
    assert two.stored() == ["a"]
    with two.app.app_context():
        assert len(two.db.session.scalars(select(two.Reading)).all()) == 1


def test_a_post_writes_both_databases(two: Any) -> None:
    @two.route
    def view() -> str:
        two.db.session.scalars(select(two.Reading)).all()
        two.db.session.add(two.Reading())
        two.add("a")
        return "ok"

    assert two.client.post("/").status_code == 200
    assert begins(two.sent) == ["BEGIN IMMEDIATE", "COMMIT"]
    assert two.stored() == ["a"]


def test_a_failed_get_writes_neither(two: Any) -> None:
    @two.route
    def view() -> Any:
        two.db.session.scalars(select(two.Reading)).all()
        two.db.session.add(two.Reading())
        two.add("a")
        two.db.session.flush()
        return "no", 400

    assert two.client.get("/").status_code == 400
    assert two.stored() == []
    with two.app.app_context():
        assert two.db.session.scalars(select(two.Reading)).all() == []


def test_the_isolation_level_of_a_transaction_is_that_of_both(two: Any, db_kind: str) -> None:
    level = "SERIALIZABLE"

    @two.db.transaction(isolation_level=level)
    def work() -> list[str]:
        entities = (two.Item, two.Reading)
        return [level_of(two.db.session, entity) for entity in entities]

    def level_of(session: Any, entity: Any) -> str:
        session.scalars(select(entity)).all()
        engine = session.get_bind(entity)
        return session.connection(bind_arguments={"bind": engine}).get_isolation_level()

    with two.app.app_context():
        assert work() == [level, level]
