"""Relationships whose condition holds a subquery or an aliased class, on every kind of server."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from orm import (
    Date,
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    aliased,
    and_,
    func,
    joinedload,
    lazyload,
    mapped_column,
    relationship,
    select,
    selectinload,
)


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    made: Mapped[datetime.date] = mapped_column(Date)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id"))


things = Thing.__table__


class Owner(Base):
    __tablename__ = "owners"
    id: Mapped[int] = mapped_column(primary_key=True)


inner = things.alias()
owners = Owner.__table__
for name, source in (("latest", inner), ("newest", things)):
    newest = (
        select(func.max(source.c.made))
        .where(source.c.owner_id == owners.c.id)
        .correlate(owners)
        .scalar_subquery()
    )
    condition = and_(owners.c.id == things.c.owner_id, things.c.made == newest)
    setattr(Owner, name, relationship(Thing, primaryjoin=condition, viewonly=True))


@pytest.fixture
def session(engine: Any) -> Any:
    Base.metadata.create_all(engine)
    with Session(engine) as made:
        made.add_all([Owner(id=1), Owner(id=2)])
        made.flush()
        for place, (owner, day) in enumerate([(1, 5), (1, 9), (1, 7), (2, 3)], 1):
            made.add(Thing(id=place, owner_id=owner, made=datetime.date(2024, 1, day)))
        made.commit()
        yield made


@pytest.mark.parametrize("strategy", [joinedload, selectinload, lazyload])
@pytest.mark.parametrize("name", ["latest", "newest"])
@pytest.mark.parametrize("mode", ["peers", "one"])
def test_a_correlated_subquery_in_the_condition(
    session: Any, strategy: Any, name: str, mode: str
) -> None:
    statement = select(Owner).options(strategy(getattr(Owner, name))).order_by(Owner.id)
    owners = session.scalars(statement.execution_options(lazy_loads=mode)).unique().all()
    assert [[thing.id for thing in getattr(owner, name)] for owner in owners] == [[2], [4]]


@pytest.mark.parametrize("name", ["latest", "newest"])
def test_a_correlated_subquery_below_an_alias(session: Any, name: str) -> None:
    other = aliased(Owner)
    statement = select(other.id, Thing.id).join(getattr(other, name)).order_by(other.id)
    assert session.execute(statement).all() == [(1, 2), (2, 4)]
    statement = select(other).options(joinedload(getattr(other, name))).order_by(other.id)
    found = session.scalars(statement).unique()
    assert [[thing.id for thing in getattr(owner, name)] for owner in found] == [[2], [4]]


def test_a_correlated_subquery_within_exists_over_an_alias(session: Session) -> None:
    other = aliased(Owner)
    statement = select(other.id).where(other.latest.any(Thing.id == 4))
    assert session.scalars(statement).all() == [2]
