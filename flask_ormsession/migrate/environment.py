"""What the `env.py` of a migrations folder runs: Alembic's context, set up for our database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_ormsession.migrate import autogenerate, bridge
from flask_ormsession.migrate.alembic_config import WRITES_SCRIPT
from flask_ormsession.state import get_app, get_state

if TYPE_CHECKING:
    from orm import Engine


def run_migrations(context: Any, **options: Any) -> None:
    """Run what Alembic was asked to run on the database of the current app.

    context: `alembic.context`. options: arguments for `context.configure()` beyond ours, as
    `compare_server_default=True`, `include_object=...`, `version_table=...`.
    """
    state = get_state(get_app())
    engine = state.get_engine()
    target = bridge.to_sqlalchemy(state.db.metadata, engine)
    options = {**_defaults(engine, context), **options, "target_metadata": target}
    if context.is_offline_mode():
        url = engine.url.render_as_string(hide_password=False)
        context.configure(
            url=url, literal_binds=True, dialect_opts={"paramstyle": "named"}, **options
        )
        with context.begin_transaction():
            context.run_migrations()
        return
    made = bridge.make_engine(engine, state.settings.binds[None].options.get("connect_args"))
    with bridge.connect(made) as connection:
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            context.run_migrations()


def _defaults(engine: Engine, context: Any) -> dict[str, Any]:
    is_sqlite = engine.dialect.name == "sqlite"
    options: dict[str, Any] = {
        "render_as_batch": is_sqlite,
        "compare_type": compare_type,
        "render_item": bridge.render_item,
    }
    if context.config.attributes.get(WRITES_SCRIPT):
        options["process_revision_directives"] = autogenerate.finish_script
    if is_sqlite:
        options["transactional_ddl"] = True
    return options


def compare_type(context: Any, inspected: Any, column: Any, found: Any, wanted: Any) -> bool | None:
    """Say False where a database has another name for the very type; None lets Alembic judge.

    MariaDB stores JSON as LONGTEXT and tells of it by that name.
    """
    if context.dialect.name in ("mysql", "mariadb"):
        names = type(found).__name__.upper(), type(wanted).__name__.upper()
        if names == ("LONGTEXT", "JSON"):
            return False
    return None
