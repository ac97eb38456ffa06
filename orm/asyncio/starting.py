"""Objects that can be awaited or entered: `x = await make()`, `async with make() as x:`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, Generic, Self, TypeVar

_T = TypeVar("_T")


class Startable:
    """Base of what begins when awaited, or when its `async with` block is entered."""

    __slots__ = ()

    async def start(self, is_ctxmanager: bool = False) -> Self:
        """Begin; returns self."""
        raise NotImplementedError

    async def _leave(self, kind: Any, error: Any, trace: Any) -> None:
        raise NotImplementedError

    def __await__(self) -> Generator[Any, None, Self]:
        return self.start().__await__()

    async def __aenter__(self) -> Self:
        return await self.start(is_ctxmanager=True)

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        await self._leave(kind, error, trace)


class Opening(Generic[_T]):
    """The call of a coroutine function whose result may also be used in `async with`.

    There it is closed at the end of the block.
    """

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], Awaitable[_T]]) -> None:
        self._make = make
        self._made: Any = None

    def __await__(self) -> Generator[Any, None, _T]:
        return self._make().__await__()

    async def __aenter__(self) -> _T:
        self._made = await self._make()
        made: _T = self._made
        return made

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        await self._made.close()
