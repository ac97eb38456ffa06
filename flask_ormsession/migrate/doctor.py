"""`flask db doctor`: how an app's databases are set up, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask_ormsession.errors import OrmSessionError
from flask_ormsession.migrate.alembic_config import make_config, resolve_directory
from flask_ormsession.migrate.positions import find_scripts, make_script_directory, read_positions
from flask_ormsession.state import AppState
from orm import Engine, exc, text

_MEMORY = (None, "", ":memory:")


@dataclass
class Report:
    """What is known of one database. lines: name and value; problems: sentences with the way out."""

    title: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def say(self, name: str, value: Any) -> None:
        """Add a line."""
        self.lines.append((name, str(value)))

    def __str__(self) -> str:
        width = max((len(name) for name, _ in self.lines), default=0)
        shown = [self.title, *(f"  {name:<{width}}  {value}" for name, value in self.lines)]
        shown += [f"  ! {problem}" for problem in self.problems]
        return "\n".join(shown)


def examine(state: AppState, directory: str | None) -> list[Report]:
    """Return a report on each database of an app. Connects to all of them."""
    stands = read_stands(state, directory)
    return [
        examine_engine(state, key, stands.get(key, "no migrations folder for it"))
        for key in state.engines
    ]


def examine_engine(state: AppState, key: str | None, stand: Any) -> Report:
    """Return the report on one database. stand: what `read_stands` says of it."""
    engine = state.engines[key]
    report = Report("Default database" if key is None else f"Database {key!r}")
    dialect = engine.dialect
    report.say("url", engine.url.render_as_string(hide_password=True))
    report.say("driver", f"{dialect.driver} {_driver_version(engine)}".strip())
    report.say("pool", describe_pool(state, key))
    limit = state.settings.statement_timeout_ms
    report.say(
        "statement timeout", "none (ORM_STATEMENT_TIMEOUT_MS)" if limit is None else f"{limit:g} ms"
    )
    if (missing := find_missing_file(engine)) is not None:
        report.problems.append(
            f"There is no file {missing} yet; `flask db upgrade` (or db.create_all()) makes it."
        )
        return report
    try:
        with engine.connect() as connection:
            _EXAMINERS.get(dialect.name, _examine_unknown)(connection, report)
    except exc.DBAPIError as error:
        report.problems.append(
            f"It cannot be reached: {error.orig} Is its server running, and is the URL right?"
        )
        return report
    _report_stand(stand, report)
    return report


def find_missing_file(engine: Engine) -> Path | None:
    """Return the path of a SQLite database that is not there; connecting would make it."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or database in _MEMORY or database.startswith("file:"):
        return None
    path = Path(database)
    return None if path.exists() else path


def _driver_version(engine: Engine) -> str:
    module: Any = getattr(engine.dialect, "dbapi", None)
    return str(getattr(module, "__version__", ""))


def describe_pool(state: AppState, key: str | None) -> str:
    """Return what a pool is like, in words."""
    pool: Any = state.engines[key].pool
    options = state.settings.binds[key].options
    words = [type(pool).__name__]
    if hasattr(pool, "size"):
        words.append(f"size {pool.size()} + {options.get('max_overflow', 10)}")
    if hasattr(pool, "timeout"):
        words.append(f"waits {pool.timeout():g} s")
    if options.get("pool_recycle", -1) > 0:
        words.append(f"recycles after {options['pool_recycle']} s")
    if options.get("pool_pre_ping"):
        words.append("pings")
    return ", ".join(words)


# -- what the server says


def _ask(connection: Any, statement: str) -> Any:
    return connection.execute(text(statement)).scalar()


def _examine_sqlite(connection: Any, report: Report) -> None:
    report.say("server", f"SQLite {_ask(connection, 'SELECT sqlite_version()')}")
    pragmas = ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
    values = {name: _ask(connection, f"PRAGMA {name}") for name in pragmas}
    report.say("pragmas", ", ".join(f"{name}={value}" for name, value in values.items()))
    if not values["foreign_keys"]:
        report.problems.append("Foreign keys are not enforced (PRAGMA foreign_keys is off).")
    if connection.engine.url.database in _MEMORY:
        report.problems.append(
            "The database is in memory: it is gone with the process, and each process has its own."
        )
    elif values["journal_mode"] != "wal":
        report.problems.append(
            "Readers and the writer lock each other out: PRAGMA journal_mode is not WAL."
        )
    if found := _ask(connection, "SELECT group_concat(quick_check) FROM pragma_quick_check"):
        if found != "ok":
            report.problems.append(f"The file is damaged: {found}. Restore a backup.")


