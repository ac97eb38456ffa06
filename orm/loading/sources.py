"""Sources of ORM results: driver rows which become objects when the result is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orm import exc
from orm.engine.result import ListSource, Result
from orm.engine.source import RowStream
from orm.loading.batch import MODES
from orm.loading.builder import LoadPlan
from orm.loading.execution import hydrate_rows
from orm.loading.hydrate import Run


def make_result(
    session: Any, plan: LoadPlan, cursor: Any, options: Mapping[str, Any], dialect: Any
) -> Result:
    """Return the Result over an executed cursor.

    options: populate_existing, lazy_loads, identity_token and yield_per are read here. Without yield_per the
    rows are taken from the driver now, and the cursor is closed.
    """
    per_chunk = options.get("yield_per") if options else None
    if plan.hydrate is None and per_chunk is None:
        check_mode(options.get("lazy_loads"))
        return make_rows(plan, cursor, dialect)
    loads = RowLoads(session, plan, cursor, options)
    source: Any = loads
    if per_chunk is None:
        loads.read_all()
    else:
        source = ChunkLoads(loads, int(per_chunk))
    result: Result = Result.from_source(
        plan.layout, source, scalar=plan.scalar, unique_filters=plan.unique_filters
    )
    if plan.has_collections:
        result._stream.requires_unique = True
    if per_chunk is not None:
        result = result.yield_per(int(per_chunk))
    return result


def make_rows(plan: LoadPlan, cursor: Any, dialect: Any) -> Result:
    """Return the Result of a plan whose driver rows need no conversion."""
    try:
        rows = dialect.fetch_rows(cursor, plan.layout.row_class)
    finally:
        cursor.close()
    stream = RowStream(plan.layout, ListSource(rows), False, plan.unique_filters)
    stream.gives_rows = True
    return Result(stream)


class RowLoads:
    """The source of an ORM result: driver rows, made into objects on the first fetch."""

    __slots__ = ("_items", "_place", "_rows", "cursor", "mode", "over", "plan", "session", "token")

    def __init__(
        self, session: Any, plan: LoadPlan, cursor: Any, options: Mapping[str, Any]
    ) -> None:
        self.session = session
        self.plan = plan
        self.cursor = cursor
        self.over = bool(options.get("populate_existing", False))
        self.mode = check_mode(options.get("lazy_loads"))
        self.token = options.get("identity_token")
        self._rows: Sequence[Any] | None = None
        self._items: Sequence[Any] | None = None
        self._place = 0

    def read_all(self) -> None:
        """Take the rows from the driver, and release the cursor."""
        try:
            self._rows = self.cursor.fetchall()
        finally:
            self.close()

    def hydrate(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Return what driver rows make."""
        plan = self.plan
        if plan.hydrate is None:
            return rows
        run = Run(plan.rows, self.session, over=self.over, mode=self.mode, token=self.token)
        made: Sequence[Any] = hydrate_rows(plan, rows, run)
        return made

    def hydrate_now(self) -> None:
        """Make the objects before somebody asks for them, with all that is loaded with them."""
        self._take()

    def fetch_all(self) -> list[Any]:
        """Return the items that are left."""
        place, items = self._place, self._take()
        self._place = len(items)
        if place == 0 and isinstance(items, list):
            self._items = ()
            self._place = 0
            return items
        return list(items[place:])

    def fetch_many(self, count: int) -> list[Any]:
        """Return the next items."""
        items = self._take()
        part = list(items[self._place : self._place + count])
        self._place += len(part)
        return part

    def _take(self) -> Sequence[Any]:
        if self._items is None:
            rows, self._rows = self._rows or (), None
            self._items = self.hydrate(rows)
        return self._items

    def close(self) -> None:
        """Release the cursor."""
        cursor, self.cursor = self.cursor, None
        if cursor is not None:
            cursor.close()


class ChunkLoads:
    """The source with yield_per: rows are taken from the driver in parts of that size.

    The peers of an object are those of its part.
    """

    __slots__ = ("_loads", "_pending", "_size")

    def __init__(self, loads: RowLoads, size: int) -> None:
        if loads.plan.has_collections:
            loads.close()
            raise exc.InvalidRequestError(
                "yield_per cannot go with joined eager loading of collections, whose rows may lie "
                "far apart; use selectinload() instead of joinedload()."
            )
        self._loads = loads
        self._size = size
        self._pending: list[Any] = []

    def fetch_all(self) -> list[Any]:
        """Return the items that are left."""
        made, self._pending = self._pending, []
        while part := self._next():
            made.extend(part)
        return made

    def fetch_many(self, count: int) -> list[Any]:
        """Return the next items."""
        while len(self._pending) < count and (part := self._next()):
            self._pending.extend(part)
        made = self._pending[:count]
        del self._pending[:count]
        return made

    def _next(self) -> Sequence[Any]:
        cursor = self._loads.cursor
        rows = [] if cursor is None else cursor.fetchmany(self._size)
        if len(rows) < self._size:
            self.close()
        return self._loads.hydrate(rows) if rows else ()

    def close(self) -> None:
        """Release the cursor."""
        self._loads.close()


def check_mode(mode: Any) -> str | None:
    """Return the lazy_loads mode of a query. Raises exc.ArgumentError if there is no such mode."""
    if mode is not None and mode not in MODES:
        raise exc.ArgumentError(
            f"lazy_loads={mode!r} is no mode; choose one of {', '.join(sorted(MODES))}."
        )
    return mode  # type: ignore[no-any-return]
