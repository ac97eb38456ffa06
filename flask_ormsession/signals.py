"""The blinker signals of the extension. The sender is always the app.

session_opened(app, session)        a context used its session for the first time
before_commit(app, session)         the outermost transaction is about to commit
committed(app, session)             it is committed; the session may be used
rolled_back(app, session)           it is rolled back; the session may be used
commit_failed(app, session, error)  a commit by outcome raised; everything is rolled back
session_closed(app, session)        the context's session is closed
query_executed(app, query)          a `recording.QueryInfo`, after each statement
slow_query(app, query)              the same, when it took longer than ORM_SLOW_QUERY_MS

A signal without a receiver costs one truth test.
"""

from __future__ import annotations

from blinker import NamedSignal, Namespace

__all__ = [
    "before_commit",
    "commit_failed",
    "committed",
    "query_executed",
    "rolled_back",
    "session_closed",
    "session_opened",
    "slow_query",
]

_signals = Namespace()

session_opened: NamedSignal = _signals.signal("ormsession-session-opened")
before_commit: NamedSignal = _signals.signal("ormsession-before-commit")
committed: NamedSignal = _signals.signal("ormsession-committed")
rolled_back: NamedSignal = _signals.signal("ormsession-rolled-back")
commit_failed: NamedSignal = _signals.signal("ormsession-commit-failed")
session_closed: NamedSignal = _signals.signal("ormsession-session-closed")
query_executed: NamedSignal = _signals.signal("ormsession-query-executed")
slow_query: NamedSignal = _signals.signal("ormsession-slow-query")
