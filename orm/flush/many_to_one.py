"""Many-to-one: an object takes its foreign key from what it refers to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from orm import exc
from orm.flush.cascade import items_of
from orm.flush.processor import (
    Pair,
    Processor,
    clear_key,
    cleared_keys,
    pairs_of,
    read_key,
    set_key,
    sync_keys,
)
from orm.state.backrefs import has_parent
from orm.state.instance_state import instance_dict, instance_state
from orm.state.markers import PASSIVE_NO_INITIALIZE, PASSIVE_OFF

if TYPE_CHECKING:
    from orm.flush.unit_of_work import UnitOfWork


class ManyToOne(Processor):
    """The objects handed in refer to others."""

    def __init__(self, mapper: Any, prop: Any) -> None:
        super().__init__(mapper, prop)
        self.keys = sync_keys(prop.mapper, mapper, prop.synchronize_pairs)
        self.cleared = cleared_keys(mapper, prop.synchronize_pairs)

    def prepare_saves(self, uow: UnitOfWork, pairs: Sequence[Pair]) -> None:
        """An object that is referred to no longer is deleted, if it is owned by this side."""
        if self.deletes_orphans:
            for state, obj in pairs:
                if self.has_change(state):
                    history = self.history(state, obj, PASSIVE_OFF)
                    self._delete_orphans(uow, history.deleted)

    def _delete_orphans(self, uow: UnitOfWork, items: Iterable[Any]) -> None:
        for child_state, child in pairs_of(items):
            if child_state.ident is not None and not has_parent(self.prop, child_state):
                uow.add_delete(child_state, child)

    def prepare_deletes(self, uow: UnitOfWork, pairs: Sequence[Pair]) -> None:
        """What the deleted objects owned, now or before, is deleted with them."""
        if self.cascades_delete:
            for state, obj in pairs:
                for child_state, child in pairs_of(self.history(state, obj).non_deleted()):
                    uow.add_delete(child_state, child)
        if self.deletes_orphans:
            for state, obj in pairs:
                history = self.history(state, obj, PASSIVE_NO_INITIALIZE)
                self._delete_orphans(uow, history.deleted)

    def pull(self, uow: UnitOfWork, pairs: Sequence[Pair]) -> None:
        """Take the foreign keys from what the objects refer to now."""
        if not self.post_update:
            self.pull_now(uow, pairs)

    def pull_now(self, uow: UnitOfWork, pairs: Sequence[Pair]) -> list[Pair]:
        """As pull(), also with post_update; returns the objects written to."""
        key, keys, prop = self.key, self.keys, self.prop
        uselist = prop.uselist
        self_ref = uow.session._self_ref
        written: list[Pair] = []
        for pair in pairs:
            state, obj = pair
            dict_ = instance_dict(obj)
            if state.ident is None:
                if key not in dict_:
                    continue
            elif not self.has_change(state):
                continue
            target = dict_.get(key)
            if uselist:
                target = next(iter(items_of(target or ())), None)
            if target is None:
                for dest in self.cleared:
                    clear_key(uow, state, obj, dest, prop)
                written.append(pair)
                continue
            self.refuse_other(target)
            target_state = instance_state(target)
            if target_state.session_ref is not self_ref:
                self.belongs(uow, target_state)
                continue
            values = instance_dict(target)
            for source, dest in keys:
                value = values.get(source)
                if value is None:
                    value = read_key(target_state, target, source)
                if value is None and target is obj:
                    self._refuse_circle(state)
                set_key(state, dict_, dest, value)
            written.append(pair)
        return written

    def _refuse_circle(self, state: Any) -> NoReturn:
        raise exc.CircularDependencyError(
            f"{self.prop} of {state!r} refers to the object itself, which has no key before it is written. "
            "Give the relationship post_update=True, or the object its key.",
            {state},
            set(),
        )

    def save_edges(self, uow: UnitOfWork, bucket: dict[Any, Any]) -> Iterable[tuple[Any, Any]]:
        """What is referred to comes before the objects that refer to it."""
        if self.post_update:
            return
        for state, obj in bucket.items():
            target = instance_dict(obj).get(self.key)
            if self.prop.uselist:
                target = next(iter(items_of(target or ())), None)
            if target is not None and (state.ident is None or self.has_change(state)):
                yield instance_state(target), state

    def mapper_edges(self) -> Iterable[tuple[Any, Any]]:
        """The mapper referred to comes first."""
        if self.post_update:
            return ()
        return ((self.prop.mapper.base_mapper, self.mapper.base_mapper),)
