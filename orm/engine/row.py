"""Row: a tuple with named access, and RowMapping, the same data seen as a mapping.

Each layout of names has a Row class of its own, so that a row is made by calling the class with
the driver's tuple, and `row.name` is a C-level itemgetter.
"""

from __future__ import annotations

from collections.abc import (
    Callable,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    Sequence,
    ValuesView,
)
from functools import lru_cache
from operator import itemgetter
from typing import Any, ClassVar, Generic, NoReturn, TypeVar

from orm import exc
from orm.util.typevars import Ts

_T = TypeVar("_T")

_item = tuple.__getitem__


class RowLayout:
    """The names of a result's columns, and where each key is found.

    keys: the names in order. objects: per column the SQL expressions by which it may be
    asked for in `row._mapping`; empty for results known by name only.
    """

    __slots__ = ("_index", "_places", "_row_class", "ambiguous", "fields", "keys", "objects")

    def __init__(self, keys: Sequence[str], objects: Sequence[Sequence[Any]] = ()) -> None:
        self.keys = tuple(keys)
        self.fields = frozenset(self.keys)
        self.objects = tuple(tuple(one) for one in objects)
        self._index: dict[Any, int] | None = None
        self._places: dict[str, int] | None = None
        self._row_class: type[Row] | None = None
        self.ambiguous: frozenset[str] = frozenset()
        if len(self.fields) != len(self.keys):
            self.ambiguous = frozenset(k for k in self.keys if self.keys.count(k) > 1)

    @property
    def row_class(self) -> type[Row]:
        """The Row class of this layout, made once."""
        made = self._row_class
        if made is None:
            made = self._row_class = make_row_class(self)
        return made

    def place_names(self) -> dict[str, int]:
        """Return name -> position of the names that occur once; kept as `_places`."""
        found = {key: place for place, key in enumerate(self.keys) if key not in self.ambiguous}
        self._places = found
        return found

    @property
    def index(self) -> dict[Any, int]:
        """Name or expression -> position. Of equal names the first position counts."""
        found = self._index
        if found is None:
            found = {}
            for position, key in enumerate(self.keys):
                found.setdefault(key, position)
            for position, aliases in enumerate(self.objects):
                for alias in aliases:
                    if not isinstance(alias, str):
                        found.setdefault(alias, position)
            self._index = found
        return found

    def find(self, key: Any) -> int:
        """Return the position of a key: a name, an expression, or an int.

        Raises exc.NoSuchColumnError; exc.InvalidRequestError if the name occurs repeatedly.
        """
        if isinstance(key, int):
            if -len(self.keys) <= key < len(self.keys):
                return key if key >= 0 else key + len(self.keys)
            raise exc.NoSuchColumnError(
                f"The row has {len(self.keys)} columns, there is no number {key}."
            )
        if isinstance(key, str) and key in self.ambiguous:
            raise exc.InvalidRequestError(
                f"Ambiguous column name {key!r}: the result has more than one column of that "
                "name. Give them names with .label(...), or ask for the column object."
            )
        found = self._lookup(key)
        if found is None:
            shown = key if isinstance(key, str) else str(key)
            raise exc.NoSuchColumnError(
                f"The row has no column {shown!r}; it has "
                f"{exc.join_names([repr(k) for k in self.keys[:20]])}."
            )
        return found

    def _lookup(self, key: Any) -> int | None:
        try:
            found = self.index.get(key)
        except TypeError:  # unhashable
            return None
        if found is not None or isinstance(key, str):
            return found
        clause = getattr(key, "__clause_element__", None)
        if clause is not None:
            element = clause()
            if element is not key:
                return self._lookup(element)
        name = getattr(key, "key", None) or getattr(key, "name", None)
        # a column of another copy of the table (aliased, annotated) is found by its name, as long
        # as we know nothing better
        if isinstance(name, str) and name not in self.ambiguous and not self.objects:
            return self.index.get(name)
        return None

    def subset(self, positions: Sequence[int]) -> RowLayout:
        """Return the layout of some of the columns."""
        objects = [self.objects[p] for p in positions] if self.objects else ()
        return RowLayout([self.keys[p] for p in positions], objects)


