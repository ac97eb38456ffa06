"""The declarative base of the shop, and the column types that several aggregates share.

The models need no app: they can be used from a script or a test with a plain `orm.Session`.
Constraints are named by one convention, so that a migration can drop by name on every database
what another one created.
"""

from __future__ import annotations

from datetime import UTC, datetime

from flask_ormsession import Model
from orm import DeclarativeBase, MetaData

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(Model, DeclarativeBase):
    """The base of every model of the shop."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


def utc_now() -> datetime:
    """Return the current time in UTC, without zone and in whole seconds.

    Whole seconds, because a MariaDB DATETIME keeps no fractions: what is read back equals what was
    written on every database.
    """
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)
