"""Configuration keys: what is read, and what is refused in which words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_ormsession import ConfigError
from flask_ormsession.config import DEFAULT_URL, KEYS, read_settings


def test_defaults() -> None:
    settings = read_settings({})
    assert settings.binds[None].url == DEFAULT_URL
    assert settings.binds[None].options == {}
    assert (settings.commit, settings.lazy_loads, settings.record_queries) == ("auto", None, False)


def test_everything() -> None:
    settings = read_settings(
        {
            "ORM_DATABASE_URL": "sqlite:///a.db",
            "ORM_BINDS": {"logs": "sqlite:///l.db", "old": {"url": "sqlite://", "echo": False}},
            "ORM_ENGINE_OPTIONS": {"pool_size": 3},
            "ORM_SESSION_OPTIONS": {"autoflush": False},
            "ORM_ECHO": True,
            "ORM_COMMIT": "manual",
            "ORM_LAZY_LOADS": "raise",
            "ORM_RECORD_QUERIES": True,
            "ORM_SLOW_QUERY_MS": 250,
            "SECRET_KEY": "x",
        }
    )
    assert settings.binds[None].options == {"pool_size": 3, "echo": True}
    assert settings.binds["logs"].options == {"pool_size": 3, "echo": True}
    assert settings.binds["old"].options == {"pool_size": 3, "echo": False}
    assert settings.session_options == {"autoflush": False}
    assert (settings.commit, settings.lazy_loads, settings.slow_query_ms) == (
        "manual",
        "raise",
        250.0,
    )


def test_the_configuration_wins_over_arguments() -> None:
    settings = read_settings(
        {"ORM_ENGINE_OPTIONS": {"pool_size": 3}, "ORM_SESSION_OPTIONS": {"autoflush": True}},
        engine_options={"pool_size": 1, "pool_timeout": 2},
        session_options={"autoflush": False},
    )
    assert settings.binds[None].options == {"pool_size": 3, "pool_timeout": 2}
    assert settings.session_options == {"autoflush": True}


def test_from_prefixed_env(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_ORM_DATABASE_URL", "sqlite:///env.db")
    monkeypatch.setenv("FLASK_ORM_ECHO", "true")
    monkeypatch.setenv("FLASK_ORM_BINDS__logs", "sqlite:///logs.db")
    app = Flask("env")
    app.config.from_prefixed_env()
    settings = read_settings(app.config)
    assert settings.binds[None].url == "sqlite:///env.db"
    assert settings.binds["logs"].options == {"echo": True}


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("ORM_DATABASE_URI", "ORM_DATABASE_URL"),
        ("ORM_DATABSE_URL", "ORM_DATABASE_URL"),
        ("ORM_BIND", "ORM_BINDS"),
        ("ORM_COMIT", "ORM_COMMIT"),
        ("ORM_LAZYLOADS", "ORM_LAZY_LOADS"),
    ],
)
def test_an_unknown_key_names_the_nearest(key: str, meant: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings({key: "x"})
    assert f"{key} is not a configuration key" in str(caught.value)
    assert f"Did you mean {meant}?" in str(caught.value)


def test_an_unknown_key_like_no_other_lists_all() -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings({"ORM_XYZZY": 1})
    assert "Did you mean" not in str(caught.value)
    assert ", ".join(KEYS) in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ORM_DATABASE_URL", 3),
        ("ORM_DATABASE_URL", ""),
        ("ORM_BINDS", ["sqlite://"]),
        ("ORM_BINDS", {"logs": 3}),
        ("ORM_BINDS", {"logs": {"echo": True}}),
        ("ORM_ENGINE_OPTIONS", "echo"),
        ("ORM_SESSION_OPTIONS", 1),
        ("ORM_ECHO", "yes"),
        ("ORM_ECHO", 1),
        ("ORM_COMMIT", "sometimes"),
        ("ORM_COMMIT", True),
        ("ORM_LAZY_LOADS", "select"),
        ("ORM_RECORD_QUERIES", "on"),
        ("ORM_SLOW_QUERY_MS", "soon"),
        ("ORM_SLOW_QUERY_MS", True),
        ("ORM_SLOW_QUERY_MS", -1),
    ],
)
def test_a_wrong_value_is_named_with_its_key(key: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=key):
        read_settings({key: value})


def test_a_wrong_value_says_what_is_right() -> None:
    with pytest.raises(ConfigError, match="one of 'auto', 'manual', not 'sometimes'"):
        read_settings({"ORM_COMMIT": "sometimes"})


def test_the_documentation_has_every_key() -> None:
    page = Path(__file__).parents[2] / "docs/reference/configuration.md"
    rows = re.findall(r"^\| `(ORM_\w+)` \|", page.read_text("utf-8"), re.MULTILINE)
    assert rows == list(KEYS)


@pytest.mark.parametrize(
    ("key", "ours"),
    [
        ("SQLALCHEMY_DATABASE_URI", "ORM_DATABASE_URL"),
        ("SQLALCHEMY_BINDS", "ORM_BINDS"),
        ("SQLALCHEMY_ENGINES", "ORM_DATABASE_URL"),
    ],
)
def test_a_database_named_by_flask_sqlalchemys_key_is_not_overlooked(key: str, ours: str) -> None:
    with pytest.raises(ConfigError, match=f"{key}.*{ours}"):
        read_settings({key: "postgresql://localhost/shop"})
    both = {key: "sqlite://", "ORM_DATABASE_URL": "sqlite://", "ORM_BINDS": {}}
    assert read_settings(both).binds[None].url == "sqlite://"
