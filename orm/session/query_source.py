"""Queries over unions: the entities of the first SELECT, taken from the columns of a subquery."""

from __future__ import annotations

from typing import Any

from orm.mapping.aliased import aliased
from orm.sql.adapt import ClauseAdapter
from orm.sql.annotations import plain
from orm.sql.coercions import to_element


class Combined:
    """A union as the source of a query.

    first: the SELECT whose entities and columns the union has. subquery: the union in FROM.
    entities: what to select from it, in the same order.
    """

    def __init__(self, first: Any, subquery: Any) -> None:
        self.subquery = subquery
        own = {plain(item) for each in first.get_final_froms() for item in each._from_objects}
        self._adapter = ClauseAdapter(subquery, exclude_fn=lambda part: _is_foreign(part, own))
        self._stand_ins: dict[Any, Any] = {}
        columns = list(subquery.c)
        place = 0
        self.entities: list[Any] = []
        for element in first._raw_columns:
            entity = element._annotations.get("parententity")
            if element._is_from_clause:
                place += len(element._all_selected_columns)
                self.entities.append(
                    self.adapt(element) if entity is None else self._stand_in(entity)
                )
            else:
                self.entities.append(_same_name(columns[place], element))
                place += 1

    def _stand_in(self, entity: Any) -> Any:
        """Return the alias which takes the place of a mapped class, or of an alias of one."""
        found = self._stand_ins.get(entity)
        if found is None:
            found = self._stand_ins[entity] = aliased(entity.entity, self.subquery)
            insp = found._aliased_insp
            insp.stands_for = entity
            insp.name = entity.class_.__name__ if entity.is_mapper else entity.name
        return found

    def adapt(self, argument: Any) -> Any:
        """Return an argument of a query's method in terms of the union's columns."""
        if argument is None or isinstance(argument, (str, bool)):
            return argument
        if isinstance(argument, (list, tuple)):
            return type(argument)(self.adapt(each) for each in argument)
        parent = getattr(argument, "parent", None)
        stand_in = self._stand_ins.get(parent) if parent is not None else None
        if stand_in is not None and getattr(argument, "is_attribute", False):
            return _moved(argument, getattr(stand_in, argument.key))
        element = to_element(argument)
        if element is None or element._is_from_clause:
            entity = None if element is None else element._annotations.get("parententity")
            return self._stand_ins.get(entity, argument)
        return self._adapter.traverse(element)


def _is_foreign(element: Any, own: set[Any]) -> bool:
    """Whether a column is of a subquery or alias which the members of the union do not select from."""
    table = getattr(element, "table", None)
    if table is None or table.__visit_name__ == "table":
        return False
    return plain(table) not in own


def _moved(attribute: Any, found: Any) -> Any:
    """Return an attribute of the stand-in, with the of_type() and and_() of the original."""
    of_type = getattr(attribute.comparator, "_of_type", None)
    criteria = getattr(attribute.comparator, "_extra_criteria", ())
    if of_type is not None:
        found = found.of_type(of_type.entity)
    return found.and_(*criteria) if criteria else found


def _same_name(column: Any, original: Any) -> Any:
    """Return a column of the union which has the original's name in the rows of the result."""
    name = original._annotations.get("proxy_key") or getattr(original, "key", None)
    return column if name is None else column._annotate({"proxy_key": name})
