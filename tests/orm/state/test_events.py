"""Events of attributes, collections, objects and classes."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    attribute_keyed_dict,
    create_engine,
    defer,
    event,
    exc,
    inspect,
    mapped_column,
    relationship,
    select,
)
from orm.state.markers import NO_KEY


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    pets: Mapped[list[Pet]] = relationship()
    marks: Mapped[set[Mark]] = relationship()
    by_name: Mapped[dict[str, Pet]] = relationship(
        collection_class=attribute_keyed_dict("name"), viewonly=False, overlaps="pets"
    )


class Pet(Base):
    __tablename__ = "pet"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owner.id"))


class Mark(Base):
    __tablename__ = "mark"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owner.id"))


class Heard(list[Any]):
    """Listens to events of a target until the test is over."""

    def __init__(self) -> None:
        super().__init__()
        self._listening: list[Any] = []

    def listen(self, target: Any, *names: str, **options: Any) -> None:
        for name in names:

            def note(*args: Any, _name: str = name, **kw: Any) -> Any:
                self.append((_name, *args[1:-1], *kw.values()))
                return args[1] if len(args) > 1 else None

            event.listen(target, name, note, **options)
            self._listening.append((target, name, note))

    def take(self) -> list[Any]:
        found = list(self)
        self.clear()
        return found

    def close(self) -> None:
        for target, name, note in self._listening:
            event.remove(target, name, note)


@pytest.fixture
def heard() -> Any:
    made = Heard()
    yield made
    made.close()


def test_a_replaced_collection(heard: Heard) -> None:
    kept, gone, new = Pet(), Pet(), Pet()
    owner = Owner(pets=[kept, gone])
    names = ("append", "append_wo_mutation", "remove", "bulk_replace")
    heard.listen(Owner.pets, *names, "init_collection", "dispose_collection")
    owner.pets = [kept, new]
    assert heard.take() == [
        ("bulk_replace", [kept, new]),
        ("init_collection", [kept, new]),
        ("append_wo_mutation", kept),
        ("append", new),
        ("remove", gone),
        ("dispose_collection", [kept, gone]),
    ]
    del owner.pets
    assert [each[0] for each in heard.take()] == ["remove", "remove", "dispose_collection"]


def test_a_member_that_is_there_already(heard: Heard) -> None:
    heard.listen(Owner.marks, "append", "append_wo_mutation")
    mark = Mark()
    owner = Owner()
    owner.marks.add(mark)
    owner.marks.add(mark)
    assert heard == [("append", mark), ("append_wo_mutation", mark)]


def test_keys_of_members(heard: Heard) -> None:
    heard.listen(Owner.by_name, "append", "remove", include_key=True)
    rex, other = Pet(name="rex"), Pet(name="rex")
    owner = Owner()
    owner.by_name["rex"] = rex
    owner.by_name["rex"] = other
    del owner.by_name["rex"]
    assert heard.take() == [
        ("append", rex, "rex"),
        ("remove", rex, "rex"),
        ("append", other, "rex"),
        ("remove", other, "rex"),
    ]
    heard.listen(Owner.pets, "append", include_key=True)
    owner.pets.append(rex)
    owner.pets[0] = other
    assert heard == [("append", rex, NO_KEY), ("append", other, 0)]


def test_a_failed_constructor_is_told() -> None:
    told: list[Any] = []

    def note(target: Any, args: Any, kwargs: Any) -> None:
        told.append((type(target), args, kwargs))

    event.listen(Owner, "init_failure", note)
    with pytest.raises(TypeError):
        Owner(name="x", nothing=1)
    event.remove(Owner, "init_failure", note)
    assert told == [(Owner, (), {"name": "x", "nothing": 1})]


def test_classes_and_attributes_as_they_are_instrumented() -> None:
    told: list[Any] = []

    class Registered(DeclarativeBase):
        pass

    @event.listens_for(Registered, "class_instrument")
    def note_class(cls: Any) -> None:
        told.append(cls.__name__)

    @event.listens_for(Registered, "attribute_instrument")
    def note_attribute(cls: Any, key: str, inst: Any) -> None:
        told.append((cls.__name__, key, getattr(cls, key) is inst))

    @event.listens_for(Registered, "class_uninstrument")
    def note_end(cls: Any) -> None:
        told.append(f"no {cls.__name__}")

    class Thing(Registered):
        __tablename__ = "thing"

        id: Mapped[int] = mapped_column(primary_key=True)

    Registered.registry.dispose()
    assert told == ["Thing", ("Thing", "id", True), "no Thing"]


def test_a_listener_of_a_mixin_can_be_taken_back() -> None:
    class Mixin:
        pass

    told: list[Any] = []
    event.listen(Mixin, "init", lambda *args: None, propagate=True)

    def note(target: Any, args: Any, kwargs: Any) -> None:
        told.append(target)

    event.listen(Mixin, "init", note, propagate=True)
    assert event.contains(Mixin, "init", note)
    event.remove(Mixin, "init", note)
    assert not event.contains(Mixin, "init", note)

    class Mixed(Mixin, Base):
        __tablename__ = "mixed"

        id: Mapped[int] = mapped_column(primary_key=True)

    Mixed()
    assert told == []
    Base.metadata.remove(Mixed.__table__)


def test_a_deleted_value_becomes_null() -> None:
    owner = Owner(name="Ann")
    del owner.name
    from orm import inspect

    assert inspect(owner).attrs.name.history == ([None], (), ())
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        owner.name = "Bob"
        session.add(owner)
        session.commit()
        assert owner.name == "Bob"
        del owner.name
        assert inspect(owner).attrs.name.history == ((), (), ["Bob"])
        session.commit()
        assert owner.name is None


def test_one_parent_only() -> None:
    class Single(DeclarativeBase):
        pass

    class House(Single):
        __tablename__ = "house"

        id: Mapped[int] = mapped_column(primary_key=True)
        roof_id: Mapped[int] = mapped_column(ForeignKey("roof.id"))
        roof: Mapped[Roof] = relationship(single_parent=True, cascade="all, delete-orphan")

    class Roof(Single):
        __tablename__ = "roof"

        id: Mapped[int] = mapped_column(primary_key=True)

    Single.registry.class_registry.add(Roof)
    roof = Roof()
    house, other = House(roof=roof), House()
    with pytest.raises(exc.InvalidRequestError, match="of another House already"):
        other.roof = roof
    assert other.roof is None
    house.roof = None  # type: ignore[assignment]
    other.roof = roof
    assert other.roof is roof


def test_keys_of_a_list_and_of_what_is_assigned(heard: Heard) -> None:
    rex, other = Pet(name="rex"), Pet(name="other")
    owner = Owner()
    heard.listen(Owner.pets, "append", "remove", "bulk_replace", include_key=True)
    heard.listen(Owner.by_name, "bulk_replace", include_key=True)
    owner.pets.insert(0, rex)
    owner.pets.pop(0)
    owner.pets = [other]
    del owner.pets[0]
    assert heard.take() == [
        ("append", rex, 0),
        ("remove", rex, 0),
        ("bulk_replace", [other], None),
        ("append", other, NO_KEY),
        ("remove", other, 0),
    ]
    owner.by_name = {"rex": rex, "other": other}
    assert heard.take() == [("bulk_replace", [rex, other], ["rex", "other"])]


def test_a_new_collection_is_shown_before_its_members_are_in_it() -> None:
    seen: list[int] = []

    def note(target: Any, collection: Any, adapter: Any) -> None:
        seen.append(len(collection))

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Owner(pets=[Pet(), Pet()]))
        session.commit()
        owner = session.scalars(select(Owner)).one()
        event.listen(Owner.pets, "init_collection", note)
        try:
            assert len(owner.pets) == 2
            owner.pets = [Pet()]
        finally:
            event.remove(Owner.pets, "init_collection", note)
    assert seen == [0, 0]
    engine.dispose()


def test_a_listener_for_once_that_raises_is_gone_and_keeps_no_value_back() -> None:
    calls: list[Any] = []

    def refuse(target: Any, value: Any, oldvalue: Any, initiator: Any) -> None:
        calls.append(value)
        raise ValueError("no")

    event.listen(Owner.name, "set", refuse, once=True)
    owner = Owner()
    with pytest.raises(ValueError, match="no"):
        owner.name = "a"
    owner.name = "b"
    assert calls == ["a"]
    assert owner.name == "b"


def test_a_listener_for_once_within_its_own_event() -> None:
    """An outer round that has the listener still to come passes the value on."""
    heard: list[Any] = []

    def nest(target: Any, value: Any, oldvalue: Any, initiator: Any) -> None:
        if value == "outer":
            target.name = "inner"

    def note(target: Any, value: Any, oldvalue: Any, initiator: Any) -> None:
        heard.append(value)

    event.listen(Owner.name, "set", nest)
    event.listen(Owner.name, "set", note, once=True)
    try:
        owner = Owner()
        owner.name = "outer"
    finally:
        event.remove(Owner.name, "set", nest)
    assert heard == ["inner"]
    assert owner.name == "outer"


def test_refresh_tells_what_was_filled() -> None:
    heard: list[Any] = []

    def note(target: Any, context: Any, attrs: Any) -> None:
        heard.append(attrs)

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Owner(name="a"))
        session.commit()
        owner = session.scalars(select(Owner).options(defer(Owner.name))).one()
        event.listen(Owner, "refresh", note)
        try:
            assert owner.name == "a"  # the key, which it has, is selected again
            session.scalars(select(Owner)).all()  # fills nothing
            session.expire(owner)
            session.scalars(select(Owner)).all()
            session.refresh(owner)
        finally:
            event.remove(Owner, "refresh", note)
    assert heard == [{"name"}, {"id", "name"}, None]
    engine.dispose()


def test_names_of_attributes_by_what_is_known_of_them() -> None:
    owner = Owner(name="a")
    state = inspect(owner)
    assert state.unmodified_intersection(["name", "id", "elsewhere"]) == {"id"}
    assert state.unloaded_expirable == state.unloaded == {"id", "pets", "marks", "by_name"}
