"""create_engine(): options, and what it says when something does not fit."""

from __future__ import annotations

import re
import sqlite3
import sys
from importlib import metadata
from typing import Any

import pytest

from orm import (
    URL,
    Column,
    CreateEnginePlugin,
    Integer,
    MetaData,
    Table,
    event,
    exc,
    insert,
    literal,
    select,
)
from orm.dialects import plugins
from orm.engine import create_engine, create_pool_from_url, engine_from_config
from orm.pool import NullPool, QueuePool, SharedConnectionPool, StaticPool


def test_nothing_is_connected_until_used() -> None:
    engine = create_engine("postgresql+psycopg://nobody:x@192.0.2.1/none")
    assert repr(engine) == "Engine(postgresql+psycopg://nobody:***@192.0.2.1/none)"
    assert (engine.name, engine.driver) == ("postgresql", "psycopg")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("oracle://x", "Can't load the dialect 'oracle'"),
        ("postgres://x/y", "postgresql\\+psycopg://"),
        ("postgresql+psycopg2://x/y", "psycopg 3"),
        ("mysql+mysqldb://x/y", "PyMySQL"),
    ],
)
def test_unknown_dialects_name_the_way_out(url: str, words: str) -> None:
    with pytest.raises(exc.NoSuchModuleError, match=words):
        create_engine(url)


@pytest.mark.parametrize(
    ("module", "url", "pip"),
    [
        ("psycopg", "postgresql+psycopg://me:geheim@h/d", 'pip install "psycopg[binary]"'),
        ("pymysql", "mysql+pymysql://me:geheim@h/d", "pip install PyMySQL"),
    ],
)
def test_missing_driver_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, module: str, url: str, pip: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(exc.ArgumentError) as caught:
        create_engine(url)
    assert pip in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_unknown_options_are_refused_with_a_suggestion() -> None:
    with pytest.raises(TypeError, match="'pool_sice'. Did you mean 'pool_size'"):
        create_engine("sqlite://", pool_sice=3)


def test_options_that_do_not_fit_the_pool() -> None:
    with pytest.raises(TypeError, match="'pool_size' does not fit NullPool"):
        create_engine("sqlite:///x.db", poolclass=NullPool, pool_size=3)


def test_sqlite_url_with_a_host() -> None:
    with pytest.raises(exc.ArgumentError, match="three slashes"):
        create_engine("sqlite://app.db")


def test_sqlite_in_a_missing_folder(tmp_path: Any) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/nowhere/app.db")
    with pytest.raises(exc.OperationalError, match="nowhere does not exist"):
        engine.connect()


def test_pools_by_url(tmp_path: Any) -> None:
    assert type(create_engine("sqlite://").pool) is SharedConnectionPool
    assert type(create_engine("sqlite:///:memory:").pool) is SharedConnectionPool
    assert type(create_engine(f"sqlite:///{tmp_path}/a.db").pool) is QueuePool
    assert type(create_engine("sqlite://", poolclass=StaticPool).pool) is StaticPool


def test_pool_options_reach_the_pool() -> None:
    pool: Any = create_engine(
        "postgresql://h/d",
        pool_size=2,
        max_overflow=3,
        pool_timeout=4,
        pool_recycle=5,
        pool_pre_ping=True,
        pool_use_lifo=False,
    ).pool
    assert (pool.size(), pool._max_overflow, pool.timeout(), pool._recycle) == (2, 3, 4, 5)
    assert pool._pre_ping
    assert not pool._use_lifo


def test_pool_sizes_are_accepted_for_a_database_in_memory() -> None:
    with create_engine("sqlite://", pool_size=5, max_overflow=2).connect() as connection:
        assert connection.execute("SELECT 1").scalar() == 1


def test_creator_and_connect_args() -> None:
    import sqlite3

    made: list[Any] = []

    def connect() -> Any:
        made.append(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))
        return made[-1]

    with create_engine("sqlite://", creator=connect).connect() as connection:
        assert connection.connection.dbapi_connection is made[0]
        assert connection.execute("PRAGMA foreign_keys").scalar() == 1
    engine = create_engine("sqlite://", connect_args={"cached_statements": 7})
    with engine.connect() as connection:
        assert connection.execute("SELECT 1").scalar() == 1


def test_wrong_isolation_level() -> None:
    with pytest.raises(exc.ArgumentError, match="has no isolation level 'LOOSE'"):
        create_engine("sqlite://", isolation_level="LOOSE")


def test_engine_from_config() -> None:
    engine = engine_from_config(
        {
            "sqlalchemy.url": "postgresql://h/d",
            "sqlalchemy.pool_size": "3",
            "sqlalchemy.pool_pre_ping": "true",
            "sqlalchemy.hide_parameters": "on",
            "other": 1,
        }
    )
    pool: Any = engine.pool
    assert (pool.size(), pool._pre_ping, engine.hide_parameters) == (3, True, True)
    with pytest.raises(exc.ArgumentError, match=r"no setting 'db\.url'"):
        engine_from_config({}, prefix="db.")


