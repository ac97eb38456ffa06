"""Which columns an INSERT or UPDATE writes, and with what: values, parameters, or defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.compiler.set_targets import (
    Assignment,
    other_assignments,
    other_onupdates,
    split_values,
)
from orm.sql.annotations import plain
from orm.sql.cache_key import statement_key
from orm.sql.elements import BindParameter
from orm.util.record import Record

if TYPE_CHECKING:
    from orm.compiler.dml import DMLCompiler


class ColumnValue(Record):
    """One column that is written.

    name: the column as it stands in SET. text: its value. slot: the number of the parameter, None where the value is an
    expression. is_default: the value comes from the column's client-side default.
    """

    column: Any
    name: str
    text: str
    slot: int | None
    is_default: bool


def keyed_values(statement: Any, values: Mapping[Any, Any]) -> dict[str, Any]:
    """The statement's values by column key.

    Raises exc.CompileError for a name that is no column of the table.
    """
    table = statement.table
    found: dict[str, Any] = {}
    for key, value in values.items():
        column = table.c.get(key) if isinstance(key, str) else own_column(statement, key)
        if column is None:
            column = _mapped_column(statement, key)
        if column is None:
            raise unknown_column(table, str(getattr(key, "key", key)), _verb(statement))
        found[column.key] = value
    return found


def own_column(statement: Any, key: Any) -> Any:
    """The table's column for a column object given as a key, or None."""
    element = plain(key)
    table = statement.table
    if getattr(element, "table", None) is table:
        return element
    if getattr(element, "table", None) is None:
        return table.c.get(element.key)
    return table.corresponding_column(element)


def _mapped_column(statement: Any, key: Any) -> Any:
    """The column of a mapped attribute which is named otherwise, or None."""
    if statement._entity is None or not isinstance(key, str):
        return None
    attribute = getattr(statement._entity.entity_namespace, key, None)
    element = getattr(attribute, "__clause_element__", lambda: None)()
    return None if element is None else own_column(statement, element)


def _verb(statement: Any) -> str:
    return "INSERT" if statement.is_insert else "UPDATE"


def parameter_keys(compiler: DMLCompiler, statement: Any, is_top: bool, given: bool) -> list[str]:
    """The keys of the columns whose values come with the execution.

    given: the statement has values of its own. Without either, when a statement is only shown, all columns are meant.
    """
    table = statement.table
    keys = compiler.column_keys if is_top else None
    if keys is None:
        if given or compiler.is_execution or not is_top:
            return []
        columns = [column for column in table.c if not column._omit_from_statements]
        return [column.key for column in columns if getattr(column, "computed", None) is None]
    binds = statement_key(statement)[1]
    own_params = {b.key for b in binds if not b.unique}
    # numbered parameters of the conditions, as `compiled.params` names them
    unique = {b.key for b in binds if b.unique}
    known = []
    for key in keys:
        if key in table.c:
            known.append(key)
        elif key not in own_params and key.rpartition("_")[0] not in unique:
            column = _mapped_column(statement, key)
            if column is None:
                raise unknown_column(table, key, _verb(statement))
            known.append(column.key)
    return known


def insert_columns(compiler: DMLCompiler, insert: Any, is_top: bool) -> list[ColumnValue]:
    """The columns of an INSERT in the order of the table."""
    raw = insert._multi_values[0] if insert._multi_values else (insert._values or {})
    values = keyed_values(insert, raw)
    keys = set(parameter_keys(compiler, insert, is_top, bool(values)))
    made = []
    for column in insert.table.c:
        name = compiler.preparer.format_column(column)
        written = compiler.written.get((id(insert), column.key))
        if written is None:
            if column.key in values:
                written = _given(compiler, column, name, values[column.key], is_top)
            elif column.key in keys:
                written = _parameter(compiler, column, name)
            elif not (keys and column._omit_from_statements and compiler.column_keys is None):
                written = _insert_default(compiler, column, name)
        if written is not None:
            compiler.written[id(insert), column.key] = written
            made.append(written)
    return made


