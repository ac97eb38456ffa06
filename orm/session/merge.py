"""Session.merge(): copy an object's values onto this session's object for the same row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from orm import exc
from orm.flush.cascade import items_of
from orm.session import lifecycle
from orm.session.by_key import complete_identity, get_object
from orm.session.events import fire
from orm.state.instance_state import instance_dict
from orm.state.markers import NO_AUTOFLUSH, NO_VALUE, PASSIVE_MERGE, PASSIVE_NO_INITIALIZE

if TYPE_CHECKING:
    from orm.engine.result import FrozenResult
    from orm.session.session import Session

_T = TypeVar("_T")


def merge_object(session: Session, instance: _T, load: bool, options: Sequence[Any] | None) -> _T:
    """Return the session's object with `instance`'s values; see Session.merge."""
    merge = Merge(session, load, options)
    if load:
        session._autoflush()
    before, session.autoflush = session.autoflush, False
    try:
        merged: _T = merge.merge(instance)
        return merged
    finally:
        session.autoflush = before


def merge_rows(
    session: Session, elements: Sequence[Any], rows: Iterable[Sequence[Any]], load: bool
) -> list[tuple[Any, ...]]:
    """Return rows of another session with this session's objects in them.

    elements: the members of the select() that gave the rows; those which are whole entities are merged.
    """
    whole = [each._is_from_clause and "parententity" in each._annotations for each in elements]
    return [
        tuple(
            session.merge(value, load=load) if is_entity and value is not None else value
            for is_entity, value in zip(whole, row, strict=True)
        )
        for row in rows
    ]


def merge_frozen_result(
    session: Session, statement: Any, frozen_result: FrozenResult, load: bool = True
) -> FrozenResult:
    """Return a result that was frozen in another session, as `result.freeze()` does for a cache, with this session's objects.

    statement: the select() that gave it. load: False merges without SQL, for objects that were not changed. Calling what
    is returned gives a Result. Cost: as Session.merge() for each object.
    """
    if load:
        session._autoflush()
    with session.no_autoflush:
        rows = merge_rows(session, statement._raw_columns, frozen_result.rewrite_rows(), load)
    return frozen_result.with_new_rows(rows)


class Merge:
    """One call of merge(): remembers what it has copied, so that cycles end."""

    def __init__(self, session: Session, load: bool, options: Sequence[Any] | None) -> None:
        self.session = session
        self.load = load
        self.options = options
        self.done: dict[Any, Any] = {}
        self.by_key: dict[Any, Any] = {}

    def merge(self, instance: Any) -> Any:
        """Return the session's object for `instance`."""
        state = lifecycle.state_of(instance)
        if state in self.done:
            return self.done[state]
        session = self.session
        if state.session is session and (state.persistent or state in session._new):
            self.done[state] = instance
            self._merge_related(state, instance, instance)
            return instance
        if not self.load:
            _check_unchanged(state)
        target, fresh = self._target(state)
        self.done[state] = target
        self._copy(state, instance, target, fresh)
        target_state = lifecycle.state_of(target)
        if fresh:
            fire(target_state.manager.dispatch.load, target_state, None)
        elif not self.load:
            fire(target_state.manager.dispatch.refresh, target_state, None, None)
        return target

    def _target(self, state: Any) -> tuple[Any, bool]:
        """Return the object to copy onto, and whether it was made here."""
        session, mapper = self.session, state.mapper
        ident = state.ident
        if ident is None:
            ident = _ident_of_values(mapper, instance_dict(state()))
        key = (mapper.base_mapper, ident)
        if ident is not None:
            if key in self.by_key:
                return self.by_key[key], False
            found = session.identity_map.find(mapper.base_mapper, ident)
            target = found() if found is not None else None
            if target is None and self.load:
                target = get_object(session, mapper, ident, self.options)
            if target is not None:
                self.by_key[key] = target
                return target, False
        target, target_state = mapper.class_manager.new_instance()
        if ident is not None:
            self.by_key[key] = target
        if self.load:
            session.add(target)
        else:
            target_state.ident = ident
            lifecycle.make_persistent(session, target_state, target)
        return target, True

    def _copy(self, state: Any, instance: Any, target: Any, fresh: bool) -> None:
        source = instance_dict(instance)
        target_state = lifecycle.state_of(target)
        values = instance_dict(target)
        mapper = state.mapper
        self._check_version(mapper, source, target, fresh)
        for prop in mapper.column_attrs:
            key = prop.key
            if key not in source or key not in target_state.manager.impls:
                continue
            if not self.load:
                values[key] = source[key]
            elif fresh or key not in values or values[key] != source[key]:
                setattr(target, key, source[key])
        self._merge_related(state, instance, target)
        if not self.load:
            target_state.commit_all(values, self.session.identity_map)
            target_state.expired = state.expired

    def _check_version(self, mapper: Any, source: Any, target: Any, fresh: bool) -> None:
        column = mapper.version_id_col
        if column is None or fresh or not self.load:
            return
        key = mapper.column_key[column]
        given, present = source.get(key), getattr(target, key)
        if given is not None and given != present:
            raise exc.StaleDataError(
                f"The object to be merged has version {given!r}, but {lifecycle.state_of(target)!r} is at "
                f"version {present!r}: somebody changed it meanwhile. Merge an object without a "
                "version to overwrite it all the same."
            )

    def _merge_related(self, state: Any, instance: Any, target: Any) -> None:
        for prop in state.mapper.relationships:
            if prop.writes_only:
                if "merge" in prop.cascade:
                    self._merge_changes(prop, state, instance, target)
                continue
            value = instance_dict(instance).get(prop.key, NO_VALUE)
            if value is NO_VALUE or (prop.uselist and not value and _was_never_set(state, prop)):
                continue
            if "merge" in prop.cascade:
                self._merge_relationship(prop, instance, target)

    def _merge_changes(self, prop: Any, state: Any, instance: Any, target: Any) -> None:
        """Of a collection that is never loaded, what was put in and not flushed is merged."""
        impl = state.manager.impls[prop.key]
        added = [self.merge(item) for item in impl.members(state, PASSIVE_NO_INITIALIZE)]
        if instance is target or not self.load:
            return
        view = getattr(target, prop.key)
        for item in added:
            view.add(item)

    def _merge_relationship(self, prop: Any, instance: Any, target: Any) -> None:
        key = prop.key
        value = instance_dict(instance)[key]
        target_state = lifecycle.state_of(target)
        impl = target_state.manager.impls[key]
        if self.load and prop.uselist and instance is not target:
            # what is there has to be known, whatever the relationship says of lazy loads
            impl.get(target_state, instance_dict(target), PASSIVE_MERGE | NO_AUTOFLUSH)
        if not prop.uselist:
            merged = None if value is None else self.merge(value)
            if instance is target:
                return
            if self.load:
                setattr(target, key, merged)
            else:
                impl.set_committed_value(target_state, instance_dict(target), merged)
            return
        members = [self.merge(item) for item in items_of(value) if item is not None]
        if instance is target:
            return
        if not self.load:
            impl.set_committed_value(target_state, instance_dict(target), members)
        elif isinstance(value, dict):
            setattr(target, key, dict(zip(value, members, strict=True)))
        else:
            setattr(target, key, set(members) if isinstance(value, (set, frozenset)) else members)


def _was_never_set(state: Any, prop: Any) -> bool:
    """Return whether an empty collection of a new object came to be by mere reading."""
    noted_as = state.manager.impls[prop.key].noted_as
    return state.ident is None and noted_as not in state.committed


def _check_unchanged(state: Any) -> None:
    """Raise exc.InvalidRequestError for what merge(load=False) cannot copy as if loaded."""
    if state.ident is None:
        raise exc.InvalidRequestError(
            f"merge(load=False) takes objects that have a row; {state!r} is new. Flush it in its "
            "session before, or merge it with load=True."
        )
    if state.modified:
        raise exc.InvalidRequestError(
            "merge(load=False) takes objects without changes only: flush, expire or "
            f"expunge {state!r} before."
        )


def _ident_of_values(mapper: Any, values: dict[str, Any]) -> Any:
    return complete_identity(mapper, [values.get(key) for key in mapper.pk_keys])
