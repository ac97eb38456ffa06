"""inspect(): the table of inspectors."""

from __future__ import annotations

import pytest

from orm import (
    Bundle,
    DeclarativeBase,
    ForeignKey,
    Mapped,
    aliased,
    exc,
    mapped_column,
    relationship,
)
from orm.inspection import inspect, inspects


class Animal:
    known = True


class Dog(Animal):
    pass


@inspects(Animal)
def _inspect_animal(subject: Animal) -> str | None:
    return f"animal {type(subject).__name__}" if subject.known else None


def test_registrations_answer_for_subclasses() -> None:
    assert inspect(Dog()) == "animal Dog"


def test_an_inspector_may_know_nothing_of_one_object() -> None:
    dog = Dog()
    dog.known = False
    assert inspect(dog, raiseerr=False) is None
    with pytest.raises(exc.NoInspectionAvailable, match="Dog"):
        inspect(dog)


def test_what_is_inspected_says_what_it_is() -> None:
    class Base(DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        next_id: Mapped[int | None] = mapped_column(ForeignKey("thing.id"))
        next: Mapped[Thing | None] = relationship(remote_side=[id])

    names = [
        "is_aliased_class",
        "is_attribute",
        "is_bundle",
        "is_instance",
        "is_mapper",
        "is_property",
    ]
    for inspected, expected in (
        (inspect(Thing()), "is_instance"),
        (inspect(Thing), "is_mapper"),
        (inspect(aliased(Thing)), "is_aliased_class"),
        (Thing.id, "is_attribute"),
        (Thing.next, "is_attribute"),
        (inspect(Thing).attrs.id, "is_property"),
        (inspect(Thing).attrs.next, "is_property"),
        (Bundle("b", Thing.id), "is_bundle"),
    ):
        assert [name for name in names if getattr(inspected, name)] == [expected]
