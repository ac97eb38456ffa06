"""with_loader_criteria(): a condition for every place where a class is loaded from.

The conditions of a statement's entities (these, and those of single-table inheritance) are put
into WHERE for what is selected and into ON for what is joined: in the statement itself, in
every SELECT within it, and in the loads of relationships that follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from orm import exc
from orm.inspection import inspect
from orm.loading.path import criterion_key, expression_key
from orm.loading.polymorphic import single_criterion
from orm.sql.adapt import replacement_traverse
from orm.sql.annotations import plain
from orm.sql.coercions import to_element
from orm.sql.expression import and_
from orm.sql.froms import compute_froms
from orm.sql.join_condition import has_join_condition, join_condition
from orm.sql.select import JoinEntry
from orm.sql.selectable import STATEMENTS


class LoaderCriteria:
    """The option that with_loader_criteria() makes.

    class_: mapped, or a mixin of mapped classes. where: the condition, or a function of a class
    that returns it.
    """

    inherit_cache = True
    directives: tuple[Any, ...] = ()

    def __init__(
        self,
        entity: Any,
        where: Any,
        *,
        loader_only: bool = False,
        include_aliases: bool = False,
        propagate_to_loaders: bool = True,
    ) -> None:
        found = inspect(entity, raiseerr=False)
        self.mapper: Any = getattr(found, "mapper", None)
        #: the alias that it is about, None for all of a class
        self.alias: Any = found if getattr(found, "is_aliased_class", False) else None
        if self.mapper is None and not isinstance(entity, type):
            raise exc.ArgumentError(
                f"with_loader_criteria() takes a mapped class or a mixin of such, not {entity!r:.80}."
            )
        self.class_: type = entity if self.mapper is None else self.mapper.class_
        self.loader_only = loader_only
        self.include_aliases = include_aliases
        self.propagate_to_loaders = propagate_to_loaders
        self._make: Callable[[Any], Any] | None = None
        self._condition: Any = None
        if callable(where) and not hasattr(where, "__clause_element__"):
            self._make = where
        else:
            self._condition = to_element(where)
        self._key: tuple[Any, ...] | None = None

    def criterion_for(self, mapper: Any) -> Any:
        """Return the condition on a mapper's own columns, None if it does not concern that class."""
        if self.alias is not None or not issubclass(mapper.class_, self.class_):
            return None
        if self._make is None:
            return self._condition
        return to_element(self._make(self.class_ if self.mapper is not None else mapper.class_))

    def condition_in(self, entity: Any) -> Any:
        """Return the condition in terms of an entity of a statement, None if it does not concern that."""
        if self.alias is not None:
            if entity is not self.alias:
                return None
            return self._condition if self._make is None else to_element(self._make(entity.entity))
        if not (entity.is_mapper or self.include_aliases or entity.stands_for is not None):
            return None
        condition = self.criterion_for(entity.mapper)
        return condition if condition is None or entity.is_mapper else entity.adapt(condition)

    def cache_key(self) -> tuple[Any, ...]:
        """Return a key in which the values take part: plans of related objects are made from them."""
        if self._key is None and self.alias is not None:
            shared = [self.alias.selectable]
            condition = expression_key(self.condition_in(self.alias), shared)
            self._key = (("criteria of an alias", condition, self.loader_only), (), tuple(shared))
        if self._key is None:
            mappers = [self.mapper] if self.mapper is not None else _mapped_below(self.class_)
            parts = tuple((m, criterion_key(self.criterion_for(m))) for m in mappers)
            flags = (self.loader_only, self.include_aliases, self.propagate_to_loaders)
            self._key = (("criteria", self.class_, parts, flags), ())
        return self._key

    def __repr__(self) -> str:
        return f"<with_loader_criteria {self.class_.__name__}>"


def _mapped_below(class_: type) -> list[Any]:
    """Return the mappers of the classes derived from a mixin."""
    found: dict[Any, None] = {}
    each: type
    for each in class_.__subclasses__():
        mapper = inspect(each, raiseerr=False)
        if mapper is not None:
            found[mapper] = None
        found.update(dict.fromkeys(_mapped_below(each)))
    return list(found)


