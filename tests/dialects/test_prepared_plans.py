"""Statements that the driver has prepared, while their tables change under them (PostgreSQL)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from orm import Connection, DeclarativeBase, Mapped, Session, exc, mapped_column, select
from orm.asyncio import AsyncSession, create_async_engine
from orm.engine import Engine

pytestmark = pytest.mark.parametrize("db_kind", ["postgresql"])


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


@pytest.fixture
def prepared(engine: Engine) -> Iterator[Connection]:
    """A connection on which `SELECT *` of a table is prepared."""
    Base.metadata.create_all(engine)
    engine.execute("INSERT INTO item (name) VALUES ('a')")
    with engine.connect() as connection:
        for _ in range(8):
            connection.exec_driver_sql("SELECT * FROM item WHERE id = %s", (1,)).all()
        connection.commit()
        yield connection


def read(connection: Connection) -> tuple[object, ...]:
    return tuple(connection.exec_driver_sql("SELECT * FROM item WHERE id = %s", (1,)).one())


def test_the_first_statement_of_a_transaction_is_sent_again(
    engine: Engine, prepared: Connection
) -> None:
    engine.execute("ALTER TABLE item ADD more int DEFAULT 7")
    assert read(prepared) == (1, "a", 7)
    prepared.commit()
    engine.execute("DROP TABLE item")
    engine.execute("CREATE TABLE item (id bigint, name text)")
    engine.execute("INSERT INTO item VALUES (1, 'new')")
    assert read(prepared) == (1, "new")


def test_in_autocommit_any_statement_is(engine: Engine, prepared: Connection) -> None:
    prepared.execution_options(isolation_level="AUTOCOMMIT")
    engine.execute("ALTER TABLE item ADD more int DEFAULT 7")
    prepared.execute("SELECT 1")
    assert read(prepared) == (1, "a", 7)


def test_later_in_a_transaction_one_error_then_recovery(
    engine: Engine, prepared: Connection
) -> None:
    engine.execute("ALTER TABLE item ADD more int DEFAULT 7")
    prepared.execute("INSERT INTO item (name) VALUES ('mine')")
    with pytest.raises(exc.NotSupportedError):
        read(prepared)
    prepared.rollback()
    assert read(prepared) == (1, "a", 7)
    # nothing of the failed transaction was repeated
    assert prepared.scalar("SELECT count(*) FROM item") == 1


def test_tables_made_anew_under_a_session(engine: Engine) -> None:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        for _ in range(8):
            assert session.scalars(select(Item)).all() == []
        session.commit()
        engine.execute("DROP TABLE item")
        engine.execute("CREATE TABLE item (id bigserial, name varchar(9))")
        engine.execute("INSERT INTO item (name) VALUES ('b')")
        assert session.scalars(select(Item)).one().name == "b"


def test_other_refusals_of_the_server_stay_errors(prepared: Connection) -> None:
    with pytest.raises(exc.NotSupportedError, match="cross-database"):
        prepared.execute("SELECT * FROM elsewhere.public.item")


def prepared_texts(connection: Connection) -> list[str]:
    """What the server has prepared for this connection, of what concerns the table."""
    found = connection.exec_driver_sql("SELECT statement FROM pg_prepared_statements").scalars()
    return [text for text in found if "FROM item" in text]


def test_sessions_that_end_with_a_rollback_keep_their_statements(engine: Engine) -> None:
    Base.metadata.create_all(engine)
    engine.execute("INSERT INTO item (name) VALUES ('a')")
    for _ in range(8):
        with Session(engine) as session:
            assert session.get_one(Item, 1).name == "a"
    with Session(engine) as session:
        assert len(prepared_texts(session.connection())) == 1
        session.add(Item(name="b"))
        session.flush()
    with engine.connect() as connection:
        assert connection.scalar("SELECT count(*) FROM item") == 1
        assert len(prepared_texts(connection)) == 1


@pytest.mark.parametrize(
    "change", ["ALTER TABLE item ADD more int", "SELECT 1; ALTER TABLE item ADD more int"]
)
def test_a_rollback_that_undoes_a_change_of_a_table_forgets_them(
    prepared: Connection, change: str
) -> None:
    prepared.exec_driver_sql(change)
    for _ in range(8):
        prepared.exec_driver_sql("SELECT * FROM item LIMIT %s", (1,)).all()
    assert prepared_texts(prepared)
    prepared.rollback()
    # not the first statement of its transaction, so that an outdated plan would be an error
    assert prepared.scalar("SELECT 1") == 1
    rows = prepared.exec_driver_sql("SELECT * FROM item LIMIT %s", (1,)).all()
    assert [tuple(row) for row in rows] == [(1, "a")]
    prepared.rollback()
    # and the next ones keep theirs again
    for _ in range(8):
        read(prepared)
        prepared.rollback()
    assert prepared_texts(prepared)


def test_a_rollback_after_an_error_forgets_them(prepared: Connection) -> None:
    assert prepared_texts(prepared)
    with pytest.raises(exc.DBAPIError):
        prepared.execute("SELECT 1 / 0")
    prepared.rollback()
    assert prepared_texts(prepared) == []


def test_a_rollback_within_a_pipeline_is_the_drivers(prepared: Connection) -> None:
    with prepared.connection.pipeline() as pipeline:
        prepared.execute("INSERT INTO item (name) VALUES ('b')")
        pipeline.sync()
        prepared.rollback()
    assert prepared.scalar("SELECT count(*) FROM item") == 1


def test_a_lost_connection_is_noticed_by_the_rollback(engine: Engine, prepared: Connection) -> None:
    pid = prepared.scalar("SELECT pg_backend_pid()")
    with engine.connect() as other:
        other.execute("SELECT pg_terminate_backend(:pid, 5000)", {"pid": pid})
    with pytest.raises(exc.OperationalError) as caught:
        prepared.rollback()
    assert caught.value.connection_invalidated
    assert read(prepared) == (1, "a")


def test_awaited_sessions_keep_their_statements_too(engine: Engine) -> None:
    Base.metadata.create_all(engine)
    engine.execute("INSERT INTO item (name) VALUES ('a')")

    async def run() -> list[list[str]]:
        awaited = create_async_engine(engine.url)
        found = []
        for change in ("INSERT INTO item (name) VALUES ('b')", "ALTER TABLE item ADD more int"):
            for _ in range(8):
                async with AsyncSession(awaited) as session:
                    assert (await session.get_one(Item, 1)).name == "a"
            async with awaited.connect() as connection:
                await connection.exec_driver_sql(change)
            async with awaited.connect() as connection:
                found.append(await connection.run_sync(prepared_texts))
        await awaited.dispose()
        return found

    kept, forgotten = asyncio.run(run())
    assert len(kept) == 1
    assert forgotten == []
    assert engine.execute("SELECT * FROM item").all() == [(1, "a")]


def test_a_statement_awaited_beside_a_rollback_has_its_turn(engine: Engine) -> None:
    async def run() -> object:
        awaited = create_async_engine(engine.url)
        async with awaited.connect() as connection:
            await connection.exec_driver_sql("SELECT 1")
            _, result = await asyncio.gather(
                connection.rollback(), connection.exec_driver_sql("SELECT 2")
            )
        await awaited.dispose()
        return result.scalar()

    assert asyncio.run(run()) == 2
