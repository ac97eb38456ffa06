"""Run by Alembic for every `flask db` command.

`run_migrations` connects to the database of the app and compares with its models. Arguments for
Alembic's `context.configure()` can be added, as `compare_server_default=True`.
"""

from alembic import context

from flask_ormsession.migrate.environment import run_migrations

run_migrations(context)
