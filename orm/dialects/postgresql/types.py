"""PostgreSQL's types: its own ones, their names in DDL, and the casts that parameters need.

psycopg sends strings without a type, which the server settles by context. Where there may be none, or where it would guess
wrong, `render_bind_cast` makes the compiler write `%s::TYPE`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, ClassVar, Final

from orm import exc
from orm.compiler.types import TypeCompiler, quoted_list, with_precision
from orm.dialects.postgresql.array_text import make_array_reader
from orm.dialects.postgresql.bits import BIT
from orm.dialects.postgresql.named_types import DOMAIN, NamedType
from orm.sql.comparators import ArrayComparator
from orm.types.base import Processor, TypeDialect, TypeEngine, to_instance
from orm.types.scalar import (
    BIGINT,
    BOOLEAN,
    CHAR,
    DOUBLE_PRECISION,
    FLOAT,
    INTEGER,
    NUMERIC,
    REAL,
    SMALLINT,
    TEXT,
    VARCHAR,
    LargeBinary,
    quote_literal,
)
from orm.types.structured import (
    ARRAY as GenericARRAY,
    ENUM as GenericENUM,
    JSON as GenericJSON,
    UUID,
    Enum,
    Uuid,
)
from orm.types.temporal import DATE, TIME as GenericTIME, TIMESTAMP as GenericTIMESTAMP, Interval


class BYTEA(LargeBinary):
    """Bytes."""

    __visit_name__ = "BYTEA"


class _Named(TypeEngine):
    """A type whose values the driver passes as they are, told to the server by name."""

    render_bind_cast: ClassVar[bool] = True

    @property
    def python_type(self) -> type[Any]:
        return str

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        return lambda value: quote_literal(str(value))


class INET(_Named):
    """An address of the internet, with or without its network."""

    __visit_name__ = "INET"


class CIDR(_Named):
    """A network of the internet."""

    __visit_name__ = "CIDR"


class MACADDR(_Named):
    """An address of a network card."""

    __visit_name__ = "MACADDR"


class MACADDR8(_Named):
    """An address of a network card in eight bytes."""

    __visit_name__ = "MACADDR8"


class MONEY(_Named):
    """An amount of money, as text."""

    __visit_name__ = "MONEY"


class TSVECTOR(_Named):
    """A document prepared for full text search."""

    __visit_name__ = "TSVECTOR"


class TSQUERY(_Named):
    """A query of the full text search."""

    __visit_name__ = "TSQUERY"


class CITEXT(_Named):
    """Text that compares without regard to case; the extension citext must be there."""

    __visit_name__ = "CITEXT"


class OID(TypeEngine):
    """The number of an object in the catalogue."""

    __visit_name__ = "OID"


class REGCLASS(_Named):
    """A relation by name."""

    __visit_name__ = "REGCLASS"


class REGCONFIG(_Named):
    """A configuration of the full text search, by name."""

    __visit_name__ = "REGCONFIG"


class JSONPATH(_Named):
    """A path into a document, in the language of SQL/JSON."""

    __visit_name__ = "JSONPATH"


class TIMESTAMP(GenericTIMESTAMP):
    """A moment. precision: digits of the second, 0 to 6."""

    def __init__(self, timezone: bool = False, precision: int | None = None) -> None:
        super().__init__(timezone=timezone)
        self.precision = precision


class TIME(GenericTIME):
    """A time of the day. precision: digits of the second, 0 to 6."""

    def __init__(self, timezone: bool = False, precision: int | None = None) -> None:
        super().__init__(timezone=timezone)
        self.precision = precision


class INTERVAL(Interval):
    """A span of time. fields: such as "DAY TO SECOND"; precision: digits of the second."""

    __visit_name__ = "INTERVAL"
    render_bind_cast: ClassVar[bool] = True

    def __init__(
        self,
        precision: int | None = None,
        fields: str | None = None,
        second_precision: int | None = None,
    ) -> None:
        super().__init__(native=True, second_precision=second_precision)
        self.precision = precision if precision is not None else second_precision
        self.fields = fields

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        def write(value: dt.timedelta) -> str:
            return f"make_interval(secs => {value.total_seconds()!r})"

        return write


class JSON(GenericJSON):
    """A JSON document kept as text.

    The driver decodes documents, so that there is nothing left to do when they are read.
    """

    render_bind_cast: ClassVar[bool] = True
    #: what `doc["key"].astext` is
    astext_type: TypeEngine = TEXT()

    def __init__(self, none_as_null: bool = False, astext_type: TypeEngine | None = None) -> None:
        super().__init__(none_as_null=none_as_null)
        if astext_type is not None:
            self.astext_type = to_instance(astext_type)

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        return None

    class JSONIndexType(GenericJSON.JSONIndexType):
        """A key or a position, given to `->`."""

        def bind_processor(self, dialect: TypeDialect) -> Processor | None:
            return None

        def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
            return lambda value: str(value) if isinstance(value, int) else quote_literal(value)

    class JSONIntIndexType(JSONIndexType):
        """A position."""

        __visit_name__ = "json_int_index"
        render_bind_cast: ClassVar[bool] = True

    class JSONStrIndexType(JSONIndexType):
        """A key."""

        __visit_name__ = "json_str_index"
        render_bind_cast: ClassVar[bool] = True

    class JSONPathType(GenericJSON.JSONPathType):
        """A sequence of keys and positions, given to `#>` as an array of text."""

        __visit_name__ = "json_path"
        render_bind_cast: ClassVar[bool] = True

        def bind_processor(self, dialect: TypeDialect) -> Processor | None:
            return path_array

        def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
            return lambda value: quote_literal(path_array(value))


class JSONB(JSON):
    """A JSON document in binary form, which can be indexed and searched."""

    __visit_name__ = "JSONB"


class ARRAY(GenericARRAY):
    """An array of values of one type."""

    render_bind_cast: ClassVar[bool] = True

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        convert = super().result_processor(dialect, coltype)
        item = self.item_type.dialect_impl(dialect)
        item = getattr(item, "impl_instance", item)
        if not isinstance(item, NamedType | Enum | CITEXT):
            return convert
        while isinstance(item, DOMAIN):
            item = item.data_type
        read = make_array_reader(str if isinstance(item, Enum) else item.python_type)
        return read if convert is None else lambda value: convert(read(value))


class ENUM(NamedType, GenericENUM):
    """An enumeration, a type with a name of its own. create_type: make it with the tables."""

    def __init__(self, *enums: Any, create_type: bool = True, **options: Any) -> None:
        GenericENUM.__init__(self, *enums, **options)
        self.create_type = create_type


def path_array(value: Any) -> str:
    """Keys and positions as the text of an array: `{"a","1"}`."""
    if isinstance(value, str):
        return value
    parts = [str(part).replace("\\", "\\\\").replace('"', '\\"') for part in value]
    quoted = ",".join([f'"{part}"' for part in parts])
    return f"{{{quoted}}}"


class PGArrayComparator(ArrayComparator):
    """Operators of PostgreSQL's arrays; `contains` is about items, not about text."""

    __slots__ = ()


