"""The services on every database, with plain sessions and no app around them."""

from __future__ import annotations

import ast
import threading
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import example_app
from example_app.models import CANCELLED, Customer, Order, Product, User, utc_now
from example_app.services import catalogue, ordering, people, reporting
from example_app.services.errors import InvalidOrder, OrderClosed, OutOfStock, StaleVersion
from orm import Session, select
from orm.exc import StaleDataError


def place(session: Session, shop: Any, quantities: dict[str, int]) -> Order:
    customer = session.get(Customer, shop.ids["Grace Hopper"])
    user = session.get(User, shop.ids["Ada"])
    assert customer is not None
    assert user is not None
    return ordering.place_order(
        session, customer, user, {shop.ids[name]: n for name, n in quantities.items()}
    )


def test_services_do_not_import_flask() -> None:
    folder = Path(example_app.__file__).parent / "services"
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [a.name for a in node.names] if isinstance(node, ast.Import) else []
            assert not any(name.split(".")[0].startswith("flask") for name in names), path


def test_order_for_two_products_is_stored_and_takes_stock(shop: Any) -> None:
    with shop.session() as session:
        order_id = place(session, shop, {"Bread Knife": 2, "Oak Board": 3}).id
        session.commit()
    with shop.session() as session:
        order = session.get(Order, order_id)
        assert order is not None
        assert order.total == Decimal("62.40")
        assert order.placed_by.name == "Ada"
        assert [(line.product.name, line.quantity, line.unit_price) for line in order.lines] == [
            ("Bread Knife", 2, Decimal("19.95")),
            ("Oak Board", 3, Decimal("7.50")),
        ]
    assert (shop.stock("Bread Knife"), shop.stock("Oak Board")) == (8, 0)


def test_order_beyond_stock_leaves_nothing(shop: Any) -> None:
    with shop.session() as session:
        with pytest.raises(OutOfStock) as caught:
            place(session, shop, {"Bread Knife": 2, "Oak Board": 4, "100% Wool Throw": 1})
        session.commit()
    assert [(s.name, s.requested, s.available) for s in caught.value.shortages] == [
        ("Oak Board", 4, 3),
        ("100% Wool Throw", 1, 0),
    ]
    assert str(caught.value) == (
        "Oak Board: 4 requested, only 3 are in stock. "
        "100% Wool Throw: 1 requested, none is in stock."
    )
    assert shop.stock("Bread Knife") == 10
    assert shop.counts()["orders"] == shop.counts()["order_lines"] == 0


def test_orders_without_sense_are_refused(sqlite_shop: Any) -> None:
    with sqlite_shop.session() as session:
        with pytest.raises(InvalidOrder, match="at least one line"):
            place(session, sqlite_shop, {})
        with pytest.raises(InvalidOrder, match="1 or more"):
            place(session, sqlite_shop, {"Bread Knife": -1})
        sqlite_shop.ids["nothing"] = 4711
        with pytest.raises(InvalidOrder, match="no product 4711"):
            place(session, sqlite_shop, {"Bread Knife": 1, "nothing": 1})


def test_the_last_pieces_are_sold_once(shop: Any) -> None:
    start = threading.Barrier(4)
    outcomes: list[str] = []

    def buy() -> None:
        start.wait()
        with shop.session() as session:
            try:
                place(session, shop, {"Oak Board": 3})
                session.commit()
                outcomes.append("sold")
            except OutOfStock:
                outcomes.append("refused")

    threads = [threading.Thread(target=buy) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "refused", "refused", "sold"]
    assert shop.stock("Oak Board") == 0
    assert shop.counts()["orders"] == 1


def test_cancelling_puts_the_pieces_back_once(shop: Any) -> None:
    with shop.session() as session:
        order = place(session, shop, {"Bread Knife": 4})
        session.commit()
        ordering.lock_order(session, order)
        ordering.cancel_order(session, order)
        session.commit()
        with pytest.raises(OrderClosed, match="is cancelled already"):
            ordering.cancel_order(session, order)
        with pytest.raises(OrderClosed):
            ordering.ship_order(order)
    assert shop.stock("Bread Knife") == 10


@pytest.mark.parametrize(
    ("text", "category", "found"),
    [
        ("", None, ["100% Wool Throw", "Bread Knife", "Oak Board"]),
        ("KNIFE", None, ["Bread Knife"]),
        ("good oak", None, ["Oak Board"]),
        ("BR-11", None, ["Bread Knife"]),
        ("100%", None, ["100% Wool Throw"]),
        ("%", None, ["100% Wool Throw"]),
        ("_", None, []),
        ("", "kitchen", ["Bread Knife", "Oak Board"]),
        ("", "knives", ["Bread Knife"]),
        ("wool", "kitchen", []),
    ],
)
def test_search(sqlite_shop: Any, text: str, category: str | None, found: list[str]) -> None:
    check_search(sqlite_shop, text, category, found)


def test_search_on_every_database(shop: Any) -> None:
    check_search(shop, "kNIFE good", "kitchen", ["Bread Knife"])
    check_search(shop, "0%", None, ["100% Wool Throw"])
    check_search(shop, "0_", None, [])
    check_search(shop, "\\", None, [])


def check_search(shop: Any, text: str, category: str | None, found: list[str]) -> None:
    with shop.session() as session:
        node = catalogue.load_category_tree(session).find(category) if category else None
        statement = catalogue.search_products(text, node)
        assert [product.name for product in session.scalars(statement)] == found


def test_sorting(sqlite_shop: Any) -> None:
    with sqlite_shop.session() as session:
        names = {
            sort: [p.name[0] for p in session.scalars(catalogue.search_products(sort=sort))]
            for sort in ("price", "-price", "stock", "nonsense")
        }
    assert names == {
        "price": ["O", "B", "1"],
        "-price": ["1", "B", "O"],
        "stock": ["1", "O", "B"],
        "nonsense": ["1", "B", "O"],
    }


