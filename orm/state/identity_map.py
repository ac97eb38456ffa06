"""IdentityMap: the objects of one session by identity, held weakly.

There is one dict per base mapper, from identity to state, because the state already knows
its class: a lookup hashes a primary key and nothing else. Generated loaders ask for that
dict (`for_mapper`) and use it directly. Changed objects are held strongly in `modified`
until they are flushed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from orm import exc
from orm.state.instance_state import InstanceState
from orm.state.markers import UNCHANGED

IdentityKey = tuple[type, tuple[Any, ...], Any]


class IdentityMap:
    """The persistent objects of a session. As a mapping: identity key -> object.

    on_modified: called when, after a time without any changed object, one is changed; the
    session begins its transaction there.
    """

    __slots__ = ("__weakref__", "_bases", "maps", "modified", "on_modified")

    def __init__(self, on_modified: Callable[[], None] | None = None) -> None:
        self.maps: dict[Any, dict[Any, InstanceState]] = {}
        self.modified: dict[InstanceState, Any] = {}
        self.on_modified = on_modified
        self._bases: dict[type, Any] = {}

    def for_mapper(self, base_mapper: Any) -> dict[Any, InstanceState]:
        """Return the dict identity -> state of a base mapper, made on demand."""
        found = self.maps.get(base_mapper)
        if found is None:
            found = self.maps[base_mapper] = {}
            self._bases[base_mapper.class_] = base_mapper
        return found

    def for_token(self, base_mapper: Any, token: Any) -> TokenMap:
        """Return what for_mapper() does, for objects loaded with an identity token."""
        return TokenMap(self.for_mapper(base_mapper), token)

    @staticmethod
    def slot_of(state: InstanceState) -> Any:
        """Return what a state is filed under: its identity, with the token if it has one."""
        token = state.identity_token
        return state.ident if token is None else (state.ident, token)

    def find(self, base_mapper: Any, ident: Any) -> InstanceState | None:
        """Return the state with this identity whose object is alive, or None."""
        known = self.maps.get(base_mapper)
        if known is None:
            return None
        state = known.get(ident)
        return state if state is not None and state() is not None else None

    def note_modified(self, state: InstanceState, obj: Any) -> None:
        """Hold a changed object until it is flushed."""
        if not self.modified and self.on_modified is not None:
            self.on_modified()
        self.modified[state] = obj

    def add(self, state: InstanceState) -> bool:
        """File a state under its identity; returns False if it was there.

        Raises exc.InvalidRequestError if another living object has the identity.
        """
        known = self.for_mapper(state.manager.base_mapper)
        slot = self.slot_of(state)
        present = known.get(slot)
        if present is state:
            return False
        if present is not None and present() is not None:
            raise exc.InvalidRequestError(
                f"Can't attach {state!r}: another {state.class_.__name__} object with the key "
                f"{state.identity} is already in this session. Use session.merge(obj) to copy "
                "its values onto that one, or session.expunge() the other first."
            )
        known[slot] = state
        if state.committed is not UNCHANGED:
            self.note_modified(state, state())
        return True

    def replace(self, state: InstanceState) -> InstanceState | None:
        """File a state, in the place of another if need be; returns the other or None."""
        known = self.for_mapper(state.manager.base_mapper)
        slot = self.slot_of(state)
        former = known.get(slot)
        known[slot] = state
        if state.committed is not UNCHANGED:
            self.note_modified(state, state())
        if former is None or former is state:
            return None
        self.modified.pop(former, None)
        return former

    def discard(self, state: InstanceState) -> None:
        """Take a state out, if it is here."""
        self.modified.pop(state, None)
        self.forget(state)

    safe_discard = discard

    def forget(self, state: InstanceState) -> None:
        """Take out the state of an object that is gone, or leaves."""
        known = self.maps.get(state.manager.base_mapper)
        if known is not None:
            slot = state.ident if state.extra is None else self.slot_of(state)
            if slot is not None and known.get(slot) is state:
                del known[slot]

    def contains_state(self, state: InstanceState) -> bool:
        """Return whether this very state is filed here."""
        known = self.maps.get(state.manager.base_mapper)
        return known is not None and known.get(self.slot_of(state)) is state

    def all_states(self) -> list[InstanceState]:
        """Return every state whose object is alive, mapper by mapper, oldest first."""
        return [
            state
            for known in list(self.maps.values())
            for state in list(known.values())
            if state() is not None
        ]

    def check_modified(self) -> bool:
        """Return whether any object has changes which are not flushed."""
        return bool(self.modified)

    def clear(self) -> None:
        """Forget everything."""
        for known in self.maps.values():
            known.clear()
        self.modified.clear()

    # -- the public face: a mapping by identity key --------------------------

    def _state_for(self, key: IdentityKey) -> InstanceState | None:
        class_, parts, token = key if len(key) > 2 else (*key, None)
        base = self._bases.get(class_)
        if base is None:
            return None
        ident: Any = parts if base.class_manager.composite_ident else parts[0]
        return self.find(base, ident if token is None else (ident, token))

    def get(self, key: IdentityKey, default: Any = None) -> Any:
        """Return the object with this identity key, or `default`."""
        state = self._state_for(key)
        obj = None if state is None else state()
        return default if obj is None else obj

    def __getitem__(self, key: IdentityKey) -> Any:
        obj = self.get(key)
        if obj is None:
            raise KeyError(key)
        return obj

    def __contains__(self, key: IdentityKey) -> bool:
        return self._state_for(key) is not None

    has_key = __contains__

    def __len__(self) -> int:
        return len(self.all_states())

    def __bool__(self) -> bool:
        return any(known for known in self.maps.values())

    def __iter__(self) -> Iterator[Any]:
        return iter(self.keys())

    def keys(self) -> list[Any]:
        """Return the identity keys."""
        return [state.key for state in self.all_states()]

    def values(self) -> list[Any]:
        """Return the objects."""
        found = (state() for state in self.all_states())
        return [obj for obj in found if obj is not None]

    def items(self) -> list[tuple[Any, Any]]:
        """Return (identity key, object) pairs."""
        pairs = ((state.key, state()) for state in self.all_states())
        return [(key, obj) for key, obj in pairs if obj is not None]

    def __repr__(self) -> str:
        return f"<IdentityMap of {len(self)} objects, {len(self.modified)} modified>"


class TokenMap:
    """The part of an identity map whose objects have one identity token: identity -> state.

    added: the states put in. They get their token when they are complete, by stamp().
    """

    __slots__ = ("_known", "_token", "added")

    def __init__(self, known: dict[Any, InstanceState], token: Any) -> None:
        self._known = known
        self._token = token
        self.added: list[InstanceState] = []

    def get(self, ident: Any) -> InstanceState | None:
        """Return the state with this identity and the token, or None."""
        return self._known.get((ident, self._token))

    def __setitem__(self, ident: Any, state: InstanceState) -> None:
        self._known[ident, self._token] = state
        self.added.append(state)

    def stamp(self) -> None:
        """Give the states put in their token."""
        for state in self.added:
            state.need_extra().identity_token = self._token
