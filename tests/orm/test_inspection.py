"""inspect(): the table of inspectors."""

from __future__ import annotations

import pytest

from orm import exc
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