def with_loader_criteria(
    entity_or_base: Any,
    where_criteria: Any,
    loader_only: bool = False,
    include_aliases: bool = False,
    propagate_to_loaders: bool = True,
    track_closure_variables: bool = True,
) -> LoaderCriteria:
    """Return an option which restricts a class wherever the statement loads it.

    entity_or_base: a mapped class, or a mixin for all classes derived from it.
    where_criteria: a condition, or a function of the class, as `lambda cls: cls.deleted == False`;
    for a mixin it has to be a function. It is called when the statement is made ready, so that it
    may read the variables around it.
    include_aliases: also for aliased() of the class. propagate_to_loaders: also for lazy loads
    of the objects that come back. loader_only: only for relationships, not for the statement.
    """
    return LoaderCriteria(
        entity_or_base,
        where_criteria,
        loader_only=loader_only,
        include_aliases=include_aliases,
        propagate_to_loaders=propagate_to_loaders,
    )


def conditions_for(options: Iterable[LoaderCriteria], mapper: Any) -> list[Any]:
    """Return the conditions of these options for loading a mapper's objects."""
    found = [option.criterion_for(mapper) for option in options]
    return [each for each in found if each is not None]


def criteria_of(statement: Any) -> tuple[LoaderCriteria, ...]:
    """Return the options of this kind which a statement has."""
    options = getattr(statement, "_with_options", ())
    return tuple(each for each in options if isinstance(each, LoaderCriteria))


class Restricting:
    """Adds the conditions of entities to SELECTs: called with one, returns it restricted.

    covers_top: also to the statement itself that is compiled, not only to those within.
    """

    def __init__(self, options: Iterable[LoaderCriteria], *, covers_top: bool = False) -> None:
        self.covers_top = covers_top
        self.options = tuple(option for option in options if not option.loader_only)

    def __call__(
        self, statement: Any, froms: Sequence[Any] | None = None, is_top: bool = False
    ) -> Any:
        """Return the statement with the conditions of its entities, once only.

        froms: what the statement has in FROM; None for the statement that is executed.
        """
        if not statement.is_orm or "_is_restricted" in statement.__dict__:
            return statement
        own = () if is_top else criteria_of(statement)
        if own and not set(own) <= set(self.options):
            statement = statement._clone()
            statement._with_options = ()
            return Restricting((*self.options, *own))(statement, froms)
        within = statement.__dict__.get("_is_condition_of", frozenset())
        made = statement._clone()
        made._is_restricted = True
        if made._setup_joins:
            self._restrict_joins(made, within)
        entities = _entities_of(statement, froms)
        added = [
            condition
            for entity in entities
            for condition in self.conditions(entity, within, entities)
        ]
        return made.where(*added) if added else made

    def conditions(
        self, entity: Any, within: frozenset[LoaderCriteria], entities: Sequence[Any] = ()
    ) -> list[Any]:
        """Return the conditions for an entity, in terms of its alias if it is one.

        within: the options in whose own conditions the SELECT stands; they do not go round.
        entities: those selected along.
        """
        own = _own_criterion(entity, entities)
        if own is not None and not entity.is_mapper:
            own = entity.adapt(own)
        found = [own]
        for option in self.options:
            condition = None if option in within else option.condition_in(entity)
            if condition is not None:
                found.append(_mark_selects(condition, within | {option}))
        return [each for each in found if each is not None]

    def _restrict_joins(self, statement: Any, within: frozenset[LoaderCriteria]) -> None:
        entries = list(statement._setup_joins)
        for place, entry in enumerate(entries):
            entity = target_entity(entry)
            added = [] if entity is None else self.conditions(entity, within)
            if not added:
                continue
            if entry.onclause is None and entry.target.__visit_name__ != "orm_relationship":
                statement._setup_joins = tuple(entries[:place])
                entry = entry._replace(onclause=_implied_condition(statement, entry))
            entries[place] = _with_conditions(entry, added)
        statement._setup_joins = tuple(entries)


