"""The type variables of the generic classes, with `Any` where a class is named without a parameter.

Parameters concern type checkers only: `Column[int]`, `Select[int, str]`, `Row[int, str]`. The default
of a type variable (PEP 696) is known to them long before it is to the interpreters that run us.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

if TYPE_CHECKING:
    from typing_extensions import TypeVar, TypeVarTuple

    T = TypeVar("T", default=Any)
    T_co = TypeVar("T_co", covariant=True, default=Any)
    Ts = TypeVarTuple("Ts", default=Unpack[tuple[Any, ...]])
else:
    from typing import TypeVar, TypeVarTuple

    T = TypeVar("T")
    T_co = TypeVar("T_co", covariant=True)
    Ts = TypeVarTuple("Ts")

#: the types of the columns after the first; `Ts` are those of all columns of a row
Rest = TypeVarTuple("Rest")
#: the types of the first, second, ... entity of a select()
T0 = TypeVar("T0")
T1 = TypeVar("T1")
T2 = TypeVar("T2")
T3 = TypeVar("T3")
T4 = TypeVar("T4")
T5 = TypeVar("T5")
T6 = TypeVar("T6")
T7 = TypeVar("T7")
