"""BIT and BIT VARYING, with BitString in Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from orm import exc
from orm.types.base import Processor, TypeDialect, TypeEngine


class BitString(str):
    """A string of the characters 0 and 1, the first bit first, with the operations of PostgreSQL's bit strings.

    `&`, `|` and `^` take a string of the same length, `<<` and `>>` keep the length, `~` inverts, `+` joins.
    Raises exc.ArgumentError for other characters and unequal lengths.
    """

    __slots__ = ()

    def __new__(cls, value: str = "") -> Self:
        if value.strip("01"):
            raise exc.ArgumentError(f"A BitString consists of 0 and 1, unlike {value!r:.80}.")
        return super().__new__(cls, value)

    @classmethod
    def from_int(cls, value: int, length: int | None = None) -> Self:
        """Return the binary digits of a number which is not negative, in as many digits as it needs or `length`."""
        if value < 0:
            raise exc.ArgumentError(f"A BitString is made of a number from 0 on, not {value}.")
        text = f"{value:b}" if length is None else f"{value:0{length}b}" if length else ""
        if length is not None and value.bit_length() > length:
            raise exc.ArgumentError(f"{value} needs {value.bit_length()} bits, more than {length}.")
        return cls(text)

    @classmethod
    def from_bytes(cls, value: bytes, length: int | None = None) -> Self:
        """Return eight bits of each byte; of them the last `length`."""
        whole = 8 * len(value)
        made = cls.from_int(int.from_bytes(value), whole)
        return made if length is None else cls.from_int(int(made), length)

    def __repr__(self) -> str:
        return f"BitString({str(self)!r})"

    def __int__(self) -> int:
        return int(str(self) or "0", 2)

    def __index__(self) -> int:
        return int(self)

    def __bytes__(self) -> bytes:
        return int(self).to_bytes((len(self) + 7) // 8)

    def _combine(self, other: str, operation: Callable[[int, int], int]) -> Self:
        if len(self) != len(other):
            raise exc.ArgumentError(
                f"Bit strings of {len(self)} and {len(other)} bits cannot be combined."
            )
        return self.from_int(operation(int(self), int(BitString(other))), len(self))

    def __and__(self, other: str) -> Self:
        return self._combine(other, lambda a, b: a & b)

    def __or__(self, other: str) -> Self:
        return self._combine(other, lambda a, b: a | b)

    def __xor__(self, other: str) -> Self:
        return self._combine(other, lambda a, b: a ^ b)

    def __invert__(self) -> Self:
        return self ^ ("1" * len(self))

    def __lshift__(self, amount: int) -> Self:
        return type(self)(f"{self[amount:]}{'0' * min(amount, len(self))}")

    def __rshift__(self, amount: int) -> Self:
        return type(self)(f"{'0' * min(amount, len(self))}{self[: max(len(self) - amount, 0)]}")

    def __add__(self, other: str) -> Self:
        return type(self)(f"{self!s}{BitString(other)!s}")

    def get_bit(self, index: int) -> str:
        """Return "0" or "1"; raises IndexError."""
        return str(self)[index]

    def set_bit(self, index: int, value: int | str) -> Self:
        """Return a copy with another bit; raises IndexError."""
        self.get_bit(index)
        place = index % len(self)
        return type(self)(f"{self[:place]}{value}{self[place + 1 :]}")

    @property
    def bit_length(self) -> int:
        """How many bits there are."""
        return len(self)

    @property
    def octet_length(self) -> int:
        """How many bytes they take."""
        return (len(self) + 7) // 8


class BIT(TypeEngine[BitString]):
    """A string of bits. length: how many; varying: up to so many. Values are BitStrings, and str is taken, too."""

    __visit_name__ = "BIT"

    def __init__(self, length: int | None = None, varying: bool = False) -> None:
        self.length = length
        self.varying = varying

    @property
    def python_type(self) -> type[Any]:
        """BitString."""
        return BitString

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        # the driver knows str, and not what is derived of it
        return lambda value: None if value is None else str(BitString(value))

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        return lambda value: None if value is None else BitString(value)

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        return lambda value: f"B'{BitString(value)!s}'"


__all__ = ["BIT", "BitString"]
