"""ordering_list: a collection that keeps the position of each member in an attribute of it.

    tracks: Mapped[list[Track]] = relationship(
        order_by="Track.position", collection_class=ordering_list("position")
    )

Inserting, moving and removing members renumbers those behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, SupportsIndex, TypeVar

__all__ = ["OrderingList", "count_from_0", "count_from_1", "count_from_n_factory", "ordering_list"]

_T = TypeVar("_T")

OrderingFunc = Callable[[int, Sequence[Any]], Any]


def count_from_0(index: int, collection: Sequence[Any]) -> int:
    """Number members 0, 1, 2, ..."""
    return index


def count_from_1(index: int, collection: Sequence[Any]) -> int:
    """Number members 1, 2, 3, ..."""
    return index + 1


def count_from_n_factory(start: int) -> OrderingFunc:
    """Return a function which numbers members from `start`."""

    def count(index: int, collection: Sequence[Any]) -> int:
        return index + start

    count.__name__ = f"count_from_{start}"
    return count


def ordering_list(
    attr: str,
    count_from: int | None = None,
    ordering_func: OrderingFunc | None = None,
    reorder_on_append: bool = False,
) -> Callable[[], OrderingList[Any]]:
    """Return what `relationship(collection_class=...)` takes for an ordered list.

    attr: the attribute of members that holds the position. count_from: the first position,
    0 by default. ordering_func: called as f(index, collection), for positions that are no
    consecutive integers. reorder_on_append: overwrite a position which an appended member has
    already; leave it off where the list is loaded with `order_by`.
    """
    if ordering_func is None:
        ordering_func = _counter(count_from or 0)
    function: OrderingFunc = ordering_func
    return lambda: OrderingList(attr, function, reorder_on_append)


def _counter(start: int) -> OrderingFunc:
    known = {0: count_from_0, 1: count_from_1}
    return known.get(start) or count_from_n_factory(start)


class OrderingList(list[_T]):
    """A list which writes the position of its members into them."""

    def __init__(
        self,
        ordering_attr: str | None = None,
        ordering_func: OrderingFunc | None = None,
        reorder_on_append: bool = False,
    ) -> None:
        super().__init__()
        self.ordering_attr: str = ordering_attr or "position"
        self.ordering_func: OrderingFunc = ordering_func or count_from_0
        self.reorder_on_append = reorder_on_append

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.__dict__, list(self))

    def reorder(self) -> None:
        """Write every member's position anew."""
        for index, item in enumerate(self):
            self._place(index, item, overwrite=True)

    _reorder = reorder

    def _place(self, index: int, item: _T, *, overwrite: bool) -> None:
        present = getattr(item, self.ordering_attr)
        if present is not None and not overwrite:
            return
        position = self.ordering_func(index, self)
        if present != position:
            setattr(item, self.ordering_attr, position)

    def append(self, item: _T) -> None:
        """Add a member at the end, with the next position unless it has one."""
        super().append(item)
        self._place(len(self) - 1, item, overwrite=self.reorder_on_append)

    def insert(self, index: SupportsIndex, item: _T) -> None:
        """Add a member before the one at `index`; those behind move on."""
        super().insert(index, item)
        self.reorder()

    def extend(self, items: Iterable[_T]) -> None:
        """Add members at the end."""
        for item in items:
            self.append(item)

    def remove(self, item: _T) -> None:
        """Take a member out; those behind move up."""
        super().remove(item)
        self.reorder()

    def pop(self, index: SupportsIndex = -1) -> _T:
        """Take out and return the member at `index`; those behind move up."""
        found = super().pop(index)
        self.reorder()
        return found

    def __setitem__(self, index: Any, value: Any) -> None:
        super().__setitem__(index, value)
        self.reorder()

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        super().__delitem__(index)
        self.reorder()


def _restore(class_: Any, attributes: dict[str, Any], items: list[Any]) -> Any:
    made = class_.__new__(class_)
    made.__dict__.update(attributes)
    list.extend(made, items)
    return made
