"""Strategies chosen in the mapping, recursions, events, refresh."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Integer,
    Mapped,
    Session,
    create_engine,
    defer,
    event,
    exc,
    joinedload,
    lazyload,
    mapped_column,
    relationship,
    select,
    text,
    undefer,
)


class Base(DeclarativeBase):
    pass


class Parent(Base):
    __tablename__ = "parents"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="p")
    kids: Mapped[list[Kid]] = relationship(
        back_populates="parent", lazy="selectin", order_by="Kid.id"
    )
    pet: Mapped[Pet | None] = relationship(lazy="joined")
    toys: Mapped[list[Toy]] = relationship(lazy="raise")
    books: Mapped[list[Book]] = relationship(lazy_loads="raise")


class Kid(Base):
    __tablename__ = "kids"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"))
    parent: Mapped[Parent] = relationship(back_populates="kids", lazy="selectin")


class Pet(Base):
    __tablename__ = "pets"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"))


class Toy(Base):
    __tablename__ = "toys"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"))


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"))


class Part(Base):
    __tablename__ = "parts"
    id: Mapped[int] = mapped_column(primary_key=True)
    whole_id: Mapped[int | None] = mapped_column(ForeignKey("parts.id"))
    parts: Mapped[list[Part]] = relationship(lazy="joined", join_depth=2, order_by="Part.id")


@pytest.fixture
def house() -> Iterator[tuple[Session, list[str]]]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Parent(id=i, kids=[Kid(id=i * 10), Kid(id=i * 10 + 1)]) for i in (1, 2)])
        session.add_all([Pet(id=5, parent_id=1)])
        session.add_all([Part(id=i, whole_id=i - 1 or None) for i in range(1, 5)])
        session.commit()
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda c, cur, sql, *rest: seen.append(sql))
    with Session(engine) as session:
        yield session, seen
    engine.dispose()


def test_eager_as_mapped_without_going_round(house: Any) -> None:
    session, seen = house
    parents = session.scalars(select(Parent).order_by(Parent.id)).all()
    assert [[k.id for k in p.kids] for p in parents] == [[10, 11], [20, 21]]
    assert [p.pet and p.pet.id for p in parents] == [5, None]
    assert all(k.parent is p for p in parents for k in p.kids)
    assert len(seen) == 2
    session.expunge_all()
    seen.clear()
    session.scalars(select(Parent).options(lazyload(Parent.kids))).all()
    assert len(seen) == 1


def test_get_loads_eagerly_too(house: Any) -> None:
    session, seen = house
    parent = session.get(Parent, 1)
    assert parent.pet.id == 5
    assert [k.id for k in parent.kids] == [10, 11]
    assert len(seen) == 2


def test_raise_as_mapped(house: Any) -> None:
    session, _ = house
    parent = session.get(Parent, 1)
    with pytest.raises(exc.InvalidRequestError, match="Parent.toys"):
        parent.toys
    with pytest.raises(exc.InvalidRequestError, match="Parent.books"):
        parent.books


def test_join_depth(house: Any) -> None:
    session, seen = house
    part = session.scalars(select(Part).where(Part.id == 1)).unique().one()
    assert part.parts[0].parts[0].id == 3
    assert len(seen) == 1
    assert part.parts[0].parts[0].parts[0].id == 4
    assert len(seen) == 2


def test_refresh_loads_columns_and_eager_relationships(house: Any) -> None:
    session, seen = house
    parent = session.get(Parent, 1)
    session.execute(text("UPDATE parents SET name = 'new' WHERE id = 1"))
    session.execute(text("UPDATE kids SET parent_id = 1 WHERE id = 20"))
    parent.name = "mine"
    with session.no_autoflush:
        session.refresh(parent)
    assert parent.name == "new"
    assert [k.id for k in parent.kids] == [10, 11, 20]
    assert not session.dirty


def test_load_events(house: Any) -> None:
    session, _ = house
    seen: list[Any] = []

    def note(target: Any, context: Any) -> None:
        seen.append((target.id, target.name))

    event.listen(Parent, "load", note)
    try:
        parents = session.scalars(select(Parent).order_by(Parent.id)).all()
        assert session.scalars(select(Parent).order_by(Parent.id)).all() == parents
    finally:
        event.remove(Parent, "load", note)
    assert seen == [(1, "p"), (2, "p")]


def test_session_event_of_loading(house: Any) -> None:
    session, _ = house
    seen: list[Any] = []
    event.listen(session, "loaded_as_persistent", lambda s, obj: seen.append((s, obj)))
    parent = session.scalars(select(Parent).where(Parent.id == 2)).one()
    assert (session, parent) in seen
    assert len(seen) == 3


def test_several_rows_for_a_to_one_warn(house: Any) -> None:
    session, _ = house
    session.execute(text("INSERT INTO pets (id, parent_id) VALUES (6, 1)"))
    parents = session.scalars(select(Parent).options(lazyload(Parent.pet))).all()
    with pytest.warns(exc.SAWarning, match=r"Parent\.pet"):
        parents[0].pet


class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("makers.id"))
    maker: Mapped[Maker | None] = relationship(
        foreign_keys=maker_id, primaryjoin="Thing.maker_id == Maker.id", lazy="joined"
    )


class Maker(Thing):
    __tablename__ = "makers"
    id: Mapped[int] = mapped_column(ForeignKey("things.id"), primary_key=True)
    films: Mapped[list[Film]] = relationship(
        foreign_keys="Film.director_id", primaryjoin="Maker.id == Film.director_id"
    )
    __mapper_args__ = {"inherit_condition": id == Thing.id}


class Film(Thing):
    __tablename__ = "films"
    id: Mapped[int] = mapped_column(ForeignKey("things.id"), primary_key=True)
    director_id: Mapped[int | None] = mapped_column(ForeignKey("makers.id"))
    __mapper_args__ = {"inherit_condition": id == Thing.id}


def test_what_goes_round_is_a_class_and_not_its_hierarchy(house: Any) -> None:
    session, seen = house
    session.add(Maker(id=1, films=[Film(id=2), Film(id=3)]))
    session.commit()
    session.expunge_all()
    seen.clear()
    maker = session.scalars(select(Maker).options(joinedload("*"))).unique().one()
    assert [film.id for film in maker.films] == [2, 3]
    assert len(seen) == 1
    assert session.get(Thing, 3, populate_existing=True).maker is None


@pytest.fixture(params=["selectin", "subquery", "immediate", "joined"])
def ring(request: Any) -> Iterator[tuple[Session, dict[str, Any], list[str]]]:
    """Three classes whose relationships lead round, and rows that do so too; a chain of six."""

    class Own(DeclarativeBase):
        pass

    names = ["A", "B", "C"]
    for place, name in enumerate(names):
        before, after = names[place - 1], names[(place + 1) % 3]
        body = {
            "__tablename__": name.lower(),
            "id": mapped_column(Integer, primary_key=True),
            "up_id": mapped_column(ForeignKey(f"{before.lower()}.id")),
            "next": relationship(after, lazy=request.param),
        }
        type(name, (Own,), body)

    class Link(Own):
        __tablename__ = "link"
        id: Mapped[int] = mapped_column(primary_key=True)
        up_id: Mapped[int | None] = mapped_column(ForeignKey("link.id"))
        next: Mapped[list[Link]] = relationship(lazy=request.param, join_depth=2)

    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        Own.metadata.create_all(connection)
        for name in "abc":
            connection.execute(text(f"INSERT INTO {name} VALUES (1, 1), (2, 1)"))
        connection.execute(
            text("INSERT INTO link VALUES (1, NULL), (2, 1), (3, 2), (4, 3), (5, 4)")
        )
    seen: list[str] = []

    def note(conn: Any, cursor: Any, sql: str, args: Any, context: Any, many: bool) -> None:
        seen.append(sql)

    event.listen(engine, "before_cursor_execute", note)
    classes = {each.class_.__name__: each.class_ for each in Own.registry.mappers}
    with Session(engine) as session:
        yield session, classes, seen
    engine.dispose()


def count_loaded(obj: Any) -> int:
    """Return how many steps from an object are loaded along."""
    steps = 0
    while obj.__dict__.get("next"):
        obj, steps = obj.next[0], steps + 1
    return steps


def test_eager_loads_over_several_classes_end_where_they_began(ring: Any) -> None:
    session, classes, _ = ring
    a = classes["A"]
    statement = select(a).where(a.id == 1)
    start = session.scalars(statement).unique().one()
    assert count_loaded(start) == 2
    session.scalars(statement.execution_options(populate_existing=True)).unique().all()
    session.expire_all()
    session.scalars(statement).unique().all()
    session.refresh(start)
    assert count_loaded(start) == 2
    assert start.next[0].next[0].next[0] is start


def test_join_depth_of_every_strategy(ring: Any) -> None:
    session, classes, seen = ring
    link = classes["Link"]
    assert count_loaded(session.scalars(select(link).where(link.id == 1)).unique().one()) == 2
    assert len(seen) in (1, 3)


class TestColumnsThatRaise:
    @pytest.fixture
    def letters(self) -> Iterator[Any]:
        class Own(DeclarativeBase):
            pass

        class Letter(Own):
            __tablename__ = "letters"
            id: Mapped[int] = mapped_column(primary_key=True)
            body: Mapped[str] = mapped_column(deferred=True, deferred_raiseload=True)

        engine = create_engine("sqlite://")
        Own.metadata.create_all(engine)
        with Session(engine) as session:
            session.add(Letter(body="dear"))
            session.commit()
            session.expunge_all()
            yield session, Letter
        engine.dispose()

    def test_a_column_mapped_so_is_not_loaded_by_reading_it(self, letters: Any) -> None:
        session, letter = letters
        with pytest.raises(exc.InvalidRequestError, match=r"undefer\(Letter\.body\)"):
            _ = session.scalars(select(letter)).one().body

    @pytest.mark.parametrize("option", [undefer, defer])
    def test_an_option_says_otherwise(self, letters: Any, option: Any) -> None:
        session, letter = letters
        assert session.scalars(select(letter).options(option(letter.body))).one().body == "dear"
