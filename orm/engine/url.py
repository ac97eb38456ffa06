"""Database URLs: `dialect+driver://user:password@host:port/database?option=value`."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from orm import exc
from orm.util.collections import immutabledict
from orm.util.record import Record

_QueryValue = str | tuple[str, ...]


class URL(Record):
    """Where a database is, immutable. `str()` and `repr()` never show the password.

    query: option -> value, or a tuple of values where the option was repeated.
    """

    drivername: str
    username: str | None = None
    password: str | None = None
    host: str | None = None
    port: int | None = None
    database: str | None = None
    query: immutabledict[str, _QueryValue] = immutabledict()

    @classmethod
    def create(
        cls,
        drivername: str,
        username: str | None = None,
        password: Any = None,
        host: str | None = None,
        port: int | None = None,
        database: str | None = None,
        query: Mapping[str, str | Sequence[str]] | None = None,
    ) -> URL:
        """Return a URL of parts as they are, with nothing escaped.

        Raises exc.ArgumentError if a part is of the wrong type.
        """
        if not isinstance(drivername, str) or not drivername:
            raise exc.ArgumentError(
                f"drivername must be a string such as 'sqlite', not {drivername!r}."
            )
        for name, part in (("username", username), ("host", host), ("database", database)):
            if part is not None and not isinstance(part, str):
                raise exc.ArgumentError(f"{name} must be a string or None, not {part!r}.")
        return cls(
            drivername,
            username,
            None if password is None else str(password),
            host,
            _to_port(port),
            database,
            _freeze_query(query or {}),
        )

    def set(self, **parts: Any) -> URL:
        """Return a copy with these parts replaced; `query` replaces the whole query."""
        known = {
            "drivername", "username", "password", "host", "port", "database", "query",
        }  # fmt: skip
        if unknown := parts.keys() - known:
            raise exc.ArgumentError(
                f"A URL has no part {sorted(unknown)}; its parts are {sorted(known)}."
            )
        merged = {name: getattr(self, name) for name in known} | {
            name: value for name, value in parts.items() if value is not None
        }
        return URL.create(**merged)

    def update_query_dict(
        self, query_parameters: Mapping[str, str | Sequence[str]], append: bool = False
    ) -> URL:
        """Return a copy with options set; with `append` their values join the present ones."""
        merged: dict[str, Any] = dict(self.query)
        for name, value in query_parameters.items():
            if append and name in merged:
                merged[name] = (*_as_tuple(merged[name]), *_as_tuple(value))
            else:
                merged[name] = value
        return self._replace(query=_freeze_query(merged))

    def update_query_pairs(
        self, key_value_pairs: Sequence[tuple[str, str]], append: bool = False
    ) -> URL:
        """Like update_query_dict(), of pairs in which an option may occur repeatedly."""
        collected: dict[str, Any] = {}
        for name, value in key_value_pairs:
            collected[name] = (*_as_tuple(collected.get(name, ())), value)
        return self.update_query_dict(
            {k: v[0] if len(v) == 1 else v for k, v in collected.items()}, append
        )

    def update_query_string(self, query_string: str, append: bool = False) -> URL:
        """Like update_query_pairs(), of text such as "a=1&b=2"."""
        return self.update_query_pairs(_parse_options(query_string), append)

    def difference_update_query(self, names: Sequence[str]) -> URL:
        """Return a copy without these options."""
        kept = {name: value for name, value in self.query.items() if name not in set(names)}
        return self._replace(query=_freeze_query(kept))

    @property
    def normalized_query(self) -> Mapping[str, Sequence[str]]:
        """The query with every value a tuple."""
        return immutabledict({name: _as_tuple(value) for name, value in self.query.items()})

    def get_backend_name(self) -> str:
        """Return the dialect's name: "postgresql" of "postgresql+psycopg"."""
        return self.drivername.partition("+")[0]

    def get_dialect(self) -> type[Any]:
        """Return the class of the dialect. Raises exc.NoSuchModuleError naming what there is."""
        found: type[Any] = importlib.import_module("orm.engine.registry").load_dialect(self)
        return found

    def get_driver_name(self) -> str:
        """Return the driver's name, "" if the URL leaves the choice to the dialect."""
        return self.drivername.partition("+")[2]

    def render_as_string(self, hide_password: bool = True) -> str:
        """Return the URL as text; the password is shown only with hide_password=False."""
        from urllib.parse import quote, quote_plus  # see _unescape()

        text = f"{self.drivername}://"
        if self.username is not None:
            text += quote(self.username, safe=" +")
        if self.password is not None:
            shown = "***" if hide_password else quote(self.password, safe=" +")
            text += f":{shown}"
        if self.username is not None or self.password is not None:
            text += "@"
        if self.host is not None:
            text += f"[{self.host}]" if ":" in self.host else self.host
        if self.port is not None:
            text += f":{self.port}"
        if self.database is not None:
            text += f"/{quote(self.database, safe=' +/:@!$&(),;=~*')}"
        if self.query:
            text += "?" + "&".join(
                f"{quote_plus(name)}={quote_plus(value)}"
                for name in sorted(self.query)
                for value in _as_tuple(self.query[name])
            )
        return text

    def translate_connect_args(
        self, names: Sequence[str] | None = None, **renamed: str
    ) -> dict[str, Any]:
        """Return the parts which are set as keyword arguments, some under other names."""
        made = {}
        for name in ("host", "database", "username", "password", "port"):
            value = getattr(self, name)
            if value is not None and value != "":
                made[renamed.get(name, name)] = value
        return made

    def __str__(self) -> str:
        return self.render_as_string()

    def __repr__(self) -> str:
        return self.render_as_string()

    def __copy__(self) -> URL:
        return self

    def __deepcopy__(self, memo: Any) -> URL:
        return self


