"""Pages of a select, by number; `keyset` has those by position.

`?page=` and `?per_page=` come from strangers: what is no number, below 1 or beyond what a database can
count is a 404 (or with `error_out=False` the nearest sensible value), never an error of the server.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any, Generic, TypeVar

from flask import abort, has_request_context, request

from flask_ormsession.links import LinkedPage
from orm import Select, Session, func, select

T = TypeVar("T")

DEFAULT_PER_PAGE = 20
LARGEST = 2**63 - 1  # what LIMIT and OFFSET can hold on every database


@dataclass(slots=True)
class Pagination(LinkedPage, Generic[T]):
    """One page: its items, and what is needed to make links to others.

    total: the number of items on all pages, None when it was not counted.
    """

    items: list[T]
    page: int
    per_page: int
    total: int | None
    statement: Select[Any]
    session: Session
    error_out: bool = True
    max_per_page: int | None = None
    has_more: bool = False

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def pages(self) -> int:
        """The number of pages; 0 if nothing was found or nothing was counted."""
        return ceil(self.total / self.per_page) if self.total else 0

    @property
    def first(self) -> int:
        """Which item of the whole list begins the page, counted from 1; 0 if the page is empty."""
        return (self.page - 1) * self.per_page + 1 if self.items else 0

    @property
    def last(self) -> int:
        """Which item of the whole list ends the page; 0 if the page is empty."""
        return self.first + len(self.items) - 1 if self.items else 0

    @property
    def has_prev(self) -> bool:
        """Whether there is a page before."""
        return self.page > 1

    @property
    def has_next(self) -> bool:
        """Whether there is a page after."""
        return self.has_more if self.total is None else self.page < self.pages

    @property
    def prev_num(self) -> int | None:
        """The number of the page before, or None."""
        return self.page - 1 if self.has_prev else None

    @property
    def next_num(self) -> int | None:
        """The number of the page after, or None."""
        return self.page + 1 if self.has_next else None

    def link_arguments(self) -> dict[str, dict[str, Any]]:
        """Return the query arguments of the neighbours: first, prev, next, and last if counted."""
        numbers = {"first": 1, "prev": self.prev_num, "next": self.next_num}
        if self.total is not None:
            numbers["last"] = max(self.pages, 1)
        return {
            relation: {"page": number, "per_page": self.per_page}
            for relation, number in numbers.items()
            if number is not None
        }

    def prev(self, *, error_out: bool = False) -> Pagination[T]:
        """Load the page before."""
        return self._go(max(self.page - 1, 1) if not error_out else self.page - 1, error_out)

    def next(self, *, error_out: bool = False) -> Pagination[T]:
        """Load the page after."""
        return self._go(self.page + 1, error_out)

    def _go(self, page: int, error_out: bool) -> Pagination[T]:
        return paginate(
            self.session,
            self.statement,
            page=page,
            per_page=self.per_page,
            max_per_page=self.max_per_page,
            error_out=error_out,
            count=self.total is not None,
        )

    def iter_pages(
        self,
        *,
        left_edge: int = 2,
        left_current: int = 2,
        right_current: int = 4,
        right_edge: int = 2,
    ) -> Iterator[int | None]:
        """Yield page numbers for a row of links, None for each gap.

        The first `left_edge` and last `right_edge` pages, and those around the current one. With an
        edge of 0 the gap on that side is the end of the row.
        """
        end = self.pages + 1
        ranges = (
            range(1, min(1 + left_edge, end)),
            range(max(self.page - left_current, 1), min(self.page + right_current + 1, end)),
            range(max(end - right_edge, 1), end),
        )
        last = 0
        for number in sorted({number for span in ranges for number in span}):
            if number > last + 1:
                yield None
            yield number
            last = number
        if last < self.pages:
            yield None


def paginate(
    session: Session,
    statement: Select[Any],
    *,
    page: int | None = None,
    per_page: int | None = None,
    max_per_page: int | None = 100,
    error_out: bool = True,
    count: bool = True,
) -> Pagination[Any]:
    """Return one page of a select, which should have an order.

    page, per_page: default to the request's arguments of these names, else 1 and 20.
    max_per_page: the most that a page may have, whoever asks; None for no limit.
    error_out: abort with 404 for a number that makes no sense and for an empty page other than the
    first; otherwise take the nearest page that does, and the usual length of a page.
    count: also count all items, with a second statement.
    """
    page = _read_number("page", page, 1, error_out)
    per_page = choose_per_page(per_page, max_per_page, error_out)
    offset = (page - 1) * per_page
    if offset + per_page >= LARGEST:
        if error_out:
            abort(404)
        page = max((LARGEST - 1) // per_page - 1, 1)
        offset = (page - 1) * per_page
    # Without a count, one row more tells whether there is a next page.
    found = _load(session, statement.limit(per_page + (not count)).offset(offset))
    items, has_more = found[:per_page], len(found) > per_page
    if not items and page != 1 and error_out:
        abort(404)
    total = count_items(session, statement) if count else None
    return Pagination(
        items, page, per_page, total, statement, session, error_out, max_per_page, has_more
    )


def choose_per_page(per_page: int | None, max_per_page: int | None, error_out: bool) -> int:
    """Return how many items a page has: as given, or as the request asks for within the limit."""
    number = _read_number("per_page", per_page, DEFAULT_PER_PAGE, error_out)
    return number if max_per_page is None else min(number, max_per_page)


def _load(session: Session, statement: Select[Any]) -> list[Any]:
    result = session.execute(statement)
    if len(statement.column_descriptions) == 1:
        # Joined collections repeat their owner; unique() is a no-op for everything else.
        return list(result.unique().scalars())
    return list(result.unique())


def count_items(session: Session, statement: Select[Any]) -> int:
    """Return how many rows a select has, by one `SELECT count(*)`."""
    inner = statement.order_by(None).limit(None).offset(None).subquery()
    return int(session.execute(select(func.count()).select_from(inner)).scalar_one())


def _read_number(name: str, given: int | None, default: int, error_out: bool) -> int:
    if given is not None:
        return _clean(given, default, error_out)
    text = request.args.get(name) if has_request_context() else None
    if text is None:
        return default
    return _clean(text, default, error_out)


def _clean(value: int | str, default: int, error_out: bool) -> int:
    if isinstance(value, str):
        if not (value.isascii() and value.removeprefix("-").isdigit()):
            if error_out:
                abort(404)
            return default
        # Beyond twenty digits it is too large whatever it is, and int() has a limit of its own.
        number = int(value[:21])
    else:
        number = int(value)
    if 1 <= number <= LARGEST:
        return number
    if error_out:
        abort(404)
    return default if number < 1 else LARGEST
