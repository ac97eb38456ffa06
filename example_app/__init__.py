"""A small shop's back office: the reference deployment of Flask-ORMSession.

Pages for the staff under /, a JSON API under /api, `flask db upgrade` for the schema and
`flask seed` for data to play with.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask

from example_app import api, cli, errors, web
from example_app.config import load_config
from example_app.extensions import csrf, db

__all__ = ["create_app"]


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Return a new app.

    config: settings that win over the environment and the defaults of `example_app.config`.
    Raises RuntimeError for settings that are not safe in production. No database is opened.
    """
    app = Flask(__name__)
    load_config(app, config)
    db.init_app(app)
    csrf.init_app(app)
    csrf.exempt(api.blueprint)
    app.register_blueprint(web.blueprint)
    app.register_blueprint(api.blueprint)
    errors.init_app(app)
    cli.init_app(app)
    app.after_request(web.set_security_headers)
    return app