def _as_tuple(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _freeze_query(query: Mapping[str, Any]) -> immutabledict[str, _QueryValue]:
    frozen: dict[str, _QueryValue] = {}
    for name, value in query.items():
        if not isinstance(name, str):
            raise exc.ArgumentError(f"Names of URL options must be strings, not {name!r}.")
        if isinstance(value, str):
            frozen[name] = value
        elif isinstance(value, (tuple, list)) and all(isinstance(one, str) for one in value):
            frozen[name] = tuple(value)
        else:
            raise exc.ArgumentError(
                f"The URL option {name!r} must be a string or a list of strings, not {value!r}. "
                "Values of other types go into create_engine(..., connect_args={...})."
            )
    return immutabledict(frozen)


def _to_port(port: Any) -> int | None:
    if port is None or port == "":
        return None
    try:
        return int(port)
    except (TypeError, ValueError):
        raise exc.ArgumentError(
            f"The port of a database URL must be a number, not {port!r}. A password that contains "
            "'@', ':' or '/' has to be escaped: use URL.create(...), or urllib.parse.quote_plus()."
        ) from None


def make_url(name_or_url: str | URL) -> URL:
    """Return the URL of its text; a URL object is returned as it is.

    Raises exc.ArgumentError if the text is no URL. The message never shows the text between
    "://" and "@".
    """
    if isinstance(name_or_url, URL):
        return name_or_url
    if not isinstance(name_or_url, str):
        raise exc.ArgumentError(
            f"A database URL must be a string or a URL object, not {type(name_or_url).__name__}."
        )
    drivername, separator, rest = name_or_url.strip().partition("://")
    if not separator or not drivername.replace("+", "_").isidentifier():
        raise exc.ArgumentError(
            f"{_mask(name_or_url)!r} is no database URL. It should read "
            "'dialect+driver://user:password@host:port/database', for example "
            "'sqlite:///app.db', 'postgresql+psycopg://me:secret@localhost/shop' or "
            "'mysql+pymysql://me:secret@localhost/shop'."
        )
    rest, _, options = rest.partition("?")
    server, _, database = rest.partition("/")
    login, _, address = server.rpartition("@")
    username, colon, password = login.partition(":")
    host, port = _split_address(address)
    query: dict[str, Any] = {}
    for key, value in _parse_options(options):
        query[key] = (*_as_tuple(query[key]), value) if key in query else value
    return URL(
        drivername=drivername,
        username=_unescape(username) or None,
        password=_unescape(password) if colon else None,
        host=host or None,
        port=_to_port(port or None),
        database=_unescape(database) or None,
        query=_freeze_query(query),
    )


def _unescape(text: str) -> str:
    if "%" not in text:
        return text
    # few URLs have anything to unescape, and `urllib.parse` takes long to load
    from urllib.parse import unquote

    return unquote(text)


def _parse_options(text: str) -> list[tuple[str, str]]:
    if not text:
        return []
    from urllib.parse import parse_qsl  # see _unescape()

    return parse_qsl(text, keep_blank_values=True)


def _split_address(address: str) -> tuple[str, str]:
    """Return host and port of `host:port`; an IPv6 host stands in brackets."""
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        return host, rest.removeprefix(":")
    host, _, port = address.partition(":")
    return host, port


def _mask(text: str) -> str:
    return re.sub(r"(:/{0,2}).*@", r"\1***@", text, flags=re.DOTALL)
