"""The rows of the benchmarks: every library reads and writes the same ones."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

PEOPLE = 100_000
LOADED = 10_000
WIDE = 5_000
PARENTS = 1_000
CHILDREN = 10
ARTICLES = 1_000
TAGS = 50
TAGS_OF_AN_ARTICLE = 5

#: the columns of the person table, in order
PERSON = ("id", "name", "email", "age", "score", "city", "active", "joined")

FIRST_DAY = datetime(2020, 1, 1, 12, 30)


class Status(enum.Enum):
    """The enumeration of the wide table; stored by name."""

    new = "n"
    paid = "p"
    sent = "s"


STATUSES = tuple(Status)


def person(number: int) -> tuple[Any, ...]:
    """Return the values of one person, in the order of PERSON."""
    return (
        number,
        f"Person {number}",
        f"person{number}@example.org",
        18 + number % 60,
        number / 7,
        None if number % 5 == 0 else f"City {number % 100}",
        number % 3 != 0,
        FIRST_DAY + timedelta(hours=number),
    )


def new_person(number: int) -> dict[str, Any]:
    """Return the values of a person that has no key yet, by name."""
    return dict(zip(PERSON[1:], person(number)[1:], strict=True))


def wide(number: int) -> tuple[Any, ...]:
    """Return id, price, at, status, payload and token of one wide row."""
    return (
        number,
        Decimal(number) / 100,
        FIRST_DAY + timedelta(minutes=number),
        STATUSES[number % 3],
        {"number": number, "labels": ["a", "b"], "deep": {"x": number / 4}},
        UUID(int=number * 7919),
    )


def article_tags() -> Iterator[tuple[int, int]]:
    """Yield (article, tag) of every link."""
    for article in range(1, ARTICLES + 1):
        for place in range(TAGS_OF_AN_ARTICLE):
            yield article, (article * 7 + place * 11) % TAGS + 1


def children() -> Iterator[tuple[int, str, int]]:
    """Yield the rows of the child table."""
    for number in range(1, PARENTS * CHILDREN + 1):
        yield number, f"Child {number}", (number - 1) // CHILDREN + 1
