"""Customers, for the staff only."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from example_app.api.authentication import for_staff
from example_app.api.documents import show_customer, show_page
from example_app.extensions import db
from example_app.models import Customer, User
from example_app.services import people


def add_routes(blueprint: Blueprint) -> None:
    """Add the routes of this module to the API."""
    blueprint.get("/customers")(list_customers)
    blueprint.get("/customers/<int:customer_id>")(show_one_customer)


@for_staff
def list_customers(user: User) -> ResponseReturnValue:
    """GET /api/customers?q=&page=&per_page=: a page of the customers that match."""
    text = request.args.get("q", "").replace("\x00", "")
    return jsonify(show_page(people.search_customers(text), show_customer))


@for_staff
def show_one_customer(user: User, customer_id: int) -> ResponseReturnValue:
    """GET /api/customers/<id>: one customer."""
    return jsonify(show_customer(db.get_or_404(Customer, customer_id)))
