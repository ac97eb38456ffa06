"""Rows out of objects, and their conversion; the generated function and its twin agree."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given, strategies as st

from orm import inspect
from orm.flush.gen_params import Extractor, gen_process, make_plain_process, row_processor
from orm.flush.insert_shape import shapes_of


def _fill(values: dict[str, Any]) -> None:
    for key in ("name", "edits"):
        values.setdefault(key, None)
    if values.get("rank") is None:
        values["rank"] = 7


def test_objects_are_sorted_by_what_they_have(m: Any) -> None:
    (shape,) = shapes_of(inspect(m.User))
    assert [plan.key for plan in shape.always] == ["name", "rank", "edits"]
    assert [plan.key for plan in shape.optional] == ["id", "state"]
    objects = [
        SimpleNamespace(name="a"),
        SimpleNamespace(name="b", rank=None, state="s"),
        SimpleNamespace(name="c", rank=1, edits=2, id=5, state=None),
    ]
    groups = Extractor(shape).extract([(None, obj) for obj in objects], _fill)
    assert {mask: rows for mask, (_, rows) in groups.items()} == {
        0: [("a", 7, None)],
        2: [("b", 7, None, "s")],
        1: [("c", 1, 2, 5)],
    }


@given(
    st.lists(st.tuples(st.integers(), st.integers(), st.integers()), max_size=5),
    st.permutations([0, 1, 2]),
    st.lists(st.sampled_from([None, abs, str]), min_size=3, max_size=3),
)
def test_conversion(rows: list[Any], order: list[int], steps: list[Any]) -> None:
    expected = make_plain_process(order, steps)(rows)
    assert gen_process(order, steps).build()(rows) == expected
    assert row_processor(order, steps, 3)(rows) == expected


def test_the_generated_text_is_readable() -> None:
    text = gen_process([1, 0], [None, str]).text
    assert text == "def process(rows):\n    return [(r[1], p0(r[0]), ) for r in rows]\n"
