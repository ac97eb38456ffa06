"""Products and the category tree: searching, showing, changing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from example_app.models import Category, Product
from example_app.services.errors import StaleVersion
from orm import Select, Session, or_, select

LOW_STOCK: Final = 5

SORTS: Final = {
    "name": (Product.name, Product.id),
    "price": (Product.price, Product.id),
    "-price": (Product.price.desc(), Product.id),
    "stock": (Product.stock, Product.id),
}


@dataclass(frozen=True, slots=True)
class CategoryNode:
    """A category at its place in the tree; `depth` is 0 at the top."""

    category: Category
    depth: int
    children: list[CategoryNode] = field(default_factory=list)

    def walk(self) -> Iterator[CategoryNode]:
        """Yield this node and everything below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


class CategoryTree:
    """The whole tree, read with one SELECT."""

    def __init__(self, categories: Iterable[Category]) -> None:
        by_parent: dict[int | None, list[Category]] = {}
        for category in categories:
            by_parent.setdefault(category.parent_id, []).append(category)
        self.roots = _nest(by_parent, None, 0)
        self._by_slug = {node.category.slug: node for node in self}

    def __iter__(self) -> Iterator[CategoryNode]:
        """Yield every node, parents before their children, siblings in the order given."""
        for root in self.roots:
            yield from root.walk()

    def find(self, slug: str) -> CategoryNode | None:
        """Return the node with this slug, or None."""
        return self._by_slug.get(slug)


def _nest(
    by_parent: dict[int | None, list[Category]], parent_id: int | None, depth: int
) -> list[CategoryNode]:
    return [
        CategoryNode(category, depth, _nest(by_parent, category.id, depth + 1))
        for category in by_parent.get(parent_id, [])
    ]


def load_category_tree(session: Session) -> CategoryTree:
    """Return the category tree, siblings by name. Cost: one SELECT."""
    return CategoryTree(session.scalars(select(Category).order_by(Category.name, Category.id)))


def search_products(
    text: str = "", category: CategoryNode | None = None, sort: str = "name"
) -> Select[Product]:
    """Return the statement for the products that match. It is not executed.

    text: words of which each must be part of name, SKU or description, upper or lower case.
    category: products of this category or of one below it.
    sort: a key of SORTS; anything else sorts by name.
    """
    statement = select(Product).order_by(*SORTS.get(sort, SORTS["name"]))
    for word in text.split():
        statement = statement.where(
            or_(
                Product.name.icontains(word, autoescape=True),
                Product.sku.icontains(word, autoescape=True),
                Product.description.icontains(word, autoescape=True),
            )
        )
    if category is not None:
        ids = [node.category.id for node in category.walk()]
        statement = statement.where(Product.categories.any(Category.id.in_(ids)))
    return statement


@dataclass(frozen=True, slots=True)
class ProductChanges:
    """New values for a product; None leaves a value as it is."""

    name: str | None = None
    description: str | None = None
    price: Decimal | None = None
    stock: int | None = None
    category_ids: Sequence[int] | None = None


def add_product(session: Session, sku: str, changes: ProductChanges) -> Product:
    """Add a product and return it, flushed. Raises IntegrityError if the SKU is taken."""
    product = Product(sku=sku, name="", price=Decimal(0))
    _apply(session, product, changes)
    session.add(product)
    session.flush()
    return product


def change_product(
    session: Session, product: Product, changes: ProductChanges, seen_version: int
) -> None:
    """Change `product` and flush, provided that it still is the version the caller has seen.

    Raises StaleVersion if it is not, and StaleDataError if it changes between the check and the
    UPDATE; in both cases nothing is stored.
    """
    if product.version != seen_version:
        raise StaleVersion(product.name, seen_version, product.version)
    _apply(session, product, changes)
    session.flush()


def _apply(session: Session, product: Product, changes: ProductChanges) -> None:
    if changes.category_ids is not None:
        chosen = select(Category).where(Category.id.in_(changes.category_ids))
        with session.no_autoflush:
            product.categories = list(session.scalars(chosen.order_by(Category.name)))
    for name in ("name", "description", "price", "stock"):
        value = getattr(changes, name)
        if value is not None:
            setattr(product, name, value)