def _given(compiler: DMLCompiler, column: Any, name: str, value: Any, is_top: bool) -> ColumnValue:
    """A value that is part of the statement; only those of the statement itself are named after their columns."""
    element = plain(value)
    if not element._is_bind_parameter:
        grouped = element.self_group() if not element._is_text_clause else element
        return ColumnValue(column, name, compiler.process(grouped), None, False)
    if element.type._isnull and not column.type._isnull:
        # the type is settled while compiling, so the slot must be made with it
        typed = element._with_type(column.type)
        compiler.adopt_bind(typed, element)
        element = typed
    if not is_top and not element.expanding and not element.required:
        compiler.name_bind(element, compiler.fresh_name("param"))
    elif element.key == column.key:
        compiler.name_bind(element, column.key)
    text = compiler.process(element)
    return ColumnValue(column, name, text, compiler.slot_of(element), False)


def written_text(compiler: DMLCompiler, statement: Any, column: Any) -> str | None:
    """What an INSERT or UPDATE writes into a column, as an operand; None if it writes nothing there."""
    is_top = statement is compiler.top_statement
    values = keyed_values(statement, statement._values or {})
    known = compiler.written.get((id(statement), column.key))
    if known is None and column.key in values:
        name = compiler.preparer.format_column(column)
        known = _given(compiler, column, name, values[column.key], is_top)
    elif known is None and column.key in parameter_keys(compiler, statement, is_top, bool(values)):
        known = _parameter(compiler, column, compiler.preparer.format_column(column))
    elif known is None:
        default = getattr(column, "default" if statement.is_insert else "onupdate", None)
        if default is not None:
            name = compiler.preparer.format_column(column)
            known = _default_value(compiler, column, name, default, column.key)
    if known is None:
        return None
    compiler.written[id(statement), column.key] = known
    return known.text


def _parameter(compiler: DMLCompiler, column: Any, name: str) -> ColumnValue:
    """A value that comes with the execution."""
    bind = BindParameter(column.key, None, column.type, required=True)
    compiler.reserve_bind(bind, column.key, required=True)
    text = compiler.process(bind)
    return ColumnValue(column, name, text, compiler.slot_of(bind), False)


def _default_value(
    compiler: DMLCompiler, column: Any, name: str, default: Any, key: str
) -> ColumnValue:
    """The value that a client-side default makes."""
    if default.is_sequence:
        return ColumnValue(column, name, compiler.next_value_text(default), None, False)
    if default.is_clause_element:
        element = default.arg
        if element._is_select_base:
            element = element.scalar_subquery()
        return ColumnValue(column, name, compiler.process(element.self_group()), None, False)
    bind = BindParameter(key, None, column.type)
    compiler.reserve_bind(bind, key, default=column)
    text = compiler.process(bind)
    return ColumnValue(column, name, text, compiler.slot_of(bind), True)


def _insert_default(compiler: DMLCompiler, column: Any, name: str) -> ColumnValue | None:
    default = getattr(column, "default", None)
    if default is None:
        return None
    if default.is_sequence and not _uses_sequence(compiler, default):
        return None
    return _default_value(compiler, column, name, default, column.key)


def _uses_sequence(compiler: DMLCompiler, sequence: Any) -> bool:
    dialect = compiler.dialect
    return bool(
        dialect.supports_sequences and not (sequence.optional and dialect.sequences_optional)
    )


def multi_row_values(
    compiler: DMLCompiler, insert: Any, first: list[ColumnValue], is_top: bool
) -> list[str]:
    """The rows of a VALUES list after the first, each in parentheses."""
    rows = []
    for number, raw in enumerate(insert._multi_values[1:], 1):
        values = keyed_values(insert, raw)
        texts = []
        for item in first:
            column = item.column
            if column.key in values:
                element = plain(values[column.key])
                if is_top and element._is_bind_parameter and element.unique:
                    compiler.name_bind(element, f"{column.key}_m{number}")
                texts.append(_given(compiler, column, item.name, values[column.key], is_top).text)
            elif item.is_default or item.slot is None:
                key = f"{column.key}_m{number}"
                texts.append(_default_value(compiler, column, item.name, column.default, key).text)
            else:
                raise exc.CompileError(
                    f"Row {number + 1} of the INSERT has no value for column {column.name!r}."
                )
        rows.append(f"({', '.join(texts)})")
    for item in first:
        if item.slot is not None and is_top:
            compiler.rename_slot(item.slot, f"{item.column.key}_m0")
    return rows


