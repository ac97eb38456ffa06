"""The psycopg cursor that survives a change of a table which another connection made.

psycopg prepares a statement that is executed repeatedly. When a table behind it is altered or
recreated meanwhile, PostgreSQL refuses the prepared plan ("cached plan must not change result
type"). Nothing is wrong with the statement: it is prepared anew and sent again where that
repeats nothing else, which is outside of a transaction and at its beginning.

The cursor also notes whether a transaction may have changed more than rows, because psycopg's own
rollback() forgets all that was prepared, and a session that only reads ends with one. See
PGDialect_psycopg.do_rollback().
"""

from __future__ import annotations

from typing import Any, Final, Self

import psycopg
from psycopg import errors

from orm.dialects.postgresql.psycopg import IDLE

# where PostgreSQL raises it; the message itself is in the server's language
_RAISED_BY: Final = "RevalidateCachedQuery"

# what is neither a query nor a change of rows (psycopg counts no rows), and leaves all tables alone
_HARMLESS: Final = frozenset({"SET", "SAVEPOINT", "RELEASE", "ROLLBACK", "LOCK TABLE", "NOTIFY"})


class ReplanningCursor(psycopg.Cursor[Any]):
    """A cursor that repeats the first statement of a transaction when its plan is out of date."""

    #: whether all that was prepared is as good after a rollback as before the transaction
    keeps_plans = True

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        """Execute as psycopg does. Raises FeatureNotSupported later in a transaction."""
        idle = self.connection.pgconn.transaction_status == IDLE
        try:
            super().execute(query, params, **options)
        except errors.FeatureNotSupported as error:
            if not idle or not is_stale_plan(error):
                raise
            self._forget_plans()
            super().execute(query, params, **options)
        if (self.rowcount < 0 or not params) and may_change_tables(self, query, params):
            self.connection.cursor_factory = AlteringCursor
        return self

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        """Execute for each set of parameters, as psycopg does."""
        idle = self.connection.pgconn.transaction_status == IDLE
        rows = list(params_seq)
        try:
            super().executemany(query, rows, **options)
        except errors.FeatureNotSupported as error:
            # outside of a transaction the first rows may be there already
            if not idle or self.connection.autocommit or not is_stale_plan(error):
                raise
            self._forget_plans()
            super().executemany(query, rows, **options)

    def _forget_plans(self) -> None:
        self.connection.rollback()
        super().execute("DEALLOCATE ALL")  # psycopg sees it, and forgets what it had prepared


class AlteringCursor(ReplanningCursor):
    """The same in a transaction that may have changed a table, whose rollback makes plans invalid."""

    keeps_plans = False

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        """Execute as psycopg does; the first statement of another transaction is noted anew."""
        connection = self.connection
        if connection.pgconn.transaction_status == IDLE:
            connection.cursor_factory = ReplanningCursor
        return super().execute(query, params, **options)


class AsyncReplanningCursor(psycopg.AsyncCursor[Any]):
    """The same for connections that are awaited."""

    keeps_plans = True

    async def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        """Execute as psycopg does. Raises FeatureNotSupported later in a transaction."""
        idle = self.connection.pgconn.transaction_status == IDLE
        try:
            await super().execute(query, params, **options)
        except errors.FeatureNotSupported as error:
            if not idle or not is_stale_plan(error):
                raise
            await self.connection.rollback()
            await super().execute("DEALLOCATE ALL")
            await super().execute(query, params, **options)
        if (self.rowcount < 0 or not params) and may_change_tables(self, query, params):
            self.connection.cursor_factory = AsyncAlteringCursor
        return self


class AsyncAlteringCursor(AsyncReplanningCursor):
    """As AlteringCursor."""

    keeps_plans = False

    async def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        """Execute as psycopg does; the first statement of another transaction is noted anew."""
        connection = self.connection
        if connection.pgconn.transaction_status == IDLE:
            connection.cursor_factory = AsyncReplanningCursor
        return await super().execute(query, params, **options)


def may_change_tables(cursor: Any, query: Any, params: Any) -> bool:
    """Return whether what a cursor has just executed may be more than reading and writing rows."""
    is_single = bool(params) or (isinstance(query, str) and ";" not in query)
    return not is_single or (cursor.rowcount < 0 and cursor.statusmessage not in _HARMLESS)


def is_stale_plan(error: BaseException) -> bool:
    """Return whether a prepared plan does not fit its tables any more."""
    diag = getattr(error, "diag", None)
    return getattr(diag, "source_function", None) == _RAISED_BY