def _examine_postgresql(connection: Any, report: Report) -> None:
    report.say("server", f"PostgreSQL {_ask(connection, 'SHOW server_version')}")
    timeouts = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    values = {name: _ask(connection, f"SHOW {name}") for name in timeouts}
    report.say("timeouts", ", ".join(f"{name}={value}" for name, value in values.items()))
    others = ("server_encoding", "TimeZone", "default_transaction_isolation", "max_connections")
    report.say(
        "settings", ", ".join(f"{name}={_ask(connection, f'SHOW {name}')}" for name in others)
    )
    if _ask(connection, "SHOW server_encoding") != "UTF8":
        report.problems.append("The database is not in UTF8, so some texts cannot be stored.")
    if _ask(connection, "SELECT pg_is_in_recovery()"):
        report.problems.append("The server is a replica: it takes no writes.")


def _examine_mysql(connection: Any, report: Report) -> None:
    report.say("server", _ask(connection, "SELECT VERSION()"))
    timeouts = ("innodb_lock_wait_timeout", "wait_timeout", "max_statement_time")
    values = _read_variables(connection, timeouts)
    report.say("timeouts", ", ".join(f"{name}={value}" for name, value in values.items()))
    names = (
        "character_set_database",
        "time_zone",
        "transaction_isolation",
        "tx_isolation",
        "max_connections",
    )
    found = _read_variables(connection, names)
    report.say("settings", ", ".join(f"{name}={value}" for name, value in found.items()))
    mode = str(_ask(connection, "SELECT @@sql_mode"))
    report.say("sql_mode", mode)
    if "STRICT_" not in mode:
        report.problems.append(
            "The server is not in strict mode: it cuts off values that do not fit, silently. Add "
            "STRICT_TRANS_TABLES to sql_mode."
        )
    if found.get("character_set_database") != "utf8mb4":
        report.problems.append(
            f"The database is in {found.get('character_set_database')}, so some texts cannot be "
            "stored: ALTER DATABASE ... CHARACTER SET utf8mb4."
        )


def _read_variables(connection: Any, names: tuple[str, ...]) -> dict[str, str]:
    """Return those variables of the server that it has."""
    listed = ", ".join(f"'{name}'" for name in names)
    rows = connection.execute(text(f"SHOW VARIABLES WHERE variable_name IN ({listed})"))
    found = {str(name).lower(): str(value) for name, value in rows}
    return {name: found[name] for name in names if name in found}


def _examine_unknown(connection: Any, report: Report) -> None:
    report.say("server", connection.dialect.name)


_EXAMINERS = {
    "sqlite": _examine_sqlite,
    "postgresql": _examine_postgresql,
    "mysql": _examine_mysql,
    "mariadb": _examine_mysql,
}


# -- migrations


@dataclass(frozen=True)
class Stand:
    """Where a database is in the history. pending: the revisions that wait for it."""

    revisions: tuple[str, ...]
    heads: tuple[str, ...]
    pending: tuple[str, ...]


def read_stands(state: AppState, directory: str | None) -> dict[str | None, Stand | str]:
    """Return where the databases stand, by bind key; words where that cannot be known."""
    folder = resolve_directory(directory)
    if not (folder / "env.py").is_file():
        return dict.fromkeys(state.engines, "none (no migrations folder)")
    if state.engines[None].url.database in _MEMORY and state.engines[None].dialect.name == "sqlite":
        return dict.fromkeys(state.engines, "none (in memory)")
    if any(find_missing_file(engine) for engine in state.engines.values()):
        return dict.fromkeys(state.engines, "unknown: a database is missing")
    try:
        config = make_config(directory)
        scripts = make_script_directory(config)
        heads = tuple(scripts.get_heads())
        return {
            position.target.bind_key: Stand(
                position.revisions,
                heads,
                tuple(
                    script.revision for script in find_scripts(scripts, "heads", position.revisions)
                ),
            )
            for position in read_positions(config)
        }
    except OrmSessionError as error:
        return dict.fromkeys(state.engines, f"unknown: {error}")


def _report_stand(stand: Any, report: Report) -> None:
    if isinstance(stand, str):
        report.say("migrations", stand)
        return
    at = ", ".join(stand.revisions) or "nothing"
    report.say("migrations", f"at {at}; newest: {', '.join(stand.heads) or 'none'}")
    for problem in find_problems(stand):
        report.problems.append(problem)


def find_problems(stand: Stand) -> Iterator[str]:
    """Yield what is wrong with where a database stands."""
    if len(stand.heads) > 1:
        yield f"The history has {len(stand.heads)} heads: join them with `flask db merge heads`."
    if stand.pending:
        several = "migrations are" if len(stand.pending) > 1 else "migration is"
        names = ", ".join(stand.pending)
        yield f"{len(stand.pending)} {several} pending ({names}): `flask db upgrade`."
