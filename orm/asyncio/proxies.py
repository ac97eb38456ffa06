"""Asynchronous faces of synchronous objects: from one to the other, and back."""

from __future__ import annotations

import weakref
from typing import Any, ClassVar, Generic, Self, TypeVar

_T = TypeVar("_T")


class Face(Generic[_T]):
    """Base of the asynchronous objects that stand before a synchronous one.

    Each synchronous object has at most one face of a class at a time, found again by
    `_face_of()`; two faces of the same object are equal.
    """

    __slots__ = ("__weakref__",)

    _faces: ClassVar[weakref.WeakKeyDictionary[Any, Any]]

    def __init_subclass__(cls, root: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if root:
            cls._faces = weakref.WeakKeyDictionary()

    def _remember(self, target: _T) -> _T:
        """Note that this is the face of `target`, and return that."""
        self._faces[target] = weakref.ref(self)
        return target

    def _target(self) -> Any:
        """Return the synchronous object, None before there is one."""
        raise NotImplementedError

    @classmethod
    def _make_face(cls, target: _T) -> Self:
        raise NotImplementedError

    @classmethod
    def _face_of(cls, target: _T, make: bool = True) -> Self | None:
        """Return the face of a synchronous object; made on demand, if `make`."""
        reference = cls._faces.get(target)
        found: Self | None = reference() if reference is not None else None
        if found is None and make:
            found = cls._make_face(target)
        return found

    def __hash__(self) -> int:
        target = self._target()
        return hash(target) if target is not None else id(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        mine = self._target()
        return self is other if mine is None else bool(mine == other._target())
