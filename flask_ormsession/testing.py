"""The pytest plugin, loaded by its entry point in `pyproject.toml`. Needs a fixture `app`, as
pytest-flask does; works with its `client` and `live_server`.

    db_session          the app's session; whatever the test does to the databases is undone
    assert_queries      with assert_queries(max=2): ... fails if more statements are executed
    no_lazy_loads       lazy loads of this test raise, wherever they happen
    worker_database     gives each worker of pytest-xdist a database of its own
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orm import URL, create_engine, event, make_url

if TYPE_CHECKING:
    from flask import Flask

    from flask_ormsession.session import ContextSession
    from flask_ormsession.state import AppState

__all__ = ["Statements", "assert_queries", "db_session", "no_lazy_loads", "worker_database"]


@pytest.fixture
def db_session(app: Flask, request: pytest.FixtureRequest) -> Iterator[ContextSession]:
    """The session of the app's current context, in a test that leaves no trace.

    All databases of the app are rolled back afterwards, whatever was committed: by the test, by
    views called through `client`, by threads of this process. With pytest-flask's `live_server`, whose
    server is another process, the test really commits, and the rows which were there before are put
    back. The tables must exist before; counters of generated keys go on.
    """
    from flask_ormsession.state import get_state

    state = get_state(app)
    with ExitStack() as stack:
        if not _is_current(app):
            stack.enter_context(app.app_context())
        _close_session(app)
        if "live_server" in request.fixturenames:
            stack.enter_context(put_back_rows(state))
        else:
            stack.enter_context(isolate(state))
        stack.callback(_close_session, app)
        yield state.db.session


def _is_current(app: Flask) -> bool:
    from flask import has_app_context

    from flask_ormsession.state import get_app

    return has_app_context() and get_app() is app


def _close_session(app: Flask) -> None:
    from flask_ormsession.session import find_scope

    scope = find_scope()
    if scope is not None and scope.app is app:
        scope.close()


@contextmanager
def isolate(state: AppState) -> Iterator[None]:
    """Undo at the end of the block whatever an app does to its databases within."""
    from flask_ormsession.isolation import IsolatedEngine

    reads_first, state.reads_first = state.reads_first, False
    isolated: list[IsolatedEngine] = []
    try:
        for engine in state.engines.values():
            isolated.append(IsolatedEngine(engine))
        yield
    finally:
        state.reads_first = reads_first
        for one in reversed(isolated):
            one.end()


@contextmanager
def put_back_rows(state: AppState) -> Iterator[None]:
    """Give the tables of an app the rows again that they have now, at the end of the block.

    Cost: every row of every table is read.
    """
    tables = [
        (state.engines[key], metadata.sorted_tables)
        for key, metadata in state.db.metadatas.items()
        if key in state.engines
    ]
    kept: list[tuple[Any, Any, list[dict[str, Any]]]] = []
    for engine, sorted_tables in tables:
        with engine.connect() as connection:
            for table in sorted_tables:
                found = connection.execute(table.select().order_by(*table.primary_key))
                kept.append((engine, table, [dict(row) for row in found.mappings()]))
    try:
        yield
    finally:
        for engine, _sorted in tables:
            own = [(table, rows) for owner, table, rows in kept if owner is engine]
            with engine.begin() as connection, ExitStack() as stack:
                if engine.dialect.name in ("mysql", "mariadb"):
                    # it checks row by row, so that rows of one table which refer to each other stop it
                    connection.exec_driver_sql("SET foreign_key_checks = 0")
                    stack.callback(connection.exec_driver_sql, "SET foreign_key_checks = 1")
                for table, _rows in reversed(own):
                    connection.execute(table.delete())
                for table, rows in own:
                    if rows:
                        connection.execute(table.insert(), rows)


class Statements(list[str]):
    """The statements executed within a block of `assert_queries`, in order."""


@pytest.fixture
def assert_queries(app: Flask) -> Callable[..., Any]:
    """`with assert_queries(max=2) as statements:` fails if the app executes more than two
    statements in the block, and shows them. `exactly=2` asks for that number."""
    from flask_ormsession.state import get_state

    engines = list(get_state(app).engines.values())

    @contextmanager
    def watch(
        max: int | None = None,
        *,
        exactly: int | None = None,
    ) -> Iterator[Statements]:
        seen = Statements()

        def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
            seen.append(statement)

        for engine in engines:
            event.listen(engine, "after_cursor_execute", note)
        try:
            yield seen
        finally:
            for engine in engines:
                event.remove(engine, "after_cursor_execute", note)
        check_count(seen, max, exactly)

    return watch


def check_count(seen: Sequence[str], most: int | None, exactly: int | None) -> None:
    """Fail the test if the number of statements is not as wanted."""
    __tracebackhide__ = True
    wanted = f"exactly {exactly}" if exactly is not None else f"at most {most}"
    good = len(seen) == exactly if exactly is not None else most is None or len(seen) <= most
    if not good:
        listed = "\n".join(f"  {number}. {text}" for number, text in enumerate(seen, 1))
        pytest.fail(f"{len(seen)} statements were executed, {wanted} expected:\n{listed}")


@pytest.fixture
def no_lazy_loads(monkeypatch: pytest.MonkeyPatch, app: Flask) -> None:
    """Lazy loads raise in this test, as with ORM_LAZY_LOADS = "raise", in sessions opened before
    it, too: what a view or template needs has to be loaded by its query."""
    from flask_ormsession.session import find_scope
    from flask_ormsession.state import get_state

    factory = get_state(app).session_factory
    monkeypatch.setitem(factory.kw, "lazy_loads", "raise")
    scope = find_scope() if _is_current(app) else None
    if scope is not None and scope.session is not None:
        monkeypatch.setattr(scope.session, "lazy_loads", "raise")


@pytest.fixture(scope="session")
def worker_database(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], str]]:
    """Turn the URL of a database into one that this worker of pytest-xdist has for itself.

        @pytest.fixture
        def app(worker_database):
            return create_app({"ORM_DATABASE_URL": worker_database("postgresql+psycopg:///test")})

    `.../test` becomes `.../test_gw0`, made empty now and dropped when the worker ends; a SQLite file
    without an absolute path is in the worker's temporary folder. Without xdist the URL stays as it is.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    folder = functools.cache(lambda: tmp_path_factory.mktemp("databases"))
    made: list[URL] = []

    def choose(url: str) -> str:
        if worker is None:
            return url
        own = name_for_worker(make_url(url), worker)
        if is_file(own):
            own = own.set(database=str(folder() / str(own.database)))  # an absolute path stays
        if own not in made:
            make_database(own)
            made.append(own)
        return own.render_as_string(hide_password=False)

    yield choose
    for url in made:
        drop_database(url)


