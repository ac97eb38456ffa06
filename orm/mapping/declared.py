"""declared_attr: a member of a mixin that is computed for each class mapped with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

_T = TypeVar("_T")

#: The class attribute under which a class being mapped keeps what was computed for it.
DECLARED = "_sa_declared"


class _DeclaredAttr(Generic[_T]):
    """A method evaluated once with the class that is being mapped."""

    def __init__(self, fn: Callable[..., _T], cascading: bool = False) -> None:
        self.fget: Callable[..., Any] = fn.__func__ if isinstance(fn, classmethod) else fn
        self.is_cascading = cascading
        self.__doc__ = fn.__doc__
        self.__name__ = self.fget.__name__

    def compute(self, owner: Any) -> Any:
        """Return the value for a class; the same object as long as the class is being mapped."""
        known = owner.__dict__.get(DECLARED)
        if known is None:
            return self.fget(owner)
        if self not in known:
            known[self] = self.fget(owner)
        return known[self]

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Any: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Any: ...

    def __get__(self, instance: Any, owner: Any) -> Any:
        return self.compute(owner)


class _Cascading:
    """`declared_attr.cascading`: computed anew for every class below, mapped bases or not."""

    def __call__(self, fn: Callable[..., _T]) -> Any:
        return declared_attr(fn, cascading=True)


class _Directive:
    """`declared_attr.directive`: for `__tablename__`, `__table_args__`, `__mapper_args__`."""

    def __call__(self, fn: Callable[..., _T]) -> Any:
        return declared_attr(fn)


class declared_attr(_DeclaredAttr[_T]):
    """Mark a method of a mixin: called with each mapped class, it returns what is mapped."""

    if TYPE_CHECKING:

        def __get__(self, instance: Any, owner: Any) -> Any: ...

    cascading = _Cascading()
    directive = _Directive()

    def __init__(self, fn: Callable[..., _T], cascading: bool = False) -> None:
        super().__init__(fn, cascading)


def declarative_mixin(cls: _T) -> _T:
    """Mark a class as a mixin; for readers, it changes nothing."""
    return cls
