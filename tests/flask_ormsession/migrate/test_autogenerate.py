"""A finished script can be taken back, and the app's own hook has its say."""

from __future__ import annotations

from typing import Any

import pytest

from orm import Mapped, mapped_column
from tests.flask_ormsession.migrate.conftest import Color, Project


def test_enum_types_go_with_their_last_table(bare: Project) -> None:
    class Paint(bare.db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        color: Mapped[Color]

    bare.run("init")
    bare.run("migrate", "-m", "one")
    (script,) = bare.scripts()
    assert script.count("sa.Enum(name='color').drop(op.get_bind(), checkfirst=True)") == 1
    for _ in range(2):
        bare.run("upgrade")
        bare.run("downgrade")

    class Crayon(bare.db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        color: Mapped[Color]

    bare.run("upgrade")


def test_the_hook_of_the_app(small: Project) -> None:
    def rename(context: Any, revision: Any, directives: list[Any]) -> None:
        directives[0].message = "named by the hook"

    small.db.migrations.options["process_revision_directives"] = rename
    small.run("init")
    small.run("migrate")
    assert "named by the hook" in small.scripts()[0]


def test_the_hook_of_the_app_may_take_the_script_out(small: Project) -> None:
    def refuse(context: Any, revision: Any, directives: list[Any]) -> None:
        directives[:] = []

    small.db.migrations.options["process_revision_directives"] = refuse
    small.run("init")
    small.run("migrate")
    assert small.scripts() == []


@pytest.mark.parametrize("environment", ["true", "false"])
def test_an_empty_revision_is_written(small: Project, environment: str) -> None:
    """Nothing to do is a reason to write no script for `migrate`, not for `revision`."""

    @small.db.migrations.configure
    def run_it(config: Any) -> None:
        config.set_main_option("revision_environment", environment)

    small.run("init")
    small.run("revision", "-m", "by hand")
    assert len(small.scripts()) == 1
