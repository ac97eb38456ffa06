"""Peers: the objects that came with one load, so that what one lacks is fetched for all.

`Peers` is what a state remembers of the load it came from. It holds identities, not objects
nor states, so it keeps nothing alive and makes no reference cycle; who is still in the session
is found through the identity map when a batch is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

#: how many objects one batch may load for; also the length of IN lists
BATCH_SIZE = 500

MODES = frozenset({"peers", "one", "raise", "warn"})


class Peers:
    """The objects of one entity of one load, in result order.

    base: the base mapper, whose part of the identity map the identities belong to.
    idents: identities within the base mapper; the hydrator appends to it.
    options: the PathNode of this entity, or None.
    mode: the query's `lazy_loads` mode, or None.
    """

    __slots__ = ("_places", "base", "idents", "mode", "options")

    def __init__(self, base: Any, options: Any = None, mode: str | None = None) -> None:
        self.base = base
        self.idents: list[Any] = []
        self.options = options
        self.mode = mode
        self._places: dict[Any, int] | None = None

    def following(self, ident: Any) -> Iterator[Any]:
        """Yield the identities after `ident` in result order, then those before it."""
        idents = self.idents
        if self._places is None or len(self._places) > len(idents):
            self._places = {each: place for place, each in reversed(list(enumerate(idents)))}
        place = self._places.get(ident, -1)
        for at in range(place + 1, len(idents)):
            yield idents[at]
        for at in range(place):
            yield idents[at]

    def __repr__(self) -> str:
        return f"<Peers {len(self.idents)} of {self.base.class_.__name__}, mode {self.mode}>"


def find_batch(
    state: Any,
    obj: Any,
    identity_map: Any,
    lacks: Callable[[Any, Any], bool],
    mode: str,
    *,
    by_options: bool = True,
) -> list[tuple[Any, Any]]:
    """Return (state, object) of the touched object and of the peers to load along with it.

    lacks: whether a (state, object) has no value yet and could have one.
    mode: "one" gives the object alone. by_options: the options say what is loaded, so that peers which have got others
    meanwhile are left alone.
    The objects are returned, so they live as long as the caller's batch.
    """
    batch = [(state, obj)]
    peers = state.load
    if mode == "one" or peers is None or len(peers.idents) < 2:
        return batch
    get = identity_map.for_mapper(peers.base).get
    seen = {state.ident}
    for ident in peers.following(state.ident):
        peer = get(ident)
        if peer is None or ident in seen:
            continue
        found = peer()
        if found is None or not lacks(peer, found):
            continue
        if by_options and peer.load is not peers and not _has_same_options(peer.load, peers):
            continue
        seen.add(ident)
        batch.append((peer, found))
        if len(batch) == BATCH_SIZE:
            break
    return batch


def _has_same_options(load: Peers | None, other: Peers) -> bool:
    """Whether objects of two loads would have the same loaded for them."""
    mine, theirs = None if load is None else load.options, other.options
    if not mine or not theirs or mine is theirs:
        return (not mine and not theirs) or mine is theirs
    return bool(mine.key() == theirs.key())


def choose_mode(state: Any, session: Any, mapped: str | None = None) -> str:
    """Return the mode for a lazy load: the query's, else the relationship's, else the session's."""
    load = state.load
    chosen = (load.mode if load is not None else None) or mapped or session.lazy_loads
    return str(chosen)
