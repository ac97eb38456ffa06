"""The first page: what is going on."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Final

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from example_app.extensions import db
from example_app.models import utc_now
from example_app.services import reporting
from example_app.web.display import make_bars

DAYS: Final = 30


def add_routes(blueprint: Blueprint) -> None:
    """Add the routes of this module to the pages."""
    blueprint.get("/")(show_dashboard)


def show_dashboard() -> ResponseReturnValue:
    """Show counts, the turnover of the last days, the best sellers and the latest orders."""
    today = utc_now().date()
    days = reporting.sum_days(db.session, today, DAYS)
    return render_template(
        "dashboard.html",
        figures=reporting.count_all(db.session),
        days=days,
        bars=make_bars(days),
        turnover=sum((day.turnover for day in days), Decimal(0)),
        order_count=sum(day.orders for day in days),
        sellers=reporting.best_sellers(db.session, today - timedelta(days=DAYS - 1)),
        orders=reporting.latest_orders(db.session),
    )
