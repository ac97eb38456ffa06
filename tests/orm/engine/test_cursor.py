"""What the result of a statement that wrote knows."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    Column,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    exc,
    func,
    insert,
    select,
    update,
)

metadata = MetaData()
jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(20), default=lambda: "unnamed"),
    Column("state", String(20), server_default="new"),
    Column("turns", Integer, onupdate=5),
)


@pytest.fixture
def connection(sqlite_engine: Engine) -> Any:
    metadata.create_all(sqlite_engine)
    with sqlite_engine.connect() as made:
        yield made


def test_defaults_by_who_made_them(connection: Any) -> None:
    result = connection.execute(insert(jobs))
    assert result.prefetch_cols() == [jobs.c.name]
    assert result.postfetch_cols() == [jobs.c.state]
    assert result.lastrow_has_defaults()
    assert result.returned_defaults is None
    changed = connection.execute(update(jobs).values(name="x"))
    assert changed.prefetch_cols() == [jobs.c.turns]
    assert not changed.lastrow_has_defaults()
    with pytest.raises(exc.InvalidRequestError, match="insert"):
        connection.execute(select(1)).prefetch_cols()


def test_returned_defaults(connection: Any) -> None:
    result = connection.execute(insert(jobs).values(name="a").return_defaults())
    row = result.returned_defaults
    assert (row.id, row.state, tuple(result.inserted_primary_key)) == (1, "new", (1,))
    assert row._mapping[jobs.c.state] == "new"
    assert not result.returns_rows
    narrow = connection.execute(insert(jobs).values(name="b").return_defaults(jobs.c.name))
    # what was given need not come back
    assert tuple(narrow.returned_defaults) == (2,)
    changed = connection.execute(
        update(jobs).values(state=func.upper(jobs.c.name)).return_defaults(jobs.c.state)
    )
    assert sorted(changed.returned_defaults_rows) == [("A",), ("B",)]
    assert changed.rowcount == 2


def test_splicing(connection: Any) -> None:
    left = connection.execute(insert(jobs).returning(jobs.c.id), [{"name": "a"}, {"name": "b"}])
    right = connection.execute(insert(jobs).returning(jobs.c.name), [{"name": "c"}, {"name": "d"}])
    both = left.splice_horizontally(right)
    assert both.keys() == ["id", "name"]
    assert [(row.id, row.name) for row in both] == [(1, "c"), (2, "d")]
    first = connection.execute(select(jobs.c.id).where(jobs.c.id < 3))
    second = connection.execute(select(jobs.c.id).where(jobs.c.id > 3))
    joined = first.splice_vertically(second)
    assert [row._mapping[jobs.c.id] for row in joined] == [1, 2, 4]


def test_without_rows(connection: Any) -> None:
    result = connection.execute(delete(jobs))
    for ask in (result.keys, result.all, result.first):
        with pytest.raises(exc.ResourceClosedError, match="returning"):
            ask()
