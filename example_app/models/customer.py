"""The people who buy."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from example_app.models.base import Base, utc_now
from orm import Mapped, String, mapped_column, relationship

if TYPE_CHECKING:
    from example_app.models.order import Order


class Customer(Base):
    """A customer with one address; the e-mail address identifies them."""

    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), index=True)
    email: Mapped[str] = mapped_column(String(190), unique=True)
    phone: Mapped[str] = mapped_column(String(40), default="")
    street: Mapped[str] = mapped_column(String(120), default="")
    postcode: Mapped[str] = mapped_column(String(20), default="")
    city: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    orders: Mapped[list[Order]] = relationship(back_populates="customer")
