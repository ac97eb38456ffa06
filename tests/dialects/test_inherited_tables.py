"""UPDATE and DELETE with criteria about classes whose rows lie in several tables."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from orm import (
    DeclarativeBase,
    Engine,
    ForeignKey,
    Mapped,
    Session,
    String,
    delete,
    exc,
    mapped_column,
    select,
    update,
)


@pytest.fixture
def models(engine: Engine) -> SimpleNamespace:
    class Base(DeclarativeBase):
        pass

    class Animal(Base):
        __tablename__ = "animals"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str] = mapped_column(String(9))
        legs: Mapped[int | None]
        __mapper_args__: ClassVar = {
            "polymorphic_on": "kind",
            "polymorphic_identity": "animal",
        }

    class Dog(Animal):
        __tablename__ = "dogs"
        id: Mapped[int] = mapped_column(ForeignKey("animals.id"), primary_key=True)
        bark: Mapped[str] = mapped_column(String(9))
        __mapper_args__: ClassVar = {
            "polymorphic_identity": "dog",
            "polymorphic_load": "inline",
        }

    class Pug(Dog):
        __tablename__ = "pugs"
        id: Mapped[int] = mapped_column(ForeignKey("dogs.id"), primary_key=True)
        weight: Mapped[int]
        __mapper_args__: ClassVar = {"polymorphic_identity": "pug"}

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(
            [Animal(legs=1), Dog(legs=1, bark="a"), Dog(legs=2, bark="a")]
            + [Pug(legs=legs, bark="b", weight=1) for legs in (1, 3)]
        )
        session.commit()
    return SimpleNamespace(Animal=Animal, Dog=Dog, Pug=Pug)


@pytest.mark.parametrize("synchronize", ["auto", "fetch", False])
def test_criteria_of_the_written_table_alone(engine: Engine, models: Any, synchronize: Any) -> None:
    options = {"synchronize_session": synchronize}
    with Session(engine) as session:
        animals = update(models.Animal).where(models.Animal.kind == "dog").values(legs=9)
        assert session.execute(animals, execution_options=options).rowcount == 2
        dogs = update(models.Dog).where(models.Dog.bark == "b").values(bark="c")
        assert session.execute(dogs, execution_options=options).rowcount == 2
        none = delete(models.Animal).where(models.Animal.kind == "cat")
        assert session.execute(none, execution_options=options).rowcount == 0


def test_criteria_of_a_base_are_about_the_same_object(engine: Engine, models: Any) -> None:
    with Session(engine) as session:
        pugs = session.scalars(select(models.Pug).order_by(models.Pug.id)).all()
        heavier = update(models.Pug).where(models.Pug.legs == 3).values(weight=7)
        assert session.execute(heavier).rowcount == 1
        assert [pug.weight for pug in pugs] == [1, 7]
        louder = update(models.Dog).where(models.Dog.legs == 1).values(bark="x")
        assert session.execute(louder).rowcount == 2
        assert session.scalars(select(models.Dog.bark).order_by(models.Dog.id)).all() == [
            "x", "a", "x", "b",
        ]  # fmt: skip


def test_deleting_by_criteria_of_a_base(engine: Engine, models: Any) -> None:
    statement = delete(models.Pug).where(models.Pug.legs == 3)
    with Session(engine) as session:
        if engine.dialect.name == "sqlite":
            with pytest.raises(exc.CompileError, match="in_\\(select"):
                session.execute(statement)
        else:
            assert session.execute(statement).rowcount == 1
            assert session.scalars(select(models.Pug.__table__.c.weight)).all() == [1]
