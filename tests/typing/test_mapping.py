"""What type checkers know of mapped classes. `make check` has mypy and pyright read this file."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Sequence
from typing import Annotated, Any, Literal, assert_type

import pytest

from orm import (
    ColumnElement,
    DeclarativeBase,
    DynamicMapped,
    ForeignKey,
    InstrumentedAttribute,
    Mapped,
    MappedAsDataclass,
    Select,
    Session,
    String,
    TypeDecorator,
    WriteOnlyMapped,
    create_engine,
    mapped_column,
    relationship,
    select,
)
from orm.ext.hybrid import hybrid_property

intpk = Annotated[int, mapped_column(primary_key=True)]
str50 = Annotated[str, mapped_column(String(50))]


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Upper(TypeDecorator[str]):
    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else value.upper()


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "thing"

    id: Mapped[intpk]
    name: Mapped[str50]
    code: Mapped[str] = mapped_column(Upper, default="x")
    colour: Mapped[Colour | None]
    size: Mapped[Literal["s", "m", "l"]] = mapped_column(default="m")
    made: Mapped[datetime.datetime | None]
    parts: Mapped[set[Part]] = relationship(back_populates="thing")
    log: WriteOnlyMapped[Entry] = relationship()
    history: DynamicMapped[Entry] = relationship(viewonly=True)

    @hybrid_property
    def shout(self) -> str:
        return self.name + "!"


class Part(Base):
    __tablename__ = "part"

    id: Mapped[intpk]
    thing_id: Mapped[int | None] = mapped_column(ForeignKey("thing.id"))
    thing: Mapped[Thing | None] = relationship(back_populates="parts")


class Entry(Base):
    __tablename__ = "entry"

    id: Mapped[intpk]
    thing_id: Mapped[int] = mapped_column(ForeignKey("thing.id"))
    line: Mapped[str]


class DataBase(MappedAsDataclass, DeclarativeBase):
    pass


class Point(DataBase):
    __tablename__ = "point"

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    x: Mapped[int]
    y: Mapped[int] = mapped_column(default=0)


def named(name: str) -> ColumnElement[bool]:
    return Thing.name == name


def test_attributes_of_classes() -> None:
    assert_type(Thing.name, InstrumentedAttribute[str])
    assert_type(Thing.colour, InstrumentedAttribute[Colour | None])
    assert_type(Thing.name == "a", ColumnElement[bool])
    assert_type(Thing.name.like("a%") & ~Thing.id.in_([1, 2]), ColumnElement[bool])
    assert str(named("a")) == "thing.name = :name_1"


def test_attributes_of_objects() -> None:
    thing = Thing(id=1, name="lamp", colour=Colour.RED, parts={Part(id=1)})
    assert_type(thing.id, int)
    assert_type(thing.name, str)
    assert_type(thing.size, Literal["s", "m", "l"])
    assert_type(thing.made, datetime.datetime | None)
    assert_type(thing.parts, set[Part])
    assert_type(next(iter(thing.parts)).thing, Thing | None)
    assert_type(thing.shout, str)
    assert_type(select(Thing.shout), Select[str])
    assert thing.shout == "lamp!"


def test_collections_that_are_not_loaded() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        thing = Thing(name="lamp")
        session.add(thing)
        thing.log.add(Entry(line="made"))
        thing.log.add_all([Entry(line="sold")])
        session.flush()
        entries = session.scalars(thing.log.select().order_by(Entry.id)).all()
        assert_type(entries, Sequence[Entry])
        assert [entry.line for entry in entries] == ["made", "sold"]
        assert [entry.line for entry in thing.history.filter_by(line="sold")] == ["sold"]
        assert session.scalars(select(Thing.code)).one() == "X"
    engine.dispose()


def test_dataclasses_have_a_typed_constructor() -> None:
    point = Point(1)
    assert_type(point.x, int)
    assert (point.x, point.y) == (1, 0)
    with pytest.raises(TypeError):
        Point(1, 2, 3)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError):
        Point(z=2)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
