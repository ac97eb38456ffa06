"""The app under load: it writes, reads, fails, streams and reports on its pool. Run by gunicorn."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, abort, g, request, stream_with_context

from flask_ormsession import Database
from orm import Mapped, String, exc, func, mapped_column, select

db: Any = Database()


class Entry(db.Model):
    """One row per request that was to be stored."""

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(60), unique=True)
    note: Mapped[str] = mapped_column(String(60), default="")


app = Flask("load")
app.config.update(PROPAGATE_EXCEPTIONS=False, ORM_DATABASE_URL=os.environ["LOAD_URL"])
app.logger.disabled = True
db.init_app(app)


@app.before_request
def remember() -> None:
    g.token = request.args.get("token", "")


@app.errorhandler(exc.IntegrityError)
def handle_taken(error: Exception) -> Any:
    return f"taken {db.session.scalar(select(func.count(Entry.id)))}", 409


@app.post("/write")
def write() -> str:
    """Store the token; answer what the session and the context think it is."""
    entry = Entry(token=g.token)
    db.session.add(entry)
    db.session.flush()
    entry.note = request.args["token"]
    found = db.session.scalars(select(Entry).where(Entry.token == g.token)).one()
    assert found is entry
    return str(found.token)


@app.get("/read")
def read() -> str:
    newest = db.session.scalars(select(Entry).order_by(Entry.id.desc()).limit(5)).all()
    assert all(entry.note in ("", entry.token) for entry in newest)
    return str(g.token)


@app.post("/fail/<kind>")
def fail(kind: str) -> Any:
    """Write the token and fail in one of several ways; nothing of it may be stored."""
    db.session.add(Entry(token=g.token))
    if kind == "raise":
        db.session.flush()
        raise RuntimeError(g.token)
    if kind == "abort":
        db.session.flush()
        abort(418)
    if kind == "answer":
        return "no", 422
    db.session.add(Entry(token=g.token))  # twice: the commit fails
    return "ok"


@app.post("/stream")
def stream() -> Response:
    """Store the token, then stream more than a client that goes away will read."""
    db.session.add(Entry(token=g.token))
    token = g.token

    def chunks() -> Iterator[str]:
        db.session.add(Entry(token=f"{token}-end"))
        db.session.flush()
        for _ in range(50):
            yield token.ljust(2000)

    return Response(stream_with_context(chunks()))


@app.get("/pool")
def pool() -> str:
    """How many connections of this worker are in use."""
    return str(db.engine.pool.checkedout())
