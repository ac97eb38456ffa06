"""DDL statements as text: tables, columns, constraints, indexes, sequences, comments."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from orm import exc
from orm.compiler.compiled import Compiled
from orm.compiler.identifiers import IdentifierPreparer
from orm.compiler.render import find_custom
from orm.schema.constraints import PrimaryKeyConstraint
from orm.schema.foreign_key import ForeignKeyConstraint
from orm.schema.items import conv
from orm.schema.naming import shorten_name
from orm.sql.visitors import ClauseElement
from orm.types.scalar import quote_literal

# what may follow ON DELETE and the like: words, which databases add to, and columns in parentheses; no other text
_PHRASE = r"[A-Za-z_]+(?:\s+[A-Za-z_]+)*(?: ?\([\w\s,\"`]+\))?"


class DDLCompiler:
    """Renders one DDL statement for a dialect. Make a new one for each statement."""

    preparer: IdentifierPreparer

    def __init__(self, dialect: Any) -> None:
        self.dialect = dialect
        self.preparer = dialect.identifier_preparer

    def compile(
        self, statement: Any, *, schema_translate_map: Any = None, **_options: Any
    ) -> Compiled:
        """The statement as a Compiled without parameters.

        Raises exc.CompileError if the dialect cannot express it.
        """
        if schema_translate_map:
            self.dialect = self.dialect.with_schemas(schema_translate_map)
            self.preparer = self.dialect.identifier_preparer
        text = self.process(statement)
        return Compiled(
            statement, self.dialect, text, (), kind="ddl", schema_translate_map=schema_translate_map
        )

    def process(self, element: Any, **_options: Any) -> str:
        """The text of a DDL statement or constraint, by its visit name."""
        # constraints are no elements of statements
        custom = getattr(element, "_compile_with", None)
        if custom is not None:
            return str(find_custom(custom, self, element)(element, self))
        method: Callable[[Any], str] | None = getattr(self, f"visit_{element.__visit_name__}", None)
        if method is None:
            raise exc.UnsupportedCompilationError(self, type(element))
        return method(element)

    # -- expressions and names -------------------------------------------------------------------

    def expression(self, element: Any, include_table: bool = False) -> str:
        """An expression inside DDL: values are written as literals, columns without their table."""
        if isinstance(element, str):
            return element
        compiler = self.dialect.statement_compiler(self.dialect)
        compiler.preparer = self.preparer
        text: str = compiler.expression_text(element, include_table=include_table)
        return text

    def constraint_name(self, constraint: Any) -> str | None:
        """The quoted name of a constraint or index, or None; a generated one is cut to the database's length."""
        if constraint.name is None:
            return None
        return self.preparer.quote(self.fitting_name(constraint.name))

    def fitting_name(self, name: str, limit: int | None = None) -> str:
        """The name within the database's length, or a limit of its own.

        Raises exc.IdentifierError for a name given by hand which is too long; generated ones are cut.
        """
        if limit is None:
            limit = self.dialect.max_identifier_length
        if len(name) <= limit:
            return name
        if isinstance(name, conv):
            return shorten_name(name, limit)
        raise exc.IdentifierError(
            f"The name {name!r} has {len(name)} characters; {self.dialect.name} allows {limit}. "
            "Choose a shorter one."
        )

    def table_name(self, table: Any) -> str:
        """The quoted name of a table with its schema."""
        return self.preparer.format_table(table)

    def dialect_option(self, item: Any, name: str) -> Any:
        """The value of the argument `<dialect>_<name>` that a schema item was given, or None."""
        for prefix in self.option_prefixes():
            value = item.dialect_kwargs.get(f"{prefix}_{name}")
            if value is not None:
                return value
        return None

    def option_prefixes(self) -> Sequence[str]:
        """The words before the underscore of arguments that are for this dialect."""
        return (self.dialect.name,)

    # -- text ------------------------------------------------------------------------------------

    def visit_ddl(self, ddl: Any) -> str:
        context = dict(ddl.context)
        table = ddl.target
        if table is not None and hasattr(table, "fullname"):
            context.setdefault("table", self.preparer.quote(table.name))
            schema = self.preparer.schema_for(table)
            context.setdefault("schema", self.preparer.quote_schema(schema) if schema else "")
            context.setdefault("fullname", self.table_name(table))
        try:
            text: str = ddl.statement % context
        except KeyError as error:
            raise exc.CompileError(
                f"DDL({ddl.statement!r}) uses %({error.args[0]})s, which has no value: give it in context=, or "
                "write %% for a percent sign."
            ) from None
        except (TypeError, ValueError) as error:
            raise exc.CompileError(
                f"DDL({ddl.statement!r}): {error}. Write %% for a percent sign."
            ) from None
        return text

    def visit_create_schema(self, create: Any) -> str:
        exists = "IF NOT EXISTS " if create.if_not_exists else ""
        return f"CREATE SCHEMA {exists}{self.preparer.quote_schema(create.element)}"

    def visit_drop_schema(self, drop: Any) -> str:
        exists = "IF EXISTS " if drop.if_exists else ""
        cascade = " CASCADE" if drop.cascade else ""
        return f"DROP SCHEMA {exists}{self.preparer.quote_schema(drop.element)}{cascade}"

    # -- what is made from a SELECT --------------------------------------------------------------

    def visit_create_table_as(self, create: Any) -> str:
        word = "TEMPORARY " if create.temporary else ""
        exists = "IF NOT EXISTS " if create.if_not_exists else ""
        body = self.statement_text(create.selectable)
        return f"CREATE {word}TABLE {exists}{self.table_name(create.table)} AS {body}"

    def visit_create_view(self, create: Any) -> str:
        words = "OR REPLACE " if create.or_replace else ""
        words += "TEMPORARY " if create.temporary else ""
        words += "MATERIALIZED " if create.materialized else ""
        body = self.statement_text(create.selectable)
        return f"CREATE {words}VIEW {self.table_name(create.table)} AS {body}"

    def visit_drop_view(self, drop: Any) -> str:
        word = "MATERIALIZED " if drop.materialized else ""
        exists = "IF EXISTS " if drop.if_exists else ""
        return f"\nDROP {word}VIEW {exists}{self.table_name(drop.element)}"

    def statement_text(self, statement: Any) -> str:
        """A SELECT inside DDL, with its values as literals."""
        compiler = self.dialect.statement_compiler(self.dialect)
        compiler.preparer = self.preparer
        text: str = compiler.text_with_literals(statement)
        return text

    # -- tables ----------------------------------------------------------------------------------

    def visit_create_table(self, create: Any) -> str:
        table = create.element
        words = ["CREATE", *table._prefixes, "TABLE"]
        if create.if_not_exists:
            words.append("IF NOT EXISTS")
        lines = [self.checked_column(column) for column in table.c if not column.system]
        lines += self.table_constraints(create)
        body = ", ".join([f"\n\t{line}" for line in lines])
        return (
            f"\n{' '.join(words)} {self.table_name(table)} ({body}\n){self.after_table(table)}\n\n"
        )

    def visit_create_column(self, create: Any) -> str:
        return self.checked_column(create.element)

    def after_table(self, table: Any) -> str:
        """What follows the closing parenthesis of CREATE TABLE."""
        return ""

    def checked_column(self, column: Any) -> str:
        """A column's definition; an error names the table and the column."""
        try:
            return self.column_definition(column)
        except exc.CompileError as error:
            raise exc.CompileError(
                f"Cannot define column {column.name!r} of table {column.table.description!r}: {error}"
            ) from error

    def column_definition(self, column: Any) -> str:
        """`name TYPE DEFAULT ... NOT NULL ...`"""
        parts = [self.preparer.format_column(column), self.column_type(column)]
        default = self.default_text(column)
        if default is not None:
            parts.append(f"DEFAULT {default}")
        if column.computed is not None:
            parts.append(self.computed_text(column.computed))
        if column.identity is not None and self.dialect.supports_identity_columns:
            # an identity column is NOT NULL by itself
            parts.append(self.identity_text(column.identity))
        elif not column.nullable:
            parts.append("NOT NULL")
        return " ".join(parts)

    def column_type(self, column: Any) -> str:
        """The type in a column's definition."""
        return str(self.dialect.type_compiler.process(column.type))

    def default_text(self, column: Any) -> str | None:
        """What stands after DEFAULT, or None."""
        default = column.server_default
        if default is None or not default.has_argument:
            return None
        if isinstance(default.arg, str):
            return quote_literal(default.arg)
        return self.default_expression(default.arg)

    def default_expression(self, element: ClauseElement) -> str:
        """A server default that is an expression."""
        return self.expression(element)

    def computed_text(self, computed: Any) -> str:
        """`GENERATED ALWAYS AS (...)`"""
        text = f"GENERATED ALWAYS AS ({self.expression(computed.sqltext)})"
        if computed.persisted is None:
            return text
        return f"{text} {'STORED' if computed.persisted else 'VIRTUAL'}"

    def identity_text(self, identity: Any) -> str:
        """`GENERATED BY DEFAULT AS IDENTITY (...)`"""
        kind = "ALWAYS" if identity.always else "BY DEFAULT"
        options = self.sequence_options(identity)
        return f"GENERATED {kind} AS IDENTITY" + (f" ({options})" if options else "")

    def sequence_options(self, options: Any) -> str:
        """The options that sequences and identities share."""
        parts: list[str] = []
        for value, text in (
            (options.increment, "INCREMENT BY"),
            (options.start, "START WITH"),
            (options.minvalue, "MINVALUE"),
            (options.maxvalue, "MAXVALUE"),
        ):
            if value is not None:
                parts.append(f"{text} {int(value)}")
        if options.nominvalue:
            parts.append("NO MINVALUE")
        if options.nomaxvalue:
            parts.append("NO MAXVALUE")
        if options.cache is not None:
            parts.append(f"CACHE {int(options.cache)}")
        if options.cycle is not None:
            parts.append("CYCLE" if options.cycle else "NO CYCLE")
        return " ".join(parts)

    def visit_drop_table(self, drop: Any) -> str:
        exists = "IF EXISTS " if drop.if_exists else ""
        return f"\nDROP TABLE {exists}{self.table_name(drop.element)}"

    # -- constraints -----------------------------------------------------------------------------

    def table_constraints(self, create: Any) -> list[str]:
        """The constraints inside a CREATE TABLE, the primary key first."""
        table, foreign_keys = create.element, create.include_foreign_key_constraints
        inside = [table.primary_key] if len(table.primary_key) else []
        inside += [c for c in table.constraints if not isinstance(c, PrimaryKeyConstraint)]
        if foreign_keys is not None:
            left_out = [c for c in table.foreign_key_constraints if c not in foreign_keys]
            inside = [c for c in inside if c not in left_out]
        wanted = [c for c in inside if c._is_wanted(create, None, self.dialect)]
        texts = [self.process(c) for c in wanted if self.is_inline(c)]
        return [text for text in texts if text]

    def is_inline(self, constraint: Any) -> bool:
        """False for a constraint that is not written in CREATE TABLE on this dialect."""
        if constraint._isolated:
            return False
        if constraint._type_bound:
            return not self.has_native_type(constraint.type)
        if isinstance(constraint, ForeignKeyConstraint) and constraint.use_alter:
            return not self.dialect.supports_alter
        return True

    def has_native_type(self, type_: Any) -> bool:
        """True if the database checks the values of such a type by itself."""
        if type_.__visit_name__ == "boolean":
            return bool(self.dialect.supports_native_boolean)
        return bool(self.dialect.supports_native_enum and type_.native_enum)

    def name_prefix(self, constraint: Any) -> str:
        """`CONSTRAINT name `, or nothing for an unnamed one."""
        name = self.constraint_name(constraint)
        return f"CONSTRAINT {name} " if name is not None else ""

    def column_list(self, columns: Any) -> str:
        """Quoted column names, separated by commas."""
        return ", ".join([self.preparer.format_column(column) for column in columns])

    def visit_primary_key_constraint(self, constraint: Any) -> str:
        if not len(constraint):
            return ""
        text = f"{self.name_prefix(constraint)}PRIMARY KEY ({self.column_list(constraint)})"
        return text + self.after_columns(constraint) + self.deferrability(constraint)

    def after_columns(self, constraint: Any) -> str:
        """What follows the columns of a primary key or unique constraint."""
        return ""

    def unique_words(self, constraint: Any) -> str:
        """The words before the columns of a unique constraint."""
        return "UNIQUE"

    def visit_unique_constraint(self, constraint: Any) -> str:
        if not len(constraint):
            return ""
        words = self.unique_words(constraint)
        text = f"{self.name_prefix(constraint)}{words} ({self.column_list(constraint)})"
        return text + self.after_columns(constraint) + self.deferrability(constraint)

    def visit_check_constraint(self, constraint: Any) -> str:
        text = self.expression(constraint.sqltext)
        return f"{self.name_prefix(constraint)}CHECK ({text}){self.deferrability(constraint)}"

    def visit_foreign_key_constraint(self, constraint: Any) -> str:
        remote = constraint.referred_table
        targets = self.column_list([element.column for element in constraint.elements])
        return (
            f"{self.name_prefix(constraint)}FOREIGN KEY({self.column_list(constraint)}) "
            f"REFERENCES {self.table_name(remote)} ({targets})"
            f"{self.match_text(constraint)}{self.cascade_text(constraint)}{self.deferrability(constraint)}"
        )

    def match_text(self, constraint: Any) -> str:
        """` MATCH FULL` and the like."""
        if constraint.match is None:
            return ""
        return f" MATCH {checked_phrase(constraint.match, 'match')}"

    def cascade_text(self, constraint: Any) -> str:
        """` ON DELETE ... ON UPDATE ...`"""
        text = ""
        if constraint.ondelete is not None:
            text += f" ON DELETE {checked_phrase(constraint.ondelete, 'ondelete')}"
        if constraint.onupdate is not None:
            text += f" ON UPDATE {checked_phrase(constraint.onupdate, 'onupdate')}"
        return text

    def deferrability(self, constraint: Any) -> str:
        """` DEFERRABLE INITIALLY ...`"""
        text = ""
        if constraint.deferrable is not None:
            text += " DEFERRABLE" if constraint.deferrable else " NOT DEFERRABLE"
        if constraint.initially is not None:
            text += f" INITIALLY {checked_phrase(constraint.initially, 'initially')}"
        return text

    def visit_add_constraint(self, add: Any) -> str:
        constraint = add.element
        return f"ALTER TABLE {self.table_name(constraint.table)} ADD {self.process(constraint)}"

    def visit_drop_constraint(self, drop: Any) -> str:
        constraint = drop.element
        name = self.preparer.quote(drop.name) if drop.name else self.constraint_name(constraint)
        if name is None:
            raise exc.CompileError(
                f"{constraint!r} of table {constraint.table.name!r} has no name, so DROP CONSTRAINT cannot say "
                "which: give it one with name='...' or a naming_convention on the MetaData."
            )
        exists = "IF EXISTS " if drop.if_exists else ""
        kind = self.drop_constraint_kind(constraint)
        cascade = " CASCADE" if drop.cascade else ""
        return (
            f"ALTER TABLE {self.table_name(constraint.table)} DROP {kind} {exists}{name}{cascade}"
        )

    def drop_constraint_kind(self, constraint: Any) -> str:
        """The words between DROP and the name."""
        return "CONSTRAINT"

    def find_constraint_name(self, connection: Any, constraint: Any) -> str | None:
        """The name that the database gave to an unnamed foreign key, or None."""
        wanted = list(constraint.column_keys)
        table = constraint.table
        for entry in connection.dialect.get_foreign_keys(
            connection, table.name, schema=table.schema
        ):
            if list(entry["constrained_columns"]) == [table.c[key].name for key in wanted]:
                name: str | None = entry["name"]
                return name
        return None

    # -- indexes ---------------------------------------------------------------------------------

    def visit_create_index(self, create: Any) -> str:
        index = create.element
        self.check_index(index)
        unique = "UNIQUE " if index.unique else ""
        exists = "IF NOT EXISTS " if create.if_not_exists else ""
        columns = ", ".join([self.index_part(index, item) for item in index.expressions])
        return (
            f"CREATE {unique}INDEX {exists}{self.index_name(index)} "
            f"ON {self.table_name(index.table)} ({columns}){self.after_index(index)}"
        )

    def check_index(self, index: Any, needs_table: bool = True) -> None:
        """Raises exc.CompileError for an index without name, or without the table that it needs."""
        if index.table is None and needs_table:
            raise exc.CompileError(f"{index!r} is not attached to a table.")
        if index.name is None:
            raise exc.CompileError(f"{index!r} has no name: write Index('name', ...).")

    def index_name(self, index: Any, use_schema: bool = False) -> str:
        """The quoted name of an index."""
        limit = getattr(self.dialect, "max_index_name_length", None)
        return self.preparer.format_index(index, self.fitting_name(index.name, limit), use_schema)

    def index_part(self, index: Any, item: Any) -> str:
        """A column or an expression within an index."""
        return self.expression(item)

    def after_index(self, index: Any) -> str:
        """What follows the column list of CREATE INDEX."""
        return ""

    def visit_drop_index(self, drop: Any) -> str:
        index = drop.element
        self.check_index(index, needs_table=False)
        exists = "IF EXISTS " if drop.if_exists else ""
        return f"\nDROP INDEX {exists}{self.index_name(index, use_schema=True)}"

    # -- sequences, comments, types ----------------------------------------------------------------

    def visit_create_sequence(self, create: Any) -> str:
        sequence = create.element
        exists = "IF NOT EXISTS " if create.if_not_exists else ""
        text = f"CREATE SEQUENCE {exists}{self.preparer.format_sequence(sequence)}"
        if sequence.data_type is not None:
            text += f" AS {self.dialect.type_compiler.process(sequence.data_type)}"
        options = self.sequence_options(sequence)
        return f"{text} {options}" if options else text

    def visit_drop_sequence(self, drop: Any) -> str:
        exists = "IF EXISTS " if drop.if_exists else ""
        return f"DROP SEQUENCE {exists}{self.preparer.format_sequence(drop.element)}"

    def visit_set_table_comment(self, comment: Any) -> str:
        table = comment.element
        return f"COMMENT ON TABLE {self.table_name(table)} IS {quote_literal(table.comment)}"

    def visit_set_column_comment(self, comment: Any) -> str:
        column = comment.element
        name = f"{self.table_name(column.table)}.{self.preparer.format_column(column)}"
        return f"COMMENT ON COLUMN {name} IS {quote_literal(column.comment)}"

    def create_types(self, connection: Any, tables: Sequence[Any], checkfirst: bool) -> None:
        """Create what the tables' types need beforehand: nothing, unless the dialect has named types."""

    def drop_types(self, connection: Any, tables: Sequence[Any], checkfirst: bool) -> None:
        """Drop what create_types() made."""


def checked_phrase(value: str, argument: str) -> str:
    """The words in capitals; raises exc.CompileError if there is more than words, and columns in parentheses."""
    if re.fullmatch(_PHRASE, value) is None:
        raise exc.CompileError(
            f"{argument}={value!r} is no SQL keyword such as CASCADE, SET NULL, DEFERRED or FULL."
        )
    return value if "(" in value else " ".join(value.upper().split())


def checked_word(value: str, allowed: Any, argument: str) -> str:
    """The value in capitals; raises exc.CompileError if it is not one of the allowed words."""
    word = " ".join(value.upper().split())
    if word not in allowed:
        raise exc.CompileError(f"{argument}={value!r} is not one of {', '.join(sorted(allowed))}.")
    return word
