"""AsyncSession, its factory, and what belongs to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from functools import wraps
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Concatenate,
    Generic,
    LiteralString,
    ParamSpec,
    Self,
    TypeVar,
    overload,
)

from orm import exc
from orm.asyncio.connection import AsyncConnection
from orm.asyncio.engine import AsyncEngine, refuse_events
from orm.asyncio.exc import AsyncContextNotStarted, AsyncMethodRequired
from orm.asyncio.proxies import Face
from orm.asyncio.result import AsyncResult, AsyncScalarResult, ensure_buffered
from orm.asyncio.starting import Opening, Startable
from orm.engine.connection import Connection
from orm.engine.engine import Engine
from orm.engine.fetching import ScalarResult
from orm.event.targets import register_target
from orm.session import (
    Session,
    SessionTransaction,
    close_all_sessions as close_all_sync,
    object_session,
)
from orm.session.events import SessionDispatch
from orm.session.factory import SessionFactory
from orm.state import IdentityMap
from orm.util.collections import EMPTY_MAP, IdentitySet
from orm.util.concurrency import greenlet_spawn
from orm.util.typevars import T0, Rest, Ts

if TYPE_CHECKING:
    from orm.engine.cursor import CursorResult
    from orm.engine.result import Result
    from orm.sql.dml import Delete, Insert, Update
    from orm.sql.executable import Executable
    from orm.sql.subquery import TypedReturnsRows

_T = TypeVar("_T")
_V = TypeVar("_V")
_P = ParamSpec("_P")
_AS = TypeVar("_AS", bound="AsyncSession")


class _Forwarded(Generic[_V]):
    """An attribute of the AsyncSession that is the synchronous session's."""

    def __init__(self, writable: bool = False) -> None:
        self._writable = writable

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name
        self.__doc__ = getattr(getattr(Session, name, None), "__doc__", None)

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: Any) -> _V: ...
    def __get__(self, instance: Any, owner: Any) -> Any:
        return self if instance is None else getattr(instance.sync_session, self._name)

    def __set__(self, instance: Any, value: _V) -> None:
        if not self._writable:
            raise AttributeError(f"AsyncSession.{self._name} cannot be set.")
        setattr(instance.sync_session, self._name, value)


def _forward(method: Callable[Concatenate[Session, _P], _V]) -> Callable[Concatenate[Any, _P], _V]:
    """Return the method for the AsyncSession; it does no I/O."""
    name = method.__name__

    @wraps(method)
    def forwarded(session: Any, /, *args: _P.args, **kwargs: _P.kwargs) -> _V:
        # by name: the synchronous session may be of a subclass
        made: _V = getattr(session.sync_session, name)(*args, **kwargs)
        return made

    return forwarded


