"""Which SQL type a Python type or value has: for literals in expressions and for `Mapped[...]`."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
from collections.abc import Mapping
from typing import Any

from orm.types.base import (
    LITERAL_TYPES,
    NAMED_TYPES,
    NULLTYPE,
    PLAIN_CLASSES,
    TypeEngine,
    find_named_type,
    literal_type,
)
from orm.types.scalar import BigInteger, Boolean, Double, Integer, LargeBinary, Numeric, String
from orm.types.structured import ARRAY, Enum, Uuid
from orm.types.temporal import Date, DateTime, Interval, Time

BOOLEANTYPE = Boolean()
STRINGTYPE = String()
INTEGERTYPE = Integer()
BIGINTEGERTYPE = BigInteger()
NUMERICTYPE = Numeric()

# Mapped[int] etc.: what a registry's type_annotation_map starts from.
PYTHON_TYPES: Mapping[type, TypeEngine] = {
    bool: BOOLEANTYPE,
    int: INTEGERTYPE,
    float: Double(),
    str: STRINGTYPE,
    bytes: LargeBinary(),
    decimal.Decimal: NUMERICTYPE,
    dt.date: Date(),
    dt.datetime: DateTime(),
    dt.time: Time(),
    dt.timedelta: Interval(),
}

LITERAL_TYPES.update(PYTHON_TYPES)
NAMED_TYPES["uuid", "UUID"] = Uuid()
PLAIN_CLASSES.update(PYTHON_TYPES.keys() - {bool})
LITERAL_TYPES[type(None)] = NULLTYPE
LITERAL_TYPES[bytearray] = LITERAL_TYPES[memoryview] = LITERAL_TYPES[bytes]


def resolve_python_type(python_type: Any) -> TypeEngine | None:
    """The SQL type for an annotation's Python type, None if there is none.

    An enum class gives Enum of that class; a subclass of a known type gives that type.
    """
    if not isinstance(python_type, type):
        return None
    if issubclass(python_type, enum.Enum):
        return Enum(python_type)
    for base in python_type.__mro__[:-1]:
        found = PYTHON_TYPES.get(base) or find_named_type(base)
        if found is not None:
            return found
    return None


def resolve_value(value: Any) -> TypeEngine:
    """The SQL type of a plain Python value, NULLTYPE if it is not known."""
    if isinstance(value, enum.Enum):
        return Enum(type(value))
    found = LITERAL_TYPES.get(type(value))
    if found is None:
        found = (
            ARRAY(resolve_value(value[0]))
            if isinstance(value, list) and value
            else literal_type(value)
        )
    # An int beyond 32 bits must not be sent as INTEGER where the driver casts.
    if found is INTEGERTYPE and not -(2**31) <= value < 2**31:
        return BIGINTEGERTYPE
    return found
