"""MySQL's and MariaDB's DDL: AUTO_INCREMENT, inline comments, table options, indexes with lengths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from orm import exc
from orm.compiler.ddl import DDLCompiler
from orm.schema.constraints import CheckConstraint, PrimaryKeyConstraint, UniqueConstraint
from orm.schema.foreign_key import ForeignKeyConstraint
from orm.sql.text_clause import TextClause

# options of CREATE TABLE in the order in which they are written; those of two words are written with a space
_TABLE_OPTIONS: Final = (
    "engine",
    "auto_increment",
    "default_charset",
    "charset",
    "collate",
    "row_format",
    "key_block_size",
)
_NOW: Final = ("now()", "current_timestamp", "current_timestamp()")
_SPELLING: Final = {"default_charset": "DEFAULT CHARSET", "charset": "CHARSET"}


class MySQLDDLCompiler(DDLCompiler):
    """Renders DDL for MySQL and MariaDB.

    Options are named `mysql_...` or `mariadb_...`: `engine`, `charset`, `collate`, `auto_increment`, `row_format` of a
    Table; `length` (a number, or column to number), `prefix` ("FULLTEXT") and `using` of an Index.
    """

    #: the column whose default is written keeps fractions of seconds
    _fractions = False

    def option_prefixes(self) -> Sequence[str]:
        return (
            ("mariadb", "mysql")
            if getattr(self.dialect, "is_mariadb", False)
            else ("mysql", "mariadb")
        )

    def column_definition(self, column: Any) -> str:
        parts = [self.preparer.format_column(column), self.column_type(column)]
        if column.computed is not None:
            parts.append(self.computed_text(column.computed))
        if not column.nullable:
            parts.append("NOT NULL")
        elif column.type.__visit_name__ == "TIMESTAMP":
            # otherwise a TIMESTAMP is NOT NULL on older servers
            parts.append("NULL")
        default = self.default_text(column)
        if default is not None:
            parts.append(f"DEFAULT {default}")
        if self._is_numbered(column):
            parts.append("AUTO_INCREMENT")
        if column.comment is not None:
            parts.append(f"COMMENT {self._literal(column.comment)}")
        return " ".join(parts)

    def _is_numbered(self, column: Any) -> bool:
        table = column.table
        if table is None or column is not table.autoincrement_column:
            return False
        return column.server_default is None or column.identity is not None

    def _literal(self, text: str) -> str:
        compiler = self.dialect.statement_compiler(self.dialect)
        quoted: str = compiler.string_literal(text)
        return quoted

    def default_text(self, column: Any) -> str | None:
        self._fractions = column.type.__visit_name__ == "datetime"
        default = column.server_default
        if default is not None and default.has_argument and isinstance(default.arg, str):
            return self._literal(default.arg)
        return super().default_text(column)

    def default_expression(self, element: Any) -> str:
        text = self.expression(element)
        if self._fractions and text.lower() in _NOW:
            # MySQL wants as many digits of the second as the column has
            return "CURRENT_TIMESTAMP(6)"
        if isinstance(element, TextClause) or text.upper().startswith(
            ("CURRENT_TIMESTAMP", "NULL")
        ):
            return text
        return f"({text})"

    def after_table(self, table: Any) -> str:
        parts: list[str] = []
        if table.comment is not None:
            parts.append(f"COMMENT={self._literal(table.comment)}")
        for name in _TABLE_OPTIONS:
            value = self.dialect_option(table, name)
            if value is None:
                continue
            if not str(value).replace("_", "").replace("-", "").isalnum():
                raise exc.CompileError(f"mysql_{name}={value!r} is no word.")
            word = _SPELLING.get(name, name.upper())
            parts.append(f"{word} {value}" if " " in word else f"{word}={value}")
        return " ".join(["", *parts]) if parts else ""

    # -- indexes ---------------------------------------------------------------------------------

    def visit_create_index(self, create: Any) -> str:
        index = create.element
        self.check_index(index)
        words = ["CREATE UNIQUE" if index.unique else "CREATE"]
        prefix = self.dialect_option(index, "prefix")
        if prefix:
            if not prefix.isalpha():
                raise exc.CompileError(f"mysql_prefix={prefix!r} is no word.")
            words.append(prefix.upper())
        words.append("INDEX")
        if create.if_not_exists:
            words.append("IF NOT EXISTS")
        words += [self.index_name(index), "ON", self.table_name(index.table)]
        columns = ", ".join([self.index_part(index, item) for item in index.expressions])
        return f"{' '.join(words)} ({columns}){self.after_index(index)}"

    def index_part(self, index: Any, item: Any) -> str:
        plain = item.__visit_name__ in ("column", "unary")
        text = self.expression(item) if plain else f"({self.expression(item)})"
        length = self.dialect_option(index, "length")
        if isinstance(length, dict):
            length = length.get(getattr(item, "key", None), length.get(item))
        return f"{text}({int(length)})" if length is not None and plain else text

    def after_index(self, index: Any) -> str:
        using = self.dialect_option(index, "using")
        return "" if using is None else f" USING {self.preparer.quote(using)}"

    def visit_drop_index(self, drop: Any) -> str:
        index = drop.element
        self.check_index(index)
        exists = "IF EXISTS " if drop.if_exists else ""
        return f"\nDROP INDEX {exists}{self.index_name(index)} ON {self.table_name(index.table)}"

    # -- constraints -----------------------------------------------------------------------------

    def visit_drop_constraint(self, drop: Any) -> str:
        if isinstance(drop.element, PrimaryKeyConstraint):
            return f"ALTER TABLE {self.table_name(drop.element.table)} DROP PRIMARY KEY"
        return super().visit_drop_constraint(drop)

    def drop_constraint_kind(self, constraint: Any) -> str:
        if isinstance(constraint, ForeignKeyConstraint):
            return "FOREIGN KEY"
        if isinstance(constraint, UniqueConstraint):
            return "INDEX"
        if isinstance(constraint, CheckConstraint) and not getattr(
            self.dialect, "is_mariadb", False
        ):
            return "CHECK"
        return "CONSTRAINT"

    def match_text(self, constraint: Any) -> str:
        # InnoDB reads MATCH as "no ON DELETE and no ON UPDATE"
        if constraint.match is not None:
            raise exc.CompileError(
                "MySQL ignores ON DELETE and ON UPDATE of a foreign key with MATCH: leave match= out."
            )
        return ""

    # -- comments --------------------------------------------------------------------------------

    def visit_set_table_comment(self, comment: Any) -> str:
        table = comment.element
        return f"ALTER TABLE {self.table_name(table)} COMMENT {self._literal(table.comment)}"

    def visit_set_column_comment(self, comment: Any) -> str:
        column = comment.element
        return (
            f"ALTER TABLE {self.table_name(column.table)} CHANGE "
            f"{self.preparer.format_column(column)} {self.column_definition(column)}"
        )
