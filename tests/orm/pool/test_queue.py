"""QueuePool: lending, limits, recovery, threads; and AssertionPool."""

from __future__ import annotations

import gc
import os
import sqlite3
import threading
from typing import Any

import pytest

from orm import event, exc
from orm.pool import AssertionPool, QueuePool


class FakeConnection:
    """Counts what a pool does to it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.rollbacks = 0
        self.closed = False
        self.alive = True

    def rollback(self) -> None:
        if not self.alive:
            raise sqlite3.OperationalError("gone")
        self.rollbacks += 1

    def commit(self) -> None:
        self.rollback()

    def close(self) -> None:
        self.closed = True

    def cursor(self) -> Any:
        if not self.alive:
            raise sqlite3.OperationalError("gone")
        return sqlite3.connect(":memory:").cursor()


class Maker:
    def __init__(self) -> None:
        self.made: list[FakeConnection] = []
        self.fail = False

    def __call__(self) -> FakeConnection:
        if self.fail:
            raise sqlite3.OperationalError("refused")
        self.made.append(FakeConnection(len(self.made)))
        return self.made[-1]


@pytest.fixture
def maker() -> Maker:
    return Maker()


def test_a_returned_connection_is_reset_and_lent_again(maker: Maker) -> None:
    pool = QueuePool(maker)
    first = pool.connect()
    assert (pool.checkedout(), pool.checkedin()) == (1, 0)
    first.close()
    first.close()
    assert (pool.checkedout(), pool.checkedin()) == (0, 1)
    assert maker.made[0].rollbacks == 1
    assert pool.connect().dbapi_connection is maker.made[0]
    assert len(maker.made) == 1


@pytest.mark.parametrize(("lifo", "expected"), [(True, 1), (False, 0)])
def test_order_of_lending(maker: Maker, lifo: bool, expected: int) -> None:
    pool = QueuePool(maker, use_lifo=lifo)
    lent = [pool.connect(), pool.connect()]
    for one in lent:
        one.close()
    assert pool.connect().dbapi_connection.number == expected


@pytest.mark.parametrize(
    ("style", "rollbacks"), [(True, 1), ("rollback", 1), ("commit", 1), (None, 0), (False, 0)]
)
def test_reset_on_return(maker: Maker, style: Any, rollbacks: int) -> None:
    pool = QueuePool(maker, reset_on_return=style)
    pool.connect().close()
    assert maker.made[0].rollbacks == rollbacks


def test_unknown_reset_style_is_refused(maker: Maker) -> None:
    with pytest.raises(exc.ArgumentError, match="reset_on_return"):
        QueuePool(maker, reset_on_return="sometimes")


def test_overflow_connections_are_closed_on_return(maker: Maker) -> None:
    pool = QueuePool(maker, pool_size=1, max_overflow=1)
    lent = [pool.connect(), pool.connect()]
    assert pool.overflow() == 1
    for one in lent:
        one.close()
    assert (pool.checkedout(), pool.checkedin(), pool.overflow()) == (0, 1, 0)
    assert [one.closed for one in maker.made] == [False, True]


def test_timeout_names_the_holders(maker: Maker) -> None:
    pool = QueuePool(maker, pool_size=1, max_overflow=0, timeout=0.01, debug_checkouts=True)
    held = pool.connect()
    with pytest.raises(exc.TimeoutError) as caught:
        pool.connect()
    text = str(caught.value)
    assert "limit of size 1 overflow 0 reached" in text
    assert repr(threading.current_thread().name) in text
    assert "test_timeout_names_the_holders" in text
    held.close()
    pool.connect().close()
    assert pool.checkedout() == 0


def test_no_limit_with_size_zero(maker: Maker) -> None:
    pool = QueuePool(maker, pool_size=0)
    lent = [pool.connect() for _ in range(40)]
    for one in lent:
        one.close()
    assert pool.checkedin() == 40


def test_a_waiter_gets_the_connection_that_comes_back(maker: Maker) -> None:
    pool = QueuePool(maker, pool_size=1, max_overflow=0, timeout=20)
    held = pool.connect()
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.append(pool.connect()))
    thread.start()
    while not pool._waiters:
        pass
    held.close()
    thread.join(20)
    assert got[0].dbapi_connection is maker.made[0]


def test_failed_connect_gives_the_place_back(maker: Maker) -> None:
    pool = QueuePool(maker, pool_size=1, max_overflow=0, timeout=0.01)
    maker.fail = True
    for _ in range(3):
        with pytest.raises(sqlite3.OperationalError):
            pool.connect()
    assert pool.checkedout() == 0
    maker.fail = False
    pool.connect().close()


def test_forgotten_connection_comes_back_reset(maker: Maker) -> None:
    pool = QueuePool(maker)
    lent: Any = pool.connect()
    assert lent.is_valid
    del lent
    gc.collect()
    assert (pool.checkedout(), pool.checkedin()) == (0, 1)
    assert maker.made[0].rollbacks == 1


def test_broken_connection_is_replaced_and_not_raised(maker: Maker) -> None:
    pool = QueuePool(maker)
    lent = pool.connect()
    maker.made[0].alive = False
    lent.close()
    assert maker.made[0].closed
    assert pool.checkedout() == 0
    assert pool.connect().dbapi_connection is maker.made[1]


def test_pre_ping_replaces_dead_connections_at_checkout(maker: Maker) -> None:
    pool = QueuePool(maker, pre_ping=True)
    lent = [pool.connect(), pool.connect()]
    for one in lent:
        one.close()
    maker.made[1].alive = False
    again = pool.connect()
    assert again.dbapi_connection is maker.made[2]
    # its sibling is older than the failure and is replaced, too
    assert pool.connect().dbapi_connection is maker.made[3]


def test_recycle_replaces_old_connections(maker: Maker) -> None:
    pool = QueuePool(maker, recycle=100)
    lent = pool.connect()
    record = lent._record
    assert record is not None
    lent.close()
    record.started -= 101
    assert pool.connect().dbapi_connection is maker.made[1]


def test_invalidate_throws_away_and_frees_the_place(maker: Maker) -> None:
    pool = QueuePool(maker, pool_size=1, max_overflow=0)
    lent = pool.connect()
    lent.invalidate()
    assert not lent.is_valid
    assert maker.made[0].closed
    assert pool.connect().dbapi_connection is maker.made[1]


def test_soft_invalidate_replaces_after_return(maker: Maker) -> None:
    pool = QueuePool(maker)
    lent = pool.connect()
    lent.invalidate(soft=True)
    assert not maker.made[0].closed
    lent.close()
    assert pool.connect().dbapi_connection is maker.made[1]


def test_detach_takes_the_connection_out(maker: Maker) -> None:
    pool = QueuePool(maker, pool_size=1, max_overflow=0)
    lent = pool.connect()
    lent.detach()
    assert lent.is_detached
    other = pool.connect()
    assert other.dbapi_connection is maker.made[1]
    lent.close()
    assert maker.made[0].closed


def test_dispose_closes_idle_ones_and_later_those_lent(maker: Maker) -> None:
    pool = QueuePool(maker)
    idle, lent = pool.connect(), pool.connect()
    idle.close()
    pool.dispose()
    assert [one.closed for one in maker.made] == [True, False]
    lent.close()
    pool.connect()
    assert maker.made[1].closed


def test_recreate_keeps_options_and_listeners(maker: Maker) -> None:
    pool = QueuePool(maker, pool_size=3, max_overflow=4, timeout=5, use_lifo=False)
    seen: list[Any] = []
    event.listen(pool, "connect", lambda connection, record: seen.append(connection))
    other = pool.recreate()
    assert (other.size(), other._max_overflow, other.timeout(), other._use_lifo) == (3, 4, 5, False)
    other.connect()
    assert seen == maker.made


def test_info_lives_as_long_as_the_connection(maker: Maker) -> None:
    pool = QueuePool(maker)
    lent = pool.connect()
    lent.info["a"] = lent.record_info["b"] = 1
    lent.close()
    lent = pool.connect()
    assert lent.info == {"a": 1}
    record = lent._record
    assert record is not None
    record.invalidate()
    record.connect()
    assert record.info == {}
    assert record.record_info == {"b": 1}


def test_events_in_order(maker: Maker) -> None:
    pool = QueuePool(maker)
    seen: list[str] = []
    for name in ("first_connect", "connect", "checkout", "reset", "checkin", "invalidate", "close"):
        event.listen(pool, name, lambda *args, name=name: seen.append(name))
    pool.connect().close()
    assert seen == ["first_connect", "connect", "checkout", "reset", "checkin"]
    seen.clear()
    pool.connect().invalidate()
    assert seen == ["checkout", "invalidate", "close", "checkin"]


def test_what_events_find_in_the_record(maker: Maker) -> None:
    pool = QueuePool(maker)
    seen: list[tuple[str, Any, Any, bool]] = []
    for name in ("checkin", "close", "detach"):
        event.listen(
            pool,
            name,
            lambda connection, record, name=name: seen.append(
                (name, connection, record.dbapi_connection, record.in_use)
            ),
        )
    lent = pool.connect()
    lent.close()
    lent = pool.connect()
    lent.invalidate()
    lent = pool.connect()
    lent.detach()
    first, second = maker.made
    assert seen == [
        ("checkin", first, first, False),
        ("close", first, first, True),
        ("checkin", None, None, False),  # an invalidated place has no connection
        ("detach", second, None, False),  # after it left the pool
    ]
    assert pool.checkedout() == 0


def test_a_reset_that_fails_is_a_checkin_without_connection(maker: Maker) -> None:
    pool = QueuePool(maker)
    seen: list[Any] = []
    event.listen(pool, "checkin", lambda connection, record: seen.append(connection))
    lent = pool.connect()
    maker.made[0].alive = False
    lent.close()
    assert seen == [None]
    assert maker.made[0].closed


def test_a_checkin_listener_that_raises_costs_the_connection(maker: Maker) -> None:
    pool = QueuePool(maker)

    def refuse(connection: Any, record: Any) -> None:
        raise RuntimeError("no")

    event.listen(pool, "checkin", refuse)
    pool.connect().close()
    assert maker.made[0].closed
    assert pool.checkedout() == 0


def test_checkout_listener_may_refuse_a_connection(maker: Maker) -> None:
    pool = QueuePool(maker)

    def refuse_first(connection: Any, record: Any, proxy: Any) -> None:
        if connection.number == 0:
            raise exc.DisconnectionError("old")

    event.listen(pool, "checkout", refuse_first)
    assert pool.connect().dbapi_connection is maker.made[1]


def test_checkout_listener_that_always_refuses(maker: Maker) -> None:
    pool = QueuePool(maker, pool_size=1, max_overflow=0)

    def refuse(connection: Any, record: Any, proxy: Any) -> None:
        raise exc.DisconnectionError("never")

    event.listen(pool, "checkout", refuse)
    with pytest.raises(exc.InvalidRequestError, match="refused 3 connections"):
        pool.connect()
    assert pool.checkedout() == 0


def test_a_fork_starts_with_an_empty_pool(maker: Maker) -> None:
    pool = QueuePool(maker)
    held = pool.connect()
    pool.connect().close()
    child = os.fork()
    if child == 0:
        try:
            fresh = pool.connect()
            held.close()
            ok = (
                fresh.dbapi_connection.number == 2
                and pool.checkedout() == 1
                and not any(one.closed or one.rollbacks > 1 for one in maker.made)
                and maker.made[0].rollbacks == 0
            )
            os._exit(0 if ok else 1)
        except BaseException:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    held.close()
    assert (pool.checkedout(), pool.checkedin()) == (0, 2)


def test_threads_never_share_and_all_comes_back(maker: Maker) -> None:
    pool = QueuePool(maker, pool_size=3, max_overflow=1, timeout=30)
    held: set[int] = set()
    errors: list[BaseException] = []
    guard = threading.Lock()

    def work(seed: int) -> None:
        try:
            for turn in range(300):
                lent = pool.connect()
                number = id(lent.dbapi_connection)
                with guard:
                    assert number not in held
                    held.add(number)
                    assert len(held) <= 4
                with guard:
                    held.discard(number)
                if (turn + seed) % 7 == 0:
                    lent.invalidate()
                elif (turn + seed) % 11 == 0:
                    del lent
                else:
                    lent.close()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert pool.checkedout() == 0


def test_assertion_pool_lends_one_at_a_time(maker: Maker) -> None:
    pool = AssertionPool(maker)
    lent = pool.connect()
    with pytest.raises(AssertionError, match="checked out already"):
        pool.connect()
    lent.close()
    pool.connect().close()
    assert len(maker.made) == 1


def test_without_a_timeout_a_borrower_waits_until_one_comes_back(maker: Maker) -> None:
    pool = QueuePool(maker, pool_size=1, max_overflow=0, timeout=None)
    assert pool.timeout() is None
    lent = pool.connect()
    waiting = threading.Event()
    wait = pool._returned.wait
    pool._returned.wait = lambda timeout: (waiting.set(), wait(timeout))[1]  # type: ignore[method-assign]
    got: list[Any] = []
    borrower = threading.Thread(target=lambda: got.append(pool.connect().dbapi_connection))
    borrower.start()
    assert waiting.wait(30)
    lent.close()
    borrower.join(30)
    assert got == maker.made


class Interrupted(BaseException):
    """As KeyboardInterrupt, which no handler of errors catches."""


@pytest.mark.parametrize("name", ["invalidate", "close"])
@pytest.mark.parametrize("kind", [Interrupted, ZeroDivisionError])
def test_a_listener_that_fails_while_a_connection_is_thrown_away(
    maker: Maker, name: str, kind: type[BaseException]
) -> None:
    pool = QueuePool(maker, pool_size=1, max_overflow=0, timeout=0.01)

    def fail(*_: Any) -> None:
        raise kind

    event.listen(pool, name, fail)
    lent = pool.connect()
    raw = lent.dbapi_connection
    with pytest.raises(kind):
        lent.invalidate()
    assert pool.checkedout() == 0
    assert raw.closed
    event.remove(pool, name, fail)
    assert pool.connect().dbapi_connection is not raw


def test_a_reset_that_is_interrupted_gives_the_place_back(maker: Maker) -> None:
    pool = QueuePool(maker, pool_size=1, max_overflow=0, timeout=0.01)

    def fail(*_: Any) -> None:
        raise Interrupted

    event.listen(pool, "reset", fail)
    event.listen(pool, "invalidate", fail)
    lent = pool.connect()
    with pytest.raises(Interrupted):
        lent.close()
    assert pool.checkedout() == 0
    assert not lent.is_valid
    event.remove(pool, "reset", fail)
    event.remove(pool, "invalidate", fail)
    pool.connect().close()
    assert len(maker.made) == 2


def test_info_goes_along_with_a_detached_connection(maker: Maker) -> None:
    pool = QueuePool(maker, pool_size=1, max_overflow=0)
    lent = pool.connect()
    lent.info["user"] = 7
    lent.detach()
    assert lent.info == {"user": 7}
    other = pool.connect()
    assert other.info == {}
    lent.close()
    with pytest.raises(exc.InvalidRequestError, match="given back"):
        assert lent.info


def test_a_pool_without_limit_has_no_overflow(maker: Maker) -> None:
    pool = QueuePool(maker, pool_size=0)
    lent = [pool.connect() for _ in range(20)]
    assert (pool.overflow(), pool.checkedout()) == (0, 20)
    while lent:
        lent.pop().close()
    assert (pool.overflow(), pool.checkedin()) == (0, 20)


def test_listeners_hear_that_no_connection_came_back() -> None:
    pool = QueuePool(object, pool_size=1, max_overflow=0, timeout=0.01)
    heard: list[Any] = []
    event.listen(pool, "exhausted", lambda pool, error: heard.append((pool, error)))
    lent = pool.connect()
    with pytest.raises(exc.TimeoutError) as caught:
        pool.connect()
    assert heard == [(pool, caught.value)]
    lent.invalidate()
