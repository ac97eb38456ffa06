"""What is sold: a tree of categories, and products that may be in several of them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from example_app.models.base import Base, utc_now
from orm import (
    CheckConstraint,
    Column,
    ForeignKey,
    Mapped,
    Numeric,
    String,
    Table,
    Text,
    mapped_column,
    relationship,
)

product_categories = Table(
    "product_categories",
    Base.metadata,
    Column("product_id", ForeignKey("products.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "category_id",
        ForeignKey("categories.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)


class Category(Base):
    """A node of the category tree; `parent` is None at the top."""

    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"), index=True)

    parent: Mapped[Category | None] = relationship(back_populates="children", remote_side=[id])
    children: Mapped[list[Category]] = relationship(
        back_populates="parent", order_by="Category.name"
    )
    products: Mapped[list[Product]] = relationship(
        secondary=product_categories, back_populates="categories"
    )


class Product(Base):
    """A product with its price and stock.

    `version` counts the changes of the row. A flush that finds another number than the one it read
    raises StaleDataError, and a form or an API client that sends back the number it was shown
    cannot overwrite a change it has not seen.
    """

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("stock >= 0", name="stock_not_negative"),
        CheckConstraint("price >= 0", name="price_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(120), index=True)
    description: Mapped[str] = mapped_column(Text, default="")
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    stock: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)

    categories: Mapped[list[Category]] = relationship(
        secondary=product_categories, back_populates="products", order_by="Category.name"
    )

    __mapper_args__ = {"version_id_col": version}
