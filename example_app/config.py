"""The settings of the shop: defaults, then the environment, then what a test passes in.

Everything can be set by the environment:

    ORM_DATABASE_URL       the database, for example postgresql+psycopg://shop@localhost/shop or
                           mysql+pymysql://shop@localhost/shop; default: shop.db in the instance folder
    FLASK_SECRET_KEY       signs the login cookie; required in production
    FLASK_ENVIRONMENT      "development" (default) or "production"
    FLASK_<KEY>            any other setting of Flask or of the extension, as JSON
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

DEVELOPMENT_KEY: Final = "development only: set FLASK_SECRET_KEY"
SHORTEST_KEY: Final = 16

DEFAULTS: Final[Mapping[str, object]] = {
    "ENVIRONMENT": "development",
    "SECRET_KEY": DEVELOPMENT_KEY,
    "ORM_DATABASE_URL": "sqlite:///shop.db",
    "PER_PAGE": 20,
    "MAX_PER_PAGE": 100,
    "MAX_CONTENT_LENGTH": 1024 * 1024,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "SESSION_COOKIE_HTTPONLY": True,
    "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
    "WTF_CSRF_TIME_LIMIT": None,  # as long as the login
    "TRUSTED_PROXIES": 0,
}


def load_config(app: Flask, overrides: Mapping[str, object] | None = None) -> None:
    """Fill `app.config`. Raises RuntimeError, with the fix, for a setting that is not safe."""
    app.config.from_mapping(DEFAULTS)
    app.config.from_prefixed_env()
    if url := os.environ.get("ORM_DATABASE_URL"):
        app.config["ORM_DATABASE_URL"] = url
    app.config.from_mapping(overrides or {})
    environment = app.config["ENVIRONMENT"]
    if environment not in ("development", "production"):
        raise RuntimeError(
            f"FLASK_ENVIRONMENT is {environment!r}; it must be 'development' or 'production'."
        )
    if environment == "production":
        _secure(app)
    if proxies := int(app.config["TRUSTED_PROXIES"]):
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign] # the documented way to add middleware
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies
        )


def _secure(app: Flask) -> None:
    key = app.config["SECRET_KEY"]
    if key == DEVELOPMENT_KEY or not isinstance(key, str) or len(key) < SHORTEST_KEY:
        raise RuntimeError(
            f"In production FLASK_SECRET_KEY must be set to a random text of {SHORTEST_KEY} "
            "characters or more. Make one with: "
            "python -c 'import secrets; print(secrets.token_hex(32))'"
        )
    app.config["SESSION_COOKIE_SECURE"] = True
