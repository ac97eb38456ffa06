"""Results: rows from any source, as rows, single values or mappings.

A `Result` and what is made of it (`ScalarResult`, `MappingResult`) share one `RowStream`, which
reads a `Source` of raw items: tuples, or single values where `scalar` is set. Fetching methods shape
raw items into what the caller asked for; nothing is copied where the shape is right already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, overload

from orm.engine.fetching import Face, ScalarResult, as_it_is, row_key
from orm.engine.row import (
    RMKeyView,
    Row,
    RowLayout,
    RowMapping,
    make_getter,
    row_class,
)
from orm.engine.source import (
    NO_ROW,
    ChunkSource,
    ListSource,
    RowStream,
    Source,
    UniqueFilter,
)
from orm.util.collector import build_list
from orm.util.typevars import T0, Rest, Ts

__all__ = [
    "ChunkSource",
    "ChunkedIteratorResult",
    "FrozenResult",
    "IteratorResult",
    "ListSource",
    "MappingResult",
    "Result",
    "ScalarResult",
    "Source",
    "TupleResult",
]


class Result(Face[Row[*Ts]], Generic[*Ts]):
    """Rows. Every fetching method consumes; `scalars()` and `mappings()` share what is left."""

    __slots__ = ()

    @classmethod
    def from_source(
        cls,
        keys: Sequence[str] | RowLayout,
        source: Source,
        *,
        scalar: bool = False,
        unique_filters: Sequence[UniqueFilter | None] | None = None,
    ) -> Result[*Ts]:
        """Return a result over a source.

        scalar: every raw item is the single value itself, not a tuple. unique_filters: per
        column a function from a value to what unique() compares, or None for the value.
        """
        layout = keys if isinstance(keys, RowLayout) else row_class(tuple(keys))._layout
        return Result(RowStream(layout, source, scalar, unique_filters))

    def _row_class(self) -> type[Row]:
        stream = self._stream
        made = stream.row_class
        if made is None:
            made = stream.row_class = stream.layout.row_class
        return made

    def _shape(self, items: list[Any]) -> list[Any]:
        stream = self._stream
        if stream.gives_rows:
            return items
        kind = self._row_class()
        if stream.scalar:
            return [kind((item,)) for item in items]
        return build_list(kind, items)

    def _shaper(self) -> Callable[[Any], Any]:
        if self._stream.gives_rows:
            return as_it_is
        kind = self._row_class()
        return (lambda item: kind((item,))) if self._stream.scalar else kind

    def _default_filter(self) -> UniqueFilter | None:
        filters = self._stream.unique_filters
        if not filters or not any(filters):
            return row_key
        steps = list(filters)

        def key_of(row: Any) -> Any:
            return tuple(
                value if step is None else step(value)
                for value, step in zip(row, steps, strict=True)
            )

        return key_of

    def keys(self) -> RMKeyView:
        """Return the names of the columns, in order."""
        return RMKeyView(self._stream.layout)

    @property
    def _metadata(self) -> RowLayout:
        return self._stream.layout

    def yield_per(self, num: int) -> Result[*Ts]:
        """Fetch `num` rows at a time from now on; returns self."""
        self._stream.yield_per = num
        return self

    def unique(self, strategy: UniqueFilter | None = None) -> Result[*Ts]:
        """Drop rows that occurred before; returns self.

        strategy: a function from a row (or value) to what is compared.
        """
        self._set_unique(strategy)
        return self

    def columns(self, *col_expressions: Any) -> Result:
        """Return a result of some of the columns, given by position, name or expression."""
        layout = self._stream.layout
        positions = [layout.find(key) for key in col_expressions]
        made: Result = Result(self._project(positions))
        made._take_over_unique(self)
        return made

    def _project(self, positions: list[int]) -> RowStream:
        stream = self._stream
        filters = stream.unique_filters
        narrowed = [filters[p] for p in positions] if filters else None
        if stream.scalar:
            return RowStream(stream.layout, _ProjectedSource(stream, None), True, narrowed)
        source = _ProjectedSource(stream, make_getter(positions))
        return RowStream(stream.layout.subset(positions), source, False, narrowed)

    @overload
    def scalars(self: Result[T0, *Rest]) -> ScalarResult[T0]: ...
    @overload
    def scalars(self, index: Any) -> ScalarResult[Any]: ...
    @overload
    def scalars(self) -> ScalarResult[Any]: ...
    def scalars(self, index: Any = 0) -> Any:
        """Return the values of one column, the first by default."""
        made: ScalarResult[Any] = ScalarResult(self._stream, self._stream.layout.find(index))
        made._take_over_unique(self)
        return made

    def mappings(self) -> MappingResult:
        """Return the rows as mappings from names to values."""
        made = MappingResult(self._stream, self)
        made._take_over_unique(self)
        return made

    def tuples(self) -> Result[*Ts]:
        """Return self, typed as plain tuples."""
        return self

    @property
    def t(self) -> Result[*Ts]:
        """The same as tuples()."""
        return self

    def all(self) -> Sequence[Row[*Ts]]:
        """Return all rows that are left, as a list."""
        return self._all()

    def fetchone(self) -> Row[*Ts] | None:
        """Return the next row, None after the last."""
        found = self._next()
        return None if found is NO_ROW else found

    def first(self) -> Row[*Ts] | None:
        """Return the first row or None, and close the result."""
        found: Row[*Ts] | None = self._first()
        return found

    def one(self) -> Row[*Ts]:
        """Return the only row. Raises exc.NoResultFound, exc.MultipleResultsFound."""
        found: Row[*Ts] = self._only(True)
        return found

    def one_or_none(self) -> Row[*Ts] | None:
        """Return the only row, None if there is none. Raises exc.MultipleResultsFound."""
        found: Row[*Ts] | None = self._only(False)
        return found

    @overload
    def scalar(self: Result[T0, *Rest]) -> T0 | None: ...
    @overload
    def scalar(self) -> Any: ...
    def scalar(self) -> Any:
        """Return the first value of the first row, None without a row; closes the result."""
        row = self._first()
        return row[0] if row is not None else None

    @overload
    def scalar_one(self: Result[T0, *Rest]) -> T0: ...
    @overload
    def scalar_one(self) -> Any: ...
    def scalar_one(self) -> Any:
        """Return the first value of the only row. Raises like one()."""
        return self._only(True)[0]

    @overload
    def scalar_one_or_none(self: Result[T0, *Rest]) -> T0 | None: ...
    @overload
    def scalar_one_or_none(self) -> Any: ...
    def scalar_one_or_none(self) -> Any:
        """Return the first value of the only row, or None. Raises like one_or_none()."""
        row = self._only(False)
        return row[0] if row is not None else None

    def freeze(self) -> FrozenResult:
        """Return a callable which gives a new result over the same rows at each call."""
        return FrozenResult(self)

    def merge(self, *others: Result[*Ts]) -> Result[*Ts]:
        """Return a result with the rows of this and then of the others."""
        faces = [self, *others]

        def chunks() -> Iterator[list[Any]]:
            for face in faces:
                yield face._stream.fetch_all()

        stream = self._stream
        return Result(
            RowStream(stream.layout, ChunkSource(chunks()), stream.scalar, stream.unique_filters)
        )


class _ProjectedSource:
    """A source that reads another stream and picks columns."""

    __slots__ = ("_getter", "_stream")

    def __init__(self, stream: RowStream, getter: Callable[[Any], Any] | None) -> None:
        self._stream = stream
        self._getter = getter

    def _pick(self, items: list[Any]) -> list[Any]:
        return items if self._getter is None else list(map(self._getter, items))

    def fetch_all(self) -> list[Any]:
        """Return what is left."""
        return self._pick(self._stream.fetch_all())

    def fetch_many(self, count: int) -> list[Any]:
        """Return the next items."""
        return self._pick(self._stream.fetch_many(count))

    def close(self) -> None:
        """Release the stream behind."""
        self._stream.finish()


class MappingResult(Face[RowMapping]):
    """Rows as mappings."""

    __slots__ = ("_rows",)

    def __init__(self, stream: RowStream, rows: Result) -> None:
        super().__init__(stream)
        self._rows = rows

    def _shape(self, items: list[Any]) -> list[Any]:
        return list(map(RowMapping, self._rows._shape(items)))

    def _shaper(self) -> Callable[[Any], Any]:
        make_row = self._rows._shaper()
        return lambda item: RowMapping(make_row(item))

    def _default_filter(self) -> UniqueFilter | None:
        of_row = self._rows._default_filter()
        assert of_row is not None
        return lambda mapping: of_row(mapping._row)

    def _take_over_unique(self, other: Face[Any]) -> None:
        if other._seen is not None:
            self._seen = set()
            of_row = other._filter or row_key
            self._filter = lambda mapping: of_row(mapping._row)

    def keys(self) -> RMKeyView:
        """Return the names of the columns."""
        return RMKeyView(self._stream.layout)

    def unique(self, strategy: UniqueFilter | None = None) -> MappingResult:
        """Drop rows that occurred before; returns self."""
        self._set_unique(strategy)
        return self

    def columns(self, *col_expressions: Any) -> MappingResult:
        """Return a result of some of the columns."""
        return self._rows.columns(*col_expressions).mappings()

    def yield_per(self, num: int) -> MappingResult:
        """Fetch `num` rows at a time from now on; returns self."""
        self._stream.yield_per = num
        return self

    def all(self) -> Sequence[RowMapping]:
        """Return all rows that are left, as a list of mappings."""
        return self._all()

    def first(self) -> RowMapping | None:
        """Return the first row or None, and close the result."""
        found: RowMapping | None = self._first()
        return found

    def one(self) -> RowMapping:
        """Return the only row. Raises exc.NoResultFound, exc.MultipleResultsFound."""
        found: RowMapping = self._only(True)
        return found

    def one_or_none(self) -> RowMapping | None:
        """Return the only row, None if there is none. Raises exc.MultipleResultsFound."""
        found: RowMapping | None = self._only(False)
        return found

    def fetchone(self) -> RowMapping | None:
        """Return the next row, None after the last."""
        found = self._next()
        return None if found is NO_ROW else found


TupleResult = Result


class FrozenResult:
    """All rows of a result, kept so that it can be replayed: calling it gives a new Result."""

    __slots__ = ("_filters", "_layout", "_scalar", "data")

    def __init__(self, result: Result) -> None:
        stream = result._stream
        self._layout = stream.layout
        self._scalar = stream.scalar
        self._filters = stream.unique_filters
        self.data: list[Any] = stream.fetch_all()
        if result._seen is not None:
            rows = result._shape(self.data)
            kept = [
                item for item, row in zip(self.data, rows, strict=True) if result._dedupe([row])
            ]
            self.data = kept

    def __call__(self) -> Result:
        return Result(RowStream(self._layout, ListSource(self.data), self._scalar, self._filters))

    def rewrite_rows(self) -> list[list[Any]]:
        """Return the rows as lists that may be changed and given to with_new_rows()."""
        return [[item] if self._scalar else list(item) for item in self.data]

    def with_new_rows(self, tuple_data: Sequence[Sequence[Any]]) -> FrozenResult:
        """Return a frozen result of the same columns with other rows."""
        made = object.__new__(FrozenResult)
        made._layout, made._scalar, made._filters = self._layout, self._scalar, self._filters
        made.data = [row[0] if self._scalar else tuple(row) for row in tuple_data]
        return made


class IteratorResult(Result[*Ts]):
    """A result over an iterator of tuples."""

    __slots__ = ()

    def __init__(self, keys: Sequence[str] | RowLayout, iterator: Iterable[Any]) -> None:
        layout = keys if isinstance(keys, RowLayout) else RowLayout(keys)
        super().__init__(RowStream(layout, ListSource(iterator)))


class ChunkedIteratorResult(Result[*Ts]):
    """A result over a function `chunks(size)` that gives an iterator of lists of tuples."""

    __slots__ = ()

    def __init__(
        self,
        keys: Sequence[str] | RowLayout,
        chunks: Callable[[int | None], Iterable[Sequence[Any]]],
    ) -> None:
        layout = keys if isinstance(keys, RowLayout) else RowLayout(keys)
        super().__init__(RowStream(layout, ChunkSource(chunks(None))))
