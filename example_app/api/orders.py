"""Orders, for the staff only."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from example_app.api import parsing
from example_app.api.authentication import for_staff
from example_app.api.documents import show_order, show_page
from example_app.api.problems import problem
from example_app.extensions import db
from example_app.models import STATUSES, Customer, Order, User
from example_app.placing import place_order
from example_app.services import ordering
from example_app.services.errors import InvalidOrder, OutOfStock


def add_routes(blueprint: Blueprint) -> None:
    """Add the routes of this module to the API."""
    blueprint.get("/orders")(list_orders)
    blueprint.post("/orders")(create_order)
    blueprint.get("/orders/<int:order_id>")(show_one_order)


@for_staff
def list_orders(user: User) -> ResponseReturnValue:
    """GET /api/orders?customer=&status=&page=&per_page=: the history, newest first."""
    status = request.args.get("status") or None
    if status is not None and status not in STATUSES:
        raise BadRequest(f"'status' must be one of: {', '.join(STATUSES)}.")
    statement = ordering.find_orders(parsing.get_arg_int("customer"), status)
    return jsonify(show_page(statement, show_order))


@for_staff
def show_one_order(user: User, order_id: int) -> ResponseReturnValue:
    """GET /api/orders/<id>: one order with its lines."""
    return jsonify(show_order(db.get_or_404(Order, order_id)))


@for_staff
def create_order(user: User) -> ResponseReturnValue:
    """POST /api/orders: place an order, as a whole or (409, with the shortages) not at all.

    Body: {"customer_id": 1, "lines": [{"product_id": 7, "quantity": 2}, ...]}
    """
    body = parsing.read_object()
    parsing.check_members(body, frozenset({"customer_id", "lines"}))
    customer = db.session.get(Customer, parsing.get_int(body, "customer_id", 1))
    if customer is None:
        raise BadRequest(f"There is no customer {body['customer_id']}.")
    try:
        order = place_order(customer, user, _read_lines(body))
    except InvalidOrder as error:
        return problem(HTTPStatus.BAD_REQUEST, str(error))
    except OutOfStock as error:
        return problem(HTTPStatus.CONFLICT, str(error), shortages=_show_shortages(error))
    location = url_for("api.show_one_order", order_id=order.id)
    return jsonify(show_order(order)), HTTPStatus.CREATED, {"Location": location}


def _read_lines(body: Mapping[str, Any]) -> dict[int, int]:
    """Return product id -> quantity; lines of the same product are added up."""
    quantities: dict[int, int] = {}
    for line in parsing.get_list(body, "lines"):
        if not isinstance(line, dict):
            raise BadRequest('A line must be {"product_id": ..., "quantity": ...}.')
        parsing.check_members(line, frozenset({"product_id", "quantity"}))
        product_id = parsing.get_int(line, "product_id", 1)
        quantity = parsing.get_int(line, "quantity", 1)
        quantities[product_id] = quantities.get(product_id, 0) + quantity
    return quantities


def _show_shortages(error: OutOfStock) -> list[dict[str, object]]:
    return [
        {
            "product_id": shortage.product_id,
            "requested": shortage.requested,
            "available": shortage.available,
        }
        for shortage in error.shortages
    ]
