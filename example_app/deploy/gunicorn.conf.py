"""gunicorn's settings for the shop: `gunicorn -c example_app/deploy/gunicorn.conf.py`.

Every worker makes its own app, so connections are never shared between processes. Requests of one
worker are served by threads; the pool of the engine (5 connections and 10 more in need, unless
ORM_ENGINE_OPTIONS says otherwise) fits the 8 threads.
"""

from __future__ import annotations

import os

os.environ.setdefault("FLASK_ENVIRONMENT", "production")

wsgi_app = "example_app:create_app()"
bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 8
timeout = 30
graceful_timeout = 30
keepalive = 5
# A worker is replaced after so many requests, not all of them at the same time.
max_requests = 10_000
max_requests_jitter = 1_000
accesslog = "-"
