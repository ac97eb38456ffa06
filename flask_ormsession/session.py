"""The session of an app context: where it is kept, how it is opened, ended and closed.

`SessionScope` lives in the context's `g` and holds at most one session; `db.session` is a
`ContextSession`, which passes everything on to the session of the current scope.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, g, has_app_context

from flask_ormsession import read_first, signals, tracking, transaction
from flask_ormsession.binds import make_bind_key_session, refuse_other_binds
from flask_ormsession.errors import ConfigError, make_no_context_error, make_not_initialised_error
from flask_ormsession.query import ModelQuery
from flask_ormsession.state import AppState, get_app, get_state
from orm import Engine, Session, event, sessionmaker

if TYPE_CHECKING:
    from flask_ormsession.config import Settings
    from flask_ormsession.extension import Database

SCOPE = "_ormsession_scope"

logger = logging.getLogger("flask_ormsession")


class SessionScope:
    """What one app context knows of the database.

    session: the session, once used. queries: what was recorded. query_count, query_s: how many
    statements of this request were noticed, and how long they took. watch: the shell's.
    """

    __slots__ = ("app", "queries", "query_count", "query_s", "session", "state", "watch")

    def __init__(self, app: Flask, state: AppState) -> None:
        self.app = app
        self.state = state
        self.session: Session | None = None
        self.queries: list[Any] | None = None
        self.query_count = 0
        self.query_s = 0.0
        self.watch: Any = None

    def __repr__(self) -> str:
        return f"<SessionScope of {self.app.name!r}: {self.session!r}>"

    def open(self) -> Session:
        """Return the session of the context, opened on first use; no I/O."""
        session = self.session
        if session is None:
            if not self.state.binds_checked:
                check_binds(self.state)
            session = self.session = self.state.session_factory()
            if self.state.reads_first:
                read_first.prepare(session, self)
            if self.watch is not None:
                self.watch.attach(session)
            if signals.session_opened.receivers:
                signals.session_opened.send(self.app, session=session)
        return session

    def roll_back(self) -> None:
        """Undo what is not committed. A session that cannot even do that is thrown away."""
        session = self.session
        if session is None:
            return
        try:
            session.rollback()
        except Exception:
            logger.warning("the rollback failed; its connection is thrown away", exc_info=True)
            self.session = None
            session.invalidate()

    def close(self, reason: str = "its app context ended, and its session with it") -> None:
        """Close the session if there is one. Its connection is back in the pool afterwards.

        reason: completes "the object is in no session, since ..." in later errors.
        """
        session, self.session = self.session, None
        if session is not None:
            session.close_reason = reason
            close_session(self.app, session)

    @contextmanager
    def nested(self) -> Iterator[Session]:
        """Put a session of its own in place of the present one, commit or roll it back, close it."""
        outer, self.session = self.session, None
        try:
            session = self.open()
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise
        finally:
            self.close("the block or function that its session was for ended")
            self.session = outer


def close_session(app: Flask, session: Session) -> None:
    """Close a session and announce it, also when closing fails."""
    try:
        session.close()
    finally:
        if signals.session_closed.receivers:
            signals.session_closed.send(app, session=session)


def has_unsaved_changes(session: Session) -> bool:
    """Whether there are new, changed or deleted objects which were not flushed."""
    return bool(session.new or session.deleted or session.dirty)


def find_space() -> Any:
    """Return the `g` of the current app context, not its proxy; None without a context."""
    return g._get_current_object() if has_app_context() else None


def find_scope() -> SessionScope | None:
    """Return the scope of the current app context, or None if it has none (yet)."""
    space = find_space()
    return None if space is None else space.get(SCOPE)


def make_scope() -> SessionScope:
    """Return the scope of the current app context, making it if need be.

    Raises NotInitialisedError if the app does not know a Database.
    """
    space: Any = g._get_current_object()
    scope: SessionScope | None = space.get(SCOPE)
    if scope is None:
        app = get_app()
        scope = SessionScope(app, get_state(app))
        setattr(space, SCOPE, scope)
    return scope


def get_scope(db: Database[Any], name: str) -> SessionScope:
    """Return the current scope for the use of `db.<name>`.

    Raises NoContextError without an app context, NotInitialisedError for an app of another Database.
    """
    if not has_app_context():
        raise make_no_context_error(name)
    scope = make_scope()
    if scope.state.db is not db:
        raise make_not_initialised_error(scope.app.name)
    return scope


if TYPE_CHECKING:

    class ContextSession(Session):
        """The session of the current app context, with all that a Session has."""

        def __call__(self) -> Session: ...

        def remove(self) -> None: ...

else:

    class ContextSession:
        """The session of the current app context: passes everything on to it.

        Calling it returns the Session itself; `remove()` closes it, and the next use opens another.
        Raises NoContextError where there is no app context.
        """

        __slots__ = ("_db",)

        def __init__(self, db: Database[Any]) -> None:
            object.__setattr__(self, "_db", db)

        def __call__(self) -> Session:
            return get_scope(self._db, "session").open()

        def remove(self) -> None:
            get_scope(self._db, "session").close("db.session.remove() closed its session")

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return getattr(get_scope(self._db, "session").open(), name)

        def __setattr__(self, name: str, value: Any) -> None:
            setattr(self(), name, value)

        def __contains__(self, instance: object) -> bool:
            return instance in self()

        def __iter__(self) -> Iterator[object]:
            return iter(self())

        def __repr__(self) -> str:
            scope = find_scope()
            held = (
                "no app context"
                if not has_app_context()
                else repr(scope.session if scope else None)
            )
            return f"<ContextSession: {held}>"


SessionDispatch: Any = type(event.own_dispatch(Session))


class SessionEvents:
    """What is listened for on `db.session`: it holds for the sessions of every app of a Database,
    also of those that come later, since listeners are mostly given where the models are."""

    def __init__(self) -> None:
        self._own = SessionDispatch()
        self._factories: weakref.WeakSet[sessionmaker[Session]] = weakref.WeakSet()

    def add_factory(self, factory: sessionmaker[Session]) -> None:
        """Let the sessions of one more app be heard."""
        event.own_dispatch(factory.class_).adopt_listeners(self._own)
        self._factories.add(factory)

    def find(self) -> list[event.Dispatch]:
        """Return where a listener is added, or removed."""
        return [self._own, *(event.own_dispatch(each.class_) for each in self._factories)]


def _find_dispatches(target: Any, _name: str, _options: Any) -> list[event.Dispatch]:
    db: Database[Any] = object.__getattribute__(target, "_db")
    return db.session_events.find()


event.register_target(ContextSession, SessionDispatch, _find_dispatches)


def make_context_session(db: Database[Any]) -> ContextSession:
    """Return the proxy which is `db.session`."""
    # To type checkers it is a Session, whose constructor takes other arguments.
    return cast("Any", ContextSession)(db)  # type: ignore[no-any-return]


def make_session_factory(
    app: Flask, settings: Settings, engines: Mapping[str | None, Engine]
) -> sessionmaker[Session]:
    """Return the factory of an app's sessions, which choose their database by `__bind_key__`."""
    options = dict(settings.session_options)
    class_ = options.pop("class_", Session)
    options.setdefault("query_cls", ModelQuery)
    if settings.lazy_loads is not None:
        options["lazy_loads"] = settings.lazy_loads
    files = read_first.find_files(engines)
    if len(engines) > 1:
        # A session with one engine skips the choice altogether.
        class_ = make_bind_key_session(class_, engines, files)
    if files:
        class_ = read_first.make_read_first_session(class_)
    if settings.track_modifications:
        class_ = tracking.make_tracked_session(class_)
    factory: sessionmaker[Session] = sessionmaker(engines[None], class_=class_, **options)
    _check_options(factory, options)
    transaction.listen_to_ends(app, factory)
    if files:
        read_first.install(factory)
    return factory


def check_binds(state: AppState) -> None:
    """Before an app's first session: if models have bind keys and the app one database, which sessions
    use without a choice, let them refuse those models."""
    state.binds_checked = True
    if len(state.engines) == 1 and len(state.db.metadatas) > 1:
        refuse_other_binds(state.session_factory.class_, state.engines)


def _check_options(factory: sessionmaker[Session], options: Mapping[str, Any]) -> None:
    """Raise ConfigError for options that no session takes, rather than at the first request."""
    try:
        factory().close()
    except TypeError as error:
        given = ", ".join(map(repr, options))
        raise ConfigError(
            f"A session cannot be made with ORM_SESSION_OPTIONS, or the session_options of Database "
            f"({given}): {error}"
        ) from error
