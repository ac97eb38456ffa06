"""Asynchronous tests run to their end in an event loop of their own."""

from __future__ import annotations

import asyncio
import inspect

import pytest

from orm.asyncio import AsyncEngine, create_async_engine

ASYNC_DRIVERS = {
    "sqlite": ("sqlite://", "sqlite+aiosqlite://"),
    "postgresql": ("postgresql+psycopg://", "postgresql+psycopg://"),
    "mariadb": ("pymysql://", "aiomysql://"),
}


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in names}

    async def run() -> None:
        engines = [value for value in arguments.values() if isinstance(value, AsyncEngine)]
        try:
            await pyfuncitem.obj(**arguments)
        finally:
            for engine in engines:
                await engine.dispose()

    asyncio.run(run())
    return True


@pytest.fixture
def async_engine(db_kind: str, db_url: str) -> AsyncEngine:
    """An asynchronous engine on an empty database of each kind in turn; disposed of by the runner."""
    return create_async_engine(db_url.replace(*ASYNC_DRIVERS[db_kind]))


@pytest.fixture
def memory() -> AsyncEngine:
    """An asynchronous engine on an empty SQLite database in memory."""
    return create_async_engine("sqlite+aiosqlite://")
