"""Database: setting up apps, engines, tables, and the errors of doing it wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import flask_ormsession
import orm
from flask_ormsession import (
    ConfigError,
    Database,
    NoContextError,
    NotInitialisedError,
    get_database,
)
from flask_ormsession.engines import resolve_url
from flask_ormsession.model import make_base
from flask_ormsession.state import AppState
from orm import Mapped, MetaData, exc, inspect, make_url, mapped_column, select, text


def make_app(path: Path, name: str = "app", **config: Any) -> Flask:
    app = Flask(name, instance_path=str(path / name))
    app.config.update(config)
    return app


def dispose(app: Flask) -> None:
    for engine in app.extensions["ormsession"].engines.values():
        engine.dispose()


def test_init_app_makes_the_state(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    db: Any = Database(app)
    state = app.extensions["ormsession"]
    assert isinstance(state, AppState)
    assert state.db is db
    assert get_database(app) is db
    with app.app_context():
        assert db.state is state
        assert db.engine is state.engines[None]
        assert db.get_engine() is db.engine


def test_the_default_is_a_file_in_the_instance_folder(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    db: Any = Database(app)
    with app.app_context():
        db.create_all()
        with db.engine.connect() as connection:
            assert connection.execute(select(1)).scalar() == 1
    assert (tmp_path / "app" / "app.db").is_file()
    dispose(app)


def test_a_relative_path_lives_in_the_instance_folder(tmp_path: Path) -> None:
    app = make_app(tmp_path, ORM_DATABASE_URL="sqlite:///data/shop.db")
    db: Any = Database(app)
    with app.app_context():
        assert db.engine.url.database == str(tmp_path / "app" / "data" / "shop.db")
    assert (tmp_path / "app" / "data").is_dir()


def test_absolute_and_memory_paths_stay(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path / 'x.db'}", "sqlite://", "sqlite:///:memory:"):
        app = make_app(tmp_path, ORM_DATABASE_URL=url)
        db: Any = Database(app)
        with app.app_context():
            assert db.engine.url.database in (str(tmp_path / "x.db"), None, "", ":memory:")
    assert not (tmp_path / "app").exists()


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:///file:data/shop.db?uri=true", "data/shop.db"),
        ("sqlite:///file:a%20shop.db?mode=rwc&uri=true", "a shop.db"),
    ],
)
def test_a_relative_file_uri_lives_there_too(tmp_path: Path, url: str, file: str) -> None:
    app = make_app(tmp_path, "my app", ORM_DATABASE_URL=url)
    db: Any = Database(app)
    with app.app_context():
        db.session.execute(text("CREATE TABLE t (x)"))
        db.session.commit()
    assert (tmp_path / "my app" / file).is_file()
    dispose(app)


def test_other_file_uris_stay(tmp_path: Path) -> None:
    for database in (f"file:{tmp_path}/x.db", "file::memory:", "file:shared?mode=memory"):
        url = make_url(f"sqlite:///{database}")
        assert resolve_url(make_app(tmp_path), url) == url


def test_several_apps_share_one_database_object(tmp_path: Path) -> None:
    db: Any = Database()

    class Note(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)

    apps = [make_app(tmp_path, name) for name in ("one", "two")]
    for app in apps:
        db.init_app(app)
        with app.app_context():
            db.create_all()
    with apps[0].app_context():
        db.session.add(Note())
        db.session.commit()
        with apps[1].app_context():
            assert db.session.scalars(select(Note)).all() == []
        assert len(db.session.scalars(select(Note)).all()) == 1
    for app in apps:
        dispose(app)


def test_two_databases_may_have_models_of_the_same_name() -> None:
    for _ in range(2):
        db: Any = Database()

        class User(db.Model):
            id: Mapped[int] = mapped_column(primary_key=True)

        assert list(db.metadata.tables) == ["user"]


def test_metadata_of_ones_own() -> None:
    base = make_base(MetaData(schema="shop"))
    assert Database(model_class=base).metadata.schema == "shop"
    assert Database(metadata=MetaData(schema="shop")).metadata.schema == "shop"


def test_init_app_twice(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    Database(app)
    with pytest.raises(NotInitialisedError, match="has a Database already"):
        Database(app)


def test_the_class_under_its_name_elsewhere() -> None:
    with pytest.raises(ImportError, match="`from flask_ormsession import Database`"):
        from flask_ormsession import SQLAlchemy  # noqa: F401
    assert not hasattr(flask_ormsession, "Nonsense")


def test_an_unknown_key_leaves_the_app_untouched(tmp_path: Path) -> None:
    app = make_app(tmp_path, ORM_DATABASE_URI="sqlite://")
    before = app.wsgi_app
    with pytest.raises(ConfigError):
        Database(app)
    assert app.wsgi_app == before
    assert "ormsession" not in app.extensions


@pytest.mark.parametrize("url", ["nonsense", "nodialect://x/y"])
def test_a_wrong_url_is_found_at_once(tmp_path: Path, url: str) -> None:
    with pytest.raises(exc.ArgumentError):
        Database(make_app(tmp_path, ORM_DATABASE_URL=url))


def test_outside_of_a_context(tmp_path: Path) -> None:
    db: Any = Database(make_app(tmp_path))
    for use in (
        lambda: db.session.execute(select(1)),
        lambda: db.session.add(object()),
        lambda: db.session(),
        lambda: db.engine,
        lambda: db.create_all(),
        lambda: db.run_in_thread(print),
        lambda: db.session_scope().__enter__(),
    ):
        with pytest.raises(NoContextError, match=r"with app.app_context\(\):"):
            use()
    assert repr(db.session) == "<ContextSession: no app context>"


def test_an_app_that_does_not_know_the_database(tmp_path: Path) -> None:
    db: Any = Database()
    with make_app(tmp_path).app_context():
        with pytest.raises(NotInitialisedError, match=r"db.init_app\(app\)"):
            db.session.execute(select(1))
        with pytest.raises(NotInitialisedError):
            db.engines
    other = make_app(tmp_path)
    Database(other)
    with other.app_context(), pytest.raises(NotInitialisedError, match="does not know this"):
        db.session.execute(select(1))


def test_the_session_proxy(small: Any) -> None:
    with small.app.app_context():
        item = small.add("a")
        session = small.db.session()
        assert item in small.db.session
        assert list(small.db.session) == [item]
        small.db.session.autoflush = False
        assert session.autoflush is False
        assert repr(session) in repr(small.db.session)
        small.db.session.remove()
        assert small.db.session() is not session


def test_session_options(make_small: Any) -> None:
    world = make_small(ORM_SESSION_OPTIONS={"expire_on_commit": False})
    with world.app.app_context():
        assert world.db.session().expire_on_commit is False


def test_lazy_loads(make_small: Any) -> None:
    world = make_small(ORM_LAZY_LOADS="raise")
    with world.app.app_context():
        assert world.db.session().lazy_loads == "raise"


def test_a_model_without_a_primary_key() -> None:
    db: Any = Database()
    with pytest.raises(exc.ArgumentError, match=r"primary_key=True"):

        class Note(db.Model):
            text: Mapped[str]


def test_names_of_orm() -> None:
    db: Any = Database()
    assert db.Column is orm.Column
    assert db.relationship is orm.relationship
    with pytest.raises(AttributeError, match="neither has the package orm"):
        db.nonsense


def test_create_reflect_and_drop(world: Any) -> None:
    with world.app.app_context():
        other: Any = Database()
        metadata = MetaData()
        metadata.reflect(world.db.engine)
        assert list(metadata.tables) == ["item"]
        world.db.drop_all()
        assert orm.inspect(world.db.engine).get_table_names() == []
        assert other.metadata is not world.db.metadata


def test_bind_keys(tmp_path: Path) -> None:
    app = make_app(tmp_path, ORM_BINDS={"logs": "sqlite:///logs.db"})
    db: Any = Database()

    class User(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)

    class Visit(db.Model):
        __bind_key__ = "logs"
        id: Mapped[int] = mapped_column(primary_key=True)

    tag = db.Table("tag", db.Column("id", db.Integer, primary_key=True), bind_key="logs")
    db.init_app(app)
    with app.app_context():
        db.create_all()
        assert set(db.metadatas) == {None, "logs"}
        assert orm.inspect(db.engine).get_table_names() == ["user"]
        assert orm.inspect(db.engines["logs"]).get_table_names() == ["tag", "visit"]
        db.session.add_all([User(), Visit()])
        db.session.flush()
        db.session.execute(tag.insert().values(id=3))
        assert db.session.scalars(select(Visit.id)).all() == [1]
        assert db.session.execute(select(tag.c.id)).scalar() == 3
        assert db.session.get_bind(Visit) is db.engines["logs"]
        db.session.commit()
        with pytest.raises(ConfigError, match="bind key 'nope'"):
            db.get_engine("nope")
        with pytest.raises(ConfigError):
            db.create_all("nope")
    dispose(app)


def test_a_bind_key_that_is_not_configured(tmp_path: Path) -> None:
    app = make_app(tmp_path, ORM_BINDS={"logs": "sqlite:///logs.db"})
    db: Any = Database(app)

    class Visit(db.Model):
        __bind_key__ = "visits"
        id: Mapped[int] = mapped_column(primary_key=True)

    with app.app_context(), pytest.raises(ConfigError, match="'visit' belongs to .* 'visits'"):
        db.session.scalars(select(Visit))


def test_dropping_all_tables_does_not_wait_for_the_own_session(world: Any) -> None:
    """PostgreSQL and MariaDB would wait for ever, for the transaction that a query left open."""
    with world.app.app_context():
        world.add("a")
        world.db.session.flush()
        assert world.db.session.scalars(select(world.Item.name)).all() == ["a"]
        world.db.drop_all()
        assert inspect(world.db.engine).get_table_names() == []


def test_a_locked_file_says_what_to_look_for(tmp_path: Path) -> None:
    app = Flask("locked", instance_path=str(tmp_path))
    app.config["ORM_ENGINE_OPTIONS"] = {"connect_args": {"timeout": 0.1}}
    db: Any = Database(app)
    with app.app_context():
        db.session.execute(text("CREATE TABLE t (id INTEGER)"))
        with pytest.raises(exc.OperationalError) as caught, db.engine.begin():
            pass
        db.session.remove()
        db.engine.dispose()
    assert any("db.session.commit()" in note for note in caught.value.__notes__)


def test_a_wrong_session_option_is_found_at_once(tmp_path: Path) -> None:
    app = make_app(tmp_path, ORM_SESSION_OPTIONS={"expire_on_comit": False})
    with pytest.raises(ConfigError, match=r"ORM_SESSION_OPTIONS.*expire_on_comit"):
        Database(app)
    app = make_app(tmp_path, "other")
    with pytest.raises(ConfigError, match="nonsense"):
        Database(app, session_options={"nonsense": 1})


@pytest.mark.parametrize("method", ["paginate", "first_or_404", "one_or_404"])
def test_a_model_in_place_of_a_select(world: Any, method: str) -> None:
    with world.app.app_context(), pytest.raises(exc.ArgumentError, match=r"select\(Item\)"):
        getattr(world.db, method)(world.Item)
