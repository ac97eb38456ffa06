"""The libraries, a module each; every one has the cases as methods (see cases.py)."""

from __future__ import annotations

import importlib
from typing import Any

from tests.benchmarks.databases import Place

#: name -> (title, distribution, module with open_library)
LIBRARIES = {
    "raw": ("bare driver", "", "raw"),
    "orm": ("ours", "flask-ormsession", "mapped"),
    "sqlalchemy": ("SQLAlchemy", "sqlalchemy", "mapped"),
    "django": ("Django", "django", "django_orm"),
    "peewee": ("Peewee", "peewee", "peewee_orm"),
    "pony": ("Pony", "pony", "pony_orm"),
}


def open_library(name: str, place: Place) -> Any:
    """Return the cases of a library for a database."""
    module = importlib.import_module(f"tests.benchmarks.libraries.{LIBRARIES[name][2]}")
    if LIBRARIES[name][2] == "mapped":
        return module.MappedLibrary(name, place)
    return module.open_library(place)
