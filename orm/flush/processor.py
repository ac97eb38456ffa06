"""Processor: what one relationship contributes to a flush; base of the three directions."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.state.instance_state import instance_dict, instance_state
from orm.state.markers import NO_RAISE, NO_VALUE, PASSIVE_NO_INITIALIZE

if TYPE_CHECKING:
    from orm.flush.unit_of_work import UnitOfWork

Pair = tuple[Any, Any]


class Processor:
    """One relationship of one mapper, as the flush sees it.

    mapper: the mapper whose states are handed in (the parent's, or a subclass of it).
    keys: (attribute with the key on the side referred to, attribute with the foreign key).
    """

    def __init__(self, mapper: Any, prop: Any) -> None:
        self.mapper = mapper
        self.prop = prop
        self.key: str = prop.key
        self.impl = mapper.class_manager.impls[prop.key]
        self.post_update = bool(prop.post_update)
        self.deletes_orphans = "delete-orphan" in prop.cascade
        self.cascades_delete = "delete" in prop.cascade
        #: what related objects are instances of
        self.target: type = prop.mapper.class_ if prop.enable_typechecks else object

    # -- steps, in the order of a flush; each direction overrides what it needs

    def prepare_saves(self, uow: UnitOfWork, pairs: Sequence[Pair]) -> None:
        """Add objects which have to be written because of changes here."""

    def prepare_deletes(self, uow: UnitOfWork, pairs: Sequence[Pair]) -> None:
        """Add objects which have to be written because these are deleted."""

    def pull(self, uow: UnitOfWork, pairs: Sequence[Pair]) -> None:
        """Before these are saved: take foreign keys from what they refer to."""

    def push(self, uow: UnitOfWork, pairs: Sequence[Pair]) -> None:
        """After these are saved: give their keys to what refers to them."""

    def save_edges(self, uow: UnitOfWork, bucket: dict[Any, Any]) -> Iterable[tuple[Any, Any]]:
        """Return pairs of states of which the first must be saved before the second."""
        return ()

    def mapper_edges(self) -> Iterable[tuple[Any, Any]]:
        """Return pairs of base mappers of which the first must be saved before the second."""
        return ()

    def delete_links(self, uow: UnitOfWork) -> None:
        """Delete association rows."""

    def insert_links(self, uow: UnitOfWork) -> None:
        """Insert association rows."""

    # -- for the subclasses

    def history(self, state: Any, obj: Any, passive: int = PASSIVE_NO_INITIALIZE) -> Any:
        """Return the History of the relationship."""
        return self.impl.get_history(state, instance_dict(obj), passive | NO_RAISE)

    def has_change(self, state: Any) -> bool:
        """Return whether the relationship was changed since the last flush."""
        if self.impl.noted_as in state.committed:
            return True
        extra = state.extra
        return extra is not None and extra.pending is not None and self.key in extra.pending

    def refuse_none(self, items: Iterable[Any]) -> None:
        """Raise exc.FlushError if None was put into the collection."""
        if any(item is None for item in items):
            raise exc.FlushError(
                f"{self.prop} contains None: a collection takes related objects only. "
                "Take it out before the flush."
            )

    def refuse_other(self, item: Any) -> None:
        """Raise exc.FlushError if a related object is of another class than the relationship leads to."""
        if not isinstance(item, self.target):
            raise exc.FlushError(
                f"{self.prop} leads to {self.target.__name__}, but a {type(item).__name__} was put into it: "
                f"{item!r:.100}. Put in an instance of {self.target.__name__} or of a class below it."
            )

    def belongs(self, uow: UnitOfWork, child_state: Any) -> bool:
        """Return whether the related object is in the session; warns if it is not."""
        if child_state.session_ref is uow.session._self_ref:
            return True
        warnings.warn(
            f"{self.prop} holds a {child_state.class_.__name__} which is not in the session, so "
            "that this flush leaves it out. session.add() it, or give the relationship "
            'cascade="save-update, merge".',
            exc.SAWarning,
            stacklevel=2,
        )
        return False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.prop}>"


def sync_keys(source: Any, dest: Any, pairs: Iterable[tuple[Any, Any]]) -> list[tuple[str, str]]:
    """Return attribute names for pairs of columns (referred to, foreign key)."""
    return [(source.column_key[a], dest.column_key[b]) for a, b in pairs]


def cleared_keys(dest: Any, pairs: Iterable[tuple[Any, Any]]) -> list[str]:
    """Return the attributes of a foreign key which become None when it refers to nothing any more.

    Of a key with parts that have another meaning too (the tenant in (tenant, parent)) only those that may be NULL.
    """
    columns = [column for _, column in pairs]
    nullable = [column for column in columns if column.nullable]
    return [dest.column_key[column] for column in nullable or columns]


def set_key(state: Any, dict_: dict[str, Any], key: str, value: Any) -> None:
    """Give a column attribute a value for this flush, noted as a change of the object."""
    old = dict_.get(key, NO_VALUE)
    if old is value or (old is not NO_VALUE and old == value):
        return
    if state.ident is not None:
        state.modified_event(key, old)
    if state.extra is not None and key in (state.expired or ()):
        state.expired = state.expired - {key} or None
    dict_[key] = value


def clear_key(uow: UnitOfWork, state: Any, obj: Any, key: str, prop: Any) -> None:
    """Set a foreign key to None, as the object has left a relationship.

    A part of a primary key needs another owner by the time the row is written.
    """
    if state.ident is not None and key in state.manager.mapper.pk_keys:
        uow.left[state] = prop
    set_key(state, instance_dict(obj), key, None)


def check_complete(uow: UnitOfWork, state: Any, obj: Any) -> None:
    """Raise AssertionError if a part of an object's primary key was blanked, and stays so."""
    prop = uow.left.get(state)
    if prop is None:
        return
    mapper = state.manager.mapper
    for key in mapper.pk_keys:
        if instance_dict(obj).get(key) is None:
            raise AssertionError(
                f"{state!r} left {prop}, but {mapper.class_.__name__}.{key} is part of its primary key "
                "and cannot become NULL. Let it be deleted with its owner: "
                'relationship(..., cascade="all, delete-orphan").'
            )


def ident_parts(state: Any) -> dict[str, Any]:
    """Return attribute -> value of the primary key as the row has it; empty without a row."""
    ident = state.ident
    if ident is None:
        return {}
    keys = state.manager.mapper.pk_keys
    return dict(zip(keys, ident if len(keys) > 1 else (ident,), strict=True))


def read_key(state: Any, obj: Any, key: str) -> Any:
    """Return a column attribute's value; an expired primary key is known by the identity."""
    dict_ = instance_dict(obj)
    if key in dict_:
        return dict_[key]
    parts = ident_parts(state)
    return parts[key] if key in parts else getattr(obj, key)


def pairs_of(items: Iterable[Any]) -> list[Pair]:
    """Return (state, object) of objects, None left out."""
    return [(instance_state(item), item) for item in items if item is not None]
