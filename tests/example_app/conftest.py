"""The shop for tests: an app on a migrated database with a handful of rows.

The fixture is not called `app`, because pytest-flask pushes a request context around every test
that uses an `app`; here each request shall have the context that it has in production.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from example_app import create_app
from example_app.extensions import db
from example_app.models import Category, Customer, Department, Order, OrderLine, Product, User
from orm import Session, event, func, select

EMAIL, PASSWORD = "ada@shop.example", "correct horse"


@dataclass
class Shop:
    """An app on a migrated database, and what tests ask it."""

    app: Flask
    ids: dict[str, int]

    @property
    def engine(self) -> Any:
        with self.app.app_context():
            return db.engine

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A plain session, as a script has it: the services need no more."""
        with Session(self.engine) as session:
            yield session

    def run(self, *args: str, **options: Any) -> str:
        """Run a `flask` command; return what it printed."""
        return run(self.app, *args, **options)

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def logged_in(self, email: str = EMAIL, password: str = PASSWORD) -> FlaskClient:
        client = self.client()
        answer = client.post("/login", data={"email": email, "password": password})
        assert answer.status_code == 302
        return client

    def stock(self, name: str) -> int:
        with self.session() as session:
            return session.scalars(select(Product.stock).where(Product.name == name)).one()

    def counts(self) -> dict[str, int]:
        """The number of orders, lines and departments that are stored."""
        with self.session() as session:
            return {
                model.__tablename__: session.scalar(select(func.count(model.id)))
                for model in (Order, OrderLine, Department)
            }

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Collect the SQL that runs in the block, transaction control left out."""
        seen: list[str] = []

        def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
            seen.append(statement)

        event.listen(self.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(self.engine, "before_cursor_execute", note)


def make_app(url: str, **config: object) -> Flask:
    settings: Mapping[str, object] = {
        "ORM_DATABASE_URL": url,
        "TESTING": True,
        "PROPAGATE_EXCEPTIONS": False,
        "WTF_CSRF_ENABLED": False,
        **config,
    }
    return create_app(settings)


def run(app: Flask, *args: str, exit_code: int = 0, **options: Any) -> str:
    """Run a `flask` command, check its exit code, and return what it printed."""
    result = app.test_cli_runner().invoke(args=list(args), **options)
    assert result.exit_code == exit_code, result.output + repr(result.exception)
    return result.output


def dispose(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()


def add_rows(app: Flask) -> dict[str, int]:
    """Add a user, two customers, a small tree and three products; return name -> id."""
    with app.app_context():
        user = User(name="Ada", email=EMAIL, department=Department(name="Management"))
        user.set_password(PASSWORD)
        customers = [
            Customer(name="Grace Hopper", email="grace@mail.example", city="Arlington"),
            Customer(name="Alan Turing", email="alan@mail.example", city="Wilmslow"),
        ]
        kitchen = Category(name="Kitchen", slug="kitchen")
        knives = Category(name="Knives", slug="knives", parent=kitchen)
        gifts = Category(name="Gifts", slug="gifts")
        products = [
            make_product("Bread Knife", "19.95", 10, [knives, gifts]),
            make_product("Oak Board", "7.50", 3, [kitchen]),
            make_product("100% Wool Throw", "49.00", 0, [gifts]),
        ]
        session = db.session()
        session.add_all([user, *customers, *products])
        session.commit()
        named = [user, *customers, kitchen, knives, gifts, *products]
        return {item.name: item.id for item in named}


def make_product(name: str, price: str, stock: int, categories: list[Category]) -> Product:
    return Product(
        sku=name[:2].upper() + f"-{len(name)}",
        name=name,
        description=f"A good {name}.",
        price=Decimal(price),
        stock=stock,
        categories=categories,
    )


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    """A migrated and filled SQLite file, to be copied: migrating for each test would be slow."""
    path = tmp_path_factory.mktemp("template") / "shop.db"
    app = make_app(f"sqlite:///{path}")
    run(app, "db", "upgrade")
    ids = add_rows(app)
    dispose(app)
    return path, ids


@pytest.fixture
def sqlite_shop(sqlite_template: tuple[Path, dict[str, int]], tmp_path: Path) -> Iterator[Shop]:
    """The shop on SQLite, for what does not depend on the database."""
    template, ids = sqlite_template
    path = shutil.copy(template, tmp_path / "shop.db")
    app = make_app(f"sqlite:///{path}")
    yield Shop(app, ids)
    dispose(app)


@pytest.fixture
def bare_shop(db_url: str) -> Iterator[Shop]:
    """The shop on each database in turn, which is empty: no migration was applied."""
    app = make_app(db_url)
    yield Shop(app, {})
    dispose(app)


@pytest.fixture
def bare_sqlite_shop(tmp_path: Path) -> Iterator[Shop]:
    """The shop on an empty SQLite database."""
    app = make_app(f"sqlite:///{tmp_path / 'bare.db'}")
    yield Shop(app, {})
    dispose(app)


@pytest.fixture
def shop(db_url: str) -> Iterator[Shop]:
    """The shop on each database in turn."""
    app = make_app(db_url)
    run(app, "db", "upgrade")
    yield Shop(app, add_rows(app))
    dispose(app)
