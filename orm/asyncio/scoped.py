"""async_scoped_session: one AsyncSession per task, or per whatever `scopefunc` tells apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from orm import exc
from orm.asyncio.session import AsyncSession, async_sessionmaker
from orm.session.scoped import ForwardingScope, ScopedRegistry

_AS = TypeVar("_AS", bound=AsyncSession)


class _AsyncScoped(Generic[_AS]):
    """A registry of sessions, which stands for the present one: its methods are forwarded.

    session_factory: an async_sessionmaker. scopefunc: returns a hashable token for the present
    scope, `asyncio.current_task` as a rule; call remove() at its end, or the session stays.
    """

    def __init__(
        self, session_factory: async_sessionmaker[_AS], scopefunc: Callable[[], Any]
    ) -> None:
        self.session_factory = session_factory
        self.registry = ScopedRegistry(session_factory, scopefunc)

    def __call__(self, **kw: Any) -> _AS:
        """Return the present session, making it if there is none.

        Raises exc.InvalidRequestError for arguments when there is one already.
        """
        if kw:
            if self.registry.has():
                raise exc.InvalidRequestError(
                    "This scope has its session already, so arguments come too late. Await remove() "
                    "first, or configure the session factory."
                )
            self.registry.set(self.session_factory(**kw))
        session: _AS = self.registry()
        return session

    async def remove(self) -> None:
        """Close the present session, if there is one, and forget it."""
        if self.registry.has():
            await self.registry().close()
        self.registry.clear()

    def configure(self, **kwargs: Any) -> None:
        """Change the settings of the factory."""
        self.session_factory.configure(**kwargs)

    def __contains__(self, instance: object) -> bool:
        return instance in self.registry()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.registry())


if TYPE_CHECKING:

    class async_scoped_session(_AsyncScoped[_AS], AsyncSession):
        """For type checkers: what the present session has, the registry has too."""

else:

    class async_scoped_session(ForwardingScope, _AsyncScoped[_AS]):
        """A registry of sessions, one per scope; it stands for the present one."""
