"""Record: what a NamedTuple can, and errors where it has them."""

from __future__ import annotations

import copy
import pickle
from typing import Any, NamedTuple

import pytest

from orm.util.record import Record


class _Point(Record):
    """A place."""

    x: int
    y: int
    name: str = ""

    @property
    def sum(self) -> int:
        return self.x + self.y


class _Named(NamedTuple):
    x: int
    y: int
    name: str = ""


class _Shown(_Point):
    def __str__(self) -> str:
        return f"at {self.x}"


_BOTH: list[Any] = [_Point, _Named]


@pytest.mark.parametrize("kind", _BOTH)
def test_fields_by_position_and_by_name(kind: Any) -> None:
    made = kind(1, y=2)
    assert (made.x, made.y, made.name) == (1, 2, "") == made
    assert tuple(kind(1, 2, "a")) == (1, 2, "a") == tuple(kind(name="a", y=2, x=1))
    assert made._replace(y=3, name="b") == (1, 3, "b")
    assert type(made._replace(y=3)) is kind
    assert made._asdict() == {"x": 1, "y": 2, "name": ""}
    assert kind._make([4, 5, "c"]) == kind(4, 5, "c")
    assert kind._fields == kind.__match_args__ == ("x", "y", "name")
    assert kind._field_defaults == {"name": ""}
    assert repr(made) == f"{kind.__name__}(x=1, y=2, name='')"
    assert {made: "found"}[kind(1, 2)] == "found"


@pytest.mark.parametrize("kind", _BOTH)
@pytest.mark.parametrize(
    ("values", "named"), [((1,), {}), ((1, 2, 3, 4), {}), ((1, 2), {"z": 3}), ((1, 2), {"x": 3})]
)
def test_wrong_arguments(kind: Any, values: tuple[int, ...], named: dict[str, int]) -> None:
    with pytest.raises(TypeError):
        kind(*values, **named)


@pytest.mark.parametrize("kind", _BOTH)
def test_instances_cannot_be_changed(kind: Any) -> None:
    made = kind(1, 2)
    with pytest.raises(AttributeError):
        made.x = 3
    with pytest.raises(AttributeError):
        made.z = 3


@pytest.mark.parametrize("kind", _BOTH)
def test_copies_and_pickles(kind: Any) -> None:
    made = kind(1, 2, "a")
    for again in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert again == made
        assert type(again) is kind


def test_patterns() -> None:
    match _Point(1, 2):
        case _Point(x, y, name=name):
            assert (x, y, name) == (1, 2, "")
        case _:
            pytest.fail("no match")


def test_methods_properties_and_subclasses() -> None:
    assert _Point(1, 2).sum == 3
    shown = _Shown(1, 2, "a")
    assert str(shown) == "at 1"
    assert (shown.sum, shown.name, shown._fields) == (3, "a", _Point._fields)


def test_more_fields_than_there_are_places() -> None:
    body = {"__annotations__": dict.fromkeys("abcdefghi", "int")}
    with pytest.raises(TypeError, match="Wide has 9 fields; a Record has 8 at most"):
        type(_Point)("Wide", (tuple,), body)
