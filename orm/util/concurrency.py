"""The bridge between coroutines and synchronous code; the only importer of greenlet.

`greenlet_spawn(function, ...)` is awaited by a coroutine and runs the function in a greenlet. When the
function, however deep, calls `await_only(awaitable)`, the greenlet stands still, the coroutine awaits
in its place, and the function goes on with the result. So one copy of synchronous code serves both.
"""

from __future__ import annotations

import asyncio
import sys
import weakref
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from orm import exc

try:
    import greenlet
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"orm.asyncio works with greenlet, which cannot be imported ({error}). Install it: "
        'pip install "flask-ormsession[async]"',
        name=error.name,
    ) from error

_T = TypeVar("_T")


class BridgeGreenlet(greenlet.greenlet):  # type: ignore[misc]
    """A greenlet whose parent is a coroutine that awaits on its behalf."""

    def __init__(self, function: Callable[..., Any]) -> None:
        driver = greenlet.getcurrent()
        super().__init__(function, driver)
        # context variables set by either side are seen by the other
        self.gr_context = driver.gr_context


def in_greenlet() -> bool:
    """Return whether the code runs below greenlet_spawn(), so that await_only() works."""
    return isinstance(greenlet.getcurrent(), BridgeGreenlet)


def await_only(awaitable: Awaitable[_T]) -> _T:
    """Return the result of an awaitable, from within a function run by greenlet_spawn().

    Raises exc.MissingGreenlet elsewhere, and what the awaitable raises.
    """
    current = greenlet.getcurrent()
    if not isinstance(current, BridgeGreenlet):
        if asyncio.iscoroutine(awaitable):
            awaitable.close()
        require_greenlet()
    result: _T = current.parent.switch(awaitable)
    return result


def require_greenlet() -> None:
    """Raise exc.MissingGreenlet where await_only() cannot work."""
    if not in_greenlet():
        raise exc.MissingGreenlet(
            "The database was needed outside of an awaited call: an asynchronous driver can only be "
            "used by code that is awaited. If an attribute was read that is not loaded, load it with the "
            "query, .options(selectinload(...)), or write `await obj.awaitable_attrs.name` (AsyncAttrs), "
            "or run the whole function by `await session.run_sync(function)`.",
            code="xd2s",
        )


async def greenlet_spawn(function: Callable[..., _T], /, *args: Any, **kwargs: Any) -> _T:
    """Run a synchronous function and return its result, awaiting what it gives to await_only().

    A cancellation reaches the function as the exception of its await_only().
    """
    context = BridgeGreenlet(function)
    result = context.switch(*args, **kwargs)
    while not context.dead:
        try:
            value = await result
        except BaseException:
            # the function may handle it, clean up with further awaits, or let it pass
            result = context.throw(*sys.exc_info())
        else:
            result = context.switch(value)
    made: _T = result
    return made


class AwaitedLock:
    """A lock for functions run by greenlet_spawn(): waiting for it does not stop the event loop.

    One per running event loop, so that it may be used by one loop after another.
    """

    __slots__ = ("_locks",)

    def __init__(self) -> None:
        self._locks: weakref.WeakKeyDictionary[Any, asyncio.Lock] = weakref.WeakKeyDictionary()

    def _lock(self) -> asyncio.Lock:
        return self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())

    def __enter__(self) -> None:
        await_only(self._lock().acquire())

    def __exit__(self, *exc_info: object) -> None:
        self._lock().release()
