"""Mapped dataclasses: their fields, and defaults that are shown without being stored."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import pytest

import orm
from orm import (
    JSON,
    DeclarativeBase,
    ForeignKey,
    Mapped,
    MappedAsDataclass,
    Sequence,
    Session,
    composite,
    create_engine,
    declared_attr,
    exc,
    func,
    mapped_as_dataclass,
    mapped_column,
    registry,
    relationship,
    synonym,
    unmapped_dataclass,
)
from orm.ext.associationproxy import AssociationProxy, association_proxy
from orm.state.markers import DONT_SET


class Base(MappedAsDataclass, DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="no name")
    players: Mapped[list[Player]] = relationship(
        default_factory=list, back_populates="team", cascade="all, delete-orphan"
    )


class Player(Base, kw_only=True):
    __tablename__ = "player"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    number: Mapped[int] = mapped_column(default=7, init=False)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), default=None)
    team: Mapped[Team | None] = relationship(default=None, back_populates="players")
    nick: Mapped[int] = synonym("number", default=7)


@pytest.fixture
def session() -> Any:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


def test_a_default_is_shown_and_not_stored(session: Any) -> None:
    team = Team(1)
    assert team.name == "no name"
    assert "name" not in vars(team)
    assert not orm.inspect(team).attrs.name.history
    assert repr(team).endswith("Team(id=1, name='no name', players=[])")
    assert Player().nick == 7 == Player().number
    session.add(team)
    session.flush()
    assert vars(team)["name"] == "no name"


def test_a_default_overwrites_nothing_in_merge(session: Any) -> None:
    session.add(Team(1, "Reds", [Player(), Player()]))
    session.commit()
    team = session.merge(Team(1))
    assert (team.name, len(team.players)) == ("Reds", 2)
    team = session.merge(Team(1, "no name", []))
    assert (team.name, team.players) == ("no name", [])


def test_a_relationship_left_out_keeps_the_foreign_key(session: Any) -> None:
    team = Team(1)
    session.add(team)
    player = Player(team_id=1)
    session.add(player)
    session.flush()
    assert player.team is team


def test_init_knows_what_was_not_given() -> None:
    parameters = inspect.signature(Team).parameters
    assert list(parameters) == ["id", "name", "players"]
    assert parameters["name"].default is DONT_SET
    assert Team.__init__.__annotations__ == {}
    assert [field.name for field in dataclasses.fields(Player)] == [
        "id",
        "number",
        "team_id",
        "team",
        "nick",
    ]


def test_none_given_is_a_value() -> None:
    player = Player(team_id=None)
    assert orm.inspect(player).attrs.team_id.history.added == [None]


def test_post_init_sees_defaults() -> None:
    reg = registry()
    seen = []

    @mapped_as_dataclass(reg)
    class Thing:
        __tablename__ = "thing"

        id: Mapped[int] = mapped_column(primary_key=True)
        size: Mapped[int] = mapped_column(default=3)

        def __post_init__(self) -> None:
            seen.append(self.size)

    Thing(1)
    Thing(1, 4)
    assert seen == [3, 4]


def test_the_default_of_a_shared_column_is_that_of_the_class(session: Any) -> None:
    reg = registry()

    @mapped_as_dataclass(reg)
    class Animal:
        __tablename__ = "animal"
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}

        id: Mapped[int] = mapped_column(primary_key=True, init=False)
        kind: Mapped[str] = mapped_column(init=False)

    @mapped_as_dataclass(reg)
    class Cat(Animal):
        __mapper_args__ = {"polymorphic_identity": "cat"}

        sound: Mapped[str | None] = mapped_column(default="miaow", use_existing_column=True)

    @mapped_as_dataclass(reg)
    class Dog(Animal):
        __mapper_args__ = {"polymorphic_identity": "dog"}

        sound: Mapped[str | None] = mapped_column(default="wow", use_existing_column=True)

    reg.metadata.create_all(session.connection())
    session.add_all([Cat(), Dog()])
    session.flush()
    table = Animal.__table__
    assert session.execute(orm.select(table.c.kind, table.c.sound)).all() == [
        ("cat", "miaow"),
        ("dog", "wow"),
    ]


def test_a_sequence_as_default_is_for_the_column() -> None:
    reg = registry()
    numbers = Sequence("numbers")

    @mapped_as_dataclass(reg)
    class Ticket:
        __tablename__ = "ticket"

        id: Mapped[int] = mapped_column(primary_key=True)
        number: Mapped[int | None] = mapped_column(default=numbers)

    assert Ticket.__table__.c.number.default is numbers
    assert Ticket(1).number is None


@pytest.mark.parametrize(
    ("column", "error"),
    [
        (lambda: mapped_column(JSON, default={}), "default_factory=dict"),
        (lambda: mapped_column(default=lambda: 3), "insert_default"),
        (lambda: mapped_column(default=1, default_factory=int), "both default and default_factory"),
        (lambda: relationship(default_factory=set), "default_factory can only be list"),
    ],
)
def test_defaults_that_a_field_cannot_have(column: Any, error: str) -> None:
    made = column()
    hint: Any = Mapped[int] if hasattr(made, "column") else Mapped[list["Other"]]  # noqa: F821
    namespace = {
        "__tablename__": "thing",
        "__annotations__": {"id": Mapped[int], "other": hint},
        "id": mapped_column(primary_key=True),
        "other": made,
    }
    thing = type("Thing", (), namespace)
    with pytest.raises((exc.ArgumentError, exc.InvalidRequestError, ValueError), match=error):
        mapped_as_dataclass(registry())(thing)


def test_two_defaults_contradict_each_other() -> None:
    with pytest.raises(exc.ArgumentError, match="Give one of both"):
        mapped_column(default=1, insert_default=2)
    assert mapped_column(default=None, insert_default=2).column.default.arg == 2
    with pytest.raises(exc.ArgumentError, match="default=None"):
        relationship(default=3)


def test_a_synonym_shows_the_default_of_its_attribute() -> None:
    with pytest.raises(exc.ArgumentError, match=r"its default is 3, and that of 'size'"):

        @mapped_as_dataclass(registry())
        class Thing:
            __tablename__ = "thing"

            id: Mapped[int] = mapped_column(primary_key=True)
            size: Mapped[int] = mapped_column(default=4, init=False)
            length: Mapped[int] = synonym("size", default=3)


def test_a_collection_has_no_default_none() -> None:
    reg = registry()

    @mapped_as_dataclass(reg)
    class Part:
        __tablename__ = "part"

        id: Mapped[int] = mapped_column(primary_key=True)
        whole_id: Mapped[int | None] = mapped_column(ForeignKey("part.id"), default=None)
        parts: Mapped[list[Part]] = relationship(default=None)

    with pytest.raises(exc.ArgumentError, match="this is a collection"):
        reg.configure()
    reg.dispose()


def test_mixins_have_to_be_dataclasses() -> None:
    class Plain:
        created: Mapped[int] = mapped_column()

    with pytest.raises(exc.InvalidRequestError, match=r"'created' come from Plain"):

        @mapped_as_dataclass(registry())
        class Thing(Plain):
            __tablename__ = "thing"

            id: Mapped[int] = mapped_column(primary_key=True)


def test_the_order_of_a_mixin_stays() -> None:
    @unmapped_dataclass
    class Mixin:
        id: Mapped[int] = mapped_column(primary_key=True, init=False)
        x = mapped_column(orm.Integer)
        y: Mapped[int | None] = mapped_column(default=None)

    @mapped_as_dataclass(registry())
    class Thing(Mixin):
        __tablename__ = "thing"

    assert list(Thing.__table__.c.keys()) == ["id", "x", "y"]
    assert [field.name for field in dataclasses.fields(Thing)] == ["id", "y"]


def test_a_declared_attr_of_a_mixin_means_the_columns_of_the_class() -> None:
    class HasOwner(MappedAsDataclass):
        owner_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), init=False)

        @declared_attr
        def owner(cls) -> Mapped[Team]:
            return relationship(foreign_keys=[cls.owner_id])

    class Ball(HasOwner, Base):
        __tablename__ = "ball"

        id: Mapped[int] = mapped_column(primary_key=True, init=False)
        colour: Mapped[str]

    team = Team(1)
    assert Ball(team, "red").owner is team
    assert "owner_id" not in vars(Ball(team, "red"))
    Base.metadata.remove(Ball.__table__)


def test_bases_and_mixins_are_dataclasses_themselves() -> None:
    class Parent(MappedAsDataclass, DeclarativeBase):
        a: int

    @dataclasses.dataclass
    class Mixin:
        b: int

    class Child(Mixin, Parent):
        __tablename__ = "child"

        c: Mapped[int] = mapped_column(primary_key=True)

    assert repr(Child(5, 6, 7)).endswith("Child(a=5, b=6, c=7)")


def test_both_ways_at_once_are_refused() -> None:
    class Mixin(MappedAsDataclass):
        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(exc.InvalidRequestError, match="dataclass already"):

        @mapped_as_dataclass(registry())
        class Thing(Mixin):
            __tablename__ = "thing"

    with pytest.raises(TypeError, match="slots"):
        mapped_as_dataclass(registry(), slots=True)(type("Other", (), {}))


def test_arguments_for_dataclasses_need_one() -> None:
    class PlainBase(DeclarativeBase):
        pass

    with pytest.raises(exc.ArgumentError, match="init are arguments for dataclasses"):

        class Thing(PlainBase):
            __tablename__ = "thing"

            id: Mapped[int] = mapped_column(primary_key=True, init=False)


def test_metadata_of_fields() -> None:
    @mapped_as_dataclass(registry())
    class Thing:
        __tablename__ = "thing"

        id: Mapped[int] = mapped_column(primary_key=True, dataclass_metadata={"unit": "m"})

    assert dataclasses.fields(Thing)[0].metadata == {"unit": "m"}


def test_columns_in_the_metadata_of_fields() -> None:
    reg = registry()

    @dataclasses.dataclass
    class Keyed:
        __sa_dataclass_metadata_key__ = "sa"

        id: int = dataclasses.field(
            init=False, metadata={"sa": orm.Column(orm.Integer, primary_key=True)}
        )
        others: list[Any] = dataclasses.field(
            default_factory=list,
            metadata={"sa": lambda cls: relationship(cls.__name__)},
        )

    @reg.mapped
    @dataclasses.dataclass
    class Thing(Keyed):
        __tablename__ = "thing"
        __sa_dataclass_metadata_key__ = "sa"

        name: str | None = dataclasses.field(
            default=None, metadata={"sa": orm.Column(orm.String(30))}
        )
        above: int | None = dataclasses.field(
            default=None, metadata={"sa": orm.Column(ForeignKey("thing.id"))}
        )

    assert sorted(Thing.__table__.c.keys()) == ["above", "id", "name"]
    thing = Thing(name="box", others=[Thing()])
    assert dataclasses.asdict(thing)["name"] == "box"
    assert Thing.others.property.uselist


def test_an_association_proxy_is_a_field() -> None:
    reg = registry()

    @mapped_as_dataclass(reg)
    class Post:
        __tablename__ = "post"

        id: Mapped[int] = mapped_column(primary_key=True, init=False)
        tags: Mapped[list[Tag]] = relationship(default_factory=list)
        names: AssociationProxy[list[str]] = association_proxy(
            "tags", "name", default_factory=list, creator=lambda name: Tag(name=name)
        )

    @mapped_as_dataclass(reg)
    class Tag:
        __tablename__ = "tag"

        name: Mapped[str] = mapped_column(primary_key=True)
        post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), default=None)

    reg.class_registry.add(Tag)
    assert [tag.name for tag in Post(names=["a"]).tags] == ["a"]
    assert Post(tags=[Tag("b")]).names == ["b"]


def test_a_composite_is_a_field() -> None:
    @dataclasses.dataclass(frozen=True)
    class Point:
        x: int
        y: int

    reg = registry()

    class Vertex:
        __tablename__ = "vertex"
        __annotations__ = {"id": Mapped[int], "at": Mapped[Point], "by": Mapped[Point]}
        id = mapped_column(primary_key=True, init=False)
        at = composite(mapped_column("x"), mapped_column("y"), default=None)
        by = composite(Point, mapped_column("u"), mapped_column("v"), default=Point(0, 0))

    made: Any = mapped_as_dataclass(reg)(Vertex)
    assert made().at is None
    assert made().by == Point(0, 0)
    assert (made(at=Point(1, 2)).x, made().u) == (1, 0)


def test_an_sql_default_is_computed_by_the_insert(session: Any) -> None:
    reg = registry()

    @mapped_as_dataclass(reg)
    class Stamp:
        __tablename__ = "stamp"

        id: Mapped[int] = mapped_column(primary_key=True)
        length: Mapped[int] = mapped_column(default=func.length("abc"))

    reg.metadata.create_all(session.connection())
    stamps = [Stamp(number) for number in range(3)]
    session.add_all(stamps)
    session.flush()
    assert [stamp.length for stamp in stamps] == [3, 3, 3]


def test_a_sentinel_is_no_field() -> None:
    @mapped_as_dataclass(registry())
    class Thing:
        __tablename__ = "thing"

        id: Mapped[int] = mapped_column(primary_key=True)
        mark: Mapped[int] = orm.orm_insert_sentinel()

    assert list(inspect.signature(Thing).parameters) == ["id"]
    assert "mark" not in str(orm.select(Thing.__table__))
    engine = orm.create_engine("sqlite://")
    Thing.__table__.create(engine)  # type: ignore[attr-defined]
    with orm.Session(engine) as session:
        session.add_all([Thing(id=1), Thing(id=2)])
        session.flush()
        assert session.scalars(orm.select(Thing.mark)).all() == [None, None]
