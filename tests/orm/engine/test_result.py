"""Result, ScalarResult and MappingResult over lists and chunks."""

from __future__ import annotations

from typing import Any

import pytest

from orm import exc
from orm.engine.result import ChunkedIteratorResult, IteratorResult, Result
from orm.engine.source import ChunkSource, ListSource

ROWS = [(1, "a"), (2, "b"), (3, "a")]


class Spy(ListSource):
    """Counts what is asked of it."""

    def __init__(self, items: Any) -> None:
        super().__init__(items)
        self.closed = 0
        self.sizes: list[int] = []

    def fetch_many(self, count: int) -> list[Any]:
        self.sizes.append(count)
        return super().fetch_many(count)

    def close(self) -> None:
        self.closed += 1
        super().close()


def make(rows: Any = ROWS, keys: tuple[str, ...] = ("id", "name")) -> Result[Any]:
    return Result.from_source(keys, ListSource(rows))


def test_all_then_nothing() -> None:
    result = make()
    assert result.all() == ROWS
    assert result.all() == []
    assert result.fetchone() is None
    assert not result.closed
    assert list(result.keys()) == ["id", "name"]


def test_fetching_in_parts() -> None:
    result = make()
    first = result.fetchone()
    assert first is not None
    assert first.name == "a"
    assert result.fetchmany(1) == [(2, "b")]
    assert result.fetchall() == [(3, "a")]
    assert result.fetchmany(5) == []


def test_iteration_can_be_left_and_taken_up() -> None:
    result = make()
    for row in result:
        assert row.id == 1
        break
    assert next(result).id == 2
    assert result.fetchone() == (3, "a")
    with pytest.raises(StopIteration):
        next(result)


def test_exhaustion_releases_the_source() -> None:
    source = Spy(ROWS)
    result = Result.from_source(("id", "name"), source)
    list(result)
    assert source.closed == 1


def test_first_closes() -> None:
    source = Spy(ROWS)
    result = Result.from_source(("id", "name"), source)
    assert result.first() == (1, "a")
    assert source.closed == 1
    assert result.closed
    with pytest.raises(exc.ResourceClosedError, match="This result object is closed"):
        result.all()
    assert make([]).first() is None


def test_one_and_its_friends() -> None:
    assert make([(1, "a")]).one() == (1, "a")
    assert make([]).one_or_none() is None
    assert make([(1, "a")]).scalar_one() == 1
    assert make([]).scalar_one_or_none() is None
    assert make().scalar() == 1
    assert make([]).scalar() is None
    with pytest.raises(exc.NoResultFound, match="found no row"):
        make([]).one()
    with pytest.raises(exc.MultipleResultsFound):
        make().one()
    with pytest.raises(exc.MultipleResultsFound):
        make().one_or_none()


def test_scalars() -> None:
    assert make().scalars().all() == [1, 2, 3]
    assert make().scalars(1).all() == ["a", "b", "a"]
    assert make().scalars("name").unique().all() == ["a", "b"]
    assert make().scalars().first() == 1
    assert list(make().scalars().partitions(2)) == [[1, 2], [3]]
    assert make([(1, "x")]).scalars().one() == 1
    assert make([]).scalars().one_or_none() is None
    assert make().scalars().fetchmany(2) == [1, 2]
    with pytest.raises(exc.NoSuchColumnError):
        make().scalars("nope")


def test_none_is_a_value() -> None:
    assert make([(None, 1)]).scalars().one() is None
    assert make([(None, 1)]).scalar_one() is None
    assert list(make([(None, 1), (None, 2)]).scalars()) == [None, None]


def test_scalar_source_hands_the_list_through() -> None:
    items = [object(), object()]
    result = Result.from_source(("User",), ListSource(items), scalar=True)
    assert result.scalars().all() == items
    result = Result.from_source(("User",), ListSource(items), scalar=True)
    rows = result.all()
    assert [row.User for row in rows] == items
    assert Result.from_source(("User",), ListSource(items), scalar=True).scalar() is items[0]


