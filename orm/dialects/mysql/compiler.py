"""MySQL's and MariaDB's SQL: backticks, CAST of few types, UPDATE of joins, no FULL JOIN."""

from __future__ import annotations

from typing import Any, Final

from orm import exc
from orm.compiler.identifiers import IdentifierPreparer, words
from orm.compiler.on_conflict import assignment_texts
from orm.compiler.select import simple_fetch
from orm.compiler.statement import SQLCompiler
from orm.dialects.mysql.ddl import MySQLDDLCompiler
from orm.dialects.mysql.types import MySQLTypeCompiler
from orm.sql.operators import desc_op, nulls_first_op, nulls_last_op

# https://mariadb.com/kb/en/reserved-words/ and https://dev.mysql.com/doc/refman/8.0/en/keywords.html, together
RESERVED_WORDS: Final = words(
    """
    accessible add all alter analyze and as asc asensitive before between bigint binary blob
    both by call cascade case change char character check collate column condition constraint
    continue convert create cross cube cume_dist current_date current_role current_time
    current_timestamp current_user cursor database databases day_hour day_microsecond day_minute
    day_second dec decimal declare default delayed delete dense_rank desc describe deterministic
    distinct distinctrow div double drop dual each else elseif empty enclosed escaped except
    exists exit explain false fetch first_value float float4 float8 for force foreign from
    fulltext function general generated get grant group grouping groups having high_priority
    hour_microsecond hour_minute hour_second if ignore ignore_domain_ids ignore_server_ids in
    index infile inner inout insensitive insert int int1 int2 int3 int4 int8 integer intersect
    interval into io_after_gtids io_before_gtids is iterate join json_table key keys kill lag
    last_value lateral lead leading leave left like limit linear lines load localtime
    localtimestamp lock long longblob longtext loop low_priority manual master_bind
    master_heartbeat_period master_ssl_verify_server_cert match maxvalue mediumblob mediumint
    mediumtext middleint minute_microsecond minute_second mod modifies natural
    no_write_to_binlog not nth_value ntile null numeric of offset on optimize optimizer_costs
    option optionally or order out outer outfile over page_checksum parallel parse_vcol_expr
    partition percent_rank position precision primary procedure purge qualify range rank read
    read_write reads real recursive ref_system_id references regexp release rename repeat
    replace require resignal restrict return returning revoke right rlike row row_number rows
    schema schemas second_microsecond select sensitive separator set show signal slow smallint
    spatial specific sql sql_big_result sql_calc_found_rows sql_small_result sqlexception
    sqlstate sqlwarning ssl starting stats_auto_recalc stats_persistent stats_sample_pages
    stored straight_join system table tablesample terminated then tinyblob tinyint tinytext to
    trailing trigger true undo union unique unlock unsigned update usage use using utc_date
    utc_time utc_timestamp values varbinary varchar varcharacter varying virtual when where
    while window with write xor year_month zerofill
    """
)

# what CAST accepts, by the generic kind of the type
_CAST_WORDS: Final = {
    "Integer": "SIGNED INTEGER",
    "Boolean": "SIGNED INTEGER",
    "Date": "DATE",
    "Time": "TIME",
    "DateTime": "DATETIME",
    "_Binary": "BINARY",
    "LargeBinary": "BINARY",
}


class MySQLIdentifierPreparer(IdentifierPreparer):
    """Quotes with backticks."""

    initial_quote = final_quote = "`"
    reserved_words = RESERVED_WORDS


