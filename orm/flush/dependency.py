"""The relationships of a mapper as the flush uses them, and what concerns several of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from orm.flush.many_to_many import ManyToMany
from orm.flush.many_to_one import ManyToOne
from orm.flush.one_to_many import OneToMany
from orm.flush.processor import Pair, Processor, clear_key
from orm.flush.update import update_columns
from orm.state.instance_state import instance_dict
from orm.state.markers import NO_VALUE

if TYPE_CHECKING:
    from orm.flush.unit_of_work import UnitOfWork

_KINDS: dict[str, type[Processor]] = {
    "ONETOMANY": OneToMany,
    "MANYTOONE": ManyToOne,
    "MANYTOMANY": ManyToMany,
}


def processors_of(mapper: Any) -> tuple[Any, ...]:
    """Return the processors of a mapper's relationships, made once per mapper."""
    found = mapper.templates.get("flush processors")
    if found is None:
        found = tuple(
            _KINDS[prop.direction.name](mapper, prop)
            for prop in mapper.relationships
            if not prop.viewonly
        )
        mapper.templates["flush processors"] = found
    return found  # type: ignore[no-any-return]


def owners_of(mapper: Any) -> tuple[Any, ...]:
    """Return the relationships with delete-orphan whose members are of this mapper."""
    found = mapper.templates.get("flush owners")
    if found is None:
        owners: dict[Any, None] = {}
        for other in mapper.registry.mappers:
            for prop in other.relationships:
                if "delete-orphan" in prop.cascade and mapper.isa(prop.mapper):
                    owners[prop] = None
        found = mapper.templates["flush owners"] = tuple(owners)
    return found  # type: ignore[no-any-return]


def link_processors(uow: UnitOfWork) -> list[Any]:
    """Return the many-to-many processors of all mappers in the flush."""
    mappers = dict.fromkeys([*uow.saves, *uow.deletes])
    return [
        processor
        for mapper in mappers
        for processor in processors_of(mapper)
        if isinstance(processor, ManyToMany)
    ]


def post_update_saves(uow: UnitOfWork) -> None:
    """Write the foreign keys which had to wait until all rows are there."""
    for mapper, bucket in list(uow.saves.items()):
        for processor in processors_of(mapper):
            if not processor.post_update:
                continue
            pairs = list(bucket.items())
            if isinstance(processor, ManyToOne):
                _write(uow, processor.pull_now(uow, pairs), processor)
            elif isinstance(processor, OneToMany):
                _write(uow, processor.push_now(uow, pairs), processor)


def post_update_deletes(uow: UnitOfWork) -> None:
    """Blank the foreign keys of rows to be deleted which refer to each other."""
    for mapper, bucket in list(uow.deletes.items()):
        for processor in processors_of(mapper):
            if not (processor.post_update and isinstance(processor, ManyToOne)):
                continue
            pairs = [
                (state, obj)
                for state, obj in bucket.items()
                if any(instance_dict(obj).get(dest) is not None for dest in processor.cleared)
            ]
            for state, obj in pairs:
                for dest in processor.cleared:
                    clear_key(uow, state, obj, dest, processor.prop)
            _write(uow, pairs, processor)


def _write(uow: UnitOfWork, pairs: Sequence[Pair], processor: Any) -> None:
    by_mapper: dict[Any, list[Pair]] = {}
    for state, obj in pairs:
        by_mapper.setdefault(state.manager.mapper, []).append((state, obj))
    for mapper, own in by_mapper.items():
        update_columns(uow, mapper, own, [dest for _source, dest in processor.keys])


def delete_edges(group: Sequence[Any], states: dict[Any, Any]) -> Iterable[tuple[Any, Any]]:
    """Return (referring, referred to) among rows to be deleted, by their foreign keys.

    The values in the rows decide, not the collections, which need not be loaded.
    """
    edges: list[tuple[Any, Any]] = []
    for mapper in group:
        for processor in processors_of(mapper):
            if processor.post_update or isinstance(processor, ManyToMany):
                continue
            edges.extend(_edges_of(processor, states))
    return edges


def _edges_of(processor: Any, states: dict[Any, Any]) -> Iterable[tuple[Any, Any]]:
    to_one = isinstance(processor, ManyToOne)
    target = processor.prop.mapper if to_one else processor.mapper
    child = processor.mapper if to_one else processor.prop.mapper
    sources = [source for source, _ in processor.keys]
    by_key = {
        tuple(_former(state, obj, key) for key in sources): state
        for state, obj in states.items()
        if state.manager.mapper.isa(target)
    }
    for state, obj in states.items():
        if state.manager.mapper.isa(child):
            found = by_key.get(tuple(_former(state, obj, dest) for _, dest in processor.keys))
            if found is not None and found is not state:
                yield state, found


def _former(state: Any, obj: Any, key: str) -> Any:
    """Return the value which the row has: the one before any change."""
    original = state.committed.get(key, NO_VALUE)
    if original is not NO_VALUE:
        return original
    dict_ = instance_dict(obj)
    return dict_[key] if key in dict_ else getattr(obj, key, None)
