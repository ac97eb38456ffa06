"""The frame of a window: which rows around the current one a function over a window sees."""

from __future__ import annotations

import enum
from typing import Any, ClassVar

from orm import exc
from orm.sql.elements import BindParameter
from orm.sql.visitors import ClauseElement, Kind, Traverse


class FrameClauseType(enum.Enum):
    """What one end of a frame is."""

    UNBOUNDED = 0
    CURRENT = 1
    PRECEDING = 2
    FOLLOWING = 3


class FrameClause(ClauseElement):
    """`BETWEEN start AND end`, for over(range_=..., rows=..., groups=...).

    start, end: how far from the current row; a number, or for RANGE any value that can be added to the ORDER BY expression.
    They are None where the type is UNBOUNDED or CURRENT.
    """

    __visit_name__ = "frame_clause"
    _traverse: ClassVar[Traverse] = (
        ("lower_type", Kind.PLAIN),
        ("lower_bind", Kind.CHILD),
        ("upper_type", Kind.PLAIN),
        ("upper_bind", Kind.CHILD),
    )
    lower_bind: BindParameter | None = None
    upper_bind: BindParameter | None = None

    def __init__(
        self,
        start: Any,
        end: Any,
        start_frame_type: FrameClauseType,
        end_frame_type: FrameClauseType,
    ) -> None:
        self.lower_type = FrameClauseType(start_frame_type)
        self.upper_type = FrameClauseType(end_frame_type)
        self.lower_bind = _offset(start, self.lower_type)
        self.upper_bind = _offset(end, self.upper_type)


def _offset(value: Any, kind: FrameClauseType) -> BindParameter | None:
    if kind in (FrameClauseType.UNBOUNDED, FrameClauseType.CURRENT):
        if value is not None:
            raise exc.ArgumentError(
                f"An end of a frame which is {kind.name} takes None, got {value!r}"
            )
        return None
    if value is None:
        raise exc.ArgumentError(f"An end of a frame which is {kind.name} needs a value, got None")
    return BindParameter(None, value, unique=True)


def make_frame(frame: Any) -> FrameClause | None:
    """The frame of a pair (start, end): rows before the current one are negative, after it positive, None is unbounded.

    Raises exc.ArgumentError for anything else but a FrameClause or None.
    """
    if frame is None or isinstance(frame, FrameClause):
        return frame
    if not isinstance(frame, tuple) or len(frame) != 2:
        raise exc.ArgumentError(f"A window frame is a pair (start, end), got {frame!r}")
    for part in frame:
        if part is not None and (isinstance(part, bool) or not isinstance(part, int)):
            raise exc.ArgumentError(
                f"A window frame counts in whole numbers, got {part!r}; for values of other types write "
                "FrameClause(start, end, FrameClauseType.PRECEDING, FrameClauseType.FOLLOWING)"
            )
    start, end = frame
    if start is not None and end is not None and start > end:
        raise exc.ArgumentError(f"A window frame begins before it ends, got {frame!r}")
    return FrameClause(_amount(start), _amount(end), _kind(start), _kind(end))


def _amount(end: int | None) -> int | None:
    return abs(end) if end else None


def _kind(end: int | None) -> FrameClauseType:
    if end is None:
        return FrameClauseType.UNBOUNDED
    if end == 0:
        return FrameClauseType.CURRENT
    return FrameClauseType.PRECEDING if end < 0 else FrameClauseType.FOLLOWING
