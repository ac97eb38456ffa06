"""`flask seed` and `flask add-user`."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from example_app import seed
from example_app.models import Category, Customer, Order, OrderLine, Product, User
from orm import Session, func, select

DAY = date(2026, 11, 20)
SMALL = seed.Sizes(products=60, customers=20, orders=80)


def fill(shop: Any) -> int:
    shop.run("db", "upgrade")
    with shop.session() as session:
        stored = sum(seed.fill(session, DAY, SMALL))
        session.commit()
    return stored


def read_all(session: Session) -> list[Any]:
    """Return everything that is seeded but the hashes of the passwords, which are salted."""
    people = select(Customer).order_by(Customer.id)
    return [
        [
            (p.sku, p.name, p.price, p.stock)
            for p in session.scalars(select(Product).order_by(Product.id))
        ],
        [(c.name, c.email, c.phone, c.street, c.created_at) for c in session.scalars(people)],
        [
            (o.placed_at, o.status, o.total, [(n.product_id, n.quantity) for n in o.lines])
            for o in session.scalars(select(Order).order_by(Order.id))
        ],
    ]


def test_fill(bare_shop: Any) -> None:
    assert fill(bare_shop) == SMALL.total == 160
    with bare_shop.session() as session:
        models = (User, Category, Product, Customer, Order)
        counts = [session.scalar(select(func.count(model.id))) for model in models]
        assert counts == [6, 18, 60, 20, 80]
        for order in session.scalars(select(Order)):
            assert order.lines
            assert order.total == sum((line.amount for line in order.lines), Decimal(0))
            assert DAY - timedelta(days=365) <= order.placed_at.date() < DAY
        assert session.scalar(select(func.min(OrderLine.quantity))) >= 1
        statuses = Counter(session.scalars(select(Order.status)))
        assert statuses["shipped"] > statuses["cancelled"]


def test_the_same_again(bare_sqlite_shop: Any) -> None:
    fill(bare_sqlite_shop)
    with bare_sqlite_shop.session() as session:
        first = read_all(session)
    bare_sqlite_shop.run("db", "downgrade", "base")
    fill(bare_sqlite_shop)
    with bare_sqlite_shop.session() as session:
        assert read_all(session) == first


def test_seed_command_twice(bare_sqlite_shop: Any) -> None:
    bare_sqlite_shop.run("db", "upgrade")
    output = bare_sqlite_shop.run("seed")
    assert "2,000 products, 500 customers and 5,000 orders in" in output
    assert "anna@shop.example" in output
    client = bare_sqlite_shop.client()
    login = {"email": seed.EMAIL, "password": seed.PASSWORD}
    assert client.post("/login", data=login).status_code == 302
    assert "2,000 products" in client.get("/products").text
    output = bare_sqlite_shop.run("seed")
    assert output.startswith("The database is already seeded: nothing to do. Log in as anna@")
    assert bare_sqlite_shop.counts()["orders"] == 5000


def test_seed_without_tables(bare_shop: Any) -> None:
    output = bare_shop.run("seed", exit_code=1)
    assert "flask --app example_app db upgrade" in output


def test_seed_is_not_for_production(sqlite_shop: Any) -> None:
    sqlite_shop.app.config["ENVIRONMENT"] = "production"
    assert "known password" in sqlite_shop.run("seed", exit_code=1)


def test_add_user(sqlite_shop: Any) -> None:
    args = ("add-user", "eve@shop.example", "Eve", "--department", "Legal")
    typed = {"input": "long enough\nlong enough\n"}
    assert "Eve can log in as eve@shop.example." in sqlite_shop.run(*args, **typed)
    login = {"email": "eve@shop.example", "password": "long enough"}
    assert sqlite_shop.client().post("/login", data=login).status_code == 302
    assert "There is a user" in sqlite_shop.run(*args, exit_code=1, **typed)


def test_add_user_without_tables(bare_sqlite_shop: Any) -> None:
    output = bare_sqlite_shop.run("add-user", "e@x.example", "E", input="a\na\n", exit_code=1)
    assert "db upgrade" in output
