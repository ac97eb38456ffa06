"""scoped_session: one session per thread, or per whatever `scopefunc` tells apart."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from orm import event, exc
from orm.event import Dispatch, own_dispatch
from orm.session.events import SessionDispatch
from orm.session.session import Session

_S = TypeVar("_S", bound=Session)


class _ScopedSession(Generic[_S]):
    """A registry of sessions, which stands for the present one: its methods are forwarded.

    session_factory: a sessionmaker, or any callable that returns a session.
    scopefunc: returns a hashable token for the present scope; by default, the thread.
    """

    session_factory: Callable[..., _S]

    def __init__(
        self, session_factory: Callable[..., _S], scopefunc: Callable[[], Any] | None = None
    ) -> None:
        self.session_factory = session_factory
        self.registry: ThreadLocalRegistry | ScopedRegistry
        if scopefunc is None:
            self.registry = ThreadLocalRegistry(session_factory)
        else:
            self.registry = ScopedRegistry(session_factory, scopefunc)

    def __call__(self, **kw: Any) -> _S:
        """Return the present session, making it if there is none.

        Raises exc.InvalidRequestError for arguments when there is one already.
        """
        if kw:
            if self.registry.has():
                raise exc.InvalidRequestError(
                    "This scope has its session already, so arguments come too late. Call "
                    "remove() first, or configure the session factory."
                )
            self.registry.set(self.session_factory(**kw))
        session: _S = self.registry()
        return session

    def remove(self) -> None:
        """Close the present session, if there is one, and forget it."""
        if self.registry.has():
            self.registry().close()
        self.registry.clear()

    def configure(self, **kwargs: Any) -> None:
        """Change the settings of the factory."""
        factory: Any = self.session_factory
        factory.configure(**kwargs)

    def query_property(self, query_cls: Any = None) -> Any:
        """Return a descriptor which gives each mapped class a `query` of the present session."""
        scope = self

        class QueryProperty:
            def __get__(self, instance: Any, owner: type) -> Any:
                session: Any = scope()
                if query_cls is not None:
                    return query_cls(owner, session=session)
                return session.query(owner)

        return QueryProperty()

    def __contains__(self, instance: object) -> bool:
        return instance in self.registry()

    def __iter__(self) -> Any:
        return iter(self.registry())


if TYPE_CHECKING:

    class scoped_session(_ScopedSession[_S], Session):
        """For type checkers: what the present session has, the registry has too."""

    class ForwardingScope:
        """Forwards what it lacks to the present session."""

else:

    class ForwardingScope:
        """Forwards what it lacks to the present session."""

        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            return getattr(self.registry(), name)

        def __setattr__(self, name, value):
            if name in ("session_factory", "registry"):
                object.__setattr__(self, name, value)
            else:
                setattr(self.registry(), name, value)

        def __repr__(self):
            return f"<{type(self).__name__} of {self.session_factory!r}>"

    class scoped_session(ForwardingScope, _ScopedSession[_S]):
        """A registry of sessions, one per scope; it stands for the present one."""


class ScopedRegistry:
    """Objects made on demand, one per token of `scopefunc`."""

    def __init__(self, createfunc: Callable[[], Any], scopefunc: Callable[[], Any]) -> None:
        self.createfunc = createfunc
        self.scopefunc = scopefunc
        self.registry: dict[Any, Any] = {}

    def __call__(self) -> Any:
        token = self.scopefunc()
        try:
            return self.registry[token]
        except KeyError:
            return self.registry.setdefault(token, self.createfunc())

    def has(self) -> bool:
        """Return whether the present scope has an object."""
        return self.scopefunc() in self.registry

    def set(self, obj: Any) -> None:
        """Give the present scope an object."""
        self.registry[self.scopefunc()] = obj

    def clear(self) -> None:
        """Forget the present scope's object."""
        self.registry.pop(self.scopefunc(), None)


class ThreadLocalRegistry:
    """Objects made on demand, one per thread; they go with their thread."""

    def __init__(self, createfunc: Callable[[], Any]) -> None:
        self.createfunc = createfunc
        self._local = threading.local()

    def __call__(self) -> Any:
        try:
            return self._local.value
        except AttributeError:
            self._local.value = self.createfunc()
            return self._local.value

    def has(self) -> bool:
        """Return whether this thread has an object."""
        return hasattr(self._local, "value")

    def set(self, obj: Any) -> None:
        """Give this thread an object."""
        self._local.value = obj

    def clear(self) -> None:
        """Forget this thread's object."""
        if self.has():
            del self._local.value


def _scoped_dispatch(target: Any, name: str, options: dict[str, Any]) -> Dispatch:
    if isinstance(target, type):
        raise exc.InvalidRequestError(
            f"{target.__name__} is a class of registries, which have no events: listen to a registry "
            "that you made, or to all sessions by their class, event.listen(Session, ...)."
        )
    factory = target.session_factory
    return own_dispatch(getattr(factory, "class_", factory))


event.register_target(_ScopedSession, SessionDispatch, _scoped_dispatch)
