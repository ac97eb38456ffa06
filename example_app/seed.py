"""Data to play with: the same on every machine, for the same day.

Everything is stored in one transaction, in batches: a seeding that is interrupted leaves nothing.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Final, TypeVar

from faker import Faker

from example_app.models import (
    CANCELLED,
    OPEN,
    SHIPPED,
    Category,
    Customer,
    Department,
    Order,
    OrderLine,
    Product,
    User,
)
from orm import Session, func, select

T = TypeVar("T")

EMAIL: Final = "anna@shop.example"  # one of the STAFF
PASSWORD: Final = "backoffice"
BATCH: Final = 500

STAFF: Final = {
    "Sales": ["Anna Berg", "Ben Okafor", "Clara Novak"],
    "Warehouse": ["David Lind", "Elif Kaya"],
    "Accounts": ["Farid Haddad"],
}
TREE: Final = {
    "Kitchen": {
        "Cookware": ["Frying Pan", "Saucepan", "Casserole", "Wok", "Roasting Tin"],
        "Tableware": ["Plate", "Bowl", "Mug", "Jug", "Teapot"],
        "Knives": ["Bread Knife", "Chef's Knife", "Chopping Board"],
    },
    "Living Room": {
        "Lighting": ["Table Lamp", "Floor Lamp", "Pendant Light", "Lantern"],
        "Textiles": ["Cushion", "Throw", "Rug", "Curtain"],
        "Storage": ["Basket", "Shelf", "Chest", "Coat Rack"],
    },
    "Garden": {
        "Tools": ["Trowel", "Rake", "Watering Can", "Pruning Saw"],
        "Pots": ["Flower Pot", "Planter", "Window Box"],
        "Seating": ["Bench", "Folding Chair", "Stool"],
    },
    "Office": {
        "Stationery": ["Notebook", "Pencil Case", "Letter Tray", "Desk Pad"],
        "Bags": ["Satchel", "Backpack", "Laptop Sleeve"],
    },
}
COLLECTIONS: Final = ("Gifts", "New Arrivals", "Sale")
STYLES: Final = [
    "Classic",
    "Rustic",
    "Modern",
    "Slim",
    "Sturdy",
    "Compact",
    "Nordic",
    "Vintage",
    "Plain",
    "Round",
    "Tall",
    "Small",
    "Large",
    "Woven",
    "Hand-made",
    "Striped",
    "Smoked",
    "Polished",
    "Matt",
    "Everyday",
]
MATERIALS: Final = [
    "Oak",
    "Steel",
    "Linen",
    "Copper",
    "Glass",
    "Bamboo",
    "Wool",
    "Ceramic",
    "Leather",
    "Cotton",
    "Walnut",
    "Enamel",
    "Brass",
    "Felt",
    "Stone",
    "Cork",
]
SCARCE: Final = (0, 1, 3, 5)
FEATURES: Final = (
    "Made by hand in small numbers.",
    "Wipe clean with a damp cloth.",
    "Safe in the dishwasher.",
    "Comes flat, with all screws.",
    "Every piece is a little different.",
    "Repairs are free for five years.",
    "Packed without plastic.",
    "Fits the rest of the series.",
    "Best kept dry.",
    "A present that is used every day.",
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many of each to make."""

    products: int = 2000
    customers: int = 500
    orders: int = 5000

    @property
    def total(self) -> int:
        """The number that the batches of `fill` add up to."""
        return self.products + self.customers + self.orders


def is_empty(session: Session) -> bool:
    """Tell whether the database has neither users nor products nor customers."""
    found = (session.scalar(select(func.count(m.id))) for m in (User, Product, Customer))
    return not any(found)


def fill(session: Session, today: date, sizes: Sizes = Sizes()) -> Iterator[int]:
    """Store the data, yielding the number of objects after each batch. The caller commits.

    today: the orders are of the year before this day.
    """
    fake = Faker("en_GB")
    fake.seed_instance(2_000)
    users = _add_staff(session)
    leaves, collections = _add_categories(session)
    prices: dict[int, Decimal] = {}
    for products in _batches(_make_products(fake.random, leaves, collections), sizes.products):
        session.add_all(products)
        session.flush()
        prices.update((product.id, product.price) for product in products)
        yield len(products)
    customer_ids: list[int] = []
    for customers in _batches(_make_customers(fake, today), sizes.customers):
        session.add_all(customers)
        session.flush()
        customer_ids.extend(customer.id for customer in customers)
        yield len(customers)
    maker = OrderMaker(fake.random, today, [user.id for user in users], customer_ids, prices)
    for moments in _batches(maker.draw_moments(sizes.orders), sizes.orders):
        session.add_all([maker.make(moment) for moment in moments])
        session.flush()
        session.expunge_all()
        yield len(moments)


