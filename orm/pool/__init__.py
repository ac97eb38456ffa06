"""Connection pools: QueuePool, NullPool, StaticPool, SingletonThreadPool, AssertionPool."""

from __future__ import annotations

import typing as _typing

from orm.pool.base import Pool
from orm.pool.queue import AssertionPool, QueuePool
from orm.pool.record import ConnectionRecord, PooledConnection, PoolResetState
from orm.pool.simple import NullPool, SharedConnectionPool, SingletonThreadPool, StaticPool

if _typing.TYPE_CHECKING:
    from orm.pool.asynchronous import AsyncAdaptedQueuePool, AsyncSharedConnectionPool

ConnectionPoolEntry = ConnectionRecord
PoolProxiedConnection = PooledConnection

__all__ = [
    "AssertionPool",
    "AsyncAdaptedQueuePool",
    "AsyncSharedConnectionPool",
    "ConnectionPoolEntry",
    "ConnectionRecord",
    "NullPool",
    "Pool",
    "PoolProxiedConnection",
    "PoolResetState",
    "PooledConnection",
    "QueuePool",
    "SharedConnectionPool",
    "SingletonThreadPool",
    "StaticPool",
]


def __getattr__(name: str) -> _typing.Any:
    # asyncio is imported by those who use it
    if name in ("AsyncAdaptedQueuePool", "AsyncSharedConnectionPool"):
        from orm.pool import asynchronous

        return getattr(asynchronous, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
