"""The settings: where they come from, and which are refused."""

from __future__ import annotations

import pytest
from flask import request

from example_app import create_app
from example_app.extensions import db
from flask_ormsession import ConfigError

KEY = "0123456789abcdef"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ORM_DATABASE_URL", "FLASK_SECRET_KEY", "FLASK_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)


def test_one_variable_chooses_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql+psycopg://nobody@localhost/shop"
    monkeypatch.setenv("ORM_DATABASE_URL", url)
    with create_app().app_context():
        assert str(db.engine.url) == url
    with create_app({"ORM_DATABASE_URL": "sqlite://"}).app_context():
        assert db.engine.dialect.name == "sqlite"


def test_flask_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_PER_PAGE", "7")
    assert create_app({"ORM_DATABASE_URL": "sqlite://"}).config["PER_PAGE"] == 7


@pytest.mark.parametrize("key", [None, "short"])
def test_production_needs_a_key(monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    monkeypatch.setenv("FLASK_ENVIRONMENT", "production")
    if key:
        monkeypatch.setenv("FLASK_SECRET_KEY", key)
    with pytest.raises(RuntimeError, match=r"FLASK_SECRET_KEY must be set .*token_hex"):
        create_app()


def test_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_ENVIRONMENT", "production")
    monkeypatch.setenv("FLASK_SECRET_KEY", KEY)
    config = create_app({"ORM_DATABASE_URL": "sqlite://"}).config
    assert config["SECRET_KEY"] == KEY
    assert config["SESSION_COOKIE_SECURE"]


def test_the_seeded_user_is_shown_in_development_only() -> None:
    shown = []
    for environment in ("development", "production"):
        config = {"ENVIRONMENT": environment, "SECRET_KEY": KEY, "ORM_DATABASE_URL": "sqlite://"}
        page = create_app(config).test_client().get("/login").text
        shown.append("anna@shop.example" in page)
    assert shown == [True, False]


def test_unknown_environment() -> None:
    with pytest.raises(RuntimeError, match="'staging'; it must be"):
        create_app({"ENVIRONMENT": "staging"})


def test_unknown_key_of_the_extension() -> None:
    with pytest.raises(ConfigError, match="Did you mean ORM_DATABASE_URL"):
        create_app({"ORM_DATABASE_URI": "sqlite://"})


def test_proxies_are_trusted_only_when_told() -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.example"}
    found = []
    for proxies in (0, 1):
        app = create_app({"ORM_DATABASE_URL": "sqlite://", "TRUSTED_PROXIES": proxies})
        app.add_url_rule("/root", view_func=lambda: request.url_root)
        found.append(app.test_client().get("/root", headers=headers).text)
    assert found == ["http://localhost/", "https://shop.example/"]
