"""INSERT, UPDATE and DELETE as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orm import exc
from orm.compiler.compiled import InsertPlan
from orm.compiler.crud import (
    ColumnValue,
    insert_columns,
    multi_row_values,
    select_with_defaults,
    unknown_column,
    update_assignments,
    written_text,
)
from orm.compiler.linting import warn_of_cartesian_product
from orm.compiler.parameters import ROW_MARK
from orm.compiler.scope import Scope
from orm.compiler.select import SelectCompiler, result_column


class DMLCompiler(SelectCompiler):
    """Renders statements that write."""

    #: True where the WITH of an INSERT from a SELECT stands before that SELECT
    cte_follows_insert = False

    def __init__(self, dialect: Any) -> None:
        super().__init__(dialect)
        self.column_keys: Sequence[str] | None = None
        self.for_executemany = False
        self.is_execution = False
        self.returning = False
        self.dml: InsertPlan | None = None
        # what columns are written with, for other columns that refer to it
        self.written: dict[tuple[int, str], ColumnValue] = {}
        # the INSERT, UPDATE or DELETE which is the statement itself, not one inside a CTE
        self.top_statement: Any = None

    # -- INSERT ----------------------------------------------------------------------------------

    def visit_insert(self, insert: Any) -> str:
        return self.in_level(insert, self.insert_text)

    def insert_text(self, insert: Any) -> str:
        """An INSERT without its WITH."""
        is_top = insert is self.top_statement
        table = insert.table
        scope = Scope(insert, [], self.scopes[-1] if self.scopes else None)
        self.scopes.append(scope)
        try:
            if insert.select is not None:
                body, values = self.insert_from_select(insert)
            else:
                values = insert_columns(self, insert, is_top)
                body = self.insert_body(insert, values, is_top)
            post = insert._post_values_clause
            text = (
                f"INSERT {self.prefix_text(insert)}INTO {self.preparer.format_table(table)}{body}"
            )
            if post is not None:
                text += f" {self.process(post)}"
            text += self.extension_text(insert, "post_values", " {}")
            implicit = self.implicit_key_columns(insert, values) if is_top else ()
            text += self.returning_text(insert, implicit, is_top)
            if is_top:
                self.dml = self.plan_of(table, values, implicit)
            return text
        finally:
            self.scopes.pop()

    def insert_body(self, insert: Any, values: list[ColumnValue], is_top: bool) -> str:
        """`(columns) VALUES (...)`."""
        if not values:
            return f" {self.default_values_text()}"
        names = ", ".join([self.preparer.format_column(value.column) for value in values])
        row = f"({', '.join([value.text for value in values])})"
        if insert._multi_values:
            rows = [row, *multi_row_values(self, insert, values, is_top)]
            return f" ({names}) VALUES {', '.join(rows)}"
        if is_top:
            # between the marks stands what is repeated for many rows
            row = f"{ROW_MARK}{row}{ROW_MARK}"
        return f" ({names}) VALUES {row}"

    def default_values_text(self) -> str:
        """An INSERT of a row of which all is left to the server."""
        return "DEFAULT VALUES"

    def insert_from_select(self, insert: Any) -> tuple[str, list[ColumnValue]]:
        """`(columns) SELECT ...`."""
        columns = [insert.table.c.get(key) for key in insert._select_names]
        for key, column in zip(insert._select_names, columns, strict=True):
            if column is None:
                raise unknown_column(insert.table, key, "INSERT")
        select, added = select_with_defaults(self, insert, columns)
        names = ", ".join([self.preparer.format_column(column) for column in [*columns, *added]])
        scopes, self.scopes = self.scopes, [Scope(None, [], None)]
        try:
            self.shares_level = True
            body = self.process(select)
        finally:
            self.scopes = scopes
        if self.cte_follows_insert:
            level = self.levels[-1]
            body = level.with_text() + body
            level.texts.clear()
        return f" ({names}) {body}", []

    def implicit_key_columns(self, insert: Any, values: list[ColumnValue]) -> tuple[Any, ...]:
        """The columns to be returned so that the key of the new row is known, and its defaults if asked for."""
        dialect = self.dialect
        if (
            not self.is_execution
            or self.for_executemany
            or insert._returning
            or insert._multi_values
            or insert._inline
            or insert.select is not None
            or not dialect.insert_returning
            or not (insert._return_defaults or not dialect.postfetch_lastrowid)
            or not getattr(insert.table, "implicit_returning", False)
        ):
            return ()
        if insert._post_values_clause is not None:
            return ()
        known = {id(value.column) for value in values if value.slot is not None}
        keys = [c for c in insert.table.primary_key if id(c) not in known]
        return (*keys, *self.default_columns(insert, values, known | set(map(id, keys))))

    def default_columns(
        self, statement: Any, values: list[ColumnValue], known: set[int]
    ) -> list[Any]:
        """The columns of return_defaults() which only the server knows, beside the `known`."""
        if not statement._return_defaults or not self.is_execution:
            return []
        wanted = statement._return_defaults_columns
        if not wanted:
            made = {id(v.column) for v in values if v.slot is None}
            attribute = "server_default" if statement.is_insert else "server_onupdate"
            wanted = [
                column
                for column in statement.table.c
                if id(column) in made or getattr(column, attribute, None) is not None
            ]
        return [column for column in wanted if id(column) not in known]

    def plan_of(
        self, table: Any, values: list[ColumnValue], implicit: tuple[Any, ...]
    ) -> InsertPlan:
        """What the compiled statement says of its columns."""
        slots = {v.column.key: v.slot for v in values if v.slot is not None}
        written = {id(v.column) for v in values}
        postfetch = [v.column for v in values if v.slot is None]
        attribute = "server_default" if self.top_statement.is_insert else "server_onupdate"
        for column in table.c:
            if id(column) not in written and getattr(column, attribute, None) is not None:
                postfetch.append(column)
        return InsertPlan(
            table,
            slots,
            tuple([v.column for v in values if v.is_default]),
            tuple(postfetch),
            implicit,
            tuple([v.column.key for v in values]),
        )

    # -- UPDATE ----------------------------------------------------------------------------------

    def visit_update(self, update: Any) -> str:
        return self.in_level(update, self.update_text)

    def update_text(self, update: Any) -> str:
        """An UPDATE without its WITH."""
        is_top = update is self.top_statement
        extra = update._extra_froms
        target = update.table if update._joined is None else update._joined
        scope = Scope(update, [target, *extra], self.scopes[-1] if self.scopes else None)
        self.scopes.append(scope)
        try:
            qualify = update._joined is not None or self.qualifies_set(extra)
            settable = self.settable_tables(scope.own)
            values, assigned = update_assignments(self, update, is_top, qualify, settable)
            if not assigned:
                raise exc.CompileError(
                    f"The UPDATE of {update.table.description!r} sets no column: call values(...) or pass parameters "
                    "named after columns."
                )
            text = f"UPDATE {self.prefix_text(update)}{self.update_tables(update, extra)} SET "
            text += ", ".join([f"{item.name}={item.text}" for item in assigned])
            text += self.update_from(update, extra)
            self.lint(update, extra)
            if update._where_criteria:
                text += f" WHERE {self.conjunction(update._where_criteria)}"
            text += self.extension_text(update, "post_criteria", " {}")
            implicit: tuple[Any, ...] = ()
            if is_top and self.dialect.update_returning and not self.for_executemany:
                known = {id(value.column) for value in values if value.slot is not None}
                implicit = tuple(self.default_columns(update, values, known))
            text += self.returning_text(update, implicit, is_top)
            if is_top:
                self.dml = self.plan_of(update.table, values, implicit)
            return text
        finally:
            self.scopes.pop()

    def lint(self, statement: Any, extra: list[Any]) -> None:
        """Warn of tables of an UPDATE or DELETE that nothing connects, if that is asked for."""
        if self.linting and extra:
            warn_of_cartesian_product((statement.table, *extra), statement._where_criteria)

    def qualifies_set(self, extra: list[Any]) -> bool:
        """True if columns in SET are written with their table."""
        return False

    def update_tables(self, update: Any, extra: list[Any]) -> str:
        """What stands between UPDATE and SET."""
        if update._joined is not None:
            raise exc.CompileError(
                f"{self.dialect.name} cannot UPDATE a join: write update(table).where(...) with the condition of the join, "
                "which reads the other tables too."
            )
        return self.from_text(update.table)

    def settable_tables(self, tables: frozenset[Any]) -> frozenset[Any]:
        """Those of the tables of an UPDATE, beside its own, whose columns it may set."""
        return frozenset()

    def update_from(self, update: Any, extra: list[Any]) -> str:
        """` FROM ...` with the other tables of an UPDATE."""
        if not extra:
            return ""
        return f" FROM {', '.join([self.from_text(item) for item in extra])}"

    def visit_from_dml_column(self, element: Any) -> str:
        for scope in reversed(self.scopes):
            statement = scope.select
            if getattr(statement, "is_insert", False) or getattr(statement, "is_update", False):
                text = written_text(self, statement, element.column)
                return self.process(element.column) if text is None else text
        return self.process(element.column)

    # -- DELETE ----------------------------------------------------------------------------------

    def visit_delete(self, delete: Any) -> str:
        return self.in_level(delete, self.delete_text)

    def delete_text(self, delete: Any) -> str:
        """A DELETE without its WITH."""
        is_top = delete is self.top_statement
        extra = delete._extra_froms
        scope = Scope(delete, [delete.table, *extra], self.scopes[-1] if self.scopes else None)
        self.scopes.append(scope)
        try:
            text = f"DELETE {self.prefix_text(delete)}{self.delete_tables(delete, extra)}"
            self.lint(delete, extra)
            if delete._where_criteria:
                text += f" WHERE {self.conjunction(delete._where_criteria)}"
            text += self.extension_text(delete, "post_criteria", " {}")
            return text + self.returning_text(delete, (), is_top)
        finally:
            self.scopes.pop()

    def delete_tables(self, delete: Any, extra: list[Any]) -> str:
        """What stands between DELETE and WHERE."""
        text = f"FROM {self.from_text(delete.table)}"
        if extra:
            text += self.delete_extra(extra)
        return text

    def delete_extra(self, extra: list[Any]) -> str:
        """The other tables of a DELETE; the standard has no form for them, so this is for display."""
        return f" , {', '.join([self.from_text(item) for item in extra])}"

    # -- RETURNING -------------------------------------------------------------------------------

    def returning_text(self, statement: Any, implicit: tuple[Any, ...], is_top: bool) -> str:
        """` RETURNING ...`, or nothing."""
        if implicit:
            return f" RETURNING {', '.join([self.returned_column(c) for c in implicit])}"
        if not statement._returning:
            return ""
        self.check_returning(statement)
        columns = []
        for named in statement._named_columns():
            element, name = named.element, named.name
            if is_top:
                self.returning = True
                self.result_columns.append(result_column(named))
            text = self.column_text(
                element.element if element.__visit_name__ == "label" else element, element.type
            )
            bare = element.__visit_name__ == "column" and not named.made_up
            columns.append(text if name is None or bare else self.labelled(text, name))
        return f" RETURNING {', '.join(columns)}"

    def returned_column(self, column: Any) -> str:
        """A column of RETURNING."""
        return self.process(column)

    def check_returning(self, statement: Any) -> None:
        """Raises exc.CompileError if the database has no RETURNING for this statement."""
        kind = statement.__visit_name__
        if self.is_execution and not getattr(self.dialect, f"{kind}_returning"):
            raise exc.CompileError(
                f"{self.dialect.name} has no {kind.upper()} ... RETURNING: leave returning() out and read the "
                "rows with a SELECT."
            )
