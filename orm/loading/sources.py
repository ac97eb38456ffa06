"""Sources of ORM results: objects made of the driver's rows, at once or part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from orm import exc
from orm.engine.parts import consume
from orm.engine.result import Result
from orm.engine.source import RowStream
from orm.loading.batch import MODES
from orm.loading.builder import LoadPlan
from orm.loading.execution import hydrate_cursor, hydrate_rows, raise_fetching
from orm.loading.hydrate import Run


def make_result(
    session: Any,
    plan: LoadPlan,
    cursor: Any,
    options: Mapping[str, Any],
    connection: Any,
    *,
    when_read: bool = False,
) -> Result:
    """Return the Result over an executed cursor.

    options: populate_existing, lazy_loads, identity_token and yield_per are read here. Without yield_per the
    objects are made now, and the cursor is closed. when_read: only the rows are taken now, the objects are made when the
    first is asked for.
    """
    per_chunk = options.get("yield_per")
    mode = check_mode(options.get("lazy_loads"))
    if plan.hydrate is None and per_chunk is None:
        return make_rows(plan, cursor, connection)
    make_run = partial(
        Run,
        plan.rows,
        session,
        over=bool(options.get("populate_existing", False)),
        mode=mode,
        token=options.get("identity_token"),
    )
    source: Any
    if when_read and per_chunk is None:
        rows = take_rows(plan, cursor, connection)
        source = LateItems(lambda: hydrate_rows(plan, rows, make_run()))
    elif per_chunk is None:
        source = MadeItems(hydrate_cursor(plan, cursor, make_run(), connection))
    else:
        source = ChunkLoads(plan, cursor, int(per_chunk), make_run, connection)
    result: Result = Result.from_source(
        plan.layout, source, scalar=plan.scalar, unique_filters=plan.unique_filters
    )
    if plan.has_collections:
        result._stream.requires_unique = True
    if per_chunk is not None:
        result = result.yield_per(int(per_chunk))
    return result


def make_rows(plan: LoadPlan, cursor: Any, connection: Any) -> Result:
    """Return the Result of a plan whose driver rows need no conversion."""
    row_class = plan.layout.row_class
    rows = take_rows(plan, cursor, connection, lambda rows: list(map(row_class, rows)))
    stream = RowStream(plan.layout, MadeItems(rows), False, plan.unique_filters)
    stream.gives_rows = True
    return Result(stream)


def take_rows(
    plan: LoadPlan,
    cursor: Any,
    connection: Any,
    make: Callable[[Iterable[Any]], list[Any]] = list,
) -> list[Any]:
    """Return make(rows) of a cursor's rows, and close it. Raises exc.DBAPIError and its kind if the driver fails."""
    dialect = connection.dialect
    try:
        return consume(make, dialect, cursor)
    except dialect.driver_error as error:
        raise_fetching(connection, error, plan, cursor)
    finally:
        cursor.close()


class MadeItems:
    """The source over a list that was made for this result alone: read at once, it is handed on."""

    __slots__ = ("_items", "_place")

    def __init__(self, items: list[Any]) -> None:
        self._items = items
        self._place = 0

    def fetch_all(self) -> list[Any]:
        """Return the items that are left."""
        items, self._items = self._items, []
        if self._place:
            del items[: self._place]
            self._place = 0
        return items

    def fetch_many(self, count: int) -> list[Any]:
        """Return the next items."""
        start, self._place = self._place, self._place + count
        return self._items[start : self._place]

    def close(self) -> None:
        """Drop the items."""
        self._items = []


class LateItems(MadeItems):
    """The source over items that are made when the first is read. make: returns them."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], list[Any]]) -> None:
        super().__init__([])
        self._make: Callable[[], list[Any]] | None = make

    def fetch_all(self) -> list[Any]:
        self._begin()
        return super().fetch_all()

    def fetch_many(self, count: int) -> list[Any]:
        self._begin()
        return super().fetch_many(count)

    def _begin(self) -> None:
        make, self._make = self._make, None
        if make is not None:
            self._items = make()


class ChunkLoads:
    """The source with yield_per: rows are taken from the driver in parts of that size.

    The peers of an object are those of its part. make_run: returns a new Run, for a part.
    """

    __slots__ = ("_connection", "_cursor", "_make_run", "_pending", "_plan", "_size")

    def __init__(
        self,
        plan: LoadPlan,
        cursor: Any,
        size: int,
        make_run: Callable[[], Run],
        connection: Any,
    ) -> None:
        if plan.has_collections:
            cursor.close()
            raise exc.InvalidRequestError(
                "yield_per cannot go with joined eager loading of collections, whose rows may lie "
                "far apart; use selectinload() instead of joinedload()."
            )
        self._plan = plan
        self._cursor = cursor
        self._size = size
        self._make_run = make_run
        self._connection = connection
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
        cursor, rows = self._cursor, ()
        if cursor is not None:
            try:
                rows = cursor.fetchmany(self._size)
            except self._connection.dialect.driver_error as error:
                raise_fetching(self._connection, error, self._plan, cursor)
        if len(rows) < self._size:
            self.close()
        return hydrate_rows(self._plan, rows, self._make_run()) if rows else ()

    def close(self) -> None:
        """Release the cursor."""
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            cursor.close()


def check_mode(mode: Any) -> str | None:
    """Return the lazy_loads mode of a query. Raises exc.ArgumentError if there is no such mode."""
    if mode is not None and mode not in MODES:
        raise exc.ArgumentError(
            f"lazy_loads={mode!r} is no mode; choose one of {', '.join(sorted(MODES))}."
        )
    return mode  # type: ignore[no-any-return]
