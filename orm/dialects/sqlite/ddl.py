"""SQLite's DDL: the rowid's AUTOINCREMENT, partial indexes, and no ALTER for constraints."""

from __future__ import annotations

from typing import Any

from orm import exc
from orm.compiler.ddl import DDLCompiler, checked_word
from orm.sql.text_clause import TextClause

_CONFLICT_ACTIONS = frozenset({"ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE"})


class SQLiteDDLCompiler(DDLCompiler):
    """Renders DDL for SQLite.

    Options: `sqlite_autoincrement=True`, `sqlite_with_rowid=False` and `sqlite_strict=True` on a Table, `sqlite_where=` on
    an Index, `sqlite_on_conflict=` on constraints, `sqlite_on_conflict_not_null=` and the like on a Column.
    """

    def column_definition(self, column: Any) -> str:
        text = super().column_definition(column)
        if not column.nullable:
            text += self._on_conflict(column, "on_conflict_not_null")
        if self._has_autoincrement(column.table) and column is column.table.autoincrement_column:
            if column.type._type_affinity.__name__ != "Integer":
                raise exc.CompileError("sqlite_autoincrement needs an Integer primary key.")
            return f"{text} PRIMARY KEY AUTOINCREMENT"
        return text

    def _has_autoincrement(self, table: Any) -> bool:
        return bool(table is not None and self.dialect_option(table, "autoincrement"))

    def visit_primary_key_constraint(self, constraint: Any) -> str:
        # AUTOINCREMENT can only stand in the column's own definition
        if self._has_autoincrement(constraint.table) and len(constraint) == 1:
            return ""
        text = super().visit_primary_key_constraint(constraint)
        return text and text + self._constraint_conflict(constraint, "on_conflict_primary_key")

    def visit_unique_constraint(self, constraint: Any) -> str:
        text = super().visit_unique_constraint(constraint)
        return text and text + self._constraint_conflict(constraint, "on_conflict_unique")

    def visit_check_constraint(self, constraint: Any) -> str:
        return super().visit_check_constraint(constraint) + self._on_conflict(
            constraint, "on_conflict"
        )

    def _constraint_conflict(self, constraint: Any, column_option: str) -> str:
        """` ON CONFLICT ...` of a constraint, or of the one column that brought it."""
        text = self._on_conflict(constraint, "on_conflict")
        if text or len(constraint) != 1:
            return text
        return self._on_conflict(next(iter(constraint)), column_option)

    def _on_conflict(self, item: Any, option: str) -> str:
        action = self.dialect_option(item, option)
        if action is None:
            return ""
        return f" ON CONFLICT {checked_word(action, _CONFLICT_ACTIONS, f'sqlite_{option}')}"

    def default_expression(self, element: Any) -> str:
        text = self.expression(element)
        return text if isinstance(element, TextClause) else f"({text})"

    def visit_foreign_key_constraint(self, constraint: Any) -> str:
        # a foreign key cannot leave the attached database in which its table lies
        if constraint.table.schema != constraint.referred_table.schema:
            return ""
        text = super().visit_foreign_key_constraint(constraint)
        remote = constraint.referred_table
        qualified, bare = self.table_name(remote), self.preparer.quote(remote.name)
        return text.replace(f"REFERENCES {qualified} ", f"REFERENCES {bare} ")

    def after_table(self, table: Any) -> str:
        options = []
        if self.dialect_option(table, "with_rowid") is False:
            options.append("WITHOUT ROWID")
        if self.dialect_option(table, "strict"):
            options.append("STRICT")
        return f" {', '.join(options)}" if options else ""

    def visit_create_index(self, create: Any) -> str:
        index = create.element
        self.check_index(index)
        unique = "UNIQUE " if index.unique else ""
        exists = "IF NOT EXISTS " if create.if_not_exists else ""
        columns = ", ".join([self.index_part(index, item) for item in index.expressions])
        # the schema is that of the index: its table is looked for there
        return (
            f"CREATE {unique}INDEX {exists}{self.index_name(index, use_schema=True)} "
            f"ON {self.preparer.quote(index.table.name)} ({columns}){self.after_index(index)}"
        )

    def after_index(self, index: Any) -> str:
        where = self.dialect_option(index, "where")
        return "" if where is None else f" WHERE {self.expression(where)}"

    def visit_add_constraint(self, add: Any) -> str:
        raise exc.CompileError(
            "SQLite cannot add a constraint to a table that exists. Let a migration rebuild the table: "
            "`with op.batch_alter_table(...)`."
        )

    def visit_drop_constraint(self, drop: Any) -> str:
        raise exc.CompileError(
            "SQLite cannot drop a constraint of a table. Let a migration rebuild the table: "
            "`with op.batch_alter_table(...)`."
        )
