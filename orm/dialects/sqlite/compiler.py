"""SQLite's SQL: functions for dates and JSON, ON CONFLICT, no row locks."""

from __future__ import annotations

from typing import Any, Final

from orm import exc
from orm.compiler.identifiers import IdentifierPreparer, words
from orm.compiler.on_conflict import conflict_target, do_update_text
from orm.compiler.select import simple_fetch
from orm.compiler.statement import SQLCompiler
from orm.dialects.sqlite.ddl import SQLiteDDLCompiler
from orm.dialects.sqlite.types import SQLiteTypeCompiler

# https://www.sqlite.org/lang_keywords.html, those that cannot be bare names
RESERVED_WORDS: Final = words(
    """
    add after all alter analyze and as asc attach autoincrement before begin between by cascade
    case cast check collate column commit conflict constraint create cross current_date
    current_time current_timestamp database default deferrable deferred delete desc detach
    distinct drop each else end escape except exclusive exists explain false fail for foreign
    from full glob group having if ignore immediate in index indexed initially inner insert
    instead intersect into is isnull join key left like limit match natural not notnull null of
    offset on or order outer plan pragma primary query raise references reindex rename replace
    restrict right rollback row select set table temp temporary then to transaction trigger true
    union unique update using vacuum values view virtual when where returning window over filter
    nothing
    """
)

# the field of EXTRACT -> the format of strftime()
_FIELDS: Final = {
    "month": "%m",
    "day": "%d",
    "year": "%Y",
    "second": "%S",
    "hour": "%H",
    "doy": "%j",
    "minute": "%M",
    "epoch": "%s",
    "dow": "%w",
    "week": "%W",
}


class SQLiteIdentifierPreparer(IdentifierPreparer):
    """Quotes with double quotes."""

    reserved_words = RESERVED_WORDS


class SQLiteCompiler(SQLCompiler):
    """Renders statements for SQLite."""

    tuple_in_values = True

    # -- expressions -----------------------------------------------------------------------------

    def bitwise_xor_text(self, binary: Any) -> str:
        """SQLite has no such operator; both sides are written twice."""
        left, right = self._sides(binary)
        return f"({left} | {right}) - ({left} & {right})"

    def visit_extract(self, extract: Any) -> str:
        form = _FIELDS.get(extract.field.lower())
        if form is None:
            raise exc.CompileError(
                f"SQLite cannot extract {extract.field!r}; it has {', '.join(sorted(_FIELDS))}."
            )
        return f"CAST(STRFTIME('{form}', {self.process(extract.expr)}) AS INTEGER)"

    def visit_cast(self, cast: Any) -> str:
        # a cast to a type that SQLite does not have would change the value's class: dates would become numbers
        if cast.type.dialect_impl(self.dialect).__visit_name__.lower() in (
            "date",
            "datetime",
            "timestamp",
            "time",
        ):
            return self.process(cast.clause)
        return super().visit_cast(cast)

    def is_distinct_from_text(self, binary: Any) -> str:
        return f"{self.process(binary.left)} IS NOT {self.process(binary.right)}"

    def is_not_distinct_from_text(self, binary: Any) -> str:
        return f"{self.process(binary.left)} IS {self.process(binary.right)}"

    def regexp_match_text(self, binary: Any) -> str:
        self._no_flags(binary)
        return f"{self.process(binary.left)} REGEXP {self.process(binary.right)}"

    def not_regexp_match_text(self, binary: Any) -> str:
        self._no_flags(binary)
        return f"{self.process(binary.left)} NOT REGEXP {self.process(binary.right)}"

    def _no_flags(self, binary: Any) -> None:
        if binary.modifiers.get("flags") is not None:
            raise exc.CompileError(
                "SQLite's REGEXP takes no flags: write them into the pattern, e.g. (?i)."
            )

    def json_getitem_text(self, binary: Any) -> str:
        path = f"JSON_EXTRACT({self.process(binary.left)}, {self.process(binary.right)})"
        # JSON_EXTRACT gives an SQL value; quoted, it is a document again
        return f"JSON_QUOTE({path})" if is_json(binary.type) else path

    json_path_text = json_getitem_text

    def function_char_length(self, function: Any) -> str:
        return f"length{self.function_arguments(function)}"

    def function_aggregate_strings(self, function: Any) -> str:
        return f"group_concat{self.function_arguments(function)}"

    # -- statements ------------------------------------------------------------------------------

    def for_update_text(self, select: Any) -> str:
        # the whole database is locked by a writing transaction
        return ""

    def fetch_text(self, select: Any) -> str:
        return simple_fetch(self, select)

    def compound_member(self, member: Any) -> str:
        # SQLite takes no parentheses around a member; one with an order or limit becomes a subquery
        if member.__visit_name__ != "select_statement_grouping":
            return self.process(member)
        return f"SELECT * FROM {self.process(member)}"

    def returning_text(self, statement: Any, implicit: tuple[Any, ...], is_top: bool) -> str:
        # columns of other tables cannot be returned, so there is nothing to tell apart
        with self.without_tables():
            return super().returning_text(statement, implicit, is_top)

    def delete_extra(self, extra: list[Any]) -> str:
        raise exc.CompileError(
            "SQLite cannot delete from a table joined with others: write "
            "where(table.c.id.in_(select(...)))."
        )

    def visit_on_conflict_do_nothing(self, clause: Any) -> str:
        return f"{conflict_target(self, checked(clause))} DO NOTHING"

    def visit_on_conflict_do_update(self, clause: Any) -> str:
        return do_update_text(self, checked(clause))


def checked(clause: Any) -> Any:
    """The clause; raises exc.CompileError if it names a constraint, which SQLite cannot."""
    if clause.constraint is not None:
        raise exc.CompileError(
            f"SQLite's ON CONFLICT cannot name the constraint {clause.constraint!r}: give its columns, "
            "index_elements=[...]."
        )
    return clause


def is_json(type_: Any) -> bool:
    """True for a JSON document."""
    return bool(type_._type_affinity.__name__ == "JSON")


__all__ = [
    "SQLiteCompiler",
    "SQLiteDDLCompiler",
    "SQLiteIdentifierPreparer",
    "SQLiteTypeCompiler",
]
