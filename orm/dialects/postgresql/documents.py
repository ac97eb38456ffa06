"""What PostgreSQL does with documents beyond other databases: items as text, keys, containment, paths."""

from __future__ import annotations

from operator import sub
from typing import Any

from orm.dialects.postgresql.types import ARRAY, JSON, JSONB, JSONPATH
from orm.sql.comparators import JSONComparator as GenericJSONComparator
from orm.sql.expression import literal
from orm.sql.operators import custom_op
from orm.sql.visitors import ClauseElement
from orm.types.scalar import INTEGER, TEXT

_CONTAINS = custom_op("@>", precedence=5, is_comparison=True)
_CONTAINED_BY = custom_op("<@", precedence=5, is_comparison=True)
_HAS_KEY = custom_op("?", precedence=5, is_comparison=True)
_HAS_ALL = custom_op("?&", precedence=5, is_comparison=True)
_HAS_ANY = custom_op("?|", precedence=5, is_comparison=True)
_DELETE_PATH = custom_op("#-", precedence=7)
_PATH_EXISTS = custom_op("@?", precedence=5, is_comparison=True)
_PATH_MATCH = custom_op("@@", precedence=5, is_comparison=True)


class JSONComparator(GenericJSONComparator):
    """Operators of JSON columns."""

    __slots__ = ()

    @property
    def astext(self) -> Any:
        """The item as text: `doc["key"].astext`, in SQL `doc ->> 'key'`.

        Of the column's `astext_type`, by default TEXT. Raises exc.InvalidRequestError for a whole document.
        """
        return self._read_as(self.expr.type.astext_type)


class JSONBComparator(JSONComparator):
    """Operators of JSONB columns beside those of every document."""

    __slots__ = ()

    def contains(self, other: Any, **_options: Any) -> Any:
        """The document has all that `other`, a document too, has."""
        return self.operate(_CONTAINS, other)

    def contained_by(self, other: Any) -> Any:
        """`other`, a document too, has all that this one has."""
        return self.operate(_CONTAINED_BY, other)

    def __sub__(self, other: Any) -> Any:
        """The document without a key or keys, or without the item at a position."""
        if isinstance(other, list | tuple):
            other = _texts(other)
        elif isinstance(other, str):
            other = literal(other, TEXT())
        elif isinstance(other, int):
            other = literal(other, INTEGER())
        return self.operate(sub, other)

    def has_key(self, other: Any) -> Any:
        """The document has this key at its top level."""
        return self.operate(_HAS_KEY, _typed(other, TEXT()))

    def has_all(self, other: Any) -> Any:
        """The document has all of these keys at its top level."""
        return self.operate(_HAS_ALL, _texts(other))

    def has_any(self, other: Any) -> Any:
        """The document has one of these keys at its top level."""
        return self.operate(_HAS_ANY, _texts(other))

    def delete_path(self, array: Any) -> Any:
        """The document without what a path of keys and positions leads to."""
        return self.operate(_DELETE_PATH, _texts(array))

    def path_exists(self, other: Any) -> Any:
        """A path in the language of SQL/JSON finds something in the document."""
        return self.operate(_PATH_EXISTS, _typed(other, JSONPATH()))

    def path_match(self, other: Any) -> Any:
        """A condition in the language of SQL/JSON is true of the document."""
        return self.operate(_PATH_MATCH, _typed(other, JSONPATH()))


def _typed(value: Any, type_: Any) -> Any:
    return value if isinstance(value, ClauseElement) else literal(value, type_)


def _texts(values: Any) -> Any:
    if isinstance(values, ClauseElement):
        return values
    return literal([str(value) for value in values], ARRAY(TEXT()))


def install() -> None:
    """Give the types of documents their comparators."""
    JSON.comparator_factory = JSON.Comparator = JSONComparator
    JSONB.comparator_factory = JSONB.Comparator = JSONBComparator
