"""Orders and their lines."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from example_app.models.base import Base, utc_now
from orm import (
    CheckConstraint,
    ForeignKey,
    Mapped,
    Numeric,
    String,
    UniqueConstraint,
    mapped_column,
    relationship,
)

if TYPE_CHECKING:
    from example_app.models.catalogue import Product
    from example_app.models.customer import Customer
    from example_app.models.staff import User

OPEN: Final = "open"
SHIPPED: Final = "shipped"
CANCELLED: Final = "cancelled"
STATUSES: Final = (OPEN, SHIPPED, CANCELLED)


class Order(Base):
    """An order of one customer, entered by a member of staff.

    `total` is the sum of the lines at the prices of that day; it does not follow later changes of
    prices.
    """

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    placed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    placed_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
    status: Mapped[str] = mapped_column(String(12), default=OPEN, index=True)
    total: Mapped[Decimal] = mapped_column(Numeric(12, 2))

    customer: Mapped[Customer] = relationship(back_populates="orders")
    placed_by: Mapped[User] = relationship()
    lines: Mapped[list[OrderLine]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by="OrderLine.id"
    )


class OrderLine(Base):
    """A number of pieces of one product, at the price agreed."""

    __tablename__ = "order_lines"
    __table_args__ = (
        UniqueConstraint("order_id", "product_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    quantity: Mapped[int] = mapped_column()
    unit_price: Mapped[Decimal] = mapped_column(Numeric(10, 2))

    order: Mapped[Order] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()

    @property
    def amount(self) -> Decimal:
        """Price times quantity."""
        return self.unit_price * self.quantity
