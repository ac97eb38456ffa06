"""Lists of elements with an operator between: arguments, members of ORDER BY, conditions joined by AND or OR."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from operator import inv
from typing import Any, ClassVar, Final

from orm import exc
from orm.sql import operators
from orm.sql.elements import (
    FALSE,
    TRUE,
    ColumnElement,
    False_,
    Grouping,
    True_,
    UnaryExpression,
)
from orm.sql.operators import OperatorType, is_precedence
from orm.sql.visitors import ClauseElement, Kind, Traverse
from orm.types.base import NULLTYPE, TypeEngine
from orm.types.resolve import BOOLEANTYPE
from orm.util.record import Record


class ClauseList(ClauseElement):
    """Elements with an operator (mostly a comma) between."""

    __visit_name__ = "clauselist"
    _traverse: ClassVar[Traverse] = (("clauses", Kind.CHILDREN), ("operator", Kind.PLAIN))
    type: TypeEngine = NULLTYPE

    def __init__(
        self,
        *clauses: Any,
        operator: OperatorType = operators.comma_op,
        group: bool = True,
        group_contents: bool = True,
    ) -> None:
        self.operator = operator
        self.group = group
        self.clauses: tuple[Any, ...] = tuple(
            [c.self_group(operator) for c in clauses] if group_contents else clauses
        )

    def __iter__(self) -> Any:
        return iter(self.clauses)

    def __len__(self) -> int:
        return len(self.clauses)

    def __bool__(self) -> bool:
        return True

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        found: tuple[Any, ...] = ()
        for clause in self.clauses:
            found += clause._from_objects
        return found

    def self_group(self, against: Any = None) -> Any:
        if self.group and is_precedence(self.operator, against):
            return Grouping(self)
        return self

    def in_parentheses(self) -> Grouping:
        """The list as the right side of IN."""
        return Grouping(self)


# levels of conditions within conditions from which on they are not walked one within the other
_DEEP: Final = 30


class Nested(Record):
    """The begin of a list of conditions. brackets: it stands in brackets."""

    operator: OperatorType
    brackets: bool


class BooleanClauseList(ColumnElement[Any]):
    """A flat list of conditions joined by AND or OR: `.clauses`, `.operator` (and_ or or_)."""

    __visit_name__ = "boolean_clauselist"
    _is_implicitly_boolean = True
    _traverse: ClassVar[Traverse] = (("clauses", Kind.CHILDREN), ("operator", Kind.PLAIN))
    type = BOOLEANTYPE

    clauses: tuple[Any, ...]
    operator: OperatorType

    def __init__(self, operator: OperatorType, clauses: Iterable[Any]) -> None:
        self.operator = operator
        self.clauses = tuple(clauses)

    @classmethod
    def construct(cls, operator: OperatorType, clauses: Iterable[Any]) -> Any:
        """Join conditions, flattening lists of the same operator and dropping neutral constants.

        One condition is returned as it is; none gives the neutral constant. A chain of hundreds of `&` therefore stays one flat
        list.
        """
        neutral, dominant = (True_, False_) if operator is operators.and_ else (False_, True_)
        flat: list[Any] = []
        for clause in clauses:
            if isinstance(clause, BooleanClauseList) and clause.operator is operator:
                flat.extend(clause.clauses)
            elif isinstance(clause, dominant):
                return clause
            elif not isinstance(clause, neutral):
                flat.append(clause.self_group(operator))
        if not flat:
            return TRUE if operator is operators.and_ else FALSE
        return flat[0] if len(flat) == 1 else cls(operator, flat)

    def __iter__(self) -> Any:
        return iter(self.clauses)

    def __len__(self) -> int:
        return len(self.clauses)

    def _negate(self) -> Any:
        return UnaryExpression(Grouping(self), operator=inv, type_=BOOLEANTYPE)

    def self_group(self, against: Any = None) -> Any:
        return Grouping(self) if is_precedence(self.operator, against) else self

    # Conditions are put together by loops of applications, `found = (found | a) & b`, hundreds of levels deep. So what is done to each level is
    # done in a loop here too, and the key is flat.

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        found: list[Any] = []
        for item in self.flattened():
            if isinstance(item, ClauseElement):
                found += item._from_objects
        return tuple(found)

    def _build_key(self, binds: list[Any], shared: list[Any]) -> Hashable:
        parts: list[Hashable] = []
        for item in self.flattened():
            parts.append(
                item._build_key(binds, shared) if isinstance(item, ClauseElement) else item
            )
        return tuple(parts)

    def _map_children(self, fn: Callable[[Any], Any]) -> Any:
        # what replaces elements calls this for each level; below some depth only for the conditions themselves
        if sum(item.__class__ is Nested for item in self.flattened()) < _DEEP:
            return super()._map_children(fn)
        around: list[tuple[Nested, list[Any]]] = []
        made: list[Any] = []
        for item in self.flattened():
            if item.__class__ is Nested:
                around.append((item, made))
                made = []
            elif item is None:
                begin, outer = around.pop()
                inner = BooleanClauseList(begin.operator, made)
                made = outer
                made.append(Grouping(inner) if begin.brackets else inner)
            else:
                made.append(fn(item))
        return made[0]

    def flattened(self) -> Iterator[Any]:
        """The conditions of this list and of those in brackets within it, from left to right.

        Each list begins with a Nested and ends with None.
        """
        stack: list[Any] = [Nested(self.operator, False), *self.clauses, None][::-1]
        while stack:
            item = stack.pop()
            inner = item.element if item.__class__ is Grouping else None
            if inner.__class__ is BooleanClauseList and inner._compile_with is None:
                stack += [Nested(inner.operator, True), *inner.clauses, None][::-1]
            elif item.__class__ is BooleanClauseList and item._compile_with is None:
                stack += [Nested(item.operator, False), *item.clauses, None][::-1]
            else:
                yield item


class CollationClause(ColumnElement[Any]):
    """The name of a collation, and of the schema that it is in, if given."""

    __visit_name__ = "collation"
    _traverse: ClassVar[Traverse] = (("collation", Kind.PLAIN), ("collation_schema", Kind.PLAIN))

    def __init__(self, collation: str, collation_schema: str | None = None) -> None:
        if not isinstance(collation, str):
            raise exc.ArgumentError(f"A collation is named by a string, got {collation!r}")
        self.collation = collation
        self.collation_schema = collation_schema


class TextualLabelReference(ColumnElement[Any]):
    """A name given as a string to ORDER BY or GROUP BY: `.element` names a selected column or label."""

    __visit_name__ = "textual_label_reference"
    _traverse: ClassVar[Traverse] = (("element", Kind.PLAIN),)

    def __init__(self, element: str) -> None:
        self.element = element
