"""Why there is nothing to migrate."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from flask import Flask

from flask_ormsession.migrate.unchanged import find_unimported_models, find_unmigrated
from tests.flask_ormsession.migrate.conftest import Project

MODEL = """
class Item(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
"""


def test_everything_is_migrated(small: Project) -> None:
    small.run("init")
    small.run("migrate")
    small.run("upgrade")
    out = small.run("migrate")
    assert "No changes: the database has everything" in out
    assert "create_all" not in out


def test_tables_made_by_create_all(project: Project) -> None:
    project.run("init")
    with project.app.app_context():
        project.db.create_all()
    out = project.run("migrate")
    assert "But no migration makes its tables: db.create_all() did" in out
    assert "flask db stamp head" in out
    assert project.scripts() == []


def test_one_table_made_by_create_all(small: Project) -> None:
    small.run("init")
    small.run("migrate")
    small.run("upgrade")
    small.db.Table("late", small.db.Column("id", small.db.Integer, primary_key=True))
    with small.app.app_context():
        small.db.create_all()
    assert "But no migration makes late:" in small.run("migrate")


def test_no_password_is_shown(project: Project) -> None:
    project.app.config["ORM_DATABASE_URL"] = "unused"
    project.run("init")
    with project.app.app_context():
        project.db.create_all()
        password = project.db.engine.url.password
    out = project.run("migrate")
    assert password is None or password not in out


def test_names_are_looked_for_as_words(tmp_path: Path) -> None:
    script = tmp_path / "one.py"
    script.write_text("op.create_table('orders')")
    assert find_unmigrated(["order", "orders"], [script]) == ["order"]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "models").mkdir(parents=True)
    for path in ("__init__.py", "models/__init__.py", "models/imported.py", "views.py"):
        (folder / path).write_text("")
    (folder / "models/item.py").write_text(MODEL)
    return folder


def make_app(folder: Path) -> Flask:
    return Flask("shop", root_path=str(folder), instance_path=str(folder))


def test_models_that_nothing_imports(package: Path) -> None:
    assert find_unimported_models(make_app(package)) == (
        " models/item.py seems to declare models, but nothing imports it."
    )
    (package / "users.py").write_text(MODEL)
    assert "models/item.py, users.py seem" in find_unimported_models(
        make_app(package)
    ) or "users.py, models/item.py seem" in find_unimported_models(make_app(package))


def test_models_that_are_imported(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = type(sys)("shop.models.item")
    module.__file__ = str(package / "models/item.py")
    monkeypatch.setitem(sys.modules, "shop.models.item", module)
    assert find_unimported_models(make_app(package)) == ""


@pytest.mark.parametrize(
    "text",
    [
        "class Item(db.Model): pass",  # no column
        "# class Item(db.Model)\nmapped_column",
        "class Form(FlaskForm):\n    Column = 1",
    ],
)
def test_what_is_no_model(package: Path, text: str) -> None:
    (package / "models/item.py").write_text(text)
    assert find_unimported_models(make_app(package)) == ""


def test_other_people_and_tests_are_not_looked_at(package: Path) -> None:
    (package / "models/item.py").unlink()
    for name in ("tests", "migrations", ".venv", "plain_folder"):
        (package / name).mkdir()
        (package / name / "models.py").write_text(MODEL)
        if name in ("tests", "migrations"):
            (package / name / "__init__.py").write_text("")
    assert find_unimported_models(make_app(package)) == ""


def test_no_models_at_all_names_the_file(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(package.parent)
    project = Project("sqlite:///small.db", package.parent)
    project.app.root_path = str(package)
    project.run("init")
    out = project.run("migrate", code=1)
    assert "No model is known" in out
    assert "models/item.py seems to declare models" in out