def _batches(items: Iterable[T], count: int) -> Iterator[list[T]]:
    """Yield the first `count` items in lists of at most BATCH."""
    remaining = islice(items, count)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def _add_staff(session: Session) -> list[User]:
    users = []
    for name, people in STAFF.items():
        department = Department(name=name)
        for person in people:
            email = f"{person.split()[0].lower()}@shop.example"
            user = User(name=person, email=email, department=department)
            user.set_password(PASSWORD)
            users.append(user)
    session.add_all(users)
    session.flush()
    return users


def _add_categories(session: Session) -> tuple[dict[str, list[Category]], list[Category]]:
    """Return noun -> its categories, and the categories that any product may be in."""
    leaves: dict[str, list[Category]] = {}
    for top, branches in TREE.items():
        parent = Category(name=top, slug=_slug(top))
        session.add(parent)
        for name, nouns in branches.items():
            leaf = Category(name=name, slug=f"{parent.slug}-{_slug(name)}", parent=parent)
            session.add(leaf)
            leaves.update((noun, [leaf]) for noun in nouns)
    collections = [Category(name=name, slug=_slug(name)) for name in COLLECTIONS]
    session.add_all(collections)
    session.flush()
    return leaves, collections


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def _make_products(
    chance: random.Random, leaves: dict[str, list[Category]], collections: list[Category]
) -> Iterator[Product]:
    """Yield products without end; a name comes once while names last."""
    nouns = list(leaves)
    used: set[str] = set()
    for number in range(1, 10**6):
        noun = chance.choice(nouns)
        style, material = chance.choice(STYLES), chance.choice(MATERIALS)
        name = f"{style} {material} {noun}"
        if name in used:
            name = f"{name} No. {number}"
        used.add(name)
        extra = chance.sample(collections, chance.choice((0, 0, 0, 1, 1, 2)))
        yield Product(
            sku=f"{noun[:2].upper()}-{number:05}",
            name=name,
            description=f"{noun} of {material.lower()}, {style.lower()}. "
            + " ".join(chance.sample(FEATURES, 2)),
            price=Decimal(math.floor(4 + chance.expovariate(1 / 35))) + Decimal("0.95"),
            # The first ones, which people try things with, are never scarce.
            stock=chance.choice(SCARCE)
            if number > 20 and chance.random() < 0.08
            else chance.randint(20, 240),
            categories=[*leaves[noun], *extra],
        )


def _make_customers(fake: Faker, today: date) -> Iterator[Customer]:
    for number in range(1, 10**6):
        first, last = fake.first_name(), fake.last_name()
        yield Customer(
            name=f"{first} {last}",
            email=f"{first}.{last}{number}@mail.example".lower().replace(" ", ""),
            phone=fake.phone_number(),
            street=fake.street_address().replace("\n", ", "),
            postcode=fake.postcode(),
            city=fake.city(),
            created_at=_moment(today, fake.random.randint(366, 900), fake.random),
        )


def _moment(today: date, days_ago: int, chance: random.Random) -> datetime:
    """Return a moment in the opening hours of a day."""
    midnight = datetime(today.year, today.month, today.day) - timedelta(days=days_ago)
    return midnight + timedelta(seconds=chance.randint(8 * 3600, 20 * 3600))


@dataclass(frozen=True, slots=True)
class OrderMaker:
    """Makes orders; only ids and prices are kept, so that the session can forget each batch."""

    chance: random.Random
    today: date
    user_ids: list[int]
    customer_ids: list[int]
    prices: dict[int, Decimal]

    def draw_moments(self, count: int) -> list[datetime]:
        """Return the moments of `count` orders of the last year, oldest first."""
        ages = (self.chance.randint(1, 365) for _ in range(count))
        return sorted(_moment(self.today, age, self.chance) for age in ages)

    def make(self, moment: datetime) -> Order:
        """Return an order of this moment."""
        product_ids = self.chance.sample(
            list(self.prices), self.chance.choice((1, 1, 2, 2, 3, 4, 5))
        )
        lines = [
            OrderLine(
                product_id=product_id,
                quantity=self.chance.choice((1, 1, 1, 2, 2, 4)),
                unit_price=self.prices[product_id],
            )
            for product_id in product_ids
        ]
        return Order(
            customer_id=self.chance.choice(self.customer_ids),
            placed_by_id=self.chance.choice(self.user_ids),
            placed_at=moment,
            status=self._draw_status(moment),
            total=sum((line.amount for line in lines), Decimal(0)),
            lines=lines,
        )

    def _draw_status(self, moment: datetime) -> str:
        if self.chance.random() < 0.04:
            return CANCELLED
        age = (self.today - moment.date()).days
        return OPEN if age <= 3 or (age <= 7 and self.chance.random() < 0.3) else SHIPPED
