"""The public names: what `__all__` says is what there is, and the stored list is its record.

After a deliberate change:  python -m pytest tests/architecture --write-exports
"""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

SNAPSHOT = Path(__file__).with_name("exports.txt")
PUBLIC_MODULES = (
    "orm",
    "orm.event",
    "orm.types",
    "orm.pool",
    "orm.dialects.sqlite",
    "orm.dialects.postgresql",
    "orm.dialects.mysql",
    "flask_ormsession",
    "flask_ormsession.migrate",
)

EXTENSION_MODULES = (
    "orm.ext.associationproxy",
    "orm.ext.compiler",
    "orm.ext.declarative",
    "orm.ext.hybrid",
    "orm.ext.mutable",
    "orm.ext.orderinglist",
)


def _current() -> list[str]:
    return [
        f"{module}.{name}"
        for module in (*PUBLIC_MODULES, *EXTENSION_MODULES)
        for name in sorted(importlib.import_module(module).__all__)
    ]


@pytest.mark.parametrize("module_name", [*PUBLIC_MODULES, *EXTENSION_MODULES])
def test_every_name_in_all_is_there_once(module_name: str) -> None:
    module = importlib.import_module(module_name)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert len(set(module.__all__)) == len(module.__all__)


@pytest.mark.parametrize("module_name", PUBLIC_MODULES)
def test_no_name_leaks_past_all(module_name: str) -> None:
    module = importlib.import_module(module_name)
    leaked = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    } - set(module.__all__)
    assert leaked - {"annotations"} == set()


def test_the_public_names_are_the_recorded_ones(request: pytest.FixtureRequest) -> None:
    current = _current()
    if request.config.getoption("--write-exports"):
        SNAPSHOT.write_text("\n".join(current) + "\n")
    assert SNAPSHOT.read_text().splitlines() == current
