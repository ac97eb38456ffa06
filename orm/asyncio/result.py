"""Results whose rows are awaited: what stream() gives.

`execute()` reads all rows at once and returns an ordinary Result; these are for results which stay on
the server and are read in portions.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Generic, Self, TypeVar, overload

from orm.asyncio.exc import AsyncMethodRequired
from orm.engine.cursor import CursorResult
from orm.engine.fetching import ScalarResult
from orm.engine.result import FrozenResult, MappingResult, Result
from orm.engine.row import RMKeyView, Row, RowMapping
from orm.engine.source import NO_ROW
from orm.util.concurrency import greenlet_spawn
from orm.util.typevars import T0, Rest, Ts

_R = TypeVar("_R")


class AsyncCommon(Generic[_R]):
    """The awaited fetching methods over a synchronous result."""

    __slots__ = ("_real_result",)

    def __init__(self, real_result: Any) -> None:
        self._real_result = real_result

    async def close(self) -> None:
        """Release the cursor."""
        await greenlet_spawn(self._real_result.close)

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return bool(self._real_result.closed)

    def unique(self, strategy: Any = None) -> Self:
        """Drop rows or values that occurred before; returns self."""
        self._real_result.unique(strategy)
        return self

    def yield_per(self, num: int) -> Self:
        """Fetch `num` at a time from now on; returns self."""
        self._real_result.yield_per(num)
        return self

    async def fetchmany(self, size: int | None = None) -> Sequence[_R]:
        """Return up to `size`; by default what `yield_per` says."""
        found: Sequence[_R] = await greenlet_spawn(self._real_result.fetchmany, size)
        return found

    async def fetchall(self) -> Sequence[_R]:
        """Return all that are left."""
        found: Sequence[_R] = await greenlet_spawn(self._real_result.all)
        return found

    async def all(self) -> Sequence[_R]:
        """Return all that are left."""
        return await self.fetchall()

    async def first(self) -> _R | None:
        """Return the first or None, and close the result."""
        found: _R | None = await greenlet_spawn(self._real_result.first)
        return found

    async def one(self) -> _R:
        """Return the only one. Raises exc.NoResultFound, exc.MultipleResultsFound."""
        found: _R = await greenlet_spawn(self._real_result.one)
        return found

    async def one_or_none(self) -> _R | None:
        """Return the only one or None. Raises exc.MultipleResultsFound."""
        found: _R | None = await greenlet_spawn(self._real_result.one_or_none)
        return found

    async def partitions(self, size: int | None = None) -> AsyncIterator[Sequence[_R]]:
        """Yield lists of up to `size` (default: `yield_per`) until the end."""
        while part := await self.fetchmany(size):
            yield part

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> _R:
        found = await greenlet_spawn(self._real_result._next)
        if found is NO_ROW:
            raise StopAsyncIteration
        value: _R = found
        return value

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        await self.close()


class _WithOne(AsyncCommon[_R]):
    """Results of rows, which fetchone() gives one by one."""

    __slots__ = ()

    async def fetchone(self) -> _R | None:
        """Return the next row, None after the last."""
        found: _R | None = await greenlet_spawn(self._real_result.fetchone)
        return found

    def keys(self) -> RMKeyView:
        """Return the names of the columns."""
        made: RMKeyView = self._real_result.keys()
        return made


class AsyncResult(_WithOne[Row[*Ts]], Generic[*Ts]):
    """Rows. `scalars()` and `mappings()` share what is left."""

    __slots__ = ()

    def __init__(self, real_result: Result[*Ts]) -> None:
        super().__init__(real_result)

    @property
    def t(self) -> Self:
        """The same, typed as plain tuples."""
        return self

    def tuples(self) -> Self:
        """Return self, typed as plain tuples."""
        return self

    def columns(self, *col_expressions: Any) -> AsyncResult:
        """Return a result of some of the columns."""
        return AsyncResult(self._real_result.columns(*col_expressions))

    @overload
    def scalars(self: AsyncResult[T0, *Rest]) -> AsyncScalarResult[T0]: ...
    @overload
    def scalars(self, index: Any) -> AsyncScalarResult[Any]: ...
    @overload
    def scalars(self) -> AsyncScalarResult[Any]: ...
    def scalars(self, index: Any = 0) -> Any:
        """Return the values of one column."""
        return AsyncScalarResult(self._real_result.scalars(index))

    def mappings(self) -> AsyncMappingResult:
        """Return the rows as mappings."""
        return AsyncMappingResult(self._real_result.mappings())

    @overload
    async def scalar(self: AsyncResult[T0, *Rest]) -> T0 | None: ...
    @overload
    async def scalar(self) -> Any: ...
    async def scalar(self) -> Any:
        """Return the first value of the first row or None, and close the result."""
        return await greenlet_spawn(self._real_result.scalar)

    @overload
    async def scalar_one(self: AsyncResult[T0, *Rest]) -> T0: ...
    @overload
    async def scalar_one(self) -> Any: ...
    async def scalar_one(self) -> Any:
        """Return the first value of the only row. Raises like one()."""
        return await greenlet_spawn(self._real_result.scalar_one)

    @overload
    async def scalar_one_or_none(self: AsyncResult[T0, *Rest]) -> T0 | None: ...
    @overload
    async def scalar_one_or_none(self) -> Any: ...
    async def scalar_one_or_none(self) -> Any:
        """Return the first value of the only row, or None. Raises like one_or_none()."""
        return await greenlet_spawn(self._real_result.scalar_one_or_none)

    async def freeze(self) -> FrozenResult:
        """Return a callable that gives a new Result over the same rows at each call."""
        made: FrozenResult = await greenlet_spawn(self._real_result.freeze)
        return made


AsyncTupleResult = AsyncResult


class AsyncScalarResult(AsyncCommon[_R]):
    """The values of one column."""

    __slots__ = ()

    def __init__(self, real_result: ScalarResult[_R]) -> None:
        super().__init__(real_result)


class AsyncMappingResult(_WithOne[RowMapping]):
    """Rows as mappings."""

    __slots__ = ()

    def __init__(self, real_result: MappingResult) -> None:
        super().__init__(real_result)

    def columns(self, *col_expressions: Any) -> AsyncMappingResult:
        """Return a result of some of the columns."""
        return AsyncMappingResult(self._real_result.columns(*col_expressions))


async def ensure_buffered(result: Any, method: str) -> Any:
    """Return a result whose rows are in memory already.

    Raises AsyncMethodRequired for one that is read from the server in portions.
    """
    options = getattr(result, "options", None)
    if options and isinstance(result, CursorResult) and result.returns_rows:
        if options.get("stream_results") or options.get("yield_per"):
            await greenlet_spawn(result.close)
            raise AsyncMethodRequired(
                f"{method}() returns an ordinary result, which cannot be awaited while its rows are still on "
                "the server (stream_results, yield_per). Use stream() or stream_scalars()."
            )
    return result
