"""One database or several: what env.py does with them."""

from __future__ import annotations

from typing import Any

import pytest

from orm import text
from tests.flask_ormsession.migrate.conftest import Project


def test_the_whole_round_of_several_databases(several: Project) -> None:
    several.run("init", "--multidb")
    out = several.run("migrate", "-m", "first tables")
    assert "Detected added table 'shop'" in out
    assert "Detected added table 'reading'" in out
    (script,) = several.scripts()
    assert "def upgrade_() -> None:" in script
    assert "def upgrade_sensor_data() -> None:" in script
    out = several.run("upgrade")
    assert "The default database:" in out
    assert "Database 'sensor-data':" in out
    assert several.tables() == ["shop"]
    assert several.tables("sensor-data") == ["reading"]
    several.run("check")
    assert several.run("migrate").count("No changes") == 2
    assert len(several.scripts()) == 1
    several.run("downgrade")
    assert several.tables() == several.tables("sensor-data") == []
    several.run("upgrade")
    several.run("check")
    assert several.run("current").count("(head)") == 2


def test_a_change_in_one_of_several(several: Project) -> None:
    several.run("init", "--multidb")
    several.run("migrate", "-m", "first")
    several.run("upgrade")
    table = several.db.Reading.__table__
    table.append_column(several.db.Column("note", several.db.String(20)))
    assert "differ" in several.run("check", code=1)
    several.run("migrate", "-m", "second", "--rev-id", "b2")
    several.run("upgrade")
    several.run("check")
    several.run("downgrade")
    several.run("upgrade")
    assert several.run("current").count("b2 (head)") == 2


@pytest.mark.parametrize("db_kind", ["sqlite"], indirect=True)
def test_sql_of_several(several: Project) -> None:
    several.run("init", "--multidb")
    several.run("migrate")
    out = several.run("upgrade", "--sql")
    assert out.index("-- the default database") < out.index("CREATE TABLE shop")
    assert out.index("-- database 'sensor-data'") < out.index("CREATE TABLE reading")


@pytest.mark.parametrize("db_kind", ["sqlite"], indirect=True)
def test_which_databases_can_be_chosen(several: Project) -> None:
    @several.db.migrations.configure
    def only_the_default(config: Any) -> None:
        config.set_main_option("databases", "")

    several.run("init", "--multidb")
    several.run("migrate")
    several.run("upgrade")
    assert several.tables() == ["shop"]
    assert several.tables("sensor-data") == []


@pytest.mark.parametrize("db_kind", ["sqlite"], indirect=True)
def test_a_failure_names_its_database(several: Project) -> None:
    several.run("init", "--multidb")
    several.run("migrate", "-m", "first", "--rev-id", "a1")
    (path,) = (several.folder / "migrations/versions").glob("*.py")
    broken = "def upgrade_sensor_data() -> None:\n    op.execute('NONSENSE')\n"
    whole = path.read_text()
    path.write_text(whole.replace("def upgrade_sensor_data() -> None:\n", broken))
    with pytest.raises(Exception, match="NONSENSE") as caught:
        several.run("upgrade")
    assert any(
        "database 'sensor-data'. Already done: the default database" in note
        for note in caught.value.__notes__
    )
    assert several.tables() == ["shop"]
    path.write_text(whole)
    several.run("upgrade")
    assert several.tables("sensor-data") == ["reading"]


@pytest.mark.parametrize("db_kind", ["sqlite"], indirect=True)
def test_a_database_without_models_is_left_alone(several: Project) -> None:
    """Comparing with nothing would drop what is there."""
    several.db.Reading.__table__.metadata.remove(several.db.Reading.__table__)
    with several.app.app_context(), several.db.get_engine("sensor-data").begin() as connection:
        connection.execute(text("CREATE TABLE theirs (id INTEGER)"))
    several.run("init", "--multidb")
    out = several.run("migrate")
    assert "theirs" not in out
    several.run("upgrade")
    assert several.tables("sensor-data") == ["theirs"]
    several.run("check")


@pytest.mark.parametrize("db_kind", ["sqlite"], indirect=True)
def test_a_folder_of_one_database_leaves_the_others_alone(several: Project) -> None:
    out = several.run("init")
    assert "models for sensor-data too: `flask db init --multidb`" in out
    several.run("migrate")
    several.run("upgrade")
    assert several.tables() == ["shop"]
    assert several.tables("sensor-data") == []


def test_options_of_the_app_and_of_env(small: Project) -> None:
    small.db.migrations.options["version_table"] = "steps"
    small.run("init")
    small.run("migrate")
    small.run("upgrade")
    assert "steps" in small.tables()
    env = small.folder / "migrations/env.py"
    env.write_text(env.read_text().replace("(context)", "(context, version_table='other')"))
    small.run("stamp", "head")
    assert "other" in small.tables()


def test_server_defaults_are_compared_when_asked(small: Project) -> None:
    small.run("init")
    small.run("migrate")
    small.run("upgrade")
    small.db.Everything.__table__.c.small.server_default.arg = "4"
    small.run("check")
    small.db.migrations.options["compare_server_default"] = True
    assert "server default" in small.run("check", code=1)


def test_types_are_compared_unless_told_not_to(small: Project) -> None:
    small.run("init")
    small.run("migrate")
    small.run("upgrade")
    small.db.Dept.__table__.c.name.type = small.db.String(90)
    assert "type change" in small.run("check", code=1)
    small.db.migrations.options["compare_type"] = False
    small.run("check")


def test_batch_mode_is_for_sqlite(project: Project, db_kind: str) -> None:
    project.run("init")
    project.run("migrate")
    project.run("upgrade")
    project.db.Dept.__table__.append_column(project.db.Column("note", project.db.String(20)))
    project.run("migrate", "-m", "note", "--rev-id", "n1")
    (path,) = (project.folder / "migrations/versions").glob("n1_*.py")
    assert ("batch_alter_table" in path.read_text()) == (db_kind == "sqlite")


def test_values_for_the_environment(small: Project) -> None:
    small.run("init")
    env = small.folder / "migrations/env.py"
    env.write_text(env.read_text() + "print('X', context.get_x_argument(as_dictionary=True))\n")
    for words in (["upgrade"], ["current"], ["stamp"], ["migrate"], ["upgrade"], ["check"]):
        assert "X {'tenant': '7'}" in small.run(*words, "-x", "tenant=7")
