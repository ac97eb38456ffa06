"""Strings, numbers, booleans and bytes, generic and by their SQL names."""

from __future__ import annotations

import enum
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, ClassVar, Final

from orm import exc
from orm.types.base import InlineResult, Processor, TypeDialect, TypeEngine
from orm.util.warn import warn


def quote_literal(value: str) -> str:
    """An SQL string literal with its quotes doubled."""
    return "'" + value.replace("'", "''") + "'"


class Concatenable:
    """Marks types whose `+` is the concatenation of strings, arrays or documents."""


class String(Concatenable, TypeEngine[str]):
    """VARCHAR. length: in characters, or None; collation: name put into DDL and CAST; collation_schema: where the
    collation is, on databases which keep them in schemas (PostgreSQL)."""

    __visit_name__ = "string"
    __affinity__: ClassVar[bool] = True
    collation_schema: str | None = None

    def __init__(
        self,
        length: int | None = None,
        collation: str | None = None,
        *,
        collation_schema: str | None = None,
    ) -> None:
        if collation_schema is not None and collation is None:
            raise exc.ArgumentError(
                f"collation_schema={collation_schema!r} is the schema of a collation: give collation= too."
            )
        if length is not None and (not isinstance(length, int) or length < 0):
            raise exc.ArgumentError(
                f"The length of {type(self).__name__} must be a whole number, got {length!r}"
            )
        self.length = length
        self.collation = collation
        if collation_schema is not None:
            self.collation_schema = collation_schema

    @property
    def python_type(self) -> type[Any]:
        return str

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        # MySQL reads a backslash in a literal as an escape unless its SQL mode says otherwise.
        if getattr(dialect, "_backslash_escapes", False):
            return lambda value: quote_literal(str(value).replace("\\", "\\\\"))
        return lambda value: quote_literal(str(value))

    def __repr__(self) -> str:
        args = [] if self.length is None else [f"length={self.length}"]
        if self.collation is not None:
            args.append(f"collation={self.collation!r}")
        if self.collation_schema is not None:
            args.append(f"collation_schema={self.collation_schema!r}")
        return f"{type(self).__name__}({', '.join(args)})"


class Text(String):
    """Text of any length."""

    __visit_name__ = "text"


class Unicode(String):
    """A string in the national character set where the database makes the difference."""

    __visit_name__ = "unicode"


class UnicodeText(Text):
    """Unicode text of any length."""

    __visit_name__ = "unicode_text"


class VARCHAR(String):
    """SQL's VARCHAR, by that name on every database."""

    __visit_name__ = "VARCHAR"


class CHAR(String):
    """SQL's CHAR, by that name on every database."""

    __visit_name__ = "CHAR"


class NVARCHAR(Unicode):
    """SQL's NVARCHAR, by that name on every database."""

    __visit_name__ = "NVARCHAR"


class NCHAR(Unicode):
    """SQL's NCHAR, by that name on every database."""

    __visit_name__ = "NCHAR"


class TEXT(Text):
    """SQL's TEXT, by that name on every database."""

    __visit_name__ = "TEXT"


class CLOB(Text):
    """SQL's CLOB, by that name on every database."""

    __visit_name__ = "CLOB"


class Integer(TypeEngine[int]):
    """A whole number."""

    __visit_name__ = "integer"
    __affinity__: ClassVar[bool] = True

    @property
    def python_type(self) -> type[Any]:
        return int

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        return lambda value: str(int(value))


class SmallInteger(Integer):
    """A whole number of two bytes."""

    __visit_name__ = "small_integer"


class BigInteger(Integer):
    """A whole number of eight bytes."""

    __visit_name__ = "big_integer"


class INTEGER(Integer):
    """SQL's INTEGER, by that name on every database."""

    __visit_name__ = "INTEGER"


INT = INTEGER


class SMALLINT(SmallInteger):
    """SQL's SMALLINT, by that name on every database."""

    __visit_name__ = "SMALLINT"


class BIGINT(BigInteger):
    """SQL's BIGINT, by that name on every database."""

    __visit_name__ = "BIGINT"


