"""Related objects of many parents in one SELECT ... IN: for selectinload, and for lazy loads.

A `RelationPlan` is compiled once per relationship, options and dialect, and kept in the
engine's cache. Eager loading gives it the parents of a result, a lazy load a batch of peers:
order, criteria and options are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from orm import exc
from orm.engine.execution import Reason
from orm.loading.batch import BATCH_SIZE
from orm.loading.builder import EAGER, LoadPlan, PlanBuilder
from orm.loading.criteria import conditions_for
from orm.loading.execution import fetch
from orm.loading.hydrate import Run
from orm.loading.joined import JoinedLoad
from orm.loading.path import PathNode, Relation, criterion_key
from orm.loading.polymorphic import choose_entity, single_criterion
from orm.loading.raising import warn_of_many
from orm.mapping.join_entries import adapt_all, is_remote, make_adapter
from orm.sql.expression import and_, bindparam, tuple_
from orm.sql.functions import func
from orm.sql.select import select
from orm.state.markers import UNCHANGED

Key = Any

#: the parameter with the keys for which a statement loads
KEYS = "primary_keys"


class RelationPlan:
    """How the objects behind a relationship are found for keys of the parents.

    parent_keys: the parent's attributes whose values are the key. plan: its rows are grouped
    by that key. is_identity: the key is the identity of the related object, so that the
    identity map may have it. dedupe: an object may come twice for one parent.
    """

    __slots__ = ("dedupe", "is_identity", "key_of", "parent_keys", "plan", "prop", "target")

    def __init__(self, prop: Any, parent_keys: Sequence[str], plan: LoadPlan, target: Any) -> None:
        self.prop = prop
        self.parent_keys = tuple(parent_keys)
        self.plan = plan
        self.target = target
        self.is_identity = bool(prop.use_get)
        self.dedupe = prop.secondary is not None or plan.has_collections
        self.key_of: Callable[[Any], Key] = itemgetter(*self.parent_keys)

    def load(
        self,
        session: Any,
        keys: Iterable[Key],
        reason: Reason,
        *,
        over: bool = False,
        mode: Any = None,
        chunk: int = BATCH_SIZE,
    ) -> dict[Key, list[Any]]:
        """Return key -> related objects, for keys none of which is or contains None.

        Cost: one SELECT per `chunk` keys.
        """
        wanted = list(keys)
        connection = session._connection_for(mapper=self.target)
        found: dict[Key, list[Any]] = {}
        for start in range(0, len(wanted), chunk):
            part = wanted[start : start + chunk]
            run = Run(self.plan.rows, session, over=over, mode=mode)
            fetched = fetch(session, self.plan, run, connection, {KEYS: part}, reason)
            found.update(fetched)
        return found

    def choose(self, found: dict[Key, list[Any]], key: Key) -> Any:
        """Return the attribute's value for a key: a list, or one object or None."""
        items = found.get(key)
        if self.prop.uselist:
            if items is None:
                return []
            if not self.dedupe or len(set(map(id, items))) == len(items):
                return items
            return list({id(item): item for item in items}.values())
        if not items:
            return None
        if len(items) > 1 and len({id(item) for item in items}) > 1:
            warn_of_many(str(self.prop), len(items))
        return items[0]

    def __repr__(self) -> str:
        return f"<RelationPlan {self.prop}: {self.plan.compiled.string!r}>"


def get_relation_plan(
    connection: Any,
    prop: Any,
    node: PathNode | None,
    said: Relation | None = None,
    *,
    path: tuple[Any, ...] = (),
    by_parent: bool = False,
) -> RelationPlan:
    """Return the plan of a relationship, from the engine's cache if it was made before.

    node: options for the related entity. said: the option's step, for its and_() and of_type().
    path: the relationships on the way to the parents, where the related entity could lead back to one of them.
    by_parent: the parents are known by their primary keys only, so that they are joined.
    """
    criteria = () if said is None else said.criteria
    limit = None if said is None else said.args.get("limit")
    of_type = None if said is None else said.of_type
    key = (
        "relation",
        prop,
        tuple(criterion_key(each) for each in criteria),
        None if node is None else node.key(),
        limit,
        of_type,
        path,
        by_parent,
    )
    cache = connection.plans
    plan: RelationPlan | None = cache.get(key)
    if plan is None:
        entity = choose_entity(prop, of_type)
        if entity.selectable._is_lateral:
            plan = make_lateral_plan(cache.dialect, prop, node, said, path)
        else:
            plan = make_relation_plan(
                cache.dialect,
                prop,
                node,
                entity,
                criteria,
                limit,
                path=path,
                by_parent=by_parent,
            )
        cache.put(key, plan)
    return plan


