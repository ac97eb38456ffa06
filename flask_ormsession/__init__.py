"""Flask-ORMSession: a session per request, committed by the outcome of the request.

from flask_ormsession import Database

db = Database(app)
"""

from __future__ import annotations

import typing

from flask_ormsession.errors import (
    ConfigError,
    MigrationError,
    NestedTransactionError,
    NoContextError,
    NotInitialisedError,
    OrmSessionError,
    ReadOnlyError,
)
from flask_ormsession.extension import Database, get_database
from flask_ormsession.keyset import KeysetPage
from flask_ormsession.model import Model
from flask_ormsession.pagination import Pagination
from flask_ormsession.recording import QueryInfo, get_recorded_queries

__all__ = [
    # setting up
    "Database",
    "Model",
    "get_database",
    # queries
    "KeysetPage",
    "Pagination",
    "QueryInfo",
    "get_recorded_queries",
    # errors
    "OrmSessionError",
    "ConfigError",
    "NoContextError",
    "NotInitialisedError",
    "ReadOnlyError",
    "NestedTransactionError",
    "MigrationError",
]

if not typing.TYPE_CHECKING:  # which would take every name for one that there is

    def __getattr__(name: str) -> object:
        if name == "SQLAlchemy":
            # An ImportError rather than an AttributeError, whose text `from ... import` would drop.
            raise ImportError(
                "The class is called Database here. Write `from flask_ormsession import Database` and "
                "`db = Database()`."
            )
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
