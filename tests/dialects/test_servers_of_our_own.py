"""Cases that need a server which may be stopped and configured: restart, two-phase commit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from database_servers import NoServer, Server, start_mariadb, start_postgresql

from orm import exc
from orm.engine import Connection, Engine, create_engine
from orm.engine.twophase import TwoPhaseTransaction
from orm.event import listen
from orm.session.session import Session

STARTERS = {"postgresql": start_postgresql, "mariadb": start_mariadb}


@pytest.fixture(scope="module", params=list(STARTERS))
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    try:
        started = STARTERS[request.param]()
    except NoServer as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"{request.param}: {error}")
    started.execute("CREATE DATABASE own")
    yield started
    started.stop()


@pytest.fixture
def engine(server: Server) -> Iterator[Engine]:
    made = create_engine(server.url("own"))
    made.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    yield made
    with made.connect() as connection:  # what a failed test has prepared would lock the table
        for xid in connection.recover_twophase():
            connection.rollback_prepared(xid)
    made.execute("DROP TABLE t")
    made.dispose()


def ids(engine: Engine) -> list[int]:
    return list(engine.execute("SELECT id FROM t ORDER BY id").scalars().all())


def add(connection: Connection, number: int) -> None:
    connection.execute("INSERT INTO t VALUES (:id)", {"id": number})


def test_prepared_then_committed_or_rolled_back(engine: Engine) -> None:
    with engine.connect() as connection:
        both = connection.begin_twophase()
        assert isinstance(both, TwoPhaseTransaction)
        add(connection, 1)
        both.prepare()
        assert both.is_prepared
        assert ids(engine) == []
        both.commit()
        undone = connection.begin_twophase()
        add(connection, 2)
        undone.prepare()
        undone.rollback()
        unprepared = connection.begin_twophase()
        add(connection, 3)
        unprepared.commit()
        with connection.begin_twophase() as block:
            add(connection, 4)
            block.prepare()
        forgotten = connection.begin_twophase()
        add(connection, 5)
        forgotten.rollback()
        # the connection serves plain transactions as before
        add(connection, 6)
        connection.commit()
        connection.begin_twophase().prepare()
        assert connection.recover_twophase() != []
    assert ids(engine) == [1, 3, 4, 6]
    with engine.connect() as connection:
        assert connection.recover_twophase() == []


def test_a_connection_closed_within_is_clean_for_the_next(engine: Engine) -> None:
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        connection.begin_twophase()
        add(connection, 1)
    with engine.connect() as connection:
        assert connection.connection.dbapi_connection is raw
        assert connection.execute("SELECT count(*) FROM t").scalar() == 0


@pytest.mark.parametrize("commit", [True, False])
def test_a_prepared_transaction_outlives_its_connection(engine: Engine, commit: bool) -> None:
    lost = engine.connect()
    transaction = lost.begin_twophase("it's ours 100%")
    add(lost, 1)
    transaction.prepare()
    lost.invalidate()
    lost.close()
    with engine.connect() as other:
        assert other.recover_twophase() == ["it's ours 100%"]
        finish = other.commit_prepared if commit else other.rollback_prepared
        finish(transaction.xid, recover=True)
        assert other.recover_twophase() == []
    assert ids(engine) == ([1] if commit else [])


def test_a_prepared_transaction_outlives_the_server(server: Server, engine: Engine) -> None:
    connection = engine.connect()
    add(connection, 1)
    connection.commit()
    transaction = connection.begin_twophase()
    add(connection, 2)
    transaction.prepare()
    server.halt()
    server.start()
    with pytest.raises(exc.DBAPIError):
        transaction.commit()
    connection.close()
    with engine.connect() as other:
        other.commit_prepared(transaction.xid)
    assert ids(engine) == [1, 2]


def test_what_is_refused(engine: Engine) -> None:
    with engine.connect() as connection:
        first = connection.begin_twophase()
        with pytest.raises(exc.InvalidRequestError, match="already begun"):
            connection.begin_twophase()
        with pytest.raises(exc.InvalidRequestError, match="without a transaction"):
            connection.commit_prepared("other")
        first.prepare()
        first.prepare()
        with pytest.raises(exc.InvalidRequestError):
            add(connection, 1)
        first.commit()
        with pytest.raises(exc.InvalidRequestError, match="ended already"):
            first.prepare()
        with pytest.raises(exc.DBAPIError):
            connection.commit_prepared("never there")
        connection.execution_options(isolation_level="AUTOCOMMIT")
        with pytest.raises(exc.InvalidRequestError, match="AUTOCOMMIT"):
            connection.begin_twophase()


def test_prepare_that_fails_is_rolled_back(engine: Engine) -> None:
    with engine.connect() as connection:
        transaction = connection.begin_twophase()
        add(connection, 1)
        raw = connection.connection.dbapi_connection
        raw.close()
        with pytest.raises(exc.DBAPIError):
            transaction.prepare()
        assert not transaction.is_active
        add(connection, 2)
        connection.commit()
    assert ids(engine) == [2]


def test_events(engine: Engine) -> None:
    heard: list[tuple[Any, ...]] = []
    for name in ("begin", "prepare", "commit", "rollback"):

        def hear(conn: Connection, *args: Any, _name: str = name) -> None:
            heard.append((_name, *args))

        listen(engine, f"{name}_twophase", hear)
    with engine.connect() as connection:
        with connection.begin_twophase("a") as transaction:
            transaction.prepare()
        connection.begin_twophase("b").rollback()
    assert heard == [
        ("begin", "a"),
        ("prepare", "a"),
        ("commit", "a", True),
        ("begin", "b"),
        ("rollback", "b", False),
    ]


def test_a_session_prepares_before_it_commits(engine: Engine) -> None:
    heard: list[bool] = []
    listen(engine, "commit_twophase", lambda conn, xid, is_prepared: heard.append(is_prepared))
    with Session(engine, twophase=True) as session:
        session.execute("INSERT INTO t VALUES (1)")
        session.commit()
        session.execute("INSERT INTO t VALUES (2)")
        session.prepare()
        session.commit()
        session.execute("INSERT INTO t VALUES (3)")
        session.rollback()
    assert heard == [True, True]
    assert ids(engine) == [1, 2]


@pytest.mark.parametrize("pre_ping", [True, False])
def test_the_pool_recovers_from_a_restart(server: Server, pre_ping: bool) -> None:
    engine = create_engine(server.url("own"), pool_pre_ping=pre_ping)
    with engine.connect() as first, engine.connect() as second:
        assert first.execute("SELECT 1").scalar() == second.execute("SELECT 1").scalar()
    server.halt()
    for _ in range(3):  # the pool gives the places of failed connections back
        with pytest.raises(exc.DBAPIError), engine.connect() as connection:
            connection.execute("SELECT 1")
    server.start()
    for _ in range(3):
        assert engine.execute("SELECT 1").scalar() == 1
    pool: Any = engine.pool
    assert pool.checkedout() == 0
    engine.dispose()


def test_a_restart_between_two_uses(server: Server) -> None:
    engine = create_engine(server.url("own"), pool_pre_ping=True)
    with engine.connect() as first, engine.connect() as second:
        first.execute("SELECT 1")
        second.execute("SELECT 1")
    server.halt()
    server.start()
    with engine.connect() as first, engine.connect() as second:
        assert first.execute("SELECT 1").scalar() == second.execute("SELECT 1").scalar()
    engine.dispose()
    plain = create_engine(server.url("own"))
    with plain.connect() as first, plain.connect() as second:
        first.execute("SELECT 1")
        second.execute("SELECT 1")
    server.halt()
    server.start()
    failed = 0
    for _ in range(4):
        try:
            plain.execute("SELECT 1")
        except exc.DBAPIError as error:
            failed += error.connection_invalidated
    assert failed == 1  # the one who noticed; its siblings in the pool were replaced
    plain.dispose()


def test_what_one_database_cannot_prepare_none_commits(server: Server, engine: Engine) -> None:
    other = create_engine(server.url("own"))
    other.execute("CREATE TABLE u (id INTEGER PRIMARY KEY)")
    heard: list[str] = []
    for number, each in enumerate((engine, other)):
        for name in ("prepare", "commit", "rollback"):

            def hear(*_: Any, _word: str = f"{name} {number}") -> None:
                heard.append(_word)

            listen(each, f"{name}_twophase", hear)

    def add_both(session: Session, number: int) -> None:
        for bind, table in ((engine, "t"), (other, "u")):
            session.execute(f"INSERT INTO {table} VALUES ({number})", bind_arguments={"bind": bind})

    def refuse(conn: Connection, xid: str) -> None:
        raise ZeroDivisionError

    with Session(twophase=True) as session:
        add_both(session, 1)
        session.commit()
        assert heard == ["prepare 0", "prepare 1", "commit 0", "commit 1"]
        heard.clear()
        listen(other, "prepare_twophase", refuse)
        add_both(session, 2)
        with pytest.raises(ZeroDivisionError):
            session.commit()
        assert heard == ["prepare 0", "prepare 1", "rollback 0", "rollback 1"]
    assert other.execute("SELECT t.id, u.id FROM t, u").all() == [(1, 1)]
    other.execute("DROP TABLE u")
    other.dispose()
