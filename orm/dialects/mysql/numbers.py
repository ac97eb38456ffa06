"""Numbers of MySQL and MariaDB: their sizes, UNSIGNED and ZEROFILL.

https://mariadb.com/kb/en/numeric-data-type-overview/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orm.types import scalar
from orm.types.base import Processor, TypeDialect, TypeEngine


class _SizedInteger(scalar.Integer):
    """An integer of one of the server's sizes.

    display_width: how wide ZEROFILL makes it, ignored by newer servers. unsigned: from 0.
    """

    def __init__(
        self, display_width: int | None = None, *, unsigned: bool = False, zerofill: bool = False
    ) -> None:
        self.display_width = display_width
        self.unsigned = unsigned
        self.zerofill = zerofill


class TINYINT(_SizedInteger):
    """One byte, -128 to 127."""

    __visit_name__ = "TINYINT"


class SMALLINT(_SizedInteger, scalar.SMALLINT):
    """Two bytes."""


class MEDIUMINT(_SizedInteger):
    """Three bytes."""

    __visit_name__ = "MEDIUMINT"


class INTEGER(_SizedInteger, scalar.INTEGER):
    """Four bytes."""


class BIGINT(_SizedInteger, scalar.BIGINT):
    """Eight bytes."""


class YEAR(scalar.Integer):
    """A year, 1901 to 2155."""

    __visit_name__ = "YEAR"


class NUMERIC(scalar.NUMERIC):
    """An exact number of so many digits. unsigned: from 0."""

    def __init__(
        self,
        precision: int | None = None,
        scale: int | None = None,
        asdecimal: bool = True,
        *,
        unsigned: bool = False,
        zerofill: bool = False,
        decimal_return_scale: int | None = None,
    ) -> None:
        super().__init__(precision, scale, decimal_return_scale, asdecimal)
        self.unsigned = unsigned
        self.zerofill = zerofill


class DECIMAL(NUMERIC, scalar.DECIMAL):
    """The same as NUMERIC."""

    __visit_name__ = "DECIMAL"


class _Approximate:
    """What FLOAT and DOUBLE add to the generic types: digits after the point, UNSIGNED, ZEROFILL."""

    def __init__(
        self,
        precision: int | None = None,
        scale: int | None = None,
        asdecimal: bool = False,
        *,
        unsigned: bool = False,
        zerofill: bool = False,
        decimal_return_scale: int | None = None,
    ) -> None:
        self.precision = precision
        self.scale = scale
        self.asdecimal = asdecimal
        self.decimal_return_scale = decimal_return_scale
        self.unsigned = unsigned
        self.zerofill = zerofill


class FLOAT(_Approximate, scalar.FLOAT):
    """Four bytes, or eight from a precision of 25 on."""


class DOUBLE(_Approximate, scalar.DOUBLE):
    """Eight bytes."""


class REAL(_Approximate, scalar.REAL):
    """The same as DOUBLE, unless the server's SQL mode says otherwise."""


class BIT(TypeEngine[int]):
    """Bits, read and written as a whole number. length: 1 to 64."""

    __visit_name__ = "BIT"

    def __init__(self, length: int | None = None) -> None:
        self.length = length

    @property
    def python_type(self) -> type[Any]:
        """int."""
        return int

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        """Make an int of the driver's bytes."""
        return lambda value: int.from_bytes(value, "big") if isinstance(value, bytes) else value

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        """Write the number."""
        return lambda value: str(int(value))


__all__ = [
    "BIGINT",
    "BIT",
    "DECIMAL",
    "DOUBLE",
    "FLOAT",
    "INTEGER",
    "MEDIUMINT",
    "NUMERIC",
    "REAL",
    "SMALLINT",
    "TINYINT",
    "YEAR",
]
