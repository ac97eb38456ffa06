"""Joined eager loading: the related entity in the same statement, under an alias of its own.

With LIMIT, OFFSET, DISTINCT or GROUP BY the statement itself becomes a subquery, so that the
rows which the join adds do not count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from orm.loading.criteria import conditions_for
from orm.loading.polymorphic import choose_entity, single_criterion
from orm.mapping.join_entries import adapt_all, is_column, is_remote, make_adapter
from orm.sql.adapt import replacement_traverse
from orm.sql.annotations import plain
from orm.sql.froms import compute_froms
from orm.sql.select import select
from orm.sql.visitors import iterate


class JoinedLoad:
    """One relationship to be loaded over a join.

    target: the alias that is joined. onclause: with the parent's columns as they are selected.
    secondary, secondary_on: the alias of the association table, and its condition to the
    target; None without one. order_by: of the relationship, on the alias. uselist: it fills a collection.
    parent: the JoinedLoad whose target it hangs on, None for an entity of the statement itself.
    outside: of a LATERAL target, the tables of the parent, to which it refers.
    inner: an INNER JOIN. within: an INNER JOIN to something that is itself in a LEFT OUTER JOIN: it is put into the right side of that
    one, because rows without it must not be lost.
    """

    __slots__ = (
        "adapt",
        "along",
        "inner",
        "mapper",
        "onclause",
        "order_by",
        "outside",
        "parent",
        "secondary",
        "secondary_on",
        "source",
        "target",
        "uselist",
        "within",
    )

    adapt: Callable[[Any], Any]
    along: tuple[Any, ...]
    inner: bool
    mapper: Any
    onclause: Any
    order_by: tuple[Any, ...]
    outside: set[Any]
    parent: JoinedLoad | None
    secondary: Any
    secondary_on: Any
    source: Any
    target: Any
    uselist: bool
    within: bool

    @classmethod
    def make(
        cls,
        prop: Any,
        adapt_parent: Callable[[Any], Any],
        said: Any,
        node: Any = None,
        parent: JoinedLoad | None = None,
    ) -> JoinedLoad:
        """Return the join for relationship `prop` of an entity selected through `adapt_parent`.

        said: what the options say about it (a Relation), or None. node: the options of the related
        entity, or None. parent: the joined load that brings the entity which the relationship starts from.
        """
        made = cls()
        entity = choose_entity(prop, None if said is None else said.of_type)
        made.mapper, made.along = entity.mapper, entity.with_polymorphic_mappers
        made.parent, made.uselist = parent, prop.uselist
        made.source = entity.selectable
        made.target = made.source if _is_own(entity, prop) else made.source.alias()
        made.outside = {plain(each) for each in prop.parent.selectable._from_objects}
        if made.target._is_lateral:
            made._adapt_lateral(adapt_parent)
        made.secondary = None if prop.secondary is None else prop.secondary.alias()
        made.adapt = _adapter_of(made.target, entity)
        made.onclause = _make_onclause(prop.primaryjoin, prop, made, adapt_parent)
        made.secondary_on = None
        if made.secondary is not None:
            made.secondary_on = _make_onclause(prop.secondaryjoin, prop, made, made.adapt)
        criteria = [] if said is None else list(said.criteria)
        criteria += [] if node is None else conditions_for(node.criteria, made.mapper)
        criteria += [each for each in (single_criterion(made.mapper),) if each is not None]
        for each in criteria:
            if made.secondary is None:
                made.onclause = made.onclause & adapt_all(each, made.adapt)
            else:
                made.secondary_on = made.secondary_on & adapt_all(each, made._adapt_either)
        made.order_by = tuple(adapt_all(each, made._find_joined) for each in prop.order_by or ())
        innerjoin = None if said is None else said.args.get("innerjoin")
        made._choose_kind(prop.innerjoin if innerjoin is None else innerjoin)
        return made

    def _choose_kind(self, innerjoin: bool | str | None) -> None:
        """Decide between INNER and LEFT OUTER, given whether the parent's row may be missing.

        innerjoin: True or "nested" keeps INNER below an outer join, "unnested" gives it up there.
        """
        parent = self.parent
        is_below_outer = parent is not None and (not parent.inner or parent.within)
        self.inner = bool(innerjoin) and not (is_below_outer and innerjoin == "unnested")
        self.within = self.inner and is_below_outer

    def _adapt_either(self, column: Any) -> Any:
        """Return a column of the association table or of the target, for further criteria."""
        found = self.secondary.corresponding_column(column, True)
        return self.adapt(column) if found is None else found

    def _find_joined(self, column: Any) -> Any:
        """Return a column of the association table or of the target, on the aliases joined."""
        if self.secondary is not None:
            found = self.secondary.corresponding_column(column, True)
            if found is not None:
                return found
        return self.find_target(column)

    def find_target(self, column: Any) -> Any:
        """Return a column of the target on the alias joined, None if it is none of it."""
        if column.table is self.source:
            # an alias of a subquery is derived from what is in it, not from the subquery
            return self.target.c.get(column.key)
        return self.target.corresponding_column(column, True)

    def adapt_parent(self, replace: Callable[[Any], Any]) -> None:
        """Replace the parent's columns in the condition, once it stands in a subquery."""
        self.onclause = adapt_all(self.onclause, replace)
        if self.target._is_lateral:
            self._adapt_lateral(replace)

    def outer_columns(self) -> list[Any]:
        """Return the columns of the parent to which the condition, and a LATERAL target, refer."""
        found = list(iterate(self.onclause))
        if self.target._is_lateral:
            found += iterate(self.target.element)
        return [each for each in found if is_column(each)]

    def _adapt_lateral(self, replace: Callable[[Any], Any]) -> None:
        """Replace the parent's columns in a LATERAL target, which is this load's own; what it selects from itself stays."""
        moved: set[Any] = set()

        def find(column: Any) -> Any:
            found = replace(column) if plain(column.table) in self.outside else None
            if found is not None:
                moved.add(plain(found.table))
            return found

        self.target.element = adapt_all(self.target.element, find)
        self.outside = self.outside | moved


