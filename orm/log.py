"""Echo loggers, and the shortening of parameters for logs and messages."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    import logging

#: the levels of `logging`, which takes long to load and is left to the application, to `echo` and to the first warning
DEBUG: Final = 10
INFO: Final = 20
WARNING: Final = 30
ERROR: Final = 40
_NEVER: Final = 1000

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
        comma = "," if len(params) == 1 else ""  # as Python writes a tuple of one
        return f"{opening}{', '.join(items)}{comma}{closing}"
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


class EchoLogger:
    """A logger that writes from a level of its own on, whatever level the application has set.

    So one engine can echo while the others, which share its logger's name, are silent.
    """

    __slots__ = ("_level", "logger")

    def __init__(self, logger: logging.Logger, level: int) -> None:
        self.logger = logger
        self._level = level

    @property
    def name(self) -> str:
        """The logger's name."""
        return self.logger.name

    def isEnabledFor(self, level: int) -> bool:
        """Return whether a message of this level is written."""
        return level >= self._level or self.logger.isEnabledFor(level)

    def debug(self, message: str, *args: object, exc_info: bool = False) -> None:
        """Write at level DEBUG."""
        self._write(DEBUG, message, args, exc_info)

    def info(self, message: str, *args: object, exc_info: bool = False) -> None:
        """Write at level INFO."""
        self._write(INFO, message, args, exc_info)

    def warning(self, message: str, *args: object, exc_info: bool = False) -> None:
        """Write at level WARNING."""
        self._write(WARNING, message, args, exc_info)

    def error(self, message: str, *args: object, exc_info: bool = False) -> None:
        """Write at level ERROR."""
        self._write(ERROR, message, args, exc_info)

    def _write(self, level: int, message: str, args: tuple[object, ...], exc_info: bool) -> None:
        if not self.isEnabledFor(level):
            return
        logger = self.logger
        file, line, function, _stack = logger.findCaller(stacklevel=3)
        error = sys.exc_info() if exc_info else None
        logger.handle(
            logger.makeRecord(logger.name, level, file, line, message, args, error, function)
        )


class LateLogger(EchoLogger):
    """The logger of an engine or pool that was made before anything loaded `logging`, so that only warnings are to be written.

    It loads `logging` for the first of them, and asks its logger from when the application has loaded it.
    """

    __slots__ = ("_logger_name",)

    def __init__(self, name: str) -> None:
        self._logger_name = name
        self._level = _NEVER

    def __getattr__(self, name: str) -> Any:
        if name != "logger":  # the slot, still empty
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        import logging  # see DEBUG

        self.logger = logging.getLogger(self._logger_name)
        return self.logger

    @property
    def name(self) -> str:
        """The logger's name."""
        return self._logger_name

    def isEnabledFor(self, level: int) -> bool:
        """Return whether a message of this level is written."""
        if level < WARNING and "logging" not in sys.modules:
            return False
        return self.logger.isEnabledFor(level)


if TYPE_CHECKING:
    AnyLogger = logging.Logger | EchoLogger


def make_logger(kind: type, name: str | None = None, echo: EchoFlag = None) -> AnyLogger:
    """Return the logger of a class, `orm.<room>.<Class>[.name]`.

    echo: True shows INFO (statements), "debug" shows DEBUG (rows too) of this very object, on
    standard output if the application has not configured logging; None and False leave the
    logger to the application.
    """
    parts = [kind.__module__, kind.__qualname__]
    if name:
        parts.append(name)
    if not echo and "logging" not in sys.modules:
        return LateLogger(".".join(parts))
    import logging  # see DEBUG

    logger = logging.getLogger(".".join(parts))
    if not echo:
        return logger
    if not logger.hasHandlers():
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        logging.getLogger("orm").addHandler(handler)
    return EchoLogger(logger, DEBUG if echo == "debug" else INFO)
