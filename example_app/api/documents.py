"""What the API shows of an object. Money travels as text, so that no client rounds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, request, url_for

from example_app.extensions import db
from example_app.models import Category, Customer, Order, Product
from orm import Select

T = TypeVar("T")
Document = dict[str, Any]


def show_product(product: Product) -> Document:
    """Return a product with the slugs of its categories."""
    return {
        "id": product.id,
        "sku": product.sku,
        "name": product.name,
        "description": product.description,
        "price": str(product.price),
        "stock": product.stock,
        "version": product.version,
        "categories": [category.slug for category in product.categories],
    }


def show_category(category: Category) -> Document:
    """Return a category with the slug of its parent."""
    parent = category.parent
    return {
        "slug": category.slug,
        "name": category.name,
        "parent": None if parent is None else parent.slug,
    }


def show_customer(customer: Customer) -> Document:
    """Return a customer."""
    names = ("id", "name", "email", "phone", "street", "postcode", "city")
    return {name: getattr(customer, name) for name in names}


def show_order(order: Order) -> Document:
    """Return an order with its customer's name and its lines."""
    return {
        "id": order.id,
        "status": order.status,
        "placed_at": order.placed_at.isoformat() + "Z",
        "placed_by": order.placed_by.name,
        "customer": {"id": order.customer.id, "name": order.customer.name},
        "total": str(order.total),
        "lines": [
            {
                "product_id": line.product_id,
                "sku": line.product.sku,
                "name": line.product.name,
                "quantity": line.quantity,
                "unit_price": str(line.unit_price),
            }
            for line in order.lines
        ],
    }


def show_page(statement: Select[T], show: Callable[[T], Document]) -> Document:
    """Return the page of `statement` that `?page=` and `?per_page=` ask for.

    Raises NotFound for a page that does not exist.
    """
    page = db.paginate(
        statement,
        per_page=None if "per_page" in request.args else current_app.config["PER_PAGE"],
        max_per_page=current_app.config["MAX_PER_PAGE"],
    )
    return {
        "items": [show(item) for item in page.items],
        "page": page.page,
        "per_page": page.per_page,
        "pages": page.pages,
        "total": page.total,
        "next": _page_url(page.next_num),
        "previous": _page_url(page.prev_num),
    }


def _page_url(number: int | None) -> str | None:
    if number is None or request.endpoint is None:
        return None
    args = {**request.args.to_dict(), "page": str(number)}
    return url_for(request.endpoint, **args)  # type: ignore[arg-type] # the names are the client's
