"""SQL types: what a column holds, and how its values travel to and from the driver."""

from __future__ import annotations

from orm.types.base import (
    NULLTYPE,
    ExternalType,
    NullType,
    TypeEngine,
    UserDefinedType,
    to_instance,
)
from orm.types.decorator import TypeDecorator
from orm.types.resolve import BOOLEANTYPE, INTEGERTYPE, NUMERICTYPE, STRINGTYPE
from orm.types.scalar import (
    BIGINT,
    BINARY,
    BLOB,
    BOOLEAN,
    CHAR,
    CLOB,
    DECIMAL,
    DOUBLE,
    DOUBLE_PRECISION,
    FLOAT,
    INT,
    INTEGER,
    NCHAR,
    NUMERIC,
    NVARCHAR,
    REAL,
    SMALLINT,
    TEXT,
    VARBINARY,
    VARCHAR,
    BigInteger,
    Boolean,
    Concatenable,
    Double,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    SchemaType,
    SmallInteger,
    String,
    Text,
    Unicode,
    UnicodeText,
)
from orm.types.structured import (
    ARRAY,
    ENUM,
    JSON,
    UUID,
    Enum,
    MatchType,
    PickleType,
    TableValueType,
    TupleType,
    Uuid,
)
from orm.types.temporal import (
    DATE,
    DATETIME,
    TIME,
    TIMESTAMP,
    Date,
    DateTime,
    Interval,
    Time,
)

__all__ = [
    "ARRAY", "BIGINT", "BINARY", "BLOB", "BOOLEAN", "BOOLEANTYPE", "CHAR", "CLOB", "DATE",
    "DATETIME", "DECIMAL", "DOUBLE", "DOUBLE_PRECISION", "ENUM", "FLOAT", "INT", "INTEGER",
    "INTEGERTYPE", "JSON", "NCHAR", "NULLTYPE", "NUMERIC", "NUMERICTYPE", "NVARCHAR", "REAL",
    "SMALLINT", "STRINGTYPE", "TEXT", "TIME", "TIMESTAMP", "UUID", "VARBINARY", "VARCHAR",
    "BigInteger", "Boolean", "Concatenable", "Date", "DateTime", "Double", "Enum",
    "ExternalType", "Float", "Integer", "Interval", "LargeBinary", "MatchType", "NullType",
    "Numeric", "PickleType", "SchemaType", "SmallInteger", "String", "TableValueType", "Text",
    "Time", "TupleType", "TypeDecorator", "TypeEngine", "Unicode", "UnicodeText",
    "UserDefinedType", "Uuid", "to_instance",
]  # fmt: skip
