"""Dialects of straw: what a type reads of a dialect, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from orm.types.temporal import Date, DateTime, TextDate, TextDateTime, TextTime, Time


class StrawDialect:
    """Flags as given; `colspecs` as SQLite's when `text_dates`."""

    def __init__(self, name: str = "straw", text_dates: bool = False, **flags: Any) -> None:
        self.name = name
        self._type_memo: dict[Any, Any] = {}
        self.colspecs: dict[type, type] = {}
        if text_dates:
            self.colspecs = {Date: TextDate, DateTime: TextDateTime, Time: TextTime}
        self.__dict__.update(flags)


@pytest.fixture
def plain_dialect() -> StrawDialect:
    """Knows no booleans, decimals, dates, intervals or UUIDs: like SQLite."""
    return StrawDialect("plain", text_dates=True)


@pytest.fixture
def rich_dialect() -> StrawDialect:
    """Has everything natively: like PostgreSQL."""
    return StrawDialect(
        "rich",
        supports_native_boolean=True,
        supports_native_decimal=True,
        supports_native_interval=True,
        supports_native_uuid=True,
    )


def round_trip(type_: Any, value: Any, dialect: Any) -> tuple[Any, Any]:
    """(driver value, value read back by the processor); the inline form must read the same."""
    impl = type_.dialect_impl(dialect)
    bind, result = impl.bind_processor(dialect), impl.result_processor(dialect)
    stored = value if bind is None else bind(value)
    read = stored if result is None else result(stored)
    inline = impl.inline_result(dialect)
    if inline is not None and stored is not None:
        expression, names = inline
        assert eval(expression.replace("{v}", "v"), {"v": stored, **names}) == read
    return stored, read


@pytest.fixture(name="round_trip")
def round_trip_fixture() -> Any:
    return round_trip
