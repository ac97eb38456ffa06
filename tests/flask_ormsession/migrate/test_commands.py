"""`flask db ...`: the whole round on every database, and the messages when something is missing."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flask_ormsession.migrate.commands import db_cli
from orm import ForeignKey, Mapped, String, exc, func, mapped_column, select, text
from tests.flask_ormsession.migrate.conftest import Color, Project, declare_models


def test_the_whole_round(project: Project) -> None:
    project.run("init")
    assert "differ" in project.run("check", code=1)
    out = project.run("migrate", "-m", "first tables")
    assert "Detected added table 'everything'" in out
    assert "waiting" in project.run("migrate", code=1)
    assert "first tables" in project.run("upgrade")
    assert project.tables() == ["dept", "everything"]
    assert "No new upgrade operations" in project.run("check")
    assert "No changes" in project.run("migrate")
    assert len(project.scripts()) == 1
    assert "(head)" in project.run("current")
    assert "first tables" in project.run("history")
    assert "(head)" in project.run("heads")
    project.run("downgrade")
    assert project.tables() == []
    assert project.run("current").strip() == ""
    project.run("upgrade")
    project.run("downgrade", "base")
    project.run("upgrade")
    assert project.tables() == ["dept", "everything"]
    assert "No new upgrade operations" in project.run("check")


def test_our_orm_lives_on_migrated_tables(project: Project) -> None:
    project.run("init")
    project.run("migrate")
    project.run("upgrade")
    db = project.db
    values: dict[str, Any] = {
        "name": "all",
        "lower": "ABC",
        "big": 2**40,
        "price": Decimal("12345678.90"),
        "ratio": 0.25,
        "color": Color.BLUE,
        "data": {"a": [1, None, "ü"]},
        "key": uuid.UUID("12345678-1234-5678-1234-567812345678"),
        "day": date(2026, 2, 28),
        "at": time(23, 59, 58),
        "blob": b"\x00\xff",
    }
    with project.app.app_context():
        db.session.add(db.Everything(**values, dept_id=None))
        db.session.commit()
        found = db.session.scalars(select(db.Everything)).one()
        assert {name: getattr(found, name) for name in values} == {**values, "lower": "abc"}
        assert (found.small, found.flag, found.note) == (3, False, None)
        assert isinstance(found.made, datetime)
        by_key = select(db.Everything).where(db.Everything.key == values["key"])
        assert db.session.scalars(by_key).one() is found


def test_a_change_of_the_models(project: Project) -> None:
    db = project.db
    project.run("init")
    project.run("migrate", "-m", "one")
    project.run("upgrade")
    with project.app.app_context():
        db.session.add(db.Dept(name="kept"))
        db.session.commit()
    table = db.Dept.__table__
    table.append_column(db.Column("code", db.String(5), nullable=True))
    table.append_column(db.Column("boss_id", db.Integer, ForeignKey("dept.id"), nullable=True))
    db.Index("ix_dept_code", table.c.code)
    out = project.run("migrate", "-m", "two")
    assert "Detected added column 'dept.code'" in out
    project.run("upgrade")
    project.run("check")
    with project.app.app_context():
        assert db.session.execute(select(table.c.name, table.c.code)).all() == [("kept", None)]
    project.run("downgrade")
    assert "waiting" in project.run("check", code=1)
    project.run("upgrade")
    with project.app.app_context():
        assert db.session.execute(select(func.count()).select_from(table)).scalar() == 1


def test_a_script_made_on_sqlite_runs_everywhere(
    small: Project, project: Project, tmp_path: Path
) -> None:
    small.run("init")
    small.run("migrate", "-m", "portable")
    project.run("upgrade")
    assert "No new upgrade operations" in project.run("check")
    project.run("downgrade", "base")
    project.run("upgrade")
    assert project.tables() == ["dept", "everything"]


def test_the_script_is_an_ordinary_one(small: Project) -> None:
    small.run("init")
    small.run("migrate", "-m", "first tables", "--rev-id", "abc1")
    (script,) = small.scripts()
    assert "import sqlalchemy as sa\nfrom alembic import op\n" in script
    assert "revision = 'abc1'" in script
    assert "flask_ormsession" not in script
    assert "sa.Column('price', sa.Numeric(precision=10, scale=2), nullable=False)" in script
    assert "sa.Column('flag', sa.Boolean(), server_default=sa.false(), nullable=False)" in script
    assert (
        "sa.Column('made', sa.DateTime(), server_default=sa.func.now(), nullable=False)" in script
    )
    assert "name=op.f('fk_everything_dept_id_dept'), ondelete='CASCADE')" in script
    assert (
        "sa.CheckConstraint('small >= 0', name=op.f('ck_everything_small_is_positive'))" in script
    )


def test_a_failing_migration_leaves_nothing_half_done(small: Project) -> None:
    small.run("init")
    small.run("revision", "-m", "broken", "--rev-id", "bad1")
    (path,) = (small.folder / "migrations/versions").glob("*.py")
    body = "op.create_table('half', sa.Column('id', sa.Integer()))\n    op.execute('NONSENSE')"
    path.write_text(path.read_text().replace("    pass", f"    {body}", 1))
    with pytest.raises(Exception, match="NONSENSE"):
        small.run("upgrade")
    assert small.tables() == []
    assert small.run("current").strip() == ""


def test_revision_stamp_show_branches_and_merge(small: Project) -> None:
    small.run("init")
    small.run("revision", "-m", "one", "--rev-id", "a1")
    small.run("revision", "-m", "two", "--rev-id", "b1")
    small.run("revision", "-m", "other", "--rev-id", "b2", "--head", "a1", "--splice")
    assert "flask db merge heads" in small.run("upgrade", code=1)
    assert "a1" in small.run("branches")
    small.run("merge", "heads", "-m", "joined", "--rev-id", "c1")
    small.run("stamp", "b1")
    assert "b1" in small.run("current")
    assert "joined" in small.run("show")
    small.run("upgrade")
    assert "c1 (head)" in small.run("current")


def test_sql_instead_of_running(small: Project) -> None:
    small.run("init")
    small.run("migrate", "-m", "first tables")
    assert "CREATE TABLE everything" in small.run("upgrade", "--sql")
    assert small.tables() == []


def test_another_directory(small: Project) -> None:
    small.run("init", "--directory", "other/place")
    small.run("migrate", "--directory", "other/place", "-m", "first")
    assert list((small.folder / "other/place/versions").glob("*_first.py"))


# -- what is missing


def test_no_migrations_folder(small: Project) -> None:
    for command in ("migrate", "upgrade", "current", "check"):
        out = small.run(command, code=1)
        assert "There is no migrations folder" in out
        assert "flask db init" in out


def test_init_keeps_what_is_there(small: Project) -> None:
    (small.folder / "migrations").mkdir()
    (small.folder / "migrations" / "precious.txt").write_text("x")
    assert "not empty" in small.run("init", code=1)
    assert [path.name for path in (small.folder / "migrations").iterdir()] == ["precious.txt"]


def test_a_table_goes_with_its_indexes(bare: Project) -> None:
    """MariaDB refuses to drop an index which a foreign key of the table needs."""

    class Owner(bare.db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)

    class Pet(bare.db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"), index=True)

    bare.run("init")
    bare.run("migrate", "-m", "pets")
    bare.run("upgrade")
    (script,) = bare.scripts()
    assert "create_index" in script
    assert "drop_index" not in script
    bare.run("downgrade")
    assert bare.tables() == []
    bare.run("upgrade")
    assert bare.tables() == ["owner", "pet"]


@pytest.mark.parametrize("db_kind", ["sqlite"], indirect=True)
def test_no_models(bare: Project) -> None:
    bare.run("init")
    for command in ("migrate", "check"):
        assert "No model is known" in bare.run(command, code=1)
    assert bare.scripts() == []


def test_a_revision_that_nobody_knows(small: Project) -> None:
    small.run("init")
    small.run("revision", "-m", "one", "--rev-id", "a1")
    small.run("upgrade")
    for path in (small.folder / "migrations/versions").glob("*.py"):
        path.unlink()
    assert "flask db stamp" in small.run("upgrade", code=1)


def test_a_database_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    memory = Project("sqlite://", tmp_path)

    class Note(memory.db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str] = mapped_column(String(10))

    memory.run("init")
    assert "SQLite in memory" in memory.run("upgrade", code=1)


def test_a_server_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    project = Project("postgresql+psycopg://me:secret@127.0.0.1:9/nothing", tmp_path)
    declare_models(project.db)
    project.run("init")
    out = project.run("upgrade", code=1)
    assert "cannot be reached" in out
    assert "secret" not in out


def test_a_query_before_the_migration(project: Project) -> None:
    with project.app.app_context():
        with pytest.raises(exc.DBAPIError) as caught:
            project.db.session.execute(text("SELECT * FROM everything"))
        assert any("flask db upgrade" in note for note in caught.value.__notes__)
        project.db.session.rollback()


def test_a_table_of_another_app_is_reported(small: Project) -> None:
    small.run("init")
    small.run("migrate")
    small.run("upgrade")
    with small.app.app_context(), small.db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE stray (id INTEGER)"))
    assert "Detected removed table 'stray'" in small.run("check", code=1)


# -- options


# What Flask-Migrate's documentation lists; ours have more.
OPTIONS = {
    "init": "--directory -d --multidb --template -t --package",
    "list-templates": "",
    "revision": "--directory --message -m --autogenerate --sql --head --splice --branch-label "
    "--version-path --rev-id",
    "migrate": "--directory --message -m --sql --head --splice --branch-label --version-path "
    "--rev-id --x-arg -x",
    "edit": "--directory revision",
    "merge": "--directory --message -m --branch-label --rev-id revisions",
    "upgrade": "--directory --sql --tag --x-arg -x revision",
    "downgrade": "--directory --sql --tag --x-arg -x revision",
    "show": "--directory revision",
    "history": "--directory --rev-range -r --verbose -v --indicate-current -i",
    "heads": "--directory --verbose -v --resolve-dependencies",
    "branches": "--directory --verbose -v",
    "current": "--directory --verbose -v",
    "stamp": "--directory --sql --tag --purge revision",
    "check": "--directory",
}


@pytest.mark.parametrize("name", OPTIONS)
def test_the_familiar_options(name: str) -> None:
    parameters = db_cli.commands[name].params
    assert set(OPTIONS[name].split()) <= {word for item in parameters for word in item.opts}


def test_steps_are_counted(small: Project) -> None:
    small.run("init")
    for name in ("a1", "a2", "a3"):
        small.run("revision", "-m", name, "--rev-id", name)
    small.run("upgrade", "+2")
    assert "a2" in small.run("current")
    small.run("upgrade")
    small.run("downgrade", "-2")
    assert "a1" in small.run("current")
    assert "No such option" in small.run("downgrade", "--nonsense", code=2)
    assert "is not the newest" in small.run("current", "--check-heads", code=1)
