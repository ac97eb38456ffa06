"""What the doctor says of databases, and what it finds wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flask_ormsession.migrate.doctor import Report, Stand, find_problems
from tests.flask_ormsession.migrate.conftest import Project, declare_models

SERVERS = {"sqlite": "SQLite 3.", "postgresql": "PostgreSQL 1", "mariadb": "MariaDB"}
SETTINGS = {
    "sqlite": ("journal_mode=wal", "foreign_keys=1", "busy_timeout="),
    "postgresql": ("statement_timeout=", "lock_timeout=", "TimeZone=", "server_encoding=UTF8"),
    "mariadb": (
        "innodb_lock_wait_timeout=",
        "max_statement_time=",
        "character_set_database=utf8mb4",
    ),
}


def test_a_database_that_is_well(project: Project, db_kind: str) -> None:
    project.run("init")
    project.run("migrate", "--rev-id", "a1")
    project.run("upgrade")
    out = project.run("doctor")
    assert out.startswith("Default database\n")
    assert SERVERS[db_kind] in out
    for setting in SETTINGS[db_kind]:
        assert setting in out
    assert "QueuePool, size 5 + 10, waits 30 s" in out
    assert "at a1; newest: a1" in out
    assert "!" not in out.replace("!=", "")


def test_pending_migrations(project: Project) -> None:
    project.run("init")
    project.run("migrate", "--rev-id", "a1")
    with project.app.app_context(), project.db.engine.connect():
        pass  # SQLite makes its file
    out = project.run("doctor", code=1)
    assert "at nothing; newest: a1" in out
    assert "1 migration is pending (a1): `flask db upgrade`." in out
    assert project.tables() == []


def test_options_of_the_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    options = {"pool_size": 2, "max_overflow": 3, "pool_recycle": 60, "pool_pre_ping": True}
    project = Project(
        "sqlite:///a.db", tmp_path, ORM_ENGINE_OPTIONS=options, ORM_STATEMENT_TIMEOUT_MS=1500
    )
    out = project.run("doctor", code=1)
    assert "QueuePool, size 2 + 3, waits 30 s, recycles after 60 s, pings" in out
    assert "1500 ms" in out
    project.dispose()


def test_a_missing_file_is_not_made(small: Project) -> None:
    small.run("init")
    out = small.run("doctor", code=1)
    assert "There is no file" in out
    assert not (small.folder / "instance/small.db").exists()


def test_no_folder(project: Project) -> None:
    with project.app.app_context(), project.db.engine.connect():
        pass
    assert "none (no migrations folder)" in project.run("doctor")


def test_no_server_and_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    project = Project("postgresql+psycopg://me:secret@127.0.0.1:9/nothing", tmp_path)
    declare_models(project.db)
    project.run("init")
    out = project.run("doctor", code=1)
    assert "It cannot be reached" in out
    assert "me:***@127.0.0.1:9" in out
    assert "secret" not in out


def test_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    project = Project("sqlite://", tmp_path)
    project.run("init")
    out = project.run("doctor", code=1)
    assert "in memory" in out
    project.dispose()


@pytest.mark.parametrize("db_kind", ["sqlite"], indirect=True)
def test_several_databases(several: Project) -> None:
    several.run("init", "--multidb")
    several.run("migrate", "--rev-id", "a1")
    several.run("upgrade")
    out = several.run("doctor")
    assert "Database 'sensor-data'" in out
    assert out.count("at a1; newest: a1") == 2


@pytest.mark.parametrize("db_kind", ["sqlite"], indirect=True)
def test_a_folder_for_one_of_several(several: Project) -> None:
    several.run("init")
    several.run("migrate", "--rev-id", "a1")
    several.run("upgrade")
    with several.app.app_context(), several.db.get_engine("sensor-data").connect():
        pass
    assert "no migrations folder for it" in several.run("doctor")


def test_foreign_keys_that_are_off(small: Project) -> None:
    with small.app.app_context():
        engine = small.db.engine

    def switch_off(connection: Any, record: Any) -> None:
        connection.execute("PRAGMA foreign_keys=OFF")

    import orm

    orm.event.listen(engine, "connect", switch_off)
    with engine.connect():
        pass
    assert "Foreign keys are not enforced" in small.run("doctor", code=1)


@pytest.mark.parametrize("db_kind", ["mariadb"], indirect=True)
def test_a_server_that_is_not_strict(bare: Project) -> None:
    with bare.app.app_context(), bare.db.engine.connect() as connection:
        connection.execute("SET SESSION sql_mode = ''")
        connection.execute("ALTER DATABASE CHARACTER SET latin1")
        connection.commit()
    out = bare.run("doctor", code=1)
    assert "not in strict mode" in out
    assert "The database is in latin1" in out


def test_heads() -> None:
    assert list(find_problems(Stand(("a",), ("a",), ()))) == []
    (problem,) = find_problems(Stand(("a",), ("a", "b"), ()))
    assert "flask db merge heads" in problem


def test_a_report_as_text() -> None:
    report = Report("Title", [("a", "1"), ("long", "2")], ["Mend it."])
    assert str(report) == "Title\n  a     1\n  long  2\n  ! Mend it."
