"""An app with a table of every kind, and its `flask db` commands in an empty folder."""

from __future__ import annotations

import enum
import gc
import importlib.util
import os
import textwrap
import uuid
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import orm
from flask_ormsession import Database
from orm import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Mapped,
    Numeric,
    SmallInteger,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
    mapped_column,
)


class Color(enum.Enum):
    """A native enum on the databases that have them."""

    RED = 1
    BLUE = 2


class Lower(TypeDecorator[str]):
    """A string that is stored in lower case."""

    impl = String(30)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value.lower()


class Project:
    """An app, its models, and its migrations folder."""

    def __init__(self, url: str, folder: Path, **config: Any) -> None:
        self.folder = folder
        self.app = Flask("project", instance_path=str(folder / "instance"))
        self.app.config.update(config, ORM_DATABASE_URL=url)
        self.db: Any = Database(self.app)

    def run(self, *words: str, code: int = 0) -> str:
        """Run `flask db ...`; returns what it printed."""
        # What the command leaves in cycles is collected here, so that no later test is blamed for
        # it: SQLAlchemy's pools are empty then, but its cursors are not closed. What was there
        # before stays out of it, else each command of a long run takes a second longer.
        gc.freeze()
        try:
            result = self.app.test_cli_runner().invoke(args=["db", *words])
            gc.collect()
        finally:
            gc.unfreeze()
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return str(result.output)

    def scripts(self) -> list[str]:
        """The texts of the migration scripts."""
        return [path.read_text() for path in (self.folder / "migrations/versions").glob("*.py")]

    def tables(self, bind_key: str | None = None) -> list[str]:
        """The names of the tables in a database, Alembic's own left out."""
        with self.app.app_context():
            names = orm.inspect(self.db.get_engine(bind_key)).get_table_names()
        return sorted(name for name in names if name != "alembic_version")

    def write(self, rev_id: str, upgrade: str, downgrade: str = "pass") -> Path:
        """Write a script with these bodies, following the newest; returns its path."""
        self.run("revision", "-m", rev_id, "--rev-id", rev_id)
        (path,) = (self.folder / "migrations/versions").glob(f"{rev_id}_*.py")
        head, _, _ = path.read_text().partition("def upgrade")
        bodies = [
            textwrap.indent(textwrap.dedent(body).strip(), "    ") for body in (upgrade, downgrade)
        ]
        path.write_text(
            f"{head}def upgrade() -> None:\n{bodies[0]}\n\n\ndef downgrade() -> None:\n{bodies[1]}\n"
        )
        return path

    def dispose(self) -> None:
        """Let go of the connections."""
        with self.app.app_context():
            for engine in self.db.engines.values():
                engine.dispose()


def declare_models(db: Any) -> None:
    """Declare Dept and Everything, which has a column of each everyday type."""

    class Dept(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(String(80), unique=True)

    class Everything(db.Model):
        __table_args__ = (
            UniqueConstraint("name", "small"),
            CheckConstraint("small >= 0", name="small_is_positive"),
            Index("ix_everything_both", "name", "big"),
            {"comment": "all of it"},
        )
        id: Mapped[int] = mapped_column(
            BigInteger().with_variant(Integer(), "sqlite"), primary_key=True
        )
        name: Mapped[str] = mapped_column(String(50), index=True)
        lower: Mapped[str] = mapped_column(Lower)
        note: Mapped[str | None] = mapped_column(Text, comment="free text")
        small: Mapped[int] = mapped_column(SmallInteger, server_default="3")
        big: Mapped[int] = mapped_column(BigInteger)
        price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
        ratio: Mapped[float]
        flag: Mapped[bool] = mapped_column(server_default=orm.false())
        color: Mapped[Color]
        data: Mapped[dict[str, Any]] = mapped_column(JSON)
        key: Mapped[uuid.UUID] = mapped_column(Uuid)
        made: Mapped[datetime] = mapped_column(server_default=orm.func.now())
        day: Mapped[date]
        at: Mapped[time]
        blob: Mapped[bytes] = mapped_column(LargeBinary)
        dept_id: Mapped[int | None] = mapped_column(ForeignKey("dept.id", ondelete="CASCADE"))

    db.Dept, db.Everything = Dept, Everything


@pytest.fixture
def bare(db_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project without models, on an empty database of each kind in turn."""
    monkeypatch.chdir(tmp_path)
    made = Project(db_url, tmp_path)
    yield made
    made.dispose()


@pytest.fixture
def project(bare: Project) -> Project:
    """A project with models, on an empty database of each kind in turn."""
    declare_models(bare.db)
    return bare


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project with models on SQLite only."""
    monkeypatch.chdir(tmp_path)
    made = Project("sqlite:///small.db", tmp_path)
    declare_models(made.db)
    yield made
    made.dispose()


@pytest.fixture
def second_url(db_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of another empty database, of the same kind as `db_url`."""
    if db_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'second.db'}"
        return
    server = request.getfixturevalue("server_databases").server(db_kind)
    name = f"ormsession_second_{os.getpid()}"
    server.create_database(name)
    yield server.url(name)
    server.drop_database(name)


def declare_sensors(db: Any) -> None:
    """Declare Shop in the default database, Reading in that of the bind key "sensor-data"."""

    class Shop(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(String(80))

    class Reading(db.Model):
        __bind_key__ = "sensor-data"
        id: Mapped[int] = mapped_column(primary_key=True)
        place: Mapped[str] = mapped_column(String(80), index=True)

    db.Shop, db.Reading = Shop, Reading


@pytest.fixture
def several(
    db_url: str, second_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Project]:
    """A project with models in two databases, of each kind in turn."""
    monkeypatch.chdir(tmp_path)
    made = Project(db_url, tmp_path, ORM_BINDS={"sensor-data": second_url})
    declare_sensors(made.db)
    yield made
    made.dispose()


SCRIPT = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = {revision!r}, {before!r}, None, None

def upgrade():
{upgrade}

def downgrade():
{downgrade}
"""


class Script:
    """A migration script on disk, loaded as Alembic loads it."""

    def __init__(
        self, folder: Path, upgrade: str, downgrade: str = "op.execute('SELECT 1')"
    ) -> None:
        self.revision = f"r{len(list(folder.glob('*.py')))}"
        path = folder / f"{self.revision}.py"
        bodies = [
            textwrap.indent(textwrap.dedent(text).strip(), "    ") for text in (upgrade, downgrade)
        ]
        path.write_text(
            SCRIPT.format(
                revision=self.revision, before=None, upgrade=bodies[0], downgrade=bodies[1]
            )
        )
        spec = importlib.util.spec_from_file_location(self.revision, path)
        assert spec is not None
        assert spec.loader is not None
        self.module: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)
        self.path = str(path)


@pytest.fixture
def judge_rules(tmp_path: Path) -> Any:
    """Judge the body of an upgrade() for one kind of database: the names of the rules it meets."""

    def judge(kind: str, body: str) -> list[str]:
        from flask_ormsession.migrate.lint import Judge, Pending

        script = Script(tmp_path, body)
        return [
            verdict.rule
            for _, _, verdict in Judge(kind).judge_script(Pending(script, (kind,), None))
        ]

    return judge
