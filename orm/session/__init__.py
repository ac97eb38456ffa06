"""The Session: objects, their states, and the transaction around them."""

import typing as _typing

from orm.session import dynamic as _dynamic  # noqa: F401 - registers itself
from orm.session.factory import sessionmaker
from orm.session.lifecycle import (
    identity_key,
    make_transient,
    make_transient_to_detached,
    object_session,
    was_deleted,
)
from orm.session.session import Session, close_all_sessions
from orm.session.transaction import (
    SessionTransaction,
    SessionTransactionOrigin,
    SessionTransactionState,
)
from orm.util.late import late_names as _late_names

if _typing.TYPE_CHECKING:
    from orm.session.execution import ORMExecuteState
    from orm.session.merge import merge_frozen_result
    from orm.session.scoped import ScopedRegistry, ThreadLocalRegistry, scoped_session
else:
    __getattr__, __dir__ = _late_names(
        globals(),
        {
            "orm.session.execution": "ORMExecuteState",
            "orm.session.merge": "merge_frozen_result",
            "orm.session.scoped": "ScopedRegistry ThreadLocalRegistry scoped_session",
        },
    )

__all__ = [
    "close_all_sessions",
    "identity_key",
    "make_transient",
    "make_transient_to_detached",
    "merge_frozen_result",
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
