"""Placing an order as a transaction of its own, which pages and API share.

Two orders may want what the other one has locked: the database then refuses one of them, and it is
placed again. `services.ordering` takes the locks in an order that avoids most of this.
"""

from __future__ import annotations

from collections.abc import Mapping

from example_app.extensions import db
from example_app.models import Customer, Order, User
from example_app.services import ordering


def place_order(customer: Customer, placed_by: User, quantities: Mapping[int, int]) -> Order:
    """Store an order and commit it; return it. Raises what `ordering.place_order` raises.

    What was read before is read again: the transaction so far ends here, so that each attempt begins
    anew. Changes that were not committed are lost.
    """
    ids = (customer.id, placed_by.id)
    db.session.rollback()
    return _place(*ids, quantities)


@db.transaction(retry=3)
def _place(customer_id: int, user_id: int, quantities: Mapping[int, int]) -> Order:
    customer = db.session.get_one(Customer, customer_id)
    placed_by = db.session.get_one(User, user_id)
    return ordering.place_order(db.session, customer, placed_by, quantities)