ARRAY.comparator_factory = PGArrayComparator
ARRAY.Comparator = PGArrayComparator


COLSPECS: Final[dict[type[TypeEngine], type[TypeEngine]]] = {
    Interval: INTERVAL,
    GenericJSON: JSON,
    GenericARRAY: ARRAY,
    GenericJSON.JSONPathType: JSON.JSONPathType,
    GenericJSON.JSONIntIndexType: JSON.JSONIntIndexType,
    GenericJSON.JSONStrIndexType: JSON.JSONStrIndexType,
    GenericJSON.JSONIndexType: JSON.JSONIndexType,
}


class PGTypeCompiler(TypeCompiler):
    """Type names of PostgreSQL."""

    def visit_float(self, type_: Any) -> str:
        return "FLOAT" if type_.precision is None else f"FLOAT({int(type_.precision)})"

    visit_FLOAT = visit_float

    def visit_double(self, type_: Any) -> str:
        return "DOUBLE PRECISION"

    visit_DOUBLE = visit_double

    def visit_DECIMAL(self, type_: Any) -> str:
        return with_precision("NUMERIC", type_)

    def visit_large_binary(self, type_: Any) -> str:
        return "BYTEA"

    visit_BLOB = visit_BINARY = visit_VARBINARY = visit_BYTEA = visit_large_binary

    def visit_datetime(self, type_: Any) -> str:
        return self.visit_TIMESTAMP(type_)

    visit_DATETIME = visit_datetime

    def visit_TIMESTAMP(self, type_: Any) -> str:
        return f"TIMESTAMP{_precision(type_)} {_zone(type_)}"

    def visit_time(self, type_: Any) -> str:
        return self.visit_TIME(type_)

    def visit_TIME(self, type_: Any) -> str:
        return f"TIME{_precision(type_)} {_zone(type_)}"

    def visit_interval(self, type_: Any) -> str:
        return self.visit_INTERVAL(type_) if type_.native else self.visit_datetime(type_)

    def visit_INTERVAL(self, type_: Any) -> str:
        fields = getattr(type_, "fields", None)
        precision = getattr(type_, "precision", None) or type_.second_precision
        text = f"INTERVAL {checked_fields(fields)}" if fields else "INTERVAL"
        return text if precision is None else f"{text} ({int(precision)})"

    def visit_uuid(self, type_: Any) -> str:
        return "UUID" if type_.native_uuid else "CHAR(32)"

    def visit_JSON(self, type_: Any) -> str:
        return "JSON"

    def visit_JSONB(self, type_: Any) -> str:
        return "JSONB"

    def visit_json_int_index(self, type_: Any) -> str:
        return "INTEGER"

    def visit_json_str_index(self, type_: Any) -> str:
        return "TEXT"

    def visit_json_path(self, type_: Any) -> str:
        return "TEXT[]"

    def visit_ARRAY(self, type_: Any) -> str:
        item = self.process(type_.item_type)
        brackets = "[]" * (type_.dimensions or 1)
        name, collate, collation = item.partition(" COLLATE ")
        return f"{name}{brackets}{collate}{collation}"

    def visit_enum(self, type_: Any) -> str:
        if not type_.native_enum:
            return self.visit_VARCHAR(type_)
        return self.type_name(type_)

    def visit_DOMAIN(self, type_: Any) -> str:
        return self.type_name(type_)

    def type_name(self, type_: Any) -> str:
        """The quoted name of an enumeration or domain.

        Raises exc.CompileError if it has none.
        """
        if not type_.name:
            raise exc.CompileError(
                f"PostgreSQL keeps an enumeration as a type of its own, which needs a name: {type_!r}. Write "
                "Enum(..., name='...'), or native_enum=False for a VARCHAR."
            )
        preparer = self.dialect.identifier_preparer
        schema = preparer.schema_for(type_)
        name: str = preparer.quote(type_.name)
        return f"{preparer.quote_schema(schema)}.{name}" if schema else name

    def visit_BIT(self, type_: Any) -> str:
        text = "BIT VARYING" if type_.varying else "BIT"
        return text if type_.length is None else f"{text}({int(type_.length)})"

    def visit_plain(self, type_: Any) -> str:
        """The name alone, for types without options."""
        return str(type_.__visit_name__)

    visit_INET = visit_CIDR = visit_MACADDR = visit_MACADDR8 = visit_MONEY = visit_plain
    visit_TSVECTOR = visit_TSQUERY = visit_CITEXT = visit_OID = visit_plain
    visit_REGCLASS = visit_REGCONFIG = visit_JSONPATH = visit_HSTORE = visit_plain
    visit_INT4RANGE = visit_INT8RANGE = visit_NUMRANGE = visit_plain
    visit_DATERANGE = visit_TSRANGE = visit_TSTZRANGE = visit_plain
    visit_INT4MULTIRANGE = visit_INT8MULTIRANGE = visit_NUMMULTIRANGE = visit_plain
    visit_DATEMULTIRANGE = visit_TSMULTIRANGE = visit_TSTZMULTIRANGE = visit_plain


