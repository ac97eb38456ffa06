"""sessionmaker: a factory of sessions with the same settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar, overload

from orm import event, exc
from orm.event import Dispatch, own_dispatch
from orm.session.events import SessionDispatch
from orm.session.session import Session
from orm.util.typevars import T

_S = TypeVar("_S", bound=Session)


class SessionFactory(Generic[T]):
    """Settings, and a class of sessions made for them; calling it makes one."""

    class_: type[T]

    def __init__(
        self,
        bind: Any,
        class_: Any,
        *,
        autoflush: bool = True,
        expire_on_commit: bool = True,
        info: dict[Any, Any] | None = None,
        **kw: Any,
    ) -> None:
        kw.update(bind=bind, autoflush=autoflush, expire_on_commit=expire_on_commit)
        if info is not None:
            kw["info"] = info
        self.kw = kw
        self.class_ = type(class_.__name__, (class_,), {"__module__": class_.__module__})

    def __call__(self, **local_kw: Any) -> T:
        """Return a new session; arguments override those of the factory."""
        info = self.kw.get("info")
        if info is not None:
            local_kw["info"] = {**info, **local_kw.get("info", {})}
        return self.class_(**{**self.kw, **local_kw})

    def configure(self, **new_kw: Any) -> None:
        """Change the settings of sessions made from now on."""
        self.kw.update(new_kw)

    def __repr__(self) -> str:
        settings = ", ".join(f"{key}={value!r}" for key, value in self.kw.items())
        return f"{type(self).__name__}(class_={self.class_.__name__!r}, {settings})"


class sessionmaker(SessionFactory[_S]):
    """Calling it makes a Session with the settings given here; see Session for them.

    `class_`: the Session class to use. `.begin()` makes a session in a transaction. The
    sessions are of a subclass made here, so that events may be listened for on the factory.
    """

    @overload
    def __init__(self, bind: Any = ..., *, class_: type[_S], **kw: Any) -> None: ...
    @overload
    def __init__(self: sessionmaker[Session], bind: Any = ..., **kw: Any) -> None: ...
    def __init__(self, bind: Any = None, *, class_: Any = Session, **kw: Any) -> None:
        super().__init__(bind, class_, **kw)

    @contextmanager
    def begin(self) -> Iterator[_S]:
        """A context manager with a session in a transaction, committed at the end, then closed."""
        session = self()
        with session, session.begin():
            yield session


def _factory_dispatch(target: Any, name: str, options: dict[str, Any]) -> Dispatch:
    if isinstance(target, type):
        raise exc.InvalidRequestError(
            f"{target.__name__} is the class of factories, which have no events: listen to a factory "
            "that you made, or to all sessions by their class, event.listen(Session, ...)."
        )
    return own_dispatch(target.class_)


event.register_target(sessionmaker, SessionDispatch, _factory_dispatch)
