"""Arrays as the server writes them, `{a,"b c",NULL}`: of types by name, which the driver does not know."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from orm import exc

# a bracket, a comma, a quoted value or a bare one
_TOKEN: Final = re.compile(r'[{},]|"((?:[^"\\]|\\.)*)"|[^{},"]+', re.DOTALL)

_READERS: Final[dict[type, Callable[[str], Any]]] = {
    bool: lambda text: text == "t",
    int: int,
    float: float,
    Decimal: Decimal,
}


def make_array_reader(python_type: type) -> Callable[[Any], Any]:
    """Return a function from what the driver gives to lists; values that are no text stay.

    python_type: of the members; numbers and booleans are read, all else stays text.
    """
    read = _READERS.get(python_type, str)

    def process(value: Any) -> Any:
        return _parse(value, read) if isinstance(value, str) else value

    return process


def _parse(text: str, read: Callable[[str], Any]) -> list[Any]:
    """Raises exc.DataError if the text is no array."""
    outer: list[Any] = []
    open_lists = [outer]
    # bounds other than 1 stand before the brackets: [2:3]={...}
    for match in _TOKEN.finditer(text, text.find("{")):
        word, quoted = match[0], match[1]
        if word == "{":
            inner: list[Any] = []
            open_lists[-1].append(inner)
            open_lists.append(inner)
        elif word == "}":
            open_lists.pop()
        elif quoted is not None:
            open_lists[-1].append(read(re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)))
        elif word != ",":
            open_lists[-1].append(None if word == "NULL" else read(word))
    if len(open_lists) != 1 or len(outer) != 1:
        raise exc.DataError(text, None, ValueError("no array as PostgreSQL writes them"))
    found: list[Any] = outer[0]
    return found
