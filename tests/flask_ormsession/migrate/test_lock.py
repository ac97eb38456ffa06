"""Two processes that migrate one database: one waits, both succeed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flask_ormsession import MigrationError
from flask_ormsession.migrate.lock import FileLock, acquire, find_lock_file
from tests.flask_ormsession.migrate.conftest import Project

PATIENCE_S = 60

APP = """
from flask import Flask
from flask_ormsession import Database

app = Flask("waiting", instance_path={path!r})
app.config["ORM_DATABASE_URL"] = {url!r}
db = Database(app)
"""

# Says that it is at work, and goes on when it is told.
WAIT = """
import pathlib, time
pathlib.Path("started").touch()
while not pathlib.Path("go").exists():
    time.sleep(0.01)
"""
CREATE = "op.create_table('made', sa.Column('id', sa.Integer(), primary_key=True))\n"


class Deploys:
    """A project on disk and the `flask db` processes that run on it."""

    def __init__(self, project: Project, url: str) -> None:
        self.project = project
        self.folder = project.folder
        (self.folder / "waiting.py").write_text(APP.format(url=url, path=str(self.folder)))
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *words: str) -> subprocess.Popen[str]:
        number = len(self.processes)
        command = [sys.executable, "-u", "-m", "flask", "--app", "waiting", "db", *words]
        with (self.folder / f"out{number}").open("w") as out:
            process = subprocess.Popen(
                command, cwd=self.folder, stdout=out, stderr=subprocess.STDOUT, text=True
            )
        self.processes.append(process)
        return process

    def output(self, number: int) -> str:
        return (self.folder / f"out{number}").read_text()

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for something that the processes do."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, [self.output(n) for n in range(len(self.processes))]
            time.sleep(0.01)

    def start_two(self, *words: str) -> tuple[subprocess.Popen[str], subprocess.Popen[str]]:
        """Start an upgrade that stops midway, and another that has to wait for it."""
        first = self.start("upgrade")
        self.until((self.folder / "started").exists)
        second = self.start("upgrade", *words)
        self.until(lambda: "Another process is migrating" in self.output(1))
        return first, second

    def go(self) -> None:
        (self.folder / "go").touch()


@pytest.fixture
def deploys(bare: Project, db_url: str) -> Iterator[Deploys]:
    bare.run("init")
    made = Deploys(bare, db_url)
    yield made
    for process in made.processes:
        process.kill()
        process.wait()


def test_one_waits_and_both_succeed(deploys: Deploys) -> None:
    deploys.project.write("a1", WAIT + CREATE, "op.drop_table('made')")
    first, second = deploys.start_two()
    assert second.poll() is None
    deploys.go()
    assert (first.wait(PATIENCE_S), second.wait(PATIENCE_S)) == (0, 0), deploys.output(1)
    assert "Running upgrade  -> a1" in deploys.output(0)
    assert "Running upgrade" not in deploys.output(1)
    assert "waiting for it" in deploys.output(1)
    assert deploys.project.tables() == ["made"]
    assert "a1 (head)" in deploys.project.run("current")


def test_the_waiting_one_goes_on_where_a_killed_one_stopped(deploys: Deploys) -> None:
    deploys.project.write("a1", WAIT + CREATE, "op.drop_table('made')")
    first, second = deploys.start_two()
    first.kill()
    first.wait()
    deploys.go()
    assert second.wait(PATIENCE_S) == 0, deploys.output(1)
    assert "Running upgrade  -> a1" in deploys.output(1)
    assert deploys.project.tables() == ["made"]


def test_a_failing_one_frees_the_lock(deploys: Deploys) -> None:
    deploys.project.write("a1", WAIT + "op.execute('NONSENSE')")
    first, second = deploys.start_two()
    deploys.go()
    assert first.wait(PATIENCE_S) == 1
    assert second.wait(PATIENCE_S) == 1
    assert "NONSENSE" in deploys.output(1)


def test_the_wait_has_an_end(deploys: Deploys) -> None:
    deploys.project.write("a1", WAIT + CREATE)
    first = deploys.start("upgrade")
    deploys.until((deploys.folder / "started").exists)
    second = deploys.start("upgrade", "--lock-timeout", "0")
    assert second.wait(PATIENCE_S) == 1
    assert "was not done within 0 s" in deploys.output(1)
    deploys.go()
    assert first.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("db_kind", ["postgresql"], indirect=True)
def test_an_index_is_built_concurrently_while_another_waits(deploys: Deploys) -> None:
    """A session that waits for a lock inside a statement would make this a deadlock."""
    deploys.project.write("a1", CREATE)
    deploys.project.run("upgrade")
    build = "op.create_index('ix_made', 'made', ['id'], postgresql_concurrently=True)"
    deploys.project.write("a2", f"{WAIT}with op.get_context().autocommit_block():\n    {build}\n")
    first, second = deploys.start_two()
    deploys.go()
    assert (first.wait(PATIENCE_S), second.wait(PATIENCE_S)) == (0, 0), deploys.output(0)


@pytest.mark.parametrize("db_kind", ["sqlite"], indirect=True)
def test_a_transaction_per_migration_is_guarded_too(deploys: Deploys) -> None:
    env = deploys.folder / "migrations/env.py"
    env.write_text(
        env.read_text().replace("(context)", "(context, transaction_per_migration=True)")
    )
    deploys.project.write("a1", CREATE)
    deploys.project.write("a2", WAIT + CREATE.replace("made", "also_made"))
    first, second = deploys.start_two()
    deploys.go()
    assert (first.wait(PATIENCE_S), second.wait(PATIENCE_S)) == (0, 0), deploys.output(1)
    assert deploys.project.tables() == ["also_made", "made"]


@pytest.mark.parametrize("db_kind", ["sqlite"], indirect=True)
def test_downgrade_and_stamp_wait_too_unless_told_not_to(deploys: Deploys) -> None:
    deploys.project.run("upgrade")
    lock = FileLock(deploys.folder / "test.db-migrating")
    assert lock.try_acquire()
    for words in (["upgrade"], ["downgrade", "base"], ["stamp", "base"]):
        out = deploys.project.run(*words, "--lock-timeout", "0", code=1)
        assert f"process {os.getpid()}" in out
        deploys.project.run(*words, "--no-lock")
    deploys.project.run("current")
    lock.release()
    deploys.project.run("upgrade", "--lock-timeout", "0")


def test_a_file_is_locked_once(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert first.try_acquire()
    assert not second.try_acquire()
    assert second.describe_holder() == f"process {os.getpid()}"
    with pytest.raises(MigrationError, match="--lock-timeout"):
        acquire(second, 0)
    first.release()
    assert not (tmp_path / "lock").exists()
    assert second.describe_holder() == "it just ended"
    assert second.try_acquire()
    second.release()
    second.release()


def test_a_removed_file_is_not_taken_for_the_lock(tmp_path: Path) -> None:
    """Who opened the file just before its holder removed it holds nothing."""

    class Late(FileLock):
        def _is_at_path(self, handle: int) -> bool:
            self.path.unlink()
            return super()._is_at_path(handle)

    late, other = Late(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert not late.try_acquire()
    assert other.try_acquire()
    other.release()


def test_the_file_beside_a_database() -> None:
    assert find_lock_file("/data/app.db") == Path("/data/app.db-migrating")
    assert find_lock_file("file:/data/app.db?mode=rw") == Path("/data/app.db-migrating")
