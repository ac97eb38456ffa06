"""Renamed columns and tables: the script renames, the data stays, and the way back works."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import Any

import pytest

import orm
from orm import ForeignKey, Mapped, String, mapped_column, text
from tests.flask_ormsession.migrate.conftest import Project


def declare_before(db: Any) -> None:
    class Maker(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)

    class Item(db.Model):
        __table_args__ = (orm.CheckConstraint("length(titel) > 0", name="has_title"),)
        id: Mapped[int] = mapped_column(primary_key=True)
        titel: Mapped[str] = mapped_column(String(50), index=True, unique=True)
        maker_id: Mapped[int] = mapped_column(ForeignKey("maker.id"), index=True)
        price: Mapped[int] = mapped_column(server_default="7")

    class Note(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))


def declare_columns_renamed(db: Any) -> None:
    class Maker(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)

    class Item(db.Model):
        __table_args__ = (orm.CheckConstraint("length(title) > 0", name="has_title"),)
        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str] = mapped_column(String(50), index=True, unique=True)
        producer_id: Mapped[int] = mapped_column(ForeignKey("maker.id"), index=True)
        price: Mapped[int] = mapped_column(server_default="7")

    class Note(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))


def declare_table_renamed(db: Any) -> None:
    class Maker(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)

    class Product(db.Model):
        __table_args__ = (orm.CheckConstraint("length(titel) > 0", name="has_title"),)
        id: Mapped[int] = mapped_column(primary_key=True)
        titel: Mapped[str] = mapped_column(String(50), index=True, unique=True)
        maker_id: Mapped[int] = mapped_column(ForeignKey("maker.id"), index=True)
        price: Mapped[int] = mapped_column(server_default="7")
        weight: Mapped[int | None]

    class Note(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        item_id: Mapped[int] = mapped_column(ForeignKey("product.id"))


def begin(project: Project) -> None:
    """Migrate the first models, and store a row."""
    declare_before(project.db)
    project.run("init")
    project.run("migrate", "-m", "before")
    project.run("upgrade")
    execute(project, "INSERT INTO maker (id) VALUES (1)")
    execute(project, "INSERT INTO item (id, titel, maker_id) VALUES (1, 'kept', 1)")
    execute(project, "INSERT INTO note (id, item_id) VALUES (1, 1)")


def execute(project: Project, statement: str) -> Any:
    with project.app.app_context(), project.db.engine.begin() as connection:
        result = connection.execute(text(statement))
        return result.all() if result.returns_rows else None


def shape(project: Project) -> Any:
    """The columns, indexes and foreign keys that the database has, by name."""
    with project.app.app_context(), project.db.engine.connect() as connection:
        found = orm.inspect(connection)
        return {
            table: (
                {(column["name"], column["nullable"]) for column in found.get_columns(table)},
                {index["name"] for index in found.get_indexes(table)},
                {key["name"] for key in found.get_foreign_keys(table)},
                {key["name"] for key in found.get_unique_constraints(table)},
            )
            for table in found.get_table_names()
        }


def redeclare(project: Project, declare: Any) -> Project:
    """The same app with other models."""
    project.dispose()
    changed = Project(project.app.config["ORM_DATABASE_URL"], project.folder)
    declare(changed.db)
    return changed


def test_renamed_columns(bare: Project) -> None:
    begin(bare)
    before = shape(bare)
    changed = redeclare(bare, declare_columns_renamed)
    out = changed.run(
        "migrate", "-m", "names", "--rename", "item.titel:title", "--rename", "maker_id:producer_id"
    )
    assert "Did you rename" not in out
    script = next(text for text in changed.scripts() if "names" in text)
    assert "op.alter_column('item', 'titel', new_column_name='title'" in script
    assert "add_column" not in script
    assert "drop_column" not in script
    changed.run("upgrade")
    assert execute(changed, "SELECT title, producer_id, price FROM item") == [("kept", 1, 7)]
    changed.run("check")
    changed.run("downgrade")
    assert execute(changed, "SELECT titel, maker_id, price FROM item") == [("kept", 1, 7)]
    assert shape(changed) == before
    changed.run("upgrade")
    changed.run("check")
    assert execute(changed, "SELECT title FROM item") == [("kept",)]
    changed.dispose()


def test_a_renamed_table(bare: Project) -> None:
    begin(bare)
    before = shape(bare)
    changed = redeclare(bare, declare_table_renamed)
    changed.run("migrate", "-m", "names", "--rename", "item:product")
    script = next(text for text in changed.scripts() if "names" in text)
    assert "op.rename_table('item', 'product')" in script
    assert "create_table" not in script
    changed.run("upgrade")
    assert execute(changed, "SELECT titel, weight FROM product") == [("kept", None)]
    assert execute(changed, "SELECT item_id FROM note") == [(1,)]
    changed.run("check")
    changed.run("downgrade")
    assert execute(changed, "SELECT titel FROM item") == [("kept",)]
    assert shape(changed) == before
    changed.run("upgrade")
    changed.run("check")
    assert execute(changed, "SELECT titel FROM product") == [("kept",)]
    changed.dispose()


def test_a_renamed_column_of_another_type(bare: Project) -> None:
    class Item(bare.db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        titel: Mapped[str] = mapped_column(String(50))

    bare.run("init")
    bare.run("migrate", "-m", "before")
    bare.run("upgrade")
    execute(bare, "INSERT INTO item (id, titel) VALUES (1, 'kept')")

    def declare(db: Any) -> None:
        class Item(db.Model):
            id: Mapped[int] = mapped_column(primary_key=True)
            title: Mapped[str | None] = mapped_column(String(80))

    changed = redeclare(bare, declare)
    changed.run("migrate", "-m", "names", "--rename", "titel:title")
    changed.run("upgrade")
    changed.run("check")
    assert execute(changed, "SELECT title FROM item") == [("kept",)]
    changed.run("downgrade")
    assert execute(changed, "SELECT titel FROM item") == [("kept",)]
    changed.run("upgrade")
    changed.run("check")
    changed.dispose()


# -- who is asked, and what is said where nobody can be


@pytest.fixture
def renamed(small: Project) -> Project:
    """A project on SQLite whose models have two columns under new names."""
    db = small.db
    small.run("init")
    small.run("migrate", "-m", "before")
    small.run("upgrade")
    table = db.Dept.__table__
    table.append_column(db.Column("code", db.String(5)))
    small.run("migrate", "-m", "code")
    small.run("upgrade")
    changed = Project("sqlite:///small.db", small.folder)

    class Dept(changed.db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(String(80), unique=True)
        short_code: Mapped[str | None] = mapped_column(String(5))

    for name, other in list(db.metadata.tables.items()):
        if name != "dept":
            other.to_metadata(changed.db.metadata)
    return changed


def newest(project: Project) -> str:
    path = max((project.folder / "migrations/versions").glob("*.py"), key=os.path.getmtime)
    return path.read_text()


def test_notice_where_nobody_can_be_asked(renamed: Project) -> None:
    out = renamed.run("migrate", "-m", "names")
    assert "Did you rename the column dept.code to short_code?" in out
    assert "flask db migrate --rename dept.code:short_code" in out
    assert "drop_column('code')" in newest(renamed)


def test_no_rename_needs_no_notice(renamed: Project) -> None:
    out = renamed.run("migrate", "-m", "names", "--no-rename")
    assert "Did you rename" not in out
    assert "drop_column('code')" in newest(renamed)


def test_an_option_that_fits_nothing(renamed: Project) -> None:
    before = len(renamed.scripts())
    assert "fits nothing" in renamed.run("migrate", "--rename", "dept.cod:short_code", code=1)
    assert "item.titel:title" in renamed.run("migrate", "--rename", "nonsense", code=1)
    assert len(renamed.scripts()) == before


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_terminal_is_asked(small: Project, answer: str) -> None:
    """A real process on a real terminal."""
    models = """