@pytest.mark.parametrize(
    "url",
    ["postgresql+psycopg://me:geheim@127.0.0.1:1/x", "mysql+pymysql://me:geheim@127.0.0.1:1/x"],
)
def test_a_server_that_does_not_answer(url: str) -> None:
    engine = create_engine(url)
    for attempt in (engine.connect, engine.raw_connection):
        with pytest.raises(exc.OperationalError) as caught:
            attempt()
        assert "geheim" not in str(caught.value)
    pool: Any = engine.pool
    assert pool.checkedout() == 0


def test_dispose_makes_a_new_pool() -> None:
    engine = create_engine("sqlite://")
    engine.execute("CREATE TABLE t (id INTEGER)")
    old = engine.pool
    engine.dispose()
    assert engine.pool is not old
    with pytest.raises(exc.OperationalError, match="no such table"):
        engine.execute("SELECT * FROM t")


def test_raw_connection_goes_back_to_the_pool() -> None:
    engine = create_engine("sqlite://")
    raw = engine.raw_connection()
    cursor = raw.cursor()
    cursor.execute("SELECT 1")
    assert cursor.fetchall() == [(1,)]
    raw.close()
    pool: Any = engine.pool
    assert pool.checkedout() == 0


def test_a_dialect_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from orm.dialects import registry

    monkeypatch.setattr(registry._dialects, "_locations", {})
    registry.register("lite.plain", "orm.dialects.sqlite.pysqlite", "SQLiteDialect_pysqlite")
    engine = create_engine("lite+plain://")
    assert engine.execute("SELECT 1").scalar() == 1
    assert not engine.dialect.is_async
    engine.dispose()
    registry.register("lite.gone", "nowhere.to_be_found", "Dialect")
    with pytest.raises(exc.NoSuchModuleError, match=r"nowhere\.to_be_found"):
        create_engine("lite+gone://")


def test_a_pool_without_an_engine(tmp_path: Any) -> None:
    pool: Any = create_pool_from_url(f"sqlite:///{tmp_path / 'p.db'}", pool_size=2, pre_ping=True)
    assert (pool.size(), pool._pre_ping) == (2, True)
    with pool.connect() as connection:
        assert connection.cursor().execute("PRAGMA journal_mode").fetchone() == ("wal",)
    pool.dispose()
    with pytest.raises(TypeError, match="no option"):
        create_pool_from_url("sqlite://", sizee=1)


def test_listeners_given_with_the_pool() -> None:
    heard: list[str] = []
    engine = create_engine(
        "sqlite://",
        pool_events=[
            (lambda *args: heard.append("connect"), "connect"),
            (lambda *args: heard.append("checkin"), "checkin"),
        ],
    )
    with engine.connect():
        pass
    assert heard == ["connect", "checkin"]
    engine.dispose()


def test_the_style_of_parameters_is_one_that_the_driver_takes() -> None:
    assert create_engine("sqlite://", paramstyle="qmark").dialect.paramstyle == "qmark"
    engine = create_engine("postgresql+psycopg://h/d", paramstyle="format")
    assert str(select(literal(1)).compile(engine)) == "SELECT %s AS anon_1"
    with pytest.raises(exc.ArgumentError, match="no parameters of the style 'named', but qmark"):
        create_engine("sqlite://", paramstyle="named")


def test_labels_are_cut_to_the_length_of_the_engine() -> None:
    engine = create_engine("sqlite://", label_length=20)
    long = literal(5).label("a_label_that_is_longer_than_twenty")
    part = select(long).subquery("part")
    statement = select(part).order_by(part.c.a_label_that_is_longer_than_twenty)
    assert max(len(word) for word in re.findall(r"\w+", str(statement.compile(engine)))) == 20 - 3
    with engine.connect() as connection:
        row = connection.execute(statement).one()
        assert row.a_label_that_is_longer_than_twenty == 5
        ordered = select(long).order_by("a_label_that_is_longer_than_twenty")
        assert connection.scalar(ordered) == 5
    engine.dispose()
    with pytest.raises(exc.ArgumentError, match="between 6 and max_identifier_length, which is 63"):
        create_engine("postgresql+psycopg://h/d", label_length=64)


@pytest.mark.parametrize("flag", [True, False])
def test_rows_with_returning_in_one_statement_or_one_by_one(flag: bool) -> None:
    engine = create_engine("sqlite://", use_insertmanyvalues=flag)
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("x", Integer))
    heard: list[str] = []
    with engine.begin() as connection:
        table.create(connection)
        event.listen(connection, "before_cursor_execute", lambda *args: heard.append(args[2]))
        rows = connection.execute(insert(table).returning(table.c.id), [{"x": 1}, {"x": 2}])
        assert rows.scalars().all() == [1, 2]
        assert len(heard) == (1 if flag else 2)
        connection.execute(insert(table).values([{"x": 3}, {"x": 4}]))
        assert len(heard) == (2 if flag else 3)
    engine.dispose()


