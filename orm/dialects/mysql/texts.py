"""Texts, bytes, enumerations and sets of MySQL and MariaDB.

https://mariadb.com/kb/en/string-data-types/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from orm import exc
from orm.types import scalar
from orm.types.base import Processor, TypeDialect, TypeEngine
from orm.types.scalar import quote_literal
from orm.types.structured import ENUM as GenericENUM


class _Text(scalar.String):
    """A text. charset: its character set; collation: how it compares."""

    def __init__(
        self,
        length: int | None = None,
        charset: str | None = None,
        collation: str | None = None,
    ) -> None:
        super().__init__(length, collation)
        self.charset = charset


class CHAR(_Text, scalar.CHAR):
    """Characters, padded to the length."""


class VARCHAR(_Text, scalar.VARCHAR):
    """Up to so many characters."""


class NCHAR(_Text, scalar.NCHAR):
    """CHAR in the server's national character set."""


class NVARCHAR(_Text, scalar.NVARCHAR):
    """VARCHAR in the server's national character set."""


class TEXT(_Text, scalar.TEXT):
    """Up to 64 KB, or as much as the length asks for."""


class TINYTEXT(_Text, scalar.Text):
    """Up to 255 bytes."""

    __visit_name__ = "TINYTEXT"


class MEDIUMTEXT(_Text, scalar.Text):
    """Up to 16 MB."""

    __visit_name__ = "MEDIUMTEXT"


class LONGTEXT(_Text, scalar.Text):
    """Up to 4 GB."""

    __visit_name__ = "LONGTEXT"


class TINYBLOB(scalar.LargeBinary):
    """Up to 255 bytes."""

    __visit_name__ = "TINYBLOB"


class MEDIUMBLOB(scalar.LargeBinary):
    """Up to 16 MB."""

    __visit_name__ = "MEDIUMBLOB"


class LONGBLOB(scalar.LargeBinary):
    """Up to 4 GB."""

    __visit_name__ = "LONGBLOB"


class ENUM(GenericENUM):
    """One of several texts, or of the members of an Enum. charset, collation: of the texts."""

    def __init__(
        self, *enums: Any, charset: str | None = None, collation: str | None = None, **options: Any
    ) -> None:
        super().__init__(*enums, **options)
        self.charset = charset
        self.collation = collation


class SET(TypeEngine[set[str]]):
    """Any number of several texts, a Python set of them.

    values: the texts, without commas, which the server puts between them. Raises exc.ArgumentError
    for others.
    """

    __visit_name__ = "SET"
    hashable = False

    def __init__(
        self, *values: str, charset: str | None = None, collation: str | None = None
    ) -> None:
        wrong = [value for value in values if not isinstance(value, str) or "," in value]
        if wrong or not values:
            raise exc.ArgumentError(
                "SET takes the texts that may be in it, none with a comma: "
                f"SET('red', 'green'), not SET({', '.join(map(repr, values))})."
            )
        self.values = values
        self.charset = charset
        self.collation = collation

    def __repr__(self) -> str:
        return f"SET({', '.join(map(repr, self.values))})"

    @property
    def python_type(self) -> type[Any]:
        """set."""
        return set

    def _write(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        unknown = [each for each in value if each not in self.values]
        if unknown:
            raise LookupError(f"{unknown[0]!r} is not in SET({', '.join(map(repr, self.values))}).")
        return ",".join([each for each in self.values if each in value])

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        """Join the texts. Raises LookupError for one that the type does not have."""
        return lambda value: None if value is None else self._write(value)

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        """Write the joined texts."""
        return lambda value: quote_literal(self._write(value).replace("\\", "\\\\"))

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        """Split the texts."""
        return _split

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        """A collection of texts compared with this is of this type."""
        if isinstance(value, Iterable) and not isinstance(value, str):
            return self
        return super().coerce_compared_value(op, value)


def _split(value: Any) -> Any:
    if isinstance(value, str):
        return set(value.split(",")) if value else set()
    return value


class INET4(TypeEngine[str]):
    """An address of IPv4, as text (MariaDB)."""

    __visit_name__ = "INET4"


class INET6(TypeEngine[str]):
    """An address of IPv6, or of IPv4 within it, as text (MariaDB)."""

    __visit_name__ = "INET6"


__all__ = [
    "CHAR",
    "ENUM",
    "INET4",
    "INET6",
    "LONGBLOB",
    "LONGTEXT",
    "MEDIUMBLOB",
    "MEDIUMTEXT",
    "NCHAR",
    "NVARCHAR",
    "SET",
    "TEXT",
    "TINYBLOB",
    "TINYTEXT",
    "VARCHAR",
]
