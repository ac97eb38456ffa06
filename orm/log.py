"""Echo loggers, and the shortening of parameters for logs and messages."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Any, Literal

MAX_VALUE_CHARS = 120
MAX_ITEMS = 10
MAX_SETS = 4

EchoFlag = bool | Literal["debug"] | None


def shorten_value(value: object) -> str:
    """Return repr(value), cut in its middle above MAX_VALUE_CHARS characters."""
    if isinstance(value, (str, bytes, bytearray)) and len(value) > 4 * MAX_VALUE_CHARS:
        # repr of a megabyte only to throw it away costs more than the statement
        kept = MAX_VALUE_CHARS // 2
        head, tail = repr(value[:kept]), repr(value[-kept:])
        return f"{head} ... ({len(value)} long) ... {tail}"
    try:
        text = repr(value)
    except Exception as error:  # a broken __repr__ must not hide the real error
        return f"<{type(value).__name__}, whose repr raised {type(error).__name__}>"
    if len(text) <= MAX_VALUE_CHARS:
        return text
    kept = MAX_VALUE_CHARS // 2
    return f"{text[:kept]} ... ({len(text)} characters) ... {text[-kept:]}"


def _shorten_set(params: Any) -> str:
    if isinstance(params, Mapping):
        items = [f"{key!r}: {shorten_value(value)}" for key, value in list(params.items())]
        opening, closing = "{", "}"
    elif isinstance(params, (tuple, list)):
        items = [shorten_value(value) for value in params[: 2 * MAX_ITEMS]]
        opening, closing = "(", ")"
        if len(params) > 2 * MAX_ITEMS:
            items.append(f"... {len(params)} in all")
        return f"{opening}{', '.join(items)}{closing}"
    else:
        return shorten_value(params)
    if len(items) > 2 * MAX_ITEMS:
        items = [*items[:MAX_ITEMS], f"... {len(items)} in all ...", *items[-MAX_ITEMS:]]
    return f"{opening}{', '.join(items)}{closing}"


def shorten_parameters(params: Any) -> str:
    """Return parameters as text fit for a log line or a message.

    params: one set (sequence or mapping) or a list of sets, as given to the driver.
    """
    if isinstance(params, list) and params and isinstance(params[0], (tuple, list, Mapping)):
        sets = [_shorten_set(one) for one in params[:MAX_SETS]]
        if len(params) > MAX_SETS:
            sets.append(f"... {len(params)} sets in all")
        return f"[{', '.join(sets)}]"
    return _shorten_set(params)


def make_logger(kind: type, name: str | None = None, echo: EchoFlag = None) -> logging.Logger:
    """Return the logger of a class, `orm.<room>.<Class>[.name]`.

    echo: True shows INFO (statements), "debug" shows DEBUG (rows too) on standard output
    even when the application has not configured logging; None and False leave it alone.
    """
    parts = [kind.__module__, kind.__qualname__]
    if name:
        parts.append(name)
    logger = logging.getLogger(".".join(parts))
    if echo:
        logger.setLevel(logging.DEBUG if echo == "debug" else logging.INFO)
        if not logger.hasHandlers():
            handler = logging.StreamHandler(sys.stdout)
            handler.setFormatter(
                logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
            )
            logging.getLogger("orm").addHandler(handler)
    return logger
