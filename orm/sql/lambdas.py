"""lambda_stmt(): statements written as functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

_S = TypeVar("_S")


def lambda_stmt(lmb: Callable[[], _S], **tracking: Any) -> _S:
    """Return the statement that a function makes: `lambda_stmt(lambda: select(User).where(User.id == key))`.

    `statement += lambda s: s.where(...)` goes on from it. The functions are called at once, with the values
    that their variables have: statements are remembered by their structure, whoever writes them, so that
    functions save nothing and need no care. tracking: accepted, and without meaning here.
    """
    return lmb()


class Extensible:
    """What `+` and a function do with a statement that lambda_stmt() may have made."""

    def __add__(self, other: Any) -> Any:
        """Return what the function makes of the statement."""
        return other(self) if callable(other) else NotImplemented

    def add_criteria(self, other: Callable[[Any], Any], **tracking: Any) -> Any:
        """The same, as a method."""
        return other(self)

    def spoil(self) -> Any:
        """Return the statement itself: functions added to it are called each time in any case."""
        return self
