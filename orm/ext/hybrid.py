"""Hybrids: properties and methods that work on an object and, in a statement, on its class.

    @hybrid_property
    def length(self):
        return self.end - self.start

`interval.length` is computed from the object's values, `Interval.length` is the SQL expression
which the same function makes of the class. Where the two differ, `@length.inplace.expression`
(or `@length.expression`) gives the function for the class.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Generic, Self, TypeVar, overload

from orm import exc
from orm.inspection import inspect
from orm.mapping.properties import PropComparator
from orm.sql.coercions import to_element
from orm.sql.column_expression import SQLColumnExpression
from orm.state.instrumented import QueryableAttribute

__all__ = [
    "HYBRID_METHOD",
    "HYBRID_PROPERTY",
    "Comparator",
    "ExprComparator",
    "HybridExtensionType",
    "hybrid_method",
    "hybrid_property",
]

_T = TypeVar("_T")
_F = TypeVar("_F", bound=Callable[..., Any])


class HybridExtensionType(enum.Enum):
    """How `inspect(cls).all_orm_descriptors` tells hybrids from other attributes."""

    HYBRID_METHOD = "HYBRID_METHOD"
    HYBRID_PROPERTY = "HYBRID_PROPERTY"


HYBRID_METHOD = HybridExtensionType.HYBRID_METHOD
HYBRID_PROPERTY = HybridExtensionType.HYBRID_PROPERTY


class hybrid_method(Generic[_T]):
    """Decorate a method which is called on objects and, in statements, on the class."""

    is_attribute = True
    extension_type: ClassVar[HybridExtensionType] = HYBRID_METHOD

    def __init__(self, func: Callable[..., _T], expr: Callable[..., Any] | None = None) -> None:
        self.func = func
        self.expr: Callable[..., Any] = expr or func
        self.__name__ = getattr(func, "__name__", "hybrid")
        self.__doc__ = func.__doc__

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self.expr.__get__(owner, owner)
        return self.func.__get__(instance, owner)

    def expression(self, expr: Callable[..., Any]) -> Self:
        """Decorate the function for the class."""
        self.expr = expr
        return self

    @property
    def inplace(self) -> Self:
        """Itself: `@name.inplace.expression` leaves the name of the decorated function free."""
        return self


class hybrid_property(Generic[_T]):
    """Decorate a getter which works on objects and, in statements, on the class.

    fget, fset, fdel: as of a property. expr: the expression for the class, by default what
    fget returns for it. custom_comparator: called with the class, returns a Comparator.
    update_expr: called as f(cls, value); returns (attribute, value) pairs for UPDATE.
    """

    is_attribute = True
    extension_type: ClassVar[HybridExtensionType] = HYBRID_PROPERTY

    def __init__(
        self,
        fget: Callable[[Any], _T],
        fset: Callable[[Any, Any], None] | None = None,
        fdel: Callable[[Any], None] | None = None,
        expr: Callable[[Any], Any] | None = None,
        custom_comparator: Callable[[Any], Any] | None = None,
        update_expr: Callable[[Any, Any], Iterable[tuple[Any, Any]]] | None = None,
    ) -> None:
        self.fget = fget
        self.fset = fset
        self.fdel = fdel
        self.expr = _unwrap(expr)
        self.custom_comparator = _unwrap(custom_comparator)
        self.update_expr = _unwrap(update_expr)
        self.__name__ = getattr(fget, "__name__", "hybrid")
        self.__doc__ = fget.__doc__

    # -- access ---------------------------------------------------------------------

    @overload
    def __get__(self, instance: None, owner: Any = None) -> SQLColumnExpression[_T]: ...
    @overload
    def __get__(self, instance: object, owner: Any = None) -> _T: ...
    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self._attribute(owner)
        return self.fget(instance)

    def __set__(self, instance: Any, value: Any) -> None:
        if self.fset is None:
            raise AttributeError(
                f"can't set attribute {self.__name__!r} of {type(instance).__name__}: the hybrid has "
                f"no setter. Write @{self.__name__}.inplace.setter."
            )
        self.fset(instance, value)

    def __delete__(self, instance: Any) -> None:
        if self.fdel is None:
            raise AttributeError(
                f"can't delete attribute {self.__name__!r} of {type(instance).__name__}: the hybrid "
                f"has no deleter. Write @{self.__name__}.inplace.deleter."
            )
        self.fdel(instance)

    def _attribute(self, owner: Any) -> Any:
        if self.custom_comparator is not None:
            comparator = self.custom_comparator(owner)
        else:
            found = (self.expr or self.fget)(owner)
            if not isinstance(found, Comparator) and to_element(found) is None:
                return found
            comparator = found if isinstance(found, Comparator) else ExprComparator(found)
        return HybridAttribute(self, owner, comparator)

    # -- construction -----------------------------------------------------------------

    def _copy(self, **changed: Any) -> Self:
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.__dict__.update(changed)
        return made

    @property
    def overrides(self) -> Self:
        """Itself; in a subclass, `@Base.name.overrides.setter` starts from the base's hybrid."""
        return self

    @property
    def inplace(self) -> _InPlace[_T]:
        """Decorators which change this hybrid, so that their functions can have other names."""
        return _InPlace(self)

    def getter(self, fget: Callable[[Any], Any]) -> Self:
        """Return a copy with another getter."""
        return self._copy(fget=fget)

    def setter(self, fset: Callable[[Any, Any], None]) -> Self:
        """Return a copy with a setter."""
        return self._copy(fset=fset)

    def deleter(self, fdel: Callable[[Any], None]) -> Self:
        """Return a copy with a deleter."""
        return self._copy(fdel=fdel)

    def expression(self, expr: Callable[[Any], Any]) -> Self:
        """Return a copy with an expression for the class."""
        return self._copy(expr=_unwrap(expr))

    def comparator(self, comparator: Callable[[Any], Any]) -> Self:
        """Return a copy whose operators are those of the Comparator that the function returns."""
        return self._copy(custom_comparator=_unwrap(comparator))

    def update_expression(self, meth: Callable[[Any, Any], Any]) -> Self:
        """Return a copy which says what `update().values({cls.name: value})` sets."""
        return self._copy(update_expr=_unwrap(meth))


