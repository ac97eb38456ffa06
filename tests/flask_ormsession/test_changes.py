"""Changes: what several of one object come to."""

from __future__ import annotations

import pytest

from flask_ormsession.changes import BulkChange, Change, summarise


class Thing:
    """Equal to every other, as objects of an application may be."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("operations", "net"),
    [
        (["insert"], ["insert"]),
        (["update", "update"], ["update"]),
        (["insert", "update"], ["insert"]),
        (["update", "delete"], ["delete"]),
        (["insert", "update", "delete"], []),
        (["delete", "insert"], ["update"]),
        (["insert", "delete", "insert"], ["insert"]),
        (["upsert", "update"], ["upsert"]),
    ],
)
def test_the_net_of_one_object(operations: list[str], net: list[str]) -> None:
    thing = Thing()
    changes = [Change(thing, operation) for operation in operations]
    assert [operation for _obj, operation in summarise(changes)] == net


def test_objects_are_told_apart_though_they_are_equal() -> None:
    first, second = Thing(), Thing()
    net = summarise([Change(first, "delete"), Change(second, "insert")])
    assert [(obj is first, operation) for obj, operation in net] == [
        (True, "delete"),
        (False, "insert"),
    ]


def test_each_statement_counts() -> None:
    bulk = [Change(BulkChange(Thing, None, count), "update") for count in (1, 2)]
    assert [change.obj.rowcount for change in summarise(bulk)] == [1, 2]