class Watching(CreateEnginePlugin):
    """Notes what it sees, and changes something everywhere."""

    def __init__(self, url: URL, kwargs: dict[str, Any]) -> None:
        super().__init__(url, kwargs)
        self.notes = kwargs.pop("notes")
        self.notes.append(str(url))

    def update_url(self, url: URL) -> URL:
        return url.difference_update_query(["watch"])

    def handle_dialect_kwargs(self, dialect_cls: type[Any], dialect_args: dict[str, Any]) -> None:
        self.notes.append(dialect_cls.name)
        dialect_args["label_length"] = 30

    def handle_pool_kwargs(self, pool_cls: type[Any], pool_args: dict[str, Any]) -> None:
        self.notes.append(pool_cls.__name__)
        pool_args["logging_name"] = "watched"

    def engine_created(self, engine: Any) -> None:
        event.listen(engine, "engine_connect", lambda connection: self.notes.append("connected"))


@pytest.mark.parametrize(
    ("query", "options"), [("&plugin=watch", {}), ("", {"plugins": ["watch"]})]
)
def test_plugins_take_part(
    query: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[str] = []
    monkeypatch.setattr(plugins._registry, "_locations", {})
    plugins.register("watch", __name__, "Watching")
    engine = create_engine(f"sqlite:///:memory:?watch=1{query}", notes=notes, **options)
    assert (engine.dialect.label_length, engine.pool.logging_name) == (30, "watched")
    assert str(engine.url) == "sqlite:///:memory:"
    with engine.connect():
        pass
    assert notes[0].endswith("watch=1")
    assert notes[1:] == ["sqlite", "SharedConnectionPool", "connected"]
    engine.dispose()


def test_plugins_of_installed_distributions(monkeypatch: pytest.MonkeyPatch) -> None:
    point = metadata.EntryPoint("installed", f"{__name__}:Watching", "orm.plugins")
    found = {("orm.plugins", "installed"): [point]}
    monkeypatch.setattr(metadata, "entry_points", lambda group, name: found.get((group, name), []))
    notes: list[str] = []
    create_engine("sqlite://", plugins=["installed"], notes=notes).dispose()
    assert notes[1:] == ["sqlite", "SharedConnectionPool"]
    with pytest.raises(exc.NoSuchModuleError, match="Can't load the plugin 'unknown'"):
        create_engine("sqlite://?plugin=unknown")
    with pytest.raises(TypeError, match="no option 'notes'"):
        create_engine("sqlite://", notes=notes)


class TestFailedPings:
    """`handle_error` hears when a pooled connection does not answer."""

    def make(self, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
        engine = create_engine("sqlite://", poolclass=QueuePool, pool_pre_ping=True)
        first, second = engine.raw_connection(), engine.raw_connection()
        first.close()
        second.close()

        def ping(connection: Any) -> bool:
            if connection is lost:
                raise sqlite3.OperationalError("gone")
            return True

        lost = engine.pool._idle[-1].dbapi_connection  # type: ignore[attr-defined]
        monkeypatch.setattr(engine.dialect, "do_ping", ping)
        return engine, lost

    def test_the_connection_is_replaced(self, monkeypatch: pytest.MonkeyPatch) -> None:
        engine, lost = self.make(monkeypatch)
        heard: list[Any] = []
        event.listen(engine, "handle_error", heard.append)
        before = engine.pool._generation
        with engine.connect() as connection:
            assert connection.connection.dbapi_connection is not lost
        context = heard[0]
        assert (context.is_pre_ping, context.is_disconnect) == (True, True)
        assert (context.engine, context.connection) == (None, None)
        assert context.dialect is engine.dialect
        assert str(context.original_exception) == "gone"
        assert isinstance(context.sqlalchemy_exception, exc.OperationalError)
        assert engine.pool._generation == before + 1
        engine.dispose()

    def test_a_listener_spares_the_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        engine, _lost = self.make(monkeypatch)
        before = engine.pool._generation

        @event.listens_for(engine, "handle_error")
        def spare(context: Any) -> None:
            context.invalidate_pool_on_disconnect = False

        engine.connect().close()
        assert engine.pool._generation == before
        engine.dispose()

    def test_a_listener_has_it_raised(self, monkeypatch: pytest.MonkeyPatch) -> None:
        engine, _lost = self.make(monkeypatch)

        @event.listens_for(engine, "handle_error")
        def refuse(context: Any) -> None:
            context.is_disconnect = False

        with pytest.raises(exc.OperationalError, match="gone"):
            engine.connect()
        engine.connect().close()  # the place is free, the lost connection is not used again
        assert engine.pool.checkedout() == 0
        engine.dispose()

    def test_a_listener_raises_its_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        engine, _lost = self.make(monkeypatch)
        event.listen(engine, "handle_error", lambda context: ValueError("instead"))
        with pytest.raises(ValueError, match="instead"):
            engine.connect()
        engine.dispose()
