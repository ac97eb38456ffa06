"""MySQL's and MariaDB's types: their own ones, names in DDL and CAST, and what PyMySQL returns otherwise."""

from __future__ import annotations

from typing import Any, Final

from orm import exc
from orm.compiler.types import TypeCompiler, quoted_list, with_precision
from orm.dialects.mysql.moments import DATETIME, TIME, TIMESTAMP, Moment, SpanTime
from orm.dialects.mysql.numbers import (
    BIGINT,
    BIT,
    DECIMAL,
    DOUBLE,
    FLOAT,
    INTEGER,
    MEDIUMINT,
    NUMERIC,
    REAL,
    SMALLINT,
    TINYINT,
    YEAR,
)
from orm.dialects.mysql.texts import (
    CHAR,
    ENUM,
    INET4,
    INET6,
    LONGBLOB,
    LONGTEXT,
    MEDIUMBLOB,
    MEDIUMTEXT,
    NCHAR,
    NVARCHAR,
    SET,
    TEXT,
    TINYBLOB,
    TINYTEXT,
    VARCHAR,
)
from orm.types.base import TypeEngine
from orm.types.scalar import BINARY, BLOB, BOOLEAN, VARBINARY
from orm.types.structured import JSON
from orm.types.temporal import (
    DATE,
    DATETIME as GenericDATETIME,
    TIME as GenericTIME,
    TIMESTAMP as GenericTIMESTAMP,
    DateTime,
    Time,
)

COLSPECS: Final[dict[type[TypeEngine], type[TypeEngine]]] = {
    GenericTIME: TIME,
    Time: SpanTime,
    GenericDATETIME: DATETIME,
    GenericTIMESTAMP: TIMESTAMP,
    DateTime: Moment,
}

# DECIMAL without digits is DECIMAL(10, 0), which would round; these are about all that the database has
_OPEN_DECIMAL: Final = "(65, 30)"


class MySQLTypeCompiler(TypeCompiler):
    """Type names of MySQL and MariaDB."""

    def process(self, type_: Any, **options: Any) -> str:
        text = super().process(type_, **options)
        if getattr(type_, "unsigned", False) and "UNSIGNED" not in text:
            text += " UNSIGNED"
        return f"{text} ZEROFILL" if getattr(type_, "zerofill", False) else text

    def visit_boolean(self, type_: Any) -> str:
        return "BOOL"

    visit_BOOLEAN = visit_boolean

    def visit_VARCHAR(self, type_: Any) -> str:
        if not type_.length:
            raise exc.CompileError(
                f"MySQL and MariaDB need a length for VARCHAR: write String(255), or Text for long text, instead of "
                f"{type_!r}."
            )
        return f"VARCHAR({type_.length}){_collation(type_)}"

    def visit_NVARCHAR(self, type_: Any) -> str:
        return f"NATIONAL {self.visit_VARCHAR(type_)}"

    def visit_CHAR(self, type_: Any) -> str:
        text = f"CHAR({type_.length})" if type_.length else "CHAR"
        return text + _collation(type_)

    def visit_TEXT(self, type_: Any) -> str:
        text = f"TEXT({type_.length})" if type_.length else "TEXT"
        return text + _collation(type_)

    def visit_TINYTEXT(self, type_: Any) -> str:
        return f"TINYTEXT{_collation(type_)}"

    def visit_MEDIUMTEXT(self, type_: Any) -> str:
        return f"MEDIUMTEXT{_collation(type_)}"

    def visit_LONGTEXT(self, type_: Any) -> str:
        return f"LONGTEXT{_collation(type_)}"

    def visit_VARBINARY(self, type_: Any) -> str:
        if not type_.length:
            raise exc.CompileError(
                "MySQL and MariaDB need a length for VARBINARY: write VARBINARY(255), or LargeBinary."
            )
        return f"VARBINARY({type_.length})"

    def visit_BLOB(self, type_: Any) -> str:
        return f"BLOB({type_.length})" if getattr(type_, "length", None) else "BLOB"

    def visit_plain(self, type_: Any) -> str:
        """The name alone, for types without options."""
        return str(type_.__visit_name__)

    visit_TINYBLOB = visit_MEDIUMBLOB = visit_LONGBLOB = visit_plain
    visit_YEAR = visit_INET4 = visit_INET6 = visit_plain

    def visit_TINYINT(self, type_: Any) -> str:
        return _with_width("TINYINT", type_)

    def visit_SMALLINT(self, type_: Any) -> str:
        return _with_width("SMALLINT", type_)

    def visit_MEDIUMINT(self, type_: Any) -> str:
        return _with_width("MEDIUMINT", type_)

    def visit_INTEGER(self, type_: Any) -> str:
        return _with_width("INTEGER", type_)

    def visit_BIGINT(self, type_: Any) -> str:
        return _with_width("BIGINT", type_)

    def visit_BIT(self, type_: Any) -> str:
        return "BIT" if type_.length is None else f"BIT({int(type_.length)})"

    def visit_float(self, type_: Any) -> str:
        # Python's floats have eight bytes, FLOAT has four
        return "DOUBLE" if type_.precision is None else f"FLOAT{_digits(type_)}"

    def visit_FLOAT(self, type_: Any) -> str:
        return f"FLOAT{_digits(type_)}"

    def visit_DOUBLE(self, type_: Any) -> str:
        return f"DOUBLE{_digits(type_) if type_.scale is not None else ''}"

    def visit_REAL(self, type_: Any) -> str:
        return f"REAL{_digits(type_) if type_.scale is not None else ''}"

    def visit_DOUBLE_PRECISION(self, type_: Any) -> str:
        return "DOUBLE PRECISION"

    def visit_numeric(self, type_: Any) -> str:
        return (
            f"NUMERIC{_OPEN_DECIMAL}"
            if type_.precision is None
            else with_precision("NUMERIC", type_)
        )

    def visit_datetime(self, type_: Any) -> str:
        # without digits of the second they would be cut off
        return "DATETIME(6)"

    def visit_DATETIME(self, type_: Any) -> str:
        return f"DATETIME{_fsp(type_)}"

    def visit_TIMESTAMP(self, type_: Any) -> str:
        return f"TIMESTAMP{_fsp(type_)}"

    def visit_time(self, type_: Any) -> str:
        return "TIME(6)"

    def visit_TIME(self, type_: Any) -> str:
        return f"TIME{_fsp(type_)}"

    def visit_interval(self, type_: Any) -> str:
        # spans are kept as moments, whose fractions would be lost without digits
        return "DATETIME(6)"

    def visit_enum(self, type_: Any) -> str:
        if not type_.native_enum:
            return self.visit_VARCHAR(type_)
        return f"ENUM({_listed(type_.enums)}){_collation(type_)}"

    def visit_SET(self, type_: Any) -> str:
        return f"SET({_listed(type_.values)}){_collation(type_)}"


