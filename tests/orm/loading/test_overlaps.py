"""Classes of one hierarchy joined beside each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    aliased,
    contains_eager,
    create_engine,
    exc,
    joinedload,
    mapped_column,
    relationship,
    select,
    with_loader_criteria,
)


class Base(DeclarativeBase):
    pass


class Firm(Base):
    __tablename__ = "firms"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff: Mapped[list[Worker]] = relationship(back_populates="firm")


class Worker(Base):
    __tablename__ = "workers"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    firm_id: Mapped[int] = mapped_column(ForeignKey("firms.id"))
    firm: Mapped[Firm] = relationship(back_populates="staff")
    chief_id: Mapped[int | None] = mapped_column(ForeignKey("workers.id"))
    chief: Mapped[Worker | None] = relationship(remote_side=id)
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "worker"}


class Coder(Worker):
    __tablename__ = "coders"
    id: Mapped[int] = mapped_column(ForeignKey("workers.id"), primary_key=True)
    __mapper_args__ = {"polymorphic_identity": "coder", "inherit_condition": id == Worker.id}


class Boss(Worker):
    __tablename__ = "bosses"
    id: Mapped[int] = mapped_column(ForeignKey("workers.id"), primary_key=True)
    level: Mapped[int]
    desks: Mapped[list[Desk]] = relationship()
    __mapper_args__ = {"polymorphic_identity": "boss", "inherit_condition": id == Worker.id}


class Desk(Base):
    __tablename__ = "desks"
    id: Mapped[int] = mapped_column(primary_key=True)
    boss_id: Mapped[int] = mapped_column(ForeignKey("bosses.id"))


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as made:
        boss = Boss(id=1, name="b", level=2, desks=[Desk(id=7)])
        made.add(Firm(id=1, staff=[boss, Coder(id=2, name="c", chief=boss)]))
        made.add(Firm(id=2, staff=[Coder(id=3, name="d")]))
        made.commit()
        yield made
    engine.dispose()


def joined() -> Any:
    return select(Firm.id).join(Firm.staff.of_type(Coder)).join(Firm.staff.of_type(Boss))


def test_the_second_gets_an_alias_in_the_whole_statement(session: Session) -> None:
    statement = joined().where(Boss.name == "b").order_by(Boss.level)
    statement = statement.add_columns(Coder.name, Boss.name.label("above"), Boss)
    with pytest.warns(exc.SAWarning, match=r"aliased\(Boss, flat=True\)") as told:
        row = session.execute(statement).one()
    assert told[0].filename == __file__
    assert (row.id, row.name, row.above, row.Boss.id) == (1, "c", "b", 1)


@pytest.mark.parametrize(
    "statement",
    [
        select(Coder.id, Boss.id).join(Boss, Coder.chief_id == Boss.id),
        select(Coder.id, Boss.id).join(Coder.chief.of_type(Boss)),
        select(Coder.id, Worker.id).join(Coder.chief),
        select(Coder.id, Boss.id).join(Boss, Coder.chief).join(Boss.desks).where(Desk.id == 7),
        select(Coder.id, Boss.id).join(Boss, Coder.firm_id == Boss.firm_id),
    ],
)
def test_every_way_to_join(session: Session, statement: Any) -> None:
    with pytest.warns(exc.SAWarning, match="is joined under an alias"):
        assert session.execute(statement).all() == [(2, 1)]


def test_options_and_criteria_reach_it(session: Session) -> None:
    statement = select(Coder, Boss).join(Boss, Coder.chief)
    with pytest.warns(exc.SAWarning, match="is joined under an alias"):
        row = session.execute(statement.options(joinedload(Boss.desks))).unique().one()
    assert [desk.id for desk in row.Boss.__dict__["desks"]] == [7]
    only = with_loader_criteria(Boss, Boss.level > 2)
    with pytest.warns(exc.SAWarning, match="is joined under an alias"):
        assert session.execute(statement.options(only)).all() == []
    session.expunge_all()
    filled = statement.join(Boss.desks).options(contains_eager(Boss.desks))
    with pytest.warns(exc.SAWarning, match="is joined under an alias"):
        row = session.execute(filled).unique().one()
    assert [desk.id for desk in row.Boss.__dict__["desks"]] == [7]


def test_what_needs_no_alias_gets_none(session: Session) -> None:
    other = aliased(Boss, flat=True)
    statement = joined().join(Firm.staff.of_type(other))
    with pytest.warns(exc.SAWarning) as told:
        assert session.scalars(statement).all() == [1]
    assert len(told) == 1
    single = select(Firm.id, Coder.id).join(Firm.staff.of_type(Coder)).order_by(Coder.id)
    assert session.execute(single).all() == [(1, 2), (2, 3)]
