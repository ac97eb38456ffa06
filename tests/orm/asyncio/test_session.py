"""Asynchronous sessions, on every database."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    String,
    event,
    exc,
    func,
    mapped_column,
    relationship,
    select,
    selectinload,
)
from orm.asyncio import (
    AsyncAttrs,
    AsyncEngine,
    AsyncMethodRequired,
    AsyncSession,
    async_object_session,
    async_scoped_session,
    async_session,
    async_sessionmaker,
    close_all_sessions,
)


class Base(AsyncAttrs, DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    books: Mapped[list[Book]] = relationship(
        back_populates="author", cascade="all, delete-orphan", order_by="Book.id"
    )


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    title: Mapped[str] = mapped_column(String(40))
    author: Mapped[Author] = relationship(back_populates="books")


async def stock(engine: AsyncEngine, authors: int = 3) -> async_sessionmaker[AsyncSession]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    factory: async_sessionmaker[AsyncSession] = async_sessionmaker(engine)
    async with factory.begin() as session:
        session.add_all(
            [Author(name=f"a{n}", books=[Book(title="x"), Book(title="y")]) for n in range(authors)]
        )
    return factory


async def test_objects_come_and_go(async_engine: AsyncEngine) -> None:
    factory = await stock(async_engine)
    async with factory() as session:
        query = select(Author).options(selectinload(Author.books)).order_by(Author.id)
        authors = (await session.scalars(query)).all()
        assert [len(author.books) for author in authors] == [2, 2, 2]
        authors[0].name = "changed"
        await session.delete(authors[1])
        session.add(Author(name="new"))
        assert len(session.new) == 1
        await session.commit()
    async with factory() as session:
        names = await session.scalars(select(Author.name).order_by(Author.id))
        assert names.all() == ["changed", "a2", "new"]
        assert await session.scalar(select(func.count()).select_from(Book)) == 4
        with pytest.raises(exc.NoResultFound):
            await session.get_one(Author, 999)


async def test_what_is_not_loaded_is_awaited(async_engine: AsyncEngine) -> None:
    factory = await stock(async_engine)
    async with factory() as session:
        authors = (await session.scalars(select(Author).order_by(Author.id))).all()
        with pytest.raises(exc.MissingGreenlet, match="awaitable_attrs"):
            authors[0].books
        sent: list[str] = []
        event.listen(
            async_engine.sync_engine, "before_cursor_execute", lambda *args: sent.append(args[2])
        )
        for author in authors:
            assert [book.title for book in await author.awaitable_attrs.books] == ["x", "y"]
        # one load for all that came with it
        assert len(sent) == 1
        assert await session.run_sync(lambda sync: authors[2].books[0].author.name) == "a2"
        await session.commit()
        await session.refresh(authors[0])
        assert authors[0].name == "a0"
        assert await authors[1].awaitable_attrs.name == "a1"


async def test_streams(async_engine: AsyncEngine) -> None:
    factory = await stock(async_engine, 7)
    query = select(Author).order_by(Author.id)
    async with factory() as session:
        parts = await session.stream_scalars(query.execution_options(yield_per=3))
        assert [len(part) async for part in parts.partitions()] == [3, 3, 1]
        result = await session.stream(query)
        assert [row.Author.id async for row in result] == list(range(1, 8))
        with pytest.raises(AsyncMethodRequired, match="stream"):
            await session.execute(query.execution_options(yield_per=3))


async def test_transactions(async_engine: AsyncEngine) -> None:
    factory = await stock(async_engine, 1)
    async with factory() as session:
        async with session.begin():
            session.add(Author(name="kept"))
            await session.flush()
            with pytest.raises(ZeroDivisionError):  # noqa: PT012
                async with session.begin_nested() as nested:
                    assert session.get_nested_transaction() is nested
                    session.add(Author(name="undone"))
                    raise ZeroDivisionError
            assert session.in_transaction()
        assert not session.in_transaction()
        transaction = await session.begin()
        assert session.get_transaction() is transaction
        connection = await session.connection()
        assert connection.sync_connection is session.sync_session.connection()
        await transaction.rollback()
        assert (await session.scalars(select(Author.name).order_by(Author.id))).all() == [
            "a0",
            "kept",
        ]


async def test_a_failed_flush(memory: AsyncEngine) -> None:
    factory = await stock(memory, 1)
    async with factory() as session:
        session.add(Author(id=1, name="twice"))
        with pytest.raises(exc.IntegrityError):
            await session.commit()
        await session.rollback()
        assert len((await session.scalars(select(Author))).all()) == 1


async def test_merge_and_events(memory: AsyncEngine) -> None:
    factory = await stock(memory, 1)
    heard: list[str] = []
    async with factory() as session:
        with pytest.raises(NotImplementedError, match="sync_session"):
            event.listen(session, "before_commit", print)
        event.listen(session.sync_session, "before_commit", lambda s: heard.append("commit"))
        merged = await session.merge(Author(id=1, name="merged"))
        assert merged in session
        assert async_object_session(merged) is session
        assert async_session(session.sync_session) is session
        await session.commit()
    assert heard == ["commit"]
    assert async_object_session(merged) is None


async def test_two_tasks_on_one_session(memory: AsyncEngine) -> None:
    factory = await stock(memory, 1)
    async with factory() as session:

        async def ask() -> Any:
            return await session.scalars(select(Author))

        results = await asyncio.gather(ask(), ask(), return_exceptions=True)
    refused = [each for each in results if isinstance(each, exc.IllegalStateChangeError)]
    assert len(refused) == 1
    assert "two tasks" in str(refused[0])


async def test_one_session_per_task(memory: AsyncEngine) -> None:
    factory = await stock(memory, 1)
    scoped = async_scoped_session(factory, asyncio.current_task)

    async def work() -> AsyncSession:
        mine = scoped()
        assert scoped() is mine
        assert await scoped.scalar(select(Author.name)) == "a0"
        await scoped.remove()
        return mine

    made = await asyncio.gather(work(), work())
    assert made[0] is not made[1]
    assert not scoped.registry.registry


async def test_bound_to_a_connection(memory: AsyncEngine) -> None:
    await stock(memory, 1)
    async with memory.connect() as connection, connection.begin() as outer:
        async with AsyncSession(connection, expire_on_commit=False) as session:
            session.add(Author(name="inside"))
            await session.commit()
        await outer.rollback()
    async with AsyncSession(binds={Base: memory}) as session:
        assert await session.scalar(select(func.count()).select_from(Author)) == 1
    with pytest.raises(exc.ArgumentError, match="AsyncEngine"):
        AsyncSession("sqlite://")


async def test_session_classes_and_closing_all(memory: AsyncEngine) -> None:
    class Mine(Session):
        pass

    factory: Any = async_sessionmaker(memory, sync_session_class=Mine, info={"a": 1})
    session = factory(info={"b": 2})
    assert type(session.sync_session) is Mine
    assert session.info == {"a": 1, "b": 2}
    session.autoflush = False
    assert not session.sync_session.autoflush
    await session.execute(select(1))
    await close_all_sessions()
    assert not session.in_transaction()


async def test_a_cancelled_request_gives_its_connection_back(tmp_path: Any) -> None:
    from orm.asyncio import create_async_engine

    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'c.db'}")
    factory = await stock(engine, 1)

    flushed = asyncio.Event()

    async def request() -> None:
        async with factory() as session:
            session.add(Author(name="never"))
            await session.flush()
            flushed.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(request())
    await flushed.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    async with factory() as session:
        assert (await session.scalars(select(Author.name))).all() == ["a0"]
    await engine.dispose()


async def test_rows_that_may_be_there_already(async_engine: AsyncEngine) -> None:
    make = await stock(async_engine, 1)
    async with make() as session:
        found, made = await session.get_or_create(Author, id=1)
        assert (found.id, made) == (1, False)
        found, made = await session.get_or_create(Author, {"name": "new"}, id=7)
        assert (found.name, made) == ("new", True)
        (same,) = await session.upsert([Author(id=7, name="other")])
        assert same is found
        assert found.name == "other"
        with pytest.raises(exc.InvalidRequestError, match="function"):
            await session.get_or_create(Author, function="x")


async def test_unknown_options_of_statements_are_refused(memory: AsyncEngine) -> None:
    session: Any = AsyncSession(memory)
    for method in (session.execute, session.scalars, session.scalar):
        with pytest.raises(TypeError, match="option"):
            await method(select(1), execution_option={"yield_per": 5})
    await session.close()
