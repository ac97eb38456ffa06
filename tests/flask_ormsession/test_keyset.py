"""Pages by keyset: every row once, in both directions, whatever the order and however many NULLs."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flask_ormsession import ConfigError, OrmSessionError, keyset
from orm import Mapped, Numeric, String, event, exc, func, mapped_column, select

ROWS = [
    # rank, title, price
    (1, "b", "1.50"),
    (1, None, "1.50"),
    (None, "a", None),
    (2, "c", "0.25"),
    (None, None, "9.00"),
    (1, "b", None),
    (2, None, "0.25"),
    (1, "a", "1.50"),
]


@pytest.fixture
def shelf(world: Any) -> Iterator[Any]:
    """A world with Book(id, rank, title, price) in a context, with a secret key."""
    world.app.secret_key = "test"

    class Book(world.db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        rank: Mapped[int | None]
        title: Mapped[str | None] = mapped_column(String(20))
        price: Mapped[decimal.Decimal | None] = mapped_column(Numeric(10, 2))

    world.Book = Book
    with world.app.app_context():
        world.db.create_all()
        for rank, title, price in ROWS:
            value = None if price is None else decimal.Decimal(price)
            world.db.session.add(Book(rank=rank, title=title, price=value))
        world.db.session.commit()
        yield world


ORDERS: dict[str, Callable[[Any], list[Any]]] = {
    "none": lambda book: [],
    "key": lambda book: [book.id],
    "key backwards": lambda book: [book.id.desc()],
    "nullable": lambda book: [book.rank],
    "nullable backwards": lambda book: [book.rank.desc()],
    "nulls first": lambda book: [book.rank.asc().nulls_first()],
    "nulls last": lambda book: [book.rank.desc().nulls_last()],
    "mixed": lambda book: [book.rank.desc(), book.title],
    "mixed with nulls": lambda book: [book.rank.nulls_last(), book.title.desc().nulls_first()],
    "three": lambda book: [book.price.desc(), book.rank, book.title.desc()],
    "expression": lambda book: [func.coalesce(book.rank, 0) * -1, book.title],
}


def walk(shelf: Any, statement: Any, per_page: int) -> tuple[list[int], list[int]]:
    """Return the ids met on the way forth, and on the way back (in order)."""
    page = shelf.db.paginate(statement, by="keyset", per_page=per_page)
    assert not page.has_prev
    forth = [book.id for book in page]
    while page.has_next:
        page = shelf.db.paginate(statement, by="keyset", per_page=per_page, cursor=page.next_cursor)
        assert page.has_prev
        forth += [book.id for book in page]
    back = [book.id for book in page]
    while page.has_prev:
        page = shelf.db.paginate(statement, by="keyset", per_page=per_page, cursor=page.prev_cursor)
        assert page.has_next
        back = [book.id for book in page] + back
    return forth, back


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("per_page", [1, 3])
def test_every_row_once_in_both_directions(shelf: Any, order: str, per_page: int) -> None:
    statement = select(shelf.Book).order_by(*ORDERS[order](shelf.Book))
    forth, back = walk(shelf, statement, per_page)
    assert sorted(forth) == list(range(1, len(ROWS) + 1))
    assert back == forth


@pytest.mark.parametrize("order", ["key", "nullable", "nullable backwards"])
def test_the_order_is_the_databases_own(shelf: Any, order: str) -> None:
    members = ORDERS[order](shelf.Book)
    ids = walk(shelf, select(shelf.Book).order_by(*members), 3)[0]
    ranks = {book.id: book.rank for book in shelf.db.session.scalars(select(shelf.Book))}
    expected = shelf.db.session.scalars(select(shelf.Book.rank).order_by(*members))
    assert [ranks[ident] for ident in ids] == list(expected)


def test_explicit_nulls_are_where_they_were_asked_for(shelf: Any) -> None:
    by_id = {book.id: book for book in shelf.db.session.scalars(select(shelf.Book))}
    first = select(shelf.Book).order_by(shelf.Book.rank.nulls_first())
    assert [by_id[i].rank for i in walk(shelf, first, 3)[0]][:3] == [None, None, 1]
    last = select(shelf.Book).order_by(shelf.Book.rank.desc().nulls_last())
    assert [by_id[i].rank for i in walk(shelf, last, 3)[0]][-3:] == [1, None, None]


def test_rows_inserted_in_between_do_not_shift_the_pages(shelf: Any) -> None:
    statement = select(shelf.Book).order_by(shelf.Book.id.desc())
    first = shelf.db.paginate(statement, by="keyset", per_page=3)
    shelf.db.session.add(shelf.Book(rank=9))
    shelf.db.session.commit()
    second = shelf.db.paginate(statement, by="keyset", per_page=3, cursor=first.next_cursor)
    assert [book.id for book in [*first, *second]] == [8, 7, 6, 5, 4, 3]


def test_conditions_and_columns(shelf: Any) -> None:
    book = shelf.Book
    statement = select(book.title, book).where(book.rank == 1).order_by(book.title.desc())
    page = shelf.db.paginate(statement, by="keyset", per_page=10)
    assert [(title, one.id) for title, one in page] == [
        (one.title, one.id)
        for one in shelf.db.session.scalars(
            select(book).where(book.rank == 1).order_by(book.title.desc(), book.id.desc())
        )
    ]


def test_one_statement_unless_counted(shelf: Any) -> None:
    engine = shelf.db.engine
    sent: list[str] = []
    event.listen(engine, "after_cursor_execute", lambda conn, cur, sql, *rest: sent.append(sql))
    statement = select(shelf.Book)
    page = shelf.db.paginate(statement, by="keyset", per_page=3)
    assert page.total is None
    assert len(sent) == 1
    page = shelf.db.paginate(statement, by="keyset", per_page=3, count=True)
    assert page.total == len(ROWS)
    assert len(page) == 3


def test_an_empty_page(shelf: Any) -> None:
    page = shelf.db.paginate(select(shelf.Book).where(shelf.Book.id > 99), by="keyset")
    assert (page.items, page.has_next, page.has_prev) == ([], False, False)


# -- requests


def test_a_request_walks_by_its_links(shelf: Any) -> None:
    @shelf.route
    def view() -> Any:
        page = shelf.db.paginate(select(shelf.Book).order_by(shelf.Book.rank), by="keyset")
        return page.add_links(shelf.app.make_response(",".join(str(book.id) for book in page)))

    response = shelf.client.get("/?per_page=3&q=a&q=b")
    seen = response.text.split(",")
    assert "prev" not in shelf.links(response)
    while "next" in shelf.links(response):
        url = shelf.links(response)["next"]
        assert "q=a&q=b" in url
        response = shelf.client.get(url)
        seen += response.text.split(",")
    assert sorted(seen) == [str(number) for number in range(1, len(ROWS) + 1)]
    first = shelf.client.get(shelf.links(response)["first"])
    assert first.text.split(",") == seen[:3]


@pytest.mark.parametrize(
    "cursor", ["x", "WzAsMV0", "WzAsMV0.x", "\x00", "é" * 50, "a" * 5000, ".", "[0,1]"]
)
def test_cursors_that_are_not_ours(small: Any, cursor: str) -> None:
    small.app.secret_key = "test"

    @small.route
    def view() -> Any:
        tolerant = "tolerant" in small.app.config
        page = small.db.paginate(select(small.Item), by="keyset", error_out=not tolerant)
        return str(len(page))

    assert small.client.get("/", query_string={"cursor": cursor}).status_code == 404
    small.app.config["tolerant"] = True
    assert small.client.get("/", query_string={"cursor": cursor}).status_code == 200


def test_a_cursor_of_another_order(shelf: Any) -> None:
    by_rank, by_title = (
        select(shelf.Book).order_by(c) for c in (shelf.Book.rank, shelf.Book.title)
    )
    cursor = shelf.db.paginate(by_rank, by="keyset", per_page=2).next_cursor
    with pytest.raises(Exception, match="404"):
        shelf.db.paginate(by_title, by="keyset", per_page=2, cursor=cursor)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "abc", str(2**63), "9" * 400, "", "1e3"])
def test_per_page_that_makes_no_sense(small: Any, text: str) -> None:
    small.app.secret_key = "test"

    @small.route
    def view() -> Any:
        return str(len(small.db.paginate(select(small.Item), by="keyset")))

    assert small.client.get("/", query_string={"per_page": text}).status_code == 404


def test_without_a_secret_key(small: Any) -> None:
    with small.app.app_context(), pytest.raises(ConfigError, match="SECRET_KEY"):
        small.db.paginate(select(small.Item), by="keyset")


def test_without_an_entity(small: Any) -> None:
    small.app.secret_key = "test"
    with small.app.app_context(), pytest.raises(OrmSessionError, match="mapped class"):
        small.db.paginate(select(small.Item.__table__.c.name), by="keyset")


# -- values


class Color(enum.Enum):
    RED = 1


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -5,
        0.1,
        "text",
        datetime.datetime(2024, 2, 29, 12, 30, 1, 999999),
        datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC),
        datetime.date(2024, 2, 29),
        datetime.time(23, 59, 1),
        datetime.timedelta(days=-1, microseconds=7),
        decimal.Decimal("0.10"),
        uuid.UUID(int=7),
        b"\x00\xff",
    ],
    ids=repr,
)
def test_values_survive_the_cursor(value: Any) -> None:
    back = keyset.unpack(keyset.pack(value))
    assert (back, type(back)) == (value, type(value))


@pytest.mark.parametrize("value", [Color.RED, object(), {"a": 1}], ids=["enum", "object", "dict"])
def test_values_without_an_order(value: Any) -> None:
    with pytest.raises(exc.ArgumentError, match="cannot be ordered by"):
        keyset.pack(value)
