"""The two libraries under the same names, and the model that both map.

`load_names("orm")` and `load_names("sqlalchemy")` give the same public names, so that every
case is written once and cannot favour one side.
"""

from __future__ import annotations

import importlib
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Optional

NAMES = (
    "create_engine",
    "select",
    "insert",
    "update",
    "func",
    "text",
    "ForeignKey",
    "String",
    "DeclarativeBase",
    "Mapped",
    "mapped_column",
    "relationship",
    "Session",
    "selectinload",
    "joinedload",
)


def load_names(library: str) -> Any:
    """Return the library's public names and the mapped classes as one namespace."""
    modules = [importlib.import_module(library)]
    if library == "sqlalchemy":
        modules.append(importlib.import_module("sqlalchemy.orm"))
    names = SimpleNamespace()
    for name in NAMES:
        setattr(names, name, next(getattr(m, name) for m in reversed(modules) if hasattr(m, name)))
    names.library = library
    names.version = getattr(modules[0], "__version__", "")
    _map_model(names)
    return names


def _map_model(lib: Any) -> None:
    Mapped = lib.Mapped
    mapped_column = lib.mapped_column

    class Base(lib.DeclarativeBase):
        pass

    # Not annotations with Mapped[...] of the real library, so that one text serves both
    class Person(Base):
        __tablename__ = "person"
        __annotations__ = {
            "id": Mapped[int],
            "name": Mapped[str],
            "email": Mapped[str],
            "age": Mapped[int],
            "score": Mapped[float],
            "city": Mapped[Optional[str]],
            "active": Mapped[bool],
            "joined": Mapped[datetime],
        }
        id = mapped_column(primary_key=True)
        name = mapped_column(lib.String(80))
        email = mapped_column(lib.String(120))
        age = mapped_column()
        score = mapped_column()
        city = mapped_column(lib.String(60))
        active = mapped_column()
        joined = mapped_column()

    class Parent(Base):
        __tablename__ = "parent"
        __annotations__ = {"id": Mapped[int], "name": Mapped[str]}
        id = mapped_column(primary_key=True)
        name = mapped_column(lib.String(40))

    class Child(Base):
        __tablename__ = "child"
        __annotations__ = {"id": Mapped[int], "name": Mapped[str], "parent_id": Mapped[int]}
        id = mapped_column(primary_key=True)
        name = mapped_column(lib.String(40))
        parent_id = mapped_column(lib.ForeignKey("parent.id"))
        parent = lib.relationship(Parent, back_populates="children")

    Parent.children = lib.relationship(Child, back_populates="parent", order_by=Child.id)
    lib.Base, lib.Person, lib.Parent, lib.Child = Base, Person, Parent, Child


class RawPerson:
    """What code on the bare driver would make of a row of person."""

    def __init__(
        self,
        id: int | None,
        name: str,
        email: str,
        age: int,
        score: float,
        city: str | None,
        active: bool,
        joined: datetime,
    ) -> None:
        self.id = id
        self.name = name
        self.email = email
        self.age = age
        self.score = score
        self.city = city
        self.active = active
        self.joined = joined


class RawParent:
    """The same for a row of parent."""

    def __init__(self, id: int, name: str) -> None:
        self.id = id
        self.name = name
        self.children: list[RawChild] = []


class RawChild:
    """The same for a row of child."""

    def __init__(self, id: int, name: str, parent_id: int) -> None:
        self.id = id
        self.name = name
        self.parent_id = parent_id
