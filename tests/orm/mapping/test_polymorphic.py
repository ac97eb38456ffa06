"""with_polymorphic(), polymorphic_union(), and what a mapping loads along."""

from __future__ import annotations

from typing import Any

import pytest

import orm
from orm import (
    Column,
    DeclarativeBase,
    ForeignKey,
    Integer,
    Mapped,
    Session,
    String,
    Table,
    create_engine,
    event,
    exc,
    inspect,
    joinedload,
    lazyload,
    mapped_column,
    relationship,
    select,
    selectin_polymorphic,
    selectinload,
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


def test_conditions_on_a_base_mean_the_tables_that_a_subclass_brings() -> None:
    sql = str(select(Engineer).where(Person.name == "x"))
    assert sql.count("JOIN") == 1
    assert "LEFT" not in sql
    sql = str(select(Person).where(Engineer.skill == "x"))
    assert sql.count("JOIN") == 1
    assert "LEFT OUTER JOIN engineer" in sql
    # nothing brings the table of managers: their join is needed
    assert "person JOIN manager" in str(select(Manager.level))


class TestUnionOfTheMapping:
    """A mapper that selects from a union of some of its subclasses' tables."""

    @pytest.fixture
    def classes(self) -> Any:
        reg = orm.registry()
        company = Table("company", reg.metadata, Column("id", Integer, primary_key=True))
        staff = Table(
            "staff",
            reg.metadata,
            Column("id", Integer, primary_key=True),
            Column("company_id", ForeignKey("company.id")),
            Column("name", String(20)),
            Column("kind", String(20)),
        )
        pilot = Table(
            "pilot",
            reg.metadata,
            Column("id", ForeignKey("staff.id"), primary_key=True),
            Column("licence", String(20)),
        )
        clerk = Table("clerk", reg.metadata, Column("id", ForeignKey("staff.id"), primary_key=True))
        only = staff.select().where(staff.c.kind == "staff").subquery()
        union = polymorphic_union({"pilot": staff.join(pilot), "staff": only}, None, "everyone")
        made: dict[str, Any] = {name: type(name, (), {}) for name in ("Company", "Staff")}
        made |= {name: type(name, (made["Staff"],), {}) for name in ("Pilot", "Clerk")}
        base = reg.map_imperatively(
            made["Staff"],
            staff,
            with_polymorphic=("*", union),
            polymorphic_on=staff.c.kind,
            polymorphic_identity="staff",
        )
        for name, table in (("Pilot", pilot), ("Clerk", clerk)):
            reg.map_imperatively(
                made[name], table, inherits=base, polymorphic_identity=name.lower()
            )
        staffed = relationship(made["Staff"], order_by=staff.c.id, backref="company")
        reg.map_imperatively(made["Company"], company, properties={"staff": staffed})
        yield made
        reg.dispose()

    @pytest.fixture
    def session(self, classes: Any) -> Any:
        engine = create_engine("sqlite://")
        inspect(classes["Staff"]).registry.metadata.create_all(engine)
        with Session(engine) as session:
            company = classes["Company"]()
            for name, kind in (("Ann", "Pilot"), ("Bob", "Staff")):
                person = classes[kind]()
                person.name = name
                company.staff.append(person)
            session.add(company)
            session.commit()
            session.expunge_all()
            yield session

    def test_selects(self, classes: Any, session: Any) -> None:
        staff, pilot = classes["Staff"], classes["Pilot"]
        found = session.scalars(select(staff).order_by(staff.name)).all()
        assert [type(each) for each in found] == [pilot, staff]
        assert session.scalars(select(staff).where(staff.name == "Bob")).one() is found[1]
        assert session.scalars(select(pilot).where(staff.name == "Ann")).one() is found[0]
        assert session.get(staff, found[0].id) is found[0]

    def test_loads_of_relationships(self, classes: Any, session: Any) -> None:
        company = classes["Company"]
        for option in (lazyload, selectinload, joinedload):
            session.expunge_all()
            found = session.scalars(select(company).options(option(company.staff))).unique().one()
            assert [each.name for each in found.staff] == ["Ann", "Bob"]
        joined = select(company).join(company.staff).where(classes["Staff"].name == "Ann")
        assert session.scalars(joined).one() is found


@pytest.fixture
def pets() -> Any:
    class Base(DeclarativeBase):
        pass

    class Pet(Base):
        __tablename__ = "pet"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "pet"}

    class Dog(Pet):
        trick: Mapped[str | None]
        __mapper_args__ = {"polymorphic_identity": "dog"}

    class Puppy(Dog):
        toy: Mapped[str | None]
        __mapper_args__ = {"polymorphic_identity": "puppy"}

    class Cat(Pet):
        lives: Mapped[int | None]
        __mapper_args__ = {"polymorphic_identity": "cat"}

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Pet(), Dog(trick="sit"), Cat(lives=9), Puppy(trick="no", toy="ball")])
        session.flush()
        yield session, Pet, Dog, Puppy, Cat


