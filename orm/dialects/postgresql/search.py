"""The functions of the full text search, with their types.

Each takes the configuration of a language first, or leaves it out: `func.to_tsvector("english", doc)`. The driver sends
strings without a type, so that the server has to be told which of them is a configuration.
https://www.postgresql.org/docs/current/functions-textsearch.html
"""

from __future__ import annotations

from typing import Any, ClassVar

from orm.dialects.postgresql.types import REGCONFIG, TSQUERY, TSVECTOR
from orm.sql.expression import literal
from orm.sql.functions import GenericFunction
from orm.types.scalar import TEXT


class _SearchFunction(GenericFunction):
    _register = False
    inherit_cache = True
    #: how many arguments there are with a configuration
    _with_configuration: ClassVar[int] = 2

    def __init__(self, *args: Any, **options: Any) -> None:
        if len(args) >= self._with_configuration and isinstance(args[0], str):
            args = (literal(args[0], REGCONFIG()), *args[1:])
        super().__init__(*args, **options)


class to_tsvector(_SearchFunction):
    """`to_tsvector([configuration,] document)`: the words of a document."""

    type = TSVECTOR()


class to_tsquery(_SearchFunction):
    """`to_tsquery([configuration,] query)`: words joined by `&`, `|`, `!` and `<->`."""

    type = TSQUERY()


class plainto_tsquery(_SearchFunction):
    """`plainto_tsquery([configuration,] query)`: all words of a text."""

    type = TSQUERY()


class phraseto_tsquery(_SearchFunction):
    """`phraseto_tsquery([configuration,] query)`: the words of a text in their order."""

    type = TSQUERY()


class websearch_to_tsquery(_SearchFunction):
    """`websearch_to_tsquery([configuration,] query)`: what people type into a search box."""

    type = TSQUERY()


class ts_headline(_SearchFunction):
    """`ts_headline([configuration,] document, query[, options])`: the document's place with the words marked."""

    type = TEXT()
    _with_configuration = 3

    def __init__(self, *args: Any, **options: Any) -> None:
        found = len(args) == 3 and isinstance(getattr(args[1], "type", None), TSQUERY)
        if found:  # document, query, options
            args = (literal(args[0], TEXT()) if isinstance(args[0], str) else args[0], *args[1:])
        super().__init__(*args, **options)


__all__ = [
    "phraseto_tsquery",
    "plainto_tsquery",
    "to_tsquery",
    "to_tsvector",
    "ts_headline",
    "websearch_to_tsquery",
]
