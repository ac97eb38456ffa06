"""The names by which older code imports what declarative mapping needs."""

from __future__ import annotations

from typing import Any

import pytest

import orm
from orm import Column, Integer, String, exc, inspect, registry
from orm.ext import declarative


def test_they_are_the_same_objects() -> None:
    for name in ("declarative_base", "declared_attr", "has_inherited_table", "synonym_for"):
        assert getattr(declarative, name) is getattr(orm, name)


def test_a_property_in_the_place_of_a_column() -> None:
    base: Any = declarative.declarative_base()

    class Thing(base):
        __tablename__ = "thing"

        id = Column(Integer, primary_key=True)
        _name = Column("name", String)

        @declarative.synonym_for("_name")
        @property
        def name(self) -> str:
            return f"the {self._name}"

    assert Thing(_name="box").name == "the box"
    assert str(Thing.name == "x") == "thing.name = :name_1"


def test_attributes_added_to_a_mapped_class() -> None:
    @registry().mapped
    class Thing:
        __tablename__ = "thing"

        id = Column(Integer, primary_key=True)

    orm.add_mapped_attribute(Thing, "size", Column(Integer))
    assert list(inspect(Thing).attrs.keys()) == ["id", "size"]
    assert "size" in Thing.__table__.c  # type: ignore[attr-defined]
    with pytest.raises(exc.ArgumentError, match="neither a column nor a mapped property"):
        orm.add_mapped_attribute(Thing, "other", 3)


def test_a_dynamic_loader_is_a_relationship() -> None:
    assert orm.dynamic_loader("Thing").lazy == "dynamic"