class AsyncSession(Face[Session], root=True):
    """A Session whose work with the database is awaited; for one task at a time.

    bind, binds: AsyncEngine or AsyncConnection, or a dict to such by class or table. kw: as for
    Session. sync_session_class: the class of `sync_session`, the Session behind it, to which events
    are listened for. Objects load what they lack only within awaited calls: see AsyncAttrs.
    """

    sync_session_class: ClassVar[type[Session]] = Session

    # what does no I/O is the synchronous session's own
    add = _forward(Session.add)
    add_all = _forward(Session.add_all)
    expire = _forward(Session.expire)
    expire_all = _forward(Session.expire_all)
    expunge = _forward(Session.expunge)
    expunge_all = _forward(Session.expunge_all)
    is_modified = _forward(Session.is_modified)
    in_transaction = _forward(Session.in_transaction)
    in_nested_transaction = _forward(Session.in_nested_transaction)
    no_autoflush = _Forwarded[AbstractContextManager[Session]]()
    is_active = _Forwarded[bool]()
    identity_map = _Forwarded[IdentityMap]()
    new = _Forwarded[IdentitySet[Any]]()
    dirty = _Forwarded[IdentitySet[Any]]()
    deleted = _Forwarded[IdentitySet[Any]]()
    info = _Forwarded[dict[Any, Any]]()
    autoflush = _Forwarded[bool](writable=True)

    def __init__(
        self,
        bind: AsyncEngine | AsyncConnection | None = None,
        *,
        binds: Mapping[Any, Any] | None = None,
        sync_session_class: type[Session] | None = None,
        **kw: Any,
    ) -> None:
        self.bind = bind
        self.binds = binds
        self._user: asyncio.Task[Any] | None = None
        self._depth = 0
        kind = sync_session_class or self.sync_session_class
        self.sync_session: Session = self._remember(
            kind(
                bind=_sync_bind(bind),
                binds={key: _sync_bind(value) for key, value in binds.items()} if binds else None,
                **kw,
            )
        )

    def _target(self) -> Session:
        return self.sync_session

    async def _run(self, function: Callable[..., _T], /, *args: Any, **kwargs: Any) -> _T:
        """Run a method of the synchronous session; refuse while another task does."""
        task = asyncio.current_task()
        if self._depth and self._user is not task:
            raise self._collision(task)
        self._user = task
        self._depth += 1
        try:
            return await greenlet_spawn(function, *args, **kwargs)
        finally:
            self._depth -= 1

    def _collision(self, task: Any) -> exc.IllegalStateChangeError:
        return exc.IllegalStateChangeError(
            "This AsyncSession is in use by two tasks at once: "
            f"{_describe(self._user)}, and {_describe(task)}. Give each task a session of its own: "
            "async_sessionmaker()() or async_scoped_session.",
        )

    def __contains__(self, instance: object) -> bool:
        return instance in self.sync_session

    def __iter__(self) -> Iterator[Any]:
        return iter(self.sync_session)

    async def __aenter__(self: _AS) -> _AS:
        return self

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        # also when the task is being cancelled: the connection has to go back
        await asyncio.shield(asyncio.create_task(self.close()))

    # -- executing -------------------------------------------------------------------------------

    async def run_sync(self, fn: Callable[..., _T], *arg: Any, **kw: Any) -> _T:
        """Run `fn(session, ...)` with the synchronous Session; lazy loads work within it."""
        return await self._run(fn, self.sync_session, *arg, **kw)

    @overload
    async def execute(
        self,
        statement: Insert[*Ts] | Update[*Ts] | Delete[*Ts],
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> CursorResult[*Ts]: ...
    @overload
    async def execute(
        self,
        statement: TypedReturnsRows[*Ts],
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Result[*Ts]: ...
    @overload
    async def execute(
        self,
        statement: Executable | LiteralString,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Result: ...
    async def execute(
        self,
        statement: Executable | LiteralString,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Any:
        """Execute a statement and return its Result, objects and all in memory.

        Arguments as for Session.execute(). Raises AsyncMethodRequired with stream_results or yield_per.
        """
        own = getattr(statement, "_execution_options", EMPTY_MAP)
        for name in ("stream_results", "yield_per"):
            if execution_options.get(name, own.get(name)):
                raise AsyncMethodRequired(
                    f"{name} keeps rows on the server, and the result of execute() cannot be awaited: use "
                    "session.stream() or session.stream_scalars()."
                )
        result = await self._run(
            self.sync_session.execute,
            statement,
            params,
            execution_options=execution_options,
            bind_arguments=bind_arguments,
        )
        return await ensure_buffered(result, "AsyncSession.execute")

    @overload
    async def scalars(
        self,
        statement: TypedReturnsRows[T0, *Rest],
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> ScalarResult[T0]: ...
    @overload
    async def scalars(
        self,
        statement: Executable | LiteralString,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> ScalarResult[Any]: ...
    async def scalars(
        self, statement: Executable | LiteralString, params: Any = None, **kw: Any
    ) -> Any:
        """Execute and return the first value of each row."""
        return (await self.execute(statement, params, **kw)).scalars()

    @overload
    async def scalar(
        self,
        statement: TypedReturnsRows[T0, *Rest],
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> T0 | None: ...
    @overload
    async def scalar(
        self,
        statement: Executable | LiteralString,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Any: ...
    async def scalar(
        self, statement: Executable | LiteralString, params: Any = None, **kw: Any
    ) -> Any:
        """Execute and return the first value of the first row, None without rows."""
        return (await self.execute(statement, params, **kw)).scalar()

    @overload
    def stream(
        self,
        statement: TypedReturnsRows[*Ts],
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Opening[AsyncResult[*Ts]]: ...
    @overload
    def stream(
        self,
        statement: Executable | LiteralString,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Opening[AsyncResult]: ...
    def stream(
        self,
        statement: Executable | LiteralString,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Any:
        """Execute with a server-side cursor, and return an AsyncResult when awaited or entered.

        Objects are made in portions with the option yield_per, and all at once without.
        """
        own = getattr(statement, "_execution_options", EMPTY_MAP)
        options = dict(execution_options)
        if not options.get("yield_per", own.get("yield_per")):
            options["stream_results"] = True

        async def run() -> AsyncResult:
            result = await self._run(
                self.sync_session.execute,
                statement,
                params,
                execution_options=options,
                bind_arguments=bind_arguments,
            )
            return AsyncResult(result)

        return Opening(run)

    @overload
    def stream_scalars(
        self,
        statement: TypedReturnsRows[T0, *Rest],
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Opening[AsyncScalarResult[T0]]: ...
    @overload
    def stream_scalars(
        self,
        statement: Executable | LiteralString,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Opening[AsyncScalarResult[Any]]: ...
    def stream_scalars(
        self, statement: Executable | LiteralString, params: Any = None, **kw: Any
    ) -> Any:
        """The same, giving the first value of each row."""
        opening = self.stream(statement, params, **kw)

        async def run() -> AsyncScalarResult[Any]:
            return (await opening).scalars()

        return Opening(run)

    async def get(self, entity: type[_T], ident: Any, **options: Any) -> _T | None:
        """Return the object with a primary key, or None; arguments as for Session.get()."""
        return await self._run(self.sync_session.get, entity, ident, **options)

    async def get_one(self, entity: type[_T], ident: Any, **options: Any) -> _T:
        """The same; raises exc.NoResultFound if there is none."""
        return await self._run(self.sync_session.get_one, entity, ident, **options)

    async def refresh(
        self,
        instance: object,
        attribute_names: Iterable[str] | None = None,
        with_for_update: Any = None,
    ) -> None:
        """Load an object's attributes anew."""
        await self._run(self.sync_session.refresh, instance, attribute_names, with_for_update)

    async def delete(self, instance: object) -> None:
        """Mark an object for deletion; what its cascades need is loaded."""
        await self._run(self.sync_session.delete, instance)

    async def delete_all(self, instances: Iterable[object]) -> None:
        """The same for each."""
        await self._run(self.sync_session.delete_all, instances)

    async def merge(self, instance: _T, *, load: bool = True, options: Any = None) -> _T:
        """Copy an object's state onto the session's own, and return that."""
        return await self._run(self.sync_session.merge, instance, load=load, options=options)

    async def merge_all(self, instances: Iterable[_T], **options: Any) -> Sequence[_T]:
        """The same for each."""
        return await self._run(self.sync_session.merge_all, instances, **options)

    async def upsert(
        self, objects: Iterable[_T], on: Any = None, *, update: Any = None
    ) -> Sequence[_T]:
        """Insert objects, or update the rows that are there; arguments as for Session.upsert()."""
        return await self._run(self.sync_session.upsert, objects, on, update=update)

    async def get_or_create(
        self, entity: type[_T], defaults: Mapping[str, Any] | None = None, **by: Any
    ) -> tuple[_T, bool]:
        """Return the object with these attributes and whether it was made; see Session.get_or_create()."""
        return await self._run(self.sync_session.get_or_create, entity, defaults, **by)

    async def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what is new, changed or deleted."""
        await self._run(self.sync_session.flush, objects)

    # -- transactions ----------------------------------------------------------------------------

    def begin(self) -> AsyncSessionTransaction:
        """Begin a transaction, when awaited or entered; a block commits at its end."""
        return AsyncSessionTransaction(self)

    def begin_nested(self) -> AsyncSessionTransaction:
        """Set a savepoint, when awaited or entered."""
        return AsyncSessionTransaction(self, nested=True)

    def get_transaction(self) -> AsyncSessionTransaction | None:
        """Return the transaction in progress, or None."""
        found = self.sync_session.get_transaction()
        return None if found is None else AsyncSessionTransaction._face_of(found)

    def get_nested_transaction(self) -> AsyncSessionTransaction | None:
        """Return the innermost savepoint in progress, or None."""
        found = self.sync_session.get_nested_transaction()
        return None if found is None else AsyncSessionTransaction._face_of(found)

    async def connection(
        self,
        bind_arguments: Mapping[str, Any] | None = None,
        execution_options: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> AsyncConnection:
        """Return the AsyncConnection of this session's transaction, beginning it if need be."""
        found: Connection = await self._run(
            self.sync_session.connection, bind_arguments, execution_options
        )
        made = AsyncConnection._face_of(found)
        assert made is not None
        return made

    async def commit(self) -> None:
        """Flush and commit."""
        await self._run(self.sync_session.commit)

    async def rollback(self) -> None:
        """Roll back."""
        await self._run(self.sync_session.rollback)

    async def close(self) -> None:
        """Roll back what was not committed, and let go of objects and connections."""
        await self._run(self.sync_session.close)

    async def aclose(self) -> None:
        """The same as close()."""
        await self.close()

    async def reset(self) -> None:
        """Close, ready to be used again."""
        await self._run(self.sync_session.reset)

    async def invalidate(self) -> None:
        """Close, throwing the database connections away."""
        await self._run(self.sync_session.invalidate)

    def get_bind(self, mapper: Any = None, **kw: Any) -> Engine | Connection:
        """Return the synchronous Engine or Connection for a mapper or a statement.

        To route statements override Session.get_bind() in a class given as sync_session_class.
        """
        found: Engine | Connection = self.sync_session.get_bind(mapper, **kw)
        return found

    @classmethod
    async def close_all(cls) -> None:
        """Close all sessions of the process."""
        await close_all_sessions()

    @classmethod
    def object_session(cls, instance: object) -> Session | None:
        """Return the synchronous session of an object; async_object_session() gives this kind."""
        return object_session(instance)

    @classmethod
    def identity_key(cls, *args: Any, **kw: Any) -> Any:
        """Return an identity key; arguments as for Session.identity_key()."""
        return Session.identity_key(*args, **kw)


class AsyncSessionTransaction(Startable, Face[SessionTransaction], root=True):
    """A transaction or savepoint of an AsyncSession.

    sync_transaction: the SessionTransaction behind it, None before it is started.
    """

    __slots__ = ("nested", "session", "sync_transaction")

    def __init__(self, session: AsyncSession, nested: bool = False) -> None:
        self.session = session
        self.nested = nested
        self.sync_transaction: SessionTransaction | None = None

    def _target(self) -> SessionTransaction | None:
        return self.sync_transaction

    @classmethod
    def _make_face(cls, target: SessionTransaction) -> AsyncSessionTransaction:
        session = AsyncSession._face_of(target.session, make=False)
        assert session is not None
        made = cls(session, target.nested)
        made.sync_transaction = made._remember(target)
        return made

    @property
    def _sync(self) -> SessionTransaction:
        if self.sync_transaction is None:
            raise AsyncContextNotStarted(
                "This transaction has not begun: write `async with session.begin():` or "
                "`transaction = await session.begin()`."
            )
        return self.sync_transaction

    async def start(self, is_ctxmanager: bool = False) -> Self:
        """Begin; what awaiting or entering does."""
        sync = self.session.sync_session
        begin: Any = sync.begin_nested if self.nested else sync.begin
        self.sync_transaction = self._remember(await self.session._run(begin))
        return self

    async def _leave(self, kind: Any, error: Any, trace: Any) -> None:
        await self.session._run(self._sync.__exit__, kind, error, trace)

    @property
    def is_active(self) -> bool:
        """Whether statements may be executed in it."""
        return self.sync_transaction is not None and self.sync_transaction.is_active

    async def commit(self) -> None:
        """Commit."""
        await self.session._run(self._sync.commit)

    async def rollback(self) -> None:
        """Roll back."""
        await self.session._run(self._sync.rollback)


class async_sessionmaker(SessionFactory[_AS]):
    """Calling it makes an AsyncSession with the settings given here; see AsyncSession for them.

    `class_`: the AsyncSession class to use.
    """

    @overload
    def __init__(self, bind: Any = ..., *, class_: type[_AS], **kw: Any) -> None: ...
    @overload
    def __init__(self: async_sessionmaker[AsyncSession], bind: Any = ..., **kw: Any) -> None: ...
    def __init__(self, bind: Any = None, *, class_: Any = AsyncSession, **kw: Any) -> None:
        super().__init__(bind, class_, **kw)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[_AS]:
        """Give a session in a transaction, committed at the end of the block, then closed."""
        session = self()
        async with session, session.begin():
            yield session


def async_session(session: Session) -> AsyncSession | None:
    """Return the AsyncSession in front of a Session, None if there is none."""
    return AsyncSession._face_of(session, make=False)


def async_object_session(instance: object) -> AsyncSession | None:
    """Return the AsyncSession that an object is in, or None."""
    session = object_session(instance)
    return None if session is None else async_session(session)


async def close_all_sessions() -> None:
    """Close all sessions of the process."""
    await greenlet_spawn(close_all_sync)


def _sync_bind(bind: Any) -> Any:
    if isinstance(bind, AsyncEngine):
        return bind.sync_engine
    if isinstance(bind, AsyncConnection):
        return bind._sync
    if bind is not None and not isinstance(bind, (Engine, Connection)):
        raise exc.ArgumentError(
            f"An AsyncSession is bound to an AsyncEngine or AsyncConnection, not to {bind!r:.80}."
        )
    return bind


def _describe(task: Any) -> str:
    frames = task.get_stack(limit=1) if task is not None else ()
    place = f" at {frames[0].f_code.co_filename}:{frames[0].f_lineno}" if frames else ""
    name = task.get_name() if task is not None else "code outside of any task"
    return f"{name}{place}"


for _kind in (AsyncSession, async_sessionmaker):
    register_target(_kind, SessionDispatch, refuse_events)
