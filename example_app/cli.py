"""The shop's own commands: `flask seed` and `flask add-user`."""

from __future__ import annotations

import time

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from example_app import seed
from example_app.extensions import db
from example_app.models import utc_now
from example_app.services import people
from orm.exc import IntegrityError, OperationalError, ProgrammingError

NO_TABLES = "The database has no tables yet. Make them with: flask --app example_app db upgrade"

HINT = f"Log in as {seed.EMAIL} with the password {seed.PASSWORD!r}."


def init_app(app: Flask) -> None:
    """Add the commands to the app."""
    app.cli.add_command(seed_command)
    app.cli.add_command(add_user_command)


@click.command("seed")
@with_appcontext
def seed_command() -> None:
    """Fill an empty database with products, customers and orders to play with."""
    if current_app.config["ENVIRONMENT"] == "production":
        raise click.ClickException(
            "The seeded users have a known password, so this is not for production. "
            "Add a user with: flask --app example_app add-user"
        )
    if not _is_empty():
        click.echo(f"The database is already seeded: nothing to do. {HINT}")
        return
    sizes = seed.Sizes()
    started = time.perf_counter()
    with click.progressbar(length=sizes.total, label="Seeding") as bar:
        for count in seed.fill(db.session, utc_now().date(), sizes):
            bar.update(count)
    db.session.commit()
    click.echo(
        f"{sizes.products:,} products, {sizes.customers:,} customers and {sizes.orders:,} orders "
        f"in {time.perf_counter() - started:.1f} s. {HINT}"
    )


def _is_empty() -> bool:
    try:
        return seed.is_empty(db.session)
    except (OperationalError, ProgrammingError) as error:
        raise click.ClickException(f"{NO_TABLES}\n({error.orig})") from error


@click.command("add-user")
@click.argument("email")
@click.argument("name")
@click.option("--department", default="Sales", show_default=True)
@click.password_option()
@with_appcontext
def add_user_command(email: str, name: str, department: str, password: str) -> None:
    """Add a member of staff who may log in."""
    try:
        people.add_user(db.session, email, name, department, password)
        db.session.commit()
    except IntegrityError as error:
        raise click.ClickException(f"There is a user {email} already.") from error
    except (OperationalError, ProgrammingError) as error:
        raise click.ClickException(f"{NO_TABLES}\n({error.orig})") from error
    click.echo(f"{name} can log in as {email}.")
