"""The figures of the dashboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from example_app.models import CANCELLED, OPEN, Customer, Order, OrderLine, Product
from example_app.services.catalogue import LOW_STOCK
from orm import Session, func, select


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of now; `scarce` are the products with LOW_STOCK pieces or fewer."""

    products: int
    scarce: int
    customers: int
    open_orders: int


@dataclass(frozen=True, slots=True)
class Day:
    """Orders and turnover of one day, without the cancelled ones."""

    day: date
    orders: int
    turnover: Decimal


@dataclass(frozen=True, slots=True)
class Seller:
    """A product with the pieces sold and their value."""

    product: Product
    pieces: int
    turnover: Decimal


def count_all(session: Session) -> Figures:
    """Return the counts. Cost: one SELECT."""
    products = select(func.count(Product.id)).scalar_subquery()
    scarce = select(func.count(Product.id)).where(Product.stock <= LOW_STOCK).scalar_subquery()
    customers = select(func.count(Customer.id)).scalar_subquery()
    waiting = select(func.count(Order.id)).where(Order.status == OPEN).scalar_subquery()
    row = session.execute(select(products, scarce, customers, waiting)).one()
    return Figures(*row)


def sum_days(session: Session, last: date, days: int) -> list[Day]:
    """Return one entry for each of `days` days up to and with `last`. Cost: one SELECT."""
    first = last - timedelta(days=days - 1)
    day = func.date(Order.placed_at)
    rows = session.execute(
        select(day, func.count(Order.id), func.sum(Order.total))
        .where(
            Order.placed_at >= _midnight(first),
            Order.placed_at < _midnight(last + timedelta(days=1)),
            Order.status != CANCELLED,
        )
        .group_by(day)
    )
    # SQLite has no date type: its date() answers with the text of the ISO form.
    found = {str(when): Day(date.fromisoformat(str(when)), n, total) for when, n, total in rows}
    wanted = [first + timedelta(days=i) for i in range(days)]
    return [found.get(day.isoformat(), Day(day, 0, Decimal(0))) for day in wanted]


def best_sellers(session: Session, since: date, limit: int = 5) -> list[Seller]:
    """Return the products with the highest turnover since `since`. Cost: one SELECT."""
    turnover = func.sum(OrderLine.quantity * OrderLine.unit_price)
    sold = (
        select(
            OrderLine.product_id,
            func.sum(OrderLine.quantity).label("pieces"),
            turnover.label("turnover"),
        )
        .join(OrderLine.order)
        .where(Order.placed_at >= _midnight(since), Order.status != CANCELLED)
        .group_by(OrderLine.product_id)
        .order_by(turnover.desc())
        .limit(limit)
        .subquery()
    )
    rows = session.execute(
        select(Product, sold.c.pieces, sold.c.turnover)
        .join(sold, sold.c.product_id == Product.id)
        .order_by(sold.c.turnover.desc(), Product.id)
    )
    return [Seller(product, int(pieces), amount) for product, pieces, amount in rows]


def latest_orders(session: Session, limit: int = 8) -> Sequence[Order]:
    """Return the newest orders. Cost: one SELECT, and one more for all their customers."""
    statement = select(Order).order_by(Order.placed_at.desc(), Order.id.desc())
    return session.scalars(statement.limit(limit)).all()


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)
