"""Dates and times, generic and by their SQL names, and their storage as ISO text where a database has no such type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, ClassVar

from orm.types.base import InlineResult, Processor, TypeDialect, TypeEngine
from orm.types.scalar import quote_literal
from orm.util.typevars import T_co


class _Temporal(TypeEngine[T_co]):
    """Base of the types whose values have isoformat()."""

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        return lambda value: quote_literal(_iso(value))


class Date(_Temporal[dt.date]):
    """A calendar date, datetime.date."""

    __visit_name__ = "date"
    __affinity__: ClassVar[bool] = True

    @property
    def python_type(self) -> type[Any]:
        return dt.date


class Time(_Temporal[dt.time]):
    """A time of day, datetime.time. timezone: with offset, where the database has that."""

    __visit_name__ = "time"
    __affinity__: ClassVar[bool] = True

    def __init__(self, timezone: bool = False) -> None:
        self.timezone = timezone

    @property
    def python_type(self) -> type[Any]:
        return dt.time


class DateTime(_Temporal[dt.datetime]):
    """A date with time, datetime.datetime. timezone: aware values, where the database has that."""

    __visit_name__ = "datetime"
    __affinity__: ClassVar[bool] = True

    def __init__(self, timezone: bool = False) -> None:
        self.timezone = timezone

    @property
    def python_type(self) -> type[Any]:
        return dt.datetime


class TIMESTAMP(DateTime):
    """SQL's TIMESTAMP, by that name on every database."""

    __visit_name__ = "TIMESTAMP"


class DATETIME(DateTime):
    """SQL's DATETIME, by that name on every database."""

    __visit_name__ = "DATETIME"


class DATE(Date):
    """SQL's DATE, by that name on every database."""

    __visit_name__ = "DATE"


class TIME(Time):
    """SQL's TIME, by that name on every database."""

    __visit_name__ = "TIME"


class TextDate(Date):
    """Stores a date as 'YYYY-MM-DD': for databases without a date type, in the order of dates."""

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        return _date_to_text

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        return _text_to_date

    def inline_result(self, dialect: TypeDialect) -> InlineResult | None:
        return "read_date({v})", {"read_date": dt.date.fromisoformat}


class TextTime(Time):
    """Stores a time of day as 'HH:MM:SS.ffffff'."""

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        return _time_to_text

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        return _text_to_time

    def inline_result(self, dialect: TypeDialect) -> InlineResult | None:
        return "read_time({v})", {"read_time": dt.time.fromisoformat}


class TextDateTime(DateTime):
    """Stores a date with time as 'YYYY-MM-DD HH:MM:SS.ffffff', and the offset of aware values."""

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        return _datetime_to_text

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        return _text_to_datetime

    def inline_result(self, dialect: TypeDialect) -> InlineResult | None:
        return "read_datetime({v})", {"read_datetime": dt.datetime.fromisoformat}


class Interval(TypeEngine[dt.timedelta]):
    """A span of time, datetime.timedelta.

    native: use the database's INTERVAL type where it has one; elsewhere the span is stored as a date with time counted from 1970-01-01,
    which sorts and compares like the span.
    """

    __visit_name__ = "interval"
    __affinity__: ClassVar[bool] = True
    epoch: ClassVar[dt.datetime] = dt.datetime(1970, 1, 1)

    def __init__(
        self,
        native: bool = True,
        second_precision: int | None = None,
        day_precision: int | None = None,
    ) -> None:
        self.native = native
        self.second_precision = second_precision
        self.day_precision = day_precision

    @property
    def python_type(self) -> type[Any]:
        return dt.timedelta

    def is_native(self, dialect: TypeDialect) -> bool:
        """True if this type is stored as the dialect's own INTERVAL."""
        return self.native and bool(getattr(dialect, "supports_native_interval", False))

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        if self.is_native(dialect):
            return None
        inner = DateTime().dialect_impl(dialect).bind_processor(dialect)
        epoch = self.epoch

        def process(value: Any) -> Any:
            moment = None if value is None else epoch + value
            return moment if inner is None else inner(moment)

        return process

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        if self.is_native(dialect):
            return None
        inner = DateTime().dialect_impl(dialect).result_processor(dialect, coltype)
        epoch = self.epoch

        def process(value: Any) -> Any:
            moment = value if inner is None else inner(value)
            return None if moment is None else moment - epoch

        return process

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        if self.is_native(dialect):
            return lambda value: f"'{value.total_seconds():f} seconds'"
        epoch = self.epoch
        return lambda value: quote_literal(_iso(epoch + value))


def _iso(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    raise TypeError(f"Not a date or time: {value!r}. Pass a datetime.date, time or datetime object")


def _date_to_text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, dt.date):
        # A datetime is a date too; only its date belongs into the column.
        return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"
    raise TypeError(f"A Date column takes datetime.date objects, got {value!r}")


def _text_to_date(value: Any) -> Any:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def _time_to_text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, dt.time):
        return value.isoformat(timespec="microseconds")
    raise TypeError(f"A Time column takes datetime.time objects, got {value!r}")


def _text_to_time(value: Any) -> Any:
    return dt.time.fromisoformat(value) if isinstance(value, str) else value


def _datetime_to_text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, dt.date):
        return f"{value.isoformat()} 00:00:00.000000"
    raise TypeError(f"A DateTime column takes datetime.datetime objects, got {value!r}")


def _text_to_datetime(value: Any) -> Any:
    return dt.datetime.fromisoformat(value) if isinstance(value, str) else value
