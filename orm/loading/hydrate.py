"""From driver rows to objects: the run of a hydrator, and what comes after the rows.

`Run` is what one execution knows; the generated function (or its twin here) reads it once per
batch of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from orm import exc
from orm.loading.batch import Peers
from orm.loading.row_plan import Composed, EntityRow, Kind, RowPlan, Slot
from orm.state.instance_state import forget_state
from orm.state.markers import UNCHANGED

Hydrator = Callable[[Iterable[Any], "Run"], Any]


class Run:
    """One execution of a plan over one batch of rows.

    over: populate_existing, what is there is overwritten.
    keeps: objects which were there before stay with the load they came from (refreshes).
    kin: the peers of objects that keep other options, unset without such.
    maps, peers, born: by number of the entity. lists, owners: by number of the joined entity.
    token: the identity token that the objects get, or None.
    news: the new objects which somebody listens for; born[n] adds one, None if nobody does.
    """

    __slots__ = (
        "born",
        "keeps",
        "kin",
        "lists",
        "maps",
        "news",
        "over",
        "owners",
        "peers",
        "plan",
        "session",
        "session_ref",
        "token",
    )

    def __init__(
        self,
        plan: RowPlan,
        session: Any,
        *,
        over: bool = False,
        keeps: bool = False,
        mode: str | None = None,
        token: Any = None,
    ) -> None:
        self.plan = plan
        self.token = token
        self.session = session
        self.session_ref = session._self_ref
        identity_map = session.identity_map
        self.over = over
        self.keeps = keeps
        self.news: list[Any] = []
        self.maps: Sequence[Any]
        self.peers: Sequence[Peers]
        entities = plan.entities
        if len(entities) == 1 and token is None:  # nearly always, and worth the lines
            entity = entities[0]
            base = entity.base
            known = identity_map.maps.get(base)
            self.maps = (identity_map.for_mapper(base) if known is None else known,)
            self.peers = (Peers(base, entity.options, mode),)
        else:
            find = identity_map.for_mapper
            if token is not None:
                find = partial(identity_map.for_token, token=token)
            self.maps = [find(entity.base) for entity in entities]
            self.peers = [Peers(entity.base, entity.options, mode) for entity in entities]
        self.born: Sequence[Any] = plan.nobody
        if session.dispatch.loaded_as_persistent or plan.has_listeners():
            self.born = [self.news.append for _ in plan.entities]
        self.lists: Sequence[dict[Any, list[Any]]] = ()
        self.owners: Sequence[list[Any]] = ()
        if plan.collections:
            self.lists = [{} for _ in plan.entities]
            self.owners = [[] for _ in plan.entities]

    def announce(self) -> None:
        """Tell the listeners of "load" and "loaded_as_persistent" about the new objects."""
        for obj in self.news:
            state = obj.__dict__["_sa_instance_state"]
            for listener in state.manager.dispatch.load:
                listener(state, self)
            for listener in self.session.dispatch.loaded_as_persistent:
                listener(self.session, obj)

    def complete(self, number: int, state: Any, obj: Any, row: Sequence[Any]) -> None:
        """Fill what an object that was there before lacks, or refresh it altogether."""
        entity = self.plan.entities[number]
        peers = self.peers[number]
        load = state.load
        if load is None or load.options is None or self.keeps:  # nearly always
            peers.idents.append(state.ident)
            if not self.keeps:
                state.load = peers
        elif load.idents is peers.idents:
            return  # met in this run, with the options of another
        else:
            peers.idents.append(state.ident)
            is_fresh = self.over or (state.extra is not None and state.expired is not None)
            state.load = peers if is_fresh else self.make_kin(peers, load.options)
        slots = entity.slots
        if entity.kinds is not None and entity.discriminator is not None:
            slots = slots + entity.kinds[read(entity.discriminator, row)].extra
        values = obj.__dict__
        listeners = state.manager.dispatch.refresh
        names: set[str] | None = None
        if self.over:
            state.forget_changes()
            for prop in entity.mapper.relationships:
                if not any(link.prop is prop for link in entity.joined):
                    values.pop(prop.key, None)
            self.fill_extra(values, slots, row)
        elif slots is not entity.slots or not entity.keys.issubset(values):
            changed = state.committed
            if listeners:
                keys = {slot.key for slot in slots}
                names = keys.difference(values, changed)
            for slot in slots:
                key = slot.key
                if key not in values and key not in changed:
                    value = row[slot.place]
                    values[key] = value if slot.convert is None else slot.convert(value)
        if state.extra is not None and state.expired is not None:
            state.expired = state.expired.difference([slot.key for slot in slots]) or None
        if listeners and (self.over or names):
            for listener in listeners:
                listener(state, self, names)

    def make_kin(self, peers: Peers, options: Any) -> Peers:
        """Return the peers of an object that keeps the options it was loaded with, until it is refreshed."""
        kin = getattr(self, "kin", None)
        if kin is None or kin.idents is not peers.idents or kin.options is not options:
            kin = self.kin = Peers(peers.base, options, peers.mode)
            kin.idents = peers.idents
        return kin

    def fill_extra(self, values: dict[str, Any], slots: Sequence[Slot], row: Sequence[Any]) -> None:
        """Fill the columns which only the class of this row has."""
        for slot in slots:
            values[slot.key] = read(slot, row)

    def fill_collections(self) -> None:
        """Give each parent the children gathered for it, unless it has its collection."""
        for entity in self.plan.entities:
            for link in entity.joined:
                if link.uselist:
                    number = link.entity.number
                    lists = self.lists[number].values()
                    owners = self.owners[number]
                    for owner, items in zip(owners, lists, strict=True):
                        fill_collection(owner, link.key, items, self.over)

    def objects_of(self, number: int) -> list[Any]:
        """Return the objects of an entity that this run has met, in the order of the rows."""
        find = self.maps[number].get
        states = (find(ident) for ident in dict.fromkeys(self.peers[number].idents))
        found = (state() for state in states if state is not None)
        return [obj for obj in found if obj is not None]


def read(slot: Slot, row: Sequence[Any]) -> Any:
    """Return one converted value of a row."""
    value = row[slot.place]
    return value if slot.convert is None else slot.convert(value)


def fill_collection(obj: Any, key: str, items: list[Any], over: bool = False) -> None:
    """Make `items` the loaded value of a collection; one that is there stays, unless `over`."""
    values = obj.__dict__
    if key not in values or over:
        state = values["_sa_instance_state"]
        state.manager.impls[key].set_committed_value(state, values, items)


def make_plain(plan: RowPlan) -> Hydrator:
    """Return the twin of the generated hydrator: slower, and easy to be sure of."""

    def hydrate(rows: Iterable[Any], run: Run) -> Any:
        out: Any = {} if plan.emit == "group" else []
        pairs: set[tuple[int, Any, Any]] = set()
        for row in rows:
            found = [_find_or_make(entity, row, run) for entity in plan.entities]
            for entity in plan.entities:
                if found[entity.number] is not None:
                    _link(entity, found, run, pairs)
            _emit(plan, row, found, out)
        return out

    return hydrate


def _find_or_make(entity: EntityRow, row: Sequence[Any], run: Run) -> Any:
    """Return the entity's object for a row, None where the row has none."""
    parts = [read(slot, row) for slot in entity.ident]
    ident = parts[0] if len(parts) == 1 else tuple(parts)
    known = run.maps[entity.number]
    if entity.is_concrete and entity.kinds is not None and parts[0] is not None:
        assert entity.discriminator is not None
        kind = entity.kinds[read(entity.discriminator, row)]
        known = run.session.identity_map.for_mapper(kind.base)
    state = known.get(ident)
    obj = None if state is None else state()
    if obj is not None:
        if state.load is not run.peers[entity.number]:
            run.complete(entity.number, state, obj, row)
        return obj
    if all(part is None for part in parts):
        return None
    kind = Kind(entity.mapper.class_, entity.mapper.class_manager.state_class)
    if entity.kinds is not None and entity.discriminator is not None:
        kind = entity.kinds[read(entity.discriminator, row)]
    obj = object.__new__(kind.class_)
    state = known[ident] = kind.state_class(obj, forget_state)
    state.ident, state.session_ref = ident, run.session_ref
    state.load = run.peers[entity.number]
    state.committed = UNCHANGED
    state.extra = None
    obj.__dict__["_sa_instance_state"] = state
    run.fill_extra(obj.__dict__, entity.slots + kind.extra, row)
    state.load.idents.append(ident)
    born = run.born[entity.number]
    if born is not None:
        born(obj)
    return obj