def _with_width(name: str, type_: Any) -> str:
    width = getattr(type_, "display_width", None)
    return name if width is None else f"{name}({int(width)})"


def _listed(values: Any) -> str:
    return quoted_list([value.replace("\\", "\\\\") for value in values])


def _digits(type_: Any) -> str:
    if type_.precision is None:
        return ""
    scale = getattr(type_, "scale", None)
    return (
        f"({int(type_.precision)})" if scale is None else f"({int(type_.precision)}, {int(scale)})"
    )


def _fsp(type_: Any) -> str:
    fsp = getattr(type_, "fsp", None)
    return "" if fsp is None else f"({int(fsp)})"


def _collation(type_: Any) -> str:
    """` CHARACTER SET x COLLATE y`, as far as the type says.

    Raises exc.CompileError for what cannot be the name of one.
    """
    text = ""
    for words, name in (
        ("CHARACTER SET", getattr(type_, "charset", None)),
        ("COLLATE", getattr(type_, "collation", None)),
    ):
        if name:
            if not name.replace("_", "").isalnum():
                raise exc.CompileError(f"{name!r} is no name of a collation or character set.")
            text += f" {words} {name}"
    return text


__all__ = [
    "BIGINT",
    "BINARY",
    "BIT",
    "BLOB",
    "BOOLEAN",
    "CHAR",
    "COLSPECS",
    "DATE",
    "DATETIME",
    "DECIMAL",
    "DOUBLE",
    "ENUM",
    "FLOAT",
    "INET4",
    "INET6",
    "INTEGER",
    "JSON",
    "LONGBLOB",
    "LONGTEXT",
    "MEDIUMBLOB",
    "MEDIUMINT",
    "MEDIUMTEXT",
    "MySQLTypeCompiler",
    "NCHAR",
    "NUMERIC",
    "NVARCHAR",
    "REAL",
    "SET",
    "SMALLINT",
    "TEXT",
    "TIME",
    "TIMESTAMP",
    "TINYBLOB",
    "TINYINT",
    "TINYTEXT",
    "VARBINARY",
    "VARCHAR",
    "YEAR",
]
