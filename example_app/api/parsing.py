"""Reads JSON bodies. What does not fit is a 400 that names the member and what it should be."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

from flask import request
from werkzeug.exceptions import BadRequest

LARGEST_INT: Final = 2**31 - 1
LARGEST_PRICE: Final = Decimal("99999999.99")


def read_object() -> Mapping[str, Any]:
    """Return the body, which must be a JSON object."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object, sent as application/json.")
    return body


def check_members(body: Mapping[str, Any], allowed: frozenset[str]) -> None:
    """Refuse members that nobody would look at: they are mistakes."""
    if unknown := sorted(set(body) - allowed):
        raise BadRequest(f"Unknown member {unknown[0]!r}. Known are: {', '.join(sorted(allowed))}.")


def get_int(body: Mapping[str, Any], name: str, lowest: int = 0) -> int:
    """Return an integer from `lowest` to the largest that the database keeps."""
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        _refuse(name, "an integer", value)
    if not lowest <= value <= LARGEST_INT:
        _refuse(name, f"between {lowest} and {LARGEST_INT}", value)
    return value


def get_text(body: Mapping[str, Any], name: str, longest: int, shortest: int = 0) -> str:
    """Return a text without blanks around it."""
    value = body.get(name)
    if not isinstance(value, str) or "\x00" in value:
        _refuse(name, "a text", value)
    value = value.strip()
    if not shortest <= len(value) <= longest:
        _refuse(name, f"{shortest} to {longest} characters long", value)
    return value


def get_price(body: Mapping[str, Any], name: str) -> Decimal:
    """Return an amount of money with at most two decimals, given as a text or a number."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        _refuse(name, 'an amount such as "12.50"', value)
    try:
        price = Decimal(str(value))
        fits = 0 <= price <= LARGEST_PRICE and price == price.quantize(Decimal("0.01"))
    except InvalidOperation:
        fits = False
    if not fits:
        _refuse(name, f'an amount from 0 to {LARGEST_PRICE} with two decimals, "12.50"', value)
    return price


def get_list(body: Mapping[str, Any], name: str) -> list[Any]:
    """Return a list."""
    value = body.get(name)
    if not isinstance(value, list):
        _refuse(name, "a list", value)
    return value


def get_arg_int(name: str) -> int | None:
    """Return an id from the query string, None without one; an id no row can have is a 400."""
    text = request.args.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:20]) <= LARGEST_INT:
        _refuse(name, f"an integer between 1 and {LARGEST_INT}", text)
    return int(text)


def _refuse(name: str, wanted: str, value: object) -> NoReturn:
    shown = repr(value)
    if len(shown) > 40:
        shown = shown[:40] + "…"
    raise BadRequest(f"{name!r} must be {wanted}; it is {shown}.")
