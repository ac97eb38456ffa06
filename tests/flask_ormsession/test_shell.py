"""The names in `flask shell`, and its word about uncommitted work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.cli import FlaskGroup

import orm
from flask_ormsession import Database
from orm import Mapped, mapped_column, text


def test_the_names(small: Any) -> None:
    class select(small.db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)

    context = small.app.make_shell_context()
    assert context["db"] is small.db
    assert context["session"] is small.db.session
    assert context["Item"] is small.Item
    assert context["select"] is orm.select
    assert context["func"] is orm.func


def test_a_shell_without_them() -> None:
    app = Flask("plain")
    app.config["ORM_DATABASE_URL"] = "sqlite://"
    Database(app, add_models_to_shell=False)
    with app.app_context():
        assert "db" not in app.make_shell_context()


def test_a_session_at_hand(small: Any) -> None:
    with small.app.app_context():
        names = small.app.make_shell_context()
        names["session"].add(names["Item"](name="a"))
        names["session"].commit()
    assert small.stored() == ["a"]


# -- leaving


def leave_after(world: Any, work: Callable[[dict[str, Any]], None]) -> None:
    """What `flask shell` does: names, somebody's work, the end of the context."""
    with world.app.app_context():
        work(world.app.make_shell_context())


def add(names: dict[str, Any]) -> None:
    names["session"].add(names["Item"](name="a"))


def add_and_flush(names: dict[str, Any]) -> None:
    add(names)
    names["session"].flush()


def add_and_commit(names: dict[str, Any]) -> None:
    add(names)
    names["session"].commit()


def add_and_roll_back(names: dict[str, Any]) -> None:
    add_and_flush(names)
    names["session"].rollback()


def release_a_savepoint(names: dict[str, Any]) -> None:
    with names["session"].begin_nested():
        add(names)


def execute(names: dict[str, Any]) -> None:
    names["session"].execute(text("INSERT INTO item (name) VALUES ('a')"))


def update(names: dict[str, Any]) -> None:
    names["session"].execute(names["update"](names["Item"]).values(name="b"))


def read(names: dict[str, Any]) -> None:
    names["session"].scalars(names["select"](names["Item"])).all()


@pytest.mark.parametrize(
    ("work", "word"),
    [
        (add, "1 changed object(s) were not saved and are lost: <Item (pending "),
        (add_and_flush, "is rolled back"),
        (release_a_savepoint, "is rolled back"),
        (execute, "is rolled back"),
        (update, "is rolled back"),
    ],
)
def test_work_that_was_not_committed(
    small: Any, work: Any, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    leave_after(small, work)
    said = capsys.readouterr().err
    assert word in said
    assert "session.commit()" in said
    assert small.stored() == []


@pytest.mark.parametrize("work", [add_and_commit, add_and_roll_back, read, lambda names: None])
def test_nothing_to_say(small: Any, work: Any, capsys: pytest.CaptureFixture[str]) -> None:
    leave_after(small, work)
    assert capsys.readouterr().err == ""


def test_the_shell_itself(small: Any) -> None:
    group = FlaskGroup(create_app=lambda: small.app)
    code = "session.add(Item(name='a')); print('typed')"
    result = CliRunner().invoke(group, ["shell"], input=code + "\n")
    assert "typed" in result.output
    assert "1 changed object(s)" in result.output
