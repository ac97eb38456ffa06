"""Hints for what the drivers say."""

from __future__ import annotations

import pytest

from flask_ormsession.errors import annotate, hint_for


@pytest.mark.parametrize(
    "message",
    [
        "no such table: item",
        'relation "item" does not exist',
        "(1146, \"Table 'shop.item' doesn't exist\")",
    ],
)
def test_missing_tables(message: str) -> None:
    hint = hint_for(message)
    assert hint is not None
    assert "item is not in this database" in hint
    assert "`flask db upgrade`" in hint


@pytest.mark.parametrize(
    "message",
    [
        "no such column: item.price",
        "table item has no column named price",
        "column item.price does not exist",
        'column "price" of relation "item" does not exist',
        "(1054, \"Unknown column 'item.price' in 'SELECT'\")",
    ],
)
def test_missing_columns(message: str) -> None:
    hint = hint_for(message)
    assert hint is not None
    assert "price is not in this database" in hint


def test_anything_else_has_no_hint() -> None:
    assert hint_for("UNIQUE constraint failed: item.name") is None


def test_a_hint_is_given_once() -> None:
    error = RuntimeError("no such table: item")
    annotate(error)
    annotate(error)
    assert len(error.__notes__) == 1