# significant digits of a decimal number which a float gives back as they were
_FLOAT_DIGITS: Final = 15
_LEAST_TOO_LONG: Final = 2**63


class Numeric(TypeEngine):
    """An exact decimal number. asdecimal: give Decimal (default) or float.

    On drivers without a native decimal (SQLite) values travel as float, which is exact for 15 significant digits; whole numbers
    of up to 18 digits travel as int. What would lose digits is warned of. Results are rounded to `scale` (or
    `decimal_return_scale`), without either to 15 significant digits, so that 9.99 comes back as Decimal("9.99").
    """

    __visit_name__ = "numeric"
    __affinity__: ClassVar[bool] = True
    _default_decimal_return_scale: ClassVar[int] = 10

    def __init__(
        self,
        precision: int | None = None,
        scale: int | None = None,
        decimal_return_scale: int | None = None,
        asdecimal: bool = True,
    ) -> None:
        self.precision = precision
        self.scale = scale
        self.decimal_return_scale = decimal_return_scale
        self.asdecimal = asdecimal

    @property
    def python_type(self) -> type[Any]:
        return Decimal if self.asdecimal else float

    @property
    def _effective_decimal_return_scale(self) -> int:
        if self.decimal_return_scale is not None:
            return self.decimal_return_scale
        if getattr(self, "scale", None) is not None:
            return self.scale  # type: ignore[return-value]
        return self._default_decimal_return_scale

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        return str

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        if getattr(dialect, "supports_native_decimal", False):
            return None
        return self._decimal_writer()

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        native = getattr(dialect, "supports_native_decimal", False)
        if not self.asdecimal:
            return _to_float if native else None
        return None if native else self._decimal_reader()

    def inline_result(self, dialect: TypeDialect) -> InlineResult | None:
        native = getattr(dialect, "supports_native_decimal", False)
        if type(self).result_processor not in (Numeric.result_processor, Float.result_processor):
            return None
        if not self.asdecimal:
            return ("float({v})", {}) if native else None
        return None if native else ("read_decimal({v})", {"read_decimal": self._decimal_reader()})

    def _decimal_writer(self) -> Processor:
        """A function from Decimal to float, or to int where that is exact and float is not; others pass."""
        scale = getattr(self, "scale", None)

        def write(value: Any) -> Any:
            if not isinstance(value, Decimal):
                return value
            if len(value.as_tuple().digits) <= _FLOAT_DIGITS:
                return float(value)
            return _long_decimal(value, scale)

        return write

    def _decimal_reader(self) -> Processor:
        """A function from float, int, str or None to a Decimal rounded to the scale."""
        if (self.scale, self.decimal_return_scale) == (None, None) and not isinstance(self, Float):
            return _read_open_decimal
        step = Decimal(1).scaleb(-self._effective_decimal_return_scale)

        def read(value: Any) -> Decimal | None:
            if value is None:
                return None
            # repr of a float is the shortest text that reads back to it, so 9.99 stays 9.99.
            number = value if isinstance(value, Decimal) else Decimal(repr_number(value))
            if not number.is_finite():
                return number
            return number.quantize(step, ROUND_HALF_EVEN, _WIDE)

        return read


class Float(Numeric):
    """A binary floating point number; float in Python unless asdecimal=True."""

    __visit_name__ = "float"
    scale: int | None = None

    def __init__(
        self,
        precision: int | None = None,
        asdecimal: bool = False,
        decimal_return_scale: int | None = None,
    ) -> None:
        self.precision = precision
        self.asdecimal = asdecimal
        self.decimal_return_scale = decimal_return_scale

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        return None if not self.asdecimal else super().bind_processor(dialect)

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        # Drivers give float for floating point columns, whatever they do with decimals.
        return self._decimal_reader() if self.asdecimal else None

    def inline_result(self, dialect: TypeDialect) -> InlineResult | None:
        if type(self).result_processor is not Float.result_processor or not self.asdecimal:
            return None
        return "read_decimal({v})", {"read_decimal": self._decimal_reader()}


class Double(Float):
    """A floating point number of eight bytes."""

    __visit_name__ = "double"


