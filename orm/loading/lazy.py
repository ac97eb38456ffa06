"""Lazy loading of relationships: what happens when an attribute that is not loaded is read.

The related object may be in the identity map already; else the batch of peers is loaded with
one statement, unless options or modes say otherwise.
"""

from __future__ import annotations

from typing import Any

from orm import exc
from orm.engine.execution import Reason
from orm.loading.batch import choose_mode, find_batch
from orm.loading.raising import make_detached_error, make_raised_error, warn_of_load
from orm.loading.selectin import (
    RelationPlan,
    fill_parents,
    find_known,
    get_relation_plan,
    parent_key,
    put,
)
from orm.state.markers import (
    ATTR_EMPTY,
    ATTR_WAS_SET,
    LOAD_AGAINST_COMMITTED,
    NO_AUTOFLUSH,
    NO_RAISE,
    NO_VALUE,
    PASSIVE_NO_RESULT,
    RELATED_OBJECT_OK,
    SQL_OK,
)


class LazyLoader:
    """The loader of one relationship of one class; `impl.loader` is an instance."""

    __slots__ = ("name", "prop")

    def __init__(self, prop: Any) -> None:
        self.prop = prop
        self.name = f"{prop.parent.class_.__name__}.{prop.key}"

    def __call__(self, state: Any, passive: int) -> Any:
        """Load the relationship of `state`'s object, and of its peers.

        Returns ATTR_WAS_SET, ATTR_EMPTY where there is no row yet, PASSIVE_NO_RESULT where
        `passive` forbids what would be needed, or the value itself when it was asked for
        against the committed foreign key.
        Raises exc.DetachedInstanceError, and exc.InvalidRequestError in mode "raise".
        Cost: no SQL if the identity map has the object, else one SELECT.
        """
        prop = self.prop
        session = state.session
        if state.ident is None and not (session is not None and _loads_without_row(prop, state)):
            return ATTR_EMPTY
        strategy, node, said = self._settings(state)
        if strategy == "noload":
            return ATTR_EMPTY
        if session is None:
            if passive & NO_RAISE or not passive & SQL_OK:
                return PASSIVE_NO_RESULT
            raise make_detached_error(state, prop.key)
        if strategy == "raise" and not passive & NO_RAISE and passive & SQL_OK:
            raise make_raised_error(state, self.name, strategy)
        if not passive & RELATED_OBJECT_OK:
            return PASSIVE_NO_RESULT
        # the session may have what is wanted, so that no connection is asked for yet
        transaction = session._transaction
        connection = None if transaction is None else transaction.sole_connection
        plan = get_relation_plan(connection or session.get_bind(prop.mapper), prop, node, said)
        obj = state()
        if not passive & LOAD_AGAINST_COMMITTED:
            if self._is_resolved(session, plan, state, obj, passive):
                return ATTR_WAS_SET
            if not passive & SQL_OK:
                return PASSIVE_NO_RESULT
        if connection is None and passive & SQL_OK:  # its schemas may be others than the engine's
            connection = session._connection_for(mapper=prop.mapper)
            plan = get_relation_plan(connection, prop, node, said)
        if passive & LOAD_AGAINST_COMMITTED:
            return self._load_committed(session, plan, state, passive)
        mode = self._check_mode(state, session, strategy, passive)
        if not passive & NO_AUTOFLUSH:
            session._autoflush()
            if prop.key in obj.__dict__:
                return ATTR_WAS_SET
        self._load_batch(session, plan, state, obj, mode)
        return ATTR_WAS_SET

    def _settings(self, state: Any) -> tuple[str, Any, Any]:
        """Return (strategy, options for the related entity, what they say of this step)."""
        prop = self.prop
        options = None if state.load is None else state.load.options
        if options is None:
            return prop.lazy, None, None
        key = prop.key
        return (
            options.strategy_for(key, prop.lazy),
            options.node_for_lazy(key),
            options.relations.get(key),
        )

    def _is_resolved(
        self, session: Any, plan: RelationPlan, state: Any, obj: Any, passive: int
    ) -> bool:
        """Try to do without SQL: a foreign key that is None, or an object that is known."""
        values = obj.__dict__
        if any(key not in values for key in plan.parent_keys):
            if not passive & SQL_OK:
                return False
            if passive & NO_AUTOFLUSH:
                with session.no_autoflush:
                    parent_key(plan, obj)
        key = parent_key(plan, obj)
        if self.prop.key in values:
            return True
        if key is None:
            put(obj, self.prop, [] if self.prop.uselist else None)
            return True
        known = find_known(session, plan, key)
        if known is None:
            return False
        put(obj, self.prop, known)
        return True

    def _load_committed(self, session: Any, plan: RelationPlan, state: Any, passive: int) -> Any:
        """Return what the relationship had before its foreign key was changed."""
        committed = state.committed
        values = state.dict
        parts = [committed.get(key, values.get(key, NO_VALUE)) for key in plan.parent_keys]
        if any(part is NO_VALUE or part is PASSIVE_NO_RESULT for part in parts):
            return PASSIVE_NO_RESULT
        if any(part is None for part in parts):
            return [] if self.prop.uselist else None
        key = parts[0] if len(parts) == 1 else tuple(parts)
        known = find_known(session, plan, key)
        if known is not None:
            return known
        if not passive & SQL_OK:
            return PASSIVE_NO_RESULT
        found = plan.load(session, [key], Reason("lazy_load", self.name, 1))
        return plan.choose(found, key)

    def _check_mode(self, state: Any, session: Any, strategy: str, passive: int) -> str:
        """Return how far the batch goes; raise or warn if the mode says so."""
        mode = choose_mode(state, session, getattr(self.prop, "lazy_loads", None))
        if passive & NO_RAISE:
            return "one" if mode == "one" else "peers"
        if strategy == "raise_on_sql" or mode == "raise":
            raise make_raised_error(state, self.name, strategy if mode != "raise" else mode)
        if mode == "warn":
            warn_of_load(state, self.name)
        return mode

    def _load_batch(
        self, session: Any, plan: RelationPlan, state: Any, obj: Any, mode: str
    ) -> None:
        """Load for the object and the peers that lack the value."""
        key = self.prop.key
        parent = self.prop.parent
        manager = parent.class_manager
        keys = plan.parent_keys

        def lacks(peer: Any, found: Any) -> bool:
            values = found.__dict__
            if key in values:
                return False
            if peer.manager is not manager and not peer.manager.mapper.isa(parent):
                return False
            if peer.committed and peer.manager.impls[key].noted_as in peer.committed:
                return False
            for each in keys:  # noqa: SIM110 - a generator costs more than the loop
                if each not in values:
                    return False
            return True

        batch = find_batch(state, obj, session.identity_map, lacks, mode)
        reason = Reason("lazy_load", self.name, len(batch))
        load_mode = None if state.load is None else state.load.mode
        parents = [each[1] for each in batch]
        fill_parents(session, plan, parents, reason, mode=load_mode)
        if key not in obj.__dict__:
            raise exc.InvalidRequestError(f"{self.name} of {state!r} could not be loaded.")

    def __repr__(self) -> str:
        return f"<LazyLoader {self.name}>"


def _loads_without_row(prop: Any, state: Any) -> bool:
    """Return whether the foreign keys of a new object are enough to load by."""
    return prop.load_on_pending or (state.extra is not None and state.extra.loads_related)
