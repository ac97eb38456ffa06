"""The JSON API under /api: the same services as the pages.

Products and categories are public. Everything else, and every change, asks for HTTP basic
authentication by a member of staff. The login cookie of the pages is not looked at, so that no page
of somebody else can make a browser call the API. Errors are application/problem+json (RFC 9457).
"""

from __future__ import annotations

from flask import Blueprint

from example_app.api import catalogue, customers, orders

blueprint = Blueprint("api", __name__, url_prefix="/api")
catalogue.add_routes(blueprint)
customers.add_routes(blueprint)
orders.add_routes(blueprint)

__all__ = ["blueprint"]
