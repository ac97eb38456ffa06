"""The unit of work: which objects a flush saves and deletes, and in which order it does so.

One flush goes through four steps: collect the changed objects; let each relationship add
the objects that follow from them (`prepare`), until nothing is added; save mapper by
mapper, parents first; write association rows, and delete mapper by mapper, children first.
Only when all statements have succeeded are the objects told.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from orm.flush import dependency, key_switches, plan
from orm.flush.cascade import iterate_cascade
from orm.flush.delete import delete_states
from orm.flush.insert import insert_states, set_identities
from orm.flush.update import switch_rows, update_states
from orm.state.backrefs import has_parent
from orm.state.collection_attribute import CollectionAttribute
from orm.state.markers import UNCHANGED

if TYPE_CHECKING:
    from orm.protocols import SessionLike

Bucket = dict[Any, Any]

#: from this number of objects on, pausing the garbage collector pays
_MANY = 200


class UnitOfWork:
    """What one flush does. Given to the flush events as `flush_context`.

    saves, deletes: mapper -> state -> object, mappers in order of first use, states in the
    order in which they came. inserted: states whose statements have been sent.
    """

    def __init__(self, session: SessionLike) -> None:
        self.session = session
        self.saves: dict[Any, Bucket] = {}
        self.deletes: dict[Any, Bucket] = {}
        self.inserted: list[Any] = []
        #: the identities of `inserted`, in the same order
        self.idents: list[Any] = []
        #: states whose key changed -> their new identity
        self.new_idents: dict[Any, Any] = {}
        #: pending states which take over the row of a deleted one
        self.row_switches: dict[Any, Any] = {}
        self.replaced: list[Any] = []
        self.kept_alive: list[Any] = []
        #: states -> attribute names which the database has changed, to be expired at the end
        self.stale: dict[Any, list[str]] = {}
        #: states whose version an UPDATE of this flush has counted up
        self.counted: set[Any] = set()
        #: association rows already handled by the other side of the relationship
        self.linked: set[tuple[str, Any, Any, Any]] = set()
        #: persistent states which left a relationship that their primary key depends on
        self.left: dict[Any, Any] = {}
        #: whether an object with a row gets another primary key
        self.switching = False
        #: states -> (processor, state referred to) whose key changes, and theirs with it
        self.followers: dict[Any, list[tuple[Any, Any]]] = {}
        #: connections on which foreign keys are checked at the end of the transaction
        self.deferring: set[Any] = set()
        #: whether the last table's INSERT gives back what the database makes
        self.returns = True
        self._fresh: list[Any] = []

    # -- what takes part

    def is_save(self, state: Any) -> bool:
        """Return whether the flush inserts or updates this object."""
        bucket = self.saves.get(state.manager.mapper)
        return bucket is not None and state in bucket

    def is_delete(self, state: Any) -> bool:
        """Return whether the flush deletes this object."""
        bucket = self.deletes.get(state.manager.mapper)
        return bucket is not None and state in bucket

    def add_save(self, state: Any, obj: Any, owned: bool = False) -> None:
        """The object takes part; a save of one that is deleted, now or before, is ignored.

        owned: it was put into one that stays, which takes back a delete() of it.
        """
        if owned and self.deletes:
            self.keep(state)
        if self.is_delete(state) or state.was_deleted:
            return
        bucket = self.saves.setdefault(state.manager.mapper, {})
        if state not in bucket:
            bucket[state] = obj
            self._fresh.append(state)

    def add_delete(self, state: Any, obj: Any) -> None:
        """The object is to be deleted, and what its delete cascade reaches."""
        if self.is_delete(state) or state.ident is None or state.was_deleted:
            return
        self._put_delete(state, obj)
        for child_state, child in iterate_cascade("delete", state):
            if child_state.ident is not None and not child_state.was_deleted:
                self._put_delete(child_state, child)

    def _put_delete(self, state: Any, obj: Any) -> None:
        mapper = state.manager.mapper
        bucket = self.deletes.setdefault(mapper, {})
        if state not in bucket:
            self.saves.get(mapper, {}).pop(state, None)
            bucket[state] = obj
            self._fresh.append(state)

    def keep(self, state: Any) -> None:
        """An object marked with delete() was put into one that stays: it stays, too."""
        if state in self.session._deleted:
            for kept in self.session._withdraw_deletion(state):
                mapper = kept.manager.mapper
                obj = self.deletes.get(mapper, {}).pop(kept, None)
                if obj is not None:
                    self.saves.setdefault(mapper, {})[kept] = obj
                    self._fresh.append(kept)

    @property
    def has_switches(self) -> bool:
        """Whether an object's identity may not be the key of its row now."""
        return self.switching or bool(self.row_switches)

    @property
    def has_work(self) -> bool:
        """Whether any object takes part."""
        return any(self.saves.values()) or any(self.deletes.values())

    def collect(self, objects: Sequence[Any] | None) -> None:
        """Take in the session's new, changed and deleted objects (or those of `objects`)."""
        session = self.session
        wanted = None if objects is None else {id(obj) for obj in objects}
        modified = session.identity_map.modified
        for source in (session._new, modified):
            if not source:
                continue
            if wanted is None and not session._deleted and self._take_whole(source):
                continue
            mapper: Any = None
            bucket: Bucket = {}
            for state, obj in list(source.items()):
                if wanted is not None and id(obj) not in wanted:
                    continue
                if state in session._deleted:
                    continue
                if state.manager.mapper is not mapper:
                    mapper = state.manager.mapper
                    bucket = self.saves.setdefault(mapper, {})
                bucket[state] = obj
        if session._deleted:
            for state, obj in list(session._deleted.items()):
                if wanted is None or id(obj) in wanted:
                    self.deletes.setdefault(state.manager.mapper, {})[state] = obj
        self._sort_out_orphans()

    def _take_whole(self, source: Bucket) -> bool:
        """Take states in at once if they are of one class; returns whether they were."""
        # each mapped class has its own class of states
        kinds = set(map(type, source))
        if len(kinds) > 1:
            return False
        mapper = kinds.pop().manager.mapper  # type: ignore[attr-defined]
        bucket = self.saves.get(mapper)
        if bucket is None:
            self.saves[mapper] = source.copy()
        else:
            bucket.update(source)
        return True

    def _sort_out_orphans(self) -> None:
        """Persistent objects which lost their owner are deleted; pending ones stay out."""
        for mapper, bucket in list(self.saves.items()):
            owners = dependency.owners_of(mapper)
            if not owners:
                continue
            for state, obj in list(bucket.items()):
                persistent = state.ident is not None
                if all(has_parent(prop, state, optimistic=True) for prop in owners):
                    continue
                if persistent:
                    self.add_delete(state, obj)
                elif _was_orphaned(state, owners):
                    del bucket[state]
                    self.session._drop_pending([state])

    # -- the flush

    def prepare(self) -> None:
        """Let relationships add what follows, until nothing new comes."""
        self._fresh = []
        for mapper, bucket in list(self.saves.items()):
            for processor in dependency.processors_of(mapper):
                processor.prepare_saves(self, list(bucket.items()))
        for mapper, bucket in list(self.deletes.items()):
            for processor in dependency.processors_of(mapper):
                processor.prepare_deletes(self, list(bucket.items()))
        if self.session.identity_map.modified:
            key_switches.find_followers(self)
        while self._fresh:
            fresh, self._fresh = self._fresh, []
            for state in fresh:
                pair = [(state, state())]
                deleting = self.is_delete(state)
                for processor in dependency.processors_of(state.manager.mapper):
                    if deleting:
                        processor.prepare_deletes(self, pair)
                    else:
                        processor.prepare_saves(self, pair)

    def execute(self) -> None:
        """Send the statements."""
        for batch in plan.order_saves(self):
            self._save(batch)
        if any(map(dependency.processors_of, (*self.saves, *self.deletes))):
            self._execute_links()
        if self.deletes:
            for batch in plan.order_deletes(self):
                delete_states(self, batch.mapper, batch.states)

    def _execute_links(self) -> None:
        """Send what relationships need once all rows are there, and before rows go."""
        links = dependency.link_processors(self)
        if self.new_idents:
            for processor in links:
                processor.switch_links(self)
        for processor in links:
            processor.delete_links(self)
        for processor in links:
            processor.insert_links(self)
        dependency.post_update_saves(self)
        dependency.post_update_deletes(self)

    def _save(self, batch: plan.Batch) -> None:
        mapper, states = batch.mapper, batch.states
        processors = dependency.processors_of(mapper)
        for processor in processors:
            processor.pull(self, states)
        if self.followers:
            key_switches.follow(self, states)
        new = [pair for pair in states if pair[0].ident is None]
        old = []
        if len(new) < len(states):
            old = [pair for pair in states if pair[0].ident is not None]
        if new and (self.deletes or self.session.identity_map.maps.get(mapper.base_mapper)):
            switch_rows(self, mapper, new)
            switches = self.row_switches
            switched = [pair for pair in new if pair[0] in switches]
            if switched:
                new = [pair for pair in new if pair[0] not in switches]
                update_states(self, mapper, switched)
                set_identities(self, mapper, switched)
        if old:
            update_states(self, mapper, old)
        if new:
            insert_states(self, mapper, new)
        for processor in processors:
            processor.push(self, states)

    # -- afterwards

    def finish(self) -> None:
        """Tell objects and session what has happened; no statement is sent from here on."""
        session = self.session
        identity_map = session.identity_map
        if self.new_idents:
            self._switch_keys()
        if self.deletes or self.replaced:
            deleted = chain.from_iterable(self.deletes.values())
            session._register_deleted([*deleted, *self.replaced])
        if self.inserted:
            for mapper, bucket in self.saves.items():
                if collections := _collections_of(mapper):
                    _forget_empty(bucket, collections)
            for state, ident in zip(self.inserted, self.idents, strict=True):
                state.ident = ident
            session._register_persistent(self.inserted)
        modified = identity_map.modified
        for bucket in self.saves.values():
            for state in bucket:
                state.committed = UNCHANGED
                if state.extra is not None:
                    state.extra.pending = None
            if modified:
                for state in bucket:
                    modified.pop(state, None)
        for state, names in self.stale.items():
            state.expire(names)
        # not only those with an UPDATE: a collection may have changed alone
        session._register_altered(chain.from_iterable(self.saves.values()))

    def _switch_keys(self) -> None:
        identity_map = self.session.identity_map
        changed = [(state, state.ident, new) for state, new in self.new_idents.items()]
        for state, _old, new in changed:
            identity_map.forget(state)
            state.ident = new
        for state, old, new in changed:
            identity_map.replace(state)
            self.session._register_key_switch(state, old, new)

    def __repr__(self) -> str:
        saves = {mapper.class_.__name__: len(states) for mapper, states in self.saves.items()}
        gone = {mapper.class_.__name__: len(states) for mapper, states in self.deletes.items()}
        return f"<UnitOfWork saves {saves}, deletes {gone}>"


