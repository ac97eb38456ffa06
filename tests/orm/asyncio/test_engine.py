"""Asynchronous engines and connections, on every database."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from orm import Column, Integer, MetaData, String, Table, event, exc, insert, inspect, select
from orm.asyncio import (
    AsyncConnection,
    AsyncContextNotStarted,
    AsyncEngine,
    AsyncMethodRequired,
    async_engine_from_config,
    create_async_engine,
)
from orm.pool import AsyncAdaptedQueuePool, NullPool, QueuePool, StaticPool
from orm.util.concurrency import await_only

ASYNC_DRIVERS = {"postgresql": ("", ""), "mariadb": ("pymysql://", "aiomysql://")}
metadata = MetaData()
items = Table(
    "items", metadata, Column("id", Integer, primary_key=True), Column("name", String(50))
)


async def fill(engine: AsyncEngine, count: int = 3) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.execute(insert(items), [{"name": f"n{i}"} for i in range(count)])


async def test_begin_commits_and_an_error_rolls_back(async_engine: AsyncEngine) -> None:
    await fill(async_engine)
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with async_engine.begin() as connection:
            await connection.execute(insert(items).values(name="gone"))
            raise ZeroDivisionError
    async with async_engine.connect() as connection:
        result = await connection.execute(select(items.c.name).order_by(items.c.id))
        assert result.scalars().all() == ["n0", "n1", "n2"]
        await connection.execute(insert(items).values(name="left"))
    async with async_engine.connect() as connection:
        assert len((await connection.execute(select(items))).all()) == 3
        key = (await connection.execute(insert(items).values(name="x"))).inserted_primary_key
        assert key[0] > 3


async def test_savepoints(async_engine: AsyncEngine) -> None:
    await fill(async_engine, 1)
    async with async_engine.begin() as connection:
        nested = await connection.begin_nested()
        assert connection.in_nested_transaction()
        assert connection.get_nested_transaction() == nested
        await connection.execute(insert(items).values(name="undone"))
        await nested.rollback()
        async with connection.begin_nested():
            await connection.execute(insert(items).values(name="kept"))
    async with async_engine.connect() as connection:
        names = await connection.scalars(select(items.c.name).order_by(items.c.id))
        assert names.all() == ["n0", "kept"]


async def test_rows_are_streamed(async_engine: AsyncEngine) -> None:
    await fill(async_engine, 10)
    query = select(items.c.id, items.c.name).order_by(items.c.id)
    async with async_engine.connect() as connection:
        async with connection.stream(query) as result:
            assert (await result.fetchone()).name == "n0"
            assert [row.id async for row in result] == list(range(2, 11))
        result = await connection.stream(query)
        assert [len(part) async for part in result.partitions(4)] == [4, 4, 2]
        scalars = await connection.stream_scalars(query)
        assert await scalars.fetchmany(2) == [1, 2]
        await scalars.close()
        mappings = (await connection.stream(query)).mappings()
        assert (await mappings.first())["name"] == "n0"
        frozen = await (await connection.stream(query)).freeze()
        assert len(frozen().all()) == 10
        with pytest.raises(AsyncMethodRequired, match="stream"):
            await connection.execute(query, execution_options={"stream_results": True})


async def test_two_tasks_on_one_pool(async_engine: AsyncEngine) -> None:
    await fill(async_engine, 1)
    at_once = []

    async def work(number: int) -> None:
        async with async_engine.begin() as connection:
            at_once.append(async_engine.pool.checkedout())  # type: ignore[attr-defined]
            await connection.execute(select(items))
            await asyncio.sleep(0)

    await asyncio.gather(*[work(n) for n in range(40)])
    assert max(at_once) > 1
    assert async_engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_a_lost_connection_is_replaced(async_engine: AsyncEngine) -> None:
    async with async_engine.connect() as connection:
        raw = await connection.get_raw_connection()
        raw.dbapi_connection.terminate()
        await connection.invalidate()
        assert connection.invalidated
        assert await connection.scalar(select(1)) == 1


async def test_isolation_levels(async_engine: AsyncEngine) -> None:
    async with async_engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        assert await connection.get_isolation_level() == "AUTOCOMMIT"
    async with async_engine.connect() as connection:
        assert await connection.get_isolation_level() == connection.default_isolation_level


async def test_reflection_within_run_sync(async_engine: AsyncEngine) -> None:
    await fill(async_engine, 1)
    async with async_engine.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    assert names == ["items"]
    for subject in (async_engine, connection):
        with pytest.raises(exc.NoInspectionAvailable, match="run_sync"):
            inspect(subject)


async def test_integrity_errors(async_engine: AsyncEngine) -> None:
    await fill(async_engine, 1)
    async with async_engine.connect() as connection:
        with pytest.raises(exc.IntegrityError) as caught:
            await connection.execute(insert(items).values(id=1))
    assert caught.value.kind == "unique"


@pytest.mark.parametrize("name", ["before_cursor_execute", "after_cursor_execute"])
async def test_a_cancelled_statement_drops_its_connection(memory: AsyncEngine, name: str) -> None:
    entered = asyncio.Event()

    def wait(*args: Any) -> None:
        entered.set()
        await_only(asyncio.sleep(60))

    async with memory.connect() as connection:
        event.listen(connection.sync_connection, name, wait)
        task = asyncio.create_task(connection.execute(select(1)))
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert connection.invalidated


async def test_waiting_for_a_connection(tmp_path: Any) -> None:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{tmp_path / 'w.db'}", pool_size=1, max_overflow=0, pool_timeout=0.05
    )
    async with engine.connect():
        with pytest.raises(exc.TimeoutError, match="task 'Task-"):
            await engine.connect()

    async def hold() -> None:
        async with engine.connect():
            await asyncio.sleep(0.01)

    await asyncio.gather(hold(), hold(), hold())
    await engine.dispose()


async def test_a_forgotten_connection_is_closed(tmp_path: Any, caplog: Any) -> None:
    import gc

    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'f.db'}")
    connection: Any = await engine.connect()
    await connection.execute(select(1))
    del connection
    gc.collect()
    assert "not given back" in caplog.text
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    async with engine.connect() as connection:
        assert await connection.scalar(select(2)) == 2
    await engine.dispose()


async def test_in_memory_one_task_at_a_time(memory: AsyncEngine) -> None:
    await fill(memory, 1)
    seen: list[int] = []

    async def work() -> None:
        async with memory.begin() as connection:
            seen.append(await connection.scalar(select(items.c.id).limit(1)))
            await asyncio.sleep(0)
            async with memory.connect() as inner:
                assert await inner.scalar(select(1)) == 1

    await asyncio.gather(work(), work(), work())
    assert seen == [1, 1, 1]


async def test_the_listeners_hear_that_a_database_in_memory_is_held() -> None:
    engine = create_async_engine("sqlite+aiosqlite://", pool_timeout=0.05)
    heard: list[Any] = []
    event.listen(engine.sync_engine.pool, "exhausted", lambda pool, error: heard.append(error))

    async def ask() -> None:
        await engine.connect()

    async with engine.connect():
        with pytest.raises(exc.TimeoutError, match="one task at a time"):
            await asyncio.create_task(ask())
    assert [type(error) for error in heard] == [exc.TimeoutError]
    await engine.dispose()


async def test_what_has_to_begin_first(memory: AsyncEngine) -> None:
    connection = memory.connect()
    with pytest.raises(AsyncContextNotStarted, match="async with"):
        await connection.execute(select(1))
    await connection
    transaction = connection.begin()
    with pytest.raises(AsyncContextNotStarted, match="async with"):
        await transaction.commit()
    await connection.close()


async def test_faces_are_found_again(memory: AsyncEngine) -> None:
    async with memory.connect() as connection:
        sync: Any = connection.sync_connection
        assert AsyncConnection._face_of(sync) is connection
        assert AsyncEngine._face_of(memory.sync_engine) is memory
        assert AsyncEngine(memory.sync_engine) == memory
        transaction = await connection.begin()
        assert connection.get_transaction() is transaction
        other = memory.connect()
        assert other != connection


async def test_an_async_creator() -> None:
    import aiosqlite

    async def connect() -> Any:
        return await aiosqlite.connect(":memory:", isolation_level=None)

    engine = create_async_engine("sqlite+aiosqlite://", async_creator=connect)
    async with engine.connect() as connection:
        assert await connection.scalar(select(3)) == 3
    await engine.dispose()
    with pytest.raises(exc.ArgumentError, match="not both"):
        create_async_engine("sqlite+aiosqlite://", async_creator=connect, creator=connect)


async def test_a_driver_function_in_a_listener(memory: AsyncEngine) -> None:
    @event.listens_for(memory.sync_engine, "connect")
    def connected(dbapi_connection: Any, record: Any) -> None:
        dbapi_connection.run_async(lambda c: c.create_function("twice", 1, lambda x: 2 * x))

    async with memory.connect() as connection:
        assert (await connection.exec_driver_sql("SELECT twice(4)")).scalar() == 8


def test_drivers_and_pools_that_do_not_fit() -> None:
    for url, hint in (
        ("sqlite://", "sqlite\\+aiosqlite"),
        ("mysql+pymysql://h/d", "mysql\\+aiomysql"),
    ):
        with pytest.raises(exc.InvalidRequestError, match=hint):
            create_async_engine(url)
    with pytest.raises(exc.ArgumentError, match="for threads"):
        create_async_engine("sqlite+aiosqlite://", poolclass=QueuePool)
    from orm import create_engine

    with pytest.raises(exc.ArgumentError, match="for tasks"):
        create_engine("sqlite://", poolclass=AsyncAdaptedQueuePool)
    for kind in (NullPool, StaticPool):
        assert isinstance(create_async_engine("sqlite+aiosqlite://", poolclass=kind).pool, kind)
    made = async_engine_from_config({"sqlalchemy.url": "postgresql+psycopg://h/d"})
    assert (made.name, made.driver, made.dialect.is_async) == ("postgresql", "psycopg", True)


async def test_tasks_that_share_a_static_pool(tmp_path: Any) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 's.db'}", poolclass=StaticPool)

    async def work() -> Any:
        async with engine.connect() as connection:
            return await connection.scalar(select(1))

    assert await asyncio.gather(*[work() for _ in range(8)]) == [1] * 8
    await engine.dispose()


async def test_a_driver_without_cursors_on_the_server(memory: AsyncEngine) -> None:
    memory.dialect.supports_server_side_cursors = False
    async with memory.connect() as connection:
        with pytest.raises(exc.InvalidRequestError, match="execute"):
            await connection.stream(select(1))
        with pytest.raises(exc.InvalidRequestError, match="get_raw_connection"):
            connection.connection


def test_listeners_belong_to_the_synchronous_engine() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    for name in ("before_execute", "connect"):
        with pytest.raises(NotImplementedError, match="sync_engine"):
            event.listen(engine, name, print)


def test_outside_of_an_awaited_call() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    with pytest.raises(exc.MissingGreenlet, match="awaited"):
        engine.sync_engine.connect()


@pytest.mark.parametrize("db_kind", ["postgresql", "mariadb"])
@pytest.mark.parametrize("pre_ping", [True, False])
async def test_a_killed_backend(db_kind: str, db_url: str, pre_ping: bool) -> None:
    url = db_url.replace(*ASYNC_DRIVERS[db_kind])
    engine = create_async_engine(url, pool_pre_ping=pre_ping)
    killer = create_async_engine(url)
    ask, kill = {
        "postgresql": ("SELECT pg_backend_pid()", "SELECT pg_terminate_backend({}, 5000)"),
        "mariadb": ("SELECT CONNECTION_ID()", "KILL {}"),
    }[db_kind]
    async with engine.connect() as connection:
        number = await connection.scalar(ask)
    async with killer.connect() as other:
        await other.exec_driver_sql(kill.format(number))
    if not pre_ping:
        async with engine.connect() as connection:
            with pytest.raises(exc.DBAPIError) as caught:
                await connection.scalar(select(1))
            assert caught.value.connection_invalidated
    async with engine.connect() as connection:
        assert await connection.scalar(select(1)) == 1
    await killer.dispose()
    await engine.dispose()
