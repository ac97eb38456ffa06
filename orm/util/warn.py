"""The line of the application, however deep within the library something arises: for warnings and listeners."""

from __future__ import annotations

import sys
import warnings
from types import FrameType


def warn(message: str, category: type[Warning]) -> None:
    """Warn of something in the nearest caller outside of this package."""
    frame: FrameType | None = sys._getframe(1)
    level = 2
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
        level += 1
    warnings.warn(message, category, stacklevel=level)


def find_caller(of_listener: bool = False) -> str:
    """Return "file:line (function)" of the nearest caller outside of this package, "" if there is none.

    of_listener: the caller is a listener, called from within this package; what is meant is the code which caused that.
    """
    frame: FrameType | None = sys._getframe(1)
    if of_listener:
        frame = _leave(_leave(frame, True), False)
    frame = _leave(frame, True)
    if frame is None:
        return ""
    return f"{frame.f_code.co_filename}:{frame.f_lineno} ({frame.f_code.co_name})"


def _leave(frame: FrameType | None, ours: bool) -> FrameType | None:
    """Return the first frame from here on that is not in this package, or is."""
    while frame is not None and _is_ours(frame) is ours:
        frame = frame.f_back
    return frame


def _is_ours(frame: FrameType) -> bool:
    name = str(frame.f_globals.get("__name__", ""))
    return name == "orm" or name.startswith("orm.")