def test_mappings() -> None:
    assert make().mappings().all()[0] == {"id": 1, "name": "a"}
    assert make().mappings().first() == {"id": 1, "name": "a"}
    assert make([(1, "a")]).mappings().one()["name"] == "a"
    assert list(make().mappings().keys()) == ["id", "name"]
    assert make().mappings().columns("name").all() == [{"name": "a"}, {"name": "b"}, {"name": "a"}]


def test_columns() -> None:
    assert make().columns("name").all() == [("a",), ("b",), ("a",)]
    assert make().columns(1, 0).all() == [("a", 1), ("b", 2), ("a", 3)]
    assert make().columns("name").unique().all() == [("a",), ("b",)]
    first = make().columns("name", "id").first()
    assert first is not None
    assert first.name == "a"


def test_unique() -> None:
    rows = [(1, "a"), (1, "a"), (2, "b")]
    assert make(rows).unique().all() == [(1, "a"), (2, "b")]
    assert make(rows).unique().scalars().all() == [1, 2]
    assert make(rows).unique(lambda row: row.name == "b").all() == [(1, "a"), (2, "b")]
    assert make(rows).unique().fetchmany(2) == [(1, "a"), (2, "b")]
    assert list(make(rows).unique()) == [(1, "a"), (2, "b")]
    assert make(rows).mappings().unique().all() == [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]
    assert make([(1, "a"), (1, "a")]).unique().one() == (1, "a")


def test_unique_with_values_that_have_no_hash() -> None:
    rows = [(1, ["x"]), (1, ["x"]), (1, ["y"])]
    assert make(rows).unique().all() == [(1, ["x"]), (1, ["y"])]


def test_unique_filters_of_the_source() -> None:
    one, other = [1], [1]
    items = [one, other, one]
    result = Result.from_source(("x",), ListSource(items), scalar=True, unique_filters=[id])
    found = result.scalars().unique().all()
    assert [id(x) for x in found] == [id(one), id(other)]


def test_yield_per_and_partitions() -> None:
    source = Spy([(n,) for n in range(7)])
    result = Result.from_source(("n",), source).yield_per(3)
    assert [len(part) for part in result.partitions()] == [3, 3, 1]
    assert source.sizes == [3, 3, 3]
    source = Spy([(n,) for n in range(5)])
    assert [row.n for row in Result.from_source(("n",), source).yield_per(2)] == [0, 1, 2, 3, 4]
    assert source.sizes[0] == 2


def test_freeze_replays() -> None:
    frozen = make().freeze()
    assert frozen().all() == ROWS
    assert frozen().scalars().all() == [1, 2, 3]
    changed = frozen.with_new_rows([[9, "z"]])
    assert changed().one().name == "z"


def test_merge() -> None:
    assert make().merge(make([(4, "d")])).scalars().all() == [1, 2, 3, 4]


def test_context_manager_closes() -> None:
    with make() as result:
        assert result.fetchone() == (1, "a")
    assert result.closed
    with pytest.raises(exc.ResourceClosedError):
        result.fetchone()


def test_iterator_results() -> None:
    assert IteratorResult(("n",), iter([(1,), (2,)])).all() == [(1,), (2,)]
    chunked: Any = ChunkedIteratorResult(("n",), lambda size: iter([[(1,), (2,)], [(3,)]]))
    assert chunked.fetchmany(1) == [(1,)]
    assert chunked.scalars().all() == [2, 3]


def test_chunk_source_closes_its_generator() -> None:
    ended: list[bool] = []

    def chunks() -> Any:
        try:
            yield [1, 2]
            yield [3]
        finally:
            ended.append(True)

    source = ChunkSource(chunks())
    assert source.fetch_many(1) == [1]
    source.close()
    assert ended == [True]
    assert source.fetch_all() == []


def test_ambiguous_names_by_position() -> None:
    result = make([(1, 2)], ("id", "id"))
    assert result.scalars(1).all() == [2]
    with pytest.raises(exc.InvalidRequestError, match="Ambiguous"):
        make([(1, 2)], ("id", "id")).scalars("id")


def test_freezing_what_is_unique() -> None:
    result = make([(1, "a"), (1, "a"), (2, "b")]).unique()
    assert result.freeze()().all() == [(1, "a"), (2, "b")]
