"""closest(): the name that someone may have meant. tell_foreign(): the library."""

from __future__ import annotations

import sqlalchemy

import orm
from orm.util.suggest import closest, tell_foreign


def test_the_nearest_name() -> None:
    assert closest("pool_sise", ["pool_size", "pool_timeout"]) == "pool_size"


def test_none_where_no_name_is_near() -> None:
    assert closest("xyz", ["pool_size", "echo"]) is None
    assert closest("xyz", []) is None


def test_how_much_alike_it_must_be() -> None:
    assert closest("postgres", {"postgresql": 1}, 0.85) == "postgresql"
    assert closest("post", {"postgresql": 1}, 0.85) is None


def test_what_comes_from_sqlalchemy() -> None:
    for value in (sqlalchemy.Integer, sqlalchemy.String(5), sqlalchemy.text("1")):
        assert tell_foreign(value).endswith("import it from orm instead.")
    assert "(sqlalchemy.sql.schema.Column)" in tell_foreign(sqlalchemy.Column("a"))


def test_what_does_not() -> None:
    for value in (orm.Integer, orm.text("1"), None, 5, "sqlalchemy.sql.", object()):
        assert tell_foreign(value) == ""
