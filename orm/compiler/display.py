"""Statements for the eye: what `str(statement)` shows, whatever database the statement is meant for.

Nothing here is executed. What no two databases spell alike is shown in a readable form, often in angle brackets, instead of an
error, so that a statement can always be printed.
"""

from __future__ import annotations

from typing import Any

from orm import exc
from orm.compiler.on_conflict import assignment_texts, conflict_target, do_update_text
from orm.compiler.statement import SQLCompiler
from orm.compiler.types import TypeCompiler
from orm.sql.annotations import plain


class StrTypeCompiler(TypeCompiler):
    """Names every type: one that is not known generically as Python writes it."""

    def process(self, type_: Any, **options: Any) -> str:
        try:
            return super().process(type_, **options)
        except exc.UnsupportedCompilationError:
            return repr(type_)

    def visit_null(self, type_: Any) -> str:
        return "NULL"


class StrSQLCompiler(SQLCompiler):
    """Renders every element of ours somehow; an application's own is shown as `<ClassName>`."""

    def process(self, element: Any, **options: Any) -> str:
        name = element.__visit_name__
        if element._compile_with is None and not hasattr(self, f"visit_{name}"):
            if name.startswith("orm_"):
                raise self.unsupported(element)
            return f"<{type(element).__name__}>"
        return super().process(element, **options)

    def column_name(self, column: Any) -> str:
        if column.name is None:
            return '"<name unknown>"'
        return super().column_name(column)

    # -- elements that a database spells in its own way ----------------------------------------------

    def next_value_text(self, sequence: Any) -> str:
        return f"<next sequence value: {self.preparer.format_sequence(sequence)}>"

    def visit_try_cast(self, cast: Any) -> str:
        return f"TRY_CAST({self.process(cast.clause)} AS {self.cast_type(cast.type)})"

    def regexp_match_text(self, binary: Any) -> str:
        return self._shown(binary, "<regexp>")

    def not_regexp_match_text(self, binary: Any) -> str:
        return self._shown(binary, "<not regexp>")

    def regexp_replace_text(self, binary: Any) -> str:
        pattern, replacement = binary.right.clauses
        return (
            f"<regexp replace>({self.process(binary.left)}, {self.process(pattern)}, "
            f"{self.process(replacement)})"
        )

    def json_getitem_text(self, binary: Any) -> str:
        return self.getitem_text(binary)

    def json_path_text(self, binary: Any) -> str:
        return self.getitem_text(binary)

    def _shown(self, binary: Any, sign: str) -> str:
        left, right = self._sides(binary)
        return f"{left} {sign} {right}"

    def distinct_text(self, select: Any) -> str:
        if select._distinct_on:
            return f"DISTINCT ON ({self.process_all(select._distinct_on)}) "
        return super().distinct_text(select)

    def update_tables(self, update: Any, extra: list[Any]) -> str:
        return self.from_text(update.table if update._joined is None else update._joined)

    # -- writing -------------------------------------------------------------------------------------

    def visit_on_conflict_do_nothing(self, clause: Any) -> str:
        return f"{conflict_target(self, clause)} DO NOTHING"

    def visit_on_conflict_do_update(self, clause: Any) -> str:
        return do_update_text(self, clause)

    def visit_on_duplicate_key_update(self, clause: Any) -> str:
        texts = assignment_texts(self, clause.assignments)
        return (
            f"ON DUPLICATE KEY UPDATE {', '.join([f'{name} = {value}' for name, value in texts])}"
        )

    def visit_dml_limit(self, element: Any) -> str:
        return f"LIMIT {self.process(element.limit_clause)}"

    # -- FROM ----------------------------------------------------------------------------------------

    def hints_for(self, item: Any, select: Any) -> str:
        texts = [hint for target, _, hint in select._hints if plain(target) is plain(item)]
        return f" [{' '.join(texts)}]" if texts else ""
