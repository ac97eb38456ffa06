"""What a transaction changed, as the signals `before_models_committed` and `models_committed` tell it.

Their payload `changes` is a list of `Change(obj, operation)` in the order in which the database was
told, one per object:

    insert    the object is new. What was inserted and deleted again is left out.
    update    a column of it was written (loading it does not count, nor do collections)
    delete    its row is gone. A new object with the same key is an insert besides.
    upsert    session.upsert() wrote it, which does not tell an insert from an update

A statement over many rows (`session.execute(update(User)...)`) loads no objects; it is one Change whose
`obj` is a `BulkChange`. What a savepoint took back is not in the list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = ["BulkChange", "Change", "summarise"]


class Change(NamedTuple):
    """One object (or BulkChange), and what happened to it."""

    obj: Any
    operation: str


@dataclass(frozen=True, slots=True)
class BulkChange:
    """A statement that changed rows without loading them.

    entity: the mapped class, or the Table. rowcount: how many rows, -1 if the driver does not say.
    """

    entity: Any
    statement: Any
    rowcount: int


def summarise(changes: Iterable[Change]) -> list[Change]:
    """Return one change per object, the net of what happened to it, in order of the first."""
    net: dict[int, Change] = {}
    for change in changes:
        key = id(change.obj)
        known = net.get(key)
        if known is None:
            net[key] = change
        elif change.operation == "delete" and known.operation == "insert":
            del net[key]
        elif change.operation == "delete":
            del net[key]
            net[key] = change
        elif known.operation == "delete":
            net[key] = Change(change.obj, "update")  # its row was deleted and written again
    return list(net.values())