class NUMERIC(Numeric):
    """SQL's NUMERIC, by that name on every database."""

    __visit_name__ = "NUMERIC"


class DECIMAL(Numeric):
    """SQL's DECIMAL, by that name on every database."""

    __visit_name__ = "DECIMAL"


class FLOAT(Float):
    """SQL's FLOAT, by that name on every database."""

    __visit_name__ = "FLOAT"


class REAL(Float):
    """SQL's REAL, by that name on every database."""

    __visit_name__ = "REAL"


class DOUBLE(Double):
    """SQL's DOUBLE, by that name on every database."""

    __visit_name__ = "DOUBLE"


class DOUBLE_PRECISION(Double):
    """SQL's DOUBLE PRECISION, by that name on every database."""

    __visit_name__ = "DOUBLE_PRECISION"


class SchemaSource(enum.Enum):
    """Where the schema of a named type comes from if none is given."""

    FOLLOW = enum.auto()


#: the default of `schema=`: the schema of the type's MetaData
FOLLOW: Final = SchemaSource.FOLLOW


class SchemaType:
    """Marks types that come with a constraint or a database object of their own.

    name: of that constraint or type. schema: where the type lies; left out, it is that of its MetaData, or with
    `inherit_schema` of its table; None for none. metadata: the MetaData that the type is part of, at the latest that of
    its first table. create_constraint: add CHECK (column IN (...)) to the table.
    """

    name: str | None = None
    schema: str | None = None
    metadata: Any = None
    create_constraint: bool = False
    _follows_schema = False
    _inherits_schema = False

    def __init__(
        self,
        name: str | None = None,
        schema: Any = FOLLOW,
        metadata: Any = None,
        inherit_schema: bool = False,
    ) -> None:
        self.name = name
        self._take_place(schema, metadata, inherit_schema)

    def _take_place(self, schema: Any, metadata: Any, inherit_schema: bool) -> None:
        """Raises exc.ArgumentError for a schema beside `inherit_schema`."""
        self._follows_schema = schema is FOLLOW
        if inherit_schema and schema is not FOLLOW and schema is not None:
            raise exc.ArgumentError(
                f"schema={schema!r} and inherit_schema=True exclude each other."
            )
        if inherit_schema:
            warn(
                "inherit_schema=True is on its way out: a type has the schema of its MetaData by itself; give schema= "
                "for another.",
                exc.SADeprecationWarning,
            )
        self._inherits_schema = inherit_schema
        self.metadata = metadata
        if metadata is not None:
            metadata._add_type(self)
        if schema is FOLLOW:
            schema = None if metadata is None else metadata.schema
        self.schema = schema

    @property
    def inherit_schema(self) -> bool:
        """True if the schema is that of the table; on its way out like the parameter of this name."""
        warn("inherit_schema is on its way out: read .schema", exc.SADeprecationWarning)
        return self._inherits_schema

    def _set_table(self, column: Any, table: Any) -> None:
        """Called when a column of the type joins its table."""
        if self.metadata is None:
            self.metadata = table.metadata
        if self._inherits_schema:
            self.schema = table.schema
        elif self._follows_schema:
            self.schema = self.metadata.schema
        self.__dict__.pop("_cached_key", None)

    def _copy_for(self, schema: Any) -> Any:
        """The same type for a copied table. schema: that of the table if it was asked for, else FOLLOW.

        A type with a schema of its own keeps it.
        """
        made = self.copy()  # type: ignore[attr-defined]
        made.metadata = None
        if made._follows_schema or made._inherits_schema:
            made._follows_schema = schema is FOLLOW
            made._inherits_schema = made._inherits_schema and schema is FOLLOW
            made.schema = None if schema is FOLLOW else schema
        return made

    def _init_values(self, cls: type[Any]) -> dict[str, Any]:
        values: dict[str, Any] = super()._init_values(cls)  # type: ignore[misc]
        # a form of the type for one dialect is not a part of the MetaData itself
        values.pop("metadata", None)
        return values


