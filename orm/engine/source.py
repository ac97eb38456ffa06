"""Where the rows of a result come from: sources, and the stream that all faces of a result share."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Protocol

from orm import exc
from orm.engine.row import Row, RowLayout

CHUNK_ROWS = 500
NO_ROW: Any = object()

UniqueFilter = Callable[[Any], Any]


class Source(Protocol):
    """Where raw items come from. After the last item a source gives empty lists."""

    def fetch_all(self) -> list[Any]:
        """Return all items that are left."""
        ...

    def fetch_many(self, count: int) -> list[Any]:
        """Return up to `count` items; fewer only at the end."""
        ...

    def close(self) -> None:
        """Release cursor and connection; called more than once without harm."""
        ...


class ListSource:
    """A source over items at hand: a list, or any iterator."""

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[Any]) -> None:
        self._items: Iterator[Any] = iter(items)

    def fetch_all(self) -> list[Any]:
        """Return what is left."""
        return list(self._items)

    def fetch_many(self, count: int) -> list[Any]:
        """Return the next items."""
        return list(islice(self._items, count))

    def close(self) -> None:
        """Drop the items."""
        self._items = iter(())


class ChunkSource:
    """A source over an iterator of chunks (lists) of items."""

    __slots__ = ("_chunks", "_pending")

    def __init__(self, chunks: Iterable[Sequence[Any]]) -> None:
        self._chunks: Iterator[Sequence[Any]] = iter(chunks)
        self._pending: list[Any] = []

    def fetch_all(self) -> list[Any]:
        """Return what is left."""
        made = self._pending
        self._pending = []
        for chunk in self._chunks:
            made.extend(chunk)
        return made

    def fetch_many(self, count: int) -> list[Any]:
        """Return the next items, reading as many chunks as that takes."""
        while len(self._pending) < count:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._pending.extend(chunk)
        made = self._pending[:count]
        del self._pending[:count]
        return made

    def close(self) -> None:
        """Drop what is left, and close a generator behind it."""
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()
        self._chunks = iter(())
        self._pending = []


class RowStream:
    """What all faces of one result share: the source, how far it was read, and its layout."""

    __slots__ = (
        "buffer",
        "closed",
        "exhausted",
        "gives_rows",
        "layout",
        "requires_unique",
        "row_class",
        "scalar",
        "source",
        "unique_filters",
        "yield_per",
    )

    def __init__(
        self,
        layout: RowLayout,
        source: Source,
        scalar: bool = False,
        unique_filters: Sequence[UniqueFilter | None] | None = None,
        made_row_class: type[Row] | None = None,
    ) -> None:
        self.layout = layout
        self.source = source
        self.scalar = scalar
        self.unique_filters = unique_filters
        self.row_class = made_row_class
        #: the items are Rows of the layout already
        self.gives_rows = False
        self.yield_per: int | None = None
        #: items repeat until unique() is called, which the caller has to do
        self.requires_unique = False
        self.buffer: deque[Any] = deque()
        self.closed = False
        self.exhausted = False

    def fetch_all(self) -> list[Any]:
        """Return the raw items that are left, and release the source."""
        if self.closed:
            self._raise_closed()
        items = [] if self.exhausted else self.source.fetch_all()
        if self.buffer:
            items = [*self.buffer, *items]
            self.buffer.clear()
        if not self.exhausted:
            self.finish()
        return items

    def fetch_many(self, count: int) -> list[Any]:
        """Return up to `count` raw items; the source is released when it ends."""
        if self.closed:
            self._raise_closed()
        if self.buffer:
            taken = [self.buffer.popleft() for _ in range(min(count, len(self.buffer)))]
            if len(taken) < count and not self.exhausted:
                taken += self._read(count - len(taken))
            return taken
        if self.exhausted:
            return []
        return self._read(count)

    def _read(self, count: int) -> list[Any]:
        items = self.source.fetch_many(count)
        if len(items) < count:
            self.finish()
        return items

    def read_ahead(self) -> bool:
        """Read the next chunk into the buffer; return whether there was one."""
        if self.closed:
            self._raise_closed()
        if self.exhausted:
            return False
        self.buffer.extend(self._read(self.yield_per or CHUNK_ROWS))
        return bool(self.buffer)

    def finish(self) -> None:
        """Release the source; fetching goes on to give nothing."""
        self.exhausted = True
        self.source.close()

    def close(self) -> None:
        """Release the source; fetching raises from now on."""
        if not self.closed:
            self.closed = True
            self.buffer.clear()
            self.finish()

    def _raise_closed(self) -> None:
        raise exc.ResourceClosedError("This result object is closed.")
