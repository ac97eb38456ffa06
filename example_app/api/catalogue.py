"""Products and categories: reading is public, changing is for the staff."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound, PreconditionFailed, PreconditionRequired

from example_app.api import parsing
from example_app.api.authentication import for_staff
from example_app.api.documents import show_category, show_page, show_product
from example_app.api.problems import problem
from example_app.extensions import db
from example_app.models import Product, User
from example_app.services import catalogue
from example_app.services.errors import StaleVersion

CHANGEABLE = frozenset({"name", "description", "price", "stock", "categories", "version"})


def add_routes(blueprint: Blueprint) -> None:
    """Add the routes of this module to the API."""
    blueprint.get("/categories")(list_categories)
    blueprint.get("/products")(list_products)
    blueprint.get("/products/<int:product_id>")(show_one)
    blueprint.patch("/products/<int:product_id>")(change)


def list_categories() -> ResponseReturnValue:
    """GET /api/categories: the whole tree, parents before children."""
    tree = catalogue.load_category_tree(db.session)
    return jsonify(items=[show_category(node.category) for node in tree])


def list_products() -> ResponseReturnValue:
    """GET /api/products?q=&category=&sort=&page=&per_page=: a page of the products that match."""
    node = None
    if slug := request.args.get("category"):
        node = catalogue.load_category_tree(db.session).find(slug)
        if node is None:
            raise NotFound(f"There is no category {slug!r}.")
    statement = catalogue.search_products(
        request.args.get("q", "").replace("\x00", ""), node, request.args.get("sort", "name")
    )
    return jsonify(show_page(statement, show_product))


def show_one(product_id: int) -> ResponseReturnValue:
    """GET /api/products/<id>: one product; its version is the ETag."""
    return _answer(db.get_or_404(Product, product_id))


@for_staff
def change(user: User, product_id: int) -> ResponseReturnValue:
    """PATCH /api/products/<id>: change some values of the version that the client has read.

    The version is the member "version" (409 if the product has changed since) or the header
    If-Match with the ETag (412). Without either the answer is 428.
    """
    product = db.get_or_404(Product, product_id)
    body = parsing.read_object()
    parsing.check_members(body, CHANGEABLE)
    seen = _read_version(body, product)
    try:
        catalogue.change_product(db.session, product, _read_changes(body), seen)
    except StaleVersion as error:
        return problem(HTTPStatus.CONFLICT, str(error), seen=error.seen, current=error.current)
    return _answer(product)


def _answer(product: Product) -> Response:
    response = jsonify(show_product(product))
    response.set_etag(str(product.version))
    return response


def _read_version(body: Mapping[str, Any], product: Product) -> int:
    if request.if_match:
        if not request.if_match.contains(str(product.version)):
            raise PreconditionFailed(f"The product is at version {product.version} now.")
        return product.version
    if "version" not in body:
        raise PreconditionRequired(
            'Send the version you have read: as member "version", or its ETag as If-Match.'
        )
    return parsing.get_int(body, "version")


def _read_changes(body: Mapping[str, Any]) -> catalogue.ProductChanges:
    return catalogue.ProductChanges(
        name=parsing.get_text(body, "name", 120, shortest=1) if "name" in body else None,
        description=parsing.get_text(body, "description", 5000) if "description" in body else None,
        price=parsing.get_price(body, "price") if "price" in body else None,
        stock=parsing.get_int(body, "stock") if "stock" in body else None,
        category_ids=_read_categories(body) if "categories" in body else None,
    )


def _read_categories(body: Mapping[str, Any]) -> list[int]:
    tree = catalogue.load_category_tree(db.session)
    ids = []
    for slug in parsing.get_list(body, "categories"):
        node = tree.find(slug) if isinstance(slug, str) else None
        if node is None:
            raise NotFound(f"There is no category {slug!r}.")
        ids.append(node.category.id)
    return ids
