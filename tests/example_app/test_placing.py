"""Placing orders: again after a conflict, and never twice."""

from __future__ import annotations

from typing import Any

import pytest

from example_app import placing
from example_app.extensions import db
from example_app.models import Customer, Order, User
from example_app.services import ordering
from example_app.services.errors import OutOfStock
from orm import exc, func, select


class Deadlock(Exception):
    """What PostgreSQL's driver raises."""

    sqlstate = "40P01"


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the database shall refuse from now on, after the order is written."""
    left = [0]
    inner = ordering.place_order

    def place(*args: Any) -> Order:
        order = inner(*args)
        if left[0]:
            left[0] -= 1
            raise exc.OperationalError("UPDATE product", None, Deadlock("deadlock detected"))
        return order

    monkeypatch.setattr(placing.ordering, "place_order", place)
    monkeypatch.setattr("flask_ormsession.retry.choose_delay", lambda attempt: 0.0)
    return left


def place(sqlite_shop: Any, quantity: int = 1) -> int:
    with sqlite_shop.app.app_context():
        customer = db.session.scalars(select(Customer)).first()
        user = db.session.scalars(select(User)).first()
        assert customer is not None
        assert user is not None
        return placing.place_order(customer, user, {sqlite_shop.ids["Bread Knife"]: quantity}).id


def count(sqlite_shop: Any) -> Any:
    with sqlite_shop.session() as session:
        return session.scalar(select(func.count(Order.id)))


def test_an_order_is_placed_again(sqlite_shop: Any, refusals: list[int]) -> None:
    before = count(sqlite_shop)
    refusals[0] = 2
    place(sqlite_shop)
    assert refusals == [0]
    assert count(sqlite_shop) == before + 1


def test_it_gives_up_in_the_end(sqlite_shop: Any, refusals: list[int]) -> None:
    before = count(sqlite_shop)
    refusals[0] = 9
    with pytest.raises(exc.OperationalError):
        place(sqlite_shop)
    assert refusals == [5]
    assert count(sqlite_shop) == before


def test_what_the_shop_refuses_is_refused_once(sqlite_shop: Any, refusals: list[int]) -> None:
    before = count(sqlite_shop)
    with pytest.raises(OutOfStock):
        place(sqlite_shop, 10_000)
    assert count(sqlite_shop) == before
