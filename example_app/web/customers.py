"""The pages of the customers: list with search, one with its orders, edit, add."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from example_app.extensions import db
from example_app.models import Customer
from example_app.services import ordering, people
from example_app.web.forms import CustomerForm, form_status
from orm.exc import IntegrityError


def add_routes(blueprint: Blueprint) -> None:
    """Add the routes of this module to the pages."""
    blueprint.get("/customers")(list_customers)
    blueprint.get("/customers/<int:customer_id>")(show_customer)
    blueprint.add_url_rule("/customers/new", view_func=add_customer, methods=["GET", "POST"])
    blueprint.add_url_rule(
        "/customers/<int:customer_id>/edit", view_func=edit_customer, methods=["GET", "POST"]
    )


def list_customers() -> ResponseReturnValue:
    """Show a page of the customers that match ?q=."""
    text = request.args.get("q", "").replace("\x00", "").strip()
    page = db.paginate(people.search_customers(text), per_page=current_app.config["PER_PAGE"])
    return render_template("customers/list.html", page=page, text=text)


def show_customer(customer_id: int) -> ResponseReturnValue:
    """Show a customer with a page of their orders."""
    customer = db.get_or_404(Customer, customer_id)
    page = db.paginate(
        ordering.find_orders(customer_id=customer.id), per_page=current_app.config["PER_PAGE"]
    )
    return render_template("customers/show.html", customer=customer, page=page)


def add_customer() -> ResponseReturnValue:
    """Show an empty form, or store the new customer."""
    return _handle_form(Customer(), "customers/edit.html")


def edit_customer(customer_id: int) -> ResponseReturnValue:
    """Show the form, or store it."""
    return _handle_form(db.get_or_404(Customer, customer_id), "customers/edit.html")


def _handle_form(customer: Customer, template: str) -> ResponseReturnValue:
    form = CustomerForm(obj=customer)
    customer_id = customer.id
    if not form.validate_on_submit():
        return render_template(template, form=form, customer_id=customer_id), form_status(form)
    try:
        form.populate_obj(customer)
        db.session.add(customer)
        db.session.flush()
    except IntegrityError as error:
        db.session.rollback()
        if error.kind != "unique":
            raise
        form.email.errors = ["Another customer has this e-mail address."]
        page = render_template(template, form=form, customer_id=customer_id)
        return page, HTTPStatus.CONFLICT
    flash(f"{customer.name} was saved.")
    return redirect(url_for(".show_customer", customer_id=customer.id))
