"""Orders: placed as a whole or not at all, then shipped or cancelled."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from example_app.models import (
    CANCELLED,
    OPEN,
    SHIPPED,
    Customer,
    Order,
    OrderLine,
    Product,
    User,
)
from example_app.services.errors import InvalidOrder, OrderClosed, OutOfStock, Shortage
from orm import Select, Session, select


def place_order(
    session: Session, customer: Customer, placed_by: User, quantities: Mapping[int, int]
) -> Order:
    """Store an order and take its pieces from the stock; return it, flushed.

    quantities: product id -> number of pieces.
    Raises InvalidOrder for an empty order, a quantity below 1 or an unknown product, and OutOfStock
    naming every product that is short; nothing is changed then.
    The products are locked in the order of their ids, so that two orders for the same products wait
    for each other and cannot deadlock.
    """
    if not quantities:
        raise InvalidOrder("An order needs at least one line.")
    if any(quantity < 1 for quantity in quantities.values()):
        raise InvalidOrder("The quantity of a line must be 1 or more.")
    products = _lock_products(session, quantities.keys())
    _check_stock(products, quantities)
    order = Order(customer=customer, placed_by=placed_by, total=Decimal(0))
    for product_id, quantity in quantities.items():
        product = products[product_id]
        product.stock -= quantity
        line = OrderLine(product=product, quantity=quantity, unit_price=product.price)
        order.lines.append(line)
        order.total += line.amount
    session.add(order)
    session.flush()
    return order


def _lock_products(session: Session, ids: Collection[int]) -> dict[int, Product]:
    """Return the products by id, freshly read and locked until the end of the transaction."""
    statement = select(Product).where(Product.id.in_(ids)).order_by(Product.id).with_for_update()
    found = session.scalars(statement, execution_options={"populate_existing": True})
    return {product.id: product for product in found}


def _check_stock(products: Mapping[int, Product], quantities: Mapping[int, int]) -> None:
    unknown = [product_id for product_id in quantities if product_id not in products]
    if unknown:
        raise InvalidOrder(f"There is no product {', '.join(map(str, unknown))}.")
    shortages = [
        Shortage(product_id, products[product_id].name, wanted, products[product_id].stock)
        for product_id, wanted in quantities.items()
        if products[product_id].stock < wanted
    ]
    if shortages:
        raise OutOfStock(shortages)


def ship_order(order: Order) -> None:
    """Mark an open order as shipped. Raises OrderClosed if it is not open."""
    _require_open(order)
    order.status = SHIPPED


def cancel_order(session: Session, order: Order) -> None:
    """Cancel an open order and put its pieces back. Raises OrderClosed if it is not open."""
    _require_open(order)
    products = _lock_products(session, [line.product_id for line in order.lines])
    for line in order.lines:
        products[line.product_id].stock += line.quantity
    order.status = CANCELLED


def lock_order(session: Session, order: Order) -> None:
    """Read `order` again and lock it, so that two clicks cannot both find it open."""
    session.refresh(order, with_for_update=True)


def _require_open(order: Order) -> None:
    if order.status != OPEN:
        raise OrderClosed(order.id, order.status)


def find_orders(customer_id: int | None = None, status: str | None = None) -> Select[Order]:
    """Return the statement for the order history, newest first. It is not executed."""
    statement = select(Order).order_by(Order.placed_at.desc(), Order.id.desc())
    if customer_id is not None:
        statement = statement.where(Order.customer_id == customer_id)
    if status is not None:
        statement = statement.where(Order.status == status)
    return statement