def name_for_worker(url: URL, worker: str) -> URL:
    """Return the URL with the worker's name at the end of the database's, before a suffix."""
    name = url.database
    if not name or ":memory:" in name:
        return url
    if url.drivername.startswith("sqlite"):
        path = Path(name)
        return url.set(database=str(path.with_name(f"{path.stem}_{worker}{path.suffix}")))
    return url.set(database=f"{name}_{worker}")


def is_file(url: URL) -> bool:
    """Whether a URL names a file, which may be relative to the instance folder of an app."""
    name = url.database or ":memory:"
    return url.drivername.startswith("sqlite") and not name.startswith(("file:", ":memory:"))


def make_database(url: URL) -> None:
    """Make an empty database, in place of one that an earlier run has left."""
    drop_database(url)
    if is_file(url):
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    elif not url.drivername.startswith("sqlite"):
        _run_on_server(url, "CREATE DATABASE {name}")


def drop_database(url: URL) -> None:
    """Remove a database, if it is there."""
    if url.drivername.startswith("sqlite"):
        if is_file(url):
            for suffix in ("", "-wal", "-shm"):
                Path(f"{url.database}{suffix}").unlink(missing_ok=True)
        return
    force = " WITH (FORCE)" if url.drivername.startswith("postgresql") else ""
    _run_on_server(url, "DROP DATABASE IF EXISTS {name}" + force)


def _run_on_server(url: URL, sql: str) -> None:
    server = url.set(database="postgres" if url.drivername.startswith("postgresql") else "mysql")
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        name = engine.dialect.identifier_preparer.quote_identifier(url.database)
        with engine.connect() as connection:
            connection.exec_driver_sql(sql.format(name=name))
    finally:
        engine.dispose()
