"""Classes that are joined although a table of theirs stands in FROM already: under an alias.

`select(Company).join(Company.staff.of_type(Engineer)).join(Company.staff.of_type(Manager))` would have the table of the base
class twice. The second class gets an alias in the whole statement, with a warning that says how to write it.
"""

from __future__ import annotations

from typing import Any

from orm import exc
from orm.inspection import inspect
from orm.loading.criteria import entities_within, target_entity
from orm.mapping.aliased import aliased
from orm.sql.adapt import replacement_traverse
from orm.sql.annotations import plain
from orm.sql.select import JoinEntry
from orm.util.warn import warn

#: the clauses in which a class may be named
_CLAUSES = (
    *("_raw_columns", "_from_obj", "_join_roots", "_where_criteria"),
    *("_order_by", "_group_by", "_having", "_distinct_on"),
)


def alias_overlaps(statement: Any) -> Any:
    """Return a select of which no two joined classes bring the same table; the statement itself if none do."""
    entries: tuple[JoinEntry, ...] = statement._setup_joins
    if not entries:
        return statement
    aliases = _find_overlaps(statement, entries)
    if not aliases:
        return statement
    for entity in aliases:
        name = entity.class_.__name__
        warn(
            f"{name} is joined under an alias, because a table of it is in FROM already. Write that alias: "
            f"other = aliased({name}, flat=True), and take its attributes from it.",
            exc.SAWarning,
        )

    def replace(element: Any) -> Any:
        alias = aliases.get(element._annotations.get("parententity"))
        return None if alias is None else _move(element, alias)

    made = statement._generate()
    for name in _CLAUSES:
        if members := getattr(made, name, None):
            setattr(made, name, tuple(replacement_traverse(each, replace) for each in members))
    made._setup_joins = tuple(_move_entry(entry, aliases, replace) for entry in entries)
    return made


def _find_overlaps(statement: Any, entries: tuple[JoinEntry, ...]) -> dict[Any, Any]:
    """Return entity -> alias for the joined classes that bring a table which is there already."""
    joined = {target_entity(entry) for entry in entries}
    taken: set[Any] = set()
    for root in (*statement._raw_columns, *statement._from_obj, *statement._join_roots):
        found = entities_within(root)
        if not found and root._is_from_clause:
            taken |= _tables(root)
        for entity in found:
            if entity not in joined:
                taken |= _tables(entity.selectable)
    aliases: dict[Any, Any] = {}
    done: set[Any] = set()
    for entry in entries:
        entity = target_entity(entry)
        tables = _tables(entry.target if entity is None else entity.selectable)
        if entity is None or (entity.is_mapper and entity not in done):
            starts_here = _start_of(entry) is entity
            if entity is not None and tables & taken and not starts_here:
                alias = aliases[entity] = inspect(aliased(entity.class_, flat=True))
                alias.stands_for = entity
            taken |= tables
        done.add(entity)
    return aliases


def _tables(element: Any) -> set[Any]:
    """Return the tables under their own names within a FROM object."""
    return {plain(each) for each in element._from_objects if each.__visit_name__ == "table"}


def _relation_of(entry: JoinEntry) -> Any:
    """Return the relationship which a join goes over, None if it does not."""
    for each in (entry.target, entry.onclause):
        if each is not None and each.__visit_name__ == "orm_relationship":
            return each
    return None


def _start_of(entry: JoinEntry) -> Any:
    relation = _relation_of(entry)
    return None if relation is None else relation.parententity


def _move_entry(entry: JoinEntry, aliases: dict[Any, Any], replace: Any) -> JoinEntry:
    """Return a join with the aliases in the place of what they stand for."""
    alias = aliases.get(target_entity(entry))
    target, onclause = entry.target, entry.onclause
    if target.__visit_name__ == "orm_relationship":
        target = _move_relation(target, aliases, replace, alias)
    elif alias is not None:
        target = alias.__clause_element__()
    if onclause is not None:
        is_relation = onclause.__visit_name__ == "orm_relationship"
        onclause = (
            _move_relation(onclause, aliases, replace)
            if is_relation
            else replacement_traverse(onclause, replace)
        )
    left = None if entry.left is None else replacement_traverse(entry.left, replace)
    return entry._replace(target=target, onclause=onclause, left=left)


def _move_relation(
    relation: Any, aliases: dict[Any, Any], replace: Any, of_type: Any = None
) -> Any:
    """Return a relationship of a join which starts from, and leads to, the aliases."""
    parent = aliases.get(relation.parententity, relation.parententity)
    criteria = tuple(replacement_traverse(each, replace) for each in relation._extra_criteria)
    made = type(relation)(relation.property, parent, of_type or relation.of_type_entity, criteria)
    made.secondary = relation.secondary
    return made


def _move(element: Any, alias: Any) -> Any:
    """Return what an alias has in the place of a class, or of an attribute of it."""
    if element._is_from_clause:
        return alias.__clause_element__()
    if element.__visit_name__ == "orm_relationship":
        return None
    return alias.adapt(element)._annotate(
        {**element._annotations, "parententity": alias, "parentmapper": alias.mapper}
    )
