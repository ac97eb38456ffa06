"""History: what an attribute was, is, and stopped being since the last flush."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orm.state.instance_state import instance_state
from orm.state.markers import INIT_OK, NO_VALUE, PASSIVE_NO_RESULT, PASSIVE_OFF
from orm.util.record import Record


class History(Record):
    """Three sequences: values added, unchanged and deleted. True if there is any value."""

    added: Sequence[Any]
    unchanged: Sequence[Any]
    deleted: Sequence[Any]

    def __bool__(self) -> bool:
        return bool(self.added or self.unchanged or self.deleted)

    def empty(self) -> bool:
        """Return whether there is neither a change nor a value."""
        return not self

    def has_changes(self) -> bool:
        """Return whether something was added or deleted."""
        return bool(self.added or self.deleted)

    def sum(self) -> list[Any]:
        """Return added, unchanged and deleted values."""
        return [*self.added, *self.unchanged, *self.deleted]

    def non_deleted(self) -> list[Any]:
        """Return added and unchanged values."""
        return [*self.added, *self.unchanged]

    def non_added(self) -> list[Any]:
        """Return unchanged and deleted values."""
        return [*self.unchanged, *self.deleted]


HISTORY_BLANK = History((), (), ())


def make_scalar_history(current: Any, original: Any, *, known: bool, same: bool) -> History:
    """Return the history of an attribute with a single value.

    current: the value, NO_VALUE if there is none. original: the value before the change.
    known: whether there was a change at all. same: whether both values are equal.
    """
    if not known:
        return HISTORY_BLANK if current is NO_VALUE else History((), [current], ())
    if current is not NO_VALUE and same:
        return History((), [current], ())
    added = () if current is NO_VALUE else [current]
    deleted = () if original in (NO_VALUE, PASSIVE_NO_RESULT) else [original]
    return History(added, (), deleted)


def make_collection_history(current: list[Any], original: Any) -> History:
    """Return the history of a collection by identity of its members, in their order.

    original: the members before the change, None if it is unchanged, NO_VALUE if it had none.
    """
    if original is None:
        return History((), current, ())
    if original is NO_VALUE:
        return History(current, (), ())
    before = {id(item) for item in original}
    after = {id(item) for item in current}
    return History(
        [item for item in current if id(item) not in before],
        [item for item in current if id(item) in before],
        [item for item in original if id(item) not in after],
    )


def get_history(obj: Any, key: str, passive: int = PASSIVE_OFF ^ INIT_OK) -> History:
    """Return the History of one attribute of a mapped object.

    passive: how far to go for a value that is not loaded; see `orm.state.markers`.
    """
    found: History = instance_state(obj).get_history(key, passive)
    return found
