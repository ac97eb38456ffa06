"""ColumnCollection: the columns of a table, a subquery or a constraint, by key and in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from orm import exc


class ColumnCollection:
    """Columns in order: `.c.name`, `.c["name"]`, `.c[0]`, `.c["a", "b"]`, iteration over the columns."""

    __slots__ = ("_by_key", "_items")
    _by_key: dict[str, Any]
    _items: list[tuple[str, Any]]

    def __init__(self, columns: Iterable[tuple[str, Any]] = ()) -> None:
        object.__setattr__(self, "_items", [])
        object.__setattr__(self, "_by_key", {})
        for key, column in columns:
            self._add(column, key)

    # what changes the columns has names that no column is likely to have: `.c.add` is a column called so

    def _add(self, column: Any, key: str | None = None) -> None:
        """Append under its key; a column of the same key that is there gives way by name only."""
        key = column.key if key is None else key
        self._items.append((key, column))
        self._by_key[key] = column

    def _insert(self, column: Any, index: int) -> None:
        """Put under its key at a position, as list.insert() counts it."""
        self._items.insert(index, (column.key, column))
        self._by_key[column.key] = column

    def _remove(self, column: Any) -> None:
        """Take out the column object; raises ValueError if it is not there."""
        for index, (key, item) in enumerate(self._items):
            if item is column:
                del self._items[index]
                if self._by_key.get(key) is column:
                    del self._by_key[key]
                    # An earlier column of the same key comes to light again.
                    self._by_key.update({k: c for k, c in self._items if k == key})
                return
        raise ValueError(f"{column!r} is not in this collection")

    def keys(self) -> list[str]:
        """The keys in order."""
        return [key for key, _ in self._items]

    def values(self) -> list[Any]:
        """The columns in order."""
        return [column for _, column in self._items]

    def items(self) -> list[tuple[str, Any]]:
        """(key, column) in order."""
        return list(self._items)

    def get(self, key: str, default: Any = None) -> Any:
        """The column of this key, or the default."""
        return self._by_key.get(key, default)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            try:
                return self._by_key[key]
            except KeyError:
                raise KeyError(f"{key!r}; the columns are: {', '.join(self._by_key)}") from None
        if isinstance(key, int):
            return self._items[key][1]
        if isinstance(key, slice):
            return ColumnCollection(self._items[key])
        return ColumnCollection((k, self[k]) if isinstance(k, str) else self._items[k] for k in key)

    def __getattr__(self, key: str) -> Any:
        try:
            return self._by_key[key]
        except KeyError:
            raise AttributeError(
                f"There is no column {key!r}; the columns are: {', '.join(self._by_key)}"
            ) from None

    def __setattr__(self, key: str, value: Any) -> None:
        raise TypeError(f"Columns cannot be set as attributes: {key!r}; use table.append_column()")

    def __getstate__(self) -> Any:
        return self._items

    def __setstate__(self, state: Any) -> None:
        object.__setattr__(self, "_items", list(state))
        object.__setattr__(self, "_by_key", dict(state))

    def __contains__(self, key: object) -> bool:
        if isinstance(key, str):
            return key in self._by_key
        raise exc.ArgumentError(
            f"`in` on columns takes a name, got {key!r}; for a column object use contains_column()"
        )

    def contains_column(self, column: Any) -> bool:
        """True if this very column is there."""
        found = hash(column)
        return any(hash(item) == found for _, item in self._items)

    def __iter__(self) -> Iterator[Any]:
        return iter([column for _, column in self._items])

    def __len__(self) -> int:
        return len(self._items)

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ColumnCollection):
            return NotImplemented
        return [id(c) for c in self] == [id(c) for c in other]

    __hash__ = None  # type: ignore[assignment]

    def as_readonly(self) -> ColumnCollection:
        """This collection; nobody is expected to change it."""
        return self

    def corresponding_column(self, column: Any, require_embedded: bool = False) -> Any:
        """The column here which comes from `column`, or from which it comes; None if there is none.

        Of several, the one nearest in lineage wins.
        """
        if self.contains_column(column):
            return column._deannotate()
        target = column.proxy_set
        best, best_score = None, (0, 0, 0)
        for _, item in self._items:
            common = item.proxy_set & target
            if not common or (require_embedded and not target <= item.proxy_set):
                continue
            score = (len(common), -_union_rank(item, target), -len(item.proxy_set))
            if best is None or score > best_score:
                best, best_score = item, score
        return best

    def __repr__(self) -> str:
        return f"ColumnCollection({', '.join(str(c) for c in self)})"


def _union_rank(column: Any, target: frozenset[Any]) -> int:
    """For a column of a union: the place of the first SELECT whose column has that lineage; 0 for others."""
    if not getattr(column, "_union_member", False):
        return 0
    for place, proxy in enumerate(column._proxies):
        if proxy.proxy_set & target:
            return place
    return 0
