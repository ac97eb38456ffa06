"""Column expressions as text: operators, functions, casts, CASE, literals."""

from __future__ import annotations

import operator as py
from collections.abc import Callable
from typing import Any, Final

from orm import exc
from orm.compiler.render import Renderer
from orm.sql import operators as ops
from orm.sql.lists import Nested
from orm.sql.window import FrameClauseType

# operators that stand between their operands
INFIX: Final[dict[Any, str]] = {
    py.and_: " AND ",
    py.or_: " OR ",
    py.add: " + ",
    py.sub: " - ",
    py.mul: " * ",
    py.lt: " < ",
    py.le: " <= ",
    py.ne: " != ",
    py.gt: " > ",
    py.ge: " >= ",
    py.eq: " = ",
    py.lshift: " << ",
    py.rshift: " >> ",
    ops.is_: " IS ",
    ops.is_not: " IS NOT ",
    ops.collate: " COLLATE ",
    ops.bitwise_or_op: " | ",
    ops.bitwise_and_op: " & ",
    ops.bitwise_lshift_op: " << ",
    ops.bitwise_rshift_op: " >> ",
    ops.comma_op: ", ",
    ops.from_: " FROM ",
    ops.exists: "EXISTS ",
}

PREFIX: Final[dict[Any, str]] = {
    py.neg: "-",
    py.inv: "NOT ",
    ops.exists: "EXISTS ",
    ops.distinct_op: "DISTINCT ",
    ops.any_op: "ANY ",
    ops.all_op: "ALL ",
    ops.bitwise_not_op: "~",
}

SUFFIX: Final[dict[Any, str]] = {
    ops.desc_op: " DESC",
    ops.asc_op: " ASC",
    ops.nulls_first_op: " NULLS FIRST",
    ops.nulls_last_op: " NULLS LAST",
}

_EXCLUDED: Final = ("CURRENT ROW", "GROUP", "TIES", "NO OTHERS")

# operators rendered by a method of the compiler, which dialects override
METHODS: Final[dict[Any, str]] = {
    py.truediv: "divide_text",
    py.floordiv: "floor_divide_text",
    py.getitem: "getitem_text",
    ops.json_getitem_op: "json_getitem_text",
    ops.json_path_getitem_op: "json_path_text",
    ops.like_op: "like_text",
    ops.not_like_op: "not_like_text",
    ops.ilike_op: "ilike_text",
    ops.not_ilike_op: "not_ilike_text",
    ops.between_op: "between_text",
    ops.not_between_op: "not_between_text",
    ops.in_op: "in_text",
    ops.not_in_op: "not_in_text",
    ops.regexp_match_op: "regexp_match_text",
    ops.not_regexp_match_op: "not_regexp_match_text",
    ops.regexp_replace_op: "regexp_replace_text",
    ops.not_match_op: "not_match_text",
    ops.concat_op: "concat_text",
    ops.match_op: "match_text",
    ops.is_distinct_from: "is_distinct_from_text",
    ops.is_not_distinct_from: "is_not_distinct_from_text",
    py.mod: "modulo_text",
    ops.bitwise_xor_op: "bitwise_xor_text",
}