@pytest.mark.parametrize("aliased", [False, True])
def test_columns_of_several_parts_of_one_table(pets: Any, aliased: bool) -> None:
    session, Pet, Dog, Puppy, Cat = pets
    every = with_polymorphic(Pet, "*", aliased=aliased)
    both = select(every.Dog.trick, every.Cat.lives).order_by(every.id)
    assert session.execute(both).all() == [("sit", None), (None, 9), ("no", None)]
    whole = select(every.kind, every.Dog.trick).order_by(every.id)
    assert [kind for kind, _ in session.execute(whole)] == ["pet", "dog", "cat", "puppy"]
    assert session.scalars(select(every.Puppy.toy)).all() == ["ball"]
    bundle = orm.Bundle("both", every.Dog.trick, every.Cat.lives)
    assert session.scalars(select(bundle).order_by(every.id)).all() == session.execute(both).all()
    none = select(orm.Bundle("none", Dog.trick, Cat.lives))
    assert session.scalars(none).all() == []
    dogs = with_polymorphic(Dog, [Puppy], aliased=aliased)
    some = select(dogs.trick, dogs.Puppy.toy).order_by(dogs.id)
    assert session.execute(some).all() == [("sit", None), ("no", "ball")]
    assert [type(dog) for dog in session.scalars(select(dogs.Puppy))] == [Puppy]


def test_rows_of_other_classes_than_the_part_are_refused(pets: Any) -> None:
    session, Pet, *_ = pets
    every = with_polymorphic(Pet, "*")
    with pytest.raises(exc.InvalidRequestError, match="Cat is mapped to the discriminator value"):
        session.execute(select(every, every.Cat)).all()


class Plain:
    def __init__(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)


def test_a_subclass_below_a_union_is_selected_from_its_own_tables() -> None:
    made: Any = orm.registry()
    people = Table(
        "people", made.metadata, Column("id", Integer, primary_key=True), Column("name", String)
    )
    key = ForeignKey("people.id")
    cooks = Table("cooks", made.metadata, Column("id", Integer, key, primary_key=True))
    pilots = Table("pilots", made.metadata, Column("id", Integer, key._copy(), primary_key=True))
    union = polymorphic_union(
        {"cook": people.join(cooks), "pilot": people.join(pilots)}, "kind", "everybody"
    )
    Anybody: Any = type("Anybody", (Plain,), {})
    Cook: Any = type("Cook", (Anybody,), {})
    Pilot: Any = type("Pilot", (Anybody,), {})
    made.map_imperatively(
        Anybody, people, with_polymorphic=("*", union), polymorphic_on=union.c.kind
    )
    made.map_imperatively(Cook, cooks, inherits=Anybody, polymorphic_identity="cook")
    made.map_imperatively(Pilot, pilots, inherits=Anybody, polymorphic_identity="pilot")
    engine = create_engine("sqlite://")
    made.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Cook(name="a"), Pilot(name="b"), Pilot(name="c")])
        session.commit()
        for entity in (Pilot, orm.aliased(Pilot)):
            found = session.scalars(select(entity).order_by(entity.name)).all()
            assert [each.name for each in found] == ["b", "c"]
        assert session.get(Pilot, 2) is found[0]
        everybody = session.scalars(select(Anybody).order_by(Anybody.name))
        assert [type(each) for each in everybody] == [Cook, Pilot, Pilot]
    made.dispose()


def test_rows_without_discriminator_are_of_the_class_that_is_selected() -> None:
    class Base(DeclarativeBase):
        pass

    class Item(Base):
        __tablename__ = "item"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str | None]
        __mapper_args__ = {"polymorphic_on": "kind"}

    class Book(Item):
        __mapper_args__ = {"polymorphic_identity": "book"}

    class Shape(Base):
        __tablename__ = "shape"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str | None]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_abstract": True}

    class Square(Shape):
        __mapper_args__ = {"polymorphic_identity": "square"}

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Item(), Book()])
        session.commit()
        session.expunge_all()
        assert [type(each) for each in session.scalars(select(Item).order_by(Item.id))] == [
            Item,
            Book,
        ]
        session.execute(orm.insert(Shape.__table__), {"kind": None})
        with pytest.raises(exc.InvalidRequestError, match="discriminator value None"):
            session.scalars(select(Shape)).all()
