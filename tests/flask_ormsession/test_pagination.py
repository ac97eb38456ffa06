"""Pages: numbers from the request, edges, links, and what strangers write into URLs."""

from __future__ import annotations

from typing import Any

import pytest
from flask import jsonify, request

from orm import exc, select


@pytest.fixture
def pages(world: Any) -> Any:
    """A world with the items 01 to 25, listed under "/"."""
    with world.app.app_context():
        world.db.session.add_all(world.Item(name=f"{number:02}") for number in range(1, 26))
        world.db.session.commit()

    @world.route
    def view() -> Any:
        page = world.db.paginate(
            select(world.Item).order_by(world.Item.name),
            error_out="lenient" not in request.args,
            count="uncounted" not in request.args,
        )
        return jsonify(
            names=[item.name for item in page],
            page=page.page,
            per_page=page.per_page,
            total=page.total,
            pages=page.pages,
            ends=[page.first, page.last],
            around=[page.prev_num, page.next_num],
            links=list(page.iter_pages()),
        )

    return world


def test_the_first_page(pages: Any) -> None:
    assert pages.client.get("/").json == {
        "names": [f"{number:02}" for number in range(1, 21)],
        "page": 1,
        "per_page": 20,
        "total": 25,
        "pages": 2,
        "ends": [1, 20],
        "around": [None, 2],
        "links": [1, 2],
    }


def test_a_page_in_the_middle(pages: Any) -> None:
    found = pages.client.get("/?page=3&per_page=4").json
    assert found["names"] == ["09", "10", "11", "12"]
    assert found["ends"] == [9, 12]
    assert found["around"] == [2, 4]
    assert found["pages"] == 7


def test_the_last_page(pages: Any) -> None:
    found = pages.client.get("/?page=7&per_page=4").json
    assert found["names"] == ["25"]
    assert found["around"] == [6, None]


def test_without_a_count(pages: Any) -> None:
    found = pages.client.get("/?uncounted&per_page=24").json
    assert (found["total"], found["around"], len(found["names"])) == (None, [None, 2], 24)
    found = pages.client.get("/?uncounted&per_page=25").json
    assert (found["around"], len(found["names"])) == ([None, None], 25)


def test_per_page_is_limited(pages: Any) -> None:
    assert pages.client.get("/?per_page=1000").json["per_page"] == 100


BAD = [
    "0", "-1", "abc", "1.5", "1e3", "", " ", "9" * 19, "9" * 30, "9" * 5000,
    "-" + "9" * 30, "9223372036854775807", "18446744073709551616", "%00", "٣", "--1", "nan", "0x10",
]  # fmt: skip


@pytest.mark.parametrize("number", BAD)
@pytest.mark.parametrize("name", ["page", "per_page"])
def test_bad_numbers_are_never_a_500(pages: Any, name: str, number: str) -> None:
    status = pages.client.get(f"/?{name}={number}").status_code
    huge_per_page = name == "per_page" and number.startswith("9") and len(number) <= 19
    assert status == (200 if huge_per_page and int(number) < 2**63 else 404)
    lenient = pages.client.get(f"/?lenient&{name}={number}")
    assert lenient.status_code == 200
    too_many = name == "per_page" and number.isascii() and number.isdigit() and number != "0"
    assert lenient.json["per_page"] == (100 if too_many else 20)


def test_another_way_to_make_pages(pages: Any) -> None:
    with pages.app.app_context(), pytest.raises(exc.ArgumentError, match='by="keyset"'):
        pages.db.paginate(select(pages.Item), by="cursor")


def test_a_page_beyond_the_end(pages: Any) -> None:
    assert pages.client.get("/?page=3").status_code == 404
    assert pages.client.get("/?lenient&page=3").json["names"] == []


def test_no_items_at_all(small: Any) -> None:
    with small.app.app_context():
        page = small.db.paginate(select(small.Item))
        assert (page.items, page.total, page.pages, list(page.iter_pages())) == ([], 0, 0, [])
        assert (page.first, page.last, page.has_next, page.has_prev) == (0, 0, False, False)


def test_next_and_prev_load_pages(pages: Any) -> None:
    with pages.app.app_context():
        page = pages.db.paginate(select(pages.Item).order_by(pages.Item.name), per_page=10)
        assert [item.name for item in page.next()] == [str(number) for number in range(11, 21)]
        assert page.next().prev().items == page.items
        assert page.prev().page == 1


def test_several_columns_give_rows(pages: Any) -> None:
    with pages.app.app_context():
        statement = select(pages.Item.id, pages.Item.name).order_by(pages.Item.name)
        page = pages.db.paginate(statement, per_page=1)
        assert page.items[0].name == "01"


def test_iter_pages_leaves_gaps(pages: Any) -> None:
    with pages.app.app_context():
        page = pages.db.paginate(select(pages.Item), page=10, per_page=1)
        links = [1, 2, None, 8, 9, 10, 11, 12, 13, 14, None, 24, 25]
        assert list(page.iter_pages()) == links
        narrow = page.iter_pages(left_edge=0, left_current=1, right_current=1, right_edge=0)
        assert list(narrow) == [None, 9, 10, 11, None]


def test_an_outer_limit_counts_only_what_it_leaves(pages: Any) -> None:
    with pages.app.app_context():
        inner = select(pages.Item).where(pages.Item.name > "20").order_by(pages.Item.name)
        assert pages.db.paginate(inner).total == 5
