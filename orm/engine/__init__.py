"""Engines, connections, transactions and results; loaded when the first engine is made."""

from __future__ import annotations

import typing as _typing

from orm.engine.create import create_engine, create_pool_from_url, engine_from_config
from orm.util.late import late_names as _late_names

if _typing.TYPE_CHECKING:
    from orm.engine.connection import Connection
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
else:
    __getattr__, __dir__ = _late_names(
        globals(),
        {
            "orm.engine.connection": "Connection",
            "orm.engine.cursor": "CursorResult",
            "orm.engine.engine": "Engine",
            "orm.engine.execution": "ExceptionContext ExecutionContext Reason",
            "orm.engine.plugins": "CreateEnginePlugin",
            "orm.engine.result": "ChunkedIteratorResult FrozenResult IteratorResult MappingResult Result "
            "ScalarResult TupleResult",
            "orm.engine.row": "Row RowMapping",
            "orm.engine.transaction": "NestedTransaction RootTransaction Transaction",
            "orm.engine.url": "URL make_url",
        },
    )

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
