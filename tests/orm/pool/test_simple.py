"""The other pools: NullPool, StaticPool, SingletonThreadPool, SharedConnectionPool."""

from __future__ import annotations

import gc
import sqlite3
import threading
from typing import Any

import pytest

from orm import exc
from orm.event import listen
from orm.pool import NullPool, QueuePool, SharedConnectionPool, SingletonThreadPool, StaticPool


def connect() -> Any:
    return sqlite3.connect(":memory:", check_same_thread=False)


def in_thread(function: Any) -> Any:
    """Run in another thread; return what it returned or raised."""
    got: list[Any] = []

    def run() -> None:
        try:
            got.append(function())
        except BaseException as error:
            got.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    return got[0]


def test_null_pool_closes_what_comes_back() -> None:
    pool = NullPool(connect)
    lent = pool.connect()
    raw = lent.dbapi_connection
    lent.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        raw.execute("SELECT 1")


def test_static_pool_lends_one_to_all() -> None:
    pool = StaticPool(connect)
    first, second = pool.connect(), pool.connect()
    assert first.dbapi_connection is second.dbapi_connection
    assert in_thread(lambda: pool.connect().dbapi_connection) is first.dbapi_connection


def test_singleton_thread_pool_has_one_per_thread() -> None:
    pool = SingletonThreadPool(connect)
    first, second = pool.connect(), pool.connect()
    assert first.dbapi_connection is second.dbapi_connection
    assert in_thread(lambda: pool.connect().dbapi_connection) is not first.dbapi_connection


def test_singleton_thread_pool_resets_when_the_last_borrower_returns_it() -> None:
    pool = SingletonThreadPool(connect)
    outer = pool.connect()
    outer.dbapi_connection.execute("CREATE TABLE t (id INTEGER)")
    outer.dbapi_connection.execute("INSERT INTO t VALUES (1)")
    assert outer.dbapi_connection.in_transaction
    pool.connect().close()
    assert outer.dbapi_connection.in_transaction
    raw = outer.dbapi_connection
    outer.close()
    assert not raw.in_transaction
    again = pool.connect()
    again.dbapi_connection.execute("INSERT INTO t VALUES (2)")
    again.close()
    assert not raw.in_transaction


def test_a_detached_connection_is_ended_with_its_listeners_told() -> None:
    pool = QueuePool(connect)
    told: list[Any] = []
    listen(pool, "reset", lambda dbapi, record, state: told.append(state.terminate_only))
    listen(pool, "close_detached", lambda dbapi: told.append("close_detached"))
    lent = pool.connect()
    raw = lent.dbapi_connection
    lent.detach()
    told.clear()  # the place it left in the pool
    assert lent.is_detached
    lent.close()
    assert told == [True, "close_detached"]
    with pytest.raises(sqlite3.ProgrammingError):
        raw.execute("SELECT 1")


def test_singleton_thread_pool_closes_those_of_ended_threads() -> None:
    pool = SingletonThreadPool(connect, pool_size=2)
    for _ in range(5):
        in_thread(lambda: pool.connect().close())
    assert len(pool._by_thread) <= 2


def test_shared_pool_may_be_borrowed_again_in_one_thread() -> None:
    pool = SharedConnectionPool(connect)
    outer = pool.connect()
    inner = pool.connect()
    assert inner.dbapi_connection is outer.dbapi_connection
    inner.close()
    assert pool.checkedout() == 1
    outer.close()
    assert pool.checkedout() == 0


def test_shared_pool_makes_other_threads_wait() -> None:
    pool = SharedConnectionPool(connect, timeout=20)
    outer = pool.connect()
    order: list[str] = []

    def borrow() -> None:
        lent = pool.connect()
        order.append("thread")
        lent.close()

    thread = threading.Thread(target=borrow)
    thread.start()
    order.append("main")
    outer.close()
    thread.join(20)
    assert order == ["main", "thread"]


def test_shared_pool_timeout_names_the_holder() -> None:
    pool = SharedConnectionPool(connect, timeout=0.01)
    held = pool.connect()
    error = in_thread(pool.connect)
    assert isinstance(error, exc.TimeoutError)
    assert repr(threading.current_thread().name) in str(error)
    held.close()


def test_shared_pool_does_not_reset_under_an_outer_borrower() -> None:
    pool = SharedConnectionPool(connect)
    outer = pool.connect()
    raw = outer.dbapi_connection
    raw.execute("CREATE TABLE t (x)")
    raw.execute("INSERT INTO t VALUES (1)")
    pool.connect().close()
    assert raw.in_transaction
    outer.close()
    assert not raw.in_transaction


@pytest.mark.parametrize("kind", [QueuePool, SingletonThreadPool, StaticPool, SharedConnectionPool])
def test_a_collected_pool_closes_its_connections(kind: Any) -> None:
    pool = kind(connect)
    lent = pool.connect()
    raw = lent.dbapi_connection
    lent.close()
    del lent, pool
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        raw.execute("SELECT 1")


def test_a_detached_connection_outlives_its_pool() -> None:
    pool = QueuePool(connect)
    lent = pool.connect()
    raw = lent.dbapi_connection
    lent.detach()
    del lent, pool
    gc.collect()
    assert raw.execute("SELECT 1").fetchone() == (1,)
    raw.close()
