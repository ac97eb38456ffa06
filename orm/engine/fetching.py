"""The fetching methods that all results share, and ScalarResult, the values of one column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any, Generic, TypeVar

from orm import exc
from orm.engine.source import NO_ROW, RowStream, UniqueFilter

_R = TypeVar("_R")
_T = TypeVar("_T")


class Face(Generic[_R]):
    """The fetching methods over a stream, shaped by `_shape`."""

    __slots__ = ("_filter", "_seen", "_stream")

    def __init__(self, stream: RowStream) -> None:
        self._stream = stream
        self._seen: set[Any] | None = None
        self._filter: UniqueFilter | None = None

    def _shape(self, items: list[Any]) -> list[Any]:
        raise NotImplementedError

    def _default_filter(self) -> UniqueFilter | None:
        """Return how values are told apart by unique() without a strategy."""
        return None

    def _take_over_unique(self, other: Face[Any]) -> None:
        if other._seen is not None:
            self._seen = set()
            self._filter = other._filter or self._default_filter()

    def _dedupe(self, values: list[Any]) -> list[Any]:
        seen, key_of, kept = self._seen, self._filter, []
        assert seen is not None
        for value in values:
            key = value if key_of is None else key_of(value)
            if key not in seen:
                seen.add(key)
                kept.append(value)
        return kept

    def _check_unique(self) -> None:
        if self._seen is None and self._stream.requires_unique:
            raise exc.InvalidRequestError(
                "Collections were loaded by a JOIN, so that each object comes once per member. Ask for "
                "each once: result.unique().all(); or load them with selectinload()."
            )

    def _all(self) -> list[Any]:
        if self._stream.requires_unique:
            self._check_unique()
        made = self._shape(self._stream.fetch_all())
        return made if self._seen is None else self._dedupe(made)

    def _many(self, count: int | None) -> list[Any]:
        stream = self._stream
        if stream.requires_unique:
            self._check_unique()
        if count is None:
            count = stream.yield_per
            if count is None:
                return self._all()
        if self._seen is None:
            return self._shape(stream.fetch_many(count))
        made: list[Any] = []
        while len(made) < count:
            items = stream.fetch_many(count - len(made))
            if not items:
                break
            made += self._dedupe(self._shape(items))
        return made

    def _shaper(self) -> Callable[[Any], Any]:
        """Return what makes one raw item into what the caller gets."""
        raise NotImplementedError

    def _next(self) -> Any:
        return next(iter(self), NO_ROW)

    def _first(self) -> Any:
        made = self._many(1)
        self._stream.close()
        return made[0] if made else None

    def _only(self, required: bool) -> Any:
        made = self._many(2)
        self._stream.close()
        if len(made) > 1:
            raise exc.MultipleResultsFound(
                "The statement found more than one row, where "
                + ("exactly one is expected" if required else "one or none is expected")
            )
        if made:
            return made[0]
        if required:
            raise exc.NoResultFound("The statement found no row, where exactly one is expected")
        return None

    def __iter__(self) -> Iterator[_R]:
        stream, shape, buffer = self._stream, self._shaper(), self._stream.buffer
        while True:
            # what was read ahead stays in the buffer, for whoever goes on when this loop is left
            while buffer:
                value = shape(buffer.popleft())
                if self._seen is None or self._dedupe([value]):
                    yield value
            if not stream.read_ahead():
                return

    def __next__(self) -> _R:
        value: _R = self._next()
        if value is NO_ROW:
            raise StopIteration
        return value

    def __enter__(self: _T) -> _T:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stream.close()

    def close(self) -> None:
        """Release the cursor; fetching raises ResourceClosedError from now on."""
        self._stream.close()

    @property
    def closed(self) -> bool:
        """Whether close() was called, by you or by a method that takes the only row."""
        return self._stream.closed

    def _set_unique(self, strategy: UniqueFilter | None) -> None:
        self._seen = set()
        self._filter = strategy or self._default_filter()

    def fetchall(self) -> list[_R]:
        """Return all that is left."""
        return self._all()

    def fetchmany(self, size: int | None = None) -> list[_R]:
        """Return up to `size` values; all that are left, or `yield_per`, when it is None."""
        return self._many(size)

    def partitions(self, size: int | None = None) -> Iterator[list[_R]]:
        """Yield lists of up to `size` values (default: `yield_per`) until the end."""
        while part := self._many(size):
            yield part


class ScalarResult(Face[_R]):
    """The values of one column."""

    __slots__ = ("_position",)

    def __init__(self, stream: RowStream, position: int = 0) -> None:
        super().__init__(stream)
        self._position = position

    def _shape(self, items: list[Any]) -> list[Any]:
        if self._stream.scalar:
            return items
        position = self._position
        return [item[position] for item in items]

    def _shaper(self) -> Callable[[Any], Any]:
        return as_it_is if self._stream.scalar else itemgetter(self._position)

    def _default_filter(self) -> UniqueFilter | None:
        filters = self._stream.unique_filters
        return filters[self._position] if filters else None

    def _take_over_unique(self, other: Face[Any]) -> None:
        if other._seen is not None:
            # a filter made for whole rows means nothing for one value, a user's strategy does
            own = other._filter is not None and other._filter.__name__ in ("key_of", "row_key")
            self._seen = set()
            self._filter = self._default_filter() if own else other._filter

    def unique(self, strategy: UniqueFilter | None = None) -> ScalarResult[_R]:
        """Drop values that occurred before; returns self."""
        self._set_unique(strategy)
        return self

    def yield_per(self, num: int) -> ScalarResult[_R]:
        """Fetch `num` rows at a time from now on; returns self."""
        self._stream.yield_per = num
        return self

    def all(self) -> Sequence[_R]:
        """Return all values that are left, as a list."""
        return self._all()

    def first(self) -> _R | None:
        """Return the first value or None, and close the result."""
        found: _R | None = self._first()
        return found

    def one(self) -> _R:
        """Return the only value. Raises exc.NoResultFound, exc.MultipleResultsFound."""
        found: _R = self._only(True)
        return found

    def one_or_none(self) -> _R | None:
        """Return the only value, None if there is none. Raises exc.MultipleResultsFound."""
        found: _R | None = self._only(False)
        return found

    def fetchone(self) -> _R | None:
        """Return the next value, None after the last."""
        found = self._next()
        return None if found is NO_ROW else found


def row_key(row: Any) -> Any:
    """Return what unique() compares of a row: the row, or a stand-in where a value has no hash."""
    try:
        hash(row)
    except TypeError:  # a JSON or ARRAY value: compare what is hashable about it
        return tuple(repr(value) if _is_unhashable(value) else value for value in row)
    return row


def as_it_is(item: Any) -> Any:
    """Return the item."""
    return item


def _is_unhashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return True
    return False
