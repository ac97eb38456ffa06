"""Bind keys: which database a statement is for, however deep its table is in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flask_ormsession.binds import find_bind_key
from orm import Mapped, aliased, delete, func, insert, mapped_column, select, union_all, update


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


def test_the_default_database(two: Any) -> None:
    for statement in (select(two.Item), select(func.now()), select(1)):
        assert find_bind_key(two.db.engines, None, statement) is None
