"""Names of types in DDL and CAST: the generic ones. Each dialect overrides what it spells otherwise."""

from __future__ import annotations

from typing import Any

from orm import exc
from orm.compiler.render import find_custom
from orm.types.scalar import quote_literal


class TypeCompiler:
    """Turns a type into its name, by the type's `__visit_name__`.

    dialect: the dialect whose implementation of a generic type is named.
    """

    def __init__(self, dialect: Any) -> None:
        self.dialect = dialect

    def process(self, type_: Any, **_options: Any) -> str:
        """The type's name, e.g. `VARCHAR(50)`.

        Raises exc.CompileError for a type that the database does not have, or which lacks a length that it needs.
        """
        variant = type_._variant_mapping.get(self.dialect.name)
        if variant is not None:
            return self.process(variant)
        custom = type_._compile_with
        if custom is not None:
            return str(find_custom(custom, self, type_)(type_, self))
        method = getattr(self, f"visit_{type_.__visit_name__}", None)
        if method is None:
            raise exc.UnsupportedCompilationError(self, type(type_))
        return str(method(type_))

    # -- decorated and user-defined types ----------------------------------------------------------

    def visit_type_decorator(self, type_: Any) -> str:
        return self.process(type_.type_engine(self.dialect))

    def visit_user_defined(self, type_: Any) -> str:
        return str(type_.get_col_spec())

    def visit_null(self, type_: Any) -> str:
        raise exc.CompileError(
            "A type is missing: NullType has no name in SQL. Give the column or cast a type such as Integer "
            "or String(50)."
        )

    def visit_tuple(self, type_: Any) -> str:
        raise exc.UnsupportedCompilationError(self, type(type_), "a tuple is no column type")

    # -- numbers -----------------------------------------------------------------------------------

    def visit_integer(self, type_: Any) -> str:
        return self.visit_INTEGER(type_)

    def visit_small_integer(self, type_: Any) -> str:
        return self.visit_SMALLINT(type_)

    def visit_big_integer(self, type_: Any) -> str:
        return self.visit_BIGINT(type_)

    def visit_INTEGER(self, type_: Any) -> str:
        return "INTEGER"

    def visit_SMALLINT(self, type_: Any) -> str:
        return "SMALLINT"

    def visit_BIGINT(self, type_: Any) -> str:
        return "BIGINT"

    def visit_numeric(self, type_: Any) -> str:
        return self.visit_NUMERIC(type_)

    def visit_float(self, type_: Any) -> str:
        return self.visit_FLOAT(type_)

    def visit_double(self, type_: Any) -> str:
        return self.visit_DOUBLE(type_)

    def visit_NUMERIC(self, type_: Any) -> str:
        return with_precision("NUMERIC", type_)

    def visit_DECIMAL(self, type_: Any) -> str:
        return with_precision("DECIMAL", type_)

    def visit_FLOAT(self, type_: Any) -> str:
        return "FLOAT"

    def visit_REAL(self, type_: Any) -> str:
        return "REAL"

    def visit_DOUBLE(self, type_: Any) -> str:
        return "DOUBLE"

    def visit_DOUBLE_PRECISION(self, type_: Any) -> str:
        return "DOUBLE PRECISION"

    def visit_boolean(self, type_: Any) -> str:
        return self.visit_BOOLEAN(type_)

    def visit_BOOLEAN(self, type_: Any) -> str:
        return "BOOLEAN"

    # -- text and bytes ----------------------------------------------------------------------------

    def visit_string(self, type_: Any) -> str:
        return self.visit_VARCHAR(type_)

    def visit_unicode(self, type_: Any) -> str:
        return self.visit_VARCHAR(type_)

    def visit_text(self, type_: Any) -> str:
        return self.visit_TEXT(type_)

    def visit_unicode_text(self, type_: Any) -> str:
        return self.visit_TEXT(type_)

    def visit_enum(self, type_: Any) -> str:
        return self.visit_VARCHAR(type_)

    def visit_ENUM(self, type_: Any) -> str:
        return self.visit_enum(type_)

    def visit_VARCHAR(self, type_: Any) -> str:
        return with_length("VARCHAR", type_)

    def visit_CHAR(self, type_: Any) -> str:
        return with_length("CHAR", type_)

    def visit_NVARCHAR(self, type_: Any) -> str:
        return with_length("NVARCHAR", type_)

    def visit_NCHAR(self, type_: Any) -> str:
        return with_length("NCHAR", type_)

    def visit_TEXT(self, type_: Any) -> str:
        return with_length("TEXT", type_)

    def visit_CLOB(self, type_: Any) -> str:
        return "CLOB"

    def visit_large_binary(self, type_: Any) -> str:
        return self.visit_BLOB(type_)

    def visit_pickle(self, type_: Any) -> str:
        return self.process(getattr(type_, "impl", None) or type_)

    def visit_BLOB(self, type_: Any) -> str:
        return "BLOB"

    def visit_BINARY(self, type_: Any) -> str:
        return with_length("BINARY", type_)

    def visit_VARBINARY(self, type_: Any) -> str:
        return with_length("VARBINARY", type_)

    # -- time --------------------------------------------------------------------------------------

    def visit_date(self, type_: Any) -> str:
        return self.visit_DATE(type_)

    def visit_time(self, type_: Any) -> str:
        return self.visit_TIME(type_)

    def visit_datetime(self, type_: Any) -> str:
        return self.visit_DATETIME(type_)

    def visit_interval(self, type_: Any) -> str:
        return self.visit_datetime(type_)

    def visit_DATE(self, type_: Any) -> str:
        return "DATE"

    def visit_TIME(self, type_: Any) -> str:
        return "TIME"

    def visit_DATETIME(self, type_: Any) -> str:
        return "DATETIME"

    def visit_TIMESTAMP(self, type_: Any) -> str:
        return "TIMESTAMP"

    # -- structures --------------------------------------------------------------------------------

    def visit_JSON(self, type_: Any) -> str:
        return "JSON"

    def visit_uuid(self, type_: Any) -> str:
        return "CHAR(32)"

    def visit_UUID(self, type_: Any) -> str:
        return "UUID"

    def visit_ARRAY(self, type_: Any) -> str:
        raise exc.UnsupportedCompilationError(
            self, type(type_), f"{self.dialect.name} has no arrays; use JSON, or a table of its own"
        )


def with_length(name: str, type_: Any) -> str:
    """`NAME(length) COLLATE "x"`, the parts that the type has."""
    length = getattr(type_, "length", None)
    text = f"{name}({length})" if length else name
    if getattr(type_, "collation", None):
        text += f" COLLATE {quote_collation(type_)}"
    return text


def quote_collation(type_: Any) -> str:
    """The collation of a type, within its schema if it has one, always in quotes."""
    parts = [type_.collation]
    if type_.collation_schema is not None:
        parts.insert(0, type_.collation_schema)
    return ".".join(['"' + part.replace('"', '""') + '"' for part in parts])


def with_precision(name: str, type_: Any) -> str:
    """`NAME(precision, scale)`, the parts that the type has."""
    if type_.precision is None:
        return name
    if type_.scale is None:
        return f"{name}({type_.precision})"
    return f"{name}({type_.precision}, {type_.scale})"


def quoted_list(values: Any) -> str:
    """Strings as SQL literals, separated by commas."""
    return ", ".join([quote_literal(value) for value in values])