def test_category_tree_is_one_statement(sqlite_shop: Any) -> None:
    with sqlite_shop.session() as session, sqlite_shop.statements() as seen:
        tree = catalogue.load_category_tree(session)
        shown = [(node.depth, node.category.name) for node in tree]
    assert shown == [(0, "Gifts"), (0, "Kitchen"), (1, "Knives")]
    assert len(seen) == 1
    assert tree.find("no such") is None


def test_change_product_counts_versions(shop: Any) -> None:
    with shop.session() as session:
        product = session.get(Product, shop.ids["Oak Board"])
        assert product is not None
        version = product.version
        changes = catalogue.ProductChanges(
            price=Decimal("8.00"), category_ids=[shop.ids["Gifts"], shop.ids["Knives"]]
        )
        catalogue.change_product(session, product, changes, version)
        session.commit()
        assert (product.price, product.version) == (Decimal("8.00"), version + 1)
        assert [category.name for category in product.categories] == ["Gifts", "Knives"]
        with pytest.raises(StaleVersion) as caught:
            catalogue.change_product(session, product, changes, version)
    assert (caught.value.seen, caught.value.current) == (version, version + 1)


def test_change_between_check_and_update_is_found(sqlite_shop: Any) -> None:
    product_id = sqlite_shop.ids["Oak Board"]
    with Session(sqlite_shop.engine, expire_on_commit=False) as mine:
        product = mine.get(Product, product_id)
        assert product is not None
        seen = product.version
        mine.commit()
        with sqlite_shop.session() as other:
            theirs = other.get(Product, product_id)
            assert theirs is not None
            theirs.stock = 99
            other.commit()
        changes = catalogue.ProductChanges(price=Decimal("1.00"))
        with pytest.raises(StaleDataError):
            catalogue.change_product(mine, product, changes, seen)
    with sqlite_shop.session() as session:
        stored = session.get(Product, product_id)
        assert stored is not None
        assert (stored.stock, stored.price) == (99, Decimal("7.50"))


def test_figures(shop: Any) -> None:
    with shop.session() as session:
        place(session, shop, {"Bread Knife": 2})
        place(session, shop, {"Bread Knife": 1, "Oak Board": 1})
        cancelled = place(session, shop, {"Oak Board": 1})
        cancelled.status = CANCELLED
        old = place(session, shop, {"Bread Knife": 1})
        old.placed_at = utc_now() - timedelta(days=40)
        session.commit()
        today = utc_now().date()
        figures = reporting.count_all(session)
        assert (figures.products, figures.scarce, figures.customers) == (3, 2, 2)
        assert figures.open_orders == 3
        days = reporting.sum_days(session, today, 30)
        assert len(days) == 30
        assert (days[-1].day, days[-1].orders, days[-1].turnover) == (today, 2, Decimal("67.35"))
        assert all(day.orders == 0 and day.turnover == 0 for day in days[:-1])
        sellers = reporting.best_sellers(session, today - timedelta(days=29))
        assert [(s.product.name, s.pieces, s.turnover) for s in sellers] == [
            ("Bread Knife", 3, Decimal("59.85")),
            ("Oak Board", 1, Decimal("7.50")),
        ]
        assert [order.id for order in reporting.latest_orders(session, 2)] == [
            cancelled.id,
            cancelled.id - 1,
        ]


def test_authenticate(sqlite_shop: Any) -> None:
    with sqlite_shop.session() as session:
        user = people.authenticate(session, " ADA@shop.example", "correct horse")
        assert user is not None
        assert user.name == "Ada"
        assert people.authenticate(session, "ada@shop.example", "wrong") is None
        assert people.authenticate(session, "nobody@shop.example", "nobody") is None
        user.is_active = False
        assert people.authenticate(session, "ada@shop.example", "correct horse") is None


def test_add_user_takes_the_department_that_is_there(sqlite_shop: Any) -> None:
    with sqlite_shop.session() as session:
        ben = people.add_user(session, "Ben@Shop.example", "Ben", "Management", "a password")
        eve = people.add_user(session, "eve@shop.example", "Eve", "Legal", "a password")
        session.commit()
        assert ben.email == "ben@shop.example"
        assert [user.name for user in ben.department.users] == ["Ada", "Ben"]
        assert [user.name for user in eve.department.users] == ["Eve"]
        assert ben.has_password("a password")
        assert "a password" not in ben.password_hash


def test_search_customers(sqlite_shop: Any) -> None:
    with sqlite_shop.session() as session:
        found = session.scalars(people.search_customers("arling grace")).all()
        everyone = session.scalars(people.search_customers()).all()
    assert [customer.name for customer in found] == ["Grace Hopper"]
    assert [customer.name for customer in everyone] == ["Alan Turing", "Grace Hopper"]


def test_find_orders_filters(sqlite_shop: Any) -> None:
    with sqlite_shop.session() as session:
        first = place(session, sqlite_shop, {"Bread Knife": 1})
        second = place(session, sqlite_shop, {"Bread Knife": 1})
        ordering.ship_order(first)
        session.flush()
        grace, alan = sqlite_shop.ids["Grace Hopper"], sqlite_shop.ids["Alan Turing"]

        def ids(**filters: Any) -> list[int]:
            return list(
                session.scalars(ordering.find_orders(**filters).with_only_columns(Order.id))
            )

        assert ids() == [second.id, first.id]
        assert ids(status="shipped") == [first.id]
        assert ids(customer_id=grace) == [second.id, first.id]
        assert ids(customer_id=alan) == []
        assert session.scalars(select(Order.status).order_by(Order.id)).all() == ["shipped", "open"]
