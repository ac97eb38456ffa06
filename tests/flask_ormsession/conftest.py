"""A small app on an empty database of each kind, with a model that can make a commit fail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from flask_ormsession import Database
from orm import Mapped, String, mapped_column, select


class World:
    """An app, its Database, the model Item(id, name unique), and a look at what is stored."""

    def __init__(self, url: str, instance_path: Path, **config: Any) -> None:
        self.app = Flask("world", instance_path=str(instance_path))
        # Errors become responses, as in production.
        self.app.config.update(PROPAGATE_EXCEPTIONS=False, ORM_DATABASE_URL=url, **config)
        self.db: Any = Database()
        db = self.db

        class Item(db.Model):
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str] = mapped_column(String(50), unique=True)

        self.Item: Any = Item
        db.init_app(self.app)
        with self.app.app_context():
            db.create_all()

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def add(self, name: str) -> Any:
        """Add an item in the current session; returns it, not flushed."""
        item = self.Item(name=name)
        self.db.session.add(item)
        return item

    def route(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Serve a view under "/"."""
        self.app.add_url_rule("/", view_func=view, methods=["GET", "POST"])
        return view

    def stored(self) -> list[str]:
        """The names in the database, as a new transaction sees them."""
        with self.app.app_context():
            rows = self.db.session.execute(select(self.Item.name).order_by(self.Item.name))
            return list(rows.scalars())

    def checked_out(self) -> int:
        """How many connections are not in the pool."""
        with self.app.app_context():
            return int(self.db.engine.pool.checkedout())

    def links(self, response: Response) -> dict[str, str]:
        """The URLs in the header Link, by relation."""
        parts = [
            re.fullmatch('<(.*)>; rel="(.*)"', link) for link in response.headers.getlist("Link")
        ]
        return {part[2]: part[1] for part in parts if part is not None}

    def dispose(self) -> None:
        with self.app.app_context():
            for engine in self.db.engines.values():
                engine.dispose()


MakeWorld = Callable[..., World]


@pytest.fixture
def make_world(db_url: str, tmp_path: Path) -> Iterator[MakeWorld]:
    """Make a World on the database of the test, with configuration keys as arguments."""
    made: list[World] = []

    def make(**config: Any) -> World:
        made.append(World(db_url, tmp_path, **config))
        return made[-1]

    yield make
    for world in made:
        world.dispose()


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A World on an empty database of each kind in turn."""
    return make_world()


@pytest.fixture
def make_small(tmp_path: Path) -> Iterator[MakeWorld]:
    """Make a World on SQLite, with configuration keys as arguments."""
    made: list[World] = []

    def make(**config: Any) -> World:
        made.append(World(f"sqlite:///made{len(made)}.db", tmp_path, **config))
        return made[-1]

    yield make
    for world in made:
        world.dispose()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[World]:
    """A World on SQLite only, for what does not depend on the database."""
    made = World("sqlite:///small.db", tmp_path)
    yield made
    made.dispose()
