"""The psycopg cursor that survives a change of a table which another connection made.

psycopg prepares a statement that is executed repeatedly. When a table behind it is altered or
recreated meanwhile, PostgreSQL refuses the prepared plan ("cached plan must not change result
type"). Nothing is wrong with the statement: it is prepared anew and sent again where that
repeats nothing else, which is outside of a transaction and at its beginning.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg import errors

# where PostgreSQL raises it; the message itself is in the server's language
_RAISED_BY: Final = "RevalidateCachedQuery"
_IDLE: Final = 0


class ReplanningCursor(psycopg.Cursor[Any]):
    """A cursor that repeats the first statement of a transaction when its plan is out of date."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> ReplanningCursor:
        """Execute as psycopg does. Raises FeatureNotSupported later in a transaction."""
        idle = self.connection.pgconn.transaction_status == _IDLE
        try:
            super().execute(query, params, **options)
        except errors.FeatureNotSupported as error:
            if not idle or not is_stale_plan(error):
                raise
            self._forget_plans()
            super().execute(query, params, **options)
        return self

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        """Execute for each set of parameters, as psycopg does."""
        idle = self.connection.pgconn.transaction_status == _IDLE
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


class AsyncReplanningCursor(psycopg.AsyncCursor[Any]):
    """The same for connections that are awaited."""

    async def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """Execute as psycopg does. Raises FeatureNotSupported later in a transaction."""
        idle = self.connection.pgconn.transaction_status == _IDLE
        try:
            await super().execute(query, params, **options)
        except errors.FeatureNotSupported as error:
            if not idle or not is_stale_plan(error):
                raise
            await self.connection.rollback()
            await super().execute("DEALLOCATE ALL")
            await super().execute(query, params, **options)
        return self


def is_stale_plan(error: BaseException) -> bool:
    """Return whether a prepared plan does not fit its tables any more."""
    diag = getattr(error, "diag", None)
    return getattr(diag, "source_function", None) == _RAISED_BY