class Row(tuple[*Ts], Generic[*Ts]):
    """One row: a tuple whose values are also attributes by column name.

    Attributes that begin with an underscore are ours; a column of any other name, `count` and
    `index` included, is an attribute.
    """

    __slots__ = ()
    _layout: ClassVar[RowLayout] = RowLayout(())

    @property
    def _fields(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return self._layout.keys

    @property
    def _mapping(self) -> RowMapping:
        """The row as a mapping from names, or column objects, to values."""
        return RowMapping(self)

    def _asdict(self) -> dict[str, Any]:
        """Return a new dict of names and values."""
        values: Iterable[Any] = self
        return dict(zip(self._layout.keys, values, strict=True))

    def _tuple(self) -> tuple[*Ts]:
        """Return the row itself, typed as the plain tuple that it is."""
        return self

    @property
    def _t(self) -> tuple[*Ts]:
        return self

    @property
    def t(self) -> tuple[*Ts]:
        """The row itself, typed as a tuple."""
        return self

    def __getattr__(self, name: str) -> Any:
        # only reached by names that are no column
        if name.startswith("__"):
            raise AttributeError(name)
        keys = self._layout.keys
        raise AttributeError(
            f"The row has no column {name!r}; it has "
            f"{exc.join_names([repr(k) for k in keys[:20]])}."
        )

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"A row cannot be changed (attribute {name!r}).")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"A row cannot be changed (attribute {name!r}).")

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild_row, (self._layout.keys, (*self,))

    def __copy__(self) -> Row[*Ts]:
        return self

    tuple = _tuple


class RowMapping(Mapping[Any, Any]):
    """A row seen as a mapping; keys are names, and column objects where the result knows them."""

    __slots__ = ("_row",)

    def __init__(self, row: Row) -> None:
        self._row = row

    def __getitem__(self, key: Any) -> Any:
        row = self._row
        if key.__class__ is str:  # nearly always
            layout = row._layout
            place = (layout._places or layout.place_names()).get(key)
            if place is not None:
                return _item(row, place)
        if isinstance(key, int):
            raise exc.NoSuchColumnError(f"Keys of a row mapping are names, not positions ({key}).")
        return _item(row, row._layout.find(key))

    def __iter__(self) -> Iterator[str]:
        return iter(self._row._layout.keys)

    def __len__(self) -> int:
        return len(self._row)

    def __contains__(self, key: object) -> bool:
        return not isinstance(key, int) and self._row._layout._lookup(key) is not None

    def keys(self) -> KeysView[Any]:
        """Return the names of the columns."""
        return RMKeyView(self._row._layout)

    def values(self) -> ValuesView[Any]:
        """Return the values, in the order of the columns."""
        return _Values(self)

    def items(self) -> ItemsView[Any, Any]:
        """Return pairs of name and value."""
        return _Items(self)

    def __repr__(self) -> str:
        return repr(dict(zip(self._row._layout.keys, self._row, strict=True)))

    def __reduce__(self) -> tuple[Any, ...]:
        return RowMapping, (self._row,)


class _Values(ValuesView[Any]):
    _mapping: RowMapping

    def __iter__(self) -> Iterator[Any]:
        return iter(self._mapping._row)


class _Items(ItemsView[Any, Any]):
    _mapping: RowMapping

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        row = self._mapping._row
        return zip(row._layout.keys, row, strict=True)


class RMKeyView(KeysView[Any]):
    """The keys of a result or row, in order; indexable, and with `in` for column objects."""

    __slots__ = ("_layout",)

    def __init__(self, layout: RowLayout) -> None:
        self._layout = layout

    def __len__(self) -> int:
        return len(self._layout.keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._layout.keys)

    def __getitem__(self, position: int) -> str:
        return self._layout.keys[position]

    def __contains__(self, key: object) -> bool:
        return not isinstance(key, int) and self._layout._lookup(key) is not None

    def __eq__(self, other: object) -> bool:
        return (
            list(self) == list(other)
            if isinstance(other, (list, tuple, RMKeyView))
            else (set(self) == other)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"RMKeyView({list(self._layout.keys)!r})"


def make_row_class(layout: RowLayout) -> type[Row]:
    """Return a new Row class for a layout.

    Names which begin with an underscore do not replace our own attributes, and no name
    replaces a dunder method.
    """
    namespace: dict[str, Any] = {"__slots__": (), "_layout": layout}
    for position, key in enumerate(layout.keys):
        if key.startswith("__") or (key.startswith("_") and hasattr(Row, key)):
            continue
        namespace[key] = property(itemgetter(position))
    made = type("Row", (Row,), namespace)
    made.__module__ = Row.__module__
    return made


@lru_cache(maxsize=512)
def row_class(keys: tuple[str, ...]) -> type[Row]:
    """Return the Row class for these names; the same one while it is remembered."""
    return RowLayout(keys).row_class


def _rebuild_row(keys: tuple[str, ...], values: tuple[Any, ...]) -> Row:
    return row_class(keys)(values)


def make_getter(positions: Sequence[int]) -> Callable[[Any], Any]:
    """Return a function which picks positions out of a row, always as a tuple."""
    if len(positions) == 1:
        position = positions[0]
        return lambda row: (row[position],)
    if not positions:
        return lambda row: ()
    return itemgetter(*positions)
