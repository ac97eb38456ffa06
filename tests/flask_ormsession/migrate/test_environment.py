"""One database or several: what env.py does with them."""

from __future__ import annotations

import importlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from orm import Integer, UserDefinedType, text
from orm.dialects.postgresql import DOMAIN, INT4RANGE, ExcludeConstraint, Range
from orm.exc import IntegrityError
from orm.types import TypeEngine
from tests.flask_ormsession.migrate.conftest import Project, declare_models


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


EXTENSIONS = ("HSTORE", "CITEXT")  # types that a server need not have
NAMED = ("DOMAIN",)  # types that somebody makes beforehand; see the next test
WORDS = {"ENUM": ("a", "b"), "Enum": ("a", "b"), "SET": ("a", "b"), "ARRAY": (Integer,)}
SIZED = ("VARCHAR", "NVARCHAR", "VARBINARY", "CHAR", "NCHAR", "BINARY")


def make_types(db_kind: str) -> dict[str, Any]:
    """A type of each kind that a dialect has of its own."""
    module = importlib.import_module(f"orm.dialects.{db_kind.replace('mariadb', 'mysql')}")
    made = {}
    for name in module.__all__:
        kind = getattr(module, name)
        if (
            isinstance(kind, type)
            and issubclass(kind, TypeEngine)
            and name not in EXTENSIONS + NAMED
        ):
            words = (9,) if name in SIZED else WORDS.get(name, ())
            enum = {"name": f"kind_{name}"} if name.upper() == "ENUM" else {}
            made[name] = kind(*words, **enum)
    return made


@pytest.mark.filterwarnings("ignore:Did not recognize type")  # says SQLAlchemy's reflection
@pytest.mark.parametrize("db_kind", ["postgresql", "mariadb"], indirect=True)
def test_every_type_of_a_dialect(bare: Project, db_kind: str) -> None:
    """Made by a migration or by create_all(), a table is what the models say."""
    types = make_types(db_kind)
    assert len(types) > 30
    columns = [bare.db.Column(f"c_{name}", type_) for name, type_ in types.items()]
    bare.db.Table("wide", bare.db.Column("id", Integer, primary_key=True), *columns)
    bare.run("init")
    bare.run("migrate")
    for _ in range(2):
        bare.run("upgrade")
        bare.run("check")
        bare.run("downgrade")
    with bare.app.app_context():
        bare.db.create_all()
    bare.run("stamp")
    bare.run("check")


@pytest.mark.parametrize("db_kind", ["postgresql"], indirect=True)
def test_a_domain_is_named_in_a_script(bare: Project) -> None:
    domain = DOMAIN("kind_age", Integer, check="VALUE >= 0", create_type=False)
    bare.db.Table(
        "person",
        bare.db.Column("id", Integer, primary_key=True),
        bare.db.Column("age", domain),
    )
    with bare.app.app_context(), bare.db.engine.begin() as connection:
        connection.execute(text("CREATE DOMAIN kind_age AS INTEGER CHECK (VALUE >= 0)"))
    try:
        bare.run("init")
        bare.run("migrate")
        assert "sa.Column('age', UserType('kind_age')" in bare.scripts()[0]
        bare.run("upgrade")
        bare.run("check")
        bare.run("downgrade")
    finally:
        with bare.app.app_context(), bare.db.engine.begin() as connection:
            connection.execute(text("DROP DOMAIN kind_age CASCADE"))


def test_a_type_of_ones_own_in_a_script(project: Project) -> None:
    class Point(UserDefinedType[Any]):
        cache_ok = True

        def get_col_spec(self, **options: Any) -> str:
            return "POINT"

    project.db.Table(
        "place",
        project.db.Column("id", Integer, primary_key=True),
        project.db.Column("at", Point()),
    )
    project.run("init")
    project.run("migrate")
    assert "sa.Column('at', UserType('POINT')" in project.scripts()[0]
    project.run("upgrade")
    project.run("downgrade")
    project.run("upgrade")


@pytest.mark.parametrize("db_kind", ["postgresql"], indirect=True)
def test_an_exclude_constraint(bare: Project) -> None:
    booking = bare.db.Table(
        "booking",
        bare.db.Column("id", Integer, primary_key=True),
        bare.db.Column("during", INT4RANGE, nullable=False),
        ExcludeConstraint(("during", "&&"), name="no_overlap", using="gist"),
    )
    bare.run("init")
    bare.run("migrate")
    bare.run("upgrade")
    with bare.app.app_context():
        session = bare.db.session
        session.execute(booking.insert().values(during=Range(1, 5)))
        with pytest.raises(IntegrityError, match="no_overlap"):
            session.execute(booking.insert().values(during=Range(4, 6)))
        session.rollback()
    bare.run("downgrade")


def test_a_url_without_a_driver(project: Project, db_kind: str) -> None:
    """SQLAlchemy's own choice for it may be another than ours."""
    project.dispose()
    url = project.app.config["ORM_DATABASE_URL"]
    scheme, _, rest = url.partition("://")
    other = Project(f"{scheme.partition('+')[0]}://{rest}", project.folder)
    declare_models(other.db)
    other.run("init")
    other.run("migrate")
    other.run("upgrade")
    assert other.tables() == ["dept", "everything"]
    assert "CREATE TABLE" in other.run("upgrade", "--sql")
    other.dispose()


def test_a_creator_of_connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "elsewhere.db"
    options = {"creator": lambda: sqlite3.connect(path)}
    project = Project("sqlite:///named.db", tmp_path, ORM_ENGINE_OPTIONS=options)
    declare_models(project.db)
    project.run("init")
    project.run("migrate")
    project.run("upgrade")
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM dept").fetchall() == [(0,)]
    connection.close()
    project.dispose()


def test_a_failure_names_its_script(bare: Project, db_kind: str) -> None:
    bare.run("init")
    made = "op.create_table('half', sa.Column('id', sa.Integer()))"
    path = bare.write("a1", f"{made}\nop.execute('NONSENSE')")
    line = path.read_text().splitlines().index("    op.execute('NONSENSE')") + 1
    with pytest.raises(Exception, match="NONSENSE") as caught:
        bare.run("upgrade")
    (note,) = [note for note in caught.value.__notes__ if "Migration a1 failed" in note]
    assert f"a1_a1.py, line {line}." in note
    assert ("commits each change" in note) == (db_kind == "mariadb")
    assert bare.tables() == (["half"] if db_kind == "mariadb" else [])
    assert "a1" not in bare.run("current")
