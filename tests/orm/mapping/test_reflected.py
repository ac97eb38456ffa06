"""Classes mapped to tables that are read from the database later."""

from __future__ import annotations

from typing import Any

import pytest

from orm import DeclarativeBase, Mapped, Session, create_engine, inspect, relationship, select
from orm.ext.declarative import DeferredReflection


@pytest.fixture
def engine() -> Any:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE owner (id INTEGER PRIMARY KEY, name TEXT)")
        connection.exec_driver_sql(
            "CREATE TABLE pet (id INTEGER PRIMARY KEY, owner_id INTEGER REFERENCES owner(id))"
        )
    return engine


def make_classes() -> Any:
    class Base(DeclarativeBase):
        pass

    class Reflected(DeferredReflection):
        __abstract__ = True

    class Owner(Reflected, Base):
        __tablename__ = "owner"
        pets: Mapped[list[Any]] = relationship("Pet")

    class Pet(Reflected, Base):
        __tablename__ = "pet"

    return Reflected, Owner, Pet


@pytest.mark.parametrize("with_connection", [False, True])
def test_prepare_maps_what_waited(engine: Any, with_connection: bool) -> None:
    reflected, owner, pet = make_classes()
    assert inspect(owner, raiseerr=False) is None
    if with_connection:
        with engine.connect() as connection:
            reflected.prepare(connection)
    else:
        reflected.prepare(engine)
    assert sorted(inspect(owner).attrs.keys()) == ["id", "name", "pets"]
    with Session(engine) as session:
        session.add(owner(name="Ann", pets=[pet()]))
        session.commit()
        assert session.scalars(select(pet)).one().owner_id == 1


def test_only_the_classes_below_are_mapped(engine: Any) -> None:
    first, owner, _ = make_classes()
    second, other, _ = make_classes()
    first.prepare(engine)
    assert inspect(other, raiseerr=False) is None
    second.prepare(engine)
    assert inspect(other).class_ is other is not owner
