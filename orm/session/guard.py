"""One thread or task at a time: the check that finds two, and names both places.

The guard costs one comparison on entry and one assignment on exit. The place where the
other thread stands is read from its running frames, and only when there is a collision.
"""

from __future__ import annotations

import os
import sys
import threading
from threading import get_ident
from types import TracebackType
from typing import Any

from orm import exc

_STDLIB = os.path.dirname(os.__file__) + os.sep
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class UseGuard:
    """Marks a session as in use by one thread while an operation runs.

    Re-entering from the same thread is allowed: execute() flushes, listeners query. It
    is a context manager; it holds no lock, because a collision is an error, not a wait.
    `by_key.get_plain` does in place what this does, and saves the calls.
    """

    #: the thread that is within an operation, None while there is none
    who: int | None = None
    depth = 0

    def __enter__(self) -> None:
        me = get_ident()
        if self.who is None:
            self.who = me
        elif self.who != me:
            raise self._collision()
        self.depth += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.depth -= 1
        if not self.depth:
            self.who = None

    def check(self) -> None:
        """Raise exc.IllegalStateChangeError if another thread is within an operation."""
        if self.who is not None and self.who != get_ident():
            raise self._collision()

    def _collision(self) -> exc.IllegalStateChangeError:
        other = self.who
        return exc.IllegalStateChangeError(
            "This Session is in use by two threads or tasks at once. "
            f"The other one ({describe_user(other)}) is at {place_of(other)}; "
            f"this one ({describe_user(get_ident())}) is at {place_of(get_ident())}. "
            "Give each thread or task a session of its own: sessionmaker()() or scoped_session."
        )


def describe_user(who: Any) -> str:
    """Return the thread's name for messages."""
    for thread in threading.enumerate():
        if thread.ident == who:
            return f"thread {thread.name!r}"
    return f"thread {who}"


def place_of(who: Any) -> str:
    """Return "file:line in function" of the innermost frame outside this package."""
    frame = sys._current_frames().get(who)
    if frame is None:
        return "an unknown place"
    import traceback  # for messages only

    frames = traceback.extract_stack(frame)
    outside = [entry for entry in frames if _is_users(entry.filename)]
    entry = (outside or list(frames))[-1]
    return f"{entry.filename}:{entry.lineno} in {entry.name}()"


def caller_place() -> tuple[str, int, str] | None:
    """Return (file, line, function) of the application's code that has called into here."""
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        filename = code.co_filename
        if not filename.startswith(_PACKAGE) and _is_users(filename):
            return filename, frame.f_lineno, code.co_name
        frame = frame.f_back  # type: ignore[assignment]
    return None


def _is_users(filename: str) -> bool:
    """Return whether code is the application's: neither ours nor Python's own."""
    if filename.startswith((_PACKAGE, "<")):
        return False
    return "site-packages" in filename or not filename.startswith(_STDLIB)
