"""Pages by position instead of number: `db.paginate(statement, by="keyset")`.

A page continues after the last row that the reader has seen, by the values that it is ordered by, so it
costs the same however far one has come, and rows which are inserted or deleted in between neither
repeat nor hide others. There are no page numbers, only next and previous.

The position travels as a cursor in `?cursor=`: the values of the row's order and a direction, signed
with the app's secret key, so that readers cannot make their own (they can read it, though). A cursor
belongs to one order; that of another is refused like one that was tampered with.

NULLs come where the database puts them (PostgreSQL: as if larger than everything; SQLite and MariaDB:
smaller), or where `nulls_first()` and `nulls_last()` ask for. The primary key is added to the order.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import enum
import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flask import abort, current_app, has_request_context, request
from itsdangerous import BadSignature, URLSafeSerializer

from flask_ormsession.errors import ConfigError, OrmSessionError
from flask_ormsession.links import LinkedPage
from orm import Select, Session, and_, exc, inspect, or_

if TYPE_CHECKING:
    from orm import ColumnElement

T = TypeVar("T")

_SALT = "flask_ormsession.keyset"
_NULLS_SMALL = ("sqlite", "mysql", "mariadb")


@dataclass(slots=True)
class KeysetPage(LinkedPage, Generic[T]):
    """One page: its items, and the cursors of its neighbours (None where there is none).

    total: the number of items on all pages, None unless it was counted.
    """

    items: list[T]
    per_page: int
    next_cursor: str | None
    prev_cursor: str | None
    total: int | None = None
    statement: Select[Any] | None = field(default=None, repr=False)

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def has_next(self) -> bool:
        """Whether there is a page after this."""
        return self.next_cursor is not None

    @property
    def has_prev(self) -> bool:
        """Whether there is a page before this."""
        return self.prev_cursor is not None

    def link_arguments(self) -> dict[str, dict[str, Any]]:
        """Return the query arguments of the neighbours: first, prev, next."""
        found: dict[str, dict[str, Any]] = {"first": {"cursor": None}}
        if self.prev_cursor is not None:
            found["prev"] = {"cursor": self.prev_cursor}
        if self.next_cursor is not None:
            found["next"] = {"cursor": self.next_cursor}
        return found


@dataclass(frozen=True, slots=True)
class SortKey:
    """One member of the order.

    nulls_first: where NULLs come in this direction. explicit: the statement says so itself.
    """

    column: Any
    descending: bool
    nulls_first: bool
    explicit: bool
    nullable: bool

    def reversed(self) -> SortKey:
        """The same, read backwards."""
        return SortKey(
            self.column, not self.descending, not self.nulls_first, self.explicit, self.nullable
        )

    def order(self, dialect: str) -> list[Any]:
        """Return the members of ORDER BY for it."""
        ordered = self.column.desc() if self.descending else self.column.asc()
        if not self.explicit or not self.nullable:
            return [ordered]
        if dialect in ("mysql", "mariadb"):  # which have no NULLS FIRST
            missing = self.column.is_(None)
            return [missing.desc() if self.nulls_first else missing.asc(), ordered]
        return [ordered.nulls_first() if self.nulls_first else ordered.nulls_last()]

    def equals(self, value: Any) -> Any:
        """The condition that a row has this value here."""
        return self.column.is_(None) if value is None else self.column == value

    def follows(self, value: Any) -> Any | None:
        """The condition that a row comes after this value; None if none can."""
        if value is None:
            return self.column.is_not(None) if self.nulls_first else None
        after: ColumnElement[bool] = self.column < value if self.descending else self.column > value
        if self.nullable and not self.nulls_first:
            return or_(after, self.column.is_(None))
        return after


def paginate(
    session: Session,
    statement: Select[Any],
    *,
    per_page: int,
    cursor: str | None = None,
    error_out: bool = True,
    count: Callable[[], int] | None = None,
) -> KeysetPage[Any]:
    """Return the page of a select at a cursor.

    cursor: from another page; by default the request's argument `cursor`, else the first page.
    error_out: abort with 404 for a cursor that is not ours; otherwise it is the first page.
    count: how to count the items of all pages, if they are to be.
    Raises ConfigError without a secret key, OrmSessionError for a statement without an entity or
    with an order that has no values.
    """
    dialect = session.get_bind(clause=statement).dialect.name
    keys = find_sort_keys(statement, dialect)
    signer = _make_signer(keys)
    position = _read_cursor(signer, cursor, len(keys), error_out)
    backwards, values = position if position is not None else (False, None)
    walked = [key.reversed() for key in keys] if backwards else keys
    limited = statement.order_by(None).order_by(
        *(member for key in walked for member in key.order(dialect))
    )
    if values is not None:
        limited = limited.where(make_condition(walked, values))
    items, found = _load(
        session, limited.limit(per_page + 1), len(statement.column_descriptions), keys
    )
    more = len(items) > per_page
    items, found = items[:per_page], found[:per_page]
    if backwards:
        items.reverse()
        found.reverse()
    has_next = bool(items) and (backwards or more)
    has_prev = bool(items) and (more if backwards else values is not None)
    return KeysetPage(
        items,
        per_page,
        _write_cursor(signer, False, found[-1]) if has_next else None,
        _write_cursor(signer, True, found[0]) if has_prev else None,
        None if count is None else count(),
        statement,
    )


def find_sort_keys(statement: Select[Any], dialect: str) -> list[SortKey]:
    """Return the order of a select, with the primary key of its first entity at the end."""
    keys = [_make_sort_key(clause, dialect) for clause in statement.order_by_clauses]
    entity = next((d["entity"] for d in statement.column_descriptions if d.get("entity")), None)
    if entity is None:
        raise OrmSessionError(
            "Pages by keyset need a select of a mapped class, whose primary key decides between rows "
            f"that are ordered alike; this one selects {statement.column_descriptions!r:.200}."
        )
    mapped = inspect(entity)
    mapper = getattr(mapped, "mapper", mapped)
    descending = bool(keys) and keys[-1].descending
    seen = {str(key.column) for key in keys}
    for column in mapper.primary_key:
        attribute = getattr(entity, mapper.get_property_by_column(column).key)
        element = attribute.__clause_element__()
        if str(element) not in seen:
            keys.append(SortKey(element, descending, False, False, False))
    return keys


def _make_sort_key(clause: Any, dialect: str) -> SortKey:
    """Take a member of ORDER BY apart: NULLS FIRST around DESC around the column."""
    descending, nulls = False, None
    while (modifier := getattr(clause, "modifier", None)) is not None:
        name = modifier.__name__
        if name.startswith("desc"):
            descending = True
        elif name.startswith("nulls"):
            nulls = "first" in name
        clause = clause.element
    if not hasattr(clause, "is_not"):
        raise OrmSessionError(
            f"Pages by keyset cannot be ordered by {clause!r}: order by a column or an expression "
            "instead of a name or number."
        )
    small = dialect in _NULLS_SMALL
    first = nulls if nulls is not None else small != descending
    nullable = getattr(clause, "nullable", True) is not False
    return SortKey(clause, descending, first, nulls is not None, nullable)


def make_condition(keys: Sequence[SortKey], values: Sequence[Any]) -> Any:
    """Return the condition that a row comes after these values in this order.

    (a > 1) OR (a = 1 AND b > 2) OR ...: row values would not do for mixed directions or NULLs.
    """
    cases = []
    equal: list[Any] = []
    for key, value in zip(keys, values, strict=True):
        after = key.follows(value)
        if after is not None:
            cases.append(and_(*equal, after))
        equal.append(key.equals(value))
    return or_(*cases)


def _load(
    session: Session, statement: Select[Any], width: int, keys: Sequence[SortKey]
) -> tuple[list[Any], list[tuple[Any, ...]]]:
    """Return the items, and for each the values of its order."""
    extra = [key.column.label(f"keyset_{index}") for index, key in enumerate(keys)]
    rows = session.execute(statement.add_columns(*extra)).unique().all()
    items = [row[0] if width == 1 else tuple(row)[:width] for row in rows]
    return items, [tuple(row)[width:] for row in rows]


# -- cursors


def _make_signer(keys: Sequence[SortKey]) -> URLSafeSerializer:
    secret = current_app.secret_key
    if not secret:
        raise ConfigError(
            "Pages by keyset sign their cursors with the app's secret key, and it has none: set "
            "SECRET_KEY, to the output of python -c 'import secrets; print(secrets.token_hex())'."
        )
    order = ", ".join(f"{key.column} {key.descending} {key.nulls_first}" for key in keys)
    fingerprint = hashlib.sha256(order.encode()).hexdigest()
    return URLSafeSerializer(secret, salt=f"{_SALT}.{fingerprint}")


def _write_cursor(signer: URLSafeSerializer, backwards: bool, values: tuple[Any, ...]) -> str:
    text = signer.dumps([int(backwards), *map(pack, values)])
    return text if isinstance(text, str) else text.decode()


def _read_cursor(
    signer: URLSafeSerializer, given: str | None, width: int, error_out: bool
) -> tuple[bool, list[Any]] | None:
    if given is None and has_request_context():
        given = request.args.get("cursor") or None
    if given is None:
        return None
    try:
        backwards, *values = signer.loads(given)
        if len(values) == width:
            return bool(backwards), [unpack(value) for value in values]
    except (BadSignature, ValueError, TypeError, KeyError):
        pass
    if error_out:
        abort(404)
    return None


def pack(value: Any) -> Any:
    """Return a value as JSON can hold it: itself, or [tag, text]."""
    if isinstance(value, enum.Enum):
        raise exc.ArgumentError(
            f"Pages by keyset cannot be ordered by an Enum such as {value!r}: databases differ in "
            "how they order those. Order by another column."
        )
    if value is None or isinstance(value, bool | int | float | str):
        return value
    for tag, (kind, write, _read) in _TAGS.items():
        if isinstance(value, kind):
            return [tag, write(value)]
    raise exc.ArgumentError(
        f"Pages by keyset cannot be ordered by a {type(value).__name__} such as {value!r}. Order by "
        "numbers, text, dates, times, UUIDs or bytes."
    )


def unpack(packed: Any) -> Any:
    """Return the value that `pack` was given."""
    if not isinstance(packed, list):
        return packed
    tag, text = packed
    return _TAGS[tag][2](text)


# A datetime is a date too, so it comes first.
_TAGS: dict[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]] = {
    "dt": (datetime.datetime, datetime.datetime.isoformat, datetime.datetime.fromisoformat),
    "d": (datetime.date, datetime.date.isoformat, datetime.date.fromisoformat),
    "t": (datetime.time, datetime.time.isoformat, datetime.time.fromisoformat),
    "i": (
        datetime.timedelta,
        lambda value: f"{value.days},{value.seconds},{value.microseconds}",
        lambda text: datetime.timedelta(*map(int, text.split(","))),
    ),
    "n": (decimal.Decimal, str, decimal.Decimal),
    "u": (uuid.UUID, str, uuid.UUID),
    "b": (
        bytes,
        lambda value: base64.b64encode(value).decode(),
        lambda text: base64.b64decode(text),
    ),
}
