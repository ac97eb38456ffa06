"""PostgreSQL's SQL: casts of parameters, ILIKE and regular expressions, documents, DISTINCT ON, row locks."""

from __future__ import annotations

import operator as py
from typing import Any, Final

from orm import exc
from orm.compiler.expressions import extract_field
from orm.compiler.identifiers import IdentifierPreparer, words
from orm.compiler.on_conflict import conflict_target, do_update_text
from orm.compiler.statement import SQLCompiler
from orm.dialects.postgresql.ddl import PGDDLCompiler
from orm.dialects.postgresql.types import PGTypeCompiler
from orm.sql.operators import json_getitem_op, json_path_getitem_op
from orm.types.scalar import Float, Integer, Numeric, String

# https://www.postgresql.org/docs/current/sql-keywords-appendix.html, reserved, or reserved but for functions and types
RESERVED_WORDS: Final = words(
    """
    all analyse analyze and any array as asc asymmetric authorization between binary both case
    cast check collate collation column concurrently constraint create cross current_catalog
    current_date current_role current_schema current_time current_timestamp current_user default
    deferrable desc distinct do else end except false fetch for foreign freeze from full grant
    group having ilike in initially inner intersect into is isnull join lateral leading left
    like limit localtime localtimestamp natural new not notnull null of off offset old on only
    or order outer over overlaps placing primary references returning right select session_user
    similar some symmetric table tablesample then to trailing true union unique user using
    variadic verbose when where window with
    """
)

_ARITHMETIC: Final = frozenset({py.add, py.sub, py.mul, py.truediv, py.floordiv, py.mod})
_ITEM_OPERATORS: Final = frozenset({json_getitem_op, json_path_getitem_op})


class PGIdentifierPreparer(IdentifierPreparer):
    """Quotes with double quotes."""

    reserved_words = RESERVED_WORDS


