"""Composites: columns from fields, None, comparisons, order, events, history, bulk rows."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

import orm
from orm import (
    DeclarativeBase,
    Mapped,
    Session,
    composite,
    create_engine,
    defer,
    event,
    exc,
    insert,
    load_only,
    mapped_column,
    select,
    undefer,
    update,
)
from orm.state import NO_VALUE, get_history, set_committed_value


@dataclasses.dataclass
class Point:
    x: int | None
    y: int | None


class Base(DeclarativeBase):
    pass


class Edge(Base):
    __tablename__ = "edge"

    id: Mapped[int] = mapped_column(primary_key=True)
    start: Mapped[Point] = composite(mapped_column("x1"), mapped_column("y1"))
    end: Mapped[Point | None] = composite(mapped_column("x2"), mapped_column("y2"), deferred=True)


class Marker(Base):
    __tablename__ = "marker"

    at: Mapped[Point] = composite(column_template="at_%s")
    key: Mapped[Point] = composite(mapped_column("k1", primary_key=True), "k2")
    k2: Mapped[int] = mapped_column(primary_key=True)


@pytest.fixture
def session() -> Any:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Edge(start=Point(1, 2), end=Point(3, 4)), Edge()])
        session.commit()
        yield session


def values_of(obj: Any) -> list[str]:
    return sorted(key for key in vars(obj) if not key.startswith("_"))


def test_none_where_the_annotation_allows_it(session: Any) -> None:
    edge = Edge()
    assert (edge.start, edge.end) == (Point(None, None), None)
    edge = session.get(Edge, 2)
    assert (edge.start, edge.end) == (Point(None, None), None)
    edge.start = None
    assert edge.start is None
    edge.x1 = 5
    assert edge.start == Point(5, None)


def test_columns_are_made_from_fields() -> None:
    assert Marker.__table__.c.keys() == ["at_x", "at_y", "k1", "k2"]
    assert isinstance(Marker.__table__.c.at_x.type, orm.Integer)
    with pytest.raises(exc.ArgumentError, match="one %s"):
        composite(Point, column_template="at_%s_%s")
    with pytest.raises(exc.ArgumentError, match="fields of a dataclass"):

        class Broken(Base):
            __tablename__ = "broken"

            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str] = composite(column_template="a_%s")


def test_deferred_as_a_whole(session: Any) -> None:
    def loaded(*options: Any) -> list[str]:
        session.expunge_all()
        return values_of(session.scalars(select(Edge).options(*options)).first())

    assert loaded() == ["id", "x1", "y1"]
    assert loaded(defer(Edge.start)) == ["id"]
    assert loaded(undefer(Edge.end)) == ["id", "x1", "x2", "y1", "y2"]
    assert loaded(load_only(Edge.end)) == ["id", "x2", "y2"]


def test_comparisons_and_order(session: Any) -> None:
    def found(*criteria: Any) -> list[int]:
        return list(session.scalars(select(Edge.id).where(*criteria)))

    assert found(Edge.start == Point(1, 2)) == [1]
    assert found(Edge.start == Edge.end) == []
    assert found(Edge.start > Point(0, 1)) == [1]
    assert found(Edge.start >= Point(0, 3)) == []
    assert found(Edge.start < Point(2, 3)) == found(Edge.start <= Point(1, 2)) == [1]
    assert found(Edge.start == None) == [2]  # noqa: E711
    assert found(Edge.start != None) == [1]  # noqa: E711
    ordered = select(Edge.id).order_by(Edge.start.desc().nulls_last(), Edge.end)
    assert str(ordered).endswith(
        "ORDER BY edge.x1 DESC NULLS LAST, edge.y1 DESC NULLS LAST, edge.x2, edge.y2"
    )
    assert session.scalars(ordered).all() == [1, 2]


def test_under_a_label(session: Any) -> None:
    row = session.execute(select(Edge.start.label("s"), Edge.end).where(Edge.id == 1)).one()
    assert (row.s, row.end) == (Point(1, 2), Point(3, 4))


def test_history_and_attribute_state(session: Any) -> None:
    edge = Edge()
    edge.start = Point(1, 2)
    assert get_history(edge, "start") == ([Point(1, 2)], (), [Point(None, None)])
    assert get_history(edge, "end") == ((), [None], ())
    assert orm.inspect(edge).attrs.start.history.added == [Point(1, 2)]
    set_committed_value(edge, "start", Point(5, 6))
    assert get_history(edge, "start") == ((), [Point(5, 6)], ())


def test_events(session: Any) -> None:
    heard: list[Any] = []

    def note_set(target: Any, value: Any, former: Any, initiator: Any) -> None:
        heard.append((value, former, initiator))

    def note_remove(target: Any, former: Any, initiator: Any) -> None:
        heard.append((former, initiator))

    event.listen(Edge.start, "set", note_set)
    event.listen(Edge.start, "remove", note_remove)
    impl: Any = Edge.start.impl  # type: ignore[attr-defined]
    edge = session.get(Edge, 1)
    session.expire(edge)
    edge.start = Point(7, 8)
    assert heard.pop() == (Point(7, 8), NO_VALUE, impl)
    del edge.start
    assert heard.pop() == (Point(7, 8), impl)
    assert (edge.x1, edge.y1) == (None, None)
    event.remove(Edge.start, "set", note_set)
    event.remove(Edge.start, "remove", note_remove)


def test_rows_in_bulk(session: Any) -> None:
    rows: list[Any] = [{"id": 8, "start": Point(8, 8)}, {"id": 9, "x1": 9, "y1": 9}]
    session.execute(insert(Edge), rows)
    session.execute(update(Edge), [{"id": 9, "start": Point(1, 9)}])
    found = session.execute(select(Edge.id, Edge.start).where(Edge.id > 7)).all()
    assert found == [(8, Point(8, 8)), (9, Point(1, 9))]
    session.bulk_insert_mappings(Edge, [{"id": 10, "start": Point(2, 3)}])
    session.bulk_update_mappings(Edge, [{"id": 9, "start": Point(4, 5)}])
    found = session.execute(select(Edge.id, Edge.start).where(Edge.id > 8)).all()
    assert found == [(9, Point(4, 5)), (10, Point(2, 3))]


def test_get_by_a_composite_key(session: Any) -> None:
    marker = Marker(key=Point(3, 4), at=Point(0, 0))
    session.add(marker)
    session.flush()
    assert session.get(Marker, Point(3, 4)) is marker


def test_a_list_in_the_place_of_a_column() -> None:
    reg = orm.registry()

    @reg.mapped
    class Broken:
        __tablename__ = "broken"

        id: Mapped[int] = mapped_column(primary_key=True)
        at = composite(Point, ("id",), "id")

    with pytest.raises(exc.ArgumentError, match="an argument of its own"):
        reg.configure()
    reg.dispose()
