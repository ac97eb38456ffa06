"""The pytest plugin: tests of an application that use its fixtures, beside pytest-flask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flask_ormsession import testing
from orm import ForeignKey, Mapped, create_engine, make_url, mapped_column, select, text

CONFTEST = """
import pytest
from flask import Flask, request
from flask_ormsession import Database
from orm import ForeignKey, Mapped, String, mapped_column, relationship, select

db = Database()


class Item(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    parent: Mapped["Item"] = relationship(remote_side="Item.id")


@pytest.fixture(scope="session")
def app():
    app = Flask("shop")
    app.config.update(ORM_DATABASE_URL=@URL@, TESTING=True, PROPAGATE_EXCEPTIONS=False)
    db.init_app(app)

    @app.post("/items/<name>")
    def create(name):
        db.session.add(Item(name=name))
        db.session.flush()
        return "ok", int(request.args.get("status", 200))

    @app.get("/items")
    def names():
        return ",".join(sorted(db.session.scalars(select(Item.name))))

    with app.app_context():
        db.create_all()
        first = Item(name="first")
        db.session.add_all([first, Item(name="second", parent=first)])
        db.session.commit()
    yield app
    with app.app_context():
        found = sorted(db.session.scalars(select(Item.name)))
        db.session.rollback()
        db.drop_all()
    assert found == ["first", "second"]
"""

ISOLATED = """
import pytest
from orm import exc, select
from conftest import Item, db


@pytest.mark.parametrize("number", [1, 2])
def test_the_client_commits(db_session, client, number):
    assert client.post("/items/a").status_code == 200
    assert client.post("/items/a").status_code == 500
    assert client.post("/items/b?status=400").status_code == 400
    assert client.get("/items").text == "a,first,second"
    assert set(db_session.scalars(select(Item.name))) == {"a", "first", "second"}


@pytest.mark.parametrize("number", [1, 2])
def test_the_test_commits_and_rolls_back(db_session, client, number):
    db_session.add(Item(name="mine"))
    db_session.commit()
    db_session.add(Item(name="lost"))
    db_session.flush()
    db_session.rollback()
    with pytest.raises(exc.IntegrityError), db_session.begin_nested():
        db_session.add(Item(name="mine"))
        db_session.flush()
    assert client.get("/items").text == "first,mine,second"


def test_threads(db_session, client):
    db.run_in_thread(lambda: db.session.add(Item(name="thread"))).result(timeout=20)
    assert client.get("/items").text == "first,second,thread"


def test_without_the_fixture(client):
    assert client.get("/items").text == "first,second"
"""

LIVE = """
from urllib.request import Request, urlopen
import pytest
from orm import select
from conftest import Item


@pytest.mark.parametrize("number", [1, 2])
def test_the_server_commits(db_session, live_server, number):
    assert urlopen(Request(live_server.url("/items/live"), method="POST")).read() == b"ok"
    db_session.add(Item(name="mine"))
    db_session.commit()
    assert urlopen(live_server.url("/items")).read() == b"first,live,mine,second"
"""

COUNTED = """
import pytest
from orm import exc, select
from conftest import Item


def test_few(db_session, assert_queries):
    with assert_queries(max=1) as statements:
        db_session.scalars(select(Item)).all()
    assert statements[0].startswith("SELECT")
    with assert_queries(exactly=0):
        pass


def test_too_many(db_session, assert_queries):
    with assert_queries(max=1):
        db_session.scalars(select(Item)).all()
        db_session.scalars(select(Item.name)).all()


def test_no_lazy_loads(db_session, no_lazy_loads):
    item = db_session.scalars(select(Item).where(Item.parent_id.is_not(None))).one()
    with pytest.raises(exc.InvalidRequestError):
        item.parent


def test_lazy_loads_elsewhere(db_session):
    item = db_session.scalars(select(Item).where(Item.parent_id.is_not(None))).one()
    assert item.parent.name == "first"
"""


def run(pytester: pytest.Pytester, url: str, code: str) -> Any:
    pytester.makeconftest(CONFTEST.replace("@URL@", repr(url)))
    pytester.makepyfile(code)
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-W", "error")


def test_db_session(pytester: pytest.Pytester, db_url: str) -> None:
    run(pytester, db_url, ISOLATED).assert_outcomes(passed=6)


def test_db_session_with_a_live_server(
    pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # commands which other tests have run leave this behind, and Flask.run() does nothing then
    monkeypatch.delenv("FLASK_RUN_FROM_CLI", raising=False)
    url = f"sqlite:///{tmp_path / 'live.db'}"
    pytester.makeconftest(CONFTEST.replace("@URL@", repr(url)))
    pytester.makepyfile(LIVE)
    # A process of its own, as the server is a fork of it.
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "--live-server-wait=30")
    result.assert_outcomes(passed=2)


def test_rows_are_put_back(world: Any) -> None:
    class Node(world.db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
        parent_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))

    def ids() -> list[Any]:
        rows = world.db.session.execute(select(Node.id, Node.parent_id).order_by(Node.id))
        return [tuple(row) for row in rows]

    with world.app.app_context():
        world.db.create_all()
        session = world.db.session()
        session.add_all([world.Item(id=1, name="a"), Node(id=1, item_id=1)])
        session.flush()
        session.add(Node(id=2, item_id=1, parent_id=1))
        session.commit()
        with testing.put_back_rows(world.app.extensions["ormsession"]):
            session.delete(session.get(Node, 2))
            session.add_all([world.Item(id=2, name="b"), Node(id=3, item_id=2, parent_id=1)])
            session.commit()
        assert ids() == [(1, None), (2, 1)]
        session.rollback()
    assert world.stored() == ["a"]


def test_counting_and_lazy_loads(pytester: pytest.Pytester, tmp_path: Path) -> None:
    result = run(pytester, f"sqlite:///{tmp_path / 'counted.db'}", COUNTED)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*2 statements were executed, at most 1 expected:", "*1. SELECT*"])


def test_a_database_in_memory(pytester: pytest.Pytester) -> None:
    run(pytester, "sqlite://", ISOLATED).assert_outcomes(passed=6)


# -- a database per worker


def test_without_xdist_the_url_stays(worker_database: Any) -> None:
    assert worker_database("postgresql+psycopg:///test") == "postgresql+psycopg:///test"


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("postgresql+psycopg:///shop", "postgresql+psycopg:///shop_gw3"),
        ("mysql+pymysql://me:pw@host/shop", "mysql+pymysql://me:pw@host/shop_gw3"),
        ("sqlite:///folder/shop.db", "sqlite:///folder/shop_gw3.db"),
        ("sqlite://", "sqlite://"),
    ],
)
def test_the_name_of_a_workers_database(url: str, own: str) -> None:
    made = testing.name_for_worker(make_url(url), "gw3")
    assert made.render_as_string(hide_password=False) == own


def test_a_worker_has_a_database_of_its_own(
    pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw9")
    pytester.makepyfile(
        f"""
        from pathlib import Path

        URL = "sqlite:///{tmp_path}/shop.db"

        def test_it(worker_database):
            assert worker_database(URL) == worker_database(URL) == "sqlite:///{tmp_path}/shop_gw9.db"
            Path("{tmp_path}/shop_gw9.db").touch()
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-W", "error")
    result.assert_outcomes(passed=1)
    assert not (tmp_path / "shop_gw9.db").exists()


WORKERS = """
import os

import pytest
from flask import Flask

from flask_ormsession import Database
from orm import Mapped, String, mapped_column, select

db = Database()


class Item(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)


@pytest.fixture(scope="session")
def app(worker_database):
    app = Flask("workers")
    app.config["ORM_DATABASE_URL"] = worker_database(os.environ["SHOP_URL"])
    db.init_app(app)
    with app.app_context():
        db.create_all()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("number", range(4))
def test_mine(app, worker_id, number):
    with app.app_context():
        assert f"_{worker_id}" in db.engine.url.database
        db.session.add(Item(name=f"{worker_id} {number}"))
        db.session.commit()
        names = db.session.scalars(select(Item.name)).all()
        assert all(name.startswith(f"{worker_id} ") for name in names)
"""


def test_two_real_workers(
    pytester: pytest.Pytester, db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_URL", db_url)
    pytester.makepyfile(WORKERS)
    result = pytester.runpytest_subprocess("-n", "2", "-p", "no:cacheprovider", "-W", "error")
    result.assert_outcomes(passed=4)
    for worker in ("gw0", "gw1"):
        url = testing.name_for_worker(make_url(db_url), worker)
        if testing.is_file(url):
            assert not Path(str(url.database)).exists()
            continue
        engine = create_engine(url)
        with pytest.raises(Exception, match="(?i)unknown database|does not exist"):
            engine.connect()
        engine.dispose()


def test_a_relative_file_of_a_worker_is_in_the_folder_of_the_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative names live in the instance folder of an app, which is not known here."""
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw9")
    pytester.makepyfile(
        """
        from pathlib import Path

        def test_it(worker_database, tmp_path_factory):
            url = worker_database("sqlite:///shop.db")
            path = Path(url.removeprefix("sqlite:///"))
            assert path.is_relative_to(tmp_path_factory.getbasetemp())
            assert path.name == "shop_gw9.db"
            assert worker_database("sqlite:///shop.db") == url
            path.touch()
        """
    )
    pytester.runpytest_inprocess("-p", "no:cacheprovider", "-W", "error").assert_outcomes(passed=1)
    assert not list(pytester.path.glob("**/shop_gw9.db"))


def test_databases_are_made_empty_and_dropped(db_url: str) -> None:
    url = testing.name_for_worker(make_url(db_url), "gw9")
    for _ in range(2):
        testing.make_database(url)
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE t (id INTEGER)"))
        engine.dispose()
    testing.drop_database(url)
    if url.drivername.startswith("sqlite"):
        assert not Path(str(url.database)).exists()
        return
    engine = create_engine(url)
    with pytest.raises(Exception, match="(?i)unknown database|does not exist"):
        engine.connect()
    engine.dispose()
