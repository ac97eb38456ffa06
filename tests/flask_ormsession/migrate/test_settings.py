"""`db.migrations`, and `Migrate(app, db)` in the words of Flask-Migrate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask

from flask_ormsession import Database
from flask_ormsession.migrate import Migrate, init, migrate as migrate_models, upgrade
from orm import inspect
from tests.flask_ormsession.migrate.conftest import Project, declare_models


def test_a_callback_changes_the_config(small: Project) -> None:
    @small.db.migrations.configure
    def name_files(config: Any) -> None:
        config.set_main_option("file_template", "step_%%(rev)s")

    small.run("init")
    small.run("migrate", "--rev-id", "a1")
    assert (small.folder / "migrations/versions/step_a1.py").is_file()


def test_a_callback_may_return_another_config(small: Project) -> None:
    small.run("init")
    seen = []

    @small.db.migrations.configure
    def first(config: Any) -> Any:
        config.attributes["mark"] = 1
        return config

    @small.db.migrations.configure
    def second(config: Any) -> None:
        seen.append(config.attributes.get("mark"))

    small.run("history")
    assert seen == [1]


def test_the_directory_of_the_app(small: Project) -> None:
    small.db.migrations.directory = "db/steps"
    small.run("init")
    small.run("migrate")
    assert list((small.folder / "db/steps/versions").glob("*.py"))
    small.run("init", "--directory", "elsewhere")
    assert (small.folder / "elsewhere/env.py").is_file()


def test_migrate_before_and_after_the_database(tmp_path: Path) -> None:
    for before in (True, False):
        app = Flask("project", instance_path=str(tmp_path))
        db, migrate = Database(), Migrate()
        if before:
            migrate.init_app(app, db, directory="steps")
            db.init_app(app)
        else:
            db.init_app(app)
            migrate.init_app(app, db, directory="steps")
        assert app.extensions["migrate"].directory == "steps"
        assert app.extensions["migrate"].db is db


def test_migrate_with_options_and_callbacks(small: Project) -> None:
    migrate = Migrate(small.app, small.db, directory="steps", version_table="versions_of_it")

    @migrate.configure
    def name_files(config: Any) -> Any:
        config.set_main_option("file_template", "step_%%(rev)s")
        return config

    assert migrate.configure_args == {"version_table": "versions_of_it"}
    small.run("init")
    small.run("migrate", "--rev-id", "a1")
    small.run("upgrade")
    assert (small.folder / "steps/versions/step_a1.py").is_file()
    assert "versions_of_it" in small.tables()


def test_another_name_for_the_command(small: Project) -> None:
    Migrate(small.app, small.db, command="schema")
    result = small.app.test_cli_runner().invoke(args=["schema", "init"])
    assert result.exit_code == 0, result.output
    assert (small.folder / "migrations/env.py").is_file()


def test_each_app_has_its_own(tmp_path: Path, monkeypatch: Any) -> None:
    """One Database, one Migrate, two apps with a folder each."""
    monkeypatch.chdir(tmp_path)
    first = Project("sqlite:///first.db", tmp_path)
    declare_models(first.db)
    other = Flask("other", instance_path=str(tmp_path / "instance"))
    other.config["ORM_DATABASE_URL"] = "sqlite:///other.db"
    first.db.init_app(other)
    migrate = Migrate()
    migrate.init_app(first.app, first.db, directory="one")
    migrate.init_app(other, first.db, directory="two")
    first.run("init")
    first.run("migrate")
    assert (tmp_path / "one/env.py").is_file()
    assert not (tmp_path / "two").exists()
    with other.app_context():
        init()
        migrate_models()
        upgrade()
        assert (tmp_path / "two/env.py").is_file()
        assert "dept" in inspect(first.db.engine).get_table_names()
        first.db.engine.dispose()
    assert first.tables() == []
    first.dispose()
