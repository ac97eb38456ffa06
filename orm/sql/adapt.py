"""Copies of trees with parts replaced, and questions about trees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import eq
from typing import Any

from orm.sql.annotations import Annotated, plain
from orm.sql.elements import BinaryExpression, BindParameter, ColumnElement
from orm.sql.join_condition import join_condition
from orm.sql.selectable import _FLATTEN, Join
from orm.sql.visitors import _OPERATIONS, ClauseElement, iterate, traverse

Replace = Callable[[Any], Any]


def replacement_traverse(element: Any, replace: Replace) -> Any:
    """A copy of the tree in which every element for which replace(el) is not None is replaced by that.

    A replaced element is not looked into; parts without a replacement are shared with the original. Bind parameters keep
    their identity.
    """
    done: dict[int, tuple[Any, Any]] = {}

    def visit(current: Any) -> Any:
        found = done.get(id(current))
        if found is not None:
            return found[1]
        new = replace(current)
        if new is None:
            new = current._map_children(visit)
        # The original is kept beside the copy, so that its id is not given to another object meanwhile.
        done[id(current)] = (current, new)
        return new

    return None if element is None else visit(element)


def cloned_traverse(
    element: Any, opts: Any = None, functions: Mapping[str, Callable[[Any], Any]] | None = None
) -> Any:
    """A deep copy (tables and columns shared) whose elements are passed to functions[visit_name]."""
    functions = functions or {}

    def visit(current: Any) -> Any:
        copy = current._map_children(visit)
        if copy is current and not _is_fixed(current):
            copy = current._clone()
        function = functions.get(copy.__visit_name__)
        if function is not None:
            function(copy)
        return copy

    return None if element is None else visit(element)


def _is_fixed(element: Any) -> bool:
    return element._is_from_clause or element.__visit_name__ in ("column", "null", "true", "false")


class ClauseAdapter:
    """Rewrites expressions to the columns of `selectable`, by lineage.

    equivalents: further columns that mean the same as a column. exclude, include: functions of an element that keep it from, or admit
    it to, being rewritten.
    """

    def __init__(
        self,
        selectable: Any,
        equivalents: Mapping[Any, Iterable[Any]] | None = None,
        include_fn: Callable[[Any], bool] | None = None,
        exclude_fn: Callable[[Any], bool] | None = None,
        adapt_on_names: bool = False,
    ) -> None:
        self.selectable = selectable
        self.equivalents = equivalents or {}
        self.include_fn = include_fn
        self.exclude_fn = exclude_fn
        self.adapt_on_names = adapt_on_names
        self._memo: dict[Any, Any] = {}

    def traverse(self, expr: Any) -> Any:
        """A copy of the expression with its columns replaced."""
        return replacement_traverse(expr, self.replace)

    def copy_and_process(self, items: Iterable[Any]) -> list[Any]:
        """A list of rewritten copies."""
        return [self.traverse(item) for item in items]

    def replace(self, element: Any) -> Any:
        """The replacement of one element, None if there is none."""
        if element._is_from_clause:
            if self.selectable.is_derived_from(element) and not element._is_join:
                return self.selectable
            # what stands in FROM under a name of its own refers to nothing outside, unless it is lateral
            return element if element._is_derived and not element._is_lateral else None
        if not isinstance(element, ColumnElement) or isinstance(element, BindParameter):
            return None
        if self.include_fn is not None and not self.include_fn(element):
            return None
        if self.exclude_fn is not None and self.exclude_fn(element):
            return None
        found = self.corresponding(element)
        if found is not None and isinstance(element, Annotated):
            return found._annotate(element._annotations)
        return found

    def corresponding(self, column: Any) -> Any:
        """The column of the selectable that stands for `column`, None if there is none."""
        key = plain(column)
        if key in self._memo:
            return self._memo[key]
        found = self._memo[key] = self._find(key)
        return found

    def _find(self, column: Any) -> Any:
        found = self.selectable.corresponding_column(column)
        if found is not None:
            return found
        for other in self.equivalents.get(column, ()):
            found = self.selectable.corresponding_column(other)
            if found is not None:
                return found
        if self.adapt_on_names and column.key is not None:
            return self.selectable.c.get(column.key)
        return None


class ColumnAdapter(ClauseAdapter):
    """ClauseAdapter with `.columns[col]`: the rewritten column."""

    @property
    def columns(self) -> Mapping[Any, Any]:
        """Rewritten columns by column."""
        return _AdaptedColumns(self)


class _AdaptedColumns(dict[Any, Any]):
    def __init__(self, adapter: ClauseAdapter) -> None:
        super().__init__()
        self.adapter = adapter

    def __missing__(self, key: Any) -> Any:
        found = self[key] = self.adapter.traverse(key)
        return found


def find_tables(
    clause: Any,
    *,
    check_columns: bool = False,
    include_aliases: bool = False,
    include_joins: bool = False,
    include_selects: bool = False,
) -> list[Any]:
    """The tables in a tree; with check_columns those of its columns too."""
    found: dict[Any, None] = {}
    for element in iterate(clause):
        name = element.__visit_name__
        if (
            name == "table"
            or (include_aliases and name in ("alias", "subquery", "lateral", "cte"))
            or (include_joins and name == "join")
            or (include_selects and name == "select")
        ):
            found[element] = None
        elif check_columns and name == "column":
            table = getattr(element, "table", None)
            if table is not None:
                found[table] = None
    return list(found)


def find_columns(clause: Any) -> set[Any]:
    """The columns in a tree."""
    return {element for element in iterate(clause) if element.__visit_name__ == "column"}


def criterion_as_pairs(
    expression: Any,
    consider_as_foreign_keys: Any = None,
    consider_as_referenced_keys: Any = None,
    any_operator: bool = False,
) -> list[tuple[Any, Any]]:
    """(referenced, foreign) columns of each `a = b` in a condition.

    Which side is foreign is known from the given columns, or from the foreign keys.
    """
    pairs: list[tuple[Any, Any]] = []
    for element in iterate(expression):
        if not isinstance(element, BinaryExpression):
            continue
        if not any_operator and element.operator is not eq:
            continue
        left, right = element.left, element.right
        if not (_is_column(left) and _is_column(right)):
            continue
        pair = _order_pair(left, right, consider_as_foreign_keys, consider_as_referenced_keys)
        if pair is not None:
            pairs.append(pair)
    return pairs


def _is_column(element: Any) -> bool:
    return isinstance(element, ColumnElement) and element.__visit_name__ == "column"


def _order_pair(left: Any, right: Any, foreign: Any, referenced: Any) -> tuple[Any, Any] | None:
    if foreign:
        if left in foreign and (right is left or right not in foreign):
            return right, left
        if right in foreign and left not in foreign:
            return left, right
        return None
    if referenced:
        if left in referenced and (right is left or right not in referenced):
            return left, right
        if right in referenced and left not in referenced:
            return right, left
        return None
    if any(fk.column is plain(right) for fk in left.foreign_keys):
        return right, left
    if any(fk.column is plain(left) for fk in right.foreign_keys):
        return left, right
    return None


def bind_values(clause: Any) -> list[Any]:
    """The values bound in a tree, in order."""
    return [e.effective_value for e in iterate(clause) if isinstance(e, BindParameter)]


def with_params(statement: Any, values: Mapping[str, Any], unique: bool = False) -> Any:
    """A copy of a statement with values for its named parameters; unique: which are shared with no other by name."""

    def replace(element: ClauseElement) -> Any:
        if isinstance(element, BindParameter) and not element.unique and element.key in values:
            found = element._with_value(values[element.key])
            if unique:
                found.unique = True
            return found
        return None

    return replacement_traverse(statement, replace)


def splice_joins(left: Any, right: Any) -> Any:
    """`left` joined with the innermost left side of the join chain `right`, conditions kept."""
    if right is None:
        return left
    if left is None:
        return right
    if not isinstance(right, Join):
        return Join(left, right)
    inner = splice_joins(left, right.left)
    return Join(inner, right.right, right.onclause, right.isouter, right.full)


def flat_alias(join: Join, name: str | None = None) -> Any:
    """A copy of a join in which every table is an alias, the conditions rewritten to those."""
    replaced: dict[Any, Any] = {}
    for table in find_tables(join, include_aliases=True):
        made = None if name is None or table.name is None else f"{name}_{table.name}"
        replaced[plain(table)] = table.alias(made)

    def replace(element: Any) -> Any:
        if element._is_from_clause:
            return replaced.get(plain(element))
        table = getattr(element, "table", None)
        alias = None if table is None else replaced.get(plain(table))
        return None if alias is None else alias.c[element.key]

    return replacement_traverse(join, replace)


_FLATTEN["join"] = flat_alias
_OPERATIONS["params"] = with_params
__all__ = [
    "ClauseAdapter", "ColumnAdapter", "bind_values", "cloned_traverse", "criterion_as_pairs",
    "find_columns", "find_tables", "flat_alias", "iterate", "join_condition",
    "replacement_traverse", "splice_joins", "traverse", "with_params",
]  # fmt: skip
