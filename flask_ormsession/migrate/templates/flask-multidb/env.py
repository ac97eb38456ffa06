"""Run by Alembic for every `flask db` command.

`run_migrations` connects to the databases of the app, one after the other, and compares with the
models of each. Arguments for Alembic's `context.configure()` can be added, as
`compare_server_default=True`.
"""

from alembic import context

from flask_ormsession.migrate.environment import run_migrations

run_migrations(context, multidb=True)