def checked_fields(fields: str) -> str:
    """The fields of an INTERVAL, checked to be words."""
    if not fields.replace(" ", "").isalpha():
        raise exc.CompileError(f"INTERVAL(fields={fields!r}): write words such as 'DAY TO SECOND'.")
    return fields.upper()


def _precision(type_: Any) -> str:
    precision = getattr(type_, "precision", None)
    return "" if precision is None else f"({int(precision)})"


def _zone(type_: Any) -> str:
    return f"{'WITH' if getattr(type_, 'timezone', False) else 'WITHOUT'} TIME ZONE"


def enum_values(type_: Any) -> str:
    """The values of an enumeration as literals."""
    return quoted_list(type_.enums)


__all__ = [
    "ARRAY",
    "BIGINT",
    "BIT",
    "BOOLEAN",
    "BYTEA",
    "CHAR",
    "CIDR",
    "CITEXT",
    "COLSPECS",
    "DATE",
    "DOUBLE_PRECISION",
    "ENUM",
    "FLOAT",
    "INET",
    "INTEGER",
    "INTERVAL",
    "JSON",
    "JSONB",
    "JSONPATH",
    "MACADDR",
    "MACADDR8",
    "MONEY",
    "NUMERIC",
    "OID",
    "REAL",
    "REGCLASS",
    "REGCONFIG",
    "SMALLINT",
    "TEXT",
    "TIME",
    "TIMESTAMP",
    "TSQUERY",
    "TSVECTOR",
    "UUID",
    "VARCHAR",
    "Enum",
    "PGTypeCompiler",
    "Uuid",
    "enum_values",
    "path_array",
]
