"""Descriptors that compute once, and a weak reference to what may be gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

_T = TypeVar("_T")


class memoized_property(Generic[_T]):
    """A property computed on first read and kept in the instance `__dict__`.

    Unlike functools.cached_property it takes no lock on Python 3.11, and `forget(obj)`
    drops the value.
    """

    def __init__(self, compute: Callable[[Any], _T]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, obj: None, owner: type) -> memoized_property[_T]: ...
    @overload
    def __get__(self, obj: object, owner: type) -> _T: ...
    def __get__(self, obj: Any, owner: type) -> Any:
        if obj is None:
            return self
        value = obj.__dict__[self._name] = self._compute(obj)
        return value

    def forget(self, obj: object) -> None:
        """Drop the kept value, so that the next read computes anew."""
        obj.__dict__.pop(self._name, None)
