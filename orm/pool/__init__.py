"""Connection pools: QueuePool, NullPool, StaticPool, SingletonThreadPool, AssertionPool."""

from __future__ import annotations

from orm.pool.base import Pool
from orm.pool.queue import AssertionPool, QueuePool
from orm.pool.record import ConnectionRecord, PooledConnection, PoolResetState
from orm.pool.simple import NullPool, SharedConnectionPool, SingletonThreadPool, StaticPool

ConnectionPoolEntry = ConnectionRecord
PoolProxiedConnection = PooledConnection

__all__ = [
    "AssertionPool",
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
