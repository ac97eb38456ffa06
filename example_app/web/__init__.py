"""The pages of the back office. Everything but the login page asks for a login."""

from __future__ import annotations

from flask import Blueprint, Response

from example_app.web import accounts, customers, dashboard, display, orders, products

blueprint = Blueprint("web", __name__)
blueprint.before_request(accounts.require_login)
for _module in (accounts, dashboard, products, orders, customers):
    _module.add_routes(blueprint)
display.add_filters(blueprint)

__all__ = ["blueprint", "set_security_headers"]


def set_security_headers(response: Response) -> Response:
    """Let the browser load nothing but our own files, and show our pages in no frame."""
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response