def _collections_of(mapper: Any) -> list[tuple[str, str, Any]]:
    """Return (attribute, its `noted_as`, what is behind it) of a mapper's collections, made once."""
    found = mapper.templates.get("flush collections")
    if found is None:
        found = mapper.templates["flush collections"] = [
            (impl.key, impl.noted_as, impl)
            for impl in mapper.class_manager.impls.values()
            if isinstance(impl, CollectionAttribute)
        ]
    return found  # type: ignore[no-any-return]


def _forget_empty(bucket: Bucket, collections: Sequence[tuple[str, str, Any]]) -> None:
    """New objects forget the collections which were only read, empty as they were."""
    for state, obj in bucket.items():
        if state.ident is None:
            values, changed = obj.__dict__, state.committed
            for key, noted_as, impl in collections:
                if key in values and noted_as not in changed:
                    impl.forget_empty(state, values)


def _was_orphaned(state: Any, owners: Sequence[Any]) -> bool:
    """Return whether a pending object was taken out of an owner (not merely never put in)."""
    parents = state.extra.parents if state.extra is not None else None
    return parents is not None and any(parents.get(prop) is False for prop in owners)


def flush_session(session: SessionLike, objects: Sequence[Any] | None = None) -> None:
    """Write the changes of a session to the database.

    objects: only these, by identity; None for all. The caller has begun a transaction, and
    rolls it back when this raises. Cost: a bounded number of statements per mapper, shape
    of row and level of self-reference, however many objects there are.
    """
    uow = UnitOfWork(session)
    dispatch = session.dispatch
    for listener in dispatch.before_flush:
        listener(session, uow, objects)
    uow.collect(objects)
    if not uow.has_work:
        if objects is None:
            session.identity_map.modified.clear()
        return
    # A flush frees nothing cyclic, and the collector would walk all objects several times
    pauses = gc.isenabled() and sum(map(len, uow.saves.values())) >= _MANY
    if pauses:
        gc.disable()
    try:
        uow.prepare()
        uow.execute()
        for listener in dispatch.after_flush:
            listener(session, uow)
        uow.finish()
    finally:
        if pauses:
            gc.enable()
    for listener in dispatch.after_flush_postexec:
        listener(session, uow)
