"""The app of the commit matrix: one route per case, hooks that cases can switch on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Flask, Response, request
from flask.sessions import SecureCookieSession, SessionInterface
from werkzeug.wsgi import ClosingIterator

from flask_ormsession import Database
from orm import ForeignKey, Mapped, String, exc, mapped_column, select

PATIENCE_S = 20.0


class Boom(Exception):
    """What fails in the matrix."""


class StoredSessions(SessionInterface):
    """A server-side session in the database of the app: one row per save."""

    def __init__(self, world: MatrixWorld) -> None:
        self._world = world

    def open_session(self, app: Flask, request: Any) -> SecureCookieSession:
        return SecureCookieSession()

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        if session.modified:
            self._world.add(f"session of {session['user']}")
            self._world.db.session.commit()


class MatrixWorld:
    """An app on one database. kind: which. active: how many requests have not ended."""

    def __init__(self, kind: str, url: str, cases: Mapping[str, Any]) -> None:
        self.kind = kind
        self.cases = cases
        self.app = Flask("matrix")
        self.app.config.update(PROPAGATE_EXCEPTIONS=False, ORM_DATABASE_URL=url)
        self.app.logger.disabled = True
        self.db: Any = Database(self.app)
        self.active = 0
        self._ended = threading.Condition()
        self._make_models()
        self._make_routes()
        self.app.session_interface = StoredSessions(self)
        self._count_requests()

    def _make_models(self) -> None:
        class Item(self.db.Model):
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str] = mapped_column(String(50), unique=True)

        class Part(self.db.Model):
            id: Mapped[int] = mapped_column(primary_key=True)
            item_id: Mapped[int] = mapped_column(
                ForeignKey("item.id", deferrable=True, initially="DEFERRED")
            )

        self.Item, self.Part = Item, Part
        with self.app.app_context():
            self.db.create_all()

    def _make_routes(self) -> None:
        app = self.app
        app.add_url_rule("/<case>", "case", self.case, methods=["POST"])

        @app.errorhandler(LookupError)
        def handle_lookup(error: LookupError) -> Any:
            return "handled", 200

        @app.errorhandler(exc.IntegrityError)
        def handle_integrity(error: exc.IntegrityError) -> Any:
            if request.environ.get("query"):
                assert self.db.session.scalars(select(self.Item)).all() == []
            elif not request.environ.get("handle"):
                raise error
            return "taken", 409

        @app.after_request
        def hook(response: Response) -> Response:
            request.environ.get("hook", lambda: None)()
            return response

        @app.teardown_request
        def teardown(error: BaseException | None) -> None:
            request.environ.get("teardown", lambda: None)()

        @self.db.commit_veto
        def veto(response: Response) -> bool:
            return "X-Veto" in response.headers

        @app.cli.command("lose")
        def lose() -> None:
            self.add("lost")
            self.db.session.flush()

        @app.cli.command("keep")
        @self.db.session_scope()
        def keep() -> None:
            self.add("kept")

    def _count_requests(self) -> None:
        inner: Any = self.app.wsgi_app

        def ended() -> None:
            with self._ended:
                self.active -= 1
                self._ended.notify_all()

        def wsgi_app(environ: Any, start_response: Any) -> Iterable[bytes]:
            with self._ended:
                self.active += 1
            try:
                return ClosingIterator(inner(environ, start_response), [ended])
            except BaseException:
                ended()
                raise

        self.app.wsgi_app = wsgi_app  # type: ignore[method-assign]

    def case(self, case: str) -> Any:
        """The view of every case."""
        view: Callable[[Any], Any] = self.cases[case][0]
        return view(self)

    def wait_for_ends(self) -> None:
        """Wait until every request has ended on the server, too."""
        with self._ended:
            assert self._ended.wait_for(lambda: self.active == 0, PATIENCE_S)

    def add(self, name: str) -> None:
        """Add an item in the current session."""
        self.db.session.add(self.Item(name=name))

    def stored(self) -> list[str]:
        """The names in the database, as a new transaction sees them."""
        with self.app.app_context():
            return sorted(self.db.session.scalars(select(self.Item.name)))

    def checked_out(self) -> int:
        """How many connections are not in the pool."""
        with self.app.app_context():
            return int(self.db.engine.pool.checkedout())

    def empty(self) -> None:
        """Remove all rows."""
        with self.app.app_context(), self.db.session_scope() as session:
            session.execute(self.Part.__table__.delete())
            session.execute(self.Item.__table__.delete())

    def close(self) -> None:
        """Remove the tables, and the connections."""
        with self.app.app_context():
            self.db.drop_all()
            self.db.engine.dispose()
