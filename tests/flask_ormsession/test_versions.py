"""ETag and If-Match over version_id_col."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import jsonify, request

from flask_ormsession import OrmSessionError
from orm import Mapped, String, exc, mapped_column


@pytest.fixture
def versioned(world: Any) -> Any:
    """A world with one Page(id=1, title, version) and views that show and change it."""

    class Page(world.db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str] = mapped_column(String(20))
        revision: Mapped[int] = mapped_column("version")
        __mapper_args__ = {"version_id_col": revision}

    world.Page = Page
    with world.app.app_context():
        world.db.create_all()
        world.db.session.add(Page(id=1, title="first"))
        world.db.session.commit()
    db = world.db

    @world.app.get("/page")
    def show() -> Any:
        page = db.get_or_404(Page, 1)
        return db.set_etag(jsonify(title=page.title), page)

    @world.app.patch("/page")
    def change() -> Any:
        page = db.get_or_404(Page, 1)
        db.require_version(page, request.args.get("seen"))
        if world.app.config.get("MEETING"):
            world.app.config["MEETING"].wait()
        page.title = request.args["title"]
        db.session.flush()
        return db.set_etag(jsonify(title=page.title), page)

    for kind in (409, 412, 428, exc.StaleDataError, exc.OperationalError):
        world.app.register_error_handler(kind, db.problem)
    return world


def change(world: Any, etag: str | None, title: str, **args: Any) -> Any:
    headers = {} if etag is None else {"If-Match": etag}
    return world.client.patch("/page", headers=headers, query_string={"title": title, **args})


def test_the_present_version_may_be_changed(versioned: Any) -> None:
    etag = versioned.client.get("/page").headers["ETag"]
    assert etag == '"1"'
    response = change(versioned, etag, "second")
    assert (response.status_code, response.headers["ETag"]) == (200, '"2"')


def test_another_version_may_not(versioned: Any) -> None:
    assert change(versioned, '"1"', "second").status_code == 200
    response = change(versioned, '"1"', "third")
    assert response.status_code == 412
    assert (response.json["seen"], response.json["current"]) == (["1"], 2)
    assert "version 1, it is at 2" in response.json["detail"]
    assert versioned.client.get("/page").json == {"title": "second"}


def test_the_version_of_a_form(versioned: Any) -> None:
    assert change(versioned, None, "second", seen="1").status_code == 200
    response = change(versioned, None, "third", seen="1")
    assert response.status_code == 409
    assert (response.json["seen"], response.json["current"]) == (["1"], 2)


@pytest.mark.parametrize(
    ("etag", "status"), [(None, 428), ("*", 200), ('"7", "1"', 200), ('W/"1"', 412), ("x", 412)]
)
def test_what_clients_send(versioned: Any, etag: str | None, status: int) -> None:
    assert change(versioned, etag, "second").status_code == status


def test_two_that_have_seen_the_same(versioned: Any, db_kind: str) -> None:
    if db_kind == "sqlite":
        pytest.skip("a SQLite file lets one writer at a time read")
    versioned.app.config["MEETING"] = threading.Barrier(2, timeout=20)
    statuses: list[int] = []

    def run(title: str) -> None:
        statuses.append(change(versioned, '"1"', title).status_code)

    threads = [threading.Thread(target=run, args=(title,)) for title in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(statuses) == [200, 409]
    assert versioned.client.get("/page").headers["ETag"] == '"2"'


def test_a_class_without_versions(small: Any) -> None:
    with small.app.test_request_context(), pytest.raises(OrmSessionError, match="version_id_col"):
        small.db.require_version(small.Item(name="a"))