def _is_own(entity: Any, prop: Any) -> bool:
    """Whether the alias that an option gave can be joined as it is: nothing in it is a table under its own name."""
    if entity.is_mapper or entity is prop.entity:
        return False
    return all(each.__visit_name__ != "table" for each in entity.selectable._from_objects)


def _adapter_of(target: Any, entity: Any) -> Callable[[Any], Any]:
    """Return the adapter to an alias of what an entity, the class or an alias of it, is selected from."""
    if target is entity.selectable:
        return entity.adapt  # type: ignore[no-any-return]
    onto = make_adapter(target, entity.selectable)
    if entity.is_mapper:
        return onto
    return lambda expression: onto(entity.adapt(expression))


def _make_onclause(
    condition: Any, prop: Any, load: JoinedLoad, adapt_local: Callable[[Any], Any]
) -> Any:
    """Return a join condition with the remote side on the aliases, the local on its own."""
    secondary = load.secondary

    def find(column: Any) -> Any:
        if secondary is not None:
            found = secondary.corresponding_column(column, True)
        else:
            found = load.find_target(column) if is_remote(prop, column) else None
        if found is None:
            found = adapt_local(column)
        return None if found is column else found

    return adapt_all(condition, find)


def add_joins(builder: Any, base: Any) -> Any:
    """Return `base` selecting the builder's columns, with its joined loads."""
    if not builder.joins:
        return base.with_only_columns(*builder.columns)
    if _must_wrap(base, builder.joins):
        return _wrap(builder, base)
    statement = _join_all(base.with_only_columns(*builder.columns), builder.joins)
    order_by = [each for load in builder.joins for each in load.order_by]
    return statement.order_by(*order_by) if order_by else statement


def repeats_rows(base: Any, entities: Any) -> bool:
    """Return whether a statement may give one object in several rows, before its eager joins."""
    froms = compute_froms(base)
    if len(froms) != 1:
        return True
    own = {hash(entity.mapper.selectable) for entity in entities[:1]}
    return bool(froms[0]._is_join and hash(froms[0]) not in own)


def _must_wrap(base: Any, loads: Sequence[JoinedLoad]) -> bool:
    """Whether the rows that the joins add would be counted, compared or grouped."""
    if base._distinct or base._group_by or base._extensions:
        return True
    return bool(base._has_row_limiting_clause and any(load.uselist for load in loads))


