"""The schema comes from the migrations alone, and they say what the models say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import example_app
from example_app.models import Base
from orm import inspect

VERSIONS = Path(example_app.__file__).parent / "migrations" / "versions"


def table_names(shop: Any) -> set[str]:
    return set(inspect(shop.engine).get_table_names())


def test_models_and_migrations_agree(bare_shop: Any) -> None:
    bare_shop.run("db", "upgrade")
    assert table_names(bare_shop) == {*Base.metadata.tables, "alembic_version"}
    bare_shop.run("db", "check")


def test_down_and_up_again(bare_shop: Any) -> None:
    bare_shop.run("db", "upgrade")
    bare_shop.run("db", "downgrade", "base")
    assert table_names(bare_shop) <= {"alembic_version"}
    bare_shop.run("db", "upgrade")
    bare_shop.run("db", "check")


def test_scripts_are_ordinary_alembic_scripts() -> None:
    scripts = list(VERSIONS.glob("*.py"))
    assert scripts
    for script in scripts:
        text = script.read_text()
        assert "import sqlalchemy as sa" in text
        assert "import orm" not in text
        assert "from orm" not in text