class ExpressionCompiler(Renderer):
    """Renders everything that has a value."""

    #: True where `a / b` of two integers is the integer quotient
    div_is_floordiv = True

    # -- leaves ----------------------------------------------------------------------------------

    def visit_null(self, element: Any) -> str:
        return "NULL"

    def visit_true(self, element: Any) -> str:
        return "true" if self.dialect.supports_native_boolean else "1"

    def visit_false(self, element: Any) -> str:
        return "false" if self.dialect.supports_native_boolean else "0"

    def visit_collation(self, element: Any) -> str:
        return self.preparer.format_collation(element.collation, element.collation_schema)

    def visit_grouping(self, element: Any) -> str:
        return f"({self.process(element.element)})"

    def visit_type_coerce(self, element: Any) -> str:
        return self.process(element.typed_expression)

    # -- lists -----------------------------------------------------------------------------------

    def visit_clauselist(self, element: Any) -> str:
        separator = INFIX.get(element.operator, ", ")
        return separator.join([text for text in map(self.process, element.clauses) if text])

    visit_expression_clauselist = visit_clauselist

    def visit_boolean_clauselist(self, element: Any) -> str:
        # in a loop, since lists may be nested hundreds of levels deep
        texts: list[str] = []
        around: list[tuple[Any, list[str]]] = []
        for item in element.flattened():
            if item.__class__ is Nested:
                around.append((item, texts))
                texts = []
            elif item is None:
                begin, outer = around.pop()
                text = INFIX[begin.operator].join(texts)
                texts = outer
                texts.append(f"({text})" if begin.brackets else text)
            else:
                texts.append(self.condition(item))
        return texts[0]

    def visit_tuple(self, element: Any) -> str:
        return f"({self.process_all(element.clauses)})"

    def condition(self, element: Any) -> str:
        """An element where the database wants a condition: a bare TRUE needs a form there."""
        if not self.dialect.supports_native_boolean:
            if element.__visit_name__ == "true":
                return "1 = 1"
            if element.__visit_name__ == "false":
                return "0 = 1"
        return self.process(element)

    # -- operators -------------------------------------------------------------------------------

    def visit_unary(self, element: Any) -> str:
        op = element.operator
        if op is None:
            suffix = SUFFIX.get(element.modifier)
            if suffix is None:
                raise self._unknown_operator(element.modifier)
            return self.order_text(element.element) + suffix
        if op is ops.is_true or op is ops.is_false:
            return self._truth(element, op is ops.is_true)
        if isinstance(op, ops.custom_op):
            return f"{self.operator_text(op)} {self.process(element.element)}"
        prefix = PREFIX.get(op)
        if prefix is None:
            raise self._unknown_operator(op)
        return prefix + self.process(element.element)

    def _truth(self, element: Any, positive: bool) -> str:
        inner = self.process(element.element)
        if self.dialect.supports_native_boolean:
            return inner if positive else f"NOT {inner}"
        return f"{inner} = {1 if positive else 0}"

    def order_text(self, element: Any) -> str:
        """An element under ASC, DESC or NULLS FIRST; SELECT replaces labels here."""
        return self.process(element)

    def visit_binary(self, binary: Any) -> str:
        op = binary.operator
        method = METHODS.get(op)
        if method is not None:
            text: str = getattr(self, method)(binary)
            return text
        sign = INFIX.get(op)
        if sign is not None:
            return self.process(binary.left) + sign + self.process(binary.right)
        if isinstance(op, ops.custom_op):
            return (
                f"{self.process(binary.left)} {self.operator_text(op)} {self.process(binary.right)}"
            )
        raise self._unknown_operator(op)

    def operator_text(self, op: Any) -> str:
        """The sign of an operator given as text."""
        return str(op.opstring)

    def _unknown_operator(self, op: Any) -> exc.UnsupportedCompilationError:
        name = getattr(op, "__name__", repr(op))
        return exc.UnsupportedCompilationError(
            self, type(op), f"the operator {name} has no form on {self.dialect.name}"
        )

    def _sides(self, binary: Any) -> tuple[str, str]:
        return self.process(binary.left), self.process(binary.right)

    def concat_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        return f"{left} || {right}"

    def match_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        return f"{left} MATCH {right}"

    def not_match_text(self, binary: Any) -> str:
        return f"NOT {self.match_text(binary)}"

    def is_distinct_from_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        return f"{left} IS DISTINCT FROM {right}"

    def is_not_distinct_from_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        return f"{left} IS NOT DISTINCT FROM {right}"

    def bitwise_xor_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        return f"{left} ^ {right}"

    def modulo_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        return f"{left} % {right}"

    def divide_text(self, binary: Any) -> str:
        """True division: the quotient of integers is no integer."""
        left, right = self._sides(binary)
        if self.div_is_floordiv and _affinity(binary.right) == "Integer":
            return f"{left} / ({right} + 0.0)"
        return f"{left} / {right}"

    def floor_divide_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        if self.div_is_floordiv and _affinity(binary.right) == "Integer":
            return f"{left} / {right}"
        return f"FLOOR({left} / {right})"

    def in_text(self, binary: Any) -> str:
        return f"{self.process(binary.left)} IN {self.list_text(binary.right, ops.in_op)}"

    def not_in_text(self, binary: Any) -> str:
        right = self.list_text(binary.right, ops.not_in_op)
        # parentheses, since an empty list continues the condition with OR
        return f"({self.process(binary.left)} NOT IN {right})"

    def list_text(self, element: Any, op: Any) -> str:
        """The right side of IN or NOT IN."""
        if element.__visit_name__ != "bindparam":
            return self.process(element)
        self.list_operator = op
        try:
            return self.process(element)
        finally:
            self.list_operator = None

    def between_text(self, binary: Any, negated: str = "") -> str:
        symmetric = "SYMMETRIC " if binary.modifiers.get("symmetric") else ""
        low, high = binary.right.clauses
        return (
            f"{self.process(binary.left)} {negated}BETWEEN {symmetric}"
            f"{self.process(low)} AND {self.process(high)}"
        )

    def not_between_text(self, binary: Any) -> str:
        return self.between_text(binary, "NOT ")

    # -- LIKE ------------------------------------------------------------------------------------

    def escape_text(self, binary: Any) -> str:
        """` ESCAPE 'x'`, or nothing."""
        escape = binary.modifiers.get("escape")
        if escape is None:
            return ""
        return f" ESCAPE {self.string_literal(escape)}"

    def string_literal(self, value: str) -> str:
        """A string as SQL text."""
        text = value.replace("'", "''")
        if getattr(self.dialect, "_backslash_escapes", False):
            text = text.replace("\\", "\\\\")
        return f"'{text}'"

    def like_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        return f"{left} LIKE {right}{self.escape_text(binary)}"

    def not_like_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        return f"{left} NOT LIKE {right}{self.escape_text(binary)}"

    def ilike_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        return f"lower({left}) LIKE lower({right}){self.escape_text(binary)}"

    def not_ilike_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        return f"lower({left}) NOT LIKE lower({right}){self.escape_text(binary)}"

    def regexp_match_text(self, binary: Any) -> str:
        raise self._unknown_operator(binary.operator)

    def not_regexp_match_text(self, binary: Any) -> str:
        raise self._unknown_operator(binary.operator)

    def regexp_replace_text(self, binary: Any) -> str:
        raise self._unknown_operator(binary.operator)

    # -- structured values -----------------------------------------------------------------------

    def getitem_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        return f"{left}[{right}]"

    def json_getitem_text(self, binary: Any) -> str:
        raise self._unknown_operator(binary.operator)

    def json_path_text(self, binary: Any) -> str:
        raise self._unknown_operator(binary.operator)

    def visit_slice(self, element: Any) -> str:
        parts = (element.start, element.stop)
        return ":".join(["" if part is None else self.process(part) for part in parts])

    # -- CASE, CAST, EXTRACT -----------------------------------------------------------------------

    def visit_case(self, case: Any) -> str:
        text = "CASE "
        if case.value is not None:
            text += f"{self.process(case.value)} "
        for condition, result in case.whens:
            text += f"WHEN {self.process(condition)} THEN {self.process(result)} "
        if case.else_ is not None:
            text += f"ELSE {self.process(case.else_)} "
        return text + "END"

    def visit_cast(self, cast: Any) -> str:
        return self.cast_text(self.process(cast.clause), cast.type)

    def cast_text(self, value: str, type_: Any) -> str:
        """`CAST(value AS type)`, with the collation of the type behind it."""
        name = self.cast_type(type_)
        if getattr(type_, "collation", None) is None:
            return f"CAST({value} AS {name})"
        # within CAST a type has no collation; the value gets it
        name, collate, collation = name.partition(" COLLATE ")
        return f"CAST({value} AS {name}){collate}{collation}"

    def visit_try_cast(self, cast: Any) -> str:
        raise exc.UnsupportedCompilationError(
            self, type(cast), f"{self.dialect.name} has no TRY_CAST"
        )

    def visit_extract(self, extract: Any) -> str:
        return f"EXTRACT({extract_field(extract.field)} FROM {self.process(extract.expr)})"

    # -- functions -------------------------------------------------------------------------------

    def visit_function(self, function: Any) -> str:
        special: Callable[[Any], str] | None = getattr(
            self, f"function_{function.name.lower()}", None
        )
        if special is not None:
            return special(function)
        names = [*function.packagenames, function.name]
        return f"{'.'.join(map(self.function_name, names))}{self.function_arguments(function)}"

    def function_name(self, name: str) -> str:
        """A function's name: as written if it is a plain word, else quoted."""
        return (
            name
            if name.replace("_", "").isalnum() and name.isascii()
            else self.preparer.quote(name)
        )

    def function_arguments(self, function: Any) -> str:
        """The arguments in parentheses."""
        return f"({', '.join([self.argument(item) for item in function.clauses])})"

    def argument(self, element: Any) -> str:
        """One argument of a function."""
        return self.process(element)

    def function_now(self, function: Any) -> str:
        return "CURRENT_TIMESTAMP"

    def function_current_date(self, function: Any) -> str:
        return "CURRENT_DATE"

    def function_current_time(self, function: Any) -> str:
        return "CURRENT_TIME"

    def function_current_timestamp(self, function: Any) -> str:
        return "CURRENT_TIMESTAMP"

    def function_current_user(self, function: Any) -> str:
        return "CURRENT_USER"

    def function_session_user(self, function: Any) -> str:
        return "SESSION_USER"

    def function_localtime(self, function: Any) -> str:
        return "LOCALTIME"

    def function_localtimestamp(self, function: Any) -> str:
        return "LOCALTIMESTAMP"

    def function_user(self, function: Any) -> str:
        return "USER"

    def function_grouping_sets(self, function: Any) -> str:
        return f"GROUPING SETS{self.function_arguments(function)}"

    def function_aggregate_strings(self, function: Any) -> str:
        return f"string_agg{self.function_arguments(function)}"

    def function_next_value(self, function: Any) -> str:
        return self.next_value_text(function.sequence)

    def next_value_text(self, sequence: Any) -> str:
        """The next number of a sequence."""
        raise exc.UnsupportedCompilationError(
            self, type(sequence), f"{self.dialect.name} has no sequences"
        )

    def visit_function_comparison(self, element: Any) -> str:
        return self.process(element.sql_function)

    def visit_scalar_function_column(self, element: Any) -> str:
        return f"({self.process(element.fn)}).{self.preparer.quote(element.name)}"

    def visit_over(self, over: Any) -> str:
        parts = []
        for word, clauses in (("PARTITION", over.partition_by), ("ORDER", over.order_by)):
            if clauses is not None and len(clauses):
                parts.append(f"{word} BY {self.process(clauses)}")
        for word, frame in (("RANGE", over.range_), ("ROWS", over.rows), ("GROUPS", over.groups)):
            if frame is not None:
                parts.append(f"{word} {self.process(frame)}{self.exclude_text(over.exclude)}")
        return f"{self.process(over.element)} OVER ({' '.join(parts)})"

    def exclude_text(self, exclude: str | None) -> str:
        """` EXCLUDE ...` of a window frame, or nothing; raises exc.CompileError for unknown words."""
        if exclude is None:
            return ""
        if exclude.upper() not in _EXCLUDED:
            raise exc.CompileError(
                f"over(exclude={exclude!r}): it is one of {exc.join_names(_EXCLUDED)}."
            )
        return f" EXCLUDE {exclude}"

    def visit_frame_clause(self, frame: Any) -> str:
        lower = self.frame_end(frame.lower_type, frame.lower_bind, "PRECEDING")
        upper = self.frame_end(frame.upper_type, frame.upper_bind, "FOLLOWING")
        return f"BETWEEN {lower} AND {upper}"

    def frame_end(self, kind: FrameClauseType, bind: Any, unbounded: str) -> str:
        """One end of a window frame."""
        if kind is FrameClauseType.UNBOUNDED:
            return f"UNBOUNDED {unbounded}"
        if kind is FrameClauseType.CURRENT:
            return "CURRENT ROW"
        return f"{self.process(bind)} {kind.name}"

    def visit_withingroup(self, group: Any) -> str:
        return (
            f"{self.process(group.element)} WITHIN GROUP (ORDER BY {self.process(group.order_by)})"
        )

    def visit_funcfilter(self, element: Any) -> str:
        return f"{self.process(element.func)} FILTER (WHERE {self.process(element.criterion)})"


def _affinity(element: Any) -> str:
    """The generic kind of an expression's type, by name."""
    return str(element.type._type_affinity.__name__)


def extract_field(name: str) -> str:
    """The field of EXTRACT, checked to be a word."""
    if not name.replace("_", "").isalpha():
        raise exc.CompileError(f"extract({name!r}, ...): the field must be a word such as 'year'.")
    return name
