"""`Database`: what an application imports.

    db = Database()

    def create_app() -> Flask:
        app = Flask(__name__)
        app.config["ORM_DATABASE_URL"] = "postgresql+psycopg://shop@localhost/shop"
        db.init_app(app)
        return app

One object serves any number of apps; everything that belongs to an app is in its `AppState`.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Generic, Literal, ParamSpec, TypeVar, cast, overload

from flask import Flask, Response, current_app, has_app_context, has_request_context

import orm
from flask_ormsession import (
    integrity,
    keyset,
    lifecycle,
    lookups,
    problems,
    read_first,
    recording,
    retry as retry_,
    shell,
    tracking,
    transaction,
    versions,
)
from flask_ormsession.config import read_settings
from flask_ormsession.engines import make_engines
from flask_ormsession.errors import NotInitialisedError, make_no_context_error
from flask_ormsession.keyset import KeysetPage
from flask_ormsession.migrate.commands import db_cli
from flask_ormsession.migrate.settings import Migrations
from flask_ormsession.model import (
    Model as PlainModel,
    complete_base,
    explain_two_bases,
    get_metadata,
    has_tables,
    make_base,
)
from flask_ormsession.pagination import Pagination, choose_per_page, count_items, paginate
from flask_ormsession.query import ModelQuery
from flask_ormsession.session import (
    ContextSession,
    SessionEvents,
    find_scope,
    get_scope,
    make_context_session,
    make_session_factory,
)
from flask_ormsession.state import EXTENSION_KEY, AppState, get_app, get_state
from orm import Engine, MetaData, Select, Session, exc

M = TypeVar("M")
R = TypeVar("R", bound=Response)
T = TypeVar("T")
P = ParamSpec("P")


class Database(Generic[M]):
    """The database of one or more Flask apps.

    app: call `init_app` for it at once.
    model_class: what to use as `db.Model`: `flask_ormsession.Model`, a declarative base of your own, or
    a mixin for one. By default a new base below Model, with tables of its own.
    metadata: the MetaData of the models (a naming convention, a schema).
    engine_options, session_options: defaults for the keys ORM_ENGINE_OPTIONS, ORM_SESSION_OPTIONS.
    query_class: of `Model.query`, `db.session.query()` and dynamic relationships.
    add_models_to_shell: False leaves `flask shell` as it is.
    disable_autonaming: models name their tables themselves.
    """

    Model: type[M]
    session: ContextSession

    @overload
    def __init__(
        self: Database[PlainModel],
        app: Flask | None = None,
        *,
        model_class: None = None,
        metadata: MetaData | None = None,
        engine_options: Mapping[str, Any] | None = None,
        session_options: Mapping[str, Any] | None = None,
        query_class: type[orm.Query[Any]] | None = None,
        add_models_to_shell: bool = True,
        disable_autonaming: bool = False,
    ) -> None: ...

    @overload
    def __init__(
        self,
        app: Flask | None = None,
        *,
        model_class: type[M],
        metadata: MetaData | None = None,
        engine_options: Mapping[str, Any] | None = None,
        session_options: Mapping[str, Any] | None = None,
        query_class: type[orm.Query[Any]] | None = None,
        add_models_to_shell: bool = True,
        disable_autonaming: bool = False,
    ) -> None: ...

    def __init__(
        self,
        app: Flask | None = None,
        *,
        model_class: type[M] | None = None,
        metadata: MetaData | None = None,
        engine_options: Mapping[str, Any] | None = None,
        session_options: Mapping[str, Any] | None = None,
        query_class: type[orm.Query[Any]] | None = None,
        add_models_to_shell: bool = True,
        disable_autonaming: bool = False,
    ) -> None:
        self._adopts = model_class is None and metadata is None and not disable_autonaming
        if model_class is None:
            model_class = cast("type[M]", make_base(metadata, autonaming=not disable_autonaming))
        else:
            model_class = complete_base(model_class, metadata, autonaming=not disable_autonaming)
        self.Model = model_class
        self.session = make_context_session(self)
        self.session_events = SessionEvents()
        self.migrations = Migrations()
        self.vetoes: list[lifecycle.Veto] = []
        self._add_models_to_shell = add_models_to_shell
        self._engine_options = dict(engine_options or {})
        self._session_options = {"query_cls": query_class or ModelQuery, **(session_options or {})}
        self.Query: type[orm.Query[Any]] = self._session_options["query_cls"]
        if query_class is not None:
            cast("Any", self.Model).query_class = query_class
        if app is not None:
            self.init_app(app)

    def __repr__(self) -> str:
        scope = find_scope()
        return "<Database>" if scope is None else f"<Database {scope.state.engines[None].url!r}>"

    def init_app(self, app: Flask) -> None:
        """Read the app's configuration, make its engines, and hang into its requests.

        No connection is made. Raises ConfigError for what cannot be used, NotInitialisedError
        if the app has a Database already, and what create_engine raises for a wrong URL.
        """
        if EXTENSION_KEY in app.extensions:
            raise NotInitialisedError(
                f"The app {app.name!r} has a Database already. Call init_app once for each app, "
                "with one `db = Database()` for the whole project; further databases go into "
                "ORM_BINDS."
            )
        settings = read_settings(
            app.config, engine_options=self._engine_options, session_options=self._session_options
        )
        engines = make_engines(app, settings)
        factory = make_session_factory(app, settings, engines)
        self.session_events.add_factory(factory)
        state = AppState(self, settings, engines, factory)
        state.reads_first = bool(read_first.find_files(engines))
        app.extensions[EXTENSION_KEY] = state
        recording.install(app, state)
        tracking.install(state)
        lifecycle.install(app, state)
        if self._add_models_to_shell:
            app.shell_context_processor(functools.partial(shell.make_shell_context, self))
        app.cli.add_command(db_cli)

    # -- what belongs to the current app

    @property
    def state(self) -> AppState:
        """The AppState of the current app."""
        return self._state("state")

    def _state(self, name: str) -> AppState:
        return get_scope(self, name).state

    @property
    def engines(self) -> Mapping[str | None, Engine]:
        """The engines of the current app by bind key; the default one under None."""
        return self._state("engines").engines

    @property
    def engine(self) -> Engine:
        """The default engine of the current app."""
        return self._state("engine").get_engine()

    def get_engine(self, bind_key: str | None = None) -> Engine:
        """Return the engine of a bind key. Raises ConfigError if it is not configured."""
        return self._state("get_engine()").get_engine(bind_key)

    # -- tables

    @property
    def base(self) -> type[M]:
        """The base whose models this Database serves: `db.Model`, or `flask_ormsession.Model` as
        long as nothing is declared on a `db.Model` of its own."""
        if self._adopts and not has_tables(self.Model) and has_tables(PlainModel):
            return cast("type[M]", PlainModel)
        return self.Model

    @property
    def metadata(self) -> MetaData:
        """The MetaData of the default database."""
        return get_metadata(cast("Any", self.base), None)

    @property
    def metadatas(self) -> Mapping[str | None, MetaData]:
        """The MetaData of every bind key that a model or table uses, and of those which the current
        app configures; the default under None."""
        default = self.metadata
        for key in self._find_bind_keys():
            self.get_metadata(key)
        return {None: default, **default.info.get("by_bind_key", {})}

    def _find_bind_keys(self) -> list[str | None]:
        state = current_app.extensions.get(EXTENSION_KEY) if has_app_context() else None
        return [] if state is None or state.db is not self else list(state.engines)

    def get_metadata(self, bind_key: str | None = None) -> MetaData:
        """Return the MetaData of a bind key, to declare tables of that database in."""
        return get_metadata(cast("Any", self.base), bind_key)

    def Table(
        self, name: str, *args: Any, bind_key: str | None = None, **options: Any
    ) -> orm.Table:
        """Return a Table of this database, as for a many-to-many relationship."""
        if args and isinstance(args[0], MetaData):
            return orm.Table(name, *args, **options)
        return orm.Table(name, self.get_metadata(bind_key), *args, **options)

    def create_all(self, bind_key: Any = "__all__") -> None:
        """Create the tables that are missing.

        bind_key: of one database (None for the default one), or a list of keys; by default all of
        them. Raises ConfigError for a key that is not configured, also for that of a model.
        """
        for metadata, engine in self._selected(bind_key, "create_all()"):
            try:
                metadata.create_all(engine)
            except exc.NoReferencedTableError as error:
                if note := explain_two_bases(self, error.table_name):
                    error.add_note(note)
                raise

    def drop_all(self, bind_key: Any = "__all__") -> None:
        """Drop the tables of all models. bind_key: as for `create_all`.

        For all of them, the session of the context is rolled back first: this would wait for what
        a query of it has left open, on PostgreSQL and MariaDB for ever.
        """
        scope = get_scope(self, "drop_all()")
        if bind_key == "__all__":
            scope.roll_back()
        for metadata, engine in self._selected(bind_key, "drop_all()"):
            metadata.drop_all(engine)

    def reflect(self, bind_key: Any = "__all__") -> None:
        """Load the tables that the databases have into the metadata. bind_key: as for `create_all`."""
        for metadata, engine in self._selected(bind_key, "reflect()"):
            metadata.reflect(engine)

    def _selected(self, bind_key: Any, name: str) -> Iterator[tuple[MetaData, Engine]]:
        state = self._state(name)
        if bind_key == "__all__":
            keys: list[str | None] = list(self.metadatas)
        else:
            keys = list(bind_key) if isinstance(bind_key, list | tuple) else [bind_key]
        # All of them are known before the first is worked on.
        for key, engine in [(key, state.get_engine(key)) for key in keys]:
            yield self.get_metadata(key), engine

    # -- sessions and outcomes

    @contextmanager
    def session_scope(self, app: Flask | None = None) -> Iterator[Session]:
        """A session of its own for a block (or as decorator, a function): committed at its end,
        rolled back if it raises. `db.session` is this session inside.

            @app.cli.command()
            @db.session_scope()
            def import_prices(): ...

        app: whose database, where there is no app context.
        """
        if app is None and not has_app_context():
            raise make_no_context_error("session_scope()")
        if app is None or (has_app_context() and current_app == app):
            with get_scope(self, "session_scope()").nested() as session:
                yield session
        else:
            with app.app_context(), get_scope(self, "session_scope()").nested() as session:
                yield session

    def run_in_thread(self, function: Callable[P, T], *args: P.args, **kw: P.kwargs) -> Future[T]:
        """Run a function in a thread with an app context and session of its own, committed at its
        end, rolled back if it raises. Returns its Future; objects of this session must not be
        handed over, their keys can be."""
        if not has_app_context():
            raise make_no_context_error("run_in_thread()")
        app = get_app()
        future: Future[T] = Future()

        def work() -> None:
            future.set_running_or_notify_cancel()
            try:
                with self.session_scope(app):
                    result = function(*args, **kw)
            except BaseException as error:
                app.logger.exception("%r failed in its thread", function)
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=work, name=f"ormsession-{function!r:.40}").start()
        return future

    def manual_commit(self, view: Callable[P, T]) -> Callable[P, T]:
        """Decorate a view that commits by itself; what it leaves uncommitted is rolled back."""
        return self._preparing(view, lifecycle.begin_manual)

    def read_only(self, view: Callable[P, T]) -> Callable[P, T]:
        """Decorate a view that only reads: nothing is committed, and changing an object is a
        ReadOnlyError. On SQLite it does not wait for writers."""
        return self._preparing(view, lifecycle.begin_read_only)

    def _preparing(
        self, view: Callable[P, T], prepare: Callable[[AppState], None]
    ) -> Callable[P, T]:
        @functools.wraps(view)
        def prepared(*args: P.args, **kw: P.kwargs) -> T:
            if has_request_context():
                prepare(self.state)
            return view(*args, **kw)

        return prepared

    def commit_veto(self, veto: lifecycle.Veto) -> lifecycle.Veto:
        """Register a function of the response; a true value rolls the request back."""
        self.vetoes.append(veto)
        return veto

    @overload
    def transaction(self, function: Callable[P, T], /) -> Callable[P, T]: ...

    @overload
    def transaction(
        self,
        *,
        retry: int = 3,
        isolation_level: str | None = None,
        read_only: bool = False,
    ) -> Callable[[Callable[P, T]], Callable[P, T]]: ...

    def transaction(
        self,
        function: Callable[..., Any] | None = None,
        *,
        retry: int = 3,
        isolation_level: str | None = None,
        read_only: bool = False,
    ) -> Any:
        """Decorate a function which is a transaction of `db.session`: committed when it returns,
        rolled back when it raises, and run again when the database refused it in favour of another
        (serialization failure, deadlock, lock timeout, SQLITE_BUSY).

        retry: how often it may run again, after a random wait that grows. What it does besides the
        database must bear that; `db.on_commit` is for mails and the like.
        isolation_level: of this transaction. read_only: it never writes; a flush is a
        ReadOnlyError. A view that answers with 400 or above is rolled back.
        Raises NestedTransactionError when called while the session is in a transaction or
        holds unsaved changes. Works for `async def`, too.
        """

        def decorate(decorated: Callable[P, T]) -> Callable[P, T]:
            return retry_.make_transaction(
                self, decorated, retry=retry, isolation_level=isolation_level, read_only=read_only
            )

        return decorate if function is None else decorate(function)

    def on_commit(self, hook: Callable[[], object]) -> Callable[[], object]:
        """Call a function once the present transaction is committed, and never otherwise."""
        transaction.add_hook(self.session(), hook, on_commit=True)
        return hook

    def on_rollback(self, hook: Callable[[], object]) -> Callable[[], object]:
        """Call a function once the present transaction (or savepoint) is rolled back."""
        transaction.add_hook(self.session(), hook, on_commit=False)
        return hook

    # -- queries in views

    def get_or_404(
        self, entity: type[T], ident: Any, *, description: str | None = None, **options: Any
    ) -> T:
        """Return the object with a primary key; abort with 404 if there is none, or if the key
        is not one the column could hold. options: those of Session.get."""
        return lookups.get_or_404(self.session(), entity, ident, description, **options)

    def first_or_404(
        self, statement: Select[T, *tuple[Any, ...]], *, description: str | None = None
    ) -> T:
        """Return the first value of a select; abort with 404 if there is none."""
        found: T = lookups.first_or_404(self.session(), statement, description)
        return found

    def one_or_404(
        self, statement: Select[T, *tuple[Any, ...]], *, description: str | None = None
    ) -> T:
        """Return the only value of a select; abort with 404 if there is none, or more than one."""
        found: T = lookups.one_or_404(self.session(), statement, description)
        return found

    @overload
    def paginate(
        self,
        statement: Select[T],
        *,
        by: Literal["number"] = ...,
        page: int | None = None,
        per_page: int | None = None,
        max_per_page: int | None = 100,
        error_out: bool = True,
        count: bool | None = None,
    ) -> Pagination[T]: ...

    @overload
    def paginate(
        self,
        statement: Select[T],
        *,
        by: Literal["keyset"],
        cursor: str | None = None,
        per_page: int | None = None,
        max_per_page: int | None = 100,
        error_out: bool = True,
        count: bool | None = None,
    ) -> KeysetPage[T]: ...

    @overload
    def paginate(
        self,
        statement: Select[*tuple[Any, ...]],
        *,
        by: Literal["number"] = ...,
        page: int | None = None,
        per_page: int | None = None,
        max_per_page: int | None = 100,
        error_out: bool = True,
        count: bool | None = None,
    ) -> Pagination[Any]: ...

    @overload
    def paginate(
        self,
        statement: Select[*tuple[Any, ...]],
        *,
        by: Literal["keyset"],
        cursor: str | None = None,
        per_page: int | None = None,
        max_per_page: int | None = 100,
        error_out: bool = True,
        count: bool | None = None,
    ) -> KeysetPage[Any]: ...

    def paginate(
        self,
        statement: Any,
        *,
        by: Literal["number", "keyset"] = "number",
        page: int | None = None,
        cursor: str | None = None,
        per_page: int | None = None,
        max_per_page: int | None = 100,
        error_out: bool = True,
        count: bool | None = None,
    ) -> Any:
        """Return one page of a select, which should have an order.

        by: "number" for `?page=`, or "keyset" for `?cursor=`, which continues where the last page
        ended, at the same cost however far that is.
        page, cursor, per_page: which page, and how many items; default to the request's arguments
        of these names. max_per_page: the most that a page may have, whoever asks; None for no limit.
        error_out: abort with 404 for numbers and cursors that make no sense and for pages that
        do not exist; otherwise the nearest that does is taken, and the usual length of a page.
        count: also count all items, with a second statement; by default for numbers only.
        """
        session = self.session()
        lookups.require_select(statement, f"paginate(by={by!r})")
        if by == "keyset":
            return keyset.paginate(
                session,
                statement,
                cursor=cursor,
                per_page=choose_per_page(per_page, max_per_page, error_out),
                error_out=error_out,
                count=functools.partial(count_items, session, statement) if count else None,
            )
        if by != "number":
            raise exc.ArgumentError(f'by={by!r}: pages are made by="number" or by="keyset".')
        return paginate(
            session,
            statement,
            page=page,
            per_page=per_page,
            max_per_page=max_per_page,
            error_out=error_out,
            count=count is not False,
        )

    # -- errors and versions

    def form_errors(
        self, form: Any, error: exc.IntegrityError, messages: Mapping[str, str] | None = None
    ) -> bool:
        """Add an integrity error to the fields of a WTForms form which it concerns, or to
        `form.form_errors`. Returns whether a field was found.

        messages: constraint name, attribute or kind ("unique", ...) -> another sentence.
        """
        return integrity.add_form_errors(form, error, messages)

    def problem(self, error: Exception, messages: Mapping[str, str] | None = None) -> Response:
        """Return an error as problem document (JSON, RFC 9457): IntegrityError, StaleDataError and
        those of HTTP. Raises any other. messages: as of `form_errors`."""
        return problems.explain(error, messages)

    def set_etag(self, response: R, obj: Any) -> R:
        """Set the ETag of a response to the version (`version_id_col`) of an object."""
        return versions.set_etag(response, obj)

    def require_version(self, obj: Any, seen: Any = None) -> None:
        """Go on only if the client has seen the present version of an object; otherwise abort with
        412 (or 409 if `seen` is given), 428 if it does not say. seen: the version from a form or
        document; by default the header If-Match counts."""
        versions.require_version(obj, seen)

    def __getattr__(self, name: str) -> Any:
        """`db.Column`, `db.String`, `db.select`, `db.relationship`, ...: the names of `orm`."""
        if not name.startswith("_") and hasattr(orm, name):
            return getattr(orm, name)
        raise AttributeError(
            f"Database has no attribute {name!r}, and neither has the package orm."
        )


def get_database(app: Flask) -> Database[Any]:
    """Return the Database of an app. Raises NotInitialisedError if it has none."""
    return get_state(app).db
