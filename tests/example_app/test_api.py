"""The JSON API."""

from __future__ import annotations

from typing import Any

import pytest

CREDENTIALS = ("ada@shop.example", "correct horse")


def order(shop: Any, **quantities: int) -> dict[str, Any]:
    names = {"knife": "Bread Knife", "board": "Oak Board"}
    return {
        "customer_id": shop.ids["Grace Hopper"],
        "lines": [
            {"product_id": shop.ids[names[name]], "quantity": n} for name, n in quantities.items()
        ],
    }


def check_problem(answer: Any, status: int) -> str:
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    document = answer.get_json(force=True)
    assert document["status"] == status
    return str(document["detail"])


def test_products_need_no_login(shop: Any) -> None:
    answer = shop.client().get("/api/products", query_string={"category": "kitchen", "q": "good"})
    assert answer.status_code == 200
    assert answer.get_json() == {
        "items": [
            {
                "id": shop.ids["Bread Knife"],
                "sku": "BR-11",
                "name": "Bread Knife",
                "description": "A good Bread Knife.",
                "price": "19.95",
                "stock": 10,
                "version": 1,
                "categories": ["gifts", "knives"],
            },
            {
                "id": shop.ids["Oak Board"],
                "sku": "OA-9",
                "name": "Oak Board",
                "description": "A good Oak Board.",
                "price": "7.50",
                "stock": 3,
                "version": 1,
                "categories": ["kitchen"],
            },
        ],
        "page": 1,
        "per_page": 20,
        "pages": 1,
        "total": 2,
        "next": None,
        "previous": None,
    }


def test_pages_of_products(sqlite_shop: Any) -> None:
    client = sqlite_shop.client()
    first = client.get("/api/products?per_page=2&sort=price").get_json()
    assert [item["name"] for item in first["items"]] == ["Oak Board", "Bread Knife"]
    assert (first["pages"], first["total"], first["previous"]) == (2, 3, None)
    second = client.get(first["next"]).get_json()
    assert [item["name"] for item in second["items"]] == ["100% Wool Throw"]
    assert client.get(second["previous"]).get_json() == first
    assert client.get("/api/products?per_page=1000").get_json()["per_page"] == 100


@pytest.mark.parametrize(
    "query", ["page=9", "page=x", "page=-1", "per_page=0", f"page={10**30}", "category=none"]
)
def test_lists_that_do_not_exist(sqlite_shop: Any, query: str) -> None:
    check_problem(sqlite_shop.client().get(f"/api/products?{query}"), 404)


def test_categories(sqlite_shop: Any) -> None:
    answer = sqlite_shop.client().get("/api/categories")
    assert answer.get_json()["items"] == [
        {"slug": "gifts", "name": "Gifts", "parent": None},
        {"slug": "kitchen", "name": "Kitchen", "parent": None},
        {"slug": "knives", "name": "Knives", "parent": "kitchen"},
    ]


def test_one_product_and_errors(sqlite_shop: Any) -> None:
    client = sqlite_shop.client()
    answer = client.get(f"/api/products/{sqlite_shop.ids['Oak Board']}")
    assert answer.get_json()["name"] == "Oak Board"
    assert answer.headers["ETag"] == '"1"'
    check_problem(client.get("/api/products/4711"), 404)
    check_problem(client.get("/api/nothing"), 404)
    answer = client.delete("/api/products")
    check_problem(answer, 405)
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/orders"),
        ("POST", "/api/orders"),
        ("GET", "/api/orders/1"),
        ("GET", "/api/customers"),
        ("GET", "/api/customers/1"),
        ("PATCH", "/api/products/1"),
    ],
)
def test_staff_only(sqlite_shop: Any, method: str, path: str) -> None:
    for client in (sqlite_shop.client(), sqlite_shop.logged_in()):
        answer = client.open(path, method=method, json={})
        check_problem(answer, 401)
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    wrong = ("ada@shop.example", "wrong")
    check_problem(sqlite_shop.client().open(path, method=method, json={}, auth=wrong), 401)


def test_order_for_two_products_is_stored_and_takes_stock(shop: Any) -> None:
    client = shop.client()
    answer = client.post("/api/orders", json=order(shop, knife=2, board=1), auth=CREDENTIALS)
    assert answer.status_code == 201
    document = answer.get_json()
    assert (document["total"], document["status"]) == ("47.40", "open")
    assert document["customer"]["name"] == "Grace Hopper"
    assert [(line["name"], line["quantity"]) for line in document["lines"]] == [
        ("Bread Knife", 2),
        ("Oak Board", 1),
    ]
    assert client.get(answer.location, auth=CREDENTIALS).get_json() == document
    history = client.get("/api/orders", auth=CREDENTIALS).get_json()
    assert history["items"] == [document]
    assert (shop.stock("Bread Knife"), shop.stock("Oak Board")) == (8, 2)


def test_order_beyond_stock_is_409_and_leaves_nothing(shop: Any) -> None:
    body = order(shop, knife=2, board=4)
    answer = shop.client().post("/api/orders", json=body, auth=CREDENTIALS)
    detail = check_problem(answer, 409)
    assert detail == "Oak Board: 4 requested, only 3 are in stock."
    assert answer.get_json(force=True)["shortages"] == [
        {"product_id": shop.ids["Oak Board"], "requested": 4, "available": 3}
    ]
    assert shop.counts() == {"orders": 0, "order_lines": 0, "departments": 1}
    assert (shop.stock("Bread Knife"), shop.stock("Oak Board")) == (10, 3)


