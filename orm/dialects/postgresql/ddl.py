"""PostgreSQL's DDL: SERIAL and IDENTITY, enumerations as types, options of indexes and tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from orm import exc
from orm.compiler.ddl import DDLCompiler
from orm.dialects.postgresql.named_types import DOMAIN, NamedType
from orm.dialects.postgresql.types import enum_values
from orm.schema.create import effective_schema
from orm.types.scalar import quote_literal


class PGDDLCompiler(DDLCompiler):
    """Renders DDL for PostgreSQL.

    Options of an Index: `postgresql_using`, `postgresql_where`, `postgresql_ops` (column to operator class),
    `postgresql_include`, `postgresql_with`, `postgresql_concurrently`, `postgresql_nulls_not_distinct`,
    `postgresql_tablespace`. Of a Table: `postgresql_inherits`, `postgresql_partition_by`, `postgresql_using`,
    `postgresql_with`, `postgresql_on_commit`, `postgresql_tablespace`. Of constraints: `postgresql_include`,
    `postgresql_nulls_not_distinct`, `postgresql_not_valid`.
    """

    def column_type(self, column: Any) -> str:
        if not self._is_serial(column):
            return super().column_type(column)
        impl = column.type.dialect_impl(self.dialect)
        kind = getattr(impl, "impl_instance", impl).__visit_name__.lower()
        if "big" in kind:
            return "BIGSERIAL"
        return "SMALLSERIAL" if "small" in kind else "SERIAL"

    def _is_serial(self, column: Any) -> bool:
        table = column.table
        if table is None or column is not table.autoincrement_column:
            return False
        sequence = column.default
        own_sequence = sequence is not None and sequence.is_sequence and not sequence.optional
        return column.identity is None and column.server_default is None and not own_sequence

    def computed_text(self, computed: Any) -> str:
        if computed.persisted is False:
            raise exc.CompileError(
                "PostgreSQL stores generated columns: write Computed(..., persisted=True) or leave it out."
            )
        return f"GENERATED ALWAYS AS ({self.expression(computed.sqltext)}) STORED"

    # -- indexes ---------------------------------------------------------------------------------

    def visit_create_index(self, create: Any) -> str:
        index = create.element
        self.check_index(index)
        words = ["CREATE UNIQUE INDEX" if index.unique else "CREATE INDEX"]
        if self.dialect_option(index, "concurrently"):
            words.append("CONCURRENTLY")
        if create.if_not_exists:
            words.append("IF NOT EXISTS")
        words += [self.index_name(index), "ON", self.table_name(index.table)]
        using = self.dialect_option(index, "using")
        if using is not None:
            words.append(f"USING {self.preparer.quote(using)}")
        columns = ", ".join([self.index_part(index, item) for item in index.expressions])
        return f"{' '.join(words)} ({columns}){self.after_index(index)}"

    def index_part(self, index: Any, item: Any) -> str:
        if item.__visit_name__ in ("column", "unary", "grouping", "function"):
            text = self.expression(item)
        else:
            text = f"({self.expression(item)})"
        operator_class = (self.dialect_option(index, "ops") or {}).get(getattr(item, "key", None))
        return f"{text} {self.preparer.quote(operator_class)}" if operator_class else text

    def after_index(self, index: Any) -> str:
        text = ""
        text += self._include(index)
        nulls = self.dialect_option(index, "nulls_not_distinct")
        if nulls is not None:
            text += " NULLS NOT DISTINCT" if nulls else " NULLS DISTINCT"
        text += self._storage(self.dialect_option(index, "with"))
        tablespace = self.dialect_option(index, "tablespace")
        if tablespace is not None:
            text += f" TABLESPACE {self.preparer.quote(tablespace)}"
        where = self.dialect_option(index, "where")
        return text if where is None else f"{text} WHERE {self.expression(where)}"

    def _include(self, item: Any) -> str:
        """` INCLUDE (...)` of an index or constraint."""
        include = self.dialect_option(item, "include")
        if not include:
            return ""
        columns = [item.table.c[c] if isinstance(c, str) else c for c in include]
        return f" INCLUDE ({self.column_list(columns)})"

    def _storage(self, options: Any) -> str:
        if not options:
            return ""
        parts = [
            f"{self.preparer.quote(name)} = {_number_or_word(v)}" for name, v in options.items()
        ]
        return f" WITH ({', '.join(parts)})"

    def visit_drop_index(self, drop: Any) -> str:
        index = drop.element
        self.check_index(index, needs_table=False)
        words = ["\nDROP INDEX"]
        if self.dialect_option(index, "concurrently"):
            words.append("CONCURRENTLY")
        if drop.if_exists:
            words.append("IF EXISTS")
        return f"{' '.join(words)} {self.index_name(index, use_schema=True)}"

    # -- tables ----------------------------------------------------------------------------------

    def after_table(self, table: Any) -> str:
        parts: list[str] = []
        inherits = self.dialect_option(table, "inherits")
        if inherits:
            names = [inherits] if isinstance(inherits, str) else inherits
            parts.append(f"\n INHERITS ( {', '.join(map(self.preparer.quote, names))} )")
        partition = self.dialect_option(table, "partition_by")
        if partition:
            parts.append(f"\n PARTITION BY {partition}")
        using = self.dialect_option(table, "using")
        if using:
            parts.append(f"\n USING {self.preparer.quote(using)}")
        storage = self._storage(self.dialect_option(table, "with"))
        if storage:
            parts.append(f"\n{storage}")
        on_commit = self.dialect_option(table, "on_commit")
        if on_commit:
            parts.append(f"\n ON COMMIT {on_commit.replace('_', ' ').upper()}")
        tablespace = self.dialect_option(table, "tablespace")
        if tablespace:
            parts.append(f"\n TABLESPACE {self.preparer.quote(tablespace)}")
        return "".join(parts)

    def unique_words(self, constraint: Any) -> str:
        nulls = self.dialect_option(constraint, "nulls_not_distinct")
        return "UNIQUE NULLS NOT DISTINCT" if nulls else "UNIQUE"

    def after_columns(self, constraint: Any) -> str:
        return self._include(constraint)

    def visit_check_constraint(self, constraint: Any) -> str:
        return super().visit_check_constraint(constraint) + self._not_valid(constraint)

    def visit_foreign_key_constraint(self, constraint: Any) -> str:
        return super().visit_foreign_key_constraint(constraint) + self._not_valid(constraint)

    def visit_exclude_constraint(self, constraint: Any) -> str:
        elements = [
            f"{self._exclude_part(constraint, element)} WITH {operator}"
            for element, operator in constraint.elements
        ]
        using = self.preparer.quote(constraint.using)
        text = f"{self.name_prefix(constraint)}EXCLUDE USING {using} ({', '.join(elements)})"
        if constraint.where is not None:
            text += f" WHERE ({self.expression(constraint.where)})"
        return text + self.deferrability(constraint)

    def _exclude_part(self, constraint: Any, element: Any) -> str:
        text = self.expression(element)
        if element.__visit_name__ not in ("column", "function"):
            text = f"({text})"
        operator_class = constraint.ops.get(getattr(element, "key", None))
        return f"{text} {self.preparer.quote(operator_class)}" if operator_class else text

    def _not_valid(self, constraint: Any) -> str:
        return " NOT VALID" if self.dialect_option(constraint, "not_valid") else ""

    # -- enumerations and domains ------------------------------------------------------------------

    def visit_create_enum_type(self, create: Any) -> str:
        name = self.dialect.type_compiler.type_name(create.element)
        return f"CREATE TYPE {name} AS ENUM ({enum_values(create.element)})"

    def visit_drop_enum_type(self, drop: Any) -> str:
        return f"DROP TYPE {self.dialect.type_compiler.type_name(drop.element)}"

    def visit_create_domain_type(self, create: Any) -> str:
        domain = create.element
        types = self.dialect.type_compiler
        words = [f"CREATE DOMAIN {types.type_name(domain)} AS {types.process(domain.data_type)}"]
        if domain.collation is not None:
            words.append(f"COLLATE {self.preparer.quote(domain.collation)}")
        if domain.default is not None:
            default = domain.default
            text = quote_literal(default) if isinstance(default, str) else self.expression(default)
            words.append(f"DEFAULT {text}")
        if domain.not_null:
            words.append("NOT NULL")
        if domain.check is not None:
            if domain.constraint_name is not None:
                words.append(f"CONSTRAINT {self.preparer.quote(domain.constraint_name)}")
            words.append(f"CHECK ({self.expression(domain.check)})")
        return " ".join(words)

    def visit_drop_domain_type(self, drop: Any) -> str:
        return f"DROP DOMAIN {self.dialect.type_compiler.type_name(drop.element)}"

    def create_types(self, connection: Any, tables: Sequence[Any], checkfirst: bool) -> None:
        for type_ in self._named_types(tables):
            # two tables may share one type, so its presence is asked for even without checkfirst
            if not self._has_type(connection, type_, unknown=False):
                connection.execute(_kind(type_)._create(type_))

    def drop_types(self, connection: Any, tables: Sequence[Any], checkfirst: bool) -> None:
        dropped = {id(table) for table in tables}
        elsewhere = [
            other
            for table in tables
            for other in table.metadata.tables.values()
            if id(other) not in dropped
        ]
        used = {type_.name for type_ in self._named_types(elsewhere)}
        for type_ in reversed(list(self._named_types(tables))):
            if type_.name not in used and self._has_type(connection, type_, unknown=True):
                connection.execute(_kind(type_)._drop(type_))

    def _named_types(self, tables: Sequence[Any]) -> Iterator[Any]:
        """The enumerations and domains of the tables' columns, each name once, before what is made of them."""
        seen: set[tuple[Any, str]] = set()
        for table in tables:
            for column in table.c:
                for type_ in self._parts(column.type):
                    key = (getattr(type_, "schema", None), type_.name)
                    if key not in seen and getattr(type_, "create_type", True):
                        seen.add(key)
                        yield type_

    def _parts(self, type_: Any) -> Iterator[Any]:
        """The named types that a type is made of, and itself if it is one."""
        type_ = type_.dialect_impl(self.dialect)
        type_ = getattr(type_, "impl_instance", type_)
        type_ = getattr(type_, "item_type", type_)
        if isinstance(type_, DOMAIN):
            yield from self._parts(type_.data_type)
            yield type_
        elif type_.__visit_name__ in ("enum", "ENUM") and type_.native_enum:
            yield type_

    def _has_type(self, connection: Any, type_: Any, unknown: bool) -> bool:
        """unknown: the answer where there is no database to be asked."""
        if not hasattr(connection, "exec_driver_sql"):
            return unknown
        return bool(
            connection.dialect.has_type(
                connection, str(type_.name), effective_schema(connection, type_)
            )
        )


def _kind(type_: Any) -> type[NamedType]:
    # the Enum of every database is one here, too
    return type(type_) if isinstance(type_, NamedType) else NamedType


def _number_or_word(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if not text.replace(".", "").replace("_", "").isalnum():
        raise exc.CompileError(f"{value!r} is no value for a storage parameter.")
    return text
