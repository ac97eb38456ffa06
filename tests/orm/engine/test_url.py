"""URLs: reading, writing, hiding the password."""

from __future__ import annotations

import pickle

import pytest

from orm import exc
from orm.engine.url import URL, make_url


@pytest.mark.parametrize(
    "text",
    [
        "sqlite://",
        "sqlite:///app.db",
        "sqlite:////srv/app.db",
        "postgresql+psycopg://me:secret@localhost:5432/shop",
        "postgresql+psycopg://me@[::1]:5432/shop",
        "mysql+pymysql://me:p%40ss%2Fw%3Ard@db.example.org/shop?charset=utf8mb4&ssl_ca=%2Fca.pem",
        "postgresql://localhost/shop?host=a&host=b",
    ],
)
def test_text_survives_the_round_trip(text: str) -> None:
    url = make_url(text)
    assert url.render_as_string(hide_password=False) == text
    assert make_url(url) is url
    assert pickle.loads(pickle.dumps(url)) == url


def test_parts() -> None:
    url = make_url("postgresql+psycopg://me:a%40b@db:5433/shop?x=1&y=2&y=3")
    assert (url.username, url.password, url.host, url.port, url.database) == (
        "me",
        "a@b",
        "db",
        5433,
        "shop",
    )
    assert url.query == {"x": "1", "y": ("2", "3")}
    assert url.normalized_query == {"x": ("1",), "y": ("2", "3")}
    assert (url.get_backend_name(), url.get_driver_name()) == ("postgresql", "psycopg")


def test_the_password_is_never_shown() -> None:
    url = make_url("mysql+pymysql://me:geheim@db/shop")
    assert "geheim" not in f"{url} {url!r} {[url]}"
    assert str(url) == "mysql+pymysql://me:***@db/shop"


@pytest.mark.parametrize(
    "text", ["", "shop", "sqlite", "sqlite:/", "://x", "postgresql:/me:geheim@db/shop"]
)
def test_what_is_no_url(text: str) -> None:
    with pytest.raises(exc.ArgumentError, match="is no database URL") as caught:
        make_url(text)
    assert "geheim" not in str(caught.value).partition(". It should")[0]


def test_wrong_port_explains_escaping() -> None:
    with pytest.raises(
        exc.ArgumentError, match="port of a database URL must be a number"
    ) as caught:
        make_url("postgresql://me@db:port/shop")
    assert "URL.create" in str(caught.value)


def test_wrong_types() -> None:
    with pytest.raises(exc.ArgumentError, match="string or a URL"):
        make_url(None)  # type: ignore[arg-type]
    with pytest.raises(exc.ArgumentError, match="host"):
        URL.create("sqlite", host=3)  # type: ignore[arg-type]
    with pytest.raises(exc.ArgumentError, match="connect_args"):
        URL.create("sqlite", query={"timeout": 3})  # type: ignore[dict-item]


def test_set_and_query_updates() -> None:
    url = make_url("postgresql://me:x@db/shop?a=1")
    assert str(url.set(host="other", port=1)) == "postgresql://me:***@other:1/shop?a=1"
    assert url.update_query_dict({"b": "2"}).query == {"a": "1", "b": "2"}
    assert url.update_query_dict({"a": "2"}, append=True).query == {"a": ("1", "2")}
    assert url.update_query_string("a=3&c=4").query == {"a": "3", "c": "4"}
    assert url.difference_update_query(["a"]).query == {}
    with pytest.raises(exc.ArgumentError, match="no part"):
        url.set(hostname="x")


def test_create_escapes_nothing_until_rendered() -> None:
    url = URL.create("postgresql", "me", "p@ss/w:rd", "db", database="a b")
    assert url.password == "p@ss/w:rd"
    assert make_url(url.render_as_string(hide_password=False)) == url
