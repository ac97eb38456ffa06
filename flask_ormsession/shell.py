"""What `flask shell` has at hand: db, session, every model, and the words for a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orm

if TYPE_CHECKING:
    from flask_ormsession.extension import Database

_WORDS = (
    "select",
    "insert",
    "update",
    "delete",
    "func",
    "text",
    "and_",
    "or_",
    "not_",
    "selectinload",
    "joinedload",
    "inspect",
)


def make_shell_context(db: Database[Any]) -> dict[str, Any]:
    """Return the names for the shell. A model never hides one of the others."""
    names: dict[str, Any] = {model.__name__: model for model in find_models(db)}
    names.update({word: getattr(orm, word) for word in _WORDS})
    names.update(db=db, session=db.session)
    return names


def find_models(db: Database[Any]) -> list[type[Any]]:
    """Return every mapped class of a Database, by name."""
    base: Any = db.Model
    classes = [mapper.class_ for mapper in base.registry.mappers]
    return sorted(classes, key=lambda cls: (cls.__name__, cls.__module__))
