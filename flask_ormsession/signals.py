"""The blinker signals of the extension. The sender is always the app.

session_opened(app, session)        a context used its session for the first time
before_commit(app, session)         the outermost transaction is about to commit
committed(app, session)             it is committed; the session may be used
rolled_back(app, session)           it is rolled back; the session may be used
commit_failed(app, session, error)  a commit by outcome raised; everything is rolled back
session_closed(app, session)        the context's session is closed
before_models_committed(app, session, changes), models_committed(app, session, changes)
                                    what the transaction inserted, updated and deleted: a list of
                                    `changes.Change(obj, operation)`; not sent if it is empty
query_executed(app, query)          a `recording.QueryInfo`, after each statement
slow_query(app, query)              the same, when it took longer than ORM_SLOW_QUERY_MS
lazy_load_batched(app, query)       the same, for a lazy load that served several objects at once
pool_exhausted(app, bind_key, error)  no connection came back within the pool's timeout

A signal without a receiver costs one truth test.
"""

from __future__ import annotations

from blinker import NamedSignal, Namespace

__all__ = [
    "before_commit",
    "before_models_committed",
    "commit_failed",
    "committed",
    "lazy_load_batched",
    "models_committed",
    "pool_exhausted",
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
before_models_committed: NamedSignal = _signals.signal("ormsession-before-models-committed")
models_committed: NamedSignal = _signals.signal("ormsession-models-committed")
lazy_load_batched: NamedSignal = _signals.signal("ormsession-lazy-load-batched")
pool_exhausted: NamedSignal = _signals.signal("ormsession-pool-exhausted")