class _Placed:
    """The right side of one join of the statement, with the INNER JOINs that were put into it."""

    def __init__(self, load: JoinedLoad) -> None:
        self.load = load
        self.right = load.target
        if load.secondary is not None:
            self.right = load.secondary.join(load.target, load.secondary_on)

    def put_in(self, load: JoinedLoad) -> None:
        """Join what hangs on a member of this side to it."""
        assert load.parent is not None
        anchor = load.parent.target
        if load.secondary is None:
            self.right = _join_behind(self.right, anchor, load.target, load.onclause)
            return
        self.right = _join_behind(self.right, anchor, load.secondary, load.onclause)
        self.right = _join_behind(self.right, load.secondary, load.target, load.secondary_on)


def _join_behind(joined: Any, anchor: Any, target: Any, onclause: Any) -> Any:
    """Return a FROM object with `target` inner-joined right behind `anchor`, one of its members."""
    if not joined._is_join or joined.right is anchor or anchor not in joined.left._from_objects:
        return joined.join(target, onclause)
    left = _join_behind(joined.left, anchor, target, onclause)
    return left.join(joined.right, joined.onclause, isouter=joined.isouter)


def _join_all(statement: Any, loads: Sequence[JoinedLoad]) -> Any:
    """Return the statement with these joins, in their order."""
    places: list[_Placed] = []
    home: dict[int, _Placed] = {}
    for load in loads:
        if load.within:
            place = home[id(load)] = home[id(load.parent)]
            place.put_in(load)
        else:
            home[id(load)] = place = _Placed(load)
            places.append(place)
    for place in places:
        load = place.load
        if load.inner and load.secondary is not None and place.right._is_join:
            # nothing is kept that has no partner: two joins in a row say the same
            statement = statement.join(load.secondary, load.onclause)
            statement = statement.join(load.target, load.secondary_on)
            continue
        statement = statement.join(place.right, load.onclause, isouter=not load.inner)
    return statement


def _wrap(builder: Any, base: Any) -> Any:
    """Make the statement itself a subquery, and join to that."""
    inner_columns = _columns_within(builder, base)
    known = {hash(column) for column in inner_columns}
    order_by = list(base._order_by)
    for each in order_by:
        ordered = _ordered(each)
        if _can_be_selected(ordered) and hash(ordered) not in known:
            inner_columns.append(ordered)
            known.add(hash(ordered))
    inner = base.with_only_columns(*inner_columns).subquery()
    moved = dict(zip(inner_columns, inner.c, strict=True))
    outer = select(*[moved.get(column, column) for column in builder.columns]).select_from(inner)
    outer = outer.set_label_style(base._label_style)
    ordering = [replacement_traverse(each, moved.get) for each in order_by]
    for load in builder.joins:
        load.adapt_parent(moved.get)
        ordering += load.order_by
    outer = _join_all(outer, builder.joins)
    return outer.order_by(*ordering) if ordering else outer


def _columns_within(builder: Any, base: Any) -> list[Any]:
    """Return the columns of the statement itself: those selected, and those which joins refer to."""
    joined = {id(load.target) for load in builder.joins}
    aliases = joined | {id(load.secondary) for load in builder.joins if load.secondary is not None}

    def is_within(expression: Any) -> bool:
        parts: list[Any] = [part for part in iterate(expression) if is_column(part)]
        return all(id(part.table) not in aliases for part in parts)

    froms = {hash(f) for item in compute_froms(base) for f in (item, *item._from_objects)}
    found = {hash(column): column for column in builder.columns if is_within(column)}
    element: Any
    for load in builder.joins:
        for element in load.outer_columns():
            if hash(element.table) in froms and is_within(element):
                found.setdefault(hash(element), element)
    return list(found.values())


def _can_be_selected(ordered: Any) -> bool:
    """Return whether what is ordered by is an expression, and no text or name of a label."""
    if ordered._is_text_clause or ordered.__visit_name__ == "textual_label_reference":
        return False
    return bool(ordered._is_column_element)


def _ordered(expression: Any) -> Any:
    """Return what is ordered by, without DESC and the like."""
    while getattr(expression, "modifier", None) is not None:
        expression = expression.element
    return expression
