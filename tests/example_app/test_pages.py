"""The pages: logging in, looking, editing, ordering."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from example_app.models import Customer, Order, Product, User
from orm import select

PAGES = (
    "/",
    "/products",
    "/products/new",
    "/products/1",
    "/orders",
    "/orders/new",
    "/customers",
    "/customers/1",
    "/customers/1/edit",
    "/customers/new",
)


def edit_form(shop: Any, **changes: str) -> dict[str, Any]:
    return {
        "version": "1",
        "sku": "OA-9",
        "name": "Oak Board",
        "price": "7.50",
        "stock": "3",
        "description": "Solid.",
        "categories": [str(shop.ids["Kitchen"])],
        **changes,
    }


def read_product(shop: Any, name: str) -> Product:
    with shop.session() as session:
        product: Product = session.scalars(select(Product).where(Product.name == name)).one()
        return product


@pytest.mark.parametrize("path", PAGES)
def test_pages_ask_for_login(sqlite_shop: Any, path: str) -> None:
    answer = sqlite_shop.client().get(path)
    assert answer.status_code == 302
    assert answer.location.startswith("/login")


def test_every_page_answers(shop: Any) -> None:
    client = shop.logged_in()
    assert {path: client.get(path).status_code for path in PAGES} == dict.fromkeys(PAGES, 200)


def test_wrong_password(sqlite_shop: Any) -> None:
    client = sqlite_shop.client()
    answer = client.post("/login", data={"email": "ada@shop.example", "password": "wrong"})
    assert answer.status_code == 401
    assert "is wrong" in answer.text
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/products?q=a", "/products?q=a"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("", "/"),
    ],
)
def test_login_leads_back_to_our_own_pages_only(
    sqlite_shop: Any, target: str, location: str
) -> None:
    answer = sqlite_shop.client().post(
        "/login",
        query_string={"next": target},
        data={"email": "ada@shop.example", "password": "correct horse"},
    )
    assert (answer.status_code, answer.location) == (302, location)


def test_logout(sqlite_shop: Any) -> None:
    client = sqlite_shop.logged_in()
    assert client.post("/logout").location == "/login"
    assert client.get("/").status_code == 302


def test_login_ends_when_the_account_is_closed(sqlite_shop: Any) -> None:
    client = sqlite_shop.logged_in()
    with sqlite_shop.session() as session:
        session.scalars(select(User)).one().is_active = False
        session.commit()
    assert client.get("/").status_code == 302


def test_forms_need_their_token(sqlite_shop: Any) -> None:
    sqlite_shop.app.config["WTF_CSRF_ENABLED"] = True
    client = sqlite_shop.client()
    answer = client.post("/login", data={"email": "ada@shop.example", "password": "correct horse"})
    assert answer.status_code == 400
    assert "CSRF token is missing" in answer.text
    page = client.get("/login").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None
    form = {
        "email": "ada@shop.example",
        "password": "correct horse",
        "csrf_token": token.group(1),
    }
    assert client.post("/login", data=form).status_code == 302


def test_product_list(shop: Any) -> None:
    client = shop.logged_in()
    page = client.get("/products", query_string={"q": "knife", "category": "kitchen"}).text
    assert "1 product for “knife” in Kitchen" in page
    assert "Bread Knife" in page
    assert "Oak Board" not in page
    assert client.get("/products?category=none").status_code == 404
    assert "No product matches" in client.get("/products?q=zzz").text


@pytest.mark.parametrize("page", ["0", "-1", "x", "9", "99999999999999999999", "1.5"])
def test_pages_that_do_not_exist(sqlite_shop: Any, page: str) -> None:
    client = sqlite_shop.logged_in()
    assert client.get("/products", query_string={"page": page}).status_code == 404


def test_what_people_type_is_shown_as_text(sqlite_shop: Any) -> None:
    page = sqlite_shop.logged_in().get("/products", query_string={"q": "<script>"}).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_edit_product(shop: Any) -> None:
    client = shop.logged_in()
    path = f"/products/{shop.ids['Oak Board']}"
    answer = client.post(path, data=edit_form(shop, price="8.25", stock="30"))
    assert (answer.status_code, answer.location) == (302, path)
    product = read_product(shop, "Oak Board")
    assert (product.price, product.stock, product.version) == (Decimal("8.25"), 30, 2)
    assert "Oak Board was saved." in client.get(path).text


def test_edit_of_an_old_version_is_refused(shop: Any) -> None:
    client = shop.logged_in()
    path = f"/products/{shop.ids['Oak Board']}"
    assert client.post(path, data=edit_form(shop, stock="30")).status_code == 302
    answer = client.post(path, data=edit_form(shop, stock="1", name="Mine"))
    assert answer.status_code == 409
    assert "changed by somebody else" in answer.text
    assert "Stored now: Oak Board" in answer.text
    assert 'value="Mine"' in answer.text
    product = read_product(shop, "Oak Board")
    assert (product.stock, product.version) == (30, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"price": "-1"},
        {"price": "abc"},
        {"price": "1e12"},
        {"price": "NaN"},
        {"stock": "-1"},
        {"stock": "99999999999"},
        {"name": ""},
        {"name": "x" * 121},
        {"categories": "4711"},
    ],
)
def test_edit_with_wrong_values(sqlite_shop: Any, wrong: dict[str, str]) -> None:
    client = sqlite_shop.logged_in()
    answer = client.post(
        f"/products/{sqlite_shop.ids['Oak Board']}", data=edit_form(sqlite_shop, **wrong)
    )
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert read_product(sqlite_shop, "Oak Board").version == 1


def test_add_product(shop: Any) -> None:
    client = shop.logged_in()
    form = edit_form(shop, sku="NEW-1", name="New Thing")
    assert client.post("/products/new", data=form).status_code == 302
    assert read_product(shop, "New Thing").sku == "NEW-1"
    answer = client.post("/products/new", data=form)
    assert answer.status_code == 409
    assert "Another product has this SKU." in answer.text


def test_new_order_step_by_step(shop: Any) -> None:
    client = shop.logged_in()
    knife, board = shop.ids["Bread Knife"], shop.ids["Oak Board"]
    customer = str(shop.ids["Alan Turing"])
    page = client.get("/orders/new").text
    assert "Alan Turing" in page
    page = client.post("/orders/new", data={"action": f"customer:{customer}"}).text
    assert f'name="customer_id" value="{customer}"' in page
    page = client.post(
        "/orders/new",
        data={"customer_id": customer, "product_text": "knife", "action": "search"},
    ).text
    assert f'value="add:{knife}"' in page
    draft: dict[str, Any] = {"customer_id": customer, "product_id": [knife], "quantity": ["2"]}
    page = client.post("/orders/new", data={**draft, "action": f"add:{board}"}).text
    assert f'name="product_id" value="{board}"' in page
    draft = {"customer_id": customer, "product_id": [knife, board], "quantity": ["2", "1"]}
    page = client.post("/orders/new", data={**draft, "action": f"remove:{knife}"}).text
    assert f'name="product_id" value="{knife}"' not in page
    assert shop.counts()["orders"] == 0
    answer = client.post("/orders/new", data={**draft, "action": "place"})
    assert answer.status_code == 302
    page = client.get(answer.location).text
    assert "Alan Turing" in page
    assert "€47.40" in page
    assert (shop.stock("Bread Knife"), shop.stock("Oak Board")) == (8, 2)


def test_order_beyond_stock_is_409_and_leaves_nothing(shop: Any) -> None:
    client = shop.logged_in()
    draft = {
        "customer_id": shop.ids["Alan Turing"],
        "product_id": [shop.ids["Bread Knife"], shop.ids["Oak Board"]],
        "quantity": ["2", "4"],
        "action": "place",
    }
    answer = client.post("/orders/new", data=draft)
    assert answer.status_code == 409
    assert "Oak Board: 4 requested, only 3 are in stock." in answer.text
    assert f'value="{shop.ids["Alan Turing"]}"' in answer.text
    assert shop.counts() == {"orders": 0, "order_lines": 0, "departments": 1}
    assert (shop.stock("Bread Knife"), shop.stock("Oak Board")) == (10, 3)


@pytest.mark.parametrize(
    "draft",
    [
        {},
        {"customer_id": "1"},
        {"customer_id": "x", "product_id": "1", "quantity": "1"},
        {"customer_id": "1", "product_id": "1", "quantity": "0"},
        {"customer_id": "1", "product_id": "1", "quantity": "99999999999999"},
        {"customer_id": "1", "product_id": "4711", "quantity": "1"},
        {"customer_id": "99999999999", "product_id": "1", "quantity": "1"},
    ],
)
def test_drafts_without_sense(sqlite_shop: Any, draft: dict[str, str]) -> None:
    answer = sqlite_shop.logged_in().post("/orders/new", data={**draft, "action": "place"})
    assert answer.status_code == 422
    assert "The order was not placed." in answer.text
    assert sqlite_shop.counts()["orders"] == 0


def test_links_start_a_draft(sqlite_shop: Any) -> None:
    client = sqlite_shop.logged_in()
    ids = sqlite_shop.ids
    page = client.get(f"/orders/new?customer={ids['Alan Turing']}&product={ids['Oak Board']}").text
    assert f'name="customer_id" value="{ids["Alan Turing"]}"' in page
    assert f'name="product_id" value="{ids["Oak Board"]}"' in page
    assert client.get("/orders/new?product=abc").status_code == 400
    assert client.get("/orders/new?product=4711").status_code == 200


def place_order(shop: Any, client: Any) -> str:
    draft = {
        "customer_id": shop.ids["Alan Turing"],
        "product_id": shop.ids["Bread Knife"],
        "quantity": "2",
        "action": "place",
    }
    location: str = client.post("/orders/new", data=draft).location
    return location


def test_ship_and_cancel(shop: Any) -> None:
    client = shop.logged_in()
    first, second = place_order(shop, client), place_order(shop, client)
    assert client.post(f"{first}/ship").status_code == 302
    assert client.post(f"{second}/cancel").status_code == 302
    assert client.post(f"{second}/cancel").status_code == 409
    assert client.post(f"{first}/cancel").status_code == 409
    assert shop.stock("Bread Knife") == 8
    assert "1 order<" in client.get("/orders?status=shipped").text
    with shop.session() as session:
        statuses = session.scalars(select(Order.status).order_by(Order.id)).all()
    assert statuses == ["shipped", "cancelled"]


def test_customers(shop: Any) -> None:
    client = shop.logged_in()
    answer = client.post("/customers/new", data={"name": "Mary", "email": "mary@mail.example"})
    assert answer.status_code == 302
    assert "Mary" in client.get(answer.location).text
    edit = f"{answer.location}/edit"
    changed = {"name": "Mary S.", "email": "mary@mail.example", "city": "York"}
    assert client.post(edit, data=changed).status_code == 302
    taken = {"name": "Mary", "email": "alan@mail.example"}
    answer = client.post(edit, data=taken)
    assert answer.status_code == 409
    assert "Another customer has this e-mail address." in answer.text
    with shop.session() as session:
        mary = session.scalars(select(Customer).where(Customer.city == "York")).one()
        assert (mary.name, mary.email) == ("Mary S.", "mary@mail.example")
    assert "1 customer for “york”" in client.get("/customers?q=york").text


def test_customer_forms_with_wrong_values(sqlite_shop: Any) -> None:
    client = sqlite_shop.logged_in()
    answer = client.post("/customers/new", data={"name": "", "email": "no address"})
    assert answer.status_code == 422
    assert "This is not an e-mail address." in answer.text


def test_errors_are_pages(sqlite_shop: Any) -> None:
    client = sqlite_shop.logged_in()
    answer = client.get("/products/4711")
    assert answer.status_code == 404
    assert "<h1>Not Found</h1>" in answer.text
    assert client.get("/orders/99999999999999999999999").status_code == 404
    answer = client.get("/logout")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_security_headers(sqlite_shop: Any) -> None:
    headers = sqlite_shop.client().get("/login").headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
