"""The commands as functions, with Flask-Migrate's names and arguments."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from flask_ormsession import MigrationError, migrate
from tests.flask_ormsession.migrate.conftest import Project

# What Flask-Migrate's documentation gives as the arguments of its functions.
ARGUMENTS = {
    "init": ["directory", "multidb", "template", "package"],
    "revision": [
        *("directory", "message", "autogenerate", "sql", "head", "splice", "branch_label"),
        *("version_path", "rev_id"),
    ],
    "migrate": [
        *("directory", "message", "sql", "head", "splice", "branch_label", "version_path"),
        *("rev_id", "x_arg"),
    ],
    "edit": ["directory", "revision"],
    "merge": ["directory", "revisions", "message", "branch_label", "rev_id"],
    "upgrade": ["directory", "revision", "sql", "tag", "x_arg"],
    "downgrade": ["directory", "revision", "sql", "tag", "x_arg"],
    "show": ["directory", "revision"],
    "history": ["directory", "rev_range", "verbose", "indicate_current"],
    "heads": ["directory", "verbose", "resolve_dependencies"],
    "branches": ["directory", "verbose"],
    "current": ["directory", "verbose"],
    "stamp": ["directory", "revision", "sql", "tag", "purge"],
    "check": ["directory"],
    "list_templates": [],
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_arguments_are_the_familiar_ones(name: str) -> None:
    parameters = inspect.signature(getattr(migrate, name)).parameters.values()
    names = [item.name for item in parameters if item.kind is item.POSITIONAL_OR_KEYWORD]
    assert names == ARGUMENTS[name]


def test_a_round_of_functions(small: Project, capsys: Any) -> None:
    with small.app.app_context():
        migrate.init()
        migrate.migrate(message="first", rev_id="a1")
        migrate.upgrade()
        migrate.check()
        migrate.current()
        assert "a1 (head)" in capsys.readouterr().out
        migrate.revision(message="second", rev_id="a2")
        migrate.upgrade(revision="+1", x_arg="a=1")
        migrate.downgrade()
        with pytest.raises(MigrationError, match="not up to date"):
            migrate.migrate()
        with pytest.raises(MigrationError):
            migrate.current(check_heads=True)
        migrate.stamp(revision="a2")
        migrate.history(verbose=True, indicate_current=True)
        migrate.heads()
        migrate.branches()
        migrate.show(revision="a2")
        assert "second" in capsys.readouterr().out
        migrate.downgrade(revision="base")
        migrate.list_templates()
    assert small.tables() == []


def test_edit_opens_the_script(small: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    small.run("init")
    small.run("revision", "-m", "one")
    seen = small.folder / "seen"
    editor = small.folder / "editor.sh"
    editor.write_text(f'#!/bin/sh\necho "$1" > {seen}\n')
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    with small.app.app_context():
        migrate.edit()
    assert seen.read_text().strip().endswith("_one.py")


def test_merge_joins_branches(small: Project) -> None:
    small.run("init")
    with small.app.app_context():
        migrate.revision(rev_id="a1", message="one")
        migrate.revision(rev_id="b1", message="two")
        migrate.revision(rev_id="b2", message="three", head="a1", splice=True)
        migrate.merge(message="joined", rev_id="c1")
        migrate.upgrade()
        migrate.current(check_heads=True)