def make_restriction(statement: Any) -> Restricting:
    """Return what the SELECTs go through of a statement that no plan was made for.

    That is an INSERT, UPDATE or DELETE, and what is executed on a connection.
    """
    return Restricting(criteria_of(statement))


STATEMENTS["restriction"] = make_restriction


def _own_criterion(entity: Any, entities: Sequence[Any]) -> Any:
    """Return the condition for rows of an entity's class.

    Parts of one with_polymorphic() have one for all together, and none beside the whole.
    """
    whole = None if entity.is_mapper else entity.whole
    if whole is None:
        return single_criterion(entity.mapper)
    parts = [each for each in entities if not each.is_mapper and each.whole is whole]
    if entity not in parts:
        return single_criterion(entity.mapper)
    if whole in entities or parts[0] is not entity:
        return None
    return single_criterion(*[each.mapper for each in parts])


def _mark_selects(condition: Any, options: frozenset[LoaderCriteria]) -> Any:
    """Return a condition whose SELECTs know that they belong to these options."""

    def mark(element: Any) -> Any:
        if element.__visit_name__ != "select":
            return None
        made = element._clone()
        made._is_condition_of = options
        return made

    return replacement_traverse(condition, mark)


def _with_conditions(entry: JoinEntry, added: list[Any]) -> JoinEntry:
    """Return a join with further conditions in its ON."""
    for name in ("target", "onclause"):
        relation = getattr(entry, name)
        if relation is not None and relation.__visit_name__ == "orm_relationship":
            return entry._replace(**{name: relation.with_criteria(*added)})
    return entry._replace(onclause=and_(entry.onclause, *added))


def _implied_condition(statement: Any, entry: JoinEntry) -> Any:
    """Return the condition which foreign keys give for a join without one."""
    lefts = [entry.left] if entry.left is not None else compute_froms(statement)
    for left in lefts:
        if has_join_condition(left, entry.target):
            return join_condition(left, entry.target)
    return join_condition(lefts[0], entry.target)


def target_entity(entry: JoinEntry) -> Any:
    """Return the mapper or alias that a join leads to, None for a table."""
    target = entry.target
    if target.__visit_name__ == "orm_relationship":
        return target.of_type_entity or target.property.entity
    return target._annotations.get("parententity")


def _entities_of(statement: Any, froms: Sequence[Any] | None) -> list[Any]:
    """Return the entities a SELECT is from, joins left out.

    froms: what it has in FROM, None if it stands in no other: an entity that is only mentioned may
    belong to a statement around it.
    """
    parts = [*statement._raw_columns, *statement._from_obj, *statement._join_roots]
    parts += [entry.left for entry in statement._setup_joins if entry.left is not None]
    joined = {target_entity(entry) for entry in statement._setup_joins}
    found = dict.fromkeys(entity for part in parts for entity in entities_within(part))
    for part in statement._where_criteria:
        for entity in entities_within(part):
            if not getattr(entity, "is_part", False):
                found[entity] = None
    if froms is not None:
        there = {plain(item) for each in froms for item in (each, *each._from_objects)}
        found = {entity: None for entity in found if not there.isdisjoint(_sources_of(entity))}
    return [entity for entity in found if entity not in joined]


def _sources_of(entity: Any) -> set[Any]:
    """Return what stands in FROM for an entity."""
    selectable = plain(entity.selectable)
    return {selectable} if entity.is_mapper or not selectable._is_join else _tables_of(selectable)


def _tables_of(join: Any) -> set[Any]:
    return {plain(item) for item in join._from_objects}


def entities_within(element: Any) -> list[Any]:
    """Return the entities of an expression's columns; subqueries have their own."""
    found: list[Any] = []
    pending = [element]
    while pending:
        part = pending.pop()
        annotations = part._annotations
        entity = annotations.get("parententity") if annotations else None
        if entity is not None and "composed" not in annotations:
            found.append(entity)
        elif not (
            part._is_bind_parameter
            or part._is_select_base
            or part.__visit_name__ == "scalar_select"
            or (part._is_from_clause and not part._is_join)
        ):
            pending.extend([*part.get_children()][::-1])
    return found