class _InPlace(Generic[_T]):
    """The decorators of `hybrid_property.inplace`."""

    def __init__(self, hybrid: hybrid_property[_T]) -> None:
        self.hybrid = hybrid

    def _set(self, name: str, function: Any) -> Any:
        setattr(self.hybrid, name, _unwrap(function))
        return self.hybrid

    def getter(self, fget: Callable[[Any], Any]) -> hybrid_property[_T]:
        """Set the getter."""
        return self._set("fget", fget)  # type: ignore[no-any-return]

    def setter(self, fset: Callable[[Any, Any], None]) -> hybrid_property[_T]:
        """Set the setter."""
        return self._set("fset", fset)  # type: ignore[no-any-return]

    def deleter(self, fdel: Callable[[Any], None]) -> hybrid_property[_T]:
        """Set the deleter."""
        return self._set("fdel", fdel)  # type: ignore[no-any-return]

    def expression(self, expr: Callable[[Any], Any]) -> hybrid_property[_T]:
        """Set the expression for the class."""
        return self._set("expr", expr)  # type: ignore[no-any-return]

    def comparator(self, comparator: Callable[[Any], Any]) -> hybrid_property[_T]:
        """Set the function which returns the Comparator."""
        return self._set("custom_comparator", comparator)  # type: ignore[no-any-return]

    def update_expression(self, meth: Callable[[Any, Any], Any]) -> hybrid_property[_T]:
        """Set what an UPDATE of the hybrid sets."""
        return self._set("update_expr", meth)  # type: ignore[no-any-return]


def _unwrap(function: Any) -> Any:
    # under @classmethod, which type checkers like, the function itself is what we call
    return function.__func__ if isinstance(function, classmethod) else function


class Comparator(PropComparator):
    """The base of a hybrid's own operators: override `operate`, or `__eq__` and its like.

    expression: what it stands for; anything with SQL behind it, or a plain value.
    """

    def __init__(self, expression: Any) -> None:
        super().__init__(None, None)
        self.expression = expression

    def __clause_element__(self) -> Any:
        found = to_element(self.expression)
        if found is None:
            raise exc.ArgumentError(
                f"{type(self).__name__} stands for {self.expression!r:.80}, which is no SQL expression."
            )
        return found

    def adapt_to_entity(self, entity: Any) -> Any:
        """Return itself: it was made for the entity."""
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "expression":
            raise AttributeError(name)
        return getattr(self.expression, name)


class ExprComparator(Comparator):
    """The operators of the expression itself."""

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator to the expression."""
        return op(self.expression, *other, **kwargs)


class HybridAttribute(QueryableAttribute[Any]):
    """A hybrid of a class, or of an alias of one, within a statement."""

    __slots__ = ("hybrid",)

    def __init__(self, hybrid: hybrid_property[Any], owner: Any, comparator: Any) -> None:
        entity = inspect(owner, raiseerr=False)
        super().__init__(hybrid.__name__, getattr(entity, "class_", owner), entity, None)
        self.hybrid = hybrid
        self._comparator = comparator

    def __clause_element__(self) -> Any:
        element = self._comparator.__clause_element__()
        if not hasattr(element, "_annotate"):
            return element
        notes = {"proxy_key": self.key, "label": self.key}
        if self.parent is not None:
            notes |= {"parententity": self.parent, "parentmapper": self.parent.mapper}
        return element._annotate(notes)

    @property
    def expression(self) -> Any:
        """The SQL element."""
        return self.__clause_element__()

    @property
    def info(self) -> Any:
        """What the expression's property or column says."""
        return getattr(self._comparator, "info", {})

    def _update_pairs(self, value: Any) -> Iterable[tuple[Any, Any]]:
        """Return the (attribute, value) pairs that an UPDATE of the hybrid sets."""
        hybrid = self.hybrid
        if hybrid.update_expr is not None:
            pairs: Iterable[tuple[Any, Any]] = hybrid.update_expr(self.class_, value)
            return pairs
        target = self._comparator.expression
        if isinstance(target, QueryableAttribute):
            return ((target, value),)
        raise exc.InvalidRequestError(
            f"UPDATE of the hybrid {self}: say what it sets with @{self.key}.inplace."
            "update_expression, a function of the class and the value returning pairs."
        )

    @property
    def property(self) -> Any:
        """The mapped property, if the expression is one's."""
        return getattr(self._comparator.expression, "property", None)
