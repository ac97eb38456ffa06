"""Connection pools: QueuePool, NullPool, StaticPool, SingletonThreadPool, AssertionPool."""

from __future__ import annotations

import typing as _typing

from orm.pool.base import Pool
from orm.pool.queue import AssertionPool, QueuePool
from orm.pool.record import ConnectionRecord, PooledConnection, PoolResetState
from orm.pool.simple import NullPool, SharedConnectionPool, SingletonThreadPool, StaticPool
from orm.util.late import late_names as _late_names

if _typing.TYPE_CHECKING:
    from orm.pool.asynchronous import AsyncAdaptedQueuePool, AsyncSharedConnectionPool
else:  # asyncio is imported by those who use it
    __getattr__, __dir__ = _late_names(
        globals(), {"orm.pool.asynchronous": "AsyncAdaptedQueuePool AsyncSharedConnectionPool"}
    )

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
