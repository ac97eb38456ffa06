"""Where migrations live, and the templates they are made from."""

from __future__ import annotations

from pathlib import Path

import pytest

import orm
from flask_ormsession import MigrationError
from flask_ormsession.migrate.alembic_config import (
    explain,
    find_template,
    list_templates,
    make_config,
    resolve_directory,
)
from tests.flask_ormsession.migrate.conftest import Project

FLASK_MIGRATE = """
from flask import current_app
config = context.config

def get_engine():
    return current_app.extensions['migrate'].db.get_engine()

def run_migrations_online():
    with context.begin_transaction():
        context.run_migrations()
"""


def test_what_init_makes(small: Project) -> None:
    out = small.run("init")
    assert "Generating" in out
    assert "Please edit" not in out
    assert out.splitlines()[-1].startswith("Made migrations; it works as it is")
    made = sorted(path.name for path in (small.folder / "migrations").iterdir())
    assert made == ["README", "alembic.ini", "env.py", "script.py.mako", "versions"]
    assert "[alembic]" in (small.folder / "migrations/alembic.ini").read_text()


@pytest.mark.parametrize("has_models", [True, False])
def test_databases_that_the_folder_is_not_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_models: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    project = Project("sqlite:///one.db", tmp_path, ORM_BINDS={"archive": "sqlite://"})
    if has_models:
        project.db.Table("old", orm.Column("id", orm.Integer), bind_key="archive")
    out = project.run("init")
    assert ("It is for the default database only" in out) is has_models
    project.dispose()


def test_a_package(small: Project) -> None:
    small.run("init", "--package")
    assert (small.folder / "migrations/__init__.py").is_file()
    assert (small.folder / "migrations/versions/__init__.py").is_file()


def test_templates(small: Project) -> None:
    out = small.run("list-templates")
    assert "flask - One database" in out
    assert "flask-multidb - Several databases" in out
    assert list(list_templates()) == ["flask", "flask-multidb"]
    small.run("init", "--template", "flask-multidb")
    assert "multidb=True" in (small.folder / "migrations/env.py").read_text()


def test_a_template_of_ones_own(small: Project) -> None:
    own = small.folder / "templates/ours"
    own.mkdir(parents=True)
    for path in find_template("flask").iterdir():
        (own / path.name).write_text(path.read_text())
    (own / "script.py.mako").write_text("# ours\n" + (own / "script.py.mako").read_text())
    small.run("init", "--template", "templates/ours")
    small.run("migrate")
    assert small.scripts()[0].startswith("# ours\n")
    small.run("upgrade")


def test_a_template_that_is_not_there(small: Project) -> None:
    out = small.run("init", "-t", "nonsense", code=1)
    assert "no template 'nonsense'" in out
    assert "flask, flask-multidb" in out
    with pytest.raises(MigrationError):
        find_template("versions")


def test_options_in_alembic_ini_are_kept(small: Project) -> None:
    small.run("init")
    ini = small.folder / "migrations/alembic.ini"
    ini.write_text(ini.read_text().replace("# file_template = ", "file_template = "))
    small.run("migrate", "-m", "first", "--rev-id", "a1")
    (path,) = (small.folder / "migrations/versions").glob("*.py")
    assert path.name.endswith("_a1_first.py")
    assert path.name[:4].isdigit()


def test_the_environment_of_flask_migrate(small: Project) -> None:
    """The scripts of such a folder are good as they are; its env.py is not."""
    small.run("init")
    env = small.folder / "migrations/env.py"
    env.write_text(FLASK_MIGRATE)
    out = small.run("upgrade", code=1)
    assert "was written by Flask-Migrate" in out
    assert "run_migrations(context)\n" in out
    assert "multidb" not in out


def test_several_databases_of_flask_migrate(small: Project) -> None:
    small.run("init", "--multidb")
    env = small.folder / "migrations/env.py"
    ours = env.read_text()
    env.write_text(FLASK_MIGRATE)
    template = small.folder / "migrations/script.py.mako"
    template.write_text("<% current_app.config.get('SQLALCHEMY_BINDS') %>")
    out = small.run("upgrade", code=1)
    assert "run_migrations(context, multidb=True)\n" in out
    assert "Replace script.py.mako" in out
    env.write_text(ours)
    assert "script.py.mako was written by Flask-Migrate" in small.run("upgrade", code=1)
    small.run("init", "--multidb", "--directory", "fresh")
    template.write_text((small.folder / "fresh/script.py.mako").read_text())
    small.run("upgrade")


def test_the_folder_beside_or_inside_the_package(small: Project) -> None:
    with small.app.app_context():
        small.app.root_path = str(small.folder / "shop")
        assert resolve_directory(None) == Path("migrations")
        for place in (small.folder / "shop/migrations", small.folder / "migrations"):
            place.mkdir(parents=True)
            (place / "env.py").write_text("")
            assert resolve_directory(None).resolve() == place
        assert resolve_directory("other") == Path("other")


def test_a_percent_sign_in_the_path(small: Project) -> None:
    small.run("init", "--directory", "100%/steps")
    small.run("migrate", "--directory", "100%/steps")
    with small.app.app_context():
        config = make_config("100%/steps", ["a=1"])
    assert config.get_main_option("script_location") == "100%/steps"
    assert config.cmd_opts is not None
    assert config.cmd_opts.x == ["a=1"]


def test_advice() -> None:
    assert "merge heads" in explain("Multiple head revisions are present")
    assert explain("anything else") == "anything else"
