"""One-to-many: the key of a saved parent goes into its children."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from orm.flush import emit
from orm.flush.cascade import items_of, related_objects
from orm.flush.processor import (
    Pair,
    Processor,
    clear_key,
    cleared_keys,
    ident_parts,
    pairs_of,
    read_key,
    set_key,
    sync_keys,
)
from orm.state.backrefs import has_parent
from orm.state.instance_state import instance_dict, instance_state
from orm.state.markers import LOAD_AGAINST_COMMITTED, NO_VALUE, PASSIVE_NO_INITIALIZE, PASSIVE_OFF

if TYPE_CHECKING:
    from orm.flush.unit_of_work import UnitOfWork


class OneToMany(Processor):
    """Children refer to the objects handed in."""

    def __init__(self, mapper: Any, prop: Any) -> None:
        super().__init__(mapper, prop)
        self.keys = sync_keys(mapper, prop.mapper, prop.synchronize_pairs)
        self.cleared = cleared_keys(prop.mapper, prop.synchronize_pairs)
        self.source_keys = [source for source, _ in self.keys]

    def prepare_saves(self, uow: UnitOfWork, pairs: Sequence[Pair]) -> None:
        """Take in added children, and let go of removed ones."""
        for state, obj in pairs:
            if state.ident is None:
                for child_state, child in self._children(state, obj):
                    self.refuse_other(child)
                    if self.belongs(uow, child_state):
                        uow.add_save(child_state, child, owned=True)
                continue
            if self.has_change(state):
                history = self.history(state, obj)
                self.refuse_none(history.added if self.prop.uselist else ())
                for child_state, child in pairs_of(history.added):
                    self.refuse_other(child)
                    if self.belongs(uow, child_state):
                        uow.add_save(child_state, child, owned=True)
                for child_state, child in pairs_of(history.deleted):
                    self._let_go(uow, child_state, child)
            if self._key_changed(state):
                self._take_along(uow, state, obj)

    def _children(self, state: Any, obj: Any) -> list[Pair]:
        if self.prop.uselist:
            self.refuse_none(items_of(instance_dict(obj).get(self.key) or ()))
        found = related_objects(state, instance_dict(obj), self.prop, PASSIVE_NO_INITIALIZE)
        return [(instance_state(child), child) for child in found]

    def _let_go(self, uow: UnitOfWork, child_state: Any, child: Any) -> None:
        """A child was taken out: an orphan is deleted, another loses its foreign key."""
        if child_state.session_ref is not uow.session._self_ref or child_state.ident is None:
            return
        if child_state.was_deleted or uow.is_delete(child_state):
            return
        if has_parent(self.prop, child_state):
            return
        if self.deletes_orphans:
            uow.add_delete(child_state, child)
            return
        self._clear(uow, child_state, child)
        uow.add_save(child_state, child)

    def _clear(self, uow: UnitOfWork, child_state: Any, child: Any) -> None:
        for dest in self.cleared:
            clear_key(uow, child_state, child, dest, self.prop)

    def _key_changed(self, state: Any) -> bool:
        return any(key in state.committed for key in self.source_keys)

    def _take_along(self, uow: UnitOfWork, state: Any, obj: Any) -> None:
        """The parent's key changes: write the children too, unless the database does it."""
        passive = PASSIVE_NO_INITIALIZE
        if not self.prop.passive_updates:
            passive = PASSIVE_OFF | LOAD_AGAINST_COMMITTED
            for key, value in ident_parts(state).items():
                if state.committed.get(key) is NO_VALUE:
                    state.committed[key] = value
        history = self.history(state, obj, passive)
        if not self.prop.passive_updates:
            emit.defer_foreign_keys(uow, self.mapper)
            for child_state, child in pairs_of(history.unchanged):
                uow.add_save(child_state, child)

    def prepare_deletes(self, uow: UnitOfWork, pairs: Sequence[Pair]) -> None:
        """Children of deleted parents lose their foreign key, unless they are deleted too."""
        passive_deletes = self.prop.passive_deletes
        if passive_deletes == "all":
            return
        passive = PASSIVE_NO_INITIALIZE if passive_deletes or self.cascades_delete else PASSIVE_OFF
        for state, obj in pairs:
            history = self.history(state, obj, passive)
            for child_state, child in pairs_of(history.deleted):
                if child_state.ident is None or uow.is_delete(child_state):
                    continue
                if has_parent(self.prop, child_state):
                    continue
                if self.deletes_orphans:
                    uow.add_delete(child_state, child)
                else:
                    self._disown(uow, child_state, child)
            if self.cascades_delete:
                continue
            for child_state, child in pairs_of(history.unchanged):
                if not uow.is_delete(child_state) and not child_state.was_deleted:
                    self._disown(uow, child_state, child)

    def _disown(self, uow: UnitOfWork, child_state: Any, child: Any) -> None:
        if child_state.session_ref is uow.session._self_ref:
            self._clear(uow, child_state, child)
            uow.add_save(child_state, child)

    def push(self, uow: UnitOfWork, pairs: Sequence[Pair]) -> None:
        """Write the parents' keys into their children."""
        if not self.post_update:
            self.push_now(uow, pairs)

    def push_now(self, uow: UnitOfWork, pairs: Sequence[Pair]) -> list[Pair]:
        """As push(), also with post_update; returns the children written to."""
        written: list[Pair] = []
        for state, obj in pairs:
            children = self._to_write(uow, state, obj)
            if not children:
                continue
            keys = [(read_key(state, obj, source), dest) for source, dest in self.keys]
            for child_state, child in children:
                if child_state.session_ref is not uow.session._self_ref:
                    continue
                dict_ = instance_dict(child)
                for value, dest in keys:
                    set_key(child_state, dict_, dest, value)
                written.append((child_state, child))
        return written

    def _to_write(self, uow: UnitOfWork, state: Any, obj: Any) -> Sequence[Pair]:
        if state.ident is None:
            return self._children(state, obj)
        if state in uow.new_idents:
            return pairs_of(self.history(state, obj).non_deleted())
        if not self.has_change(state):
            return ()
        return pairs_of(self.history(state, obj).added)

    def save_edges(self, uow: UnitOfWork, bucket: dict[Any, Any]) -> Iterable[tuple[Any, Any]]:
        """Parents come before the children put into them."""
        if self.post_update:
            return
        for state, obj in bucket.items():
            if state.ident is None or self.has_change(state):
                for child_state, _child in self._to_write(uow, state, obj):
                    yield state, child_state

    def mapper_edges(self) -> Iterable[tuple[Any, Any]]:
        """The parent's mapper comes before the children's."""
        if self.post_update:
            return ()
        return ((self.mapper.base_mapper, self.prop.mapper.base_mapper),)
