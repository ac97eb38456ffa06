"""The type variables of the generic classes, with `Any` where a class is named without a parameter.

Parameters concern type checkers only: `Column[int]`, `Select[int, str]`, `Row[int, str]`. The default
of a type variable (PEP 696) is known to them long before it is to the interpreters that run us.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVarTuple

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    T = TypeVar("T", default=Any)
    T_co = TypeVar("T_co", covariant=True, default=Any)
else:
    from typing import TypeVar

    T = TypeVar("T")
    T_co = TypeVar("T_co", covariant=True)

#: the types of the columns of a row
Ts = TypeVarTuple("Ts")
#: the types of the columns after the first
Rest = TypeVarTuple("Rest")

__all__ = ["Rest", "T", "T_co", "Ts"]
