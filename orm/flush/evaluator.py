"""Evaluating SQL criteria in Python, over objects that are in the session.

NULL is None and follows SQL's three-valued logic: a comparison with it is unknown (None),
and only True means that a row matches.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from orm import exc
from orm.sql import operators as ops
from orm.sql.elements import (
    BinaryExpression,
    BindParameter,
    Grouping,
    UnaryExpression,
)
from orm.sql.lists import BooleanClauseList
from orm.state.instance_state import instance_dict

Evaluator = Callable[[Any], Any]


class UnevaluatableError(exc.InvalidRequestError):
    """An expression has no meaning in Python, or not one that is surely the database's."""


class Expired:
    """Stands for a value which is not loaded: the result is not known."""

    def __repr__(self) -> str:
        return "EXPIRED"


EXPIRED = Expired()

_COMPARE: dict[Any, Callable[[Any, Any], Any]] = {
    ops.eq: operator.eq,
    ops.ne: operator.ne,
    ops.lt: operator.lt,
    ops.le: operator.le,
    ops.gt: operator.gt,
    ops.ge: operator.ge,
    ops.add: operator.add,
    ops.sub: operator.sub,
    ops.mul: operator.mul,
    ops.concat_op: operator.add,
}


def make_evaluator(mapper: Any, clause: Any) -> Evaluator:
    """Return a function from an object to the value of an expression.

    It returns EXPIRED where the value depends on something not loaded.
    Raises UnevaluatableError for what only the database can tell.
    """
    if isinstance(clause, Grouping):
        return make_evaluator(mapper, clause.element)
    if isinstance(clause, BindParameter):
        return _constant(clause)
    if isinstance(clause, BooleanClauseList):
        return _boolean(mapper, clause)
    if isinstance(clause, BinaryExpression):
        return _binary(mapper, clause)
    if isinstance(clause, UnaryExpression):
        return _unary(mapper, clause)
    kind = getattr(clause, "__visit_name__", "")
    if kind == "null":
        return lambda obj: None
    if kind in ("true", "false"):
        return lambda obj: kind == "true"
    return _column(mapper, clause)


def _constant(bind: Any) -> Evaluator:
    value = bind.effective_value
    return lambda obj: value


def _column(mapper: Any, clause: Any) -> Evaluator:
    key = None
    if getattr(clause, "table", None) is not None:
        entity = clause._annotations.get("parententity")
        if entity is None or (getattr(entity, "is_mapper", False) and _related(mapper, entity)):
            key = _key_of(mapper, clause)
    if key is None or key not in mapper.class_manager.impls:
        raise UnevaluatableError(f"Cannot evaluate {clause!s:.100} in Python.")

    def read(obj: Any) -> Any:
        return instance_dict(obj).get(key, EXPIRED)

    return read


def _related(mapper: Any, entity: Any) -> bool:
    return bool(mapper.isa(entity) or entity.isa(mapper))


def _key_of(mapper: Any, clause: Any) -> str | None:
    found: str | None = mapper.column_key.get(clause)
    if found is None:
        for column, key in mapper.column_key.items():
            if column.table is clause.table and column.key == clause.key:
                return str(key)
    return found


def _boolean(mapper: Any, clause: Any) -> Evaluator:
    parts = [make_evaluator(mapper, each) for each in clause.clauses]
    if clause.operator is ops.and_:
        return lambda obj: _all([part(obj) for part in parts])
    if clause.operator is ops.or_:
        return lambda obj: _any([part(obj) for part in parts])
    raise UnevaluatableError(f"Cannot evaluate {clause!s:.100} in Python.")


def _all(values: list[Any]) -> Any:
    if any(value is False or (value == 0 and value is not None) for value in values):
        return False
    if any(value is EXPIRED for value in values):
        return EXPIRED
    return None if None in values else True


def _any(values: list[Any]) -> Any:
    if any(value not in (None, False, 0) and value is not EXPIRED for value in values):
        return True
    if any(value is EXPIRED for value in values):
        return EXPIRED
    return None if None in values else False


def _binary(mapper: Any, clause: Any) -> Evaluator:
    op = clause.operator
    left = make_evaluator(mapper, clause.left)
    if op in (ops.in_op, ops.not_in_op):
        return _membership(clause, left, negated=op is ops.not_in_op)
    right = make_evaluator(mapper, clause.right)
    if op in (ops.is_, ops.is_not):
        return _identity(left, right, negated=op is ops.is_not)
    compute = _COMPARE.get(op)
    if compute is None:
        raise UnevaluatableError(f"Cannot evaluate {clause!s:.100} in Python.")

    def evaluate(obj: Any) -> Any:
        one, other = left(obj), right(obj)
        if one is EXPIRED or other is EXPIRED:
            return EXPIRED
        if one is None or other is None:
            return None
        return compute(one, other)

    return evaluate


def _identity(left: Evaluator, right: Evaluator, negated: bool) -> Evaluator:
    def evaluate(obj: Any) -> Any:
        one, other = left(obj), right(obj)
        if one is EXPIRED or other is EXPIRED:
            return EXPIRED
        return (one == other) is not negated

    return evaluate


def _membership(clause: Any, left: Evaluator, negated: bool) -> Evaluator:
    right = clause.right
    while isinstance(right, Grouping):
        right = right.element
    if not isinstance(right, BindParameter):
        raise UnevaluatableError(f"Cannot evaluate {clause!s:.100} in Python.")
    members = list(right.effective_value)

    def evaluate(obj: Any) -> Any:
        value = left(obj)
        if value is EXPIRED:
            return EXPIRED
        if value is None:
            return None
        return (value in members) is not negated

    return evaluate


def _unary(mapper: Any, clause: Any) -> Evaluator:
    inner = make_evaluator(mapper, clause.element)
    if clause.operator is not ops.inv:
        raise UnevaluatableError(f"Cannot evaluate {clause!s:.100} in Python.")

    def evaluate(obj: Any) -> Any:
        value = inner(obj)
        return value if value is None or value is EXPIRED else not value

    return evaluate
