"""Primary keys that change: what refers to them has to follow.

With `passive_updates` (the default) the database follows by itself, by ON UPDATE CASCADE.
Otherwise the flush writes the new key into the rows that refer to the old one: those of a
collection are loaded for it (see `one_to_many`), those that refer by a many-to-one are taken
from the session. A foreign key is hurt between the two statements, so that the database has
to check it at the end, if it can.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from orm.flush import dependency, emit
from orm.flush.many_to_many import ManyToMany
from orm.flush.many_to_one import ManyToOne
from orm.flush.processor import Pair, ident_parts, read_key, set_key
from orm.state.instance_state import instance_dict

if TYPE_CHECKING:
    from orm.flush.unit_of_work import UnitOfWork


def changes_key(state: Any) -> bool:
    """Return whether an object with a row, whose key was written to, has another key now."""
    values = state.dict
    return any(
        emit.is_expression(values[key]) or values[key] != old
        for key, old in ident_parts(state).items()
        if key in values
    )


def find_followers(uow: UnitOfWork) -> None:
    """Add the objects of the session that refer, by a many-to-one, to a key which changes."""
    for mapper, bucket in list(uow.saves.items()):
        keys = frozenset(mapper.pk_keys)
        switching = [
            state
            for state in bucket
            if state.ident is not None
            and state.committed
            and not keys.isdisjoint(state.committed)
            and changes_key(state)
        ]
        if not switching:
            continue
        uow.switching = True
        if _writes_further_tables(mapper):
            emit.defer_foreign_keys(uow, mapper)
        for processor in _referring(mapper):
            _find_for(uow, processor, switching)


def _writes_further_tables(mapper: Any) -> bool:
    """Return whether the key stands in tables which the flush has to bring in line."""
    if not mapper.passive_updates and len(mapper.tables) > 1:
        return True
    return any(
        isinstance(processor, ManyToMany) and not processor.prop.passive_updates
        for processor in dependency.processors_of(mapper)
    )


def _referring(mapper: Any) -> Iterator[ManyToOne]:
    for other in mapper.registry.mappers:
        if other.concrete or not other.configured:
            continue
        for processor in dependency.processors_of(other):
            if isinstance(processor, ManyToOne) and mapper.isa(processor.prop.mapper):
                yield processor


def _find_for(uow: UnitOfWork, processor: ManyToOne, switching: Iterable[Any]) -> None:
    keys = processor.keys
    by_key = {
        tuple(ident_parts(state).get(source) for source, _dest in keys): state
        for state in switching
    }
    mapper = processor.mapper
    identities = uow.session.identity_map.for_mapper(mapper.base_mapper)
    for child_state in list(identities.values()):
        child = child_state()
        if child is None or child_state.manager.mapper is not mapper:
            continue
        if not processor.prop.passive_updates:
            for _source, dest in keys:
                read_key(child_state, child, dest)
        values, committed = instance_dict(child), child_state.committed
        parts = tuple(committed.get(dest, values.get(dest)) for _source, dest in keys)
        target = by_key.get(parts)
        if target is None or processor.has_change(child_state):
            continue
        if not processor.prop.passive_updates:
            emit.defer_foreign_keys(uow, mapper)
            uow.add_save(child_state, child)
        uow.followers.setdefault(child_state, []).append((processor, target))


def follow(uow: UnitOfWork, pairs: Iterable[Pair]) -> None:
    """Give the objects about to be saved the new keys of what they refer to."""
    for state, obj in pairs:
        for processor, target in uow.followers.get(state, ()):
            dict_ = instance_dict(obj)
            for source, dest in processor.keys:
                set_key(state, dict_, dest, read_key(target, target(), source))
