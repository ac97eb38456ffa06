"""HSTORE: text keys and values in one column, from the extension hstore.

https://www.postgresql.org/docs/current/hstore.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from orm.dialects.postgresql.types import ARRAY
from orm.sql.comparators import Comparator
from orm.sql.expression import literal
from orm.sql.functions import GenericFunction, func
from orm.sql.operators import custom_op
from orm.types.base import Processor, TypeDialect, TypeEngine
from orm.types.scalar import TEXT, Boolean, quote_literal

_CONTAINS = custom_op("@>", precedence=5, is_comparison=True)
_CONTAINED_BY = custom_op("<@", precedence=5, is_comparison=True)
_HAS_KEY = custom_op("?", precedence=5, is_comparison=True)
_HAS_ALL = custom_op("?&", precedence=5, is_comparison=True)
_HAS_ANY = custom_op("?|", precedence=5, is_comparison=True)
_GET = custom_op("->", precedence=15, return_type=TEXT())

# "key"=>"value" or "key"=>NULL, as the server writes it
_PAIR: Final = re.compile(
    r'\s*"((?:[^"\\]|\\.)*)"\s*=>\s*(?:"((?:[^"\\]|\\.)*)"|NULL)\s*(?:,|$)', re.S
)
_ESCAPED: Final = re.compile(r"\\(.)", re.S)


class HSTOREComparator(Comparator):
    """Operators of HSTORE columns."""

    __slots__ = ()
    is_standard = False

    def __getitem__(self, key: Any) -> Any:
        """The value of a key, NULL if it is not there."""
        return self.operate(_GET, literal(key, TEXT()))

    def has_key(self, other: Any) -> Any:
        """The key is there."""
        return self.operate(_HAS_KEY, literal(other, TEXT()))

    def has_all(self, other: Any) -> Any:
        """All of these keys are there."""
        return self.operate(_HAS_ALL, literal(list(other), ARRAY(TEXT())))

    def has_any(self, other: Any) -> Any:
        """One of these keys is there."""
        return self.operate(_HAS_ANY, literal(list(other), ARRAY(TEXT())))

    def contains(self, other: Any, **_options: Any) -> Any:
        """All pairs of `other` are there."""
        return self.operate(_CONTAINS, other)

    def contained_by(self, other: Any) -> Any:
        """All pairs are in `other`."""
        return self.operate(_CONTAINED_BY, other)

    def defined(self, key: str) -> Any:
        """The key is there, with a value that is not NULL."""
        return func.defined(self.expr, literal(key, TEXT()), type_=Boolean())

    def delete(self, key: Any) -> Any:
        """The pairs without a key, without each of a list of keys, or without equal pairs of a dict."""
        if isinstance(key, Mapping):
            given = literal(key, HSTORE())
        elif isinstance(key, list | tuple):
            given = literal(list(key), ARRAY(TEXT()))
        else:
            given = literal(key, TEXT())
        return func.delete(self.expr, given, type_=HSTORE())

    def slice(self, array: Any) -> Any:
        """The pairs of these keys."""
        return func.slice(self.expr, literal(list(array), ARRAY(TEXT())), type_=HSTORE())

    def keys(self) -> Any:
        """The keys, as an array."""
        return func.akeys(self.expr, type_=ARRAY(TEXT()))

    def vals(self) -> Any:
        """The values, as an array."""
        return func.avals(self.expr, type_=ARRAY(TEXT()))

    def array(self) -> Any:
        """Keys and values in turn, as an array."""
        return func.hstore_to_array(self.expr, type_=ARRAY(TEXT()))

    def matrix(self) -> Any:
        """Pairs of key and value, as an array of two dimensions."""
        return func.hstore_to_matrix(self.expr, type_=ARRAY(TEXT(), dimensions=2))


class HSTORE(TypeEngine[dict[str, str | None]]):
    """A dict of strings; values may be None. The extension hstore must be there."""

    __visit_name__ = "HSTORE"
    hashable = False
    render_bind_cast: ClassVar[bool] = True
    comparator_factory = HSTOREComparator
    Comparator: ClassVar[Any] = HSTOREComparator

    @property
    def python_type(self) -> type[Any]:
        """A dict."""
        return dict

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        """Write the pairs. Raises TypeError for keys and values that are no strings."""
        return lambda value: None if value is None else _write(value)

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        """Write the pairs with their cast."""
        return lambda value: f"{quote_literal(_write(value))}::HSTORE"

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        """Read the pairs, unless the driver has done so."""
        return lambda value: _read(value) if isinstance(value, str) else value


def _write(value: Any) -> str:
    return ",".join([f"{_quoted(key)}=>{_value(item)}" for key, item in value.items()])


def _value(item: Any) -> str:
    return "NULL" if item is None else _quoted(item)


def _quoted(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError(
            f"HSTORE keeps strings, not {text!r:.80}: write str() around it, or use JSONB."
        )
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _read(text: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    position = 0
    while position < len(text):
        pair = _PAIR.match(text, position)
        if pair is None:
            raise ValueError(f"This is no hstore, from position {position}: {text!r:.200}")
        key, value = pair.group(1, 2)
        found[_ESCAPED.sub(r"\1", key)] = None if value is None else _ESCAPED.sub(r"\1", value)
        position = pair.end()
    return found


class hstore(GenericFunction):
    """`hstore(...)`: pairs made of a key and a value, of arrays of them, or of a row."""

    type = HSTORE()
    inherit_cache = True


__all__ = ["HSTORE", "HSTOREComparator", "hstore"]