class PGCompiler(SQLCompiler):
    """Renders statements for PostgreSQL."""

    # -- parameters ------------------------------------------------------------------------------

    def cast_bind(self, impl: Any, text: str) -> str:
        return f"{text}::{self.dialect.type_compiler.process(impl)}"

    def list_cast(self, impl: Any) -> str:
        if not impl.render_bind_cast or getattr(impl, "_is_tuple_type", False):
            return ""
        return f"::{self.dialect.type_compiler.process(impl)}"

    def argument(self, element: Any) -> str:
        """A function of many signatures cannot be chosen by strings, which have no type, nor by small numbers."""
        text = self.process(element)
        if element.__visit_name__ != "bindparam" or self.literal_binds or element.expanding:
            return text
        impl = element.type.dialect_impl(self.dialect)
        if impl.render_bind_cast or "::" in text:
            return text
        if impl._type_affinity is String and impl.__visit_name__.lower() != "enum":
            return f"{text}::VARCHAR"
        return self._cast_number(impl, text)

    def _cast_number(self, impl: Any, text: str) -> str:
        """Say how large a number may be: the driver sends 5 as SMALLINT, and a Decimal's column a float as it is."""
        if impl._type_affinity is Integer:
            return f"{text}::{self.dialect.type_compiler.process(impl)}"
        if impl._type_affinity is Numeric and not isinstance(impl, Float):
            return f"{text}::NUMERIC"
        return text

    def visit_bindparam(self, bind: Any) -> str:
        text = super().visit_bindparam(bind)
        if not self._calculates or self.literal_binds or bind.expanding or "::" in text:
            return text
        return self._cast_number(bind.type.dialect_impl(self.dialect), text)

    # -- operators -------------------------------------------------------------------------------

    #: whether an operand is being rendered
    _operand = False
    #: whether it is one of a calculation in which no column says how large numbers may be
    _calculates = False

    def visit_binary(self, binary: Any) -> str:
        """`->` and its kin bind less than arithmetic, as much as `||`: as operands they need parentheses."""
        within = self._operand, self._calculates
        self._operand = True
        self._calculates = binary.operator in _ARITHMETIC and not (
            _is_column(binary.left) or _is_column(binary.right)
        )
        try:
            text = super().visit_binary(binary)
        finally:
            self._operand, self._calculates = within
        if self._operand and binary.operator in _ITEM_OPERATORS and not text.startswith("CAST("):
            return f"({text})"
        return text

    def visit_unary(self, element: Any) -> str:
        within, self._operand = self._operand, True
        try:
            return super().visit_unary(element)
        finally:
            self._operand = within

    def divide_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        if binary.right.type._type_affinity.__name__ == "Integer":
            return f"{left} / CAST({right} AS NUMERIC)"
        return f"{left} / {right}"

    def ilike_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        return f"{left} ILIKE {right}{self.escape_text(binary)}"

    def not_ilike_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        return f"{left} NOT ILIKE {right}{self.escape_text(binary)}"

    def bitwise_xor_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        return f"{left} # {right}"

    def match_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        config = binary.modifiers.get("postgresql_regconfig")
        prefix = f"{self.string_literal(config)}, " if config else ""
        return f"{left} @@ plainto_tsquery({prefix}{right})"

    def regexp_match_text(self, binary: Any) -> str:
        return self._regexp(binary, "~")

    def not_regexp_match_text(self, binary: Any) -> str:
        return self._regexp(binary, "!~")

    def _regexp(self, binary: Any, sign: str) -> str:
        left, right = self._sides(binary)
        flags = binary.modifiers.get("flags")
        if flags is None:
            return f"{left} {sign} {right}"
        if flags == "i":
            return f"{left} {sign}* {right}"
        return f"{left} {sign} CONCAT('(?', {self.string_literal(flags)}, ')', {right})"

    def regexp_replace_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        flags = binary.modifiers.get("flags")
        more = f", {self.string_literal(flags)}" if flags is not None else ""
        return f"REGEXP_REPLACE({left}, {right}{more})"

    # -- documents -------------------------------------------------------------------------------

    def json_getitem_text(self, binary: Any) -> str:
        return self._json_item(binary, "->", "->>")

    def json_path_text(self, binary: Any) -> str:
        return self._json_item(binary, "#>", "#>>")

    def _json_item(self, binary: Any, as_json: str, as_text: str) -> str:
        left, right = self._sides(binary)
        affinity = binary.type._type_affinity.__name__
        if affinity == "JSON":
            return f"{left} {as_json} {right}"
        text = f"{left} {as_text} {right}"
        if affinity == "String":
            return text
        return f"CAST(({text}) AS {self.cast_type(binary.type)})"

    def getitem_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        return f"{left}[{right}]"

    def visit_pg_array(self, element: Any) -> str:
        items = element.clauses.clauses
        text = f"ARRAY[{', '.join(map(self.process, items))}]"
        if all(item._is_bind_parameter for item in items) and not element.type.item_type._isnull:
            # parameters alone tell the server nothing, or, as small numbers, the wrong thing
            text += f"::{self.dialect.type_compiler.process(element.type)}"
        return text

    def visit_aggregate_order_by(self, element: Any) -> str:
        order = ", ".join(map(self.process, element.order_by.clauses))
        return f"{self.process(element.target)} ORDER BY {order}"

    # -- functions -------------------------------------------------------------------------------

    def visit_extract(self, extract: Any) -> str:
        return f"EXTRACT({extract_field(extract.field)} FROM {self.process(extract.expr)})"

    def function_now(self, function: Any) -> str:
        return "now()"

    def next_value_text(self, sequence: Any) -> str:
        name = self.preparer.format_sequence(sequence).replace("'", "''")
        return f"nextval('{name}')"

    def function_aggregate_strings(self, function: Any) -> str:
        return f"string_agg{self.function_arguments(function)}"

    # -- statements ------------------------------------------------------------------------------

    def distinct_text(self, select: Any) -> str:
        if select._distinct_on:
            return f"DISTINCT ON ({self.process_all(select._distinct_on)}) "
        return super().distinct_text(select)

    def limit_text(self, select: Any) -> str:
        text = ""
        if select._limit_clause is not None:
            text += f"\n LIMIT {self.process(select._limit_clause)}"
        if select._offset_clause is not None:
            text += f" OFFSET {self.process(select._offset_clause)}"
        return text

    def delete_extra(self, extra: list[Any]) -> str:
        return f" USING {', '.join([self.from_text(item) for item in extra])}"

    def visit_on_conflict_do_nothing(self, clause: Any) -> str:
        return f"{conflict_target(self, clause)} DO NOTHING"

    def visit_on_conflict_do_update(self, clause: Any) -> str:
        if clause.constraint is None and not clause.elements:
            raise exc.CompileError(
                "PostgreSQL's ON CONFLICT DO UPDATE needs index_elements=[...] or constraint='...'."
            )
        return do_update_text(self, clause)

    def lock_word(self, lock: Any) -> str:
        if lock.read:
            return " FOR KEY SHARE" if lock.key_share else " FOR SHARE"
        return " FOR NO KEY UPDATE" if lock.key_share else " FOR UPDATE"


__all__ = ["PGCompiler", "PGDDLCompiler", "PGIdentifierPreparer", "PGTypeCompiler"]


def _is_column(element: Any) -> bool:
    return bool(element.__visit_name__ == "column")
