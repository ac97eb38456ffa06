"""Row and RowMapping."""

from __future__ import annotations

import copy
import pickle

import pytest

from orm import exc
from orm.engine.row import Row, RowLayout, make_row_class, row_class


def test_a_row_is_a_tuple_with_names() -> None:
    row = row_class(("id", "name"))((1, "a"))
    assert row == (1, "a")
    assert isinstance(row, tuple)
    assert isinstance(row, Row)
    assert (row.id, row.name, row[0], row[-1], row[:1]) == (1, "a", 1, "a", (1,))
    assert row._fields == ("id", "name")
    assert row._asdict() == {"id": 1, "name": "a"}
    assert row._tuple() is row
    assert row.t is row
    assert repr(row) == "(1, 'a')"
    assert hash(row) == hash((1, "a"))
    number, name = row
    assert (number, name) == (1, "a")


def test_columns_named_like_tuple_methods() -> None:
    row = row_class(("count", "index", "class", "with space"))((1, 2, 3, 4))
    assert (row.count, row.index, getattr(row, "class"), getattr(row, "with space")) == (1, 2, 3, 4)


def test_columns_cannot_replace_our_own_names() -> None:
    row = row_class(("_fields", "_mapping", "__class__", "_x"))((1, 2, 3, 4))
    assert row._fields == ("_fields", "_mapping", "__class__", "_x")
    assert row._mapping["_mapping"] == 2
    assert row._x == 4
    assert type(row).__mro__[1] is Row


def test_unknown_names_list_the_known() -> None:
    row = row_class(("id", "name"))((1, "a"))
    with pytest.raises(AttributeError, match="'nme'; it has 'id' and 'name'"):
        row.nme
    with pytest.raises(exc.NoSuchColumnError, match="'nme'; it has 'id' and 'name'"):
        row._mapping["nme"]
    with pytest.raises(KeyError):
        row._mapping["nme"]


def test_a_row_cannot_be_changed() -> None:
    row = row_class(("id",))((1,))
    with pytest.raises(AttributeError):
        row.id = 2
    with pytest.raises(AttributeError):
        del row.id
    with pytest.raises(AttributeError):
        row.other = 2


def test_equal_names() -> None:
    row = row_class(("id", "id"))((1, 2))
    assert row == (1, 2)
    with pytest.raises(exc.InvalidRequestError, match="Ambiguous column name 'id'"):
        row._mapping["id"]


def test_mapping() -> None:
    row = row_class(("id", "name"))((1, "a"))
    mapping = row._mapping
    assert dict(mapping) == {"id": 1, "name": "a"}
    assert list(mapping) == ["id", "name"]
    assert list(mapping.keys()) == ["id", "name"]
    assert list(mapping.values()) == [1, "a"]
    assert list(mapping.items()) == [("id", 1), ("name", "a")]
    assert "id" in mapping
    assert "x" not in mapping
    assert 0 not in mapping
    assert len(mapping) == 2
    assert mapping == {"id": 1, "name": "a"}
    assert repr(mapping) == "{'id': 1, 'name': 'a'}"
    with pytest.raises(exc.NoSuchColumnError, match="not positions"):
        mapping[0]
    assert {**mapping} == {"id": 1, "name": "a"}


def test_expressions_as_keys() -> None:
    column, other = object(), object()
    row = make_row_class(RowLayout(("id",), [(column, "id")]))((7,))
    assert row._mapping[column] == 7
    assert column in row._mapping
    with pytest.raises(exc.NoSuchColumnError):
        row._mapping[other]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickling(protocol: int) -> None:
    row = row_class(("id", "name"))((1, "a"))
    again = pickle.loads(pickle.dumps(row, protocol))
    assert again == row
    assert again.name == "a"
    assert type(again) is type(row)
    mapping = pickle.loads(pickle.dumps(row._mapping, protocol))
    assert mapping == {"id": 1, "name": "a"}


def test_copies() -> None:
    row = row_class(("id", "items"))((1, [2]))
    assert copy.copy(row) is row
    deep = copy.deepcopy(row)
    assert deep == row
    assert deep.items is not row.items


def test_classes_are_shared_by_layout() -> None:
    assert row_class(("a", "b")) is row_class(("a", "b"))
