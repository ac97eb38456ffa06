"""What type checkers know of asynchronous sessions, connections and results."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, assert_type

import pytest

from orm import (
    CursorResult,
    DeclarativeBase,
    Mapped,
    Result,
    Row,
    RowMapping,
    ScalarResult,
    insert,
    mapped_column,
    select,
    text,
    update,
)
from orm.asyncio import (
    AsyncConnection,
    AsyncResult,
    AsyncScalarResult,
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    nickname: Mapped[str | None] = mapped_column(default=None)


async def fill(session: AsyncSession) -> None:
    await session.run_sync(lambda sync: Base.metadata.create_all(sync.connection()))
    session.add(User(name="ada"))
    session.add_all([User(name="grace")])
    await session.commit()


async def use_session() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    make = async_sessionmaker(engine)
    async with make() as session:
        assert_type(session, AsyncSession)
        await fill(session)
        statement = select(User).order_by(User.id)
        assert_type(await session.scalars(statement), ScalarResult[User])
        assert_type((await session.scalars(statement)).all(), Sequence[User])
        assert_type(await session.scalar(statement), User | None)
        pairs = await session.execute(select(User.id, User.nickname))
        assert_type(pairs, Result[int, str | None])
        assert_type(pairs.all(), Sequence[Row[int, str | None]])
        changed = await session.execute(update(User).values(nickname="x"))
        assert changed.rowcount == 2
        made = await session.execute(insert(User).values(name="b"))
        assert made.inserted_primary_key == (3,)
        assert_type((await session.execute(text("SELECT 1"))).all(), Sequence[Row])
        assert_type(await session.get(User, 1), User | None)
        assert_type(await session.get_one(User, 1), User)
        user = await session.merge(User(id=1))
        assert_type(user, User)
        assert_type((await session.get_or_create(User, id=1))[0], User)
        assert_type(session.is_active, bool)
        assert_type(session.is_modified(user), bool)
        assert_type(session.in_transaction(), bool)
        with session.no_autoflush:
            session.expunge(user)
        async with session.begin_nested() as savepoint:
            assert savepoint.is_active
        with pytest.raises(TypeError):
            session.add(user, wrong=1)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    await engine.dispose()


async def use_streams() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with AsyncSession(engine) as session:
        await fill(session)
        result = await session.stream(select(User, User.name).order_by(User.id))
        assert_type(result, AsyncResult[User, str])
        names = []
        async for user, name in result:
            assert_type(user, User)
            assert_type(name, str)
            names.append(name)
        assert names == ["ada", "grace"]
        async with session.stream_scalars(select(User.id)) as numbers:
            assert_type(numbers, AsyncScalarResult[int])
            assert_type(await numbers.all(), Sequence[int])
        one = await session.stream(select(User.name).where(User.id == 1))
        assert_type(await one.scalar_one(), str)
        mappings = (await session.stream(select(User.name))).mappings()
        assert_type(await mappings.first(), RowMapping | None)
    await engine.dispose()


async def use_connection() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        assert_type(connection, AsyncConnection)
        await connection.run_sync(Base.metadata.create_all)
        result = await connection.execute(select(User.id, User.name))
        assert_type(result, CursorResult[int, str])
        assert_type(await connection.scalar(select(User.name)), str | None)
        assert_type(await connection.scalars(select(User.name)), ScalarResult[str])
    await engine.dispose()


@pytest.mark.parametrize("use", [use_session, use_streams, use_connection])
def test_what_is_awaited_has_types(use: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(use())


def test_a_scope_stands_for_its_session() -> None:
    def use(scope: async_scoped_session[AsyncSession]) -> None:
        assert_type(scope(), AsyncSession)
        assert_type(scope.new.__len__(), int)

    engine = create_async_engine("sqlite+aiosqlite://")
    scope = async_scoped_session(async_sessionmaker(engine), lambda: None)
    use(scope)
    assert isinstance(scope(), AsyncSession)
