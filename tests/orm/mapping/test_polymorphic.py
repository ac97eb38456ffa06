"""with_polymorphic(), polymorphic_union(), and what a mapping loads along."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    create_engine,
    event,
    exc,
    mapped_column,
    relationship,
    select,
    selectin_polymorphic,
)
from orm.mapping import polymorphic_union, with_polymorphic


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}


class Manager(Person):
    __tablename__ = "manager"

    id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    level: Mapped[int]

    __mapper_args__ = {"polymorphic_identity": "manager"}


class Engineer(Person):
    __tablename__ = "engineer"

    id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    skill: Mapped[str]

    __mapper_args__ = {"polymorphic_identity": "engineer", "polymorphic_load": "inline"}


class Boss(Manager):
    car: Mapped[str | None]

    __mapper_args__ = {"polymorphic_identity": "boss"}


@pytest.fixture
def session() -> Any:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(
            [
                Person(name="p"),
                Manager(name="m", level=3),
                Engineer(name="e", skill="wood"),
                Boss(name="b", level=9, car="red"),
            ]
        )
        session.commit()
        session.expunge_all()
        yield session


def loaded(obj: Any) -> set[str]:
    return {key for key in obj.__dict__ if not key.startswith("_")}


PERSON = {"id", "name", "kind"}


def test_polymorphic_load_inline(session: Any) -> None:
    found = session.scalars(select(Person).order_by(Person.id)).all()
    assert [loaded(each) for each in found] == [PERSON, PERSON, PERSON | {"skill"}, PERSON]
    assert found[1].level == 3


@pytest.mark.parametrize("flat", [False, True])
def test_columns_of_the_named_classes_come_along(session: Any, flat: bool) -> None:
    entity = with_polymorphic(Person, [Manager], flat=flat)
    found = session.scalars(select(entity).order_by(entity.id)).all()
    assert [loaded(each) for each in found] == [
        PERSON,
        PERSON | {"level"},
        PERSON,
        PERSON | {"level"},
    ]


def test_star_is_all_classes(session: Any) -> None:
    entity = with_polymorphic(Person, "*")
    statement = select(entity).where((entity.Manager.level > 5) | (entity.Engineer.skill == "wood"))
    found = session.scalars(statement.order_by(entity.name)).all()
    assert [each.name for each in found] == ["b", "e"]
    assert loaded(found[0]) == PERSON | {"level", "car"}


def test_an_alias_beside_the_class(session: Any) -> None:
    entity = with_polymorphic(Person, [Engineer], aliased=True)
    statement = select(Person.name, entity.name).where(
        Person.id < entity.id, entity.Engineer.skill == "wood"
    )
    assert session.execute(statement.order_by(Person.id)).all() == [("p", "e"), ("m", "e")]


def test_innerjoin() -> None:
    entity = with_polymorphic(Person, [Manager], innerjoin=True)
    assert "FROM person JOIN manager" in str(select(entity))


def test_classes_of_other_hierarchies_are_refused() -> None:
    with pytest.raises(exc.InvalidRequestError, match="Person does not inherit from Manager"):
        with_polymorphic(Manager, [Person])


def test_union_of_tables() -> None:
    union = polymorphic_union({"m": Manager.__table__, "e": Engineer.__table__}, "type", "pj")
    assert set(union.c.keys()) == {"id", "level", "car", "skill", "type"}
    text = str(select(union))
    assert "CAST(NULL AS VARCHAR) AS skill, 'm' AS type" in text
    assert "CAST(NULL AS INTEGER) AS level" in text
    bare = polymorphic_union(
        {"m": Manager.__table__, "e": Engineer.__table__}, None, cast_nulls=False
    )
    assert "NULL AS skill" in str(select(bare))
    with pytest.raises(exc.InvalidRequestError, match="another name for the type column"):
        polymorphic_union({"m": Manager.__table__}, "level")


def test_rows_may_come_from_a_union(session: Any) -> None:
    class Note(Base):
        __tablename__ = "note"

        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str]

    Base.metadata.create_all(session.get_bind())
    session.add(Note(text="a"))
    session.flush()
    source = polymorphic_union({"n": Note.__table__}, "type")
    entity = with_polymorphic(Note, [Note], source)
    assert [each.text for each in session.scalars(select(entity))] == ["a"]


def count_statements(session: Any) -> list[str]:
    sent: list[str] = []
    event.listen(
        session.get_bind(), "before_cursor_execute", lambda *args: sent.append(str(args[2]))
    )
    return sent


def test_selectin_polymorphic(session: Any) -> None:
    sent = count_statements(session)
    option = selectin_polymorphic(Person, [Manager])
    found = session.scalars(select(Person).options(option).order_by(Person.id)).all()
    assert [each.level for each in found if isinstance(each, Manager)] == [3, 9]
    assert loaded(found[1]) == PERSON | {"level"}
    assert len(sent) == 2


def test_polymorphic_load_selectin_and_relationships_of_subclasses() -> None:
    class Own(DeclarativeBase):
        pass

    class Shape(Own):
        __tablename__ = "shape"

        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]

        __mapper_args__ = {"polymorphic_on": "kind"}

    class Polygon(Shape):
        __tablename__ = "polygon"

        id: Mapped[int] = mapped_column(ForeignKey("shape.id"), primary_key=True)
        color: Mapped[str]
        corners: Mapped[list["Corner"]] = relationship(lazy="selectin")  # noqa: UP037

        __mapper_args__ = {"polymorphic_identity": "polygon", "polymorphic_load": "selectin"}

    class Corner(Own):
        __tablename__ = "corner"

        id: Mapped[int] = mapped_column(primary_key=True)
        polygon_id: Mapped[int | None] = mapped_column(ForeignKey("polygon.id"))

    engine = create_engine("sqlite://")
    Own.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Polygon(color="red", corners=[Corner(), Corner()]) for _ in range(3)])
        session.commit()
        session.expunge_all()
        sent = count_statements(session)
        found = session.scalars(select(Shape)).all()
        assert [(each.color, len(each.corners)) for each in found] == [("red", 2)] * 3
        assert len(sent) == 3


def test_a_condition_on_a_class_of_the_same_table_does_not_narrow_the_whole(session: Any) -> None:
    entity = with_polymorphic(Manager, [Boss])
    statement = select(entity).where((entity.level == 3) | (entity.Boss.car == "red"))
    found = session.scalars(statement.order_by(entity.id)).all()
    assert [type(each) for each in found] == [Manager, Boss]
    assert session.scalars(select(entity.Boss)).one().car == "red"
