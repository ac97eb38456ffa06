"""One object or 404: keys that come from a URL are checked before they reach the database.

A database would answer `'abc'` for an integer key with an error that breaks the transaction
(PostgreSQL), or take '12abc' for 12 (MariaDB); neither is what a URL deserves.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

from flask import abort

from orm import Select, Session, exc, inspect

T = TypeVar("T")

_BIGINT = range(-(2**63), 2**63)


class BadIdent(ValueError):
    """A key which no row can have."""


def get_or_404(
    session: Session, entity: type[T], ident: Any, description: str | None, **options: Any
) -> T:
    """Return the object with this primary key, or abort with 404. Options: those of Session.get."""
    try:
        key = clean_ident(entity, ident)
    except BadIdent:
        abort_missing(description)
    found: T | None = session.get(entity, key, **options)
    if found is None:
        abort_missing(description)
    return found


def first_or_404(session: Session, statement: Select[Any], description: str | None) -> Any:
    """Return the first value of the result, or abort with 404."""
    require_select(statement, "first_or_404()")
    found = session.execute(statement).scalar()
    if found is None:
        abort_missing(description)
    return found


def one_or_404(session: Session, statement: Select[Any], description: str | None) -> Any:
    """Return the only value of the result, or abort with 404."""
    require_select(statement, "one_or_404()")
    try:
        return session.execute(statement).scalar_one()
    except (exc.NoResultFound, exc.MultipleResultsFound):
        abort_missing(description)


def require_select(statement: Any, name: str) -> None:
    """Raise ArgumentError for a model in place of a select of it."""
    if isinstance(statement, type):
        model = statement.__name__
        raise exc.ArgumentError(f"{name} takes a statement, not a class: write select({model}).")


def abort_missing(description: str | None) -> NoReturn:
    """Answer 404."""
    abort(404, description=description)


def clean_ident(entity: type[Any], ident: Any) -> Any:
    """Return a primary key with each value of the column's Python type.

    Raises BadIdent for a value that the column cannot hold.
    """
    columns = inspect(entity).primary_key
    if isinstance(ident, Mapping):
        names = [inspect(entity).get_property_by_column(column).key for column in columns]
        by_name = dict(zip(names, columns, strict=True))
        return {key: clean_value(by_name.get(key), value) for key, value in ident.items()}
    values = ident if isinstance(ident, tuple | list) else (ident,)
    if len(values) != len(columns):
        return ident  # a mistake of the view, which Session.get explains
    cleaned = tuple(map(clean_value, columns, values))
    return cleaned if len(cleaned) > 1 else cleaned[0]


def clean_value(column: Any, value: Any) -> Any:
    """Return one value of a key in the column's type. Raises BadIdent if it has no place there."""
    kind = _python_type(column)
    if value is None:
        raise BadIdent(value)
    if kind is int:
        return _clean_integer(value)
    if kind is uuid.UUID and not isinstance(value, uuid.UUID):
        try:
            return uuid.UUID(str(value))
        except ValueError:
            raise BadIdent(value) from None
    if kind is str:
        if not isinstance(value, str) or "\x00" in value:
            raise BadIdent(value)
    return value


def _clean_integer(value: Any) -> int:
    if isinstance(value, str):
        if not (value.isascii() and value.removeprefix("-").isdigit() and len(value) < 21):
            raise BadIdent(value)
        value = int(value)
    if not isinstance(value, int) or value not in _BIGINT:
        raise BadIdent(value)
    return value


def _python_type(column: Any) -> type | None:
    try:
        kind: type = column.type.python_type
    except (AttributeError, NotImplementedError):
        return None
    return kind