def make_relation_plan(
    dialect: Any,
    prop: Any,
    node: PathNode | None,
    entity: Any,
    criteria: Sequence[Any],
    limit: int | None = None,
    *,
    path: tuple[Any, ...] = (),
    by_parent: bool = False,
) -> RelationPlan:
    """Build the plan: columns of the related entity, and the key of the parent they belong to.

    entity: what is selected from, see choose_entity(). limit: how many related objects each parent gets at most.
    """
    mapper = entity.mapper
    adapt, source = entity.adapt, entity.selectable
    base = select().select_from(source)
    if prop.is_plain and not by_parent:
        if prop.secondary is None:
            pairs = _ordered_pairs(prop)
        else:
            pairs = list(prop.synchronize_pairs)
            onclause = adapt(prop.secondaryjoin)
            base = select().select_from(prop.secondary.join(source, onclause))
        locals_, columns = [pair[0] for pair in pairs], [adapt(pair[1]) for pair in pairs]
    else:
        locals_, columns, base = _join_parent(prop, entity, base)
    parent_keys = [prop.parent.get_property_by_column(column).key for column in locals_]
    base = base.where(make_key_in(columns))
    more = [] if node is None else conditions_for(node.criteria, mapper)
    for each in (*criteria, single_criterion(mapper), *more):
        base = base if each is None else base.where(adapt(each))
    order_by = [adapt(each) for each in prop.order_by or ()]
    if limit is not None:
        base, columns = _number_members(entity, base, columns, order_by, limit)
    elif order_by:
        base = base.order_by(*order_by)
    builder = PlanBuilder(dialect, load_after)
    group = [builder.add_slot(column) for column in columns]
    along = entity.with_polymorphic_mappers
    output = builder.add_entity(mapper, adapt, node, (*path, prop), along=along)
    plan = builder.make_plan(base, [output], "group", (prop.key,), group=group)
    made = RelationPlan(prop, parent_keys, plan, mapper)
    made.is_identity = made.is_identity and not by_parent
    return made


def make_lateral_plan(
    dialect: Any,
    prop: Any,
    node: PathNode | None,
    said: Relation | None,
    path: tuple[Any, ...] = (),
) -> RelationPlan:
    """Build the plan for a relationship to a LATERAL subquery, which goes with its parents: over a join from them."""
    if said is not None and "limit" in said.args:
        raise exc.ArgumentError(
            f"{prop} leads to a LATERAL subquery: give the limit there instead of to the option."
        )
    parent = prop.parent
    alias = parent.selectable.alias()
    of_alias = make_adapter(alias)
    load = JoinedLoad.make(prop, of_alias, said, node)
    columns = [of_alias(column) for column in parent.primary_key]
    base = select().select_from(alias).join(load.target, load.onclause)
    base = base.where(make_key_in(columns)).order_by(*load.order_by)
    builder = PlanBuilder(dialect, load_after)
    group = [builder.add_slot(column) for column in columns]
    output = builder.add_entity(load.mapper, load.adapt, node, (*path, prop), along=load.along)
    plan = builder.make_plan(base, [output], "group", (prop.key,), group=group)
    return RelationPlan(prop, parent.pk_keys, plan, load.mapper)


def _number_members(
    entity: Any, base: Any, keys: Sequence[Any], order_by: Sequence[Any], limit: int
) -> tuple[Any, list[Any]]:
    """Return a SELECT of the first members of each parent, in order, and the columns with the parents' keys.

    base: a SELECT of all members. keys: its columns with the parents' keys.
    """
    own = [entity.adapt(column) for column in entity.mapper.primary_key]
    number = func.row_number().over(partition_by=list(keys), order_by=[*order_by, *own])
    numbered = base.with_only_columns(*own, *keys, number.label("place")).subquery()
    columns = list(numbered.c)
    same = and_(*[mine == theirs for mine, theirs in zip(own, columns, strict=False)])
    made = select().select_from(entity.selectable.join(numbered, same))
    return made.where(columns[-1] <= limit).order_by(columns[-1]), columns[len(own) : -1]


def make_key_in(columns: Sequence[Any]) -> Any:
    """Return `columns IN (keys)`, for the parameter named KEYS with a list of values or tuples."""
    if len(columns) == 1:
        return columns[0].in_(bindparam(KEYS, expanding=True, type_=columns[0].type))
    return tuple_(*columns).in_(bindparam(KEYS, expanding=True))


def _ordered_pairs(prop: Any) -> list[tuple[Any, Any]]:
    """Return (parent's column, related column) pairs; for a get, in the order of the identity."""
    pairs = list(prop.local_remote_pairs)
    if prop.use_get:
        order = list(prop.mapper.primary_key)
        pairs.sort(key=lambda pair: next(i for i, c in enumerate(order) if c is pair[1]))
    return pairs


def make_value_bind(place: int, column: Any) -> Any:
    """Return a parameter for one value of a column, which execution brings."""
    return bindparam(f"pk_{place}", None, type_=column.type, unique=True)


def _join_parent(prop: Any, entity: Any, base: Any) -> tuple[list[Any], list[Any], Any]:
    """Join the parent under an alias, for conditions which are more than equal columns."""
    parent = prop.parent
    alias = parent.selectable.alias()
    of_alias = make_adapter(alias)

    def find(column: Any) -> Any:
        return None if is_remote(prop, column) else alias.corresponding_column(column, True)

    adapt = entity.adapt
    onclause = adapt(adapt_all(prop.primaryjoin, find))
    if prop.secondary is not None:
        base = base.join(prop.secondary, adapt(prop.secondaryjoin))
    base = base.join(alias, onclause)
    locals_ = list(parent.primary_key)
    return locals_, [of_alias(column) for column in locals_], base


