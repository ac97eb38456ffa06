"""The Session: objects, their states, and the transaction around them."""

from orm.session import dynamic as _dynamic  # noqa: F401 - registers itself
from orm.session.execution import ORMExecuteState
from orm.session.factory import sessionmaker
from orm.session.lifecycle import (
    identity_key,
    make_transient,
    make_transient_to_detached,
    object_session,
    was_deleted,
)
from orm.session.scoped import ScopedRegistry, ThreadLocalRegistry, scoped_session
from orm.session.session import Session, close_all_sessions
from orm.session.transaction import (
    SessionTransaction,
    SessionTransactionOrigin,
    SessionTransactionState,
)

__all__ = [
    "close_all_sessions",
    "identity_key",
    "make_transient",
    "make_transient_to_detached",
    "object_session",
    "ORMExecuteState",
    "ScopedRegistry",
    "scoped_session",
    "Session",
    "sessionmaker",
    "SessionTransaction",
    "SessionTransactionOrigin",
    "SessionTransactionState",
    "ThreadLocalRegistry",
    "was_deleted",
]