def _link(entity: EntityRow, found: list[Any], run: Run, pairs: set[Any]) -> None:
    """Join an entity's object with those that hang on it in this row."""
    obj = found[entity.number]
    for link in entity.joined:
        if link.is_of_subclass(entity) and not isinstance(obj, link.prop.parent.class_):
            continue
        child = found[link.entity.number]
        if not link.uselist:
            if link.key not in obj.__dict__ or run.over:
                obj.__dict__[link.key] = child
            continue
        lists = run.lists[link.entity.number]
        ident = obj.__dict__["_sa_instance_state"].ident
        if ident not in lists:
            lists[ident] = []
            run.owners[link.entity.number].append(obj)
        pair = (link.entity.number, ident, id(child))
        if child is not None and (not run.plan.needs_pairs(link) or pair not in pairs):
            pairs.add(pair)
            lists[ident].append(child)


def _output(each: Any, row: Sequence[Any], found: list[Any]) -> Any:
    """Return what one output has in a row."""
    if isinstance(each, EntityRow):
        return found[each.number]
    if isinstance(each, Composed):
        return each.make(*(read(slot, row) for slot in each.slots))
    return read(each, row)


def _emit(plan: RowPlan, row: Sequence[Any], found: list[Any], out: Any) -> None:
    """Add what a row gives to the output."""
    values = [_output(each, row, found) for each in plan.outputs]
    if plan.emit == "scalar":
        if not plan.emits_once or not out or out[-1] is not values[0]:
            out.append(values[0])
    elif plan.emit == "row":
        out.append(tuple(values))
    else:
        parts = [read(slot, row) for slot in plan.group]
        out.setdefault(parts[0] if len(parts) == 1 else tuple(parts), []).append(values[0])


def unknown_identity(mapper: Any, value: Any) -> exc.InvalidRequestError:
    """Return the error for a discriminator value that no class is mapped to."""
    return exc.InvalidRequestError(
        f"No class of the hierarchy of {mapper.class_.__name__} is mapped to the discriminator "
        f"value {value!r}; map one with polymorphic_identity={value!r}."
    )
