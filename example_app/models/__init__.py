"""The models of the shop, one module per aggregate; importing this package maps them all."""

from __future__ import annotations

from example_app.models.base import Base, utc_now
from example_app.models.catalogue import Category, Product, product_categories
from example_app.models.customer import Customer
from example_app.models.order import CANCELLED, OPEN, SHIPPED, STATUSES, Order, OrderLine
from example_app.models.staff import Department, User

__all__ = [
    "CANCELLED",
    "OPEN",
    "SHIPPED",
    "STATUSES",
    "Base",
    "Category",
    "Customer",
    "Department",
    "Order",
    "OrderLine",
    "Product",
    "User",
    "product_categories",
    "utc_now",
]
