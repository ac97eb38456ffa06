"""MySQL's and MariaDB's types: their own ones, names in DDL and CAST, and what PyMySQL returns otherwise."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Final

from orm import exc
from orm.compiler.types import TypeCompiler, quoted_list, with_precision
from orm.types.base import Processor, TypeDialect, TypeEngine
from orm.types.scalar import (
    BIGINT,
    BINARY,
    BLOB,
    BOOLEAN,
    CHAR,
    DECIMAL,
    FLOAT,
    INTEGER,
    NUMERIC,
    REAL,
    SMALLINT,
    TEXT,
    VARBINARY,
    VARCHAR,
    Integer,
    LargeBinary,
    Text,
)
from orm.types.structured import ENUM, JSON
from orm.types.temporal import DATE, Time
from orm.types.temporal import DATETIME as GenericDATETIME
from orm.types.temporal import TIME as GenericTIME
from orm.types.temporal import TIMESTAMP as GenericTIMESTAMP


class _SizedInteger(Integer):
    """An integer of one of MySQL's sizes. unsigned: from 0; display_width: ignored by newer servers."""

    def __init__(
        self, display_width: int | None = None, unsigned: bool = False, zerofill: bool = False
    ) -> None:
        self.display_width = display_width
        self.unsigned = unsigned
        self.zerofill = zerofill


class TINYINT(_SizedInteger):
    """-128 to 127."""

    __visit_name__ = "TINYINT"


class MEDIUMINT(_SizedInteger):
    """Three bytes."""

    __visit_name__ = "MEDIUMINT"


class UNSIGNED_INTEGER(_SizedInteger):
    """Four bytes, from 0."""

    __visit_name__ = "UNSIGNED_INTEGER"

    def __init__(self) -> None:
        super().__init__(unsigned=True)


class UNSIGNED_BIGINT(_SizedInteger):
    """Eight bytes, from 0."""

    __visit_name__ = "UNSIGNED_BIGINT"

    def __init__(self) -> None:
        super().__init__(unsigned=True)


class TINYTEXT(Text):
    """Up to 255 bytes."""

    __visit_name__ = "TINYTEXT"


class MEDIUMTEXT(Text):
    """Up to 16 MB."""

    __visit_name__ = "MEDIUMTEXT"


class LONGTEXT(Text):
    """Up to 4 GB."""

    __visit_name__ = "LONGTEXT"


class MEDIUMBLOB(LargeBinary):
    """Up to 16 MB."""

    __visit_name__ = "MEDIUMBLOB"


class LONGBLOB(LargeBinary):
    """Up to 4 GB."""

    __visit_name__ = "LONGBLOB"


class YEAR(Integer):
    """A year."""

    __visit_name__ = "YEAR"


class DATETIME(GenericDATETIME):
    """A moment. fsp: digits of the second, 0 to 6; without it whole seconds are kept."""

    def __init__(self, timezone: bool = False, fsp: int | None = None) -> None:
        super().__init__(timezone=timezone)
        self.fsp = fsp


class TIMESTAMP(GenericTIMESTAMP):
    """A moment after 1970. fsp: digits of the second, 0 to 6."""

    def __init__(self, timezone: bool = False, fsp: int | None = None) -> None:
        super().__init__(timezone=timezone)
        self.fsp = fsp


def _time_of_span(value: Any) -> Any:
    if isinstance(value, dt.timedelta):
        return (dt.datetime.min + value).time()
    return value


class _SpanTime(Time):
    """The driver reads TIME as a span, since MySQL stores spans in it too."""

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        return _time_of_span


class TIME(GenericTIME):
    """A time of the day. fsp: digits of the second, 0 to 6."""

    result_processor: ClassVar[Any] = _SpanTime.result_processor

    def __init__(self, timezone: bool = False, fsp: int | None = None) -> None:
        super().__init__(timezone=timezone)
        self.fsp = fsp


COLSPECS: Final[dict[type[TypeEngine], type[TypeEngine]]] = {GenericTIME: TIME, Time: _SpanTime}


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

    def visit_MEDIUMBLOB(self, type_: Any) -> str:
        return "MEDIUMBLOB"

    def visit_LONGBLOB(self, type_: Any) -> str:
        return "LONGBLOB"

    def visit_TINYINT(self, type_: Any) -> str:
        return f"TINYINT({type_.display_width})" if type_.display_width else "TINYINT"

    def visit_MEDIUMINT(self, type_: Any) -> str:
        return "MEDIUMINT"

    def visit_UNSIGNED_INTEGER(self, type_: Any) -> str:
        return "INTEGER UNSIGNED"

    def visit_UNSIGNED_BIGINT(self, type_: Any) -> str:
        return "BIGINT UNSIGNED"

    def visit_YEAR(self, type_: Any) -> str:
        return "YEAR"

    def visit_float(self, type_: Any) -> str:
        return "FLOAT" if type_.precision is None else f"FLOAT({int(type_.precision)})"

    visit_FLOAT = visit_float

    def visit_DOUBLE_PRECISION(self, type_: Any) -> str:
        return "DOUBLE PRECISION"

    def visit_numeric(self, type_: Any) -> str:
        return with_precision("NUMERIC", type_)

    def visit_datetime(self, type_: Any) -> str:
        return f"DATETIME{_fsp(type_)}"

    visit_DATETIME = visit_datetime

    def visit_TIMESTAMP(self, type_: Any) -> str:
        return f"TIMESTAMP{_fsp(type_)}"

    def visit_time(self, type_: Any) -> str:
        return f"TIME{_fsp(type_)}"

    visit_TIME = visit_time

    def visit_interval(self, type_: Any) -> str:
        # spans are kept as moments, whose fractions would be lost without digits
        return "DATETIME(6)"

    def visit_enum(self, type_: Any) -> str:
        if not type_.native_enum:
            return self.visit_VARCHAR(type_)
        values = quoted_list([value.replace("\\", "\\\\") for value in type_.enums])
        return f"ENUM({values}){_collation(type_)}"


def _fsp(type_: Any) -> str:
    fsp = getattr(type_, "fsp", None)
    return "" if fsp is None else f"({int(fsp)})"


def _collation(type_: Any) -> str:
    collation = getattr(type_, "collation", None)
    if not collation:
        return ""
    if not collation.replace("_", "").isalnum():
        raise exc.CompileError(f"{collation!r} is no name of a collation.")
    return f" COLLATE {collation}"


__all__ = [
    "BIGINT",
    "BINARY",
    "BLOB",
    "BOOLEAN",
    "CHAR",
    "COLSPECS",
    "DATE",
    "DATETIME",
    "DECIMAL",
    "ENUM",
    "FLOAT",
    "INTEGER",
    "JSON",
    "LONGBLOB",
    "LONGTEXT",
    "MEDIUMBLOB",
    "MEDIUMINT",
    "MEDIUMTEXT",
    "NUMERIC",
    "REAL",
    "SMALLINT",
    "TEXT",
    "TIME",
    "TIMESTAMP",
    "TINYINT",
    "TINYTEXT",
    "UNSIGNED_BIGINT",
    "UNSIGNED_INTEGER",
    "VARBINARY",
    "VARCHAR",
    "YEAR",
    "MySQLTypeCompiler",
]
