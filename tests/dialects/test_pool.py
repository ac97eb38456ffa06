"""Pools on real servers: killed backends, forks, threads, leaks."""

from __future__ import annotations

import gc
import itertools
import multiprocessing
import os
import threading
import time
from typing import Any

import pytest

from orm import exc
from orm.engine import Engine, create_engine
from orm.event import listen
from orm.pool import QueuePool


def kill(engine: Engine, connection: Any) -> None:
    """End the server's side of a connection."""
    if engine.name == "postgresql":
        pid = connection.scalar("SELECT pg_backend_pid()")
        sql = f"SELECT pg_terminate_backend({pid}, 5000)"
    else:
        pid = connection.scalar("SELECT CONNECTION_ID()")
        sql = f"KILL {pid}"
    connection.rollback()
    killer = create_engine(engine.url)
    killer.execute(sql)
    killer.dispose()


@pytest.fixture
def server(db_url: str) -> str:
    return db_url


# SQLite has no server to lose
servers = pytest.mark.parametrize("db_kind", ["postgresql", "mariadb"])


@servers
def test_pre_ping_survives_a_killed_backend(server: str) -> None:
    engine = create_engine(server, pool_pre_ping=True)
    with engine.connect() as connection:
        kill(engine, connection)
    with engine.connect() as connection:
        assert connection.execute("SELECT 1").scalar() == 1
    engine.dispose()


@servers
def test_without_pre_ping_one_error_then_recovery(server: str) -> None:
    engine = create_engine(server)
    with engine.connect() as first, engine.connect() as second:
        kill(engine, first)
        kill(engine, second)
    with engine.connect() as connection:
        with pytest.raises(exc.DBAPIError) as caught:
            connection.execute("SELECT 1")
        assert caught.value.connection_invalidated
        assert connection.invalidated
        connection.rollback()
        assert connection.execute("SELECT 1").scalar() == 1
    with engine.connect() as first, engine.connect() as second:
        assert first.execute("SELECT 1").scalar() == second.execute("SELECT 1").scalar() == 1
    pool: Any = engine.pool
    assert pool.checkedout() == 0
    engine.dispose()


@servers
def test_killed_within_a_transaction(server: str) -> None:
    engine = create_engine(server)
    with engine.connect() as connection:
        connection.execute("SELECT 1")
        raw = connection.connection.dbapi_connection
        if engine.name == "postgresql":
            number, sql = raw.info.backend_pid, "SELECT pg_terminate_backend({}, 5000)"
        else:
            number, sql = raw.thread_id(), "KILL {}"
        engine.execute(sql.format(number))
        with pytest.raises(exc.DBAPIError):
            connection.execute("SELECT 2")
        with pytest.raises(exc.PendingRollbackError):
            connection.execute("SELECT 3")
        connection.rollback()
        assert connection.execute("SELECT 4").scalar() == 4
    engine.dispose()


def test_forgotten_connection_is_reset(engine: Engine) -> None:
    engine.execute("CREATE TABLE t (id INTEGER)")
    connection: Any = engine.connect()
    connection.execute("INSERT INTO t VALUES (1)")
    del connection
    gc.collect()
    pool: Any = engine.pool
    assert (pool.checkedout(), pool.checkedin()) == (0, 1)
    assert engine.execute("SELECT count(*) FROM t").scalar() == 0


@servers
def test_a_child_process_has_connections_of_its_own(server: str) -> None:
    engine = create_engine(server)
    query = "SELECT pg_backend_pid()" if engine.name == "postgresql" else "SELECT CONNECTION_ID()"
    held = engine.connect()
    parent_ids = {held.scalar(query), engine.execute(query).scalar()}
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            found = engine.execute(query).scalar()
            os.write(writer, str(found).encode())
            del held
            gc.collect()
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as pipe:
        assert int(pipe.read()) not in parent_ids
    assert held.scalar(query) in parent_ids
    held.close()
    assert engine.execute(query).scalar() in parent_ids
    engine.dispose()


def test_threads_with_errors_leave_nothing_behind(db_url: str) -> None:
    engine = create_engine(db_url, pool_size=3, max_overflow=1, poolclass=QueuePool)
    engine.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, worker INTEGER)")
    unexpected: list[BaseException] = []
    holders: dict[int, int] = {}
    shared: list[int] = []

    def take(raw: Any, *_: Any) -> None:
        if holders.setdefault(id(raw), threading.get_ident()) != threading.get_ident():
            shared.append(id(raw))

    listen(engine, "checkout", take)
    for name in ("checkin", "close"):
        listen(engine, name, lambda raw, *_: holders.pop(id(raw), None))

    # ORM_TEST_SOAK_SECONDS=10 makes it a long run; the checks are the same
    deadline = time.monotonic() + float(os.environ.get("ORM_TEST_SOAK_SECONDS", "0"))
    turns: list[int] = []

    def work(worker: int) -> None:
        for turn in itertools.count():
            if turn % 40 == 0 and turn and time.monotonic() > deadline:
                turns.append(turn)
                return
            try:
                with engine.begin() as connection:
                    connection.execute(
                        "INSERT INTO t VALUES (:id, :w)",
                        {"id": worker * 1000000 + turn, "w": worker},
                    )
                    if turn % 4 == 1:
                        connection.execute("SELECT nothing FROM nowhere")
                    if turn % 4 == 2:
                        raise ZeroDivisionError
                    if turn % 8 == 3:
                        connection.invalidate()
                        connection.rollback()
            except (exc.DBAPIError, ZeroDivisionError, exc.InvalidRequestError) as error:
                if turn % 4 == 0:
                    unexpected.append(error)
            except BaseException as error:
                unexpected.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    assert not any(thread.is_alive() for thread in threads)
    assert (unexpected, shared) == ([], [])
    pool: Any = engine.pool
    assert pool.checkedout() == 0
    kept = engine.execute("SELECT count(*) FROM t").scalar()
    assert kept == sum(turns) // 40 * (10 + 5)
    assert len(turns) == 8
    engine.dispose()


def _write_rows(url: str, worker: int, count: int) -> None:
    engine = create_engine(url)
    for _ in range(count):
        with engine.begin() as connection:
            seen = connection.scalar("SELECT count(*) FROM t")
            connection.execute("INSERT INTO t VALUES (:w, :s)", {"w": worker, "s": seen})
    engine.dispose()


def test_eight_processes_write_one_sqlite_file(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path}/shared.db"
    engine = create_engine(url)
    engine.execute("CREATE TABLE t (worker INTEGER, seen INTEGER)")
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_write_rows, args=(url, n, 25)) for n in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(100)
    assert [worker.exitcode for worker in workers] == [0] * 8
    seen = engine.execute("SELECT seen FROM t ORDER BY rowid").scalars().all()
    assert seen == list(range(200))
    engine.dispose()
