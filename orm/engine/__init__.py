"""Engines, connections, transactions and results."""

from __future__ import annotations

from orm.engine.connection import Connection
from orm.engine.create import create_engine, create_pool_from_url, engine_from_config
from orm.engine.cursor import CursorResult
from orm.engine.engine import Engine
from orm.engine.execution import ExceptionContext, ExecutionContext, Reason
from orm.engine.plugins import CreateEnginePlugin
from orm.engine.result import (
    ChunkedIteratorResult,
    FrozenResult,
    IteratorResult,
    MappingResult,
    Result,
    ScalarResult,
    TupleResult,
)
from orm.engine.row import Row, RowMapping
from orm.engine.transaction import NestedTransaction, RootTransaction, Transaction
from orm.engine.url import URL, make_url

__all__ = [
    "ChunkedIteratorResult",
    "Connection",
    "CreateEnginePlugin",
    "CursorResult",
    "Engine",
    "ExceptionContext",
    "ExecutionContext",
    "FrozenResult",
    "IteratorResult",
    "MappingResult",
    "NestedTransaction",
    "Reason",
    "Result",
    "RootTransaction",
    "Row",
    "RowMapping",
    "ScalarResult",
    "Transaction",
    "TupleResult",
    "URL",
    "create_engine",
    "create_pool_from_url",
    "engine_from_config",
    "make_url",
]
