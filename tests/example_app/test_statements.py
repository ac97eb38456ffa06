"""How many statements a page costs: few, and no more for a long page than for a short one.

No view and no template uses a loader option; relationships are loaded for all the objects of a
result when the first of them is touched.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

import example_app
from example_app import seed

LOADER_OPTIONS = ("selectinload", "joinedload", "subqueryload", "contains_eager", "immediateload")


PAGES = {
    "/products": 5,  # user, categories of the filter, page, count, categories of the page
    "/orders": 6,  # user, page, count, customers, lines, products
    "/customers": 3,  # user, page, count
    "/": 6,  # user, counts, days, sellers, orders, their customers
}
API = {
    "/api/products": 3,  # page, count, categories
    "/api/orders": 7,  # user, page, count, users, customers, lines, products
    "/api/customers": 3,  # user, page, count
}
CREDENTIALS = ("anna@shop.example", seed.PASSWORD)


@pytest.fixture
def full_shop(bare_shop: Any) -> Any:
    """A shop with enough rows for pages of 50."""
    bare_shop.run("db", "upgrade")
    with bare_shop.session() as session:
        for _ in seed.fill(session, date(2026, 11, 20), seed.Sizes(120, 60, 120)):
            pass
        session.commit()
    return bare_shop


def count(shop: Any, client: Any, path: str, **options: Any) -> int:
    with shop.statements() as seen:
        assert client.get(path, **options).status_code == 200
    return len(seen)


def test_no_loader_option_anywhere() -> None:
    for path in Path(example_app.__file__).parent.rglob("*.py"):
        text = path.read_text()
        assert not [option for option in LOADER_OPTIONS if option in text], path


def test_statements_do_not_grow_with_the_page(full_shop: Any) -> None:
    client = full_shop.logged_in(*CREDENTIALS)
    found = {}
    for per_page in (50, 5):
        full_shop.app.config["PER_PAGE"] = per_page
        found[per_page] = {path: count(full_shop, client, path) for path in PAGES}
        for path in API:
            url = f"{path}?per_page={per_page}"
            found[per_page][path] = count(full_shop, full_shop.client(), url, auth=CREDENTIALS)
    assert found[50] == found[5]
    assert found[50] == PAGES | API
