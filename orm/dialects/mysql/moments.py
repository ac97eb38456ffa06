"""Dates and times of MySQL and MariaDB: digits of the second, moments with a time zone, and times that the driver reads as spans."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, ClassVar

from orm.types.base import InlineResult, Processor, TypeDialect
from orm.types.scalar import quote_literal
from orm.types.temporal import (
    DATETIME as GenericDATETIME,
    TIME as GenericTIME,
    TIMESTAMP as GenericTIMESTAMP,
    DateTime,
    Time,
)


def _to_utc(value: Any) -> Any:
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    return value


def _from_utc(value: Any) -> Any:
    # a date of zeros comes as text
    return value.replace(tzinfo=dt.UTC) if isinstance(value, dt.datetime) else value


class Moment(DateTime):
    """A date with time. The database keeps no offsets, so that moments with one (`timezone=True`) are kept in UTC."""

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        return _to_utc if self.timezone else None

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        return _from_utc if self.timezone else None

    def inline_result(self, dialect: TypeDialect) -> InlineResult | None:
        return ("read_utc({v})", {"read_utc": _from_utc}) if self.timezone else None

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        if not self.timezone:
            return super().literal_processor(dialect)
        return lambda value: quote_literal(_to_utc(value).isoformat(sep=" "))


class DATETIME(Moment, GenericDATETIME):
    """A moment. fsp: digits of the second, 0 to 6; without it whole seconds are kept."""

    __visit_name__ = "DATETIME"

    def __init__(self, timezone: bool = False, fsp: int | None = None) -> None:
        super().__init__(timezone=timezone)
        self.fsp = fsp


class TIMESTAMP(Moment, GenericTIMESTAMP):
    """A moment after 1970. fsp: digits of the second, 0 to 6."""

    __visit_name__ = "TIMESTAMP"

    def __init__(self, timezone: bool = False, fsp: int | None = None) -> None:
        super().__init__(timezone=timezone)
        self.fsp = fsp


def _time_of_span(value: Any) -> Any:
    if isinstance(value, dt.timedelta):
        return (dt.datetime.min + value).time()
    return value


class SpanTime(Time):
    """The driver reads TIME as a span, since MySQL stores spans in it too."""

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        return _time_of_span


class TIME(GenericTIME):
    """A time of the day. fsp: digits of the second, 0 to 6."""

    result_processor: ClassVar[Any] = SpanTime.result_processor

    def __init__(self, timezone: bool = False, fsp: int | None = None) -> None:
        super().__init__(timezone=timezone)
        self.fsp = fsp
