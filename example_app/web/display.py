"""How values look on the pages: template filters, and the bars of the dashboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, request, url_for

from example_app.services.catalogue import LOW_STOCK
from example_app.services.reporting import Day


def add_filters(blueprint: Blueprint) -> None:
    """Make the filters and functions of this module known to the templates."""
    blueprint.add_app_template_filter(format_money, "money")
    blueprint.add_app_template_filter(format_time, "time")
    blueprint.add_app_template_filter(format_number, "number")
    blueprint.add_app_template_global(make_page_url, "page_url")
    blueprint.app_context_processor(lambda: {"LOW_STOCK": LOW_STOCK})


def format_money(amount: Decimal) -> str:
    """Return 1234.5 as "€1,234.50"."""
    return f"€{amount:,.2f}"


def format_number(number: int) -> str:
    """Return 1234 as "1,234"."""
    return f"{number:,}"


def format_time(moment: datetime) -> str:
    """Return the minute of a moment."""
    return f"{moment:%Y-%m-%d %H:%M}"


def make_page_url(page: int) -> str:
    """Return the URL of another page of the list that is shown, with the same filters."""
    values: dict[str, Any] = {**(request.view_args or {}), **request.args.to_dict()}
    return url_for(request.endpoint or "", **{**values, "page": page})


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart 100 units high; `top` counts from above, as SVG does."""

    x: int
    top: float
    height: float
    label: str


def make_bars(days: Sequence[Day], step: int = 10) -> list[Bar]:
    """Return a bar for each day, `step` units wide, the highest one reaching the top."""
    highest = max((day.turnover for day in days), default=Decimal(0)) or Decimal(1)
    bars = []
    for i, day in enumerate(days):
        height = round(float(day.turnover / highest) * 100, 1)
        label = f"{day.day:%a %d %b}: {format_money(day.turnover)}, {day.orders} orders"
        bars.append(Bar(i * step, round(100 - height, 1), height, label))
    return bars
