"""Sessions of apps: events listened for on `db.session`, and what is told of those that were closed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request

from flask_ormsession import Database
from orm import ForeignKey, Mapped, Session, event, exc, mapped_column, relationship, select


@pytest.fixture
def blog(tmp_path: Path) -> Iterator[Any]:
    """A Database with the model Note, which makes apps."""
    db: Any = Database()

    class Note(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        lines: Mapped[list[Any]] = relationship("Line")

    class Line(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        note_id: Mapped[int] = mapped_column(ForeignKey("note.id"))

    class Blog:
        def __init__(self) -> None:
            self.apps: list[Flask] = []
            self.db, self.Note = db, Note

        def make_app(self, **config: Any) -> Flask:
            app = Flask(f"app{len(self.apps)}", instance_path=str(tmp_path))
            app.config.update(config, ORM_DATABASE_URL=f"sqlite:///{app.name}.db")
            db.init_app(app)
            with app.app_context():
                db.create_all()
            self.apps.append(app)
            return app

        def write(self, app: Flask) -> None:
            with app.app_context():
                db.session.add(self.Note())
                db.session.commit()

    made = Blog()
    yield made
    for app in made.apps:
        app.extensions["ormsession"].engines[None].dispose()


@pytest.mark.parametrize("app_is_first", [True, False])
def test_a_listener_of_the_session_hears_every_app(blog: Any, app_is_first: bool) -> None:
    apps = [blog.make_app()] if app_is_first else []
    heard: list[Any] = []

    @event.listens_for(blog.db.session, "before_commit")
    def note(session: Any) -> None:
        heard.append(sorted(type(obj).__name__ for obj in session.new))

    apps += [blog.make_app(), blog.make_app()]
    for app in apps:
        blog.write(app)
    assert heard == [["Note"]] * len(apps)


def test_a_listener_of_another_database_hears_nothing(blog: Any) -> None:
    heard: list[Any] = []
    event.listen(Database().session, "after_commit", heard.append)
    blog.write(blog.make_app())
    assert heard == []


def test_a_listener_is_removed(blog: Any) -> None:
    heard: list[Any] = []
    first = blog.make_app()
    event.listen(blog.db.session, "after_flush", heard.append)
    assert event.contains(blog.db.session, "after_flush", heard.append)
    event.remove(blog.db.session, "after_flush", heard.append)
    assert not event.contains(blog.db.session, "after_flush", heard.append)
    for app in (first, blog.make_app()):
        blog.write(app)
    assert heard == []


def test_beside_listeners_of_a_session_class_of_ones_own(blog: Any) -> None:
    class OwnSession(Session):
        pass

    heard: list[str] = []
    event.listen(OwnSession, "after_commit", lambda session: heard.append("class"))
    event.listen(blog.db.session, "after_commit", lambda session: heard.append("db"))
    blog.write(blog.make_app(ORM_SESSION_OPTIONS={"class_": OwnSession}))
    assert sorted(heard) == ["class", "db"]


def test_an_event_that_there_is_not(blog: Any) -> None:
    with pytest.raises(exc.InvalidRequestError, match="Did you mean 'before_commit'"):
        event.listen(blog.db.session, "befor_commit", print)


def test_a_schema_per_customer(tmp_path: Path) -> None:
    db: Any = Database()

    class Note(db.Model):
        __table_args__ = {"schema": "customer"}
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str]

    @event.listens_for(db.session, "after_begin")
    def choose_schema(session: Any, transaction: Any, connection: Any) -> None:
        translate = {"customer": request.headers["Customer"]}
        connection.execution_options(schema_translate_map=translate)

    app = Flask("main", instance_path=str(tmp_path))
    app.config["ORM_DATABASE_URL"] = "sqlite:///main.db"
    db.init_app(app)
    with app.app_context():
        engine = db.engine

        @event.listens_for(engine, "connect")
        def attach(connection: Any, record: Any) -> None:
            for name in ("acme", "umbrella"):
                connection.execute(f"ATTACH '{tmp_path / name}.db' AS {name}")

        for name in ("acme", "umbrella"):
            db.Model.metadata.create_all(
                engine.execution_options(schema_translate_map={"customer": name})
            )

    @app.route("/", methods=["GET", "POST"])
    def notes() -> Any:
        if request.method == "POST":
            for line in request.get_data(as_text=True).split():
                db.session.add(Note(text=line))
                db.session.commit()  # the next transaction is told again
        return [note.text for note in db.session.scalars(select(Note))]

    client = app.test_client()
    acme, umbrella = {"Customer": "acme"}, {"Customer": "umbrella"}
    assert client.post("/", data="a b", headers=acme).json == ["a", "b"]
    assert client.get("/", headers=umbrella).json == []
    assert client.post("/", data="c", headers=umbrella).json == ["c"]
    assert client.get("/", headers=acme).json == ["a", "b"]


def leave_context(db: Any, note: Any) -> None:
    db.session.add(note)
    db.session.commit()


def leave_block(db: Any, note: Any) -> None:
    with db.session_scope() as session:
        session.add(note)


def remove(db: Any, note: Any) -> None:
    db.session.add(note)
    db.session.commit()
    db.session.remove()


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (leave_context, "its app context ended, and its session with it"),
        (leave_block, "the block or function that its session was for ended"),
        (remove, r"db.session.remove\(\) closed its session"),
    ],
)
def test_why_an_object_is_detached(blog: Any, end: Any, reason: str) -> None:
    note = blog.Note()
    with blog.make_app().app_context():
        end(blog.db, note)
    with pytest.raises(exc.DetachedInstanceError, match=rf"in no session \({reason}\)"):
        note.lines
