"""Where databases stand, asked through env.py."""

from __future__ import annotations

import pytest

from flask_ormsession import MigrationError
from flask_ormsession.migrate.alembic_config import make_config
from flask_ormsession.migrate.positions import find_scripts, make_script_directory, read_positions
from tests.flask_ormsession.migrate.conftest import Project


def test_a_database_and_what_waits(project: Project) -> None:
    project.run("init")
    for name in ("a1", "a2", "a3"):
        project.run("revision", "-m", name, "--rev-id", name)
    with project.app.app_context():
        config = make_config(None)
        assert [item.revisions for item in read_positions(config)] == [()]
        assert project.tables() == []  # no version table was made
        project.run("upgrade", "a1")
        (position,) = read_positions(config)
        assert position.revisions == ("a1",)
        assert position.target.label == "the default database"
        scripts = make_script_directory(config)
        waiting = find_scripts(scripts, "heads", position.revisions)
        assert [script.revision for script in waiting] == ["a2", "a3"]
        assert len(find_scripts(scripts, "heads", None)) == 3
        with pytest.raises(MigrationError, match="nonsense"):
            find_scripts(scripts, "nonsense", None)


@pytest.mark.parametrize("db_kind", ["sqlite"], indirect=True)
def test_several_databases(several: Project) -> None:
    several.run("init", "--multidb")
    several.run("migrate", "--rev-id", "a1")
    several.run("upgrade")
    with several.app.app_context():
        found = read_positions(make_config(None))
    assert [(item.target.bind_key, item.revisions) for item in found] == [
        (None, ("a1",)),
        ("sensor-data", ("a1",)),
    ]
