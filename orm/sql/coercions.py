"""Turning what people pass to `select`, `where`, `order_by`, `==` ... into elements, or refusing it with the way out.

Objects that stand for an expression (a mapped class's attribute) are asked through `__clause_element__()`; a mapped class or an alias of one
through `inspect()`.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from orm import exc
from orm.inspection import inspect
from orm.sql.columns import ColumnCollection
from orm.sql.elements import (
    FALSE,
    NULL,
    TRUE,
    BindParameter,
    BoundValue,
    ColumnClause,
    ColumnElement,
)
from orm.sql.lists import ClauseList, TextualLabelReference
from orm.sql.template import TemplateText, is_template
from orm.sql.visitors import ClauseElement, iterate
from orm.types.base import TypeEngine
from orm.types.resolve import resolve_value
from orm.util.suggest import tell_foreign

_PLAIN = (str, int, float, bytes, bool, Decimal)
_PLAIN_CLASSES = frozenset({*_PLAIN, type(None)})


def to_element(value: Any) -> ClauseElement | None:
    """The element that `value` is or stands for, None if it is a plain Python value."""
    if isinstance(value, ClauseElement):
        return value
    if value.__class__ in _PLAIN_CLASSES:
        return None
    if not isinstance(value, type):
        method = getattr(value, "__clause_element__", None)
        if method is not None:
            found = method()
            if isinstance(found, ClauseElement):
                return found
            if found is value:  # what stands for itself and is none of ours
                raise exc.ArgumentError(
                    f"{value!r} is no SQL expression here.{tell_foreign(value)}"
                )
            return to_element(found)
        if isinstance(value, _PLAIN):  # of a class of the application
            return None
    insp = inspect(value, raiseerr=False)
    method = getattr(insp, "__clause_element__", None)
    if method is None or insp is value:
        return TemplateText(value, to_element) if is_template(value) else None
    return to_element(method())


def expect_expr(value: Any, *, like: Any = None, op: Any = None, type_: Any = None) -> Any:
    """An operand: an expression as it is, a SELECT as a scalar subquery, a plain value as a bind.

    like: the expression on the other side, which gives the bind its type and name.
    """
    element = to_element(value)
    if element is None:
        if value.__class__ not in _PLAIN_CLASSES and like is not None:
            _refuse_odd_value(value, like.type)
        return make_operand(value, like, op, type_)
    if element._is_column_element:
        return element
    if element._is_select_base:
        return element.scalar_subquery()  # type: ignore[attr-defined]
    if element._is_from_clause:
        raise exc.ArgumentError(
            f"{_describe(value)} is a table, not a column; name the column, e.g. {_describe(value)}.id"
        )
    return element


def make_operand(value: Any, like: Any, op: Any, type_: Any = None) -> Any:
    """The bind for a plain value; None is NULL."""
    if value is None:
        return NULL
    if like is None:
        return BindParameter(None, value, type_, unique=True)
    if type_ is None:
        type_ = like.type.coerce_compared_value(op, value)
        if type_._isnull:
            type_ = resolve_value(value)
    return BoundValue(like._bind_base, value, type_)


def _refuse_odd_value(value: Any, type_: TypeEngine) -> None:
    """Refuse classes and mapped objects as values; only a type of the application may convert them."""
    if type_._is_type_decorator or not (type_.hashable or type_._isnull):
        return
    if isinstance(value, type):
        raise exc.ArgumentError(
            f"A class cannot be a value in SQL: {value!r}. Compare with a column or a value"
        )
    if hasattr(value, "_sa_instance_state"):
        raise exc.ArgumentError(
            f"A mapped object cannot be compared with a column: {type(value).__name__} object. Compare with one "
            "of its attributes, or compare the relationship with the object"
        )


def expect_where(value: Any) -> Any:
    """A condition for WHERE, HAVING or ON."""
    if isinstance(value, ColumnElement):
        return value
    element = to_element(value)
    if element is None:
        if value is None:
            return NULL
        if value is True or value is False:
            return TRUE if value else FALSE
        raise exc.ArgumentError(
            f"A condition must be an SQL expression such as User.id == 5, got {value!r}. "
            f"SQL as text must be declared as such: text('...').{tell_foreign(value)}"
        )
    if element._is_column_element or element._is_text_clause:
        return element
    if element._is_select_base:
        return element.scalar_subquery()  # type: ignore[attr-defined]
    if isinstance(element, ClauseList) or not element._is_from_clause:
        return element
    raise exc.ArgumentError(
        f"A condition must be an SQL expression such as User.id == 5, got {_describe(value)}"
    )


def expect_column(value: Any) -> Any:
    """A member of a SELECT's column list: an expression, or a FROM object that stands for its columns."""
    element = to_element(value)
    if element is None:
        return _column_of_plain(value)
    if element._is_select_base:
        return element.scalar_subquery()  # type: ignore[attr-defined]
    return element


def expect_columns(values: Iterable[Any]) -> tuple[Any, ...]:
    """The members of a SELECT's column list; `table.c["a", "b"]` and a ClauseList are several."""
    found: list[Any] = []
    for value in values:
        element = to_element(value)
        if element is None:
            if isinstance(value, ColumnCollection):
                found.extend(value)
            else:
                found.append(_column_of_plain(value))
        elif element._is_column_element:
            found.append(element)
        elif isinstance(element, ClauseList):
            found.extend(element)
        else:
            found.append(expect_column(element))
    return tuple(found)


