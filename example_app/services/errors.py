"""What a service refuses to do.

ShopError
├── OutOfStock        an order asks for more than there is
├── StaleVersion      somebody else changed the row since it was shown
├── OrderClosed       the order is shipped or cancelled already
└── InvalidOrder      no lines, unknown products, a quantity that is no positive number
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ShopError(Exception):
    """Base of the refusals; its text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """One product of which fewer pieces are there than were asked for."""

    product_id: int
    name: str
    requested: int
    available: int

    def __str__(self) -> str:
        left = "none is" if self.available == 0 else f"only {self.available} are"
        if self.available == 1:
            left = "only 1 is"
        return f"{self.name}: {self.requested} requested, {left} in stock."


class OutOfStock(ShopError):
    """The order was refused as a whole. `shortages` names every product that is short."""

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        super().__init__(" ".join(str(shortage) for shortage in shortages))
        self.shortages = tuple(shortages)


class StaleVersion(ShopError):
    """The caller saw version `seen`, the row is at `current` now; nothing was changed."""

    def __init__(self, what: str, seen: int, current: int) -> None:
        super().__init__(
            f"{what} was changed by somebody else in the meantime "
            f"(you edited version {seen}, it is at {current}). Look at the new values first."
        )
        self.seen = seen
        self.current = current


class OrderClosed(ShopError):
    """An order that is no longer open can be neither shipped nor cancelled."""

    def __init__(self, order_id: int, status: str) -> None:
        super().__init__(f"Order {order_id} is {status} already.")
        self.order_id = order_id
        self.status = status


class InvalidOrder(ShopError):
    """The order makes no sense, whatever the stock is."""
