"""The shop in a real browser: log in, search, place an order."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

pytestmark = pytest.mark.browser


def missing(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        missing("no browser: install chromium, or set CHROMIUM to one")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def address(sqlite_shop: Any) -> Iterator[str]:
    """The address of the shop, served by threads. Forms need their CSRF token, as in production."""
    sqlite_shop.app.config["WTF_CSRF_ENABLED"] = True
    server = make_server("127.0.0.1", 0, sqlite_shop.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=[(1200, 850, True), (390, 800, False)], ids=["desktop", "phone, no JS"])
def page(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    """A page on a desktop, and one on a phone without JavaScript; neither may log an error."""
    width, height, script = request.param
    context = browser.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=script
    )
    page = context.new_page()
    complaints: list[str] = []
    # A page that answers 409 is reported here as well; everything else is a fault of ours.
    page.on("console", lambda m: "409" in m.text or complaints.append(m.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def log_in(page: Any, address: str) -> None:
    page.goto(f"{address}/products")
    page.get_by_label("E-mail").fill("ada@shop.example")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{address}/products")


def test_search_and_order(page: Any, address: str, sqlite_shop: Any) -> None:
    log_in(page, address)
    page.get_by_label("Search").fill("bread")
    page.get_by_role("button", name="Show").click()
    assert page.get_by_text("1 product for “bread”").is_visible()
    page.get_by_role("link", name="Order Bread Knife").click()
    page.get_by_label("Find a customer").fill("turing")
    page.get_by_label("Find a customer").press("Enter")
    page.get_by_role("button", name="Choose Alan Turing").click()
    page.get_by_label("Find a product").fill("oak")
    page.get_by_label("Find a product").press("Enter")
    page.get_by_role("button", name="Add Oak Board").click()
    page.get_by_label("Quantity of Bread Knife").fill("2")
    page.get_by_role("button", name="Place order").click()
    assert page.get_by_role("status").inner_text() == "Order 1 is placed."
    assert page.get_by_text("€47.40").is_visible()
    assert (sqlite_shop.stock("Bread Knife"), sqlite_shop.stock("Oak Board")) == (8, 2)


def test_order_beyond_stock(page: Any, address: str, sqlite_shop: Any) -> None:
    log_in(page, address)
    ids = sqlite_shop.ids
    page.goto(f"{address}/orders/new?customer={ids['Alan Turing']}&product={ids['Oak Board']}")
    page.get_by_label("Quantity of Oak Board").fill("4")
    page.get_by_role("button", name="Place order").click()
    alert = page.get_by_role("alert").inner_text()
    assert "Oak Board: 4 requested, only 3 are in stock." in alert
    assert page.get_by_label("Quantity of Oak Board").input_value() == "4"
    assert sqlite_shop.counts()["orders"] == 0


@pytest.mark.parametrize("path", ["/", "/products", "/orders", "/orders/new", "/customers"])
def test_nothing_is_wider_than_the_window(page: Any, address: str, path: str) -> None:
    log_in(page, address)
    page.goto(f"{address}{path}")
    box = page.locator("html").bounding_box()
    assert box is not None
    for part in page.locator("main > *").all():
        place = part.bounding_box()
        assert place is None or place["x"] + place["width"] <= box["width"] + 1
