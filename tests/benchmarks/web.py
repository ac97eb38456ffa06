"""The Flask cases: the same three views over four backends, called with Flask's test client.

blank: no database, the data in hand; what it takes is Flask's own part. raw: the bare driver.
orm: Flask-ORMSession. sqlalchemy: Flask-SQLAlchemy.
"""

from __future__ import annotations

from typing import Any, Protocol

from flask import Flask, request

from tests.benchmarks import data
from tests.benchmarks.cases import Steps
from tests.benchmarks.databases import Place

REQUESTS = 50
LISTED = 20


class Backend(Protocol):
    """What the views need; each returns what becomes JSON."""

    app: Flask

    def read(self, ident: int) -> Any: ...

    def list_articles(self, after: int) -> Any: ...

    def create(self, values: dict[str, Any]) -> Any: ...

    def remove_made(self) -> None: ...


class WebCases:
    """The views, and the cases that call them."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        app = backend.app
        app.add_url_rule("/people/<int:ident>", view_func=backend.read, endpoint="read")
        app.add_url_rule("/articles/<int:after>", view_func=backend.list_articles, endpoint="list")
        app.add_url_rule("/people", view_func=self.create, endpoint="create", methods=["POST"])
        self.client = app.test_client()

    def create(self) -> Any:
        return self.backend.create({**data.new_person(1), "name": request.form["name"]}), 201

    def web_read(self) -> Steps:
        get = self.client.get
        yield
        for n in range(1, REQUESTS + 1):
            answer = get(f"/people/{n}")
        yield
        return answer.status_code, sorted(answer.json)

    def web_list(self) -> Steps:
        get = self.client.get
        yield
        for n in range(REQUESTS):
            answer = get(f"/articles/{n}")
        yield
        return answer.status_code, len(answer.json), sum(len(each["tags"]) for each in answer.json)

    def web_create(self) -> Steps:
        post = self.client.post
        yield
        for n in range(REQUESTS):
            answer = post("/people", data={"name": f"Person {n}"})
        yield
        self.backend.remove_made()
        return answer.status_code, answer.json["name"]


class Blank:
    """No database at all."""

    def __init__(self, place: Place) -> None:
        self.app = Flask("blank")

    def read(self, ident: int) -> Any:
        return {"id": ident, "name": f"Person {ident}", "city": f"City {ident % 100}"}

    def list_articles(self, after: int) -> Any:
        tags = [f"Tag {n}" for n in range(data.TAGS_OF_AN_ARTICLE)]
        return [
            {"id": n, "title": f"Article {n}", "tags": tags}
            for n in range(after + 1, after + LISTED + 1)
        ]

    def create(self, values: dict[str, Any]) -> Any:
        return {"id": 1, "name": values["name"]}

    def remove_made(self) -> None:
        pass


class RawBackend:
    """The bare driver: a connection per request from a list, and hand-made objects."""

    def __init__(self, place: Place) -> None:
        from tests.benchmarks.libraries import raw

        self.app = Flask("raw")
        self.raw = raw.open_library(place)
        self.Person, self.Article, self.Tag = raw.Person, raw.Article, raw.Tag
        sql = self.raw.sql
        self.select_one = sql(f"SELECT {raw.PERSON} FROM person WHERE id = ?")
        self.select_articles = sql("SELECT id, title FROM article WHERE id > ? ORDER BY id LIMIT ?")
        self.select_tags = sql(
            "SELECT article_tag.article_id, tag.id, tag.name FROM article_tag JOIN tag ON "
            "tag.id = article_tag.tag_id WHERE article_tag.article_id IN "
            f"({','.join('?' * LISTED)}) ORDER BY tag.id"
        )
        marks = ",".join("?" * 7)
        self.insert = sql(f"INSERT INTO person ({raw.NEW}) VALUES ({marks}) RETURNING id")

    def read(self, ident: int) -> Any:
        with self.raw.transaction() as connection:
            row = connection.execute(self.select_one, (ident,)).fetchone()
            (person,) = self.raw.make_people([row])
            return {"id": person.id, "name": person.name, "city": person.city}

    def list_articles(self, after: int) -> Any:
        with self.raw.transaction() as connection:
            rows = connection.execute(self.select_articles, (after, LISTED)).fetchall()
            articles = {row[0]: self.Article(*row) for row in rows}
            tags: dict[int, Any] = {}
            rows = connection.execute(self.select_tags, tuple(articles)).fetchall()
            for article_id, ident, name in rows:
                tag = tags.get(ident)
                if tag is None:
                    tag = tags[ident] = self.Tag(ident, name)
                articles[article_id].tags.append(tag)
        return [show_article(article) for article in articles.values()]

    def create(self, values: dict[str, Any]) -> Any:
        with self.raw.transaction(writing=True) as connection:
            person = self.Person(None, **values)
            (person.id,) = connection.execute(self.insert, self.raw.store(person)).fetchone()
            connection.commit()
        return {"id": person.id, "name": person.name}

    def remove_made(self) -> None:
        self.raw.remove_made()


def show_article(article: Any) -> dict[str, Any]:
    """Return what the list shows of an article."""
    tags = [tag.name for tag in article.tags]
    return {"id": article.id, "title": article.title, "tags": tags}


class SessionBackend:
    """What the two extensions have in common; db: the extension's object."""

    def __init__(self, app: Flask, db: Any, lib: Any) -> None:
        self.app, self.db, self.lib = app, db, lib

    def read(self, ident: int) -> Any:
        person = self.db.session.get(self.lib.Person, ident)
        return {"id": person.id, "name": person.name, "city": person.city}

    def list_articles(self, after: int) -> Any:
        lib, Article = self.lib, self.lib.Article
        statement = (
            lib.select(Article)
            .where(Article.id > after)
            .order_by(Article.id)
            .limit(LISTED)
            .options(lib.selectinload(Article.tags))
        )
        return [show_article(article) for article in self.db.session.scalars(statement)]

    def create(self, values: dict[str, Any]) -> Any:
        person = self.lib.Person(**values)
        self.db.session.add(person)
        self.finish()
        return {"id": person.id, "name": person.name}

    def finish(self) -> None:
        raise NotImplementedError

    def remove_made(self) -> None:
        Person = self.lib.Person
        with self.app.app_context():
            self.db.session.query(Person).filter(Person.id > data.PEOPLE).delete()
            self.db.session.commit()


