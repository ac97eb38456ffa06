"""The configuration: `ORM_*` keys of an app, read once and checked, as one frozen `Settings`.

Keys may come from a file, from Python, or from the environment with `app.config.from_prefixed_env()`
(`FLASK_ORM_DATABASE_URL=...`). A key that begins with `ORM_` and is not one of ours is refused with
the nearest known name, because a setting that is silently ignored is found out in production.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from flask_ormsession.errors import ConfigError

CommitMode = Literal["auto", "manual"]
LazyLoads = Literal["peers", "one", "raise", "warn"]

DEFAULT_URL = "sqlite:///app.db"


@dataclass(frozen=True, slots=True)
class BindSettings:
    """One database: its URL, and the keyword arguments for `orm.create_engine`."""

    url: Any
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an app configured. `binds` holds the default database under None."""

    binds: Mapping[str | None, BindSettings]
    session_options: Mapping[str, Any]
    commit: CommitMode
    lazy_loads: LazyLoads | None
    record_queries: bool
    slow_query_ms: float | None
    statement_timeout_ms: float | None
    track_modifications: bool


KEYS: Mapping[str, str] = {
    "ORM_DATABASE_URL": "URL of the default database; default: app.db in the instance folder",
    "ORM_BINDS": "further databases: name -> URL, or name -> dict with 'url' and engine options",
    "ORM_ENGINE_OPTIONS": "keyword arguments for orm.create_engine, for every database",
    "ORM_SESSION_OPTIONS": "keyword arguments for orm.Session",
    "ORM_ECHO": "log the statements: True, False or 'debug' (also the rows)",
    "ORM_COMMIT": "'auto': commit by the outcome of the request; 'manual': only when told",
    "ORM_LAZY_LOADS": "'peers', 'one', 'raise' or 'warn': what a lazy load does",
    "ORM_RECORD_QUERIES": "keep the statements of a context for get_recorded_queries()",
    "ORM_TRACK_MODIFICATIONS": "False: models_committed and before_models_committed are never sent",
    "ORM_STATEMENT_TIMEOUT_MS": "the database stops statements that take longer",
    "ORM_SLOW_QUERY_MS": "log a warning and send `slow_query` for statements that took longer",
}

# Names that people bring along, and the key which means the same.
_RENAMED = {
    "ORM_DATABASE_URI": "ORM_DATABASE_URL",
    "ORM_URL": "ORM_DATABASE_URL",
    "ORM_URI": "ORM_DATABASE_URL",
    "ORM_DATABASE": "ORM_DATABASE_URL",
    "ORM_AUTOCOMMIT": "ORM_COMMIT",
    "ORM_COMMIT_ON_TEARDOWN": "ORM_COMMIT",
}

# Keys of other extensions. With one of them alone the app would run on an empty default database.
_FOREIGN = {
    "SQLALCHEMY_DATABASE_URI": "ORM_DATABASE_URL",
    "SQLALCHEMY_BINDS": "ORM_BINDS",
    "SQLALCHEMY_ENGINES": "ORM_DATABASE_URL and ORM_BINDS",
}


def read_settings(
    config: Mapping[str, Any],
    *,
    engine_options: Mapping[str, Any] | None = None,
    session_options: Mapping[str, Any] | None = None,
) -> Settings:
    """Return the checked settings of an app configuration.

    engine_options, session_options: defaults given to `Database`, which the configuration overrides.
    Raises ConfigError for an unknown `ORM_` key and for a value of the wrong kind.
    """
    refuse_unknown_keys(config)
    refuse_foreign_keys(config)
    common = {**(engine_options or {}), **_mapping(config, "ORM_ENGINE_OPTIONS")}
    echo = _one_of(config, "ORM_ECHO", (True, False, "debug"), None)
    if echo is not None:
        common["echo"] = echo
    return Settings(
        binds=_read_binds(config, common),
        session_options={**(session_options or {}), **_mapping(config, "ORM_SESSION_OPTIONS")},
        commit=_one_of(config, "ORM_COMMIT", get_args(CommitMode), "auto"),
        lazy_loads=_one_of(config, "ORM_LAZY_LOADS", get_args(LazyLoads), None),
        record_queries=_one_of(config, "ORM_RECORD_QUERIES", (True, False), False),
        slow_query_ms=_positive_number(config, "ORM_SLOW_QUERY_MS"),
        statement_timeout_ms=_positive_number(config, "ORM_STATEMENT_TIMEOUT_MS"),
        track_modifications=_one_of(config, "ORM_TRACK_MODIFICATIONS", (True, False), True),
    )