def test_lines_of_one_product_add_up(sqlite_shop: Any) -> None:
    body = order(sqlite_shop, board=2)
    body["lines"] *= 2
    answer = sqlite_shop.client().post("/api/orders", json=body, auth=CREDENTIALS)
    check_problem(answer, 409)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"customer_id": "1"}, "'customer_id' must be an integer; it is '1'."),
        ({"customer_id": True}, "must be an integer"),
        ({"customer_id": 2**70}, "must be between 1 and"),
        ({"customer_id": 4711}, "There is no customer 4711."),
        ({"lines": None}, "'lines' must be a list"),
        ({"lines": []}, "at least one line"),
        ({"lines": [1]}, "A line must be"),
        ({"lines": [{"product_id": 1}]}, "'quantity' must be an integer"),
        ({"lines": [{"product_id": 1, "quantity": 0}]}, "'quantity' must be between 1"),
        ({"lines": [{"product_id": 4711, "quantity": 1}]}, "There is no product 4711."),
        ({"price": 1}, "Unknown member 'price'. Known are: customer_id, lines."),
    ],
)
def test_orders_without_sense(sqlite_shop: Any, change: dict[str, Any], reason: str) -> None:
    body = {**order(sqlite_shop, knife=1), **change}
    answer = sqlite_shop.client().post("/api/orders", json=body, auth=CREDENTIALS)
    assert reason in check_problem(answer, 400)
    assert sqlite_shop.counts()["orders"] == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff"])
def test_bodies_that_are_no_objects(sqlite_shop: Any, body: bytes) -> None:
    answer = sqlite_shop.client().post(
        "/api/orders", data=body, content_type="application/json", auth=CREDENTIALS
    )
    assert "JSON object" in check_problem(answer, 400)


def patch(shop: Any, body: dict[str, Any], **options: Any) -> Any:
    path = f"/api/products/{shop.ids['Oak Board']}"
    return shop.client().patch(path, json=body, auth=CREDENTIALS, **options)


def test_change_a_product(shop: Any) -> None:
    body = {"version": 1, "price": "8.25", "stock": 12, "categories": ["gifts", "knives"]}
    answer = patch(shop, body)
    assert answer.status_code == 200
    document = answer.get_json()
    assert (document["price"], document["stock"], document["version"]) == ("8.25", 12, 2)
    assert document["categories"] == ["gifts", "knives"]
    assert answer.headers["ETag"] == '"2"'
    stale = patch(shop, {"version": 1, "stock": 1})
    check_problem(stale, 409)
    document = stale.get_json(force=True)
    assert (document["seen"], document["current"]) == (1, 2)
    assert shop.stock("Oak Board") == 12


def test_change_with_etag(sqlite_shop: Any) -> None:
    answer = patch(sqlite_shop, {"stock": 5}, headers={"If-Match": '"1"'})
    assert answer.headers["ETag"] == '"2"'
    check_problem(patch(sqlite_shop, {"stock": 6}, headers={"If-Match": '"1"'}), 412)
    check_problem(patch(sqlite_shop, {"stock": 6}), 428)
    assert sqlite_shop.stock("Oak Board") == 5


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"price": "1.234"}, 400),
        ({"price": -1}, 400),
        ({"price": "NaN"}, 400),
        ({"price": "Infinity"}, 400),
        ({"price": "1e20"}, 400),
        ({"price": True}, 400),
        ({"stock": -1}, 400),
        ({"stock": 2**31}, 400),
        ({"stock": 1.5}, 400),
        ({"name": ""}, 400),
        ({"name": "x" * 121}, 400),
        ({"name": "a\x00b"}, 400),
        ({"sku": "X"}, 400),
        ({"categories": "gifts"}, 400),
        ({"categories": [{}]}, 404),
    ],
)
def test_changes_without_sense(sqlite_shop: Any, change: dict[str, Any], status: int) -> None:
    check_problem(patch(sqlite_shop, {"version": 1, **change}), status)
    assert sqlite_shop.stock("Oak Board") == 3


def test_customers(sqlite_shop: Any) -> None:
    client = sqlite_shop.client()
    found = client.get("/api/customers?q=turing", auth=CREDENTIALS).get_json()
    assert [item["email"] for item in found["items"]] == ["alan@mail.example"]
    one = client.get(f"/api/customers/{found['items'][0]['id']}", auth=CREDENTIALS)
    assert one.get_json() == found["items"][0]


def test_order_history_filters(sqlite_shop: Any) -> None:
    client = sqlite_shop.client()
    client.post("/api/orders", json=order(sqlite_shop, knife=1), auth=CREDENTIALS)
    ids = sqlite_shop.ids

    def total(query: str) -> int:
        return int(client.get(f"/api/orders?{query}", auth=CREDENTIALS).get_json()["total"])

    assert total(f"customer={ids['Grace Hopper']}&status=open") == 1
    assert total(f"customer={ids['Alan Turing']}") == 0
    assert total("status=shipped") == 0
    check_problem(client.get("/api/orders?status=lost", auth=CREDENTIALS), 400)
    check_problem(client.get("/api/orders?customer=x", auth=CREDENTIALS), 400)
