"""Engines, connections and sessions for asyncio: the same core, awaited.

Needs greenlet and an asynchronous driver (the extra `async`); nothing else of orm imports it.
"""

from __future__ import annotations

from orm.asyncio.attributes import AsyncAttrs
from orm.asyncio.connection import AsyncConnection, AsyncTransaction
from orm.asyncio.engine import (
    AsyncEngine,
    async_engine_from_config,
    create_async_engine,
    create_async_pool_from_url,
)
from orm.asyncio.exc import (
    AsyncContextAlreadyStarted,
    AsyncContextNotStarted,
    AsyncMethodRequired,
)
from orm.asyncio.result import (
    AsyncMappingResult,
    AsyncResult,
    AsyncScalarResult,
    AsyncTupleResult,
)
from orm.asyncio.scoped import async_scoped_session
from orm.asyncio.session import (
    AsyncSession,
    AsyncSessionTransaction,
    async_object_session,
    async_session,
    async_sessionmaker,
    close_all_sessions,
)

__all__ = [
    "AsyncAttrs",
    "AsyncConnection",
    "AsyncContextAlreadyStarted",
    "AsyncContextNotStarted",
    "AsyncEngine",
    "AsyncMappingResult",
    "AsyncMethodRequired",
    "AsyncResult",
    "AsyncScalarResult",
    "AsyncSession",
    "AsyncSessionTransaction",
    "AsyncTransaction",
    "AsyncTupleResult",
    "async_engine_from_config",
    "async_object_session",
    "async_scoped_session",
    "async_session",
    "async_sessionmaker",
    "close_all_sessions",
    "create_async_engine",
    "create_async_pool_from_url",
]