def refuse_unknown_keys(config: Mapping[str, Any]) -> None:
    """Raise ConfigError for the first `ORM_` key which is not ours, naming the nearest that is."""
    for key in config:
        if key.startswith("ORM_") and key not in KEYS:
            near = _RENAMED.get(key) or next(iter(difflib.get_close_matches(key, KEYS, 1, 0.7)), "")
            advice = f"Did you mean {near}? ({KEYS[near]}.) " if near else ""
            raise ConfigError(
                f"{key} is not a configuration key of Flask-ORMSession. {advice}"
                f"The keys are: {', '.join(KEYS)}."
            )


def refuse_foreign_keys(config: Mapping[str, Any]) -> None:
    """Raise ConfigError if the databases are named by keys of Flask-SQLAlchemy only."""
    if config.get("ORM_DATABASE_URL") is not None:
        return
    for key, ours in _FOREIGN.items():
        if config.get(key):
            raise ConfigError(
                f"{key} is a key of another extension, which Flask-ORMSession does not read: write "
                f"{ours} instead. An app that has both extensions sets ORM_DATABASE_URL, too."
            )


def _read_binds(
    config: Mapping[str, Any], common: Mapping[str, Any]
) -> dict[str | None, BindSettings]:
    url = config.get("ORM_DATABASE_URL")
    if url is None:
        url = DEFAULT_URL
    _check_url("ORM_DATABASE_URL", url)
    binds: dict[str | None, BindSettings] = {None: BindSettings(url, dict(common))}
    for name, value in _mapping(config, "ORM_BINDS").items():
        binds[name] = _read_bind(f"ORM_BINDS[{name!r}]", value, common)
    return binds


def _read_bind(where: str, value: Any, common: Mapping[str, Any]) -> BindSettings:
    if isinstance(value, Mapping):
        options = dict(value)
        if "url" not in options:
            raise ConfigError(
                f"{where} has no 'url'. Write the URL itself, or a dict with 'url' and options "
                "for orm.create_engine, as {'url': 'sqlite:///reports.db', 'echo': True}."
            )
        url = options.pop("url")
        _check_url(where, url)
        return BindSettings(url, {**common, **options})
    _check_url(where, value)
    return BindSettings(value, dict(common))


def _check_url(where: str, value: Any) -> None:
    is_url = isinstance(value, str) or hasattr(value, "drivername")
    if not is_url or value == "":
        raise ConfigError(
            f"{where} is {value!r}, which is not a database URL. Write one such as "
            "'sqlite:///app.db', 'postgresql+psycopg://user:secret@host/name' or "
            "'mysql+pymysql://user:secret@host/name'."
        )


def _mapping(config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = config.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigError(f"{key} must be a dict ({KEYS[key]}), not {value!r}.")
    return value


def _one_of(config: Mapping[str, Any], key: str, allowed: tuple[Any, ...], default: Any) -> Any:
    value = config.get(key)
    if value is None:
        return default
    # 1 == True, and an environment variable that is not JSON arrives as text: neither is taken
    # for a word that was not written.
    if not any(value == word and type(value) is type(word) for word in allowed):
        words = ", ".join(repr(word) for word in allowed)
        raise ConfigError(f"{key} must be one of {words}, not {value!r} ({KEYS[key]}).")
    return value


def _positive_number(config: Mapping[str, Any], key: str) -> float | None:
    value = config.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ConfigError(f"{key} must be a number of milliseconds, not {value!r} ({KEYS[key]}).")
    return float(value)