class OurBackend(SessionBackend):
    """Flask-ORMSession, which commits at the end of the request."""

    def __init__(self, place: Place) -> None:
        from flask_ormsession import Database
        from tests.benchmarks.libraries.mapped import Names, map_classes

        app, db, lib = Flask("ours"), Database(), Names("orm")
        app.config["ORM_DATABASE_URL"] = place.url
        map_classes(lib, db.Model)
        db.init_app(app)
        super().__init__(app, db, lib)

    def finish(self) -> None:
        self.db.session.flush()


class PeerBackend(SessionBackend):
    """Flask-SQLAlchemy, where the view commits. What it returns is not to be read again."""

    def __init__(self, place: Place) -> None:
        from flask_sqlalchemy import SQLAlchemy

        from tests.benchmarks.libraries.mapped import Names, map_classes

        app, lib = Flask("peer"), Names("sqlalchemy")
        db = SQLAlchemy(session_options={"expire_on_commit": False})
        app.config["SQLALCHEMY_DATABASE_URI"] = place.url
        map_classes(lib, db.Model)
        db.init_app(app)
        super().__init__(app, db, lib)

    def finish(self) -> None:
        self.db.session.commit()


BACKENDS: dict[str, Any] = {
    "blank": Blank,
    "raw": RawBackend,
    "orm": OurBackend,
    "sqlalchemy": PeerBackend,
}


def open_app(library: str, place: Place) -> Any:
    """Return the web cases of a library; None if it has none."""
    make = BACKENDS.get(library)
    return None if make is None else WebCases(make(place))