class MySQLCompiler(SQLCompiler):
    """Renders statements for MySQL and MariaDB."""

    div_is_floordiv = False
    cte_follows_insert = True
    inner_join_word = " INNER JOIN "

    @property
    def is_mariadb(self) -> bool:
        """True where the server is MariaDB."""
        return bool(getattr(self.dialect, "is_mariadb", False))

    # -- expressions -----------------------------------------------------------------------------

    def visit_true(self, element: Any) -> str:
        return "true"

    def visit_false(self, element: Any) -> str:
        return "false"

    def visit_unary(self, element: Any) -> str:
        modifier = element.modifier
        if modifier is not nulls_first_op and modifier is not nulls_last_op:
            return super().visit_unary(element)
        # there are no words for it; by themselves NULLs come before all values
        ordered = element.element
        descending = getattr(ordered, "modifier", None) is desc_op
        text = self.order_text(ordered)
        if descending is (modifier is nulls_last_op):
            return text
        directed = getattr(ordered, "modifier", None) is not None
        value = self.order_text(ordered.element) if directed else text
        word = "IS NULL" if modifier is nulls_last_op else "IS NOT NULL"
        return f"{value} {word}, {text}"

    def concat_text(self, binary: Any) -> str:
        return f"concat({', '.join(self._concat_parts(binary))})"

    def _concat_parts(self, element: Any) -> list[str]:
        """The operands of a chain of concatenations."""
        if element.__visit_name__ == "binary" and element.operator.__name__ == "concat_op":
            return self._concat_parts(element.left) + self._concat_parts(element.right)
        return [self.process(element)]

    def floor_divide_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        return f"FLOOR({left} / {right})"

    def is_distinct_from_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        return f"NOT ({left} <=> {right})"

    def is_not_distinct_from_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        return f"{left} <=> {right}"

    def visit_mysql_match(self, element: Any) -> str:
        columns = ", ".join([self.process(column) for column in element.columns])
        mode = f" IN {element.mode} MODE" if element.mode else ""
        expansion = " WITH QUERY EXPANSION" if element.expands else ""
        return f"MATCH ({columns}) AGAINST ({self.process(element.against)}{mode}{expansion})"

    def match_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        mode = " IN BOOLEAN MODE"
        if binary.modifiers.get("mysql_natural_language"):
            mode = " IN NATURAL LANGUAGE MODE"
        return f"MATCH ({left}) AGAINST ({right}{mode})"

    def regexp_match_text(self, binary: Any) -> str:
        return self._regexp(binary, "REGEXP")

    def not_regexp_match_text(self, binary: Any) -> str:
        return self._regexp(binary, "NOT REGEXP")

    def _regexp(self, binary: Any, word: str) -> str:
        left, right = self._sides(binary)
        flags = binary.modifiers.get("flags")
        if flags is None:
            return f"{left} {word} {right}"
        return f"{left} {word} CONCAT('(?', {self.string_literal(flags)}, ')', {right})"

    def regexp_replace_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        if binary.modifiers.get("flags") is not None:
            raise exc.CompileError(
                "MariaDB's REGEXP_REPLACE takes no flags: write them into the pattern, e.g. (?i)."
            )
        return f"REGEXP_REPLACE({left}, {right})"

    def visit_cast(self, cast: Any) -> str:
        return f"CAST({self.process(cast.clause)} AS {self.cast_type(cast.type)})"

    def cast_type(self, type_: Any) -> str:
        impl = type_.dialect_impl(self.dialect)
        impl = getattr(impl, "impl_instance", impl)
        affinity = impl._type_affinity.__name__
        if affinity == "Numeric":
            return self._numeric_cast(impl)
        if affinity == "JSON":
            return "CHAR" if self.is_mariadb else "JSON"
        if impl.__visit_name__ in ("datetime", "time"):
            return f"{impl.__visit_name__.upper()}(6)"
        word = _CAST_WORDS.get(affinity)
        if word is not None:
            return word.replace("SIGNED", "UNSIGNED") if getattr(impl, "unsigned", False) else word
        length = getattr(impl, "length", None)
        return f"CHAR({length})" if length else "CHAR"

    def _numeric_cast(self, impl: Any) -> str:
        if impl.__visit_name__.lower() in ("float", "double", "real", "double_precision"):
            return "DOUBLE"
        if impl.precision is None:
            # without digits DECIMAL has none behind the point
            return "DECIMAL(65, 30)"
        if impl.scale is None:
            return f"DECIMAL({impl.precision})"
        return f"DECIMAL({impl.precision}, {impl.scale})"

    def json_getitem_text(self, binary: Any) -> str:
        left, right = self._sides(binary)
        path = f"JSON_EXTRACT({left}, {right})"
        affinity = binary.type._type_affinity.__name__
        if affinity == "JSON":
            return path
        # JSON's null is no SQL NULL before it is made one
        value = f"JSON_UNQUOTE({path})"
        if affinity == "Boolean":
            value = f"{path} = true"
        elif affinity != "String":
            value = f"CAST({path} AS {self.cast_type(binary.type)})"
        return f"CASE JSON_EXTRACT({left}, {right}) WHEN 'null' THEN NULL ELSE {value} END"

    json_path_text = json_getitem_text

    def function_now(self, function: Any) -> str:
        return "now()"

    def function_char_length(self, function: Any) -> str:
        return f"char_length{self.function_arguments(function)}"

    def function_aggregate_strings(self, function: Any) -> str:
        value, separator = function.clauses.clauses
        return f"group_concat({self.process(value)} SEPARATOR {self.process(separator)})"

    def function_sysdate(self, function: Any) -> str:
        return "SYSDATE()"

    def next_value_text(self, sequence: Any) -> str:
        return f"nextval({self.preparer.format_sequence(sequence)})"

    # -- statements ------------------------------------------------------------------------------

    def full_join_word(self, join: Any) -> str:
        raise exc.CompileError(
            "MySQL and MariaDB have no FULL OUTER JOIN: write a UNION of a left and a right join."
        )

    def limit_text(self, select: Any) -> str:
        limit, offset = select._limit_clause, select._offset_clause
        if limit is None and offset is None:
            return ""
        if offset is None:
            return f"\n LIMIT {self.process(limit)}"
        # there is no OFFSET without LIMIT
        count = "18446744073709551615" if limit is None else self.process(limit)
        return f"\n LIMIT {self.process(offset)}, {count}"

    def lock_word(self, lock: Any) -> str:
        return " LOCK IN SHARE MODE" if lock.read else " FOR UPDATE"

    def for_update_text(self, select: Any) -> str:
        lock = select._for_update_arg
        if lock is None or not lock.of or not self.is_mariadb:
            return super().for_update_text(select)
        # MariaDB has no OF: it locks the rows of all tables, those asked for among them
        wider = select._clone()
        wider._for_update_arg = lock._replace(of=None)
        return super().for_update_text(wider)

    def fetch_text(self, select: Any) -> str:
        return simple_fetch(self, select)

    def default_values_text(self) -> str:
        return "() VALUES ()"

    def qualifies_set(self, extra: list[Any]) -> bool:
        return bool(extra)

    def update_tables(self, update: Any, extra: list[Any]) -> str:
        target = update.table if update._joined is None else update._joined
        return ", ".join([self.from_text(item) for item in (target, *extra)])

    def settable_tables(self, tables: frozenset[Any]) -> frozenset[Any]:
        return tables

    def update_from(self, update: Any, extra: list[Any]) -> str:
        return ""

    def delete_tables(self, delete: Any, extra: list[Any]) -> str:
        table = self.from_text(delete.table)
        if not extra:
            return f"FROM {table}"
        # a join given to using() may contain the table itself
        joined = any(delete.table in item._hide_froms for item in extra)
        froms = extra if joined else [delete.table, *extra]
        return f"FROM {table} USING {', '.join([self.from_text(item) for item in froms])}"

    def visit_column(self, column: Any) -> str:
        if column.table is not None and getattr(column.table, "_is_inserted_row", False):
            return f"VALUES({self.preparer.quote(column.name)})"
        return super().visit_column(column)

    def visit_dml_limit(self, element: Any) -> str:
        return f"LIMIT {self.process(element.limit_clause)}"

    def visit_on_duplicate_key_update(self, clause: Any) -> str:
        texts = assignment_texts(self, clause.assignments)
        joined = ", ".join([f"{name} = {value}" for name, value in texts])
        return f"ON DUPLICATE KEY UPDATE {joined}"


__all__ = [
    "MySQLCompiler",
    "MySQLDDLCompiler",
    "MySQLIdentifierPreparer",
    "MySQLTypeCompiler",
]