class Boolean(SchemaType, TypeEngine[bool]):
    """True or False; 0 and 1 where the database has no boolean type."""

    __visit_name__ = "boolean"
    __affinity__: ClassVar[bool] = True

    def __init__(self, create_constraint: bool = False, name: str | None = None) -> None:
        self.create_constraint = create_constraint
        self.name = name

    @property
    def python_type(self) -> type[Any]:
        return bool

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        native = getattr(dialect, "supports_native_boolean", False)
        true, false = ("true", "false") if native else ("1", "0")
        return lambda value: true if _checked_bool(value) else false

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        if getattr(dialect, "supports_native_boolean", False):
            return _checked_bool
        return _bool_to_int

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        return None if getattr(dialect, "supports_native_boolean", False) else _int_to_bool

    def inline_result(self, dialect: TypeDialect) -> InlineResult | None:
        if type(self).result_processor is not Boolean.result_processor:
            return None
        native = getattr(dialect, "supports_native_boolean", False)
        return None if native else ("{v} != 0", {})


class BOOLEAN(Boolean):
    """SQL's BOOLEAN, by that name on every database."""

    __visit_name__ = "BOOLEAN"


class _Binary(TypeEngine[bytes]):
    """Base of the types whose values are bytes."""

    def __init__(self, length: int | None = None) -> None:
        self.length = length

    @property
    def python_type(self) -> type[Any]:
        return bytes

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        return lambda value: f"X'{bytes(value).hex()}'"

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        # psycopg may hand out a memoryview; every other driver gives bytes.
        if getattr(dialect, "returns_native_bytes", True):
            return None
        return lambda value: value if value is None else bytes(value)


class LargeBinary(_Binary):
    """Bytes of any length."""

    __visit_name__ = "large_binary"
    __affinity__: ClassVar[bool] = True


class BINARY(_Binary):
    """SQL's BINARY, by that name on every database."""

    __visit_name__ = "BINARY"


class VARBINARY(_Binary):
    """SQL's VARBINARY, by that name on every database."""

    __visit_name__ = "VARBINARY"


class BLOB(LargeBinary):
    """SQL's BLOB, by that name on every database."""

    __visit_name__ = "BLOB"


_WIDE = Context(prec=1000)
_BOOLS = {True: True, False: False, None: None}
_BOOLS_AS_INT = {True: 1, False: 0, None: None}


def repr_number(value: object) -> str:
    """The text of a number as a driver gave it: float, int, or text."""
    return repr(value) if isinstance(value, float) else str(value)


def _long_decimal(value: Decimal, scale: int | None) -> Any:
    """A Decimal of more digits than a float is sure to keep, as exactly as there is a way."""
    number = float(value)
    if not value.is_finite() or Decimal(repr(number)) == value:
        return number
    if value == value.to_integral_value() and abs(value) < _LEAST_TOO_LONG:
        return int(value)
    if scale is not None:
        kept = value.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_EVEN, _WIDE)
        if len(kept.as_tuple().digits) <= _FLOAT_DIGITS or Decimal(repr(number)) == kept:
            return number
    warn(
        f"{value!r} has more digits than this database keeps of a number, which are 15: it becomes {number!r}. Round it, or "
        "keep such numbers as whole ones (cents) or as String.",
        exc.SAWarning,
    )
    return number


def _read_open_decimal(value: Any) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, float):
        text = repr(value)
        # what sums and quotients make has digits that nobody wrote
        return Decimal(text if len(text) <= _FLOAT_DIGITS else f"{value:.{_FLOAT_DIGITS}g}")
    return Decimal(value)


def _to_float(value: Any) -> float | None:
    return None if value is None else float(value)


def _checked_bool(value: Any) -> bool | None:
    # 1 and 0 are equal to True and False and therefore found here; "yes" or 2 are not.
    try:
        return _BOOLS[value]
    except (KeyError, TypeError):
        raise _not_a_boolean(value) from None


def _bool_to_int(value: Any) -> int | None:
    try:
        return _BOOLS_AS_INT[value]
    except (KeyError, TypeError):
        raise _not_a_boolean(value) from None


def _not_a_boolean(value: Any) -> TypeError:
    return TypeError(f"Not a boolean value: {value!r}. Pass True, False or None")


def _int_to_bool(value: Any) -> bool | None:
    return None if value is None else bool(value)
