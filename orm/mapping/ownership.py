"""with_parent(): the condition that rows are related to a given object."""

from __future__ import annotations

from typing import Any

from orm import exc
from orm.inspection import inspect
from orm.mapping.join_condition import replace
from orm.sql.annotations import plain
from orm.sql.elements import BindParameter
from orm.sql.expression import and_


def with_parent(instance: Any, prop: Any, from_entity: Any = None) -> Any:
    """Return the condition for what relationship `prop` of `instance` leads to.

    instance: an object of the relationship's class. prop: the attribute, as User.posts; with
    of_type(alias) the related side is that alias. from_entity: an alias of the object's class
    whose relationship it is.
    The object's key is read when the statement is executed. Raises exc.ArgumentError if the
    object is of another class.
    """
    if from_entity is not None:
        prop = getattr(inspect(from_entity).entity, prop.key)
    relation = getattr(prop, "property", None)
    if relation is None or not hasattr(relation, "primaryjoin"):
        raise exc.ArgumentError(
            f"with_parent() takes a relationship, as with_parent(user, User.posts), not {prop!r:.80}."
        )
    state = inspect(instance)
    if not state.mapper.isa(relation.parent):
        raise exc.ArgumentError(
            f"with_parent(): {relation} belongs to {relation.parent.class_.__name__}, and the object "
            f"given is a {state.class_.__name__}."
        )
    return _condition(instance, state.mapper, relation, getattr(prop, "_of_type", None))


def _condition(instance: Any, mapper: Any, relation: Any, of_type: Any) -> Any:
    near = {plain(local) for local in relation.local_columns}
    adapt = _same if of_type is None else of_type.adapt
    secondary = relation.secondary

    def find(part: Any) -> Any:
        if getattr(part, "table", None) is None:
            return None
        column = plain(part)
        if secondary is not None and secondary.c.contains_column(column):
            return None
        if column in near and not part._annotations.get("remote"):
            return _value_of(instance, mapper, column)
        found = adapt(column)
        return None if found is column else found

    condition = replace(relation.primaryjoin, find)
    if secondary is None:
        return condition

    def find_far(part: Any) -> Any:
        if getattr(part, "table", None) is None or secondary.c.contains_column(plain(part)):
            return None
        found = adapt(plain(part))
        return None if found is plain(part) else found

    return and_(condition, replace(relation.secondaryjoin, find_far))


def _value_of(instance: Any, mapper: Any, column: Any) -> Any:
    key = mapper.column_key[column]
    bind: Any = BindParameter(None, None, column.type, unique=True)
    bind.callable = lambda: getattr(instance, key)
    return bind


def _same(column: Any) -> Any:
    return column
