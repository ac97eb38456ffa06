"""Bind keys: which database a statement is for, however deep its table is in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flask_ormsession import ConfigError
from flask_ormsession.binds import find_bind_key
from orm import (
    Mapped,
    aliased,
    delete,
    func,
    insert,
    inspect,
    mapped_column,
    select,
    union_all,
    update,
)


@pytest.fixture
def two(make_small: Any, tmp_path: Path) -> Any:
    """A world with Reading in the database "sensors", in a context."""
    world = make_small(ORM_BINDS={"sensors": f"sqlite:///{tmp_path / 'sensors.db'}"})

    class Reading(world.db.Model):
        __bind_key__ = "sensors"
        id: Mapped[int] = mapped_column(primary_key=True)
        value: Mapped[int] = mapped_column(default=0)

    world.Reading = Reading
    with world.app.app_context():
        world.db.create_all()
        yield world


STATEMENTS: dict[str, Callable[[Any], Any]] = {
    "select": lambda reading: select(reading),
    "columns": lambda reading: select(reading.id),
    "aliased": lambda reading: select(aliased(reading)),
    "subquery": lambda reading: select(func.count()).select_from(select(reading).subquery()),
    "deep": lambda reading: select(select(select(reading.id).subquery()).subquery()),
    "cte": lambda reading: select(select(reading.id).cte()),
    "union": lambda reading: union_all(select(reading.id), select(reading.id)),
    "join": lambda reading: select(reading.id).join(
        other := aliased(reading), other.id == reading.id
    ),
    "table": lambda reading: reading.__table__.select(),
    "insert": lambda reading: insert(reading).values(value=1),
    "update": lambda reading: update(reading).values(value=2),
    "delete": lambda reading: delete(reading),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_database_of_a_statement(two: Any, name: str) -> None:
    statement = STATEMENTS[name](two.Reading)
    assert find_bind_key(two.db.engines, None, statement) == "sensors"
    two.db.session.execute(statement)


def test_pages_are_counted_in_the_database_of_the_model(two: Any) -> None:
    two.db.session.add_all([two.Reading(value=number) for number in range(5)])
    two.db.session.commit()
    page = two.db.paginate(select(two.Reading).order_by(two.Reading.id), per_page=2)
    assert (page.total, len(page)) == (5, 2)
    assert two.Reading.query.count() == 5


@pytest.fixture
def lacking(make_small: Any) -> Any:
    """A world with Reading in the database "sensors", which is not configured, in a context."""
    world = make_small()

    class Reading(world.db.Model):
        __bind_key__ = "sensors"
        id: Mapped[int] = mapped_column(primary_key=True)

    world.Reading = Reading
    with world.app.app_context():
        yield world


def test_a_bind_key_that_is_not_configured_is_no_other_database(lacking: Any) -> None:
    session = lacking.db.session
    with pytest.raises(ConfigError, match="'reading' belongs to the database 'sensors'"):
        session.scalars(select(lacking.Reading))
    session.add(lacking.Reading())
    with pytest.raises(ConfigError, match="add it to ORM_BINDS"):
        session.flush()
    session.rollback()
    assert session.scalars(select(lacking.Item)).all() == []


def test_tables_of_a_bind_key_that_is_not_configured(lacking: Any) -> None:
    for work in (lacking.db.create_all, lacking.db.drop_all, lacking.db.reflect):
        with pytest.raises(ConfigError, match="bind key 'sensors'"):
            work()
    lacking.db.create_all(None)


@pytest.mark.parametrize(
    ("bind_key", "tables"),
    [
        (None, (["item"], [])),
        ("sensors", ([], ["reading"])),
        ([None], (["item"], [])),
        (["sensors", None], (["item"], ["reading"])),
        ("__all__", (["item"], ["reading"])),
    ],
)
def test_tables_are_made_in_the_databases_asked_for(two: Any, bind_key: Any, tables: Any) -> None:
    two.db.drop_all()
    two.db.create_all(bind_key)
    names = (inspect(two.db.engines[key]).get_table_names() for key in (None, "sensors"))
    assert tuple(names) == tables


def test_metadatas_has_every_bind_key_of_the_app(make_small: Any) -> None:
    world = make_small(ORM_BINDS={"archive": "sqlite://"})
    with world.app.app_context():
        assert list(world.db.metadatas) == [None, "archive"]
        assert world.db.metadatas["archive"].info["bind_key"] == "archive"


def test_the_class_that_is_queried_decides(two: Any) -> None:
    """A join with a table of another database is sent where the queried class lives."""
    statement = select(two.Item).join(two.Reading, two.Reading.id == two.Item.id)
    assert two.db.session.get_bind(two.Item, clause=statement) is two.db.engine


def test_the_default_database(two: Any) -> None:
    for statement in (select(two.Item), select(func.now()), select(1)):
        assert find_bind_key(two.db.engines, None, statement) is None
