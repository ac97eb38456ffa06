"""Joins over relationships as joins between tables: `join(User.posts)`, `of_type`, `and_`.

A SELECT keeps its joins as they were written; when its FROM is computed, the element of a
relationship is asked for the core joins it stands for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from orm import exc
from orm.sql.adapt import replacement_traverse
from orm.sql.annotations import plain


def resolve_entry(relation: Any, entry: Any) -> list[Any]:
    """Return the core joins which a join over a relationship stands for.

    relation: the element of the relationship, which is the entry's target or its condition.
    """
    prop = relation.property
    target = entry.target
    if target is relation:
        if entry.onclause is not None:
            raise exc.InvalidRequestError(
                f"join({prop}, condition): the relationship has its condition. Write join({prop}.and_(condition)) to add to "
                f"it, or join({prop.mapper.class_.__name__}, condition) for another."
            )
        target = (relation._of_type or prop.entity).__clause_element__()
    _check_sides(relation, entry, target)
    left = relation.parententity.__clause_element__()
    if target._annotations.get("parententity") is relation.parententity:
        _refuse_join_to_itself(prop)
    of_left = choose_adapter(left, prop.parent)
    of_target = choose_adapter(target, prop.mapper)
    criteria = relation._extra_criteria
    secondary = relation.secondary
    if secondary is not None:
        second = _adapt_side(prop.secondaryjoin, prop, of_target, of_target, secondary)
        first = _adapt_side(prop.primaryjoin, prop, of_left, of_left, secondary)
        for each in criteria:
            second = second & adapt_all(each, _of_either(secondary, of_target))
        if entry.isouter or entry.full:
            pair = secondary.join(target, second)
            return [entry._replace(target=pair, onclause=first, left=left)]
        return [
            entry._replace(target=secondary, onclause=first, left=left),
            entry._replace(target=target, onclause=second, left=secondary),
        ]
    onclause = _adapt_side(prop.primaryjoin, prop, of_left, of_target, None)
    for each in criteria:
        onclause = onclause & adapt_all(each, of_target)
    return [entry._replace(target=target, onclause=onclause, left=left)]


def _of_either(secondary: Any, of_target: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the adapter for further criteria, which may name the association table, too."""

    def find(column: Any) -> Any:
        found = secondary.corresponding_column(column, True)
        return of_target(column) if found is None else found

    return find


def _check_sides(relation: Any, entry: Any, target: Any) -> None:
    """Raise exc.InvalidRequestError if a join names other sides than the relationship in it has."""
    prop, parent = relation.property, relation.parententity
    found = target._annotations.get("parententity")
    if found is not None and not found.mapper.common_parent(prop.mapper):
        raise exc.InvalidRequestError(
            f"join({found.mapper.class_.__name__}, {prop}): the relationship leads to "
            f"{prop.mapper.class_.__name__}, not to {found.mapper.class_.__name__}. Name its target, or a relationship that "
            "leads there."
        )
    left = None if entry.left is None else entry.left._annotations.get("parententity")
    if left is None or left is parent:
        return
    if not (left.is_mapper and parent.is_mapper and left.common_parent(parent)):
        raise exc.InvalidRequestError(
            f"The join starts from {left!r}, but {prop} starts from {parent!r}. Take the relationship from what the join "
            "starts from: of an alias, alias.relationship."
        )


def _refuse_join_to_itself(prop: Any) -> NoReturn:
    name = prop.parent.class_.__name__
    raise exc.InvalidRequestError(
        f"join({prop}) would join {name} to itself under one name. Give the other side a name of its own: "
        f"other = aliased({name}); select({name}).join({prop}.of_type(other))."
    )


def choose_adapter(selectable: Any, mapper: Any) -> Callable[[Any], Any]:
    """Return the adapter to an alias; for the mapper's own table or join nothing is to be done."""
    if hash(selectable) == hash(mapper.selectable):
        adapt: Callable[[Any], Any] = mapper.adapt
        return adapt
    return make_adapter(selectable)


def _adapt_side(
    condition: Any,
    prop: Any,
    of_left: Callable[[Any], Any],
    of_target: Callable[[Any], Any],
    secondary: Any,
) -> Any:
    """Return a relationship's condition with either side's columns on what is joined."""

    def find(column: Any) -> Any:
        if secondary is not None:
            associated = secondary.corresponding_column(column, True)
            if associated is not None:
                return associated
        is_far = secondary is None and is_remote(prop, column)
        found = of_target(column) if is_far else of_left(column)
        return None if found is column else found

    return adapt_all(condition, find)


def make_adapter(selectable: Any, original: Any = None) -> Callable[[Any], Any]:
    """Return a function from a column (or expression) of the original to that of an alias.

    original: a union of which `selectable` is another alias; columns of it are found by name.
    """

    def adapt(expression: Any) -> Any:
        if original is not None and getattr(expression, "table", None) is original:
            return selectable.c[expression.key]
        found = selectable.corresponding_column(expression, True) if is_column(expression) else None
        if found is not None:
            return found
        return adapt_all(expression, lambda column: selectable.corresponding_column(column, True))

    return adapt


def is_column(expression: Any) -> bool:
    """Whether the expression is a column of some table or subquery."""
    return bool(expression._is_column_element) and getattr(expression, "table", None) is not None


def adapt_all(expression: Any, find: Callable[[Any], Any]) -> Any:
    """Return a copy of an expression with the columns replaced for which `find` has another.

    Subqueries within name the tables of these columns anew where they stand in FROM or correlate() by themselves.
    """
    moved: dict[Any, Any] = {}
    has_select = False

    def replace(element: Any) -> Any:
        nonlocal has_select
        if not is_column(element):
            has_select = has_select or element.__visit_name__ == "select"
            return None
        found = find(element)
        if found is None:
            # a column as it is: what its subquery is made of is none of ours
            return element
        moved[plain(element.table)] = getattr(found, "table", None)
        return found

    def replace_from(element: Any) -> Any:
        if is_column(element):
            return element
        if not element._is_from_clause or element._is_join:
            return None
        found = moved.get(plain(element))
        return element if found is None else found

    made = replacement_traverse(expression, replace)
    return replacement_traverse(made, replace_from) if has_select and moved else made


def is_remote(prop: Any, column: Any) -> bool:
    """Whether a column in a relationship's condition is on the related side.

    Columns which are neither part of the key nor marked, in further criteria, are on the
    related side unless the parent has them.
    """
    notes = column._annotations
    if "local" in notes:
        return False
    if "remote" in notes or column in prop.remote_side:
        return True
    return column not in prop.local_columns and plain(column) not in prop.parent.column_key