def _column_of_plain(value: Any) -> Any:
    if value is None:
        return NULL
    if isinstance(value, bool):
        return TRUE if value else FALSE
    if isinstance(value, int | float | Decimal):
        return ColumnClause(str(value), resolve_value(value), is_literal=True)
    if isinstance(value, str):
        if value == "*":
            return ColumnClause("*", is_literal=True)
        raise exc.ArgumentError(
            f"select() takes columns and mapped classes, got the string {value!r}. For a column by name write "
            f"column({value!r}), for SQL text text({value!r}), for a value literal({value!r})"
        )
    if isinstance(value, list | tuple | set | dict):
        raise exc.ArgumentError(
            f"select() takes its columns as separate arguments, select(a, b), not as a {type(value).__name__}: {value!r}"
        )
    hint = ". Is the class mapped?" if isinstance(value, type) else ""
    raise exc.ArgumentError(
        f"select() takes columns, tables and mapped classes, got {value!r}{hint}"
    )


def expect_from(value: Any) -> Any:
    """A FROM object: a table, alias, join, subquery or mapped class."""
    element = to_element(value)
    if element is not None:
        if element._is_select_base:
            return element.subquery()  # type: ignore[attr-defined]
        if element._is_from_clause or element._is_text_clause:
            return element
        if element.__visit_name__.startswith("orm_"):
            return element
        if hasattr(element, "_as_from"):
            return element._as_from()
    if isinstance(value, str):
        raise exc.ArgumentError(
            f"Expected a table or mapped class, got the string {value!r}; write table({value!r}) or text({value!r})"
        )
    raise exc.ArgumentError(
        f"Expected a table, alias, join, subquery or mapped class, got {_describe(value)}"
    )


def expect_join_target(value: Any) -> Any:
    """The target of a join: a FROM object, or a relationship attribute kept as its element."""
    element = to_element(value)
    if element is not None and element.__visit_name__.startswith("orm_"):
        return element
    return expect_from(value if element is None else element)


def expect_onclause(value: Any) -> Any:
    """The condition of a join: an expression, or a relationship attribute kept as its element."""
    return None if value is None else expect_where(value)


def expect_by(value: Any, is_listed: bool = False) -> Any:
    """A member of ORDER BY, GROUP BY or PARTITION BY; a string names a selected column or label.

    is_listed: a mapped class is let through, for the list of its columns.
    """
    element = to_element(value)
    if element is None:
        if isinstance(value, str):
            return TextualLabelReference(value)
        if isinstance(value, int | float | bool):
            return ColumnClause(str(value), resolve_value(value), is_literal=True)
        if value is None:
            return NULL
        raise exc.ArgumentError(
            f"order_by() and group_by() take columns, expressions and names of labels, got {value!r}"
        )
    if element._is_select_base:
        return element.scalar_subquery()  # type: ignore[attr-defined]
    if element._is_from_clause and not (is_listed and "parententity" in element._annotations):
        raise exc.ArgumentError(
            f"Cannot order or group by a whole table; name a column of {_describe(value)}"
        )
    return element


def expect_by_list(values: Iterable[Any], tables: bool = False) -> tuple[Any, ...]:
    """Members of ORDER BY and its like, lists within them flattened; a mapped class is all its columns.

    tables: so is a table, which groups by whole rows.
    """
    found: list[Any] = []
    for value in values:
        element: Any = to_element(value)
        if element is not None and element.__visit_name__ == "column":
            found.append(element)
            continue
        if isinstance(value, (list, tuple, ClauseList)):
            found.extend(expect_by_list(value, tables))
            continue
        if not (tables and element is not None and element._is_from_clause):
            element = expect_by(value, True)
        if element._is_from_clause:
            found.extend(element._all_selected_columns)
        else:
            found.extend(_spread(element))
    return tuple(found)


def _spread(element: Any) -> tuple[Any, ...]:
    """The columns of a composite attribute, each in the order asked of all; else the element itself."""
    if element.__visit_name__ == "tuple" and "composed" in element._annotations:
        return tuple(element.clauses)
    if element.__visit_name__ == "unary" and element.modifier is not None:
        parts = _spread(element.element)
        if len(parts) > 1:
            return tuple(type(element)(part, modifier=element.modifier) for part in parts)
    return (element,)


def expect_count(value: Any, what: str, type_: TypeEngine) -> Any:
    """The argument of LIMIT, OFFSET or FETCH: a whole number, an expression, or None."""
    if value is None:
        return None
    if value.__class__ is int and value >= 0:
        return BoundValue("param", value, type_)
    element = to_element(value)
    if element is not None:
        if element._is_select_base:
            return element.scalar_subquery()  # type: ignore[attr-defined]
        return element
    if isinstance(value, bool) or not isinstance(value, int):
        index = getattr(type(value), "__index__", None)
        if isinstance(value, bool) or index is None:
            raise exc.ArgumentError(
                f"{what}() takes a whole number, an expression or None, got {value!r}"
                + (f"; write {what}(int(...))" if isinstance(value, str | float | Decimal) else "")
            )
        value = index(value)
    if value < 0:
        raise exc.ArgumentError(f"{what}() takes a number of rows from 0 up, got {value}")
    return BoundValue("param", value, type_)


def has_orm_annotation(element: Any) -> bool:
    """True if an element of the tree stands for a mapped class or attribute."""
    annotations = element._annotations
    if annotations and "parententity" in annotations:
        return True
    name = element.__visit_name__
    # The common shapes are answered without walking: every where() asks this.
    if name == "binary":
        return has_orm_annotation(element.left) or has_orm_annotation(element.right)
    if name in _LEAVES:
        return False
    return any(
        "parententity" in part._annotations or part.__visit_name__.startswith("orm_")
        for part in iterate(element)
    )


_LEAVES = frozenset({"column", "bindparam", "table", "null", "true", "false"})


def _describe(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else str(getattr(value, "name", value))
