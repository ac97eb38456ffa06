"""What stands in FROM as text: tables, joins, aliases, subqueries, VALUES; and the columns of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orm import exc
from orm.compiler.expressions import ExpressionCompiler
from orm.sql.subquery import AliasLabel


class FromCompiler(ExpressionCompiler):
    """Renders FROM objects, each once with its definition (`from_x`) and elsewhere by its name."""

    #: the word between an element and its alias in FROM
    alias_word = " AS "
    inner_join_word = " JOIN "

    # -- columns ---------------------------------------------------------------------------------

    def visit_column(self, column: Any) -> str:
        name = self.column_name(column)
        table = column.table
        if table is None or not self.include_table:
            return name
        prefix = self.table_reference(table)
        return f"{prefix}.{name}" if prefix else name

    def column_name(self, column: Any) -> str:
        """A column's own name, quoted; the text itself for a literal column."""
        name = column.name
        if column.is_literal:
            return str(name)
        if name is None:
            raise exc.CompileError(
                "A column has no name yet: give it one, Column('name', ...), or map it by a class attribute."
            )
        if type(name) is AliasLabel:
            name = self.written_name(name)
        table = column.table
        if table is not None and table.__visit_name__ != "table":
            name = self.label_name(name)
        return self.preparer.quote(name)

    def written_name(self, name: str) -> str:
        """A name as it stands in the text: the alias that it begins with has its name by now."""
        if type(name) is AliasLabel:
            return f"{self.alias_name(name.table)}_{self.written_name(name.rest)}"
        return name

    def table_reference(self, table: Any) -> str:
        """The name by which columns refer to their table; empty where it has none."""
        return self.find_reference(table)

    def find_reference(self, table: Any) -> str:
        """The same, not remembered."""
        if table.__visit_name__ == "table":
            return self.preparer.format_table(table)
        if not table.named_with_column:
            return ""
        return self.preparer.format_alias(self.alias_name(table))

    def alias_name(self, alias: Any) -> str:
        """The name of an alias, made up if it has none."""
        name: str | None = alias.name
        if name is not None:
            return name
        return self.anonymous_name(alias, alias._anon_base)

    # -- FROM ------------------------------------------------------------------------------------

    def from_text(self, element: Any) -> str:
        """A FROM object with its definition."""
        method: Callable[[Any], str] | None = getattr(self, f"from_{element.__visit_name__}", None)
        if method is None or element._compile_with is not None:
            return self.process(element)
        return method(element)

    # -- alone -----------------------------------------------------------------------------------

    def visit_table(self, table: Any) -> str:
        return self.from_table(table)

    def visit_join(self, join: Any) -> str:
        return self.from_join(join)

    def visit_alias(self, alias: Any) -> str:
        return self.from_alias(alias)

    def visit_subquery(self, subquery: Any) -> str:
        return self.process(subquery.element)

    def visit_cte(self, cte: Any) -> str:
        return self.process(cte.element)

    def visit_lateral(self, lateral: Any) -> str:
        if not lateral.element._is_select_base:
            return self.from_lateral(lateral)
        return f"LATERAL ({self.process(lateral.element)})"

    def visit_tablesample(self, sample: Any) -> str:
        return self.from_tablesample(sample)

    def visit_table_valued_alias(self, alias: Any) -> str:
        return self.from_table_valued_alias(alias)

    def visit_values(self, values: Any) -> str:
        return self.values_rows(values)

    def from_table(self, table: Any) -> str:
        return self.preparer.format_table(table)

    def from_textclause(self, text: Any) -> str:
        return self.process(text)

    def from_grouping(self, group: Any) -> str:
        return f"({self.from_text(group.element)})"

    def from_join(self, join: Any) -> str:
        if join.full:
            word = self.full_join_word(join)
        else:
            word = " LEFT OUTER JOIN " if join.isouter else self.inner_join_word
        left, right = self.from_text(join.left), self.from_text(join.right)
        return f"{left}{word}{right} ON {self.condition(join.onclause)}"

    def full_join_word(self, join: Any) -> str:
        """The words of a full join."""
        return " FULL OUTER JOIN "

    def with_alias(self, text: str, alias: Any) -> str:
        """`text AS name`."""
        return f"{text}{self.alias_word}{self.preparer.format_alias(self.alias_name(alias))}"

    def from_alias(self, alias: Any) -> str:
        element = alias.element
        inner = element
        # an alias of an alias is one more name of what is behind both
        while inner.__visit_name__ == "alias":
            inner = inner.element
        return self.with_alias(self.from_text(inner), alias)

    def from_subquery(self, subquery: Any) -> str:
        return self.with_alias(f"({self.nested(subquery.element)})", subquery)

    def from_lateral(self, lateral: Any) -> str:
        inner = lateral.element
        if inner._is_from_clause and not inner._is_select_base:
            text = self.from_text(inner)
        else:
            text = f"({self.nested(inner, lateral=True)})"
        return f"LATERAL {self.with_alias(text, lateral)}"

    def nested(self, statement: Any, lateral: bool = False) -> str:
        """A SELECT inside FROM, without parentheses; defined by the compiler of SELECT."""
        raise NotImplementedError

    def from_table_valued_alias(self, alias: Any) -> str:
        text = (
            f"LATERAL {self.process(alias.element)}"
            if alias._lateral
            else self.process(alias.element)
        )
        if alias.with_ordinality:
            text += " WITH ORDINALITY"
        text = self.with_alias(text, alias)
        if not alias._render_derived:
            return text
        columns = []
        for column in alias.c:
            name = self.preparer.quote(column.name)
            if alias._render_derived_w_types:
                name = f"{name} {self.dialect.type_compiler.process(column.type)}"
            columns.append(name)
        return f"{text}({', '.join(columns)})"

    def visit_table_valued_column(self, column: Any) -> str:
        return self.preparer.format_alias(self.alias_name(column.scalar_alias))

    def from_tablesample(self, sample: Any) -> str:
        text = f"{self.with_alias(self.from_text(sample.element), sample)} TABLESAMPLE "
        text += self.process(sample.sampling)
        return text if sample.seed is None else f"{text} REPEATABLE ({self.process(sample.seed)})"

    # -- VALUES ----------------------------------------------------------------------------------

    def from_values(self, values: Any) -> str:
        columns = ", ".join([self.preparer.quote(column.name) for column in values._column_args])
        lateral = "LATERAL " if values._lateral else ""
        return f"{lateral}{self.with_alias(f'({self.values_rows(values)})', values)} ({columns})"

    def values_rows(self, values: Any) -> str:
        """`VALUES (...), (...)`."""
        if not values._rows:
            raise exc.CompileError("values() has no rows: give them with .data([(...), ...]).")
        if values.literal_binds:
            with self.with_literals():
                return self._rows_text(values)
        return self._rows_text(values)

    def _rows_text(self, values: Any) -> str:
        rows = [f"({self.process_all(row)})" for row in values._rows]
        return f"VALUES {', '.join(rows)}"

    def visit_scalar_values(self, values: Any) -> str:
        return self.values_rows(values)