def load_after(run: Run, entity: Any, prop: Any, strategy: str) -> None:
    """Load a relationship for all objects that a run has met, right after its rows.

    Objects which have the value already keep it, unless the run overwrites; the options may go on from what they have. For
    strategy "subclass" `prop` is the mapper of a subclass, whose columns are loaded.
    """
    if strategy == "subclass":
        from orm.loading.refresh import load_subclass

        load_subclass(run, entity, prop)
        return
    node = None if entity.options is None else entity.options.node_for(prop.key)
    goes_on = run.over or (node is not None and strategy != "noload" and node.goes_on)
    parents = [
        obj
        for obj in run.objects_of(entity.number)
        if (goes_on or prop.key not in obj.__dict__)
        and prop.key in obj.__dict__["_sa_instance_state"].manager.impls
    ]
    if not parents:
        return
    if strategy == "noload":
        for obj in parents:
            put(obj, prop, [] if prop.uselist else None)
        return
    said = None if entity.options is None else entity.options.relations.get(prop.key)
    session = run.session
    connection = session._connection_for(mapper=prop.mapper)
    path = entity.path
    if path and not _loads_further(prop.mapper, node):
        path = ()
    plan = get_relation_plan(connection, prop, node, said, path=path)
    values = parents[0].__dict__
    for key in plan.parent_keys:
        if key not in values:  # an option has left the foreign key out
            plan = get_relation_plan(connection, prop, node, said, path=path, by_parent=True)
            break
    reason = Reason("query", f"{prop.parent.class_.__name__}.{prop.key}", len(parents))
    mode = run.peers[entity.number].mode
    fill_parents(session, plan, parents, reason, over=run.over, mode=mode, node=node, said=said)


def _loads_further(mapper: Any, node: PathNode | None) -> bool:
    """Whether relationships of an entity are loaded along, so that it matters on what way it was reached."""
    return bool(node) or any(
        prop.lazy in EAGER for each in mapper.self_and_descendants for prop in each.relationships
    )


def fill_parents(
    session: Any,
    plan: RelationPlan,
    parents: Sequence[Any],
    reason: Reason,
    *,
    over: bool = False,
    mode: Any = None,
    node: PathNode | None = None,
    said: Relation | None = None,
) -> None:
    """Load the relationship of a plan for these objects, and put the values into them.

    node, said: the options, as get_relation_plan() has them.
    """
    prop = plan.prop
    looks_up = plan.is_identity and not over and not node
    waiting: list[tuple[Any, Key]] = []
    for obj in parents:
        key = parent_key(plan, obj)
        if key is None:
            put(obj, prop, [] if prop.uselist else None, over)
            continue
        known = find_known(session, plan, key) if looks_up else None
        if known is not None:
            put(obj, prop, known)
        else:
            waiting.append((obj, key))
    if not waiting:
        return
    chunk = BATCH_SIZE if said is None else said.args.get("chunksize", BATCH_SIZE)
    wanted = dict.fromkeys([key for _, key in waiting])
    found = plan.load(session, wanted, reason, over=over, mode=mode, chunk=chunk)
    for obj, key in waiting:
        put(obj, prop, plan.choose(found, key), over)


def parent_key(plan: RelationPlan, obj: Any) -> Key | None:
    """Return the key of an object's related ones; None if a part of it is None.

    A part that is not loaded (deferred, expired) is loaded.
    """
    try:
        key = plan.key_of(obj.__dict__)
    except KeyError:
        values = [getattr(obj, each) for each in plan.parent_keys]
        key = values[0] if len(values) == 1 else tuple(values)
    if len(plan.parent_keys) == 1:
        return key
    return None if any(part is None for part in key) else key


def find_known(session: Any, plan: RelationPlan, key: Key) -> Any:
    """Return the related object with this identity if the session has it, else None."""
    if not plan.is_identity:
        return None
    state = session.identity_map.for_mapper(plan.target.base_mapper).get(key)
    obj = None if state is None else state()
    if obj is None or not isinstance(obj, plan.target.class_) or state.was_deleted:
        return None
    return obj


def put(obj: Any, prop: Any, value: Any, over: bool = False) -> None:
    """Make `value` the loaded value of the relationship; one that is there stays, unless `over`."""
    values = obj.__dict__
    if not over and prop.key in values:
        return
    state = values["_sa_instance_state"]
    if not prop.uselist:
        values[prop.key] = value
        return
    collection = state.manager.impls[prop.key]
    if state.committed is UNCHANGED and state.extra is None and type(value) is list:
        values[prop.key] = collection.make_collection(state, value)
    else:  # changes made before it was loaded are merged into it
        collection.set_committed_value(state, values, value)
