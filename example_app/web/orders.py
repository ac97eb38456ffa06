"""The pages of the orders: history, one order, a new order."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from example_app.api.parsing import LARGEST_INT, get_arg_int
from example_app.extensions import db
from example_app.models import STATUSES, Customer, Order, Product
from example_app.placing import place_order
from example_app.services import catalogue, ordering, people
from example_app.services.errors import InvalidOrder, OutOfStock
from example_app.web.accounts import current_user
from orm import select

MATCHES = 6


def add_routes(blueprint: Blueprint) -> None:
    """Add the routes of this module to the pages."""
    blueprint.get("/orders")(list_orders)
    blueprint.add_url_rule("/orders/new", view_func=new_order, methods=["GET", "POST"])
    blueprint.get("/orders/<int:order_id>")(show_order)
    blueprint.post("/orders/<int:order_id>/ship")(ship)
    blueprint.post("/orders/<int:order_id>/cancel")(cancel)


def list_orders() -> ResponseReturnValue:
    """Show a page of the history, newest first, of all or of one status."""
    status = request.args.get("status", "")
    statement = ordering.find_orders(status=status if status in STATUSES else None)
    page = db.paginate(statement, per_page=current_app.config["PER_PAGE"])
    return render_template("orders/list.html", page=page, status=status, statuses=STATUSES)


def show_order(order_id: int) -> ResponseReturnValue:
    """Show one order."""
    order = db.get_or_404(Order, order_id)
    return render_template("orders/show.html", order=order, form=FlaskForm())


def ship(order_id: int) -> ResponseReturnValue:
    """Mark an order as shipped."""
    order = _get_locked(order_id)
    ordering.ship_order(order)
    flash(f"Order {order.id} is shipped.")
    return redirect(url_for(".show_order", order_id=order.id))


def cancel(order_id: int) -> ResponseReturnValue:
    """Cancel an order; its pieces go back to the stock."""
    order = _get_locked(order_id)
    ordering.cancel_order(db.session, order)
    flash(f"Order {order.id} is cancelled; the stock is corrected.")
    return redirect(url_for(".show_order", order_id=order.id))


def _get_locked(order_id: int) -> Order:
    order = db.get_or_404(Order, order_id)
    ordering.lock_order(db.session, order)
    return order


@dataclass(slots=True)
class Draft:
    """The order that is being written. It lives in the fields of the page, not on the server."""

    customer: Customer | None = None
    quantities: dict[int, int] = field(default_factory=dict)

    def load_lines(self) -> list[tuple[Product, int]]:
        """Return products and quantities in the order they were added. Cost: one SELECT."""
        if not self.quantities:
            return []
        statement = select(Product).where(Product.id.in_(self.quantities))
        products = {product.id: product for product in db.session.scalars(statement)}
        return [(products[i], n) for i, n in self.quantities.items() if i in products]


def new_order() -> ResponseReturnValue:
    """Write an order step by step; "place" stores it, every other button only changes the draft."""
    if request.method == "GET":
        return _show_draft(_start_draft())
    draft = _read_draft()
    action, _, argument = request.form.get("action", "").partition(":")
    number = _read_number(argument)
    if action == "place":
        return _place(draft)
    if action == "customer":
        draft.customer = db.session.get(Customer, number)
    elif action == "add" and number:
        draft.quantities[number] = draft.quantities.get(number, 0) + 1
    elif action == "remove":
        draft.quantities.pop(number, None)
    return _show_draft(draft)


def _place(draft: Draft) -> ResponseReturnValue:
    if draft.customer is None:
        return _show_draft(draft, ["Choose a customer first."], HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        order = place_order(draft.customer, current_user(), draft.quantities)
    except InvalidOrder as error:
        return _show_draft(draft, [str(error)], HTTPStatus.UNPROCESSABLE_ENTITY)
    except OutOfStock as error:
        return _show_draft(draft, [str(s) for s in error.shortages], HTTPStatus.CONFLICT)
    flash(f"Order {order.id} is placed.")
    return redirect(url_for(".show_order", order_id=order.id))


def _start_draft() -> Draft:
    """Return the draft that the links "new order" of a customer or a product ask for."""
    customer_id, product_id = get_arg_int("customer"), get_arg_int("product")
    return Draft(
        customer=db.session.get(Customer, customer_id) if customer_id else None,
        quantities={product_id: 1} if product_id else {},
    )


def _read_draft() -> Draft:
    customer_id = _read_number(request.form.get("customer_id", ""))
    ids = [_read_number(text) for text in request.form.getlist("product_id")]
    numbers = [_read_number(text) for text in request.form.getlist("quantity")]
    return Draft(
        customer=db.session.get(Customer, customer_id) if customer_id else None,
        quantities={i: n for i, n in zip(ids, numbers, strict=False) if i},
    )


def _read_number(text: str) -> int:
    """Return a positive number from a field, 0 for anything else."""
    text = text.strip()[:12]
    number = int(text) if text.isascii() and text.isdigit() else 0
    return number if number <= LARGEST_INT else 0


def _show_draft(
    draft: Draft, errors: list[str] | None = None, status: int = HTTPStatus.OK
) -> ResponseReturnValue:
    customer_text = request.form.get("customer_text", "").replace("\x00", "").strip()
    product_text = request.form.get("product_text", "").replace("\x00", "").strip()
    customers = products = None
    if draft.customer is None:
        found = people.search_customers(customer_text).limit(MATCHES)
        customers = db.session.scalars(found).all()
    if product_text:
        products = db.session.scalars(catalogue.search_products(product_text).limit(MATCHES)).all()
    page = render_template(
        "orders/new.html",
        form=FlaskForm(),
        draft=draft,
        lines=draft.load_lines(),
        customers=customers,
        customer_text=customer_text,
        products=products,
        product_text=product_text,
        errors=errors or [],
    )
    return page, status
