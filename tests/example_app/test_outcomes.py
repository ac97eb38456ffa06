"""What a request leaves behind: everything if it succeeds, nothing if it fails in any way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, abort
from flask.typing import ResponseReturnValue

from example_app.extensions import db
from example_app.models import Department
from example_app.services.errors import InvalidOrder
from orm import select


def write() -> None:
    db.session.add(Department(name="Written"))
    db.session.flush()


def succeed() -> ResponseReturnValue:
    write()
    return "done"


def redirect_away() -> ResponseReturnValue:
    write()
    return "", 302, {"Location": "/"}


def raise_error() -> ResponseReturnValue:
    write()
    raise RuntimeError("something is broken")


def abort_request() -> ResponseReturnValue:
    write()
    abort(404)


def raise_handled() -> ResponseReturnValue:
    write()
    raise InvalidOrder("The shop's error handler makes this a 409.")


def answer_4xx() -> ResponseReturnValue:
    write()
    return "no", 422


def fail_in_flush() -> ResponseReturnValue:
    write()
    db.session.add(Department(name="Management"))
    db.session.flush()
    return "never"


def fail_in_commit() -> ResponseReturnValue:
    write()
    db.session.add(Department(name="Management"))
    return "done"


CASES: list[tuple[Callable[[], ResponseReturnValue], int, int]] = [
    (succeed, 200, 2),
    (redirect_away, 302, 2),
    (raise_error, 500, 1),
    (abort_request, 404, 1),
    (raise_handled, 409, 1),
    (answer_4xx, 422, 1),
    (fail_in_flush, 409, 1),
    (fail_in_commit, 409, 1),
]


def add_views(app: Flask) -> None:
    for view, _, _ in CASES:
        app.post(f"/{view.__name__}")(view)


def test_every_outcome(shop: Any) -> None:
    add_views(shop.app)
    client = shop.client()
    for view, status, departments in CASES:
        answer = client.post(f"/{view.__name__}")
        assert (view.__name__, answer.status_code) == (view.__name__, status)
        assert (view.__name__, shop.counts()["departments"]) == (view.__name__, departments)
        clear(shop)
    assert shop.engine.pool.checkedout() == 0


def clear(shop: Any) -> None:
    with shop.session() as session:
        for department in session.scalars(select(Department).where(Department.name == "Written")):
            session.delete(department)
        session.commit()


@pytest.mark.parametrize("path", ["/raise_error", "/fail_in_commit"])
def test_failures_look_like_the_shop(sqlite_shop: Any, path: str) -> None:
    add_views(sqlite_shop.app)
    answer = sqlite_shop.client().post(path)
    assert "<h1>" in answer.text
    assert "Back office" in answer.text
    assert "RuntimeError" not in answer.text
    assert "sqlite" not in answer.text.lower()
