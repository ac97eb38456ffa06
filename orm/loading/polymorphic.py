"""Which class a row becomes: the table from discriminator values to classes.

And what attributes of a base class mean where only a subclass is selected.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orm.inspection import inspect
from orm.loading.hydrate import unknown_identity
from orm.loading.path import PathNode
from orm.loading.row_plan import EntityRow, Kind, Slot
from orm.mapping.polymorphic import with_polymorphic
from orm.sql.adapt import replacement_traverse
from orm.sql.annotations import plain


class Kinds(dict[Any, Kind]):
    """discriminator value -> Kind; a value that nobody mapped is an error that says so.

    A row without a value is of the class that is selected, unless one is mapped to None. A class that was mapped after the plan was made is found when its first row comes.
    """

    __slots__ = ("mapper",)

    def __init__(self, mapper: Any) -> None:
        super().__init__()
        self.mapper = mapper

    def __missing__(self, value: Any) -> Kind:
        found = self.mapper.polymorphic_map.get(value)
        if found is None and value is None and not self.mapper.polymorphic_abstract:
            found = self.mapper
        if found is None or not found.isa(self.mapper):
            raise unknown_identity(self.mapper, value)
        kind = self[value] = make_kind(found)
        return kind


def make_kinds(
    builder: Any,
    entity: EntityRow,
    adapt: Any,
    given: Sequence[Any] | None = (),
    discriminator: Any = None,
) -> None:
    """Give an entity of a hierarchy its discriminator and the classes that rows may become.

    The columns which subclasses add come along for those of `with_polymorphic`; others load on
    access, for all peers of the class at once. given: mappers of a with_polymorphic() alias in
    place of the mapping's own; None for no further column. discriminator: the column that such an alias names.
    """
    mapper = entity.mapper
    column = mapper.row_discriminator
    if column is None and discriminator is None:
        return
    along = () if given is None else _without(mapper, given or mapper.loaded_along)
    extras = {each: _add_extras(builder, entity, each, adapt) for each in along}
    kinds = Kinds(mapper)
    partial = {
        key: builder.add_slot(adapt(mapper.props[key].expression), key)
        for key in mapper.partial_keys
        if given is not None and not mapper.props[key].deferred
    }
    for each in mapper.self_and_descendants:
        if each.polymorphic_identity is not None:
            extra = [slot for above in along if each.isa(above) for slot in extras[above]]
            extra += [slot for key, slot in partial.items() if key in each.props]
            # not by hash: what converts a value may have none
            once = {(slot.key, slot.place): slot for slot in extra}
            kinds[each.polymorphic_identity] = make_kind(each, tuple(once.values()))
    if given is not None:
        _load_after(entity, along)
    if kinds:
        entity.kinds = kinds
        if discriminator is None:
            discriminator = adapt(mapper.adapt(column))
        key = "" if column is None or given is None else mapper.column_key.get(plain(column), "")
        entity.discriminator = slot = builder.add_slot(discriminator, key)
        if key and not any(each.key == key for each in entity.slots):
            # it is in the row whatever the options leave out
            entity.slots = (*entity.slots, slot)


def _load_after(entity: EntityRow, along: Sequence[Any]) -> None:
    """Arrange for what follows with statements of its own: columns, and relationships, of subclasses.

    Relationships of subclasses come if their class does, or if an option names them. What would
    be joined is fetched by keys instead: the rows are of several classes.
    """
    mapper, node = entity.mapper, entity.options
    asked = frozenset() if node is None else node.subclasses
    known = set(mapper.relationships)
    for below in _without(mapper, mapper.self_and_descendants):
        comes = below in along
        if not comes and (below in asked or below.polymorphic_load == "selectin"):
            entity.after.append((below, "subclass"))
            comes = True
        for prop in below.relationships:
            said = None if node is None else node.relations.get(prop.key)
            if prop in known or not (comes or (said is not None and said.strategy)):
                continue
            known.add(prop)
            strategy = prop.lazy if node is None else node.strategy_for(prop.key, prop.lazy)
            if strategy in _AFTER:
                entity.after.append((prop, "selectin" if strategy == "joined" else strategy))


_AFTER = frozenset({"joined", "selectin", "subquery", "immediate"})


def _without(mapper: Any, mappers: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(each for each in mappers if each is not mapper)


def make_kind(mapper: Any, extra: tuple[Slot, ...] = ()) -> Kind:
    """Return what rows of a class become."""
    return Kind(mapper.class_, mapper.class_manager.state_class, extra, mapper.base_mapper)


def _add_extras(builder: Any, entity: EntityRow, below: Any, adapt: Any) -> list[Slot]:
    """Select the columns which a subclass has beyond those of the entity."""
    mapper, node = entity.mapper, entity.options
    return [
        builder.add_slot(adapt(mapper.adapt(prop.expression)), prop.key)
        for prop in _own_columns(mapper, below)
        if builder.is_wanted(prop, node, None)
    ]


def _own_columns(mapper: Any, below: Any) -> list[Any]:
    return [prop for prop in below.column_attrs if prop.key not in mapper.props]


def columns_below(mapper: Any, below: Any, node: PathNode | None) -> list[Any]:
    """Return the column attributes of a subclass that a statement of its own loads.

    node: the options of the entity. A load_only() that names none of the subclass is about the base.
    """
    own = _own_columns(mapper, below)
    if node is None:
        return [prop for prop in own if not prop.deferred]
    if node.only is None or not node.only.isdisjoint(prop.key for prop in own):
        return [prop for prop in own if node.wants_column(prop.key, prop.deferred, prop.group)]
    return [
        prop
        for prop in own
        if (
            node.wants_column(prop.key, prop.deferred, prop.group)
            if prop.key in node.columns
            else not prop.deferred or prop.group in node.groups
        )
    ]


def choose_entity(prop: Any, of_type: Any) -> Any:
    """Return the entity from which the objects behind a relationship are selected.

    of_type: what an option says they are. A subclass brings its columns along, for those which are of it, and narrows
    nothing; an alias is selected from in the place of the class.
    """
    target = prop.entity
    if of_type is None or target.is_aliased_class or of_type is target:
        return target
    if of_type.is_aliased_class:
        return of_type
    return inspect(with_polymorphic(target.class_, [of_type.class_]))


def single_criterion(*mappers: Any) -> Any:
    """Return the condition for rows of classes that share their table with others, or None.

    mappers: one, or several of a hierarchy, for the rows of any.
    """
    for mapper in mappers:
        if not mapper.single or mapper.polymorphic_on is None:
            return None
    kinds = dict.fromkeys(
        each.polymorphic_identity for mapper in mappers for each in mapper.self_and_descendants
    )
    return mappers[0].polymorphic_on.in_([kind for kind in kinds if kind is not None])


def on_own_tables(statement: Any, roots: Sequence[Any]) -> Any:
    """Return a select of subclasses with the attributes of their bases on the tables they bring.

    A base may select from a union of its own (`with_polymorphic` of its mapper); in
    `select(Engineer).where(Person.name == ...)` that union has nothing to say.
    """
    bases = {
        above
        for root in roots
        for above in root.mapper.iterate_to_root()
        if root.is_mapper and above is not root and above.adapts
    }
    if not bases:
        return statement
    bases -= {*roots, *(_entity_of(each) for each in statement._from_obj)}
    bases -= {_entity_of(entry.target) for entry in statement._setup_joins}
    if not bases:
        return statement

    def replace(element: Any) -> Any:
        entity = element._annotations.get("parententity")
        if entity not in bases or not element._is_column_element:
            return None
        prop = entity.props.get(element._annotations.get("proxy_key"))
        found = None if prop is None or not prop.is_column else prop.expression
        return None if found is None else found._annotate(element._annotations)

    made = statement._clone()
    for name in ("_where_criteria", "_order_by", "_group_by", "_having"):
        clauses = getattr(made, name, None)
        if isinstance(clauses, tuple) and clauses:
            setattr(made, name, tuple(replacement_traverse(each, replace) for each in clauses))
    return made


def _entity_of(element: Any) -> Any:
    return element._annotations.get("parententity") if element is not None else None