from flask import Flask
from flask_ormsession import Database

app = Flask("asked", instance_path={path!r})
app.config["ORM_DATABASE_URL"] = "sqlite:///asked.db"
db = Database(app)

class Item(db.Model):
    id: db.Mapped[int] = db.mapped_column(primary_key=True)
    {name}: db.Mapped[str | None]
"""
    source = small.folder / "asked.py"

    def run(*words: str, terminal: bool = False) -> str:
        command = [sys.executable, "-m", "flask", "--app", "asked", "db", *words]
        if not terminal:
            done = subprocess.run(
                command, cwd=small.folder, capture_output=True, text=True, check=True
            )
            return done.stdout
        ours, theirs = pty.openpty()
        os.write(ours, f"{answer}\n".encode())
        with subprocess.Popen(
            command, cwd=small.folder, stdin=theirs, stdout=theirs, stderr=theirs
        ) as process:
            assert process.wait(60) == 0
        os.close(theirs)
        out = os.read(ours, 65536).decode()
        os.close(ours)
        return out

    source.write_text(models.format(path=str(small.folder), name="titel"))
    run("init")
    run("migrate", "-m", "one")
    run("upgrade")
    source.write_text(models.format(path=str(small.folder), name="title"))
    out = run("migrate", "-m", "two", terminal=True)
    assert "Did you rename the column item.titel to title? [y/N]" in out
    assert ("new_column_name='title'" in newest(small)) == (answer == "y")