def update_assignments(
    compiler: DMLCompiler, update: Any, is_top: bool, qualify: bool, settable: frozenset[Any]
) -> tuple[list[ColumnValue], list[Assignment]]:
    """(the columns of the table that an UPDATE sets, all that stands in SET).

    In the order of the table, other things before; or as ordered_values() gave them. settable: other tables whose
    columns may be set.
    """
    own, others = split_values(update, settable)
    values = keyed_values(update, own)
    first = other_assignments(compiler, others, is_top)
    made = update_columns(compiler, update, is_top, qualify, values, bool(others))
    assigned = [Assignment(value.column.key, value.name, value.text) for value in made]
    for column, name, default in other_onupdates(compiler, others):
        key = compiler.free_name(f"{column.table.name}_{column.key}")
        text = _default_value(compiler, column, name, default, key).text
        first.append(Assignment(None, name, text))
    if not update._ordered or not others:
        return made, [*first, *assigned]
    places = {}
    for place, key in enumerate(update._values):
        known = key if isinstance(key, str) else getattr(own_column(update, key), "key", None)
        places[id(key) if any(key is other for other, _ in others) else known] = place
    last = len(places)

    def order(item: Assignment) -> int:
        return places.get(item.key if isinstance(item.key, str) else id(item.key), last)

    return made, sorted([*first, *assigned], key=order)


def update_columns(
    compiler: DMLCompiler,
    update: Any,
    is_top: bool,
    qualify: bool,
    values: Mapping[str, Any],
    writes_others: bool,
) -> list[ColumnValue]:
    """The columns of the table that an UPDATE sets, in its order or as ordered_values() gave them."""
    given = bool(values) or writes_others
    keys = set(parameter_keys(compiler, update, is_top, given))
    made: list[ColumnValue] = []
    for column in _update_order(update, values):
        name = compiler.preparer.format_column(column)
        if qualify:
            name = f"{compiler.table_reference(update.table)}.{name}"
        written = compiler.written.get((id(update), column.key))
        if written is not None:
            written = written._replace(name=name)
        elif column.key in values:
            written = _given(compiler, column, name, values[column.key], is_top)
        elif column.key in keys:
            written = _parameter(compiler, column, name)
        elif (made or values or keys or writes_others) and not (
            column._omit_from_statements and keys and compiler.column_keys is None
        ):
            default = getattr(column, "onupdate", None)
            if default is not None:
                written = _default_value(compiler, column, name, default, column.key)
        if written is not None:
            compiler.written[id(update), column.key] = written
            made.append(written)
    return made


def _update_order(update: Any, values: Mapping[str, Any]) -> list[Any]:
    columns = list(update.table.c)
    if not update._ordered:
        return columns
    first = [update.table.c[key] for key in values]
    return first + [column for column in columns if column.key not in values]


def select_with_defaults(
    compiler: DMLCompiler, insert: Any, columns: list[Any]
) -> tuple[Any, list[Any]]:
    """(the SELECT of an INSERT with the columns' client-side defaults added, the columns added).

    A default function is called once for all rows.
    """
    select = insert.select
    if not insert.include_insert_from_select_defaults or select.__visit_name__ != "select":
        return select, []
    present = {column.key for column in columns}
    added: list[Any] = []
    values: list[Any] = []
    for column in insert.table.c:
        default = getattr(column, "default", None)
        if column.key in present or default is None:
            continue
        if default.is_sequence:
            if not _uses_sequence(compiler, default):
                continue
            values.append(default.next_value())
        elif default.is_clause_element:
            values.append(default.arg)
        else:
            bind = BindParameter(column.key, None, column.type)
            compiler.reserve_bind(bind, column.key, default=column)
            values.append(bind)
        added.append(column)
    return (select.add_columns(*values) if values else select), added


def unknown_column(table: Any, key: str, verb: str) -> exc.CompileError:
    """The error for a value of a column that the table does not have."""
    known = ", ".join(table.c.keys())
    return exc.CompileError(
        f"{verb} gives a value for {key!r}, which is no column of table {table.description!r}. Its columns are: {known}."
    )
