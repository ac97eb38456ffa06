"""What UPDATE sets beside columns of its own table: elements of arrays, and columns of other tables (MySQL, MariaDB)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from orm.sql.annotations import plain
from orm.util.record import Record

if TYPE_CHECKING:
    from orm.compiler.dml import DMLCompiler


class Assignment(Record):
    """`name=text` in SET; key: what the statement's values have it under, None for an `onupdate`."""

    key: Any
    name: str
    text: str


def split_values(
    update: Any, settable: frozenset[Any]
) -> tuple[dict[Any, Any], list[tuple[Any, Any]]]:
    """(the values of the table's own columns, those of anything else with what they are set to).

    settable: the other tables whose columns this UPDATE may set.
    """
    own: dict[Any, Any] = {}
    others: list[tuple[Any, Any]] = []
    for key, value in (update._values or {}).items():
        if isinstance(key, str):
            own[key] = value
        elif key.__visit_name__ != "column" or (
            key.table in settable and key.table is not update.table
        ):
            others.append((key, value))
        else:
            own[key] = value
    return own, others


def other_assignments(
    compiler: DMLCompiler, others: Iterable[tuple[Any, Any]], is_top: bool
) -> list[Assignment]:
    """SET of what is no column of the table: each named with its table, or an expression such as `data[3]`."""
    made = []
    for key, value in others:
        if key.__visit_name__ == "column":
            name = compiler.process(key)
            base = f"{compiler.alias_name(key.table) if key.table._is_derived else key.table.name}_{key.key}"
        else:
            with compiler.without_tables():
                name = compiler.process(key)
            base = "param"
        made.append(Assignment(key, name, _value_text(compiler, value, key.type, base)))
    return made


def _value_text(compiler: DMLCompiler, value: Any, type_: Any, base: str) -> str:
    element = plain(value)
    if not element._is_bind_parameter:
        return compiler.process(element if element._is_text_clause else element.self_group())
    if element.type._isnull and not type_._isnull:
        typed = element._with_type(type_)
        compiler.adopt_bind(typed, element)
        element = typed
    if not element.required and base != "param":
        compiler.name_bind(element, compiler.free_name(base))
    return compiler.process(element)


def other_onupdates(
    compiler: DMLCompiler, others: Iterable[tuple[Any, Any]]
) -> Iterable[tuple[Any, str, Any]]:
    """(column, its name in SET, its `onupdate`) of the other tables that are written."""
    written = [key for key, _ in others if key.__visit_name__ == "column"]
    tables = dict.fromkeys(key.table for key in written)
    names = {(key.table, key.key) for key in written}
    for table in tables:
        for column in table.c:
            default = getattr(column, "onupdate", None)
            if default is not None and (table, column.key) not in names:
                yield column, compiler.process(column), default
