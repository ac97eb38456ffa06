"""AsyncAttrs: attributes that are not loaded yet, awaited."""

from __future__ import annotations

from typing import Any

from orm import exc
from orm.asyncio.session import async_object_session
from orm.util.concurrency import greenlet_spawn


class AsyncAttrs:
    """A base for mapped classes whose objects have `awaitable_attrs`.

    `await user.awaitable_attrs.posts` is `user.posts`, loading it if need be.
    """

    __slots__ = ()

    @property
    def awaitable_attrs(self) -> AwaitableAttributes:
        """The attributes of this object, as something to await."""
        return AwaitableAttributes(self)


class AwaitableAttributes:
    """Gives each attribute of an object as a coroutine."""

    __slots__ = ("_instance",)

    def __init__(self, instance: Any) -> None:
        self._instance = instance

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._load(name)

    async def _load(self, name: str) -> Any:
        instance = self._instance
        session = async_object_session(instance)
        if session is None:
            return await greenlet_spawn(getattr, instance, name)
        return await session._run(getattr, instance, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_instance":
            object.__setattr__(self, name, value)
            return
        raise exc.InvalidRequestError(
            f"awaitable_attrs is for reading: write obj.{name} = ... to set it."
        )
