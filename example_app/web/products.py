"""The pages of the products: list with search, filter and pages; edit; add."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from example_app.extensions import db
from example_app.models import Product
from example_app.services import catalogue
from example_app.services.errors import StaleVersion
from example_app.web.forms import ProductForm, form_status
from orm.exc import IntegrityError

INDENT = "\N{EN DASH} "


def add_routes(blueprint: Blueprint) -> None:
    """Add the routes of this module to the pages."""
    blueprint.get("/products")(list_products)
    blueprint.add_url_rule("/products/new", view_func=add_product, methods=["GET", "POST"])
    blueprint.add_url_rule(
        "/products/<int:product_id>", view_func=edit_product, methods=["GET", "POST"]
    )


def list_products() -> ResponseReturnValue:
    """Show a page of the products that match ?q= and ?category=."""
    tree = catalogue.load_category_tree(db.session)
    slug = request.args.get("category", "")
    node = tree.find(slug)
    if slug and node is None:
        abort(HTTPStatus.NOT_FOUND, f"There is no category {slug!r}.")
    text = request.args.get("q", "").replace("\x00", "").strip()
    sort = request.args.get("sort", "name")
    page = db.paginate(
        catalogue.search_products(text, node, sort), per_page=current_app.config["PER_PAGE"]
    )
    return render_template(
        "products/list.html", page=page, tree=tree, chosen=node, text=text, sort=sort
    )


def add_product() -> ResponseReturnValue:
    """Show an empty form, or store the new product."""
    form = _make_form(None)
    if not form.validate_on_submit():
        page = render_template("products/edit.html", form=form, product=None)
        return page, form_status(form)
    try:
        product = catalogue.add_product(db.session, form.sku.data, _read(form))
    except IntegrityError as error:
        return _refuse_sku(form, error)
    flash(f"{product.name} was added.")
    return redirect(url_for(".list_products", q=product.sku))


def _refuse_sku(form: ProductForm, error: IntegrityError) -> ResponseReturnValue:
    db.session.rollback()
    if error.kind != "unique":
        raise error
    form.sku.errors = ["Another product has this SKU."]
    return render_template("products/edit.html", form=form, product=None), HTTPStatus.CONFLICT


def edit_product(product_id: int) -> ResponseReturnValue:
    """Show the form, or store it if the product is still the one that the form was filled from."""
    product = db.get_or_404(Product, product_id)
    form = _make_form(product)
    if not form.validate_on_submit():
        page = render_template("products/edit.html", form=form, product=product)
        return page, form_status(form)
    try:
        seen = int(form.version.data) if form.version.data.isdecimal() else 0
        catalogue.change_product(db.session, product, _read(form), seen)
    except StaleVersion as error:
        return (
            render_template("products/edit.html", form=form, product=product, conflict=error),
            HTTPStatus.CONFLICT,
        )
    flash(f"{product.name} was saved.")
    return redirect(url_for(".edit_product", product_id=product.id))


def _make_form(product: Product | None) -> ProductForm:
    form = ProductForm(obj=product)
    tree = catalogue.load_category_tree(db.session)
    form.categories.choices = [(n.category.id, INDENT * n.depth + n.category.name) for n in tree]
    if product is not None:
        form.sku.data = product.sku
        if not form.is_submitted():
            form.categories.data = [category.id for category in product.categories]
    return form


def _read(form: ProductForm) -> catalogue.ProductChanges:
    return catalogue.ProductChanges(
        name=form.name.data,
        description=form.description.data or "",
        price=form.price.data,
        stock=form.stock.data,
        category_ids=form.categories.data or [],
    )
