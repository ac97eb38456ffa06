"""Bundles, and composites selected by themselves."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from orm import (
    Bundle,
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    composite,
    create_engine,
    mapped_column,
    select,
    update,
)


@dataclasses.dataclass
class Point:
    x: int | None
    y: int | None


class Base(DeclarativeBase):
    pass


class Vertex(Base):
    __tablename__ = "vertex"

    id: Mapped[int] = mapped_column(primary_key=True)
    x: Mapped[int | None]
    y: Mapped[int | None]
    place: Mapped[Point | None] = composite("x", "y")
    always: Mapped[Point] = composite("x", "y")


@pytest.fixture
def session() -> Any:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Vertex(place=Point(1, 2)), Vertex()])
        session.commit()
        yield session


def test_a_composite_alone(session: Any) -> None:
    assert session.scalars(select(Vertex.place).order_by(Vertex.id)).all() == [Point(1, 2), None]
    alias = aliased(Vertex)
    rows = session.execute(select(alias.id, alias.place).where(alias.place == Point(1, 2))).all()
    assert rows == [(1, Point(1, 2))]
    assert rows[0].place == Point(1, 2)


def test_when_a_composite_is_none(session: Any) -> None:
    vertex = session.get(Vertex, 2)
    assert (vertex.place, vertex.always) == (None, Point(None, None))
    assert session.scalars(select(Vertex.always).where(Vertex.id == 2)).one() == Point(None, None)


def test_bundle(session: Any) -> None:
    size = Bundle("size", Vertex.x, Vertex.y)
    row = session.execute(select(Vertex.id, size).where(size.c.x == 1)).one()
    assert (row.id, row.size.x, row.size) == (1, 1, (1, 2))
    assert session.execute(select(size).where(Vertex.id == 1)).one() == ((1, 2),)


def test_bundle_as_the_result_itself(session: Any) -> None:
    size = Bundle("size", Vertex.x, Vertex.y, single_entity=True)
    assert session.scalars(select(size).where(Vertex.id == 1)).one().y == 2


def test_bundle_with_values_of_its_own(session: Any) -> None:
    class AsDict(Bundle):
        def create_row_processor(self, query: Any, procs: Any, labels: Any) -> Any:
            return lambda row: dict(zip(labels, (proc(row) for proc in procs), strict=True))

    found = session.execute(select(AsDict("size", Vertex.x, Vertex.y)).where(Vertex.id == 1))
    assert found.scalar_one() == {"x": 1, "y": 2}


def test_composites_are_set_by_statements(session: Any) -> None:
    session.execute(update(Vertex).where(Vertex.id == 2).values({Vertex.place: Point(5, 6)}))
    session.execute(update(Vertex).where(Vertex.id == 1).values(place=Point(7, 8)))
    found = session.execute(select(Vertex.x, Vertex.y).order_by(Vertex.id)).all()
    assert found == [(7, 8), (5, 6)]
